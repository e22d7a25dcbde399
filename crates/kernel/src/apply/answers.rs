//! A write is answered: done, surely not, or unknown.

use super::{back_off, park, park_for_now};
use crate::{
    context::Context,
    deal::StageWish,
    elapsed::Elapsed,
    event::{Effect, Shown},
    ids::{DealId, PartyId},
    mutants::{Mutant, planted},
    outcome::{Outcome, Refusal, RefusalClass},
    party::PartyKind,
    presence::{Doubt, Presence},
    remark::{Remark, Wrote},
    rules::{REFUSALS_MAX, UNKNOWNS_MAX, duplicate_pause},
    state::{Loser, Open, OrderState, ParkReason, Retry, Sending},
};

pub(super) fn answered(
    state: &mut OrderState,
    outcome: &Outcome<Effect>,
    ctx: &Context<'_>,
) -> Vec<Remark> {
    let Some(open) = state.open.take() else {
        return Vec::new();
    };
    // A read before the write says nothing about what comes after it.
    state.glimpses.clear();
    match outcome {
        Outcome::Done(effect) => done(state, open, effect, ctx),
        Outcome::Refused(refusal) => refused(state, &open, refusal, ctx),
        Outcome::Unknown { says_duplicate } => unknown(state, open, *says_duplicate, ctx),
    }
}

fn done(state: &mut OrderState, open: Open, effect: &Effect, ctx: &Context<'_>) -> Vec<Remark> {
    if let Effect::Deal {
        id,
        originator,
        origin,
        ..
    } = effect
        && !key_matches(state, originator.as_deref(), origin.as_deref())
        && !planted(Mutant::IgnoreMismatch)
    {
        if let Sending::Create(_) = open.sending {
            state.presence = Presence::InDoubt(Doubt::begin(ctx.now, ctx.rules));
            state.ever_in_doubt = true;
        }
        state.said.forget();
        return park(state, ParkReason::Mismatch(*id), None, ctx);
    }
    let attempt = state.retry.attempts;
    state.retry = Retry::default();
    state.times_parked = 0;
    let remarks = record(state, open, effect, attempt, ctx);
    // A send that the ledger forgot may land after this one.
    if let Some(landed_by) = ctx.forgotten_land_by() {
        state.said.owe(landed_by);
    }
    remarks
}

fn record(
    state: &mut OrderState,
    open: Open,
    effect: &Effect,
    attempt: u32,
    ctx: &Context<'_>,
) -> Vec<Remark> {
    match (open.sending, effect) {
        (Sending::Create(says), Effect::Deal { id, shows, .. }) => {
            let set = stage_set(&says);
            let lacks = not_shown(state, &says, shows);
            say(state, says, open.at);
            state.recreate = false;
            link(state, *id, ctx);
            let created = Remark::Created { deal: *id, attempt };
            [created].into_iter().chain(set).chain(lacks).collect()
        }
        (Sending::Update(says), Effect::Deal { id, shows, .. }) => {
            let lacks = not_shown(state, &says, shows);
            if says.completes {
                state.completion = None;
            }
            state.recreate = false;
            let set = stage_set(&says);
            say(state, says, open.at);
            let written = Remark::Written {
                deal: *id,
                what: Wrote::Fields,
            };
            set.into_iter().chain([written]).chain(lacks).collect()
        }
        (Sending::Rows(digest), Effect::Plain | Effect::Deal { .. }) => {
            state.said.rows.done(digest, open.at);
            written(state, Wrote::Rows)
        }
        (Sending::Flag(loser), Effect::Deal { .. } | Effect::Plain) => {
            state.losers.insert(loser, Loser::Flagged);
            vec![Remark::Flagged(loser)]
        }
        (Sending::Comment(loser), Effect::Plain | Effect::Deal { .. }) => {
            state.losers.insert(loser, Loser::Settled);
            Vec::new()
        }
        // The portal said yes without showing the deal: whether it exists has to be looked up.
        (Sending::Create(says), Effect::Plain) => {
            let open = Open {
                sending: Sending::Create(says),
                ..open
            };
            unknown(state, open, false, ctx)
        }
        (Sending::Update(says), Effect::Plain) => {
            let open = Open {
                sending: Sending::Update(says),
                ..open
            };
            unknown(state, open, false, ctx)
        }
    }
}

fn refused(
    state: &mut OrderState,
    open: &Open,
    refusal: &Refusal,
    ctx: &Context<'_>,
) -> Vec<Remark> {
    let mut remarks = vec![Remark::Refused {
        class: refusal.class,
        code: refusal.code.clone(),
    }];
    match &open.sending {
        Sending::Create(_) => state.presence = Presence::Absent,
        Sending::Comment(loser) => {
            // A comment is worth one try.
            state.losers.insert(*loser, Loser::Settled);
            return remarks;
        }
        Sending::Flag(loser) if refusal.class == RefusalClass::NotFound => {
            state.losers.insert(*loser, Loser::Settled);
            return remarks;
        }
        Sending::Update(_) | Sending::Rows(_) if refusal.class == RefusalClass::NotFound => {
            if let Presence::Linked(deal) = state.presence {
                state.presence = Presence::Missing(deal);
                remarks.push(Remark::DealGone(deal));
            }
            return remarks;
        }
        Sending::Update(_) | Sending::Rows(_) | Sending::Flag(_) => {}
    }
    back_off(state, ctx);
    if refusal.class.is_about_the_record() {
        state.retry.refusals += 1;
    }
    if REFUSALS_MAX <= state.retry.refusals {
        if let Sending::Flag(loser) = open.sending {
            super::lookups::list(state, loser);
            state.retry.refusals = 0;
        } else {
            remarks.extend(park_for_now(
                state,
                ParkReason::Refused(refusal.code.clone()),
                ctx,
            ));
        }
    }
    remarks
}

fn unknown(
    state: &mut OrderState,
    open: Open,
    says_duplicate: bool,
    ctx: &Context<'_>,
) -> Vec<Remark> {
    if state.retry.company.spoiled(open.company) {
        state.retry.unknowns += 1;
    }
    let landed_by = ctx.now + ctx.rules.settle;
    match open.sending {
        Sending::Create(_) if planted(Mutant::UnknownIsRefusal) => {
            state.presence = Presence::Absent;
            back_off(state, ctx);
            return Vec::new();
        }
        Sending::Create(says) => {
            state.said.may_show(&says.kept);
            says.stage_id
                .into_iter()
                .for_each(|it| state.said.may_stand(it));
            return create_unknown(state, says_duplicate, ctx);
        }
        Sending::Update(says) => {
            if let Some(rows) = open.with_rows {
                state.said.rows.unknown(rows, open.at, landed_by);
            }
            if let Some(always) = says.always {
                state.said.always.unknown(always, open.at, landed_by);
            }
            if let Some(stage) = says.stage {
                if let Some(from) = says.stage_from {
                    state.said.may_have_moved(&stage, from);
                }
                state.said.stage.unknown(stage, open.at, landed_by);
            }
            if let Some(stage) = says.stage_id {
                state.said.may_stand(stage);
            }
            for (name, value) in says.kept {
                let kept = state.said.kept.entry(name).or_default();
                kept.unknown(value, open.at, landed_by);
            }
            if let Some(contact) = says.contact {
                state.said.contact.unknown(contact, open.at, landed_by);
            }
            if let Some(company) = says.company {
                state.said.company.unknown(company, open.at, landed_by);
            }
        }
        Sending::Rows(digest) => state.said.rows.unknown(digest, open.at, landed_by),
        Sending::Flag(loser) => {
            state.flags_in_doubt.insert(loser, landed_by);
        }
        Sending::Comment(loser) => {
            let step = if planted(Mutant::CommentAgain) {
                Loser::Flagged
            } else {
                Loser::Settled
            };
            state.losers.insert(loser, step);
            return vec![Remark::WriteUnknown];
        }
    }
    back_off(state, ctx);
    let mut remarks = vec![Remark::WriteUnknown];
    if UNKNOWNS_MAX <= state.retry.unknowns && !planted(Mutant::PoisonNeverParks) {
        remarks.extend(park_for_now(state, ParkReason::Poison, ctx));
    }
    remarks
}

fn create_unknown(state: &mut OrderState, says_duplicate: bool, ctx: &Context<'_>) -> Vec<Remark> {
    let mut doubt = Doubt::begin(ctx.now, ctx.rules);
    let mut remarks = vec![Remark::CreateUnknown {
        settles_at: doubt.settles_at,
    }];
    if says_duplicate {
        doubt.look_at = doubt
            .look_at
            .min(ctx.now + duplicate_pause(state.retry.attempts));
        remarks.insert(
            0,
            Remark::DuplicateSaid {
                attempt: state.retry.attempts,
            },
        );
    }
    state.presence = Presence::InDoubt(doubt);
    state.ever_in_doubt = true;
    remarks
}

/// Where a write put the deal, if a rule wanted it.
fn stage_set(says: &crate::command::Says) -> Option<Remark> {
    let (stage, wish) = (says.stage_id.clone()?, says.stage.clone()?);
    (wish != StageWish::Open).then_some(Remark::StageSet { stage, wish })
}

/// A portal drops the id of a party that is gone. What an answer does not show is asked for once per state of the order:
/// a robot may have taken it out as well.
fn not_shown(state: &mut OrderState, says: &crate::command::Says, shows: &Shown) -> Vec<Remark> {
    let contact = says.contact.filter(|it| {
        let shown = shows.contacts.as_ref();
        shown.is_some_and(|shown| !shown.contains(it))
    });
    let company = says
        .company
        .filter(|it| shows.company.is_some_and(|shown| shown != Some(*it)));
    let lacks = [
        (PartyKind::Contact, contact.map(PartyId::from)),
        (PartyKind::Company, company.map(PartyId::from)),
    ];
    lacks
        .into_iter()
        .filter_map(|(kind, id)| Some((kind, id?)))
        .filter(|(kind, _)| state.not_shown.insert(*kind))
        .map(|(kind, id)| Remark::PartyNotShown { kind, id })
        .collect()
}

/// Remembers what an executed write said.
fn say(state: &mut OrderState, says: crate::command::Says, sent_at: Elapsed) {
    if let Some(always) = says.always {
        state.said.always.done(always, sent_at);
    }
    if let Some(stage) = says.stage {
        state.said.stage.done(stage, sent_at);
        state.said.tried = None;
    }
    if let Some(stage) = says.stage_id {
        state.said.stands(stage);
    }
    for (name, value) in says.kept {
        let kept = state.said.kept.entry(name).or_default();
        kept.done(value, sent_at);
    }
    if let Some(contact) = says.contact {
        state.said.contact.done(contact, sent_at);
    }
    if let Some(company) = says.company {
        state.said.company.done(company, sent_at);
    }
}

/// Links a deal whose create was answered.
fn link(state: &mut OrderState, deal: DealId, ctx: &Context<'_>) {
    state.presence = Presence::Linked(deal);
    if state.ever_in_doubt || ctx.was_cold() {
        state.audits = ctx.rules.audits(ctx.now);
    }
}

fn written(state: &OrderState, what: Wrote) -> Vec<Remark> {
    state
        .deal()
        .map(|deal| Remark::Written { deal, what })
        .into_iter()
        .collect()
}

/// Compares the key in an answer with the order's, byte for byte.
fn key_matches(state: &OrderState, originator: Option<&str>, origin: Option<&str>) -> bool {
    let Some(seen) = &state.newest else {
        return true;
    };
    let key = &seen.order.key;
    originator == Some(key.shop.originator().as_str()) && origin == Some(key.origin().as_str())
}
