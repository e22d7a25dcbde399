//! L1, L5, L6: everything is done in the end, in time, and one order holds up no other.

use kernel::{presence::Presence, state::ParkReason};
use simulators::bitrix24::{ChangeKind, Entity};
use store::TimelineEntry;

use super::{
    Breach, View, breach,
    view::{OrderView, has_pair},
};
use crate::script::{CALM_WRITE_MS, SETTLE};

/// What a lookup and a create may take beside the settling, in a universe without other faults, in milliseconds.
const DOUBT_SPARE_MS: u64 = 100_000;

/// What a process waits for before its first create, and until it knows the portal's pace, in milliseconds.
const START_SPARE_MS: u64 = 20_000;

/// The work of a short request (design §4.6), in milliseconds.
const SHORT_REQUEST_MS: u64 = 5_000;

/// A short request of others that is under way, then those with the order's contact and its deal; and a second for its
/// lookup and the portal's pace.
const FRESH_MS: u64 = 3 * SHORT_REQUEST_MS + 1_000;

/// Requests that a poisonous order may spoil for others: the first, and one in half of that company (design §4.2, rule 12).
const SPOILED_MAX: u64 = 2;

/// Creates of a poisonous order within the time that it stays poisonous.
const POISON_TRIES_MAX: u64 = 12;

/// The universe came to rest with nothing left to do.
pub(super) fn comes_to_rest(view: &View, found: &mut Vec<Breach>) {
    if view.halted() {
        return;
    }
    if !view.rested {
        found.push(breach("it never came to rest".to_owned()));
    }
    if 0 < view.open_intents {
        found.push(breach(format!(
            "{} requests without an answer are left",
            view.open_intents
        )));
    }
    for order in view.orders.iter().filter(|it| it.owed) {
        let id = order.truth.id;
        let Some(record) = &order.record else {
            continue;
        };
        let settled = match &order.state.presence {
            Presence::Linked(_) | Presence::Tombstone(_) => order.state.parked.is_none(),
            Presence::Absent | Presence::Sending | Presence::InDoubt(_) | Presence::Missing(_) => {
                false
            }
        };
        if !settled && !view.waits_for_operator(order) && !view.beyond_recall(order) {
            let why = order.state.parked.as_ref().map(|it| it.why.to_string());
            found.push(breach(format!(
                "order {id} is left as {} ({why:?})",
                record.phase
            )));
        }
    }
}

/// Without trouble no order waits for longer than if the portal took one order after the other.
pub(super) fn soon(view: &View, found: &mut Vec<Breach>) {
    if !view.script.calm {
        return;
    }
    // Contact, deal and rows of each order; and the pace of a new process.
    let bound = (view.script.orders as u64) * 3 * CALM_WRITE_MS.1 + START_SPARE_MS;
    for order in &view.orders {
        if bound < waited_ms(view, order).unwrap_or(u64::MAX) {
            found.push(breach(format!(
                "order {} had no deal after {bound} ms",
                order.truth.id
            )));
        }
    }
}

/// An order placed while a crowd waits has its deal after one short request of the others and its own; until the process
/// knows the portal's pace, a request may take longer.
pub(super) fn fresh_first(view: &View, found: &mut Vec<Breach>) {
    if !view.script.calm {
        return;
    }
    for order in view.orders.iter().skip(view.script.orders) {
        // Orders of one buyer are worked on one after the other: they share a contact.
        let buyer = &order.truth.body_json["customer"]["id"];
        let alone = buyer.is_null()
            || view
                .orders
                .iter()
                .filter(|it| it.truth.body_json["customer"]["id"] == *buyer)
                .count()
                == 1;
        let waited = waited_ms(view, order).unwrap_or(u64::MAX);
        let learns = arrived_ms(order).is_some_and(|it| it < START_SPARE_MS);
        let limit = FRESH_MS + if learns { START_SPARE_MS } else { 0 };
        if alone && limit < waited {
            found.push(breach(format!(
                "order {} waited {waited} ms for its deal beside a crowd",
                order.truth.id
            )));
        }
    }
}

/// When an order's first webhook arrived.
fn arrived_ms(order: &OrderView) -> Option<u64> {
    order.timeline.iter().map(|it| it.at.as_millis()).min()
}

/// From the arrival of an order's first webhook to its deal.
fn waited_ms(view: &View, order: &OrderView) -> Option<u64> {
    let arrived = arrived_ms(order)?;
    let created = view.journal.iter().find(|it| {
        it.kind == ChangeKind::Created
            && it.entity == Entity::Deal
            && it
                .after
                .as_ref()
                .is_some_and(|deal| has_pair(deal, order.truth.id))
    })?;
    Some(created.at.saturating_sub(arrived))
}

/// However often the process dies, a doubt settles within D + R of its first record.
pub(super) fn doubt_settles(view: &View, found: &mut Vec<Breach>) {
    if !view.script.storm {
        return;
    }
    for order in &view.orders {
        let creates: Vec<_> = order
            .intents
            .iter()
            .filter(|it| it.kind == "create")
            .collect();
        for pair in creates.windows(2) {
            let (Some(given_up), next) = (pair[0].closed_at, pair[1].opened_at) else {
                continue;
            };
            // An order that is parked rests; its doubt is over.
            let parks = |it: &&TimelineEntry| it.text.starts_with("parked") && it.at < next;
            let parked = order.timeline.iter().filter(parks).map(|it| it.at);
            let over = parked.filter(|it| given_up < *it).min().unwrap_or(next);
            let took = over.since(given_up);
            let limit = SETTLE + std::time::Duration::from_millis(DOUBT_SPARE_MS);
            if pair[0].outcome.as_deref() != Some("refused") && limit < took {
                found.push(breach(format!(
                    "order {}: the doubt lasted {took:?}",
                    order.truth.id
                )));
            }
        }
    }
}

/// A poisonous order is tried again ever more rarely; limits of the portal never park an order.
pub(super) fn poison_alone(view: &View, found: &mut Vec<Breach>) {
    // Each newer state of the order gives it another chance, and so does each word of an operator.
    let states = view
        .orders
        .iter()
        .find(|it| Some(it.truth.id) == view.poison)
        .map_or(0, |it| {
            (it.truth.history.len() + view.wished(it.truth.id)) as u64
        });
    if POISON_TRIES_MAX + 3 * states < view.poisoned {
        found.push(breach(format!(
            "the poisonous order was tried {} times",
            view.poisoned
        )));
    }
    let spoiled = view.met.get("poison in company").copied();
    if SPOILED_MAX < spoiled.unwrap_or_default() && !view.script.loses_ledger() {
        found.push(breach(format!(
            "the poisonous order spoiled {spoiled:?} requests of others"
        )));
    }
    for order in &view.orders {
        let limits = [
            "QUERY_LIMIT_EXCEEDED",
            "OPERATION_TIME_LIMIT",
            "INVALID_CREDENTIALS",
            "expired_token",
            "APPLICATION_NOT_FOUND",
            "authorization_error",
            "insufficient_scope",
            "CONNECTION_ERROR",
            "(code ``)",
        ];
        let by_limit = order.timeline.iter().find(|line| {
            line.text.starts_with("parked: ") && limits.iter().any(|it| line.text.contains(it))
        });
        if let Some(line) = by_limit {
            found.push(breach(format!(
                "order {} was parked for the portal's limits: {}",
                order.truth.id, line.text
            )));
        }
        let poison = view.poison == Some(order.truth.id);
        let parked = order
            .state
            .parked
            .as_ref()
            .is_some_and(|it| it.why == ParkReason::Poison);
        if parked && !poison && view.rested {
            found.push(breach(format!(
                "order {} is still parked as poisonous",
                order.truth.id
            )));
        }
    }
}

/// An error in the log means that a person must look: only where the script gives reason to.
pub(super) fn no_error(view: &View, found: &mut Vec<Breach>) {
    let revoked = view.script.shop.api_revoked_ms.is_some();
    let expected = |line: &str| {
        (view.script.rekey && line.contains("another order's key"))
            || (revoked && line.contains("does not accept the access token"))
    };
    for line in view.errors.iter().filter(|it| !expected(it)) {
        found.push(breach(line.clone()));
    }
}
