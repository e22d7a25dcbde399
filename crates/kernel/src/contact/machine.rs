//! The contact's own state: the same three outcomes, doubt and permit as a deal's.

use serde::{Deserialize, Serialize};

use super::ContactWish;
use crate::{
    company::Company,
    context::Context,
    elapsed::Elapsed,
    ids::{ContactId, IntentId, ProcessNo},
    mutants::{Mutant, planted},
    outcome::Outcome,
    presence::{CreatePermit, Doubt, Evidence, Gate, Presence, Withheld, permit},
    rules::{REFUSALS_MAX, UNKNOWNS_MAX, backoff},
};

/// A found contact that still cannot be read or completed after so many tries is left as it is: a person may have deleted it.
const COMPLETION_TRIES_MAX: u32 = 12;

/// What the ledger knows about one buyer's contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactState {
    /// What is known of its existence.
    pub presence: Presence<ContactId>,
    /// The last complete lookup, where it found nothing.
    pub evidence: Option<Evidence>,
    /// The `ORIGIN_ID` of the creates that were sent. Another order of the same person may name it by another key, and
    /// what landed must still be found.
    #[serde(default)]
    pub origin: Option<String>,
    /// A write on its way.
    pub open: Option<OpenContactWrite>,
    /// E-mail and phone must be checked at this point: the portal writes them after the contact itself.
    pub complete_at: Option<Elapsed>,
    /// What a read showed, for the completion.
    pub glimpse: Option<ContactGlimpse>,
    /// Nothing before this point.
    pub not_before: Option<Elapsed>,
    /// Failures in a row, for the back-off.
    pub failures: u32,
    /// Creates in a row that ended unknown, in requests without company.
    pub unknowns: u32,
    /// In how large company its writes may travel.
    #[serde(default)]
    pub company: Company,
    /// Refusals of the contact's own content in a row.
    pub refusals: u32,
}

/// A contact write that is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenContactWrite {
    /// Its intent.
    pub intent: IntentId,
    /// How many orders share the request, at most.
    pub company: u32,
    /// The `ORIGIN_ID` that it creates the contact with; `None` if it completes one.
    pub creates: Option<String>,
}

/// What a read of a contact showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactGlimpse {
    /// It has an e-mail.
    pub has_email: bool,
    /// It has a phone.
    pub has_phone: bool,
    /// When.
    pub at: Elapsed,
    /// By which process.
    pub process: ProcessNo,
}

/// What an order's turn may do about its contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactStep {
    /// It is known.
    Known {
        /// Its id.
        id: ContactId,
        /// When to look at it again: something of it may be missing.
        again: Option<Elapsed>,
    },
    /// Do this first.
    Act(ContactCommand),
    /// It has to be looked up.
    Look,
    /// Go on without it; look at it again at this point.
    Later(Elapsed),
    /// Go on without it for good: the portal refuses it.
    Without,
}

/// A request about a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum ContactCommand {
    /// Creates it.
    Create {
        /// Why that is allowed.
        permit: CreatePermit,
        /// What to write.
        wish: ContactWish,
    },
    /// Reads its e-mails and phones.
    Read {
        /// Which.
        id: ContactId,
    },
    /// Adds what the unknown create may have failed to write.
    Complete {
        /// Which.
        id: ContactId,
        /// To add.
        email: Option<String>,
        /// To add.
        phone: Option<String>,
    },
}

impl ContactCommand {
    /// The `ORIGIN_ID` that it creates a contact with.
    pub fn origin(&self) -> Option<String> {
        match self {
            Self::Create { wish, .. } => Some(wish.origin.clone()),
            Self::Read { .. } | Self::Complete { .. } => None,
        }
    }
}

/// Something that happened to a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactEvent {
    /// A complete lookup was answered.
    Looked {
        /// When it started.
        started_at: Elapsed,
        /// Contacts with our origin pair.
        by_origin: Vec<ContactId>,
        /// Contacts with the e-mail, or the phone where there is no e-mail.
        by_comm: Vec<ContactId>,
    },
    /// A write is about to be sent.
    Intended(OpenContactWrite),
    /// The write was answered; a done create carries the new id.
    Answered(Outcome<Option<ContactId>>),
    /// A process ended while the write was on its way.
    Interrupted,
    /// A read was answered.
    Read(ContactGlimpse),
    /// A lookup or a read came to nothing.
    AskFailed,
}

impl Default for ContactState {
    fn default() -> Self {
        Self {
            presence: Presence::Absent,
            evidence: None,
            origin: None,
            open: None,
            complete_at: None,
            glimpse: None,
            not_before: None,
            failures: 0,
            unknowns: 0,
            company: Company::default(),
            refusals: 0,
        }
    }
}

impl ContactState {
    /// What an order wishes of this contact, under the key that it was first sent with.
    pub fn wish(&self, wish: &ContactWish) -> ContactWish {
        let origin = self.origin.clone();
        ContactWish {
            origin: origin.unwrap_or_else(|| wish.origin.clone()),
            ..wish.clone()
        }
    }
}

/// Records what happened.
pub fn apply(state: &mut ContactState, event: &ContactEvent, ctx: &Context<'_>) {
    match event {
        ContactEvent::Looked {
            started_at,
            by_origin,
            by_comm,
        } => {
            let found = by_origin.iter().min().or_else(|| by_comm.iter().min());
            looked(state, *started_at, found.copied(), ctx);
        }
        ContactEvent::Intended(open) => {
            if let Some(origin) = &open.creates {
                state.presence = Presence::Sending;
                state.evidence = None;
                state.origin = Some(origin.clone());
            }
            state.open = Some(open.clone());
        }
        ContactEvent::Answered(outcome) => answered(state, outcome, ctx),
        ContactEvent::Interrupted => {
            if state.open.is_some() {
                answered(
                    state,
                    &Outcome::Unknown {
                        says_duplicate: false,
                    },
                    ctx,
                );
            }
        }
        ContactEvent::Read(glimpse) => state.glimpse = Some(glimpse.clone()),
        ContactEvent::AskFailed => retry_later(state, ctx),
    }
}

/// Chooses what to do about the contact of an order.
pub fn step(state: &ContactState, wish: &ContactWish, ctx: &Context<'_>) -> ContactStep {
    if REFUSALS_MAX <= state.refusals {
        return ContactStep::Without;
    }
    if let Presence::Linked(id) = state.presence {
        return completion(state, id, wish, ctx);
    }
    if let Some(at) = state.not_before.filter(|it| ctx.now < *it) {
        return ContactStep::Later(at);
    }
    let gate = Gate {
        now: ctx.now,
        process: ctx.process,
        cold_until: ctx.cold_until,
    };
    match permit(&state.presence, state.evidence, &gate) {
        Ok(permit) => ContactStep::Act(ContactCommand::Create {
            permit,
            wish: wish.clone(),
        }),
        Err(Withheld::Look) => ContactStep::Look,
        Err(Withheld::Until(at)) => ContactStep::Later(at),
        Err(Withheld::Never) => ContactStep::Later(ctx.now + ctx.rules.settle),
    }
}

fn completion(
    state: &ContactState,
    id: ContactId,
    wish: &ContactWish,
    ctx: &Context<'_>,
) -> ContactStep {
    if COMPLETION_TRIES_MAX <= state.failures {
        return ContactStep::Known { id, again: None };
    }
    let due = state.complete_at.is_some_and(|it| it <= ctx.now);
    let resting = state.not_before.is_some_and(|it| ctx.now < it);
    if !due || resting {
        let again = state
            .complete_at
            .map(|it| it.max(state.not_before.unwrap_or(it)));
        return ContactStep::Known { id, again };
    }
    let fresh = state
        .glimpse
        .as_ref()
        .filter(|it| it.process == ctx.process && state.complete_at <= Some(it.at));
    let Some(glimpse) = fresh else {
        return ContactStep::Act(ContactCommand::Read { id });
    };
    let email = wish.email.clone().filter(|_| !glimpse.has_email);
    let phone = wish.phone.clone().filter(|_| !glimpse.has_phone);
    ContactStep::Act(ContactCommand::Complete { id, email, phone })
}

fn looked(
    state: &mut ContactState,
    started_at: Elapsed,
    found: Option<ContactId>,
    ctx: &Context<'_>,
) {
    let doubt = match &state.presence {
        Presence::Linked(_) | Presence::Sending => return,
        Presence::InDoubt(doubt) => Some(*doubt),
        Presence::Absent | Presence::Missing(_) | Presence::Tombstone(_) => None,
    };
    state.failures = 0;
    if let Some(id) = found {
        state.presence = Presence::Linked(id);
        state.evidence = None;
        state.complete_at = doubt.map(|it| it.settles_at);
        return;
    }
    state.evidence = Some(Evidence {
        started_at,
        process: ctx.process,
    });
    if let Some(doubt) = doubt.filter(|it| started_at < it.settles_at) {
        state.presence = Presence::InDoubt(doubt.probed(ctx.rules));
    }
}

fn answered(state: &mut ContactState, outcome: &Outcome<Option<ContactId>>, ctx: &Context<'_>) {
    let Some(open) = state.open.take() else {
        return;
    };
    state.glimpse = None;
    match outcome {
        Outcome::Done(created) => {
            state.failures = 0;
            state.unknowns = 0;
            state.company.cleared();
            state.refusals = 0;
            match created {
                Some(id) if open.creates.is_some() => state.presence = Presence::Linked(*id),
                Some(_) | None => state.complete_at = None,
            }
        }
        Outcome::Refused(refusal) => {
            if open.creates.is_some() {
                state.presence = Presence::Absent;
            }
            if refusal.class.is_about_the_record() {
                state.refusals += 1;
            }
            retry_later(state, ctx);
        }
        Outcome::Unknown { .. } => {
            if open.creates.is_none() {
                return retry_later(state, ctx);
            }
            if state.company.spoiled(open.company) {
                state.unknowns += 1;
            }
            if UNKNOWNS_MAX <= state.unknowns {
                // The portal chokes on this contact: its orders go on without it, and it is tried ever more rarely.
                state.not_before = Some(ctx.now + ctx.rules.park(state.unknowns - UNKNOWNS_MAX));
            }
            state.presence = if planted(Mutant::ContactBlindRetry) {
                Presence::Absent
            } else {
                Presence::InDoubt(Doubt::begin(ctx.now, ctx.rules))
            };
        }
    }
}

fn retry_later(state: &mut ContactState, ctx: &Context<'_>) {
    state.failures += 1;
    state.not_before = Some(ctx.now + backoff(state.failures));
}
