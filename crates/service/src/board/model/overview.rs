//! The whole at a glance.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{OrderRef, Part, PortalSide};
use crate::board::words::Said;

/// The whole at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Overview {
    /// When this was true.
    pub at: Timestamp,
    /// Deliveries stored since the ledger's birth: webhooks, and answers of the Admin API.
    pub received: u64,
    /// Orders heard of. The parts add up to it.
    pub orders: u64,
    /// All orders by where they stand, each order in one part; every part is there, empty ones too.
    pub parts: Vec<PartCount>,
    /// What a person should look at; these orders are counted in their part too.
    pub attention: AttentionCounts,
    /// What is still to be done.
    pub queue: Queue,
    /// The last 24 hours.
    pub day: Day,
    /// The portal and what is left of its limits.
    pub portal: PortalSide,
    /// The shops and what brings their orders.
    pub shops: Vec<ShopSide>,
    /// Second deals.
    pub duplicates: DuplicateCounts,
}

/// Orders of one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartCount {
    /// Which; it is the filter of the list that shows them.
    pub part: Part,
    /// What people call it.
    pub label: Said,
    /// What it means, in a sentence.
    pub means: Said,
    /// How many orders.
    pub orders: u64,
}

/// What a person should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct AttentionCounts {
    /// Orders.
    pub orders: u64,
    /// Deliveries that could not be read.
    pub unreadable: u64,
}

/// What is still to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Queue {
    /// Orders that are due now.
    pub due: u64,
    /// Seconds for which the longest due one has been due.
    pub behind_seconds: u64,
    /// The order that is without its deal for longest.
    pub oldest: Option<Oldest>,
    /// When the queue will be empty, in a sentence; the same as in the log.
    pub forecast: Said,
    /// Seconds until then; `None` while nobody can tell, 0 while there is no backlog.
    pub empty_in_seconds: Option<u64>,
}

/// The order that is without its deal for longest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Oldest {
    /// Which.
    pub order: OrderRef,
    /// When it was first heard of.
    pub since: Timestamp,
    /// How long ago that is.
    pub age_seconds: u64,
}

/// The last 24 hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Day {
    /// The length of a bucket.
    pub bucket_seconds: u64,
    /// The oldest first; the last one is still filling.
    pub buckets: Vec<Bucket>,
    /// Deliveries received in all of them.
    pub received: u64,
    /// Orders brought up to date in all of them.
    pub synced: u64,
    /// From a delivery's arrival until its order's deal was up to date: half of them took at most so long.
    pub median_ms: Option<u64>,
    /// Nineteen of twenty took at most so long.
    pub p95_ms: Option<u64>,
}

/// A quarter of an hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Bucket {
    /// When it began.
    pub from: Timestamp,
    /// Deliveries received.
    pub received: u64,
    /// Orders brought up to date.
    pub synced: u64,
    /// Half of them took at most so long.
    pub median_ms: Option<u64>,
    /// Nineteen of twenty took at most so long.
    pub p95_ms: Option<u64>,
}

/// A shop and what brings its orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShopSide {
    /// The shop's permanent name.
    pub shop: String,
    /// Its admin.
    pub url: String,
    /// When the newest delivery came, of any shop.
    pub last_delivery: Option<Timestamp>,
    /// Whether the Admin API can be asked.
    pub admin_api: bool,
    /// Up to when every order was seen, by the reconciler.
    pub reconciled_until: Option<Timestamp>,
    /// How often it looks; `None` = it does not.
    pub reconcile_every_seconds: Option<u64>,
    /// Its webhook subscriptions.
    pub subscriptions: Subscriptions,
}

/// What is known of a shop's webhook subscriptions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Subscriptions {
    /// In one word.
    pub state: SubscriptionsState,
    /// In a sentence, with what to do.
    pub says: Said,
    /// Topics that are not subscribed although they should be.
    pub missing: Vec<String>,
    /// When they were last looked at.
    pub checked_at: Option<Timestamp>,
}

/// How it stands with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionsState {
    /// All there, and pointing here.
    Complete,
    /// Some could not be made or repaired.
    Incomplete,
    /// Not looked at yet.
    Unchecked,
    /// Made by hand: the service does not look.
    ByHand,
}

/// Second deals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct DuplicateCounts {
    /// Deals found after a lost answer, where a blind repeat would have made a second one.
    pub prevented: u64,
    /// Second deals of an order that lookups found.
    pub found: u64,
    /// Those of them that are flagged.
    pub flagged: u64,
    /// Orders with a second deal that still waits to be settled.
    pub open: u64,
}
