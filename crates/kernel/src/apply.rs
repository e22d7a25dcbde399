//! `apply`: what an event changes. It chooses nothing; `decide` does.

mod answers;
mod lookups;
mod operator;
mod seen;

use crate::{
    context::Context,
    elapsed::Elapsed,
    event::Event,
    mutants::{Mutant, planted},
    outcome::Outcome,
    party::{PartyKind, PartyNews},
    presence::{Doubt, Presence},
    remark::Remark,
    rules::{REFUSALS_MAX, UNKNOWNS_MAX, backoff},
    state::{Completion, Loser, Notice, Open, OrderState, ParkReason, Parked, Sending},
};

/// Records an event in the state of one order and says what was concluded from it.
pub fn apply(state: &mut OrderState, event: &Event, ctx: &Context<'_>) -> Vec<Remark> {
    match event {
        Event::OrderSeen {
            order,
            source,
            creation,
        } => seen::order_seen(state, order, *source, *creation, ctx),
        Event::DeletedInShop => seen::deleted_in_shop(state, ctx),
        Event::UnreadableSeen => {
            state.notice_anew(Notice::Unreadable);
            Vec::new()
        }
        Event::Party(kind, news) => party_news(state, *kind, *news),
        Event::TurnBegan => turn_began(state, ctx),
        Event::Intended(open) => {
            if let Sending::Create(_) = open.sending {
                create_intended(state);
            }
            state.open = Some(open.clone());
            Vec::new()
        }
        Event::ContactKnown(contact) => {
            if let Some(Open {
                sending: Sending::Create(says),
                ..
            }) = &mut state.open
            {
                says.contact = Some(*contact);
            }
            Vec::new()
        }
        Event::Answered(outcome) => answers::answered(state, outcome, ctx),
        Event::Interrupted => interrupted(state, ctx),
        Event::Looked { started_at, rows } => lookups::looked(state, *started_at, rows, ctx),
        Event::ProductsFound(found) => {
            state.products.extend(found);
            Vec::new()
        }
        Event::LookFailed { code, company } => {
            let first = state.retry.unanswered == 0;
            state.retry.unanswered += 1;
            state.retry.look_company.spoiled(*company);
            state.retry.not_before = Some(ctx.now + backoff(state.retry.unanswered));
            let remark = Remark::NoAnswer { code: code.clone() };
            first.then_some(remark).into_iter().collect()
        }
        Event::Glimpsed(glimpse) => lookups::glimpsed(state, glimpse, ctx),
        Event::NotFound(deal) => lookups::not_found(state, *deal),
        Event::StageLeft(wish) => {
            state.said.stage.done(wish.clone(), ctx.now);
            Vec::new()
        }
        Event::FieldLeft { field, value } => {
            let kept = state.said.kept.entry(field.clone()).or_default();
            kept.left(value.clone(), ctx.now);
            Vec::new()
        }
        Event::ContactLeft(contact) => {
            state.said.contact.done(*contact, ctx.now);
            Vec::new()
        }
        Event::CompanyLeft(company) => {
            state.said.company.done(*company, ctx.now);
            Vec::new()
        }
        Event::Completed => {
            state.completion = None;
            Vec::new()
        }
        Event::FlagSeen(deal) => {
            state.losers.insert(*deal, Loser::Flagged);
            vec![Remark::Flagged(*deal)]
        }
        Event::LoserSpared(deal) => {
            lookups::list(state, *deal);
            vec![Remark::Spared(*deal)]
        }
        Event::OperatorRetry => operator::retried(state, ctx),
        Event::OperatorPark(why) => operator::parked(state, why.clone(), ctx),
        Event::OperatorSync => operator::synced(state, ctx),
        Event::OperatorChose { deal, command } => operator::chose(state, *deal, *command),
        Event::ChoiceTaken(by) => operator::taken(state, by),
        Event::OperatorRecreate => operator::recreated(state, ctx),
        Event::OperatorFlag(deal) => operator::flag(state, *deal),
        Event::OperatorDismissed(notice) => operator::dismissed(state, notice, ctx),
    }
}

/// Nothing read in an earlier turn counts in this one, and a parked order whose pause is over is tried again.
fn turn_began(state: &mut OrderState, ctx: &Context<'_>) -> Vec<Remark> {
    state.glimpses.clear();
    state.flags_in_doubt.retain(|_, it| ctx.now < *it);
    if planted(Mutant::RestartRestartsDoubt)
        && let Presence::InDoubt(_) = state.presence
        && state.evidence.is_some_and(|it| it.process != ctx.process)
    {
        state.presence = Presence::InDoubt(Doubt::begin(ctx.now, ctx.rules));
        state.evidence = None;
    }
    if let (true, Some(seen)) = (state.unwanted, &state.newest) {
        state.unwanted = !ctx.mapping.wants(&seen.order);
    }
    let Some(parked) = &state.parked else {
        return Vec::new();
    };
    let restarted = parked.why.met_another() && parked.by != ctx.process;
    let by_content = match parked.why {
        ParkReason::Poison | ParkReason::Refused(_) => true,
        ParkReason::NamesAnother(_)
        | ParkReason::AnotherLedger(_)
        | ParkReason::Mismatch(_)
        | ParkReason::Operator
        | ParkReason::Ignored => false,
    };
    let remapped = by_content && parked.mapping.as_ref() != Some(ctx.mapping.fingerprint());
    if restarted || remapped || parked.until.is_some_and(|it| it <= ctx.now) {
        state.parked = None;
        // One more try, alone; if it ends like the ones before, the order rests again, for longer.
        state.retry.unknowns = state.retry.unknowns.min(UNKNOWNS_MAX - 1);
        state.retry.refusals = state.retry.refusals.min(REFUSALS_MAX - 1);
        if restarted {
            see_again(state, ctx);
        }
        return vec![Remark::Unparked];
    }
    Vec::new()
}

/// Nothing is written before the deal and its set were seen again.
fn see_again(state: &mut OrderState, ctx: &Context<'_>) {
    if state.deal().is_some() {
        state.completion = state.completion.or(Some(Completion::Found));
        state.audits.push(ctx.now);
    }
}

/// Tells each thing once: the timeline is read by people.
fn party_news(state: &mut OrderState, kind: PartyKind, news: PartyNews) -> Vec<Remark> {
    let several_of_kind =
        |it: &Notice| matches!(it, Notice::SeveralMatch { kind: of, .. } if *of == kind);
    match news {
        PartyNews::SeveralMatch { count, used } => {
            let notice = Notice::SeveralMatch { kind, count, used };
            state
                .notices
                .retain(|it| *it == notice || !several_of_kind(it));
            let remark = Remark::SeveralMatch { kind, count, used };
            let new = state.notice(notice);
            new.then_some(remark).into_iter().collect()
        }
        PartyNews::Gone(id) => {
            state.notices.retain(|it| !several_of_kind(it));
            vec![Remark::PartyGone { kind, id }]
        }
        PartyNews::Refused => {
            state.notice(match kind {
                PartyKind::Contact => Notice::ContactRefused,
                PartyKind::Company => Notice::CompanyRefused,
            });
            Vec::new()
        }
    }
}

/// A create is about to be sent: the lookup that allowed it is used up.
fn create_intended(state: &mut OrderState) {
    state.presence = Presence::Sending;
    state.evidence = None;
    state.retry.attempts += 1;
}

/// The process ended before the answer: unknown, from now on.
fn interrupted(state: &mut OrderState, ctx: &Context<'_>) -> Vec<Remark> {
    if state.open.is_none() {
        return Vec::new();
    }
    if planted(Mutant::CrashForgetsIntent) {
        state.open = None;
        if let Presence::Sending = state.presence {
            state.presence = Presence::Absent;
        }
        return Vec::new();
    }
    // A crash says nothing about the order: it must not count towards parking it.
    let (unknowns, company) = (
        std::mem::take(&mut state.retry.unknowns),
        state.retry.company,
    );
    let remarks = answers::answered(
        state,
        &Outcome::Unknown {
            says_duplicate: false,
        },
        ctx,
    );
    (state.retry.unknowns, state.retry.company) = (unknowns, company);
    remarks
}

/// Lets the order rest until a point, or until a person or a newer version wakes it. What an operator lets rest goes on
/// resting for their reason: no other would keep it at rest until they wake it.
fn park(
    state: &mut OrderState,
    why: ParkReason,
    until: Option<Elapsed>,
    ctx: &Context<'_>,
) -> Vec<Remark> {
    let rests = state.parked.as_ref().map(|it| &it.why);
    if rests.is_some_and(ParkReason::is_the_operators) {
        state.retry.not_before = state.retry.not_before.max(until);
        return vec![Remark::Parked(why)];
    }
    state.parked = Some(Parked {
        why: why.clone(),
        until,
        by: ctx.process,
        mapping: Some(ctx.mapping.fingerprint().clone()),
    });
    vec![Remark::Parked(why)]
}

/// Lets the order rest, and tries it again after a pause that grows.
fn park_for_now(state: &mut OrderState, why: ParkReason, ctx: &Context<'_>) -> Vec<Remark> {
    let pause = ctx.rules.park(state.times_parked);
    state.times_parked += 1;
    park(state, why, Some(ctx.now + pause), ctx)
}

/// Waits before the next try, longer after each failure.
fn back_off(state: &mut OrderState, ctx: &Context<'_>) {
    state.retry.failures += 1;
    state.retry.not_before = Some(ctx.now + backoff(state.retry.failures));
}
