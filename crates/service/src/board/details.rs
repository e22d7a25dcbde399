//! All about one order.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use kernel::{DealId, DeliverySeq, Elapsed, OrderKey, state::OrderState};
use store::{
    DeliveryKind, DeliveryRecord, Fold, IntentRecord, OrderRecord, Store, TIMELINE_MAX,
    TimelineEntry,
};

use super::{
    Board, BoardError,
    compared::{compared, shown_row},
    model::{DeliveryLine, Moment, OrderDetail, PortalDeal, Sent, SentState},
    narrated::{self, Narrator, shifted},
    parts::state_of,
    words::{self, Said},
};
use crate::{inquiry::DealShown, transport::Transport};

/// Intents of one order that are shown.
const SENT_MAX: usize = 100;

/// Deliveries of one order that are shown, and again as many that wait.
const DELIVERIES_MAX: usize = 100;

/// How long a person waits for the portal; the queue of the worker is not held up meanwhile.
const PORTAL_PATIENCE: Duration = Duration::from_secs(15);

impl<S: Store, T: Transport> Board<S, T> {
    /// All about one order. With `ask_portal` the portal is asked for its deal, beside the queue and within its limits.
    ///
    /// # Errors
    /// There is no such order, the ledger cannot be read, or the portal could not be asked.
    pub async fn order(&self, key: &OrderKey, ask_portal: bool) -> Result<OrderDetail, BoardError> {
        let store = &self.shared.store;
        let record = store.order(key).await?.ok_or(BoardError::UnknownOrder)?;
        let state = state_of(&record);
        let lines = store.timeline(key, TIMELINE_MAX).await?;
        let portal = match record.deal.filter(|_| ask_portal) {
            Some(deal) => Some(self.on_portal(deal).await?),
            None => None,
        };
        let mapping = self.shared.mapping();
        let compared = compared(
            state.as_ref().unwrap_or(&OrderState::default()),
            &mapping,
            portal
                .as_ref()
                .map(|(it, shown)| (it.clone(), shown.as_ref())),
        );
        Ok(OrderDetail {
            row: self.row(&record, state.as_ref()),
            reasons: self.reasons(&record, state.as_ref()),
            compared,
            timeline: Narrator::new(self.zone()).tell(&lines),
            timeline_cut: TIMELINE_MAX <= lines.len(),
            sent: self.sent(&record, &lines).await?,
            deliveries: self.deliveries_of(key, &lines).await?,
            duplicates: state
                .as_ref()
                .and_then(|it| self.duplicate_set(&record, it)),
            actions: self.offers(state.as_ref()),
        })
    }

    /// An order's history alone, the oldest line first.
    ///
    /// # Errors
    /// There is no such order, or the ledger cannot be read.
    pub async fn timeline(&self, key: &OrderKey) -> Result<Vec<Moment>, BoardError> {
        let store = &self.shared.store;
        if store.order(key).await?.is_none() {
            return Err(BoardError::UnknownOrder);
        }
        let lines = store.timeline(key, TIMELINE_MAX).await?;
        Ok(Narrator::new(self.zone()).tell(&lines))
    }

    /// A deal as the portal shows it at this moment.
    async fn on_portal(&self, deal: DealId) -> Result<(PortalDeal, Option<DealShown>), BoardError> {
        let asked = async {
            let place = self.known.portal_looks.acquire().await;
            let shown = self.shared.portal.show(deal).await;
            drop(place);
            shown
        };
        let shown = tokio::time::timeout(PORTAL_PATIENCE, asked)
            .await
            .map_err(|_| BoardError::PortalBusy)??;
        let portal = PortalDeal {
            at: self.shared.clock.wall(),
            deal: self.deal_ref(deal),
            found: shown.is_some(),
            rows: shown
                .iter()
                .flat_map(|it| it.rows.iter().map(shown_row))
                .collect(),
        };
        Ok((portal, shown))
    }

    async fn sent(
        &self,
        record: &OrderRecord,
        lines: &[TimelineEntry],
    ) -> Result<Vec<Sent>, BoardError> {
        let store = &self.shared.store;
        let intents = store.newest_intents(&record.key, SENT_MAX).await?;
        Ok(intents
            .into_iter()
            .map(|it| self.one_sent(it, lines))
            .collect())
    }

    fn one_sent(&self, intent: IntentRecord, lines: &[TimelineEntry]) -> Sent {
        let when = |at| self.told_of(at, lines);
        Sent {
            intent: intent.intent.0,
            what: words::sent(&intent.kind, None),
            at: when(intent.opened_at),
            state: sent_state(intent.outcome.as_deref()),
            outcome: words::answered(intent.outcome.as_deref()),
            ended_at: intent.closed_at.and_then(when),
            evidence: serde_json::from_str(&intent.evidence).unwrap_or(serde_json::Value::Null),
            kind: intent.kind,
        }
    }

    /// The time of day of a point of the ledger's clock, by the nearest line of the history: that clock stands still while the
    /// machine is off.
    fn told_of(&self, at: Elapsed, lines: &[TimelineEntry]) -> Option<Timestamp> {
        let nearest = lines.iter().min_by_key(|it| {
            let (one, other) = (it.at.as_millis(), at.as_millis());
            one.abs_diff(other)
        });
        match nearest {
            Some(line) => {
                let wall = Timestamp::from_millisecond(line.wall_ms).ok()?;
                shifted(wall, line.at, at)
            }
            None => self.wall_of(at),
        }
    }

    async fn deliveries_of(
        &self,
        key: &OrderKey,
        lines: &[TimelineEntry],
    ) -> Result<Vec<DeliveryLine>, BoardError> {
        let store = &self.shared.store;
        let versions = narrated::deliveries(lines);
        let newest: Vec<DeliverySeq> = versions
            .keys()
            .rev()
            .copied()
            .take(DELIVERIES_MAX)
            .collect();
        let mut found = store.deliveries(newest).await?;
        found.extend(store.waiting_deliveries(key, DELIVERIES_MAX).await?);
        // A number that the history names may be another order's after a restore from a backup.
        found.retain(|it| it.shop == key.shop && it.order == Some(key.order));
        let found: BTreeMap<DeliverySeq, DeliveryRecord> =
            found.into_iter().map(|it| (it.seq, it)).collect();
        let lines = found.into_values().rev().map(|it| {
            let version = versions.get(&it.seq).copied().flatten();
            delivery_line(it, version)
        });
        Ok(lines.collect())
    }
}

fn sent_state(outcome: Option<&str>) -> SentState {
    match outcome {
        None => SentState::UnderWay,
        Some("done") => SentState::Done,
        Some("refused") => SentState::Refused,
        Some(_) => SentState::Unknown,
    }
}

fn delivery_line(record: DeliveryRecord, version: Option<Timestamp>) -> DeliveryLine {
    let received = Timestamp::from_millisecond(record.received_wall_ms).unwrap_or_default();
    let (fold, says) = became(&record);
    DeliveryLine {
        seq: record.seq.0,
        topic: record.topic,
        received_at: received,
        triggered_at: record
            .triggered_at_ms
            .and_then(|it| Timestamp::from_millisecond(it).ok()),
        delay_ms: record
            .triggered_at_ms
            .map(|it| record.received_wall_ms.saturating_sub(it)),
        version,
        fold: fold.map(str::to_owned),
        says,
    }
}

/// What became of a delivery.
fn became(record: &DeliveryRecord) -> (Option<&'static str>, Said) {
    match &record.fold {
        None => (
            None,
            Said::new("it waits for the order's turn", "ждёт своей очереди"),
        ),
        Some(Fold::Applied) => (
            Some("applied"),
            Said::new(
                "applied: it was the newest state known",
                "применена: новейшее известное состояние",
            ),
        ),
        Some(Fold::Stale) => (
            Some("stale"),
            Said::new(
                "ignored: a newer version was known already",
                "пропущена: уже была известна более новая версия",
            ),
        ),
        Some(Fold::Repeat) => (
            Some("repeat"),
            Said::new(
                "ignored: the same was known already",
                "пропущена: то же самое уже известно",
            ),
        ),
        Some(Fold::Noted) => (
            Some("noted"),
            match record.kind {
                DeliveryKind::Hint => Said::new(
                    "noted: it only tells that the order changed; the shop is asked what it is now",
                    "отмечена: говорит лишь, что заказ изменился; магазин спрашивается, каков он",
                ),
                DeliveryKind::Snapshot
                | DeliveryKind::Answer
                | DeliveryKind::Noted
                | DeliveryKind::Unreadable(_) => Said::new(
                    "noted: this topic changes no deal",
                    "отмечена: эта тема не меняет сделку",
                ),
            },
        ),
        Some(Fold::Unreadable(why)) => (
            Some("unreadable"),
            Said::new(
                format!("kept, but not understood: {why}"),
                format!("сохранена, но не понята: {why}"),
            ),
        ),
    }
}
