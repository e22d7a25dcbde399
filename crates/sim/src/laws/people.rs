//! S5, S7: what people made or changed stays theirs, and no order's command touches another's deal.

use std::collections::{BTreeMap, BTreeSet};

use simulators::bitrix24::{Change, ChangeKind, Deal, Entity};

use crate::mapped::STATE;

use super::{
    Breach, View, breach,
    view::{API_USER, has_number, is_flagged},
};

/// A write may follow the read that it rests on by so long: the read's answer may take as long as we wait for it, what it
/// shows counts for a while, and the write takes its way. The stated window of S5.
pub(super) const GAP_MS: u64 = 70_000 + 10_000 + 2 * 4_000;

/// Requests that may still hit a deal whose key a person changed, before an answer shows it: one more may be on its way.
/// Those whose answers were lost come on top.
const MISDIRECTED_MAX: usize = 2;

/// Title, comments, contact and stage that people set are not written over.
pub(super) fn respected(view: &View, found: &mut Vec<Breach>) {
    for (at, change, before, after) in updates(view) {
        let flagging = is_flagged(after) && !is_flagged(before);
        let window = touched_within_window(view, at, change);
        let theirs = |of: fn(&Deal) -> String| set_by_people(view, at, change.id, of);
        if before.title != after.title && theirs(|it| it.title.clone()) && !flagging && !window {
            found.push(breach(format!(
                "title of deal {} written over: {:?} by {:?}",
                change.id, before.title, after.title
            )));
        }
        if before.comments != after.comments
            && !before.comments.is_empty()
            && theirs(|it| it.comments.clone())
            && !we_wrote(view, at, |it| it.comments == before.comments)
            && !window
        {
            found.push(breach(format!(
                "comments of deal {} written over",
                change.id
            )));
        }
        if before.contact_ids != after.contact_ids
            && !before.contact_ids.is_empty()
            && theirs(|it| format!("{:?}", it.contact_ids))
            && !window
        {
            found.push(breach(format!(
                "contacts of deal {} written over",
                change.id
            )));
        }
        let allowed = match (
            before.stage_semantic.as_str(),
            after.stage_semantic.as_str(),
        ) {
            ("P", "S" | "F") | ("S", "F") => true,
            (_, _) => before.stage_id == after.stage_id,
        };
        let ours = we_wrote(view, at, |it| it.stage_id == before.stage_id);
        if !allowed && theirs(|it| it.stage_id.clone()) && !ours && !window {
            found.push(breach(format!(
                "stage of deal {} moved from {} to {}",
                change.id, before.stage_id, after.stage_id
            )));
        }
        if flagging
            && before.opportunity != after.opportunity
            && before.updated_by != before.created_by
            && touched_before_window(view, at, change)
        {
            found.push(breach(format!(
                "amount of the touched duplicate {} written over",
                change.id
            )));
        }
    }
}

/// Edits that our write hit although it followed a read: the stated window of S5, counted apart.
pub(super) fn in_the_gap(view: &View) -> u64 {
    let says: [fn(&Deal) -> String; 4] = [
        |it| it.title.clone(),
        |it| it.comments.clone(),
        |it| it.stage_id.clone(),
        |it| format!("{:?}", it.uf.get(STATE)),
    ];
    let hit = |(at, change, before, after): &(usize, &Change, &Deal, &Deal)| {
        let flagging = is_flagged(after) && !is_flagged(before);
        let closing = before.stage_semantic == "P" && after.stage_semantic != "P";
        !flagging
            && !closing
            && touched_within_window(view, *at, change)
            && says.iter().any(|of| {
                of(before) != of(after)
                    && set_by_people(view, *at, change.id, *of)
                    && !we_wrote(view, *at, |it| of(it) == of(before))
            })
    };
    updates(view).filter(hit).count() as u64
}

/// Whether a person set what a deal says in one place, before an entry of the journal. What we said ourselves may be said
/// anew, and an earlier request of ours may land over a later one: that is a matter of S4.
pub(super) fn set_by_people(
    view: &View,
    before: usize,
    deal: u64,
    of: fn(&Deal) -> String,
) -> bool {
    let changes = view.journal[..before].iter().rev();
    changes
        .filter(|it| it.entity == Entity::Deal && it.id == deal)
        .find(|it| it.before.as_ref().map(of) != it.after.as_ref().map(of))
        .is_some_and(|it| it.who != API_USER)
}

/// Whether we ever wrote what a deal shows: one that a person restored brings our own words back.
fn we_wrote(view: &View, before: usize, shows: impl Fn(&Deal) -> bool) -> bool {
    view.journal[..before]
        .iter()
        .any(|it| it.who == API_USER && it.after.as_ref().is_some_and(&shows))
}

/// A deal that we closed, and a person opened again, is not closed again for the same reason.
pub(super) fn reopened_stays_open(view: &View, found: &mut Vec<Breach>) {
    let mut closed: BTreeMap<u64, (String, bool)> = BTreeMap::new();
    for (at, change) in view
        .journal
        .iter()
        .enumerate()
        .filter(|(_, it)| it.entity == Entity::Deal)
    {
        let (Some(before), Some(after)) = (&change.before, &change.after) else {
            continue;
        };
        let (from, to) = (
            before.stage_semantic.as_str(),
            after.stage_semantic.as_str(),
        );
        if from == to {
            continue;
        }
        if change.who != API_USER {
            if let Some((_, reopened)) = closed.get_mut(&change.id) {
                *reopened = to == "P";
            }
            continue;
        }
        let again = closed
            .get(&change.id)
            .is_some_and(|(semantic, reopened)| *reopened && semantic == to);
        // A deal that an operator chose is taken as it stands, whatever became of it before.
        if again
            && !view.was_chosen(change.id)
            && !view.script.loses_ledger()
            && !touched_within_window(view, at, change)
        {
            found.push(breach(format!(
                "deal {} was opened again by a person and closed again by us",
                change.id
            )));
        }
        closed.insert(change.id, (to.to_owned(), false));
    }
}

/// We delete nothing.
pub(super) fn nothing_deleted(view: &View, found: &mut Vec<Breach>) {
    let ours = |it: &&Change| {
        it.who == API_USER && matches!(it.kind, ChangeKind::Deleted | ChangeKind::Merged)
    };
    for change in view.journal.iter().filter(ours) {
        found.push(breach(format!(
            "we deleted {:?} {}",
            change.entity, change.id
        )));
    }
}

/// Only deals with our pair and our mark are flagged.
pub(super) fn only_ours_flagged(view: &View, found: &mut Vec<Breach>) {
    for (_, change, before, after) in updates(view) {
        let marked = before.additional_info.starts_with("onedeal:")
            && before.originator_id.starts_with("shopify:acme");
        if is_flagged(after) && !is_flagged(before) && !marked {
            found.push(breach(format!(
                "deal {} was flagged and is not ours",
                change.id
            )));
        }
    }
}

/// Every deal we write to carries the pair of an order, or carried only its number when it was adopted.
pub(super) fn isolation(view: &View, found: &mut Vec<Breach>) {
    let mut misdirected: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    for (at, change) in view
        .journal
        .iter()
        .enumerate()
        .filter(|(_, it)| it.entity == Entity::Deal && it.who == API_USER)
    {
        let (Some(before), Some(after)) = (&change.before, &change.after) else {
            continue;
        };
        let adopted = before.originator_id.is_empty()
            && before.origin_id.is_empty()
            && view.orders.iter().any(|it| {
                has_number(before, it.truth.id) && after.origin_id == it.truth.id.to_string()
            });
        let chosen = view.was_chosen(change.id)
            && before.originator_id.is_empty()
            && before.origin_id.is_empty()
            && view
                .orders
                .iter()
                .any(|it| after.origin_id == it.truth.id.to_string());
        let ours = before.originator_id == "shopify:acme-demo.myshopify.com"
            && view
                .orders
                .iter()
                .any(|it| it.truth.id.to_string() == before.origin_id);
        if ours
            && (before.origin_id != after.origin_id || before.originator_id != after.originator_id)
        {
            found.push(breach(format!(
                "deal {} got another key from us",
                change.id
            )));
        }
        // What was on its way when a person changed the key is nobody's mistake.
        let on_its_way =
            view.rekeyed.contains(&change.id) && touched_within_window(view, at, change);
        if !(ours || adopted || chosen || on_its_way) {
            // What one request writes in several steps is one mistake.
            let requests = misdirected.entry(change.id).or_default();
            requests.insert(change.asked_at);
        }
    }
    for (deal, requests) in misdirected {
        let writes = requests.len();
        let allowed = if view.rekeyed.contains(&deal) && view.script.late {
            // What was sent before may land long after.
            usize::MAX
        } else if view.rekeyed.contains(&deal) {
            MISDIRECTED_MAX + unanswered_writes(view, deal)
        } else {
            0
        };
        if allowed < writes {
            found.push(breach(format!(
                "{writes} requests wrote to deal {deal}, which carries no order of ours"
            )));
        }
    }
}

/// Writes whose answers were lost, of the orders that the deal ever carried.
fn unanswered_writes(view: &View, deal: u64) -> usize {
    let states = |it: &Change| [it.before.clone(), it.after.clone()];
    let keys: BTreeSet<String> = view
        .journal
        .iter()
        .filter(|it| it.entity == Entity::Deal && it.id == deal)
        .flat_map(states)
        .filter_map(|it| Some(it?.origin_id))
        .collect();
    let answered =
        |outcome: &Option<String>| matches!(outcome.as_deref(), Some("done" | "refused"));
    view.orders
        .iter()
        .filter(|it| keys.contains(&it.truth.id.to_string()))
        .flat_map(|it| &it.intents)
        .filter(|it| !answered(&it.outcome))
        .count()
}

/// Updates of deals by us, with their place in the journal.
pub(super) fn updates(view: &View) -> impl Iterator<Item = (usize, &Change, &Deal, &Deal)> {
    view.journal.iter().enumerate().filter_map(|(at, change)| {
        let ours = change.entity == Entity::Deal
            && change.who == API_USER
            && change.kind == ChangeKind::Updated;
        let (before, after) = (change.before.as_ref()?, change.after.as_ref()?);
        ours.then_some((at, change, before, after))
    })
}

/// A person changed the deal before the read that our write may rest on, and we did not since. What a person does while a
/// request is on its way, which may land late, is in the window.
fn touched_before_window(view: &View, at: usize, change: &Change) -> bool {
    let of_deal = |it: &Change| it.id == change.id && it.entity == Entity::Deal;
    let in_window =
        |it: &Change| it.who != API_USER && change.asked_at <= it.at + GAP_MS && of_deal(it);
    let begin = view.journal[..at].iter().position(in_window).unwrap_or(at);
    let last = view.journal[..begin].iter().rfind(|it| of_deal(it));
    last.is_some_and(|it| it.who != API_USER)
}

/// A person changed the deal after the read that our write may rest on.
pub(super) fn touched_within_window(view: &View, at: usize, change: &Change) -> bool {
    view.journal[..at].iter().rev().any(|it| {
        it.id == change.id
            && it.entity == Entity::Deal
            && it.who != API_USER
            && change.asked_at <= it.at + GAP_MS
    })
}
