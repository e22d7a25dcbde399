//! A Shopify order in the one form that mapping and versioning work on, whichever way it reached us.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{ids::OrderKey, money::Currency};

/// One state of one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Shop and order id.
    pub key: OrderKey,
    /// What people call it, `#1042`. Not unique, never a key.
    pub name: String,
    /// When Shopify last changed it, to the second.
    pub updated_at: Timestamp,
    /// When it was placed.
    pub created_at: Option<Timestamp>,
    /// What of it is paid.
    pub payment: Payment,
    /// What of it is sent.
    pub fulfillment: Fulfillment,
    /// It was cancelled.
    pub cancelled: bool,
    /// It was placed in test mode.
    pub test: bool,
    /// The shop's currency; all amounts below are in it.
    pub currency: Currency,
    /// `current_total_price`: after edits, returns and refunds.
    pub total: Decimal,
    /// Whether prices of lines already include tax.
    pub taxes_included: bool,
    /// Line items, removed ones (current quantity 0) included.
    pub lines: Vec<Line>,
    /// Live shipping lines.
    pub shipping: Vec<Charge>,
    /// Tips, duties, fees and cash rounding.
    pub extras: Vec<Charge>,
    /// Who bought.
    pub buyer: Buyer,
    /// The buyer's note.
    pub note: Option<String>,
    /// Where it came from: `web`, `pos`, an app.
    pub source: Option<String>,
}

/// `financial_status` (facts/shopify.md §3.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payment {
    /// Nothing received yet, or not said.
    Pending,
    /// Money is reserved.
    Authorized,
    /// A part is paid.
    PartiallyPaid,
    /// All is paid.
    Paid,
    /// A part went back.
    PartiallyRefunded,
    /// All went back.
    Refunded,
    /// The reservation was given up.
    Voided,
    /// A status this version does not know, kept as it came.
    Unrecognised(String),
}

impl Payment {
    /// Reads Shopify's lower-case status.
    pub fn read(status: Option<&str>) -> Self {
        match status {
            None | Some("pending") => Self::Pending,
            Some("authorized") => Self::Authorized,
            Some("partially_paid") => Self::PartiallyPaid,
            Some("paid") => Self::Paid,
            Some("partially_refunded") => Self::PartiallyRefunded,
            Some("refunded") => Self::Refunded,
            Some("voided") => Self::Voided,
            Some(other) => Self::Unrecognised(other.to_owned()),
        }
    }
}

/// `fulfillment_status` (facts/shopify.md §3.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fulfillment {
    /// Nothing sent.
    Unfulfilled,
    /// A part sent.
    Partial,
    /// All sent.
    Fulfilled,
    /// Goods came back to the shelf.
    Restocked,
    /// A status this version does not know, kept as it came.
    Unrecognised(String),
}

impl Fulfillment {
    /// Reads Shopify's lower-case status.
    pub fn read(status: Option<&str>) -> Self {
        match status {
            None => Self::Unfulfilled,
            Some("partial") => Self::Partial,
            Some("fulfilled") => Self::Fulfilled,
            Some("restocked") => Self::Restocked,
            Some(other) => Self::Unrecognised(other.to_owned()),
        }
    }
}

/// One line item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Title with variant, as shown to people.
    pub name: String,
    /// Pieces ordered, later additions included.
    pub quantity: u32,
    /// Pieces still part of the order.
    pub current_quantity: u32,
    /// Price of one piece before discounts.
    pub price: Decimal,
    /// All discounts allocated to the line, for the full `quantity`.
    pub discount: Decimal,
    /// Taxes of the line, for the full `quantity`.
    pub taxes: Vec<Tax>,
}

/// One tax on a line or charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tax {
    /// As a fraction: 0.19.
    pub rate: Option<Decimal>,
    /// In the shop's currency.
    pub amount: Decimal,
}

/// Shipping, a tip, a duty: something charged once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// As shown to people.
    pub name: String,
    /// After discounts, without its tax where prices do not include tax.
    pub amount: Decimal,
    /// Taxes of the charge.
    pub taxes: Vec<Tax>,
}

/// What identifies a buyer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    /// Shopify's customer id.
    pub customer: Option<u64>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// As written.
    pub email: Option<String>,
    /// As written.
    pub phone: Option<String>,
}
