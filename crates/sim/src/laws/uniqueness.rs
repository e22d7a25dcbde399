//! S1, S2, S6, L3: how many deals an order has.

use std::collections::{BTreeMap, BTreeSet};

use simulators::bitrix24::{ChangeKind, Deal, Entity};

use super::{
    Breach, View, breach,
    people::GAP_MS,
    view::{API_USER, belongs, has_pair, is_live},
};
use crate::{
    people::{MANAGER, OLD_TOOL},
    script::LAG_MS,
};

/// A create may follow its lookup by so long; what another tool creates in between is not seen.
const EVIDENCE_MS: u64 = 60_000;

/// At rest every acknowledged order has one live deal of ours, and no order has two.
pub(super) fn one_deal_at_rest(view: &View, found: &mut Vec<Breach>) {
    for order in &view.orders {
        let id = order.truth.id;
        let live: Vec<&Deal> = view.live(id).collect();
        let linked = order.state.deal().map(|it| it.0);
        // An operator chose another deal. A ledger that was lost forgets that, and tells a person of the deal beside it.
        let is_theirs = |deal: u64| order.was_chosen() || view.chose(id) && order.lists(deal);
        // A deal that people made with the order's key is theirs, unless we adopted it.
        let ours: Vec<u64> = live
            .iter()
            .filter(|it| {
                it.created_by == API_USER || Some(it.id) == linked || was_visible(view, it, id)
            })
            .filter(|it| {
                !view
                    .journal
                    .iter()
                    .any(|change| change.kind == ChangeKind::Restored && change.id == it.id)
                    || Some(it.id) == linked
            })
            // An operator said what is no duplicate, and which deal it is: what others made beside it is theirs.
            .filter(|it| !order.is_dismissed(it.id))
            // A deal of a ledger that was lost is listed and never flagged: who chose another one is told of it.
            .filter(|it| !(view.perished && view.chose(id) && order.lists(it.id)))
            .filter(|it| it.created_by == API_USER || Some(it.id) == linked || !is_theirs(it.id))
            .map(|it| it.id)
            .collect();
        if 1 < ours.len() && !view.waits_for_operator(order) {
            found.push(breach(format!("order {id} has the live deals {ours:?}")));
        }
        let excused = view.halted()
            || view.deleted_by_people(id)
            || view.waits_for_operator(order)
            || view.was_rekeyed(id)
            || view.beyond_recall(order);
        if order.owed && live.is_empty() && !excused {
            found.push(breach(format!(
                "order {id} was acknowledged and has no live deal ({})",
                order.state.phase()
            )));
        }
    }
}

/// Another tool's deal was on the portal long enough for a list to show it before our first create left.
fn was_visible(view: &View, old: &Deal, order: u64) -> bool {
    let first = view.first_creates.get(&order);
    old.created_by == OLD_TOOL && first.is_none_or(|it| old.created_ms + LAG_MS + EVIDENCE_MS < *it)
}

/// At no instant were there two live deals that we created.
pub(super) fn never_two(view: &View, found: &mut Vec<Breach>) {
    if view.script.late || view.lost_unseen {
        return;
    }
    let mut live: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    let mut created = BTreeSet::new();
    for change in view.journal.iter().filter(|it| it.entity == Entity::Deal) {
        if change.kind == ChangeKind::Created && change.who == API_USER {
            created.insert(change.id);
        }
        let Some(deal) = change
            .after
            .as_ref()
            .or(change.before.as_ref())
            .filter(|_| created.contains(&change.id))
        else {
            continue;
        };
        // A person may have given it another key.
        for deals in live.values_mut() {
            deals.remove(&change.id);
        }
        let Ok(order) = deal.origin_id.parse::<u64>() else {
            continue;
        };
        let deals = live.entry(order).or_default();
        if change.after.as_ref().is_some_and(is_live) {
            deals.insert(change.id);
        }
        if 1 < deals.len() && change.kind == ChangeKind::Created {
            found.push(breach(format!(
                "order {order} had the live deals {deals:?} at {} ms",
                change.at
            )));
        }
    }
}

/// No buyer has two contacts that we created.
pub(super) fn one_contact(view: &View, found: &mut Vec<Breach>) {
    if view.script.late || view.script.loses_ledger() {
        return;
    }
    let mut by_key: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for contact in view
        .contacts
        .iter()
        .filter(|it| it.created_by == API_USER && !it.deleted)
    {
        by_key
            .entry(format!("origin {}", contact.origin_id))
            .or_default()
            .push(contact.id);
        // A contact whose create broke off names its buyer by the customer's number alone.
        let known = view.email_of_customer(&contact.origin_id);
        let emails: BTreeSet<String> = contact
            .emails
            .iter()
            .map(|it| it.value.as_str())
            .chain(known)
            .map(str::to_lowercase)
            .collect();
        for email in emails {
            by_key
                .entry(format!("e-mail {email}"))
                .or_default()
                .push(contact.id);
        }
    }
    for (key, contacts) in by_key.into_iter().filter(|(_, it)| 1 < it.len()) {
        found.push(breach(format!(
            "the buyer with {key} has the contacts {contacts:?}"
        )));
    }
}

/// No company has two records that we created.
pub(super) fn one_company(view: &View, found: &mut Vec<Breach>) {
    if view.script.late || view.script.loses_ledger() {
        return;
    }
    let mut by_origin: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for company in &view.companies {
        if company.created_by == API_USER && !company.deleted {
            let origin = company.origin_id.as_str();
            by_origin.entry(origin).or_default().push(company.id);
        }
    }
    for (origin, companies) in by_origin.into_iter().filter(|(_, it)| 1 < it.len()) {
        found.push(breach(format!(
            "company {origin} has the records {companies:?}"
        )));
    }
}

/// Our own actions never leave an order without a live deal that had one.
pub(super) fn never_zero(view: &View, found: &mut Vec<Breach>) {
    for order in &view.orders {
        let id = order.truth.id;
        let mut live = BTreeSet::new();
        for change in view.journal.iter().filter(|it| it.entity == Entity::Deal) {
            let alive = change
                .after
                .as_ref()
                .is_some_and(|it| is_live(it) && belongs(it, id));
            let was = !live.is_empty();
            if alive {
                live.insert(change.id)
            } else {
                live.remove(&change.id)
            };
            // A flag that lands later than assumed may hit a deal that was chosen meanwhile.
            let excused =
                deleted_before(view, change.at, id) || (view.script.late && order.was_chosen());
            if was && live.is_empty() && change.who == API_USER && !excused {
                found.push(breach(format!(
                    "we left order {id} without a live deal at {} ms",
                    change.at
                )));
            }
        }
    }
}

/// A person deleted a deal of the order between our read of it and the write that followed.
fn deleted_before(view: &View, at: u64, order: u64) -> bool {
    view.journal.iter().any(|it| {
        it.entity == Entity::Deal
            && it.who != API_USER
            && it.at <= at
            && at <= it.at + GAP_MS
            && matches!(it.kind, ChangeKind::Deleted | ChangeKind::Merged)
            && it.before.as_ref().is_some_and(|deal| belongs(deal, order))
    })
}

/// The linked deal is live; and where it was found, not answered, it is the first of those that we created.
pub(super) fn survivor_is_the_first(view: &View, found: &mut Vec<Breach>) {
    for order in &view.orders {
        let id = order.truth.id;
        let restored = view
            .journal
            .iter()
            .any(|it| it.who == MANAGER && it.kind == ChangeKind::Restored);
        let Some(linked) = order.state.deal() else {
            continue;
        };
        if restored || view.lost_unseen || view.deleted_by_people(id) {
            continue;
        }
        if let Some(survivor) = view.deals.iter().find(|it| it.id == linked.0)
            && !is_live(survivor)
        {
            found.push(breach(format!(
                "order {id} is linked to deal {linked}, which is not live"
            )));
        }
        let answered = order
            .intents
            .iter()
            .any(|it| it.kind == "create" && it.outcome.as_deref() == Some("done"));
        let first = view
            .deals
            .iter()
            .filter(|it| it.created_by == API_USER && has_pair(it, id) && !it.deleted)
            .map(|it| it.id)
            .min();
        if let Some(first) = first
            && first < linked.0
            && !answered
            && !order.was_chosen()
            && !view.script.loses_ledger()
        {
            found.push(breach(format!(
                "order {id} is linked to deal {linked}, though deal {first} came first"
            )));
        }
    }
}
