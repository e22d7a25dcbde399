//! What an operator asked for comes first; what they let rest is only followed up.

use super::look;
use crate::{
    command::{Command, Decision},
    context::Context,
    operator::Choice,
    presence::Presence,
    state::OrderState,
};

/// Reads the chosen deal, once no flag of ours can land on it any more.
pub(super) fn choose(state: &OrderState, choice: Choice, ctx: &Context<'_>) -> Decision {
    let flag_lands_by = state.flags_in_doubt.get(&choice.deal).copied();
    let waits = [
        state.retry.not_before,
        flag_lands_by,
        ctx.forgotten_land_by(),
    ];
    match waits.into_iter().flatten().max() {
        Some(at) if ctx.now < at => Decision::Wait(at),
        Some(_) | None => Decision::Act(Command::Read { deal: choice.deal }),
    }
}

/// Nothing is written. What may still land is looked for, so that it is known when the operator wakes the order.
pub(super) fn follow_up(state: &OrderState, ctx: &Context<'_>) -> Decision {
    let due = match &state.presence {
        Presence::InDoubt(doubt) => {
            let proven = |it: &crate::presence::Evidence| doubt.settles_at <= it.started_at;
            let settled = state.evidence.as_ref().is_some_and(proven);
            (!settled).then_some(doubt.look_at)
        }
        Presence::Missing(_) => Some(ctx.now),
        Presence::Linked(_) | Presence::Tombstone(_) => state.audits.iter().min().copied(),
        Presence::Absent | Presence::Sending => None,
    };
    match due.map(|it| it.max(state.retry.not_before.unwrap_or(it))) {
        None => Decision::Rest,
        Some(at) if ctx.now < at => Decision::Wait(at),
        Some(_) => Decision::Act(look()),
    }
}
