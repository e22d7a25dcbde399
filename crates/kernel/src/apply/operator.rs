//! An operator says what shall become of an order. Nothing here is a write: what follows is decided as ever.

use super::lookups;
use crate::{
    context::Context,
    deal::{FoundDeal, Glimpse, Relation},
    ids::{CommandSeq, DealId, Mark, OrderKey},
    mutants::{Mutant, planted},
    operator::{Choice, WhyNot},
    presence::{Doubt, Presence},
    remark::Remark,
    rules::{REFUSALS_MAX, UNKNOWNS_MAX},
    state::{Completion, Loser, Notice, OrderState, ParkReason, Retry},
};

/// It is tried now, however long it should rest. What is in doubt stays in doubt, and who spoiled requests travels alone.
pub(super) fn retried(state: &mut OrderState, ctx: &Context<'_>) -> Vec<Remark> {
    wake(state, ctx);
    vec![Remark::Unparked]
}

/// Everything is compared and said again.
pub(super) fn synced(state: &mut OrderState, ctx: &Context<'_>) -> Vec<Remark> {
    let rested = state.parked.is_some();
    wake(state, ctx);
    match &mut state.presence {
        Presence::Linked(_) => {
            state.asked.say_again = true;
            state.audits.push(ctx.now);
        }
        // A look more; when the doubt settles stays as it is.
        Presence::InDoubt(doubt) => doubt.look_at = doubt.look_at.min(ctx.now),
        Presence::Tombstone(_) => state.audits.push(ctx.now),
        Presence::Absent | Presence::Sending | Presence::Missing(_) => {}
    }
    rested.then_some(Remark::Unparked).into_iter().collect()
}

/// It rests until the operator wakes it; what was asked for before no longer counts.
pub(super) fn parked(state: &mut OrderState, why: ParkReason, ctx: &Context<'_>) -> Vec<Remark> {
    let mut remarks = replaced(state);
    state.asked.say_again = false;
    state.asked.remake = false;
    state.recreate = false;
    state.parked = None;
    remarks.extend(super::park(state, why, None, ctx));
    remarks
}

/// A deal is chosen: it is read before anything is believed of it.
pub(super) fn chose(state: &mut OrderState, deal: DealId, command: CommandSeq) -> Vec<Remark> {
    let mut remarks = replaced(state);
    if state.newest.is_none() {
        let why = WhyNot::NeverSeen;
        remarks.push(Remark::NotChosen { deal, command, why });
        return remarks;
    }
    if planted(Mutant::ChooseWithoutRead) {
        state.presence = Presence::Linked(deal);
        state.parked = None;
        state.said.forget();
        remarks.push(Remark::Chosen { deal, command });
        return remarks;
    }
    state.asked.choice = Some(Choice { deal, command });
    wake_retry(state);
    remarks
}

/// The chosen deal was read: it is linked if it is free.
pub(super) fn read(
    state: &mut OrderState,
    choice: Choice,
    glimpse: &Glimpse,
    ctx: &Context<'_>,
) -> Vec<Remark> {
    let Choice { deal, command } = choice;
    let Some(key) = state.newest.as_ref().map(|it| it.order.key.clone()) else {
        return Vec::new();
    };
    let mark = match suits(&glimpse.deal, &key, ctx) {
        Ok(mark) => mark,
        Err(why) => return vec![Remark::NotChosen { deal, command, why }],
    };
    if state.deal() == Some(deal) {
        wake(state, ctx);
    } else {
        let (doubt, linked) = (doubt(state), state.deal().is_some());
        // What was written into another deal says nothing about this one.
        let remembered = if linked { Mark::None } else { mark };
        lookups::link(state, &glimpse.deal, remembered, doubt, None, ctx);
        // Into a deal that people made, only what is empty is written.
        let made_by_us = mark != Mark::None && glimpse.created_by_us;
        state.completion = Some(if made_by_us {
            Completion::Found
        } else {
            Completion::Adopted
        });
        state.rows_are_theirs = !made_by_us && 0 < glimpse.rows;
        state.recreate = false;
        // The deal that was linked, and whatever lands late, is found and becomes what it is.
        state.audits = ctx.rules.audits(ctx.now);
        state.audits.push(ctx.now);
        state.audits.extend(doubt.map(|it| it.settles_at));
    }
    state.parked = None;
    state.asked.chosen = Some(deal);
    state.asked.dismissed.retain(|it| !speaks_of(it, deal));
    state.notices.retain(|it| !speaks_of(it, deal));
    vec![Remark::Chosen { deal, command }]
}

/// The portal does not know a deal that was read.
pub(super) fn not_found(state: &mut OrderState, deal: DealId) -> Option<Remark> {
    let choice = state.asked.choice.take_if(|it| it.deal == deal)?;
    let (command, why) = (choice.command, WhyNot::Missing);
    Some(Remark::NotChosen { deal, command, why })
}

/// The chosen deal belongs to another order of this ledger.
pub(super) fn taken(state: &mut OrderState, by: &OrderKey) -> Vec<Remark> {
    let Some(Choice { deal, command }) = state.asked.choice.take() else {
        return Vec::new();
    };
    let why = WhyNot::Linked(by.clone());
    vec![Remark::NotChosen { deal, command, why }]
}

/// A deal that people deleted is wanted again: it is looked for first, as under the policy `recreate`.
pub(super) fn recreated(state: &mut OrderState, ctx: &Context<'_>) -> Vec<Remark> {
    match state.presence {
        Presence::Tombstone(_) | Presence::Missing(_) if state.unwanted => {
            vec![Remark::NotDone(WhyNot::Unwanted)]
        }
        Presence::Tombstone(_) | Presence::Missing(_) => {
            wake(state, ctx);
            state.recreate = true;
            state.asked.remake = true;
            state.audits.push(ctx.now);
            Vec::new()
        }
        Presence::Absent | Presence::Sending | Presence::InDoubt(_) | Presence::Linked(_) => {
            vec![Remark::NotDone(WhyNot::NotDeleted)]
        }
    }
}

/// A duplicate shall be flagged; whether it may be is decided after a read, as ever.
pub(super) fn flag(state: &mut OrderState, deal: DealId) -> Vec<Remark> {
    if state.deal().is_none() {
        return vec![Remark::NotDone(WhyNot::NoSurvivor)];
    }
    match state.losers.get(&deal) {
        None => vec![Remark::NotDone(WhyNot::NoDuplicate)],
        Some(Loser::Flagged | Loser::Settled) => vec![Remark::NotDone(WhyNot::FlaggedAlready)],
        Some(Loser::ToFlag | Loser::Listed) => {
            state.losers.insert(deal, Loser::ToFlag);
            state.asked.dismissed.retain(|it| !speaks_of(it, deal));
            wake_retry(state);
            Vec::new()
        }
    }
}

/// A line shall not be shown again until it happens anew; a duplicate that is spoken of is left to people.
pub(super) fn dismissed(state: &mut OrderState, notice: &Notice, ctx: &Context<'_>) -> Vec<Remark> {
    state.notices.remove(notice);
    state.asked.dismissed.insert(notice.clone());
    let Some(deal) = notice.second_deal() else {
        return Vec::new();
    };
    if let Some(step @ Loser::ToFlag) = state.losers.get_mut(&deal) {
        *step = Loser::Listed;
    }
    let both = [Notice::OtherDeal(deal), Notice::LateLanding(deal)];
    both.iter().for_each(|it| {
        state.notices.remove(it);
    });
    state.asked.dismissed.extend(both);
    let names = |it: &ParkReason| *it == ParkReason::NamesAnother(deal);
    if state.parked.as_ref().is_some_and(|it| names(&it.why)) {
        return retried(state, ctx);
    }
    Vec::new()
}

fn speaks_of(notice: &Notice, deal: DealId) -> bool {
    notice.second_deal() == Some(deal)
}

/// Whether a deal may become the order's, and with whose mark.
fn suits(deal: &FoundDeal, key: &OrderKey, ctx: &Context<'_>) -> Result<Mark, WhyNot> {
    let keyless = is_keyless(deal);
    match deal.relation(key, ctx.ledger) {
        Relation::Flagged => Err(WhyNot::Flagged),
        Relation::Unrelated if keyless && deal.flagged() => Err(WhyNot::Flagged),
        Relation::Ours(mark) => Ok(mark),
        Relation::ByField => Ok(Mark::None),
        Relation::Unrelated if keyless => Ok(Mark::None),
        Relation::NamesAnother | Relation::Unrelated => Err(WhyNot::AnotherKey),
    }
}

/// A deal that carries no key at all: a person may say whose it is.
pub(super) fn is_keyless(deal: &FoundDeal) -> bool {
    deal.originator.is_none() && deal.origin.is_none() && deal.order_field.is_none()
}

fn doubt(state: &OrderState) -> Option<Doubt> {
    match state.presence {
        Presence::InDoubt(doubt) => Some(doubt),
        Presence::Absent
        | Presence::Sending
        | Presence::Linked(_)
        | Presence::Missing(_)
        | Presence::Tombstone(_) => None,
    }
}

/// An earlier choice that was not settled yet gives way.
fn replaced(state: &mut OrderState) -> Vec<Remark> {
    let choice = state.asked.choice.take();
    let given_way = choice.map(|Choice { deal, command }| {
        let why = WhyNot::Replaced;
        Remark::NotChosen { deal, command, why }
    });
    given_way.into_iter().collect()
}

/// Ends a rest. Where another key or another ledger was met, nothing is written before the deal was read again.
fn wake(state: &mut OrderState, ctx: &Context<'_>) {
    let met_another = state.parked.take().is_some_and(|it| it.why.met_another());
    wake_retry(state);
    if met_another {
        super::see_again(state, ctx);
    }
}

/// Nothing is waited for; what would park the order again still counts, and so does whose company it spoils.
fn wake_retry(state: &mut OrderState) {
    let earlier = std::mem::take(&mut state.retry);
    state.retry = Retry {
        unknowns: earlier.unknowns.min(UNKNOWNS_MAX - 1),
        refusals: earlier.refusals.min(REFUSALS_MAX - 1),
        company: earlier.company,
        look_company: earlier.look_company,
        ..Retry::default()
    };
}
