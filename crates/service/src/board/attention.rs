//! What needs a person, with the one thing to do.

use jiff::Timestamp;
use kernel::{DeliverySeq, OrderKey};
use store::{DeliveryKind, DeliveryRecord, Fold, Listing, OrderRecord, Store};

use super::{
    Board, BoardError, cursor,
    model::{AttentionItem, AttentionPage, Reason, UnreadableItem, UnreadablePage},
    offers,
    parts::{order_ref, state_of},
    words::{self, Said},
};
use crate::transport::Transport;

impl<S: Store, T: Transport> Board<S, T> {
    /// A page of orders that need a person, the newest first.
    ///
    /// # Errors
    /// The cursor is none, or the ledger cannot be read.
    pub async fn attention(
        &self,
        cursor: Option<&str>,
        limit: Option<usize>,
    ) -> Result<AttentionPage, BoardError> {
        let (before, limit) = (cursor::read(cursor)?, cursor::rows(limit));
        let listing = Listing {
            attention: true,
            before,
            limit: limit + 1,
            ..Listing::default()
        };
        let mut found = self.shared.store.list_orders(listing).await?;
        let next = cursor::cut(&mut found, limit, |it| it.row);
        let items = found.iter().filter_map(|it| self.needing(it)).collect();
        Ok(AttentionPage { items, next })
    }

    /// A page of deliveries that could not be read, the newest first.
    ///
    /// # Errors
    /// The cursor is none, or the ledger cannot be read.
    pub async fn unreadable(
        &self,
        cursor: Option<&str>,
        limit: Option<usize>,
    ) -> Result<UnreadablePage, BoardError> {
        let (before, limit) = (cursor::read(cursor)?, cursor::rows(limit));
        let before = before.map(DeliverySeq);
        let store = &self.shared.store;
        let mut found = store.unreadable_before(before, limit + 1).await?;
        let next = cursor::cut(&mut found, limit, |it| it.seq.0);
        let items = found.into_iter().map(unreadable).collect();
        Ok(UnreadablePage { items, next })
    }

    fn needing(&self, record: &OrderRecord) -> Option<AttentionItem> {
        let state = state_of(record);
        let row = self.row(record, state.as_ref());
        let reasons = self.reasons(record, state.as_ref());
        let mut offers = self.offers(state.as_ref()).into_iter();
        Some(AttentionItem {
            main: offers.next()?,
            others: offers.collect(),
            row,
            reasons,
        })
    }

    /// Why an order needs a person: what its state says, or what the worker wrote over it.
    pub(super) fn reasons(
        &self,
        record: &OrderRecord,
        state: Option<&kernel::state::OrderState>,
    ) -> Vec<Reason> {
        let mut reasons = state.map(words::reasons).unwrap_or_default();
        let line = words::attention_line(state, record.attention.as_deref());
        if let Some(line) = line
            && !reasons.iter().any(|it| it.reason == line)
        {
            let reason = Reason {
                word: "worker".to_owned(),
                reason: line,
                consequence: Said::new(
                    "The order is not worked on until then.",
                    "До тех пор заказ не обрабатывается.",
                ),
            };
            reasons.insert(0, reason);
        }
        reasons
    }
}

fn unreadable(record: DeliveryRecord) -> UnreadableItem {
    let why = match (&record.fold, &record.kind) {
        (Some(Fold::Unreadable(why)), _) | (_, DeliveryKind::Unreadable(why)) => why.clone(),
        (
            Some(Fold::Applied | Fold::Stale | Fold::Repeat | Fold::Noted) | None,
            DeliveryKind::Snapshot
            | DeliveryKind::Hint
            | DeliveryKind::Answer
            | DeliveryKind::Noted,
        ) => String::new(),
    };
    let key = record.order.map(|order| OrderKey {
        shop: record.shop.clone(),
        order,
    });
    let consequence = match &key {
        Some(_) => Said::new(
            "What it said may be missing in the deal until the order's next delivery.",
            "Её данных может не быть в сделке до следующей доставки по заказу.",
        ),
        None => Said::new(
            "It is not known which order it speaks of; nothing follows from it.",
            "Неизвестно, о каком заказе она говорит; из неё ничего не следует.",
        ),
    };
    UnreadableItem {
        seq: record.seq.0,
        shop: record.shop.to_string(),
        order: key.as_ref().map(|it| order_ref(it, None)),
        topic: record.topic,
        received_at: Timestamp::from_millisecond(record.received_wall_ms).unwrap_or_default(),
        reason: Reason {
            word: "unreadable".to_owned(),
            reason: Said::new(
                format!("it could not be read: {why}"),
                format!("не удалось прочитать: {why}"),
            ),
            consequence,
        },
        main: key.is_some().then(|| offers::replay(record.seq)),
    }
}
