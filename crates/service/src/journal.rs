//! The words of a turn: seed.md's log lines, word for word, and the order's timeline.
//!
//! Log messages carry no personal data; what they are about stands in fields beside them.

use jiff::Timestamp;
use kernel::{
    DealId, DeliverySeq, Elapsed, OrderKey,
    outcome::Outcome,
    remark::{Remark, Wrote},
    state::Loser,
};
use serde::{Deserialize, Serialize};
use store::{StoredDelivery, TimelineEntry};

use crate::{counters::Counters, operator::Action, reconcile::ANSWER_TOPIC};

/// Attempts that seed.md announces.
const ATTEMPTS: u32 = kernel::rules::ATTEMPTS_PER_TURN;

/// What seed.md's `createDealWithRetry` returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateResult {
    /// The order has its deal.
    pub success: bool,
    /// The deal, as text like the portal's legacy ids.
    pub deal_id: Option<String>,
    /// The deal was there already, or landed although its answer was lost.
    pub was_duplicate: bool,
    /// At which attempt.
    pub attempt: u32,
}

/// What a line of the timeline is about, for programs and for other languages. Lines of earlier versions have none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Detail {
    /// A conclusion.
    Decided(Remark),
    /// A delivery.
    Arrived {
        /// Its number in the ledger.
        delivery: DeliverySeq,
        /// Its topic.
        topic: String,
        /// The version of the order that it carries.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<Timestamp>,
    },
    /// A write that is about to leave.
    Sent {
        /// What.
        what: String,
        /// Of which deal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deal: Option<DealId>,
    },
    /// What became of it.
    Answered {
        /// Of what.
        what: String,
        /// In one word.
        outcome: String,
    },
}

impl Detail {
    fn json(&self) -> Option<String> {
        // A line without its detail is still a line.
        serde_json::to_string(self).ok()
    }
}

/// What the log has to know about a turn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'a> {
    /// The order.
    pub(crate) key: &'a OrderKey,
    /// Attempts at the create so far.
    pub(crate) attempts: u32,
    /// The first thing seen of the order was an update.
    pub(crate) began_with_update: bool,
}

/// Says that a create is about to be sent.
pub(crate) fn creating(scene: Scene<'_>, counters: &Counters) {
    let Scene {
        key,
        attempts,
        began_with_update,
    } = scene;
    counters.orders.create_attempts.inc();
    if began_with_update && attempts == 1 {
        counters.orders.created_from_update.inc();
        tracing::info!(order.id = %key.order, shop = %key.shop, "[SHOPIFY WEBHOOK] ⚠️ Deal not found, creating new deal");
    }
    let shown = in_turn(attempts);
    tracing::info!(order.id = %key.order, shop = %key.shop, attempt = attempts,
        "[SHOPIFY WEBHOOK] Creating deal attempt {shown}/{ATTEMPTS}");
}

/// Says what a turn concluded.
pub(crate) fn concluded(scene: Scene<'_>, remark: &Remark, counters: &Counters) {
    let Scene { key, attempts, .. } = scene;
    match remark {
        Remark::Created { deal, attempt } => {
            counters.orders.created.inc();
            counters
                .orders
                .attempts_to_success
                .inc_by(u64::from(*attempt));
            let result = result(Some(*deal), false, *attempt);
            tracing::info!(order.id = %key.order, shop = %key.shop, deal.id = %deal, attempt, result,
                "[SHOPIFY WEBHOOK] ✅ Deal created successfully");
        }
        Remark::DuplicateSaid { attempt } => duplicate(key, None, *attempt, counters),
        Remark::Duplicate { other, step, .. } => {
            counters.orders.duplicates_found.inc();
            if *step == Loser::ToFlag {
                // Both deals are ours: a create landed that was counted as lost.
                counters.orders.late_landings.inc();
            }
            duplicate(key, Some(*other), attempts, counters);
        }
        Remark::FoundOwn { deal, late } => {
            counters.orders.races.inc();
            counters.orders.duplicates_prevented.inc();
            found(key, *deal, attempts);
            if *late {
                counters.orders.late_landings.inc();
                tracing::warn!(order.id = %key.order, deal.id = %deal,
                    "Deal {deal} landed later than the settle time allows: raise ONEDEAL_SETTLE_MS");
            }
        }
        Remark::Adopted { deal } => {
            counters.orders.duplicates_prevented.inc();
            found(key, *deal, attempts);
        }
        Remark::Written {
            deal,
            what: Wrote::Fields,
        } => {
            counters.orders.updated.inc();
            tracing::info!(order.id = %key.order, shop = %key.shop, deal.id = %deal,
                "[SHOPIFY WEBHOOK] Deal {deal} updated");
        }
        Remark::Refused { code, .. } if attempts != 0 && attempts.is_multiple_of(ATTEMPTS) => {
            counters.orders.failed.inc();
            let result = result(None, false, in_turn(attempts));
            tracing::warn!(order.id = %key.order, shop = %key.shop, portal.code = code, result,
                "[SHOPIFY WEBHOOK] ❌ Failed to create deal after {ATTEMPTS} attempts");
        }
        Remark::Flagged(deal) => {
            counters.orders.duplicates_flagged.inc();
            tracing::info!(order.id = %key.order, shop = %key.shop, deal.id = %deal,
                "Order {}: {remark}", key.order);
        }
        Remark::Parked(why) => {
            tracing::warn!(order.id = %key.order, shop = %key.shop, "Order {} is parked: {why}", key.order);
        }
        Remark::Unmapped(unmapped) => {
            tracing::warn!(order.id = %key.order, shop = %key.shop, mapping.place = unmapped.place,
                "Order {}: {remark}", key.order);
        }
        Remark::Recreated(_)
        | Remark::Remade(_)
        | Remark::SeveralMatch { .. }
        | Remark::PartyGone { .. }
        | Remark::Chosen { .. }
        | Remark::NotChosen { .. } => {
            tracing::info!(order.id = %key.order, shop = %key.shop, "Order {}: {remark}", key.order);
        }
        Remark::Accepted(_)
        | Remark::Repeated
        | Remark::Outdated { .. }
        | Remark::Contested
        | Remark::DeletedInShop
        | Remark::CreateUnknown { .. }
        | Remark::Refused { .. }
        | Remark::NoAnswer { .. }
        | Remark::WriteUnknown
        | Remark::Written { .. }
        | Remark::Relinked { .. }
        | Remark::NothingFound { .. }
        | Remark::DealGone(_)
        | Remark::Tombstone(_)
        | Remark::StageSet { .. }
        | Remark::StageLeft(_)
        | Remark::FieldLeft(_)
        | Remark::PartyNotShown { .. }
        | Remark::Unwanted
        | Remark::Unparked
        | Remark::Spared(_)
        | Remark::NotDone(_) => {
            tracing::debug!(order.id = %key.order, shop = %key.shop, "Order {}: {remark}", key.order);
        }
    }
}

/// Says how long a deal took to be found after its attempt.
pub(crate) fn raced(since: Elapsed, now: Elapsed, counters: &Counters) {
    let millis = u64::try_from(now.since(since).as_millis()).unwrap_or(u64::MAX);
    counters.orders.race_millis.inc_by(millis);
}

/// A line of the timeline about something decided.
pub(crate) fn decided(at: Elapsed, wall_ms: i64, remark: &Remark) -> TimelineEntry {
    let detail = Detail::Decided(remark.clone()).json();
    line(at, wall_ms, "decided", remark.to_string(), detail)
}

/// A line of the timeline about something that arrived, with the version of the order that it carries.
pub(crate) fn arrived(delivery: &StoredDelivery, version: Option<Timestamp>) -> TimelineEntry {
    let topic = &delivery.topic;
    let text = if topic == ANSWER_TOPIC {
        "the Admin API told how the order is".to_owned()
    } else {
        format!("webhook `{topic}` arrived")
    };
    let detail = Detail::Arrived {
        delivery: delivery.seq,
        topic: topic.clone(),
        version,
    };
    let (at, wall_ms) = (delivery.received_at, delivery.received_wall_ms);
    line(at, wall_ms, "arrived", text, detail.json())
}

/// A line of the timeline about what an operator asked for.
pub(crate) fn asked(at: Elapsed, wall_ms: i64, who: &str, action: &Action) -> TimelineEntry {
    let text = format!("{who}: {}", action.says().en);
    let detail = serde_json::to_string(action).ok();
    line(at, wall_ms, "operator", text, detail)
}

/// A line of the timeline about something about to be sent.
pub(crate) fn sent(at: Elapsed, wall_ms: i64, kind: &str, deal: Option<DealId>) -> TimelineEntry {
    let text = match deal {
        Some(deal) => format!("sending `{kind}` for deal {deal}"),
        None => format!("sending `{kind}`"),
    };
    let what = kind.to_owned();
    line(
        at,
        wall_ms,
        "sent",
        text,
        Detail::Sent { what, deal }.json(),
    )
}

/// A line of the timeline about an answer.
pub(crate) fn answered<T>(
    at: Elapsed,
    wall_ms: i64,
    kind: &str,
    outcome: &Outcome<T>,
) -> TimelineEntry {
    let (what, outcome) = (kind.to_owned(), outcome.word().to_owned());
    let text = format!("`{what}`: {outcome}");
    line(
        at,
        wall_ms,
        "answered",
        text,
        Detail::Answered { what, outcome }.json(),
    )
}

/// Any other line.
pub(crate) fn line(
    at: Elapsed,
    wall_ms: i64,
    kind: &str,
    text: String,
    detail: Option<String>,
) -> TimelineEntry {
    TimelineEntry {
        at,
        wall_ms,
        kind: kind.to_owned(),
        text,
        detail,
    }
}

fn duplicate(key: &OrderKey, other: Option<DealId>, attempt: u32, counters: &Counters) {
    counters.orders.duplicates.inc();
    let deal = other.map(|it| it.to_string()).unwrap_or_default();
    tracing::warn!(order.id = %key.order, shop = %key.shop, deal.id = deal, wasDuplicate = true, attempt,
        "[SHOPIFY WEBHOOK] ⚠️ Duplicate detected");
}

fn found(key: &OrderKey, deal: DealId, attempts: u32) {
    let was_duplicate = 0 < attempts;
    let result = result(Some(deal), was_duplicate, attempts.max(1));
    tracing::info!(order.id = %key.order, shop = %key.shop, deal.id = %deal, wasDuplicate = was_duplicate, result,
        "[SHOPIFY WEBHOOK] ✅ Found existing deal");
}

fn result(deal: Option<DealId>, was_duplicate: bool, attempt: u32) -> String {
    let deal_id = deal.map(|it| it.to_string());
    let result = CreateResult {
        success: deal_id.is_some(),
        deal_id,
        was_duplicate,
        attempt,
    };
    // Plain fields always serialise.
    serde_json::to_string(&result).unwrap_or_default()
}

/// Attempts count 1 to 3 within a turn of seed.md, then begin again.
fn in_turn(attempts: u32) -> u32 {
    attempts.saturating_sub(1) % ATTEMPTS + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_is_serialised_as_the_seeds() {
        assert_eq!(
            result(Some(DealId(9996)), true, 2),
            r#"{"success":true,"dealId":"9996","wasDuplicate":true,"attempt":2}"#
        );
        assert_eq!(
            result(None, false, 3),
            r#"{"success":false,"dealId":null,"wasDuplicate":false,"attempt":3}"#
        );
    }

    #[test]
    fn attempts_count_one_to_three_again_and_again() {
        assert_eq!([1, 2, 3, 4, 7].map(in_turn), [1, 2, 3, 1, 1]);
    }
}
