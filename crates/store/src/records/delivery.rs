//! What the shop delivered, on its way into the ledger and as people see it.

use bytes::Bytes;
use kernel::{DeliverySeq, Elapsed, OrderId, ShopDomain};
use serde::{Deserialize, Serialize};

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
