//! What a test may hold against the receiver: the shop's own knowledge.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::BTreeMap;

/// One order as the shop knows it now.
#[derive(Clone, Debug)]
pub struct OrderTruth {
    /// Order id.
    pub id: u64,
    /// Shown name, such as `#1042`.
    pub name: String,
    /// Creation, whole seconds.
    pub created_at: Timestamp,
    /// Newest `updated_at`, whole seconds.
    pub updated_at: Timestamp,
    /// Newest `current_total_price` in the shop currency.
    pub current_total: Decimal,
    /// Shop currency.
    pub currency: String,
    /// Newest `financial_status`.
    pub financial_status: String,
    /// Newest `fulfillment_status`; `None` is unfulfilled.
    pub fulfillment_status: Option<String>,
    /// The order has been cancelled.
    pub cancelled: bool,
    /// The order has been deleted; the other fields say how it last was.
    pub deleted: bool,
    /// A test order.
    pub test: bool,
    /// E-mail as in the body; never `Some("")`.
    pub email: Option<String>,
    /// Customer id as in the body.
    pub customer_id: Option<u64>,
    /// All states, oldest first; the last one is now.
    pub history: Vec<OrderState>,
    /// The newest full-order body.
    pub body_json: Value,
}

/// An order's newest version, without the cost of its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderStamp {
    /// Order id.
    pub id: u64,
    /// Newest `updated_at`, whole seconds.
    pub updated_at: Timestamp,
    /// The order has been deleted.
    pub deleted: bool,
}

/// An order at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderState {
    /// `updated_at` of the body, whole seconds; two states may share it.
    pub updated_at: Timestamp,
    /// `X-Shopify-Triggered-At` of the deliveries, strictly increasing within an order.
    pub triggered_at: Timestamp,
    /// `current_total_price`.
    pub current_total: Decimal,
    /// `financial_status`.
    pub financial_status: String,
    /// `fulfillment_status`.
    pub fulfillment_status: Option<String>,
    /// `cancelled_at` is set.
    pub cancelled: bool,
}

/// A delivery the receiver answered with 2xx; forged ones are counted in [`ShopStats::forged_accepted`] instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// The order meant, if the body names one.
    pub order_id: Option<u64>,
    /// Topic of the delivery.
    pub topic: String,
    /// `updated_at` of a full-order body; `None` for hints, deletions, id-only and unreadable bodies.
    pub updated_at: Option<Timestamp>,
    /// `X-Shopify-Triggered-At`.
    pub triggered_at: Timestamp,
    /// Delivery id.
    pub delivery: u64,
}

/// Counters since construction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShopStats {
    /// Orders placed.
    pub orders: u64,
    /// Merchant actions, placements included, by name.
    pub actions: BTreeMap<String, u64>,
    /// Deliveries queued, by topic; retries not counted.
    pub deliveries: BTreeMap<String, u64>,
    /// Attempts handed out by `due`.
    pub attempts: u64,
    /// Deliveries answered 2xx, forged ones not counted.
    pub acknowledged: u64,
    /// Forged deliveries answered 2xx: above zero the receiver is broken.
    pub forged_accepted: u64,
    /// Retries scheduled.
    pub retries: u64,
    /// Deliveries given up after the last retry.
    pub given_up: u64,
    /// Subscriptions removed after failures.
    pub subscriptions_removed: u64,
    /// Answers by status; `none` for timeout or refusal.
    pub answers: BTreeMap<String, u64>,
    /// Faults by kind, under the field names of [`super::ShopFaults`], and throttled queries as `api_throttled`.
    pub faults: BTreeMap<String, u64>,
}
