//! S8, S9, R8, R15: what the ledger wrote down explains what the portal shows.

use simulators::bitrix24::{ChangeKind, Entity};

use super::{
    Breach, View, breach,
    view::{API_USER, OrderView},
};

/// Writes of fields and rows that one order may cost, beside those its states and failures explain.
const WRITES_SPARE: usize = 12;

/// Writes that one new state or one failure may cost: fields, rows, stage, each perhaps said again.
const WRITES_EACH: usize = 6;

/// Requests of a universe, beside those that its disturbances explain.
const REQUESTS_SPARE: u64 = 200;

/// Requests that one delivery, fault or crash may cost.
const REQUESTS_EACH: u64 = 12;

/// Creates that were executed or are unknown: at most one more than there were unknown ones.
pub(super) fn bounded_creation(view: &View, found: &mut Vec<Breach>) {
    for order in &view.orders {
        let outcomes: Vec<&str> = creates(order)
            .map(|it| it.outcome.as_deref().unwrap_or("open"))
            .collect();
        let unknown = outcomes
            .iter()
            .filter(|it| **it != "done" && **it != "refused")
            .count();
        let executed = outcomes.iter().filter(|it| **it == "done").count();
        if 1 + order.recreated() + order.remade() < executed {
            found.push(breach(format!(
                "order {}: {executed} creates done, {unknown} unknown",
                order.truth.id
            )));
        }
    }
}

/// Every deal that appeared by our hand has a create intent older than itself, with the lookup it rests on.
pub(super) fn every_write_recorded(view: &View, found: &mut Vec<Breach>) {
    if view.script.loses_ledger() {
        return;
    }
    for order in &view.orders {
        let id = order.truth.id.to_string();
        let born = view
            .created_by_us()
            .filter(|it| it.after.as_ref().is_some_and(|deal| deal.origin_id == id))
            .count();
        let intents = creates(order).count();
        if intents < born {
            found.push(breach(format!(
                "order {id}: {born} deals, {intents} intents to create one"
            )));
        }
        let unfounded = creates(order)
            .filter(|it| !it.evidence.contains("\"started_at\":"))
            .count();
        if 0 < unfounded {
            found.push(breach(format!(
                "order {id}: {unfounded} creates rest on no lookup"
            )));
        }
    }
}

/// The number of writes is explained by states and failures.
pub(super) fn no_write_loop(view: &View, found: &mut Vec<Breach>) {
    for order in &view.orders {
        let writes = order
            .intents
            .iter()
            .filter(|it| it.contact_key.is_none())
            .count();
        let failures = order
            .intents
            .iter()
            .filter(|it| it.outcome.as_deref() != Some("done"))
            .count();
        let states = order.truth.history.len() + order.told() + view.wished(order.truth.id);
        let explained = WRITES_SPARE + WRITES_EACH * (states + failures);
        if explained < writes {
            found.push(breach(format!(
                "order {}: {writes} writes, {explained} can be explained",
                order.truth.id
            )));
        }
    }
}

/// The portal is asked no more than deliveries, faults and people explain.
pub(super) fn no_request_storm(view: &View, found: &mut Vec<Breach>) {
    let explained = REQUESTS_SPARE + REQUESTS_EACH * view.disturbances;
    if explained < view.requests {
        found.push(breach(format!(
            "{} requests, {explained} can be explained",
            view.requests
        )));
    }
}

/// No two requests under way at once, and no two commands of one request, write the same deal or create the same record.
pub(super) fn nothing_twice(view: &View, found: &mut Vec<Breach>) {
    for subject in &view.twice {
        found.push(breach(format!("{subject} was under way twice")));
    }
}

/// No deal got the same comment twice.
pub(super) fn comment_once(view: &View, found: &mut Vec<Breach>) {
    let mut sent = std::collections::BTreeMap::<(u64, u64), usize>::new();
    for order in &view.orders {
        for intent in order.intents.iter().filter(|it| it.kind == "comment") {
            let deal = serde_json::from_str::<serde_json::Value>(&intent.evidence)
                .ok()
                .and_then(|it| it["Comment"]["deal"].as_u64());
            *sent
                .entry((order.truth.id, deal.unwrap_or_default()))
                .or_default() += 1;
        }
    }
    for ((order, deal), times) in sent.into_iter().filter(|(_, times)| 1 < *times) {
        found.push(breach(format!(
            "order {order}: the comment on deal {deal} was sent {times} times"
        )));
    }
    let commented = |it: &&simulators::bitrix24::Change| {
        it.entity == Entity::Deal && it.kind == ChangeKind::CommentAdded && it.who == API_USER
    };
    let mut per_deal = std::collections::BTreeMap::<u64, usize>::new();
    for change in view.journal.iter().filter(commented) {
        *per_deal.entry(change.id).or_default() += 1;
    }
    if !view.script.loses_ledger() {
        for (deal, times) in per_deal.into_iter().filter(|(_, times)| 1 < *times) {
            found.push(breach(format!("deal {deal} got {times} comments from us")));
        }
    }
}

fn creates(order: &OrderView) -> impl Iterator<Item = &store::IntentRecord> {
    order.intents.iter().filter(|it| it.kind == "create")
}
