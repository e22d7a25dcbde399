//! The ledger in numbers: who waits, since when, and how much there is.

use std::collections::BTreeMap;

use kernel::Elapsed;
use serde::Serialize;

use super::Duplicates;

/// Who is due, by what for; those in a turn included. Each is looked at up to a limit, the longest waiting first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Queue {
    /// Orders whose deal may exist or not: a look is due.
    pub doubt: Waiting,
    /// Orders that just became due and have no deal.
    pub fresh: Waiting,
    /// Orders whose deal is to be brought up to date.
    pub update: Waiting,
    /// Orders with a late look due.
    pub audit: Waiting,
    /// Orders that have waited for a while for their deal.
    pub backlog: Waiting,
    /// Doubts that are open, due or not.
    pub doubts: Doubts,
    /// Since when the longest waiting order waits for its deal, tried again or not.
    pub deal_since: Option<Elapsed>,
}

impl Queue {
    /// Every kind with its name, the most urgent first.
    pub fn classes(&self) -> [(&'static str, Waiting); 5] {
        [
            ("doubt", self.doubt),
            ("fresh", self.fresh),
            ("update", self.update),
            ("audit", self.audit),
            ("backlog", self.backlog),
        ]
    }

    /// Since when the longest waiting order waits: for its turn, or for its deal.
    pub fn since(&self) -> Option<Elapsed> {
        let due = self.classes().map(|(_, it)| it.since);
        due.into_iter().chain([self.deal_since]).flatten().min()
    }
}

/// Orders that wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// How many.
    pub orders: u64,
    /// Since when the first of them is due.
    pub since: Option<Elapsed>,
}

/// Creates whose outcome is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Doubts {
    /// How many.
    pub open: u64,
    /// Since when the first of them is.
    pub since: Option<Elapsed>,
}

/// Transactions that were committed, and the operations in them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Commits {
    /// Transactions.
    pub groups: u64,
    /// Operations.
    pub jobs: u64,
}

/// The ledger in numbers, as far as they are cheap at any size.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Deliveries stored since the ledger's birth.
    pub deliveries: u64,
    /// Deliveries that were not understood.
    pub unreadable: u64,
    /// Orders heard of: the sum of `by_phase`.
    pub orders: u64,
    /// Orders a person should look at.
    pub attention: u64,
    /// Orders of each phase that has any.
    pub by_phase: BTreeMap<String, u64>,
    /// Orders that are due.
    pub due: u64,
    /// Since when the longest due order that is in no turn is due.
    pub due_since: Option<Elapsed>,
    /// Second deals.
    pub duplicates: Duplicates,
    /// Orders with a second deal that is not settled.
    pub duplicates_open_orders: u64,
    /// When the newest delivery came (Unix milliseconds).
    pub last_delivery_ms: Option<i64>,
}

/// The ledger in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Deliveries stored since the ledger's birth.
    pub deliveries: u64,
    /// Deliveries that were not understood.
    pub unreadable: u64,
    /// Orders heard of.
    pub orders: u64,
    /// Orders linked to a deal.
    pub linked: u64,
    /// Orders that will be looked at again: due, or waiting for a time.
    pub waiting: u64,
    /// Orders in phase [`PHASE_IN_DOUBT`](super::PHASE_IN_DOUBT).
    pub in_doubt: u64,
    /// Orders a person should look at.
    pub attention: u64,
    /// Orders in phase [`PHASE_TOMBSTONE`](super::PHASE_TOMBSTONE).
    pub tombstones: u64,
    /// Orders in phase [`PHASE_PARKED`](super::PHASE_PARKED).
    pub parked: u64,
    /// Intents whose outcome is not recorded.
    pub open_intents: u64,
    /// Orders of each phase.
    pub by_phase: BTreeMap<String, u64>,
}
