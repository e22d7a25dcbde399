//! What needs a person.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Offered, OrderRef, OrderRow};
use crate::board::words::Said;

/// One page of orders that need a person, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AttentionPage {
    /// The orders.
    pub items: Vec<AttentionItem>,
    /// The cursor of the next page; `None` on the last one.
    pub next: Option<String>,
}

/// An order that needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AttentionItem {
    /// The order.
    pub row: OrderRow,
    /// Why; the gravest first.
    pub reasons: Vec<Reason>,
    /// The one thing to do.
    pub main: Offered,
    /// What else may be done.
    pub others: Vec<Offered>,
}

/// Why something needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reason {
    /// In one word, for programs.
    pub word: String,
    /// What is the matter.
    pub reason: Said,
    /// What follows if nobody does anything.
    pub consequence: Said,
}

/// One page of deliveries that could not be read, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnreadablePage {
    /// The deliveries.
    pub items: Vec<UnreadableItem>,
    /// The cursor of the next page; `None` on the last one.
    pub next: Option<String>,
}

/// A delivery that was kept although it could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnreadableItem {
    /// Its number in the ledger.
    pub seq: u64,
    /// The shop it came from.
    pub shop: String,
    /// The order it speaks of, where that much was understood.
    pub order: Option<OrderRef>,
    /// Shopify's topic.
    pub topic: String,
    /// When it reached us.
    pub received_at: Timestamp,
    /// Why it could not be read.
    pub reason: Reason,
    /// The one thing to do, if anything can be done.
    pub main: Option<Offered>,
}
