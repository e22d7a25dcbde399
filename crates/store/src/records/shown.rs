//! Orders, contacts and intents as they are read, and which of them to list.

use kernel::{DealId, Elapsed, IntentId, OrderKey};
use serde::Serialize;

use super::Duplicates;

/// An intent that was written down and whose outcome was never recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenIntent {
    /// Its number.
    pub intent: IntentId,
    /// The order in whose turn it was opened.
    pub key: OrderKey,
    /// The contact it is about, if it is about one.
    pub contact_key: Option<String>,
    /// What was about to be sent.
    pub kind: String,
    /// When, on the ledger's clock.
    pub opened_at: Elapsed,
}

/// An intent of an order, open or closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IntentRecord {
    /// Its number.
    pub intent: IntentId,
    /// The contact it is about, if it is about one.
    pub contact_key: Option<String>,
    /// What was about to be sent.
    pub kind: String,
    /// When it was written down.
    pub opened_at: Elapsed,
    /// JSON: the reason and the listing it was based on.
    pub evidence: String,
    /// How it ended; `None` while it is open.
    pub outcome: Option<String>,
    /// When it ended.
    pub closed_at: Option<Elapsed>,
}

/// An order as people and reports see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderRecord {
    /// Its number in the ledger: the order in which orders were first heard of.
    pub row: u64,
    /// The order.
    pub key: OrderKey,
    /// Its name at the shop.
    pub name: Option<String>,
    /// Its state as JSON; `None` until it is first saved.
    pub state: Option<String>,
    /// A word for the state; [`PHASE_NEW`](super::PHASE_NEW) until it is first saved.
    pub phase: String,
    /// The linked deal.
    pub deal: Option<DealId>,
    /// The contact it belongs to.
    pub contact_key: Option<String>,
    /// How often it was saved.
    pub row_version: u64,
    /// When it is looked at again; `None` while it rests.
    pub due: Option<Elapsed>,
    /// It is in a turn at this moment.
    pub claimed: bool,
    /// What a person should look at.
    pub attention: Option<String>,
    /// How many deliveries spoke of it.
    pub deliveries: u64,
    /// The second deals known of it.
    pub duplicates: Duplicates,
}

/// A contact's stored state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRecord {
    /// The key it is saved under.
    pub contact_key: String,
    /// Its state as JSON.
    pub state: String,
    /// To be given back with the [`ContactSave`](super::ContactSave).
    pub row_version: u64,
}

/// Which orders to list, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Only those in one of these phases. Empty = in any.
    pub phases: Vec<String>,
    /// Only those that a person should look at.
    pub attention: bool,
    /// Only those of which a second deal is known.
    pub duplicates: bool,
    /// Only those heard of before this one ([`OrderRecord::row`]).
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

/// What to find orders by. Each part that is given finds orders of its own; they are listed together, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// An order, exactly.
    pub key: Option<OrderKey>,
    /// An order's id, a deal's, or that of a contact on the portal.
    pub number: Option<u64>,
    /// Names of orders, whatever their case.
    pub names: Vec<String>,
    /// The buyer's e-mail ([`Turn::email`](super::Turn::email)).
    pub email: Option<String>,
    /// Only those heard of before this one ([`OrderRecord::row`]).
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}
