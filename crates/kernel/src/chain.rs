//! Steps of one order that share a request: the whole beginning of a fresh order, contact, deal, rows, each only if the
//! one before it was done; and the rows beside an update.
//!
//! What comes second refers to the id that the first will have. That is safe in one place only: a request of one order
//! in which the portal stops at the first command that fails (design §4.2, rule 15).

use crate::{apply, decide};
use crate::{
    command::{Command, Decision, Write},
    context::Context,
    event::{Effect, Event, Shown},
    ids::{ContactId, DealId, IntentId},
    outcome::Outcome,
    party::{self, OpenPartyWrite, Parties, PartyCommand, PartyEvent, PartyKind},
    presence::Presence,
    state::{Open, OrderState, Sending},
};

/// Stands for the contact that the request makes. No portal has such an id.
pub const NEW_CONTACT: ContactId = ContactId(u64::MAX);

/// Stands for the deal that the request makes.
pub const NEW_DEAL: DealId = DealId(u64::MAX - 1);

/// What an order begins with, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Creates the contact, where it is missing.
    pub contact: Option<PartyCommand>,
    /// Creates the deal; names [`NEW_CONTACT`] if the chain makes the contact.
    pub create: Write,
    /// Sets the rows of [`NEW_DEAL`].
    pub rows: Option<Write>,
}

/// Whether the next step of an order could begin a chain.
pub fn begins(state: &OrderState, command: &Command) -> bool {
    // A company that has to be created first goes alone: few orders have one.
    let first = match command {
        Command::Write(write) => matches!(write, Write::Create { .. }),
        Command::Party(party) => creates_contact(party),
        Command::Look { .. }
        | Command::Read { .. }
        | Command::LeaveStage { .. }
        | Command::LeaveField { .. }
        | Command::LeaveContact { .. }
        | Command::LeaveCompany { .. }
        | Command::Complete
        | Command::FlagSeen { .. }
        | Command::SpareLoser { .. } => false,
    };
    // An order that had trouble goes step by step.
    first
        && state.presence == Presence::Absent
        && !state.ever_in_doubt
        && state.retry.failures == 0
        && state.retry.unknowns == 0
}

/// Foresees the steps that follow if each one is done; `None` if they do not begin with a deal.
pub fn foresee(state: &OrderState, parties: Parties<'_>, ctx: &Context<'_>) -> Option<Chain> {
    let mut contact = parties.contact.cloned();
    let mut first = None;
    let mut next = decide(state, parties, ctx);
    if let Decision::Act(Command::Party(command)) = &next
        && creates_contact(command)
    {
        let made = contact.get_or_insert_default();
        let open = OpenPartyWrite {
            intent: IntentId(0),
            company: 1,
            creates: command.origin(),
        };
        let done = Outcome::Done(Some(NEW_CONTACT.into()));
        for event in [PartyEvent::Intended(open), PartyEvent::Answered(done)] {
            party::apply(PartyKind::Contact, made, &event, ctx);
        }
        first = Some(command.clone());
    }
    let parties = Parties {
        contact: contact.as_ref(),
        ..parties
    };
    if first.is_some() {
        next = decide(state, parties, ctx);
    }
    let Decision::Act(Command::Write(create @ Write::Create { .. })) = next else {
        return None;
    };
    let rows = rows_beside(state, &create, parties, ctx);
    Some(Chain {
        contact: first,
        create,
        rows,
    })
}

/// The rows that follow a create or an update if it is done, where nothing has to be read in between. Beside an update of
/// a known deal they refer to nothing, and may travel in any company.
pub fn rows_beside(
    state: &OrderState,
    write: &Write,
    parties: Parties<'_>,
    ctx: &Context<'_>,
) -> Option<Write> {
    let (id, sending) = match write {
        Write::Create { says, .. } => (NEW_DEAL, Sending::Create(says.clone())),
        // A deal that was found gets its key first: until then its rows are not ours to set.
        Write::Update { .. } if state.completion.is_some() => return None,
        Write::Update { deal, says, .. } => (*deal, Sending::Update(says.clone())),
        Write::Rows { .. } | Write::Flag { .. } | Write::Comment { .. } => return None,
    };
    let key = &state.newest.as_ref()?.order.key;
    let mut state = state.clone();
    let open = Open {
        intent: IntentId(0),
        at: ctx.now,
        sending,
        company: 1,
        with_rows: None,
    };
    let done = Effect::Deal {
        id,
        originator: Some(key.shop.originator()),
        origin: Some(key.origin()),
        shows: Shown::default(),
    };
    apply(&mut state, &Event::Intended(open), ctx);
    apply(&mut state, &Event::Answered(Outcome::Done(done)), ctx);
    match decide(&state, parties, ctx) {
        Decision::Act(Command::Write(rows @ Write::Rows { .. })) => Some(rows),
        Decision::Act(_) | Decision::Wait(_) | Decision::Rest => None,
    }
}

fn creates_contact(command: &PartyCommand) -> bool {
    match command {
        PartyCommand::Create { wish, .. } => wish.kind() == PartyKind::Contact,
        PartyCommand::Read { .. }
        | PartyCommand::Complete { .. }
        | PartyCommand::LacksNothing { .. } => false,
    }
}
