//! The machine of one party: the same three outcomes, doubt and permit as a deal's.

use std::collections::BTreeSet;

use super::{
    Details, OpenPartyWrite, PartyCommand, PartyEvent, PartyKind, PartyNews, PartyState, PartyStep,
    PartyWish,
};
use crate::{
    context::Context,
    elapsed::Elapsed,
    ids::{CompanyId, PartyId},
    mutants::{Mutant, planted},
    outcome::{Outcome, RefusalClass},
    presence::{Doubt, Evidence, Gate, Presence, Withheld, permit},
    rules::{REFUSALS_MAX, UNKNOWNS_MAX, backoff},
};

/// A party that still cannot be completed after so many tries is left as it is.
const COMPLETION_TRIES_MAX: u32 = 12;

/// Questions that came to nothing count apart: a portal may refuse access for days, which says nothing of the party. After so
/// many, which take most of a day, they are asked ever more rarely.
const QUESTIONS_OFTEN: u32 = 200;

/// Ids that are remembered as gone. People merge or delete a party a few times at most.
const GONE_MAX: usize = 16;

/// Records what happened, and says what the order has to be told.
pub fn apply(
    kind: PartyKind,
    state: &mut PartyState,
    event: &PartyEvent,
    ctx: &Context<'_>,
) -> Option<PartyNews> {
    match event {
        PartyEvent::Looked {
            started_at,
            by_origin,
            by_comm,
        } => looked(state, *started_at, [by_origin, by_comm], ctx),
        PartyEvent::Intended(open) => {
            if let Some(origin) = &open.creates {
                state.presence = Presence::Sending;
                state.evidence = None;
                state.origin = Some(origin.clone());
            }
            state.open = Some(open.clone());
            None
        }
        PartyEvent::Answered(outcome) => answered(kind, state, outcome, ctx),
        PartyEvent::Interrupted => {
            let unknown = Outcome::Unknown {
                says_duplicate: false,
            };
            state.open.as_ref()?;
            answered(kind, state, &unknown, ctx)
        }
        PartyEvent::Read(glimpse) => {
            state.glimpse = Some(glimpse.clone());
            state.suspect = false;
            state.unanswered = 0;
            // Tries at a completion count on until it is done.
            if state.complete_at.is_none() {
                state.failures = 0;
            }
            None
        }
        PartyEvent::NotFound(id) => forget(state, *id, ctx),
        PartyEvent::NotShown(id) => {
            state.suspect |= state.presence == Presence::Linked(*id);
            None
        }
        PartyEvent::LacksNothing => {
            state.complete_at = None;
            state.failures = 0;
            None
        }
        PartyEvent::AskFailed => {
            ask_later(state, ctx);
            None
        }
    }
}

/// Chooses what to do about a party of an order. A new contact belongs to `company`, where that is known.
pub fn step(
    state: &PartyState,
    wish: &PartyWish,
    company: Option<CompanyId>,
    ctx: &Context<'_>,
) -> PartyStep {
    if let Presence::Linked(id) = state.presence {
        return linked(state, id, wish, ctx);
    }
    if REFUSALS_MAX <= state.refusals {
        return PartyStep::Without;
    }
    if let Some(at) = state.not_before.filter(|it| ctx.now < *it) {
        return PartyStep::Later(at);
    }
    if let Presence::Missing(_) = state.presence {
        return PartyStep::Look;
    }
    let gate = Gate {
        now: ctx.now,
        process: ctx.process,
        cold_until: ctx.cold_until,
    };
    match permit(&state.presence, state.evidence, &gate) {
        Ok(permit) => PartyStep::Act(PartyCommand::Create {
            permit,
            wish: wish.clone(),
            // What the portal refused once is tried without what is not the contact's own.
            company: company.filter(|_| state.refusals == 0),
        }),
        Err(Withheld::Look) => PartyStep::Look,
        Err(Withheld::Until(at)) => PartyStep::Later(at),
        Err(Withheld::Never) => PartyStep::Later(ctx.now + ctx.rules.settle),
    }
}

fn linked(state: &PartyState, id: PartyId, wish: &PartyWish, ctx: &Context<'_>) -> PartyStep {
    if COMPLETION_TRIES_MAX <= state.failures || REFUSALS_MAX <= state.refusals {
        return PartyStep::Known { id, again: None };
    }
    let due_at = if state.suspect {
        Some(Elapsed::ZERO)
    } else {
        state.complete_at
    };
    let due = due_at.is_some_and(|it| it <= ctx.now);
    let resting = state.not_before.is_some_and(|it| ctx.now < it);
    if !due || resting {
        let again = due_at.map(|it| it.max(state.not_before.unwrap_or(it)));
        return PartyStep::Known { id, again };
    }
    let fresh = state
        .glimpse
        .as_ref()
        .filter(|_| !state.suspect)
        .filter(|it| it.process == ctx.process && state.complete_at <= Some(it.at));
    let Some(glimpse) = fresh else {
        let kind = wish.kind();
        return PartyStep::Act(PartyCommand::Read { kind, id });
    };
    let details = Details::lacking(wish, glimpse);
    PartyStep::Act(if details.is_empty() {
        PartyCommand::LacksNothing { kind: wish.kind() }
    } else {
        PartyCommand::Complete { id, details }
    })
}

/// Takes the lowest id of those with our origin pair, else of those with the address.
fn looked(
    state: &mut PartyState,
    started_at: Elapsed,
    found: [&Vec<PartyId>; 2],
    ctx: &Context<'_>,
) -> Option<PartyNews> {
    let doubt = match &state.presence {
        Presence::Linked(_) | Presence::Sending => return None,
        Presence::InDoubt(doubt) => Some(*doubt),
        Presence::Absent | Presence::Missing(_) | Presence::Tombstone(_) => None,
    };
    state.failures = 0;
    state.unanswered = 0;
    let matches = found
        .map(|it| it.iter().copied().collect::<BTreeSet<_>>())
        .map(|it| &it - &state.gone)
        .into_iter()
        .find(|it| !it.is_empty())
        .unwrap_or_default();
    if let Some(used) = matches.first().copied() {
        state.presence = Presence::Linked(used);
        state.evidence = None;
        state.complete_at = doubt.map(|it| it.settles_at);
        let count = matches.len();
        return (1 < count).then_some(PartyNews::SeveralMatch { count, used });
    }
    state.evidence = Some(Evidence {
        started_at,
        process: ctx.process,
    });
    match doubt {
        Some(doubt) if started_at < doubt.settles_at => {
            state.presence = Presence::InDoubt(doubt.probed(started_at, ctx.rules));
        }
        Some(_) => {}
        None => state.presence = Presence::Absent,
    }
    None
}

fn answered(
    kind: PartyKind,
    state: &mut PartyState,
    outcome: &Outcome<Option<PartyId>>,
    ctx: &Context<'_>,
) -> Option<PartyNews> {
    let open = state.open.take()?;
    state.glimpse = None;
    match outcome {
        Outcome::Done(created) => {
            state.failures = 0;
            state.unknowns = 0;
            state.crowd.cleared();
            state.refusals = 0;
            match created {
                Some(id) if open.creates.is_some() => state.presence = Presence::Linked(*id),
                Some(_) | None => state.complete_at = None,
            }
            None
        }
        Outcome::Refused(refusal) => {
            if open.creates.is_some() {
                state.presence = Presence::Absent;
            } else if let (RefusalClass::NotFound, Presence::Linked(id)) =
                (refusal.class, &state.presence)
            {
                return forget(state, *id, ctx);
            }
            match refusal.class {
                RefusalClass::Busy | RefusalClass::Access => ask_later(state, ctx),
                RefusalClass::Denied | RefusalClass::Invalid | RefusalClass::NotFound => {
                    retry_later(state, ctx);
                }
            }
            if refusal.class.is_about_the_record() {
                state.refusals += 1;
            }
            (REFUSALS_MAX <= state.refusals).then_some(PartyNews::Refused)
        }
        Outcome::Unknown { .. } => {
            if open.creates.is_some() {
                create_unknown(kind, state, &open, ctx);
            } else {
                retry_later(state, ctx);
            }
            None
        }
    }
}

fn create_unknown(
    kind: PartyKind,
    state: &mut PartyState,
    open: &OpenPartyWrite,
    ctx: &Context<'_>,
) {
    if state.crowd.spoiled(open.company) {
        state.unknowns += 1;
    }
    if UNKNOWNS_MAX <= state.unknowns {
        // The portal chokes on this party: its orders go on without it, and it is tried ever more rarely.
        state.not_before = Some(ctx.now + ctx.rules.park(state.unknowns - UNKNOWNS_MAX));
    }
    let blind = planted(match kind {
        PartyKind::Contact => Mutant::ContactBlindRetry,
        PartyKind::Company => Mutant::CompanyBlindRetry,
    });
    state.presence = if blind {
        Presence::Absent
    } else {
        Presence::InDoubt(Doubt::begin(ctx.now, ctx.rules))
    };
}

/// The portal does not know the party: a person deleted it, or merged it into another one. It is looked up again by the
/// same rules, and never found under this id.
fn forget(state: &mut PartyState, id: PartyId, ctx: &Context<'_>) -> Option<PartyNews> {
    if state.presence != Presence::Linked(id) {
        return None;
    }
    state.gone.insert(id);
    if GONE_MAX < state.gone.len() {
        state.gone.pop_first();
    }
    state.evidence = None;
    state.glimpse = None;
    state.suspect = false;
    state.not_before = None;
    state.failures = 0;
    state.refusals = 0;
    // It may have been a person's, found while a create of ours was on its way: that one may still land.
    let unsettled = state.complete_at.take().filter(|it| ctx.now < *it);
    state.presence = match unsettled {
        Some(settles_at) => Presence::InDoubt(Doubt {
            since: ctx.now,
            settles_at,
            probes: 0,
            look_at: ctx.now,
        }),
        None => Presence::Missing(id),
    };
    Some(PartyNews::Gone(id))
}

fn ask_later(state: &mut PartyState, ctx: &Context<'_>) {
    state.unanswered = state.unanswered.saturating_add(1);
    let pause = match state.unanswered.checked_sub(QUESTIONS_OFTEN) {
        None => backoff(state.unanswered),
        Some(more) => ctx.rules.park(more),
    };
    state.not_before = Some(ctx.now + pause);
}

fn retry_later(state: &mut PartyState, ctx: &Context<'_>) {
    state.failures += 1;
    state.not_before = Some(ctx.now + backoff(state.failures));
}
