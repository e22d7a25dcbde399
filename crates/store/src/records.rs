//! What goes into the ledger and what comes out of it. Everything the kernel owns is JSON text here.

use std::collections::BTreeMap;

use bytes::Bytes;
use kernel::{
    CommandSeq, DealId, DeliverySeq, Elapsed, IntentId, LedgerId, OrderId, OrderKey, ProcessNo,
    ShopDomain,
};
use serde::{Deserialize, Serialize};

/// The phase of an order that was heard of and never saved.
pub const PHASE_NEW: &str = "new";
/// The phase of an order that has its deal: of most orders, most of the time.
pub const PHASE_LINKED: &str = "linked";
/// The phase counted as [`Counts::in_doubt`].
pub const PHASE_IN_DOUBT: &str = "in_doubt";
/// The phase counted as [`Counts::tombstones`].
pub const PHASE_TOMBSTONE: &str = "tombstone";
/// The phase counted as [`Counts::parked`].
pub const PHASE_PARKED: &str = "parked";

/// The machine's clock that goes on across restarts of the process, and the name of the boot it counts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootClock {
    /// Changes with each boot of the machine.
    pub boot_id: String,
    /// Milliseconds since that boot, suspended time included (CLOCK_BOOTTIME, design §4.2 rule 5).
    pub boottime_ms: u64,
}

/// What a start found (design §4.2 rules 5 and 11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The number of this start; it names the process.
    pub process: ProcessNo,
    /// The ledger's name, carried by every deal it creates.
    pub ledger: LedgerId,
    /// The ledger's time at this start.
    pub elapsed: Elapsed,
    /// No start of this ledger was ever finished before.
    pub fresh: bool,
    /// Until when the ledger may have forgotten sends; `None` when it is warm.
    pub cold_until: Option<Elapsed>,
    /// Why it is cold, in words; present exactly when `cold_until` is.
    pub cold_reason: Option<String>,
    /// The previous process did not say that it stopped.
    pub unclean: bool,
}

/// What a stored delivery is to us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeliveryKind {
    /// Its body is a whole order.
    Snapshot,
    /// Its body only tells that the order changed: what the order is now has to be asked for.
    Hint,
    /// No webhook: its body is the order as the shop's Admin API answered it.
    Answer,
    /// A topic that is only noted.
    Noted,
    /// Its body was not understood; the text says why.
    Unreadable(String),
}

/// A delivery to be stored: a webhook's before it is acknowledged, or an answer of the Admin API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// The shop it came from.
    pub shop: ShopDomain,
    /// Shopify's topic, `orders/create`.
    pub topic: String,
    /// The order it speaks of. Without one the delivery is only kept.
    pub order: Option<OrderId>,
    /// Shopify's id of this delivery; the same for its retries (facts/shopify.md).
    pub webhook_id: String,
    /// Shopify's id of the event, shared by several deliveries.
    pub event_id: Option<String>,
    /// When Shopify sent it first, in milliseconds of the wall clock (Unix time).
    pub triggered_at_ms: Option<i64>,
    /// When it reached us, on the ledger's clock.
    pub received_at: Elapsed,
    /// When it reached us, in milliseconds of the wall clock (Unix time); for display only.
    pub received_wall_ms: i64,
    /// What it is to us.
    pub kind: DeliveryKind,
    /// A hash of the body, made by the caller.
    pub body_hash: String,
    /// The body, byte for byte.
    pub body: Bytes,
}

/// A delivery that waits to be folded into its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDelivery {
    /// Its number in the ledger: the order of arrival.
    pub seq: DeliverySeq,
    /// Shopify's topic.
    pub topic: String,
    /// Shopify's id of this delivery.
    pub webhook_id: String,
    /// When Shopify sent it first (Unix milliseconds).
    pub triggered_at_ms: Option<i64>,
    /// When it reached us, on the ledger's clock.
    pub received_at: Elapsed,
    /// When it reached us (Unix milliseconds); for display only.
    pub received_wall_ms: i64,
    /// What it is to us.
    pub kind: DeliveryKind,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

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

/// What an operator asks of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommand {
    /// The order.
    pub key: OrderKey,
    /// Who asks, in a word for people; no secret.
    pub who: String,
    /// What, as JSON. The same text of the same order is the same wish.
    pub action: String,
    /// When, in milliseconds of the wall clock (Unix time); for display only.
    pub wall_ms: i64,
    /// The order is due by then, on the ledger's clock; whoever does not know that clock says zero.
    pub due: Elapsed,
    /// A deal that the order shall have to itself.
    pub claims: Option<DealId>,
    /// A delivery of the order that is to be folded once more.
    pub replays: Option<DeliverySeq>,
}

/// What became of a [`NewCommand`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Commanded {
    /// It is in the ledger, and a turn will take it.
    Accepted(CommandSeq),
    /// The same was asked before and is not done yet.
    Already(CommandSeq),
    /// The ledger does not know the order.
    UnknownOrder,
    /// The order has no such delivery.
    UnknownDelivery,
    /// The deal is linked to another order, or was chosen for it.
    Claimed(OrderKey),
    /// More wishes wait for this order than are kept.
    TooMany,
}

/// A wish of an operator that waits for its order's turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCommand {
    /// Its number.
    pub seq: CommandSeq,
    /// Who asks.
    pub who: String,
    /// What, as JSON.
    pub action: String,
    /// When (Unix milliseconds).
    pub wall_ms: i64,
}

/// What a turn does with a wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandChange {
    /// It is part of the order's state now; its outcome comes later.
    Taken(CommandSeq),
    /// It is over.
    Settled {
        /// Which.
        seq: CommandSeq,
        /// How, in a word: [`COMMAND_DONE`] or [`COMMAND_REFUSED`].
        outcome: &'static str,
        /// Why it was not done, as JSON.
        why: Option<String>,
        /// When (Unix milliseconds).
        wall_ms: i64,
    },
}

/// The outcome of a wish that was fulfilled.
pub const COMMAND_DONE: &str = "done";
/// The outcome of a wish that was not.
pub const COMMAND_REFUSED: &str = "refused";

/// A line of the operators' log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CommandRecord {
    /// Its number.
    pub seq: CommandSeq,
    /// When it was asked for (Unix milliseconds).
    pub wall_ms: i64,
    /// Who asked.
    pub who: String,
    /// The order.
    pub key: OrderKey,
    /// The order's name at the shop.
    pub name: Option<String>,
    /// What, as JSON.
    pub action: String,
    /// How it ended; `None` while it waits.
    pub outcome: Option<String>,
    /// Why it was not done, as JSON.
    pub why: Option<String>,
    /// When it ended (Unix milliseconds).
    pub settled_wall_ms: Option<i64>,
}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Fold {
    /// It told something new.
    Applied,
    /// A newer version was known already.
    Stale,
    /// The same was known already.
    Repeat,
    /// It was not understood; the text says why.
    Unreadable(String),
    /// It was only noted.
    Noted,
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
    /// A word for the state; [`PHASE_NEW`] until it is first saved.
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
    /// To be given back with the [`ContactSave`].
    pub row_version: u64,
}

/// A delivery that was kept although it was not understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnreadableDelivery {
    /// Its number in the ledger.
    pub seq: DeliverySeq,
    /// The shop it came from.
    pub shop: ShopDomain,
    /// The order it speaks of, where that much was understood.
    pub order: Option<OrderId>,
    /// Shopify's topic.
    pub topic: String,
    /// When it reached us (Unix milliseconds).
    pub received_wall_ms: i64,
    /// Why it was not understood.
    pub reason: String,
}

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
    /// The buyer's e-mail ([`Turn::email`]).
    pub email: Option<String>,
    /// Only those heard of before this one ([`OrderRecord::row`]).
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

/// A delivery as people see it: without its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryRecord {
    /// Its number in the ledger.
    pub seq: DeliverySeq,
    /// The shop it came from.
    pub shop: ShopDomain,
    /// The order it speaks of.
    pub order: Option<OrderId>,
    /// Shopify's topic.
    pub topic: String,
    /// When Shopify sent it first (Unix milliseconds).
    pub triggered_at_ms: Option<i64>,
    /// When it reached us, on the ledger's clock.
    pub received_at: Elapsed,
    /// When it reached us (Unix milliseconds); for display only.
    pub received_wall_ms: i64,
    /// What it is to us.
    pub kind: DeliveryKind,
    /// What became of it; `None` while it waits to be folded.
    pub fold: Option<Fold>,
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
    /// Orders in phase [`PHASE_IN_DOUBT`].
    pub in_doubt: u64,
    /// Orders a person should look at.
    pub attention: u64,
    /// Orders in phase [`PHASE_TOMBSTONE`].
    pub tombstones: u64,
    /// Orders in phase [`PHASE_PARKED`].
    pub parked: u64,
    /// Intents whose outcome is not recorded.
    pub open_intents: u64,
    /// Orders of each phase.
    pub by_phase: BTreeMap<String, u64>,
}
