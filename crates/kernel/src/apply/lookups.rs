//! A lookup or a read is answered.

use super::{operator, park, park_for_now};
use crate::{
    context::Context,
    deal::{FoundDeal, Glimpse, Relation, Semantic},
    elapsed::Elapsed,
    ids::{DealId, Mark, OrderKey},
    mutants::{Mutant, planted},
    presence::{Doubt, Evidence, Presence},
    remark::Remark,
    rules::UNKNOWNS_MAX,
    state::{Completion, Loser, Notice, OrderState, ParkReason, Said},
};

/// The live rows of a lookup, by what they are to the order.
#[derive(Default)]
struct Sorted<'a> {
    ours: Vec<(&'a FoundDeal, Mark)>,
    by_field: Vec<&'a FoundDeal>,
    names_another: Vec<&'a FoundDeal>,
}

pub(super) fn looked(
    state: &mut OrderState,
    started_at: Elapsed,
    rows: &[FoundDeal],
    ctx: &Context<'_>,
) -> Vec<Remark> {
    let Some(key) = state.newest.as_ref().map(|it| it.order.key.clone()) else {
        return Vec::new();
    };
    state.retry.unanswered = 0;
    state.retry.look_company.cleared();
    state.audits.retain(|it| ctx.now < *it);
    let sorted = sort(rows, &key, state, ctx);
    match state.presence.clone() {
        Presence::Linked(deal) => others(state, deal, &sorted, ctx),
        Presence::Sending => Vec::new(),
        Presence::Absent => found_or_empty(state, None, None, &sorted, started_at, ctx),
        Presence::InDoubt(doubt) => {
            found_or_empty(state, Some(doubt), None, &sorted, started_at, ctx)
        }
        Presence::Missing(gone) | Presence::Tombstone(gone) => {
            found_or_empty(state, None, Some(gone), &sorted, started_at, ctx)
        }
    }
}

pub(super) fn glimpsed(
    state: &mut OrderState,
    glimpse: &Glimpse,
    ctx: &Context<'_>,
) -> Vec<Remark> {
    state.retry.unanswered = 0;
    state.retry.look_company.cleared();
    let deal = glimpse.deal.id;
    if let Some(choice) = state.asked.choice.take_if(|it| it.deal == deal) {
        let remarks = operator::read(state, choice, glimpse, ctx);
        state.glimpses.insert(deal, glimpse.clone());
        return remarks;
    }
    if state.deal() == Some(deal) {
        let Some(key) = state.newest.as_ref().map(|it| it.order.key.clone()) else {
            return Vec::new();
        };
        let adopting = state.completion == Some(Completion::Adopted);
        let acceptable = match glimpse.deal.relation(&key, ctx.ledger) {
            Relation::Ours(_) => true,
            Relation::ByField => adopting,
            // A person may flag the deal by hand, or change the order field; the pair decides.
            Relation::Flagged => glimpse.deal.origin.as_deref() == Some(key.origin().as_str()),
            // A chosen deal without any key gets it from us.
            Relation::Unrelated => {
                adopting && state.asked.chosen == Some(deal) && operator::is_keyless(&glimpse.deal)
            }
            Relation::NamesAnother => false,
        };
        if !acceptable && !planted(Mutant::IgnoreMismatch) {
            return park(state, ParkReason::Mismatch(deal), None, ctx);
        }
        state.recreate = false;
        if std::mem::take(&mut state.asked.say_again) {
            state.said.owe(ctx.now);
        }
        if adopting && 0 < glimpse.rows {
            state.rows_are_theirs = true;
        }
    }
    state.glimpses.insert(deal, glimpse.clone());
    Vec::new()
}

pub(super) fn not_found(state: &mut OrderState, deal: DealId) -> Vec<Remark> {
    let mut remarks: Vec<Remark> = operator::not_found(state, deal).into_iter().collect();
    if state.deal() == Some(deal) {
        state.presence = Presence::Missing(deal);
        remarks.push(Remark::DealGone(deal));
    } else if remarks.is_empty() || state.losers.contains_key(&deal) {
        state.losers.insert(deal, Loser::Settled);
    }
    remarks
}

/// Leaves a deal of a duplicate set to a person.
pub(super) fn list(state: &mut OrderState, deal: DealId) {
    state.losers.insert(deal, Loser::Listed);
    state.notice(Notice::OtherDeal(deal));
}

fn sort<'a>(
    rows: &'a [FoundDeal],
    key: &OrderKey,
    state: &OrderState,
    ctx: &Context<'_>,
) -> Sorted<'a> {
    let mut sorted = Sorted::default();
    for row in rows {
        match row.relation(key, ctx.ledger) {
            Relation::Ours(mark) => sorted.ours.push((row, mark)),
            Relation::ByField => sorted.by_field.push(row),
            // A person said that it is something else's.
            Relation::NamesAnother
                if state.asked.dismissed.contains(&Notice::OtherDeal(row.id)) => {}
            Relation::NamesAnother => sorted.names_another.push(row),
            Relation::Flagged | Relation::Unrelated => {}
        }
    }
    // A list may still show what a read by id no longer finds.
    if let Presence::Missing(gone) | Presence::Tombstone(gone) = state.presence {
        sorted.ours.retain(|(row, _)| row.id != gone);
        sorted.by_field.retain(|row| row.id != gone);
    }
    sorted.ours.sort_by_key(|(row, _)| row.id);
    sorted.ours.dedup_by_key(|(row, _)| row.id);
    sorted.by_field.sort_by_key(|row| row.id);
    sorted.by_field.dedup_by_key(|row| row.id);
    sorted
}

fn found_or_empty(
    state: &mut OrderState,
    doubt: Option<Doubt>,
    gone: Option<DealId>,
    sorted: &Sorted<'_>,
    started_at: Elapsed,
    ctx: &Context<'_>,
) -> Vec<Remark> {
    if let Some((winner, mark)) = winner(&sorted.ours) {
        let mut remarks = link(state, winner, mark, doubt, gone, ctx);
        remarks.extend(others(state, winner.id, sorted, ctx));
        return remarks;
    }
    let open = sorted
        .by_field
        .iter()
        .find(|it| it.semantic == Semantic::Process);
    if let Some(adopted) = open.or(sorted.by_field.first()) {
        let mut remarks = link(state, adopted, Mark::None, doubt, gone, ctx);
        remarks.extend(others(state, adopted.id, sorted, ctx));
        return remarks;
    }
    if let Some(other) = sorted.names_another.first() {
        // A person may settle it on the portal: it is looked at again, ever more rarely.
        return park_for_now(state, ParkReason::NamesAnother(other.id), ctx);
    }
    match (gone, doubt) {
        (Some(gone), _) => buried(state, gone, started_at, ctx),
        (None, doubt) => nothing_found(state, doubt, started_at, ctx),
    }
}

/// The lowest id: a fixed function of the set, so that no two resolvers can remove both (protocol §4.1).
fn winner<'a>(ours: &[(&'a FoundDeal, Mark)]) -> Option<(&'a FoundDeal, Mark)> {
    if planted(Mutant::NewestSurvives) {
        ours.last().copied()
    } else {
        ours.first().copied()
    }
}

pub(super) fn link(
    state: &mut OrderState,
    row: &FoundDeal,
    mark: Mark,
    doubt: Option<Doubt>,
    gone: Option<DealId>,
    ctx: &Context<'_>,
) -> Vec<Remark> {
    state.presence = Presence::Linked(row.id);
    state.evidence = None;
    state.losers.remove(&row.id);
    state.retry = crate::state::Retry::default();
    state.notices.remove(&Notice::ChangedAfterDeletion);
    state.rows_are_theirs = false;
    state.asked.say_again = false;
    // What an operator wanted made again is there.
    state.recreate &= !std::mem::take(&mut state.asked.remake);
    let own = mark == Mark::Ours;
    if planted(Mutant::FoundIsComplete) {
        return found_complete(state, row.id, ctx);
    }
    state.said.begin_again(own);
    // Another ledger's deal is a onedeal's all the same: its rows are no person's work.
    state.completion = Some(match mark {
        Mark::Ours | Mark::Foreign => Completion::Found,
        Mark::None => Completion::Adopted,
    });
    if let Some(doubt) = doubt {
        // The request that made it may still be writing its second half, and the rows that it carried beside.
        state.said.always.owe(doubt.settles_at);
        state.said.rows.owe(doubt.settles_at);
        state.said.contact.owe(doubt.settles_at);
        state.said.company.owe(doubt.settles_at);
    }
    if let Some(landed_by) = ctx.forgotten_land_by() {
        state.said.owe(landed_by);
    }
    if state.ever_in_doubt || ctx.was_cold() {
        state.audits = ctx.rules.audits(ctx.now);
    }
    vec![match gone {
        Some(from) => Remark::Relinked { from, to: row.id },
        None if own => Remark::FoundOwn {
            deal: row.id,
            late: doubt.is_some_and(|it| it.settles_at < ctx.now),
        },
        None => Remark::Adopted { deal: row.id },
    }]
}

/// A planted bug: what was found counts as said.
fn found_complete(state: &mut OrderState, deal: DealId, ctx: &Context<'_>) -> Vec<Remark> {
    if let Some(seen) = &state.newest {
        let desired = ctx.mapping.desired(&seen.order);
        state.said.always.done(desired.always, ctx.now);
        state.said.stage.done(desired.stage, ctx.now);
    }
    vec![Remark::FoundOwn { deal, late: false }]
}

/// The other live deals of the set, once a survivor is known.
fn others(
    state: &mut OrderState,
    survivor: DealId,
    sorted: &Sorted<'_>,
    ctx: &Context<'_>,
) -> Vec<Remark> {
    let chosen = state.asked.chosen == Some(survivor);
    if let Some(foreign) = another_ledger(survivor, sorted)
        && !chosen
    {
        return park(state, ParkReason::AnotherLedger(foreign), None, ctx);
    }
    let mut remarks = Vec::new();
    for (row, mark) in sorted.ours.iter().filter(|(row, _)| row.id != survivor) {
        let mark = if planted(Mutant::FlagWithoutMark) {
            Mark::Ours
        } else {
            *mark
        };
        match mark {
            Mark::Ours if state.losers.get(&row.id) == Some(&Loser::Listed) => {}
            // It was flagged, and a person took the flag away: theirs to decide.
            Mark::Ours if state.losers.get(&row.id) == Some(&Loser::Settled) => {
                remarks.extend(list_other(state, survivor, row.id));
            }
            Mark::Ours => {
                if state.losers.insert(row.id, Loser::ToFlag).is_none() {
                    state.notice(Notice::LateLanding(row.id));
                }
                remarks.push(Remark::Duplicate {
                    survivor,
                    other: row.id,
                    step: Loser::ToFlag,
                });
            }
            // A foreign mark beside a deal that an operator chose; otherwise it was seen above already.
            Mark::None | Mark::Foreign => remarks.extend(list_other(state, survivor, row.id)),
        }
    }
    if planted(Mutant::NewestSurvives)
        && let Some((newest, _)) = sorted.ours.last()
        && newest.id != survivor
    {
        state.losers.remove(&newest.id);
        state.losers.insert(survivor, Loser::ToFlag);
        state.presence = Presence::Linked(newest.id);
    }
    for row in sorted
        .by_field
        .iter()
        .chain(&sorted.names_another)
        .filter(|it| it.id != survivor)
    {
        if planted(Mutant::FlagWithoutMark) {
            state.losers.entry(row.id).or_insert(Loser::ToFlag);
        } else {
            remarks.extend(list_other(state, survivor, row.id));
        }
    }
    remarks
}

/// A deal of another ledger, in a set that ours shares: two ledgers write to this portal.
fn another_ledger(survivor: DealId, sorted: &Sorted<'_>) -> Option<DealId> {
    let of = |wanted: Mark| {
        sorted
            .ours
            .iter()
            .filter(move |(_, mark)| *mark == wanted)
            .map(|(row, _)| row.id)
    };
    let other = of(Mark::Foreign).find(|it| *it != survivor);
    other.or_else(|| {
        of(Mark::Foreign)
            .next()
            .filter(|_| of(Mark::Ours).next().is_some())
    })
}

fn list_other(state: &mut OrderState, survivor: DealId, other: DealId) -> Option<Remark> {
    let known = state.losers.contains_key(&other);
    list(state, other);
    (!known).then_some(Remark::Duplicate {
        survivor,
        other,
        step: Loser::Listed,
    })
}

/// Nothing carries the key of a deal that is gone: a person deleted it.
fn buried(
    state: &mut OrderState,
    gone: DealId,
    started_at: Elapsed,
    ctx: &Context<'_>,
) -> Vec<Remark> {
    if planted(Mutant::Resurrect) {
        state.presence = Presence::Absent;
        state.evidence = Some(Evidence {
            started_at,
            process: ctx.process,
        });
        return Vec::new();
    }
    if std::mem::take(&mut state.recreate) {
        state.presence = Presence::Absent;
        state.evidence = Some(Evidence {
            started_at,
            process: ctx.process,
        });
        state.said = Said::default();
        state.completion = None;
        state.notices.remove(&Notice::ChangedAfterDeletion);
        let by_operator = std::mem::take(&mut state.asked.remake);
        return vec![if by_operator {
            Remark::Remade(gone)
        } else {
            Remark::Recreated(gone)
        }];
    }
    let first = state.presence == Presence::Missing(gone);
    state.presence = Presence::Tombstone(gone);
    if first {
        // A deal restored or merged a moment ago may not be listed yet.
        state.audits.push(ctx.now + ctx.rules.settle);
        return vec![Remark::Tombstone(gone)];
    }
    Vec::new()
}

fn nothing_found(
    state: &mut OrderState,
    doubt: Option<Doubt>,
    started_at: Elapsed,
    ctx: &Context<'_>,
) -> Vec<Remark> {
    state.evidence = Some(Evidence {
        started_at,
        process: ctx.process,
    });
    let Some(doubt) = doubt else {
        return vec![Remark::NothingFound { proves: true }];
    };
    if started_at < doubt.settles_at {
        state.presence = Presence::InDoubt(doubt.probed(started_at, ctx.rules));
        return vec![Remark::NothingFound { proves: false }];
    }
    let mut remarks = vec![Remark::NothingFound { proves: true }];
    if UNKNOWNS_MAX <= state.retry.unknowns && !planted(Mutant::PoisonNeverParks) {
        remarks.extend(park_for_now(state, ParkReason::Poison, ctx));
    }
    remarks
}
