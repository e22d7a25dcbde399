//! What of an order is paid, and what of it is sent.

use serde::{Deserialize, Serialize};

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
