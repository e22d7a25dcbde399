//! Second deals of an order.

use kernel::{
    DealId,
    state::{Loser, Notice, OrderState},
};
use store::{Listing, OrderRecord, Store};

use super::{
    Board, BoardError, cursor,
    model::{ActionKind, DuplicateDeal, DuplicatePage, DuplicateSet, DuplicateStep},
    parts::state_of,
    words::Said,
};
use crate::transport::Transport;

impl<S: Store, T: Transport> Board<S, T> {
    /// A page of the duplicate sets that the ledger knows, those of the newest orders first.
    ///
    /// # Errors
    /// The cursor is none, or the ledger cannot be read.
    pub async fn duplicates(
        &self,
        cursor: Option<&str>,
        limit: Option<usize>,
    ) -> Result<DuplicatePage, BoardError> {
        let (before, limit) = (cursor::read(cursor)?, cursor::rows(limit));
        let listing = Listing {
            duplicates: true,
            before,
            limit: limit + 1,
            ..Listing::default()
        };
        let mut found = self.shared.store.list_orders(listing).await?;
        let next = cursor::cut(&mut found, limit, |it| it.row);
        let sets = found.iter().filter_map(|it| {
            let state = state_of(it)?;
            self.duplicate_set(it, &state)
        });
        Ok(DuplicatePage {
            sets: sets.collect(),
            next,
        })
    }

    /// The deals of one order, if it has more than one.
    pub(super) fn duplicate_set(
        &self,
        record: &OrderRecord,
        state: &OrderState,
    ) -> Option<DuplicateSet> {
        let others = state.second_deals().map(|(deal, step)| DuplicateDeal {
            deal: self.deal_ref(deal),
            step: step_of(step),
            says: says(state, deal, step),
            portal: None,
        });
        let others: Vec<_> = others.collect();
        if others.is_empty() {
            return None;
        }
        let about_the_set = |it: ActionKind| {
            matches!(
                it,
                ActionKind::ApplyDuplicate | ActionKind::DismissDuplicate | ActionKind::ChooseDeal
            )
        };
        let mut actions = self.offers(Some(state));
        actions.retain(|it| about_the_set(it.action));
        Some(DuplicateSet {
            row: self.row(record, Some(state)),
            survivor: state.deal().map(|it| self.deal_ref(it)),
            others,
            actions,
        })
    }
}

fn step_of(step: Loser) -> DuplicateStep {
    match step {
        Loser::ToFlag => DuplicateStep::ToFlag,
        Loser::Flagged => DuplicateStep::Flagged,
        Loser::Settled => DuplicateStep::Settled,
        Loser::Listed => DuplicateStep::Listed,
    }
}

fn says(state: &OrderState, deal: DealId, step: Loser) -> Said {
    let late = state.notices.contains(&Notice::LateLanding(deal));
    match step {
        Loser::ToFlag => Said::new(
            "We made it: a create landed later than was assumed. It will be flagged after a read shows that it is still ours.",
            "Создана нами: создание сработало позже предполагаемого. Будет помечена, когда чтение покажет, что она всё ещё наша.",
        ),
        Loser::Flagged => Said::new(
            "We made it, and it is flagged in its title; a comment that names the deal that stays follows.",
            "Создана нами и помечена в названии; следует комментарий со ссылкой на остающуюся сделку.",
        ),
        Loser::Settled if late => Said::new(
            "We made it; it is flagged and commented. Merge or delete it in Bitrix24 if you wish.",
            "Создана нами; помечена, комментарий оставлен. При желании объедините или удалите её в Битрикс24.",
        ),
        Loser::Settled => Said::new(
            "It is flagged, or gone from the portal. Nothing is left to do.",
            "Помечена или удалена с портала. Делать больше нечего.",
        ),
        Loser::Listed => Said::new(
            "Somebody else made it, or a person worked on it: it is never written by itself. Flag it, choose it as the order's deal, or say that it is no duplicate.",
            "Её создал кто-то другой или с ней работал человек: сама служба её не трогает. Пометьте её, выберите сделкой заказа или отметьте, что это не дубликат.",
        ),
    }
}
