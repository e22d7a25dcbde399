//! What became of the orders, counted alike for every contestant.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use simulators::bitrix24::{ChangeKind, Deal, Entity};

use super::{
    View,
    view::{API_USER, OrderView, has_number, has_pair, is_live},
};

/// Counts duplicates, losses, stale and wrongly deleted deals.
pub(super) fn tally(view: &View, seeds_duplicate_answers: Option<u64>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    let mut count = |name: &str, value: usize| {
        *counts.entry(name.to_owned()).or_default() += value as u64;
    };
    for order in &view.orders {
        let ours: Vec<&Deal> = view
            .deals
            .iter()
            .filter(|it| it.created_by == API_USER && is_of(it, order))
            .filter(|it| !order.is_dismissed(it.id))
            .collect();
        let live = ours.iter().filter(|it| is_live(it)).count();
        count("orders", 1);
        let waits = view.waits_for_operator(order);
        count(
            "orders with duplicates at rest",
            usize::from(1 < live && !waits),
        );
        count(
            "orders with duplicates that wait for a person",
            usize::from(1 < live && waits),
        );
        let twice = usize::from(1 < most_at_once(view, &ours));
        let assumed = !view.script.late && !view.lost_unseen;
        let (kept, broken) = if assumed { (twice, 0) } else { (0, twice) };
        count("orders with duplicates at any instant", kept);
        count("the same where an assumption is broken on purpose", broken);
        count("orders lost", usize::from(is_lost(view, order)));
        count(
            "orders with a stale amount",
            usize::from(is_stale(view, order)),
        );
    }
    let deletes = view
        .journal
        .iter()
        .filter(|it| it.kind == ChangeKind::Deleted && it.who == API_USER)
        .count();
    count("wrong deletes", deletes);
    // The error on which seed.md builds: a portal without uniqueness never gives it, only a faulty one does.
    let said = view.orders.iter().flat_map(|it| &it.timeline);
    let said = said
        .filter(|it| it.text.contains("speaks of a duplicate"))
        .count() as u64;
    let said = seeds_duplicate_answers.unwrap_or(said);
    count(
        "answers that speak of a duplicate",
        usize::try_from(said).unwrap_or(usize::MAX),
    );
    counts
}

fn is_of(deal: &Deal, order: &OrderView) -> bool {
    has_pair(deal, order.truth.id) || has_number(deal, order.truth.id)
}

/// The most of these deals that were live at the same time.
fn most_at_once(view: &View, deals: &[&Deal]) -> usize {
    let ids: BTreeSet<u64> = deals.iter().map(|it| it.id).collect();
    let (mut live, mut most) = (BTreeSet::new(), 0);
    for change in view
        .journal
        .iter()
        .filter(|it| it.entity == Entity::Deal && ids.contains(&it.id))
    {
        let alive = change.after.as_ref().is_some_and(is_live);
        if alive {
            live.insert(change.id)
        } else {
            live.remove(&change.id)
        };
        most = most.max(live.len());
    }
    most
}

/// Acknowledged, and no live deal carries it, though nobody deleted one and no operator is asked.
fn is_lost(view: &View, order: &OrderView) -> bool {
    let excused = view.halted()
        || view.deleted_by_people(order.truth.id)
        || view.waits_for_operator(order)
        || view.was_rekeyed(order.truth.id);
    let any = view.deals.iter().any(|it| is_live(it) && is_of(it, order));
    order.owed && !any && !excused
}

/// No live deal of the order says its newest amount: the current total, or, as seed.md reads it, the total before refunds.
fn is_stale(view: &View, order: &OrderView) -> bool {
    let excused = view.halted()
        || view.script.late
        || view.deleted_by_people(order.truth.id)
        || view.waits_for_operator(order)
        || order.was_chosen()
        || view.was_rekeyed(order.truth.id);
    let total = order.truth.body_json["total_price"]
        .as_str()
        .and_then(|it| it.parse::<Decimal>().ok());
    let newest = [
        Some(order.truth.current_total.round_dp(2)),
        total.map(|it| it.round_dp(2)),
    ];
    let live: Vec<&Deal> = view
        .deals
        .iter()
        .filter(|it| is_live(it) && is_of(it, order) && it.created_by == API_USER)
        .collect();
    order.owed
        && !excused
        && !live.is_empty()
        && !live
            .iter()
            .any(|it| newest.contains(&Some(it.opportunity.round_dp(2))))
}
