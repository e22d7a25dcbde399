//! A command that waits for a place in a request.

use std::time::Duration;

use crate::{
    command::Command, elapsed::Elapsed, ids::OrderKey, presence::Presence, state::OrderState,
};

/// What arrived so short a time ago is fresh.
pub const FRESH_FOR: Duration = Duration::from_secs(30);

/// A place in the queue; smaller ones came earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(pub u64);

/// How urgent a command is; the most urgent class first (design §4.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// It ends a doubt, which holds up its order.
    Doubt,
    /// An order that just arrived gets its deal.
    Fresh,
    /// A deal is brought up to date.
    Update,
    /// A late look for what should not be there.
    Audit,
    /// An order that has waited for long gets its deal: a little longer matters less than for the others.
    Backlog,
}

impl Class {
    /// How urgent the next command of an order is; an order without a deal counts as fresh.
    pub fn of(state: &OrderState, command: &Command) -> Self {
        match (&state.presence, command) {
            (Presence::InDoubt(_) | Presence::Missing(_) | Presence::Sending, _) => Self::Doubt,
            (Presence::Absent, _) => Self::Fresh,
            (
                Presence::Linked(_) | Presence::Tombstone(_),
                Command::Look {
                    contact: None,
                    company: None,
                    variants,
                },
            ) if variants.is_empty() => Self::Audit,
            (Presence::Linked(_) | Presence::Tombstone(_), _) => Self::Update,
        }
    }

    /// The work that one request may hold while such a command could be in it.
    pub(super) fn work_max(self) -> Duration {
        match self {
            Self::Doubt | Self::Fresh | Self::Update => Duration::from_secs(5),
            Self::Audit | Self::Backlog => Duration::from_secs(20),
        }
    }

    /// How many of a hundred requests it gets even when more urgent ones wait.
    pub(super) fn floor(self) -> u32 {
        match self {
            Self::Doubt | Self::Backlog => 10,
            Self::Fresh | Self::Update => 20,
            Self::Audit => 5,
        }
    }

    /// Whether the order lacks its deal and somebody waits for it.
    pub fn lacks_deal(self) -> bool {
        match self {
            Self::Doubt | Self::Fresh => true,
            Self::Update | Self::Audit | Self::Backlog => false,
        }
    }

    pub(super) fn is_urgent(self) -> bool {
        match self {
            Self::Doubt | Self::Fresh | Self::Update => true,
            Self::Audit | Self::Backlog => false,
        }
    }
}

impl Passenger {
    /// How urgent it is now: a fresh order that was not served in time has become part of a backlog.
    pub fn class_at(&self, now: Elapsed) -> Class {
        let fresh = self.arrived_at.is_some_and(|it| now.since(it) <= FRESH_FOR);
        if self.class == Class::Fresh && !fresh {
            Class::Backlog
        } else {
            self.class
        }
    }
}

/// What a command does, as far as sharing a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Looks up by key: one command answers for many orders.
    Look {
        /// A contact is looked up by its key, too.
        contact: bool,
        /// A contact is looked up by e-mail or phone: a command of its own.
        address: bool,
        /// A company is looked up by its key, too.
        company: bool,
    },
    /// Reads single records.
    Read,
    /// Changes something.
    Write,
}

/// Who waits for a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passenger {
    /// The place in the queue.
    pub place: Place,
    /// The order it is about.
    pub order: OrderKey,
    /// The keys of the contact and the company that it is about.
    pub contact_keys: Vec<String>,
    /// How urgent it is.
    pub class: Class,
    /// When the newest news of the order arrived, if it did in this turn.
    pub arrived_at: Option<Elapsed>,
    /// What it does.
    pub kind: Kind,
    /// The methods it calls, one per command.
    pub methods: Vec<&'static str>,
    /// A method that its order needs right after, without which there is no point in leaving.
    pub leads_to: Option<&'static str>,
    /// Orders that may share its request, itself included.
    pub company_max: usize,
    /// Since when it waits.
    pub since: Elapsed,
}
