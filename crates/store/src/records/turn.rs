//! One turn of an order: what it begins with, and everything that it changes.

use kernel::{DealId, DeliverySeq, Elapsed, IntentId, OrderKey, ProcessNo};
use serde::{Deserialize, Serialize};

use super::{CommandChange, Fold, StoredCommand, StoredDelivery};

/// A wish for orders to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Who asks. Claims of other processes are void.
    pub process: ProcessNo,
    /// Only orders due by this time.
    pub now: Elapsed,
    /// At most so many.
    pub limit: usize,
    /// Only what became due at or after this point, the latest first, instead of the longest due: what just arrived
    /// need not wait behind a backlog.
    pub newest_since: Option<Elapsed>,
    /// Never these.
    pub exclude: Vec<OrderKey>,
}

/// An order taken into a turn; nobody else gets it until it is released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedOrder {
    /// The order.
    pub key: OrderKey,
    /// To be given back with the [`Turn`].
    pub row_version: u64,
    /// The order's state as JSON; `None` until it is first saved.
    pub state: Option<String>,
    /// What is not folded yet, by number; at most [`crate::FOLD_MAX`] and [`crate::FOLD_BYTES_MAX`].
    pub deliveries: Vec<StoredDelivery>,
    /// There are more deliveries than are given here.
    pub more: bool,
    /// The contact this order belongs to, as last saved.
    pub contact_key: Option<String>,
    /// What operators asked for and no turn took yet, by number.
    pub commands: Vec<StoredCommand>,
}

/// Whom an intent is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntentSubject {
    /// The order of the turn.
    Order,
    /// A contact or company of the order's shop, by its key.
    Contact(String),
}

/// An intent that is written down or ended with a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntentChange {
    /// About to be sent.
    Open {
        /// A number drawn by [`crate::Store::new_intent`].
        intent: IntentId,
        /// What is about to be sent, `create_deal`.
        kind: String,
        /// Whom it is about.
        subject: IntentSubject,
        /// When, on the ledger's clock.
        at: Elapsed,
        /// JSON: the reason and the listing it was based on.
        evidence: String,
    },
    /// Its outcome is known, or known to be unknown.
    Close {
        /// Which.
        intent: IntentId,
        /// How it ended, `done 17`, `refused …`, `unknown`.
        outcome: String,
        /// When, on the ledger's clock.
        at: Elapsed,
    },
}

/// A contact's or company's new state, saved with the turn of one of its orders. After it the contact's version is 1 (inserted) or one higher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactSave {
    /// The contact's key within the shop.
    pub contact_key: String,
    /// Other names of the same person: a lookup by one of them finds this contact. A name that is taken stays as it is.
    pub aliases: Vec<String>,
    /// Its state as JSON.
    pub state: String,
    /// Its id on the portal, where it is a contact and is known there.
    pub portal_id: Option<u64>,
    /// The version that was read; `None` inserts.
    pub row_version: Option<u64>,
}

/// What happens to the claim after a save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// There is more to do in this turn: the order stays claimed.
    Keep,
    /// The turn is over. The order comes back at `due`, or at once if a delivery arrived meanwhile.
    Release {
        /// When to look at it again; `None` lets it rest.
        due: Option<Elapsed>,
    },
}

/// Everything one step of a turn changes, saved at once or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The order.
    pub key: OrderKey,
    /// The version that was read; another one in the database refuses the whole turn.
    pub row_version: u64,
    /// The order's state as JSON.
    pub state: String,
    /// A word for the state, for counting and for people.
    pub phase: String,
    /// The order's name at the shop, `#1042`.
    pub name: Option<String>,
    /// The buyer's e-mail, by which people search: lower case, no spaces around.
    pub email: Option<String>,
    /// The linked deal.
    pub deal: Option<DealId>,
    /// What a person should look at; `None` when nothing.
    pub attention: Option<String>,
    /// The second deals known of it.
    pub duplicates: Duplicates,
    /// The shop has to be asked how the order is now, because what it delivered does not tell; since when. `None` leaves an
    /// earlier wish as it is.
    pub refetch: Option<Elapsed>,
    /// The deliveries folded in this step, and what became of each.
    pub folded: Vec<(DeliverySeq, Fold)>,
    /// Intents opened and closed, in this order.
    pub intents: Vec<IntentChange>,
    /// New states of contacts and companies that changed.
    pub contacts: Vec<ContactSave>,
    /// The contact this order belongs to.
    pub contact_key: Option<String>,
    /// Lines for the order's history.
    pub timeline: Vec<TimelineEntry>,
    /// What became of operators' wishes.
    pub commands: Vec<CommandChange>,
    /// What happens to the claim.
    pub then: Then,
}

/// How many second deals of an order are known, and how far they are settled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Duplicates {
    /// All of them.
    pub known: u64,
    /// Those that are flagged.
    pub flagged: u64,
    /// Those that are not settled.
    pub open: u64,
}

/// One line of an order's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// When, on the ledger's clock.
    pub at: Elapsed,
    /// When (Unix milliseconds); for display only.
    pub wall_ms: i64,
    /// A word for what it is, `arrived`, `decided`, `sent`.
    pub kind: String,
    /// The line itself.
    pub text: String,
    /// More, as JSON.
    pub detail: Option<String>,
}

/// An order that the shop has to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refetch {
    /// The order.
    pub key: OrderKey,
    /// Since when, on the ledger's clock; or, after a vain attempt, when to ask again. It names the wish: a newer wish has
    /// another time.
    pub since: Elapsed,
}
