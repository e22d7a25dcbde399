//! A Shopify order in the one form that mapping and versioning work on, whichever way it reached us.

mod beside;
mod lines;
mod people;
mod status;
mod sums;

use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use beside::{Beside, PaymentTerms};
pub use lines::{Charge, Extra, Line, Tax};
pub use people::{Address, Buyer, CompanyId};
pub use status::{Fulfillment, Payment};
pub use sums::{Presentment, Sums};

use crate::{ids::OrderKey, money::Currency};

/// One state of one order.
///
/// What an earlier version of this program stored can be read: fields that it did not know are absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Shop and order id.
    pub key: OrderKey,
    /// What people call it, `#1042`. Not unique, never a key.
    pub name: String,
    /// The number that the name is made of. Neither unique nor consecutive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_number: Option<u64>,
    /// A random text that the buyer is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation_number: Option<String>,
    /// The buyer's purchase order number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub po_number: Option<String>,
    /// When Shopify last changed it, to the second.
    pub updated_at: Timestamp,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it was placed: on import any time, also before its creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processed_at: Option<Timestamp>,
    /// When it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
    /// When it was archived. It may be opened again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Why it was cancelled: `customer`, `fraud`, `inventory`, `declined`, `other`, `staff`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_reason: Option<String>,
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
    /// The total as the buyer sees it; `None` where that is in the shop's currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presentment: Option<Presentment>,
    /// Sums beside the total.
    #[serde(default)]
    pub sums: Sums,
    /// Whether prices of lines already include tax.
    pub taxes_included: bool,
    /// Line items by id, removed ones (current quantity 0) included.
    pub lines: Vec<Line>,
    /// Live shipping lines, free ones included.
    pub shipping: Vec<Charge>,
    /// Tips, duties, fees and cash rounding, as far as there are any; see [`Extra`].
    pub extras: Vec<Charge>,
    /// Who bought.
    pub buyer: Buyer,
    /// Where the bill goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address>,
    /// Where the parcel goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// The buyer's note.
    pub note: Option<String>,
    /// Additional details by name, in the shop's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub note_attributes: Vec<(String, String)>,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// Discount codes, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discount_codes: Vec<String>,
    /// Payment gateways, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payment_gateways: Vec<String>,
    /// Tracking numbers of the parcels that are on their way or arrived.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tracking_numbers: BTreeSet<String>,
    /// Where it came from: `web`, `pos`, an app.
    pub source: Option<String>,
    /// Its id there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_identifier: Option<String>,
    /// What is not compared.
    #[serde(default)]
    pub beside: Beside,
}

impl Order {
    /// An order of which no more is known than what every order has: unpaid, unsent, of nothing.
    pub fn bare(key: OrderKey, updated_at: Timestamp, currency: Currency, total: Decimal) -> Self {
        Self {
            key,
            name: String::new(),
            order_number: None,
            confirmation_number: None,
            po_number: None,
            updated_at,
            created_at: None,
            processed_at: None,
            cancelled_at: None,
            closed_at: None,
            cancel_reason: None,
            payment: Payment::Pending,
            fulfillment: Fulfillment::Unfulfilled,
            cancelled: false,
            test: false,
            currency,
            total,
            presentment: None,
            sums: Sums::default(),
            taxes_included: false,
            lines: Vec::new(),
            shipping: Vec::new(),
            extras: Vec::new(),
            buyer: Buyer::default(),
            billing_address: None,
            shipping_address: None,
            note: None,
            note_attributes: Vec::new(),
            tags: BTreeSet::new(),
            discount_codes: Vec::new(),
            payment_gateways: Vec::new(),
            tracking_numbers: BTreeSet::new(),
            source: None,
            source_identifier: None,
            beside: Beside::default(),
        }
    }
}
