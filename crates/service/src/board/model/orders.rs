//! Lists of orders.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{DealRef, OrderRef};
use crate::board::words::Said;

/// Where an order stands. Every order is in exactly one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// It has its deal.
    Linked,
    /// Its deal is still to be found or made.
    Waiting,
    /// A create was not answered: it is being found out whether the deal exists.
    InDoubt,
    /// It rests until a person, a change or a restart wakes it.
    Parked,
    /// A person deleted its deal, and it is not made again.
    Deleted,
    /// An operator wants no deal for it.
    Ignored,
    /// The mapping wants no deal for it.
    Unwanted,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Linked,
        Self::Waiting,
        Self::InDoubt,
        Self::Parked,
        Self::Deleted,
        Self::Ignored,
        Self::Unwanted,
    ];
}

/// Which orders a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OrderFilter {
    /// Only those of one part.
    pub part: Option<Part>,
    /// Only those that a person should look at.
    pub attention: bool,
    /// Only those of which a second deal is known.
    pub duplicates: bool,
}

/// One page of a list, the newest orders first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrderPage {
    /// The orders.
    pub rows: Vec<OrderRow>,
    /// The cursor of the next page; `None` on the last one.
    pub next: Option<String>,
    /// What to know about the result: why nothing was found, what was not searched.
    pub note: Option<Said>,
}

/// An order in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrderRow {
    /// The order.
    pub order: OrderRef,
    /// Where it stands.
    pub part: Part,
    /// The finer word for that, as the log and the CLI use it.
    pub phase: String,
    /// What that word means.
    pub says: Said,
    /// Its deal.
    pub deal: Option<DealRef>,
    /// Its amount in the newest state known.
    pub amount: Option<Amount>,
    /// The version of the newest state known: when Shopify last changed it.
    pub updated_at: Option<Timestamp>,
    /// What a person should look at.
    pub attention: Option<Said>,
    /// How many deliveries spoke of it.
    pub deliveries: u64,
    /// Second deals known of it.
    pub duplicates: u64,
    /// It is being worked on at this moment.
    pub working: bool,
    /// When it is looked at again; `None` while it rests.
    pub due: Option<Timestamp>,
}

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Amount {
    /// How much.
    pub amount: Decimal,
    /// Of what, ISO 4217.
    pub currency: String,
}
