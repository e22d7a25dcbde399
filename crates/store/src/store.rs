//! The ledger as the service sees it.
//!
//! Invariants: an answer comes only after the change is durable; an operation happens whole or not at all; all times are
//! arguments. Dropping an unfinished future does not undo its operation: [`Store::claim`] and [`Store::load`] must be
//! awaited to their end, or the orders stay claimed until the next start.

use std::{future::Future, time::Duration};

use kernel::{CommandSeq, DealId, DeliverySeq, Elapsed, IntentId, LedgerId, OrderKey, ShopDomain};

use crate::{
    error::StoreError,
    records::{
        BootClock, Claim, ClaimedOrder, CommandRecord, Commanded, Commits, ContactRecord, Counts,
        DeliveryRecord, IntentRecord, Listing, NewCommand, NewDelivery, OpenIntent, OrderRecord,
        Queue, Refetch, Search, Started, Tally, TimelineEntry, Turn, UnreadableDelivery,
    },
};

/// What every method of [`Store`] returns, sooner or later.
pub type Answer<T> = Result<T, StoreError>;

/// The ledger. A clone is another handle on the same one.
pub trait Store: Clone + Send + Sync + 'static {
    /// Begins a process: counts the start, finds out whether the ledger is cold, goes on with its clock, voids old claims.
    /// `fresh_ledger` is the name it gets if it has none; `settle` is D+R (design §4.2 rule 11).
    fn start(
        &self,
        boot: BootClock,
        fresh_ledger: LedgerId,
        settle: Duration,
    ) -> impl Future<Output = Answer<Started>> + Send;

    /// Remembers the position of the ledger's clock; an earlier one than known is ignored.
    fn checkpoint(&self, now: Elapsed, boot: BootClock) -> impl Future<Output = Answer<()>> + Send;

    /// Records that the process stops on purpose.
    fn stopped_cleanly(&self) -> impl Future<Output = Answer<()>> + Send;

    /// Stores a delivery and makes its order due at once. Without an order the delivery is only kept.
    fn accept(&self, delivery: NewDelivery) -> impl Future<Output = Answer<DeliverySeq>> + Send;

    /// Takes due orders into turns, the longest due first. Must be awaited to its end.
    fn claim(&self, claim: Claim) -> impl Future<Output = Answer<Vec<ClaimedOrder>>> + Send;

    /// Takes one named order into a turn whether it is due or not; `None` if it is unknown. Must be awaited to its end.
    ///
    /// # Errors
    /// [`StoreError::InTurn`] while this process already works on it.
    fn load(&self, key: &OrderKey) -> impl Future<Output = Answer<Option<ClaimedOrder>>> + Send;

    /// Saves one step of a turn and returns the order's new version.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::SecondIntent`], [`StoreError::NotOpen`]: nothing was written.
    fn save(&self, turn: Turn) -> impl Future<Output = Answer<u64>> + Send;

    /// Takes an order out of a turn that failed without saving: it is due again at `due`, and `attention` says why.
    fn give_back(
        &self,
        key: &OrderKey,
        due: Elapsed,
        attention: &str,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Makes all orders of a phase due at `now`; says how many.
    fn wake(&self, phase: &str, now: Elapsed) -> impl Future<Output = Answer<u64>> + Send;

    /// When the next order that is not in a turn is due.
    fn next_due(&self) -> impl Future<Output = Answer<Option<Elapsed>>> + Send;

    /// Writes an operator's wish down and makes its order due; all or nothing.
    fn command(&self, wish: NewCommand) -> impl Future<Output = Answer<Commanded>> + Send;

    /// The operators' log, the newest first; `before` = only lines older than that one. Of one order, if one is named.
    fn commands(
        &self,
        key: Option<&OrderKey>,
        before: Option<CommandSeq>,
        limit: usize,
    ) -> impl Future<Output = Answer<Vec<CommandRecord>>> + Send;

    /// Another order than `key` that is linked to this deal.
    fn linked_to(
        &self,
        deal: DealId,
        key: &OrderKey,
    ) -> impl Future<Output = Answer<Option<OrderKey>>> + Send;

    /// Orders that are due by this time.
    fn overdue(&self, now: Elapsed) -> impl Future<Output = Answer<u64>> + Send;

    /// Orders that are due by `now`, by what they wait for; what became due within `fresh_for` is fresh.
    fn queue(
        &self,
        now: Elapsed,
        fresh_for: Duration,
    ) -> impl Future<Output = Answer<Queue>> + Send;

    /// When the ledger first heard of an order.
    fn first_heard(&self, key: &OrderKey) -> impl Future<Output = Answer<Option<Elapsed>>> + Send;

    /// Transactions committed by this process so far, and the operations in them.
    fn commits(&self) -> Commits;

    /// Orders that the shop has to be asked for by this time, the longest wanted first: hints, and what [`Turn::refetch`]
    /// says.
    fn refetches(
        &self,
        shop: &ShopDomain,
        until: Elapsed,
        limit: usize,
    ) -> impl Future<Output = Answer<Vec<Refetch>>> + Send;

    /// Ends a wish to ask the shop for an order, or puts it off until `again`. A wish that was renewed since it was read
    /// stays as it is.
    fn refetched(
        &self,
        wish: &Refetch,
        again: Option<Elapsed>,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Intents without an outcome, by number.
    fn open_intents(&self) -> impl Future<Output = Answer<Vec<OpenIntent>>> + Send;

    /// Every intent opened in turns of an order, by number.
    fn intents(&self, key: &OrderKey) -> impl Future<Output = Answer<Vec<IntentRecord>>> + Send;

    /// A number for an intent, unique in this ledger.
    fn new_intent(&self) -> IntentId;

    /// One order.
    fn order(&self, key: &OrderKey) -> impl Future<Output = Answer<Option<OrderRecord>>> + Send;

    /// Orders by order id, name (`#1042`, `1042`), deal id or `shop/id`; the newest first. An empty query finds all.
    fn find_orders(
        &self,
        query: &str,
        limit: usize,
    ) -> impl Future<Output = Answer<Vec<OrderRecord>>> + Send;

    /// One page of orders, the newest first.
    fn list_orders(
        &self,
        listing: Listing,
    ) -> impl Future<Output = Answer<Vec<OrderRecord>>> + Send;

    /// Orders by name, number or contact, the newest first.
    fn search_orders(
        &self,
        search: Search,
    ) -> impl Future<Output = Answer<Vec<OrderRecord>>> + Send;

    /// The order that was heard of first among those in one of these phases, and when that was (Unix milliseconds).
    fn oldest_in(
        &self,
        phases: Vec<String>,
    ) -> impl Future<Output = Answer<Option<(OrderRecord, Option<i64>)>>> + Send;

    /// These deliveries without their bodies, as far as there are any, by number.
    fn deliveries(
        &self,
        seqs: Vec<DeliverySeq>,
    ) -> impl Future<Output = Answer<Vec<DeliveryRecord>>> + Send;

    /// The first deliveries of an order that wait to be folded.
    fn waiting_deliveries(
        &self,
        key: &OrderKey,
        limit: usize,
    ) -> impl Future<Output = Answer<Vec<DeliveryRecord>>> + Send;

    /// Deliveries that were not understood, received before `before`, the newest first.
    fn unreadable_before(
        &self,
        before: Option<DeliverySeq>,
        limit: usize,
    ) -> impl Future<Output = Answer<Vec<DeliveryRecord>>> + Send;

    /// The newest intents of an order, the newest first.
    fn newest_intents(
        &self,
        key: &OrderKey,
        limit: usize,
    ) -> impl Future<Output = Answer<Vec<IntentRecord>>> + Send;

    /// The ledger in numbers that are cheap at any size.
    fn tally(&self, now: Elapsed) -> impl Future<Output = Answer<Tally>> + Send;

    /// Orders a person should look at, the newest first.
    fn attention(&self, limit: usize) -> impl Future<Output = Answer<Vec<OrderRecord>>> + Send;

    /// Deliveries that were not understood, the newest first.
    fn unreadable(
        &self,
        limit: usize,
    ) -> impl Future<Output = Answer<Vec<UnreadableDelivery>>> + Send;

    /// The newest lines of an order's history, the oldest of them first.
    fn timeline(
        &self,
        key: &OrderKey,
        limit: usize,
    ) -> impl Future<Output = Answer<Vec<TimelineEntry>>> + Send;

    /// One contact.
    fn contact(
        &self,
        shop: &ShopDomain,
        contact_key: &str,
    ) -> impl Future<Output = Answer<Option<ContactRecord>>> + Send;

    /// The ledger in numbers.
    fn counts(&self) -> impl Future<Output = Answer<Counts>> + Send;

    /// Whether the ledger knows any deal at all.
    fn has_deals(&self) -> impl Future<Output = Answer<bool>> + Send;

    /// A remembered value of the service.
    fn meta(&self, key: &str) -> impl Future<Output = Answer<Option<String>>> + Send;

    /// Remembers a value of the service. The ledger's own values live elsewhere and cannot be overwritten.
    fn set_meta(&self, key: &str, value: &str) -> impl Future<Output = Answer<()>> + Send;

    /// Proves by a small durable write that the disk takes writes.
    fn healthy(&self) -> impl Future<Output = Answer<()>> + Send;

    /// Reads through the whole database, beside the other work.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with the first findings.
    fn quick_check(&self) -> impl Future<Output = Answer<()>> + Send;
}
