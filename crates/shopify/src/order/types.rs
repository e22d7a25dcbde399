//! The order and its parts.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// An order in its normal form (facts §3, §5.9). Amounts are in [`currency`](Self::currency).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The only key; unique within Shopify.
    pub id: u64,
    /// The name as shown, such as `#1042`; the id's digits if the body has none. Never a key.
    pub name: String,
    /// The number the name is made from. Neither unique nor consecutive.
    pub order_number: Option<u64>,
    /// A random text shown to the buyer.
    pub confirmation_number: Option<String>,
    /// When the order was created.
    pub created_at: Option<Timestamp>,
    /// When this version came to be, in whole seconds. Two different versions may share it (facts §3.7).
    pub updated_at: Timestamp,
    /// When the order was placed; may be set freely on import.
    pub processed_at: Option<Timestamp>,
    /// When the order was cancelled, if it is.
    pub cancelled_at: Option<Timestamp>,
    /// When the order was archived, if it is.
    pub closed_at: Option<Timestamp>,
    /// Why it was cancelled, in lower case.
    pub cancel_reason: Option<String>,
    /// `pending`, `authorized`, `partially_paid`, `paid`, `partially_refunded`, `refunded`, `voided`, or what else
    /// Shopify comes to say, in lower case.
    pub financial_status: Option<String>,
    /// `partial`, `fulfilled`, `restocked`, or what else Shopify comes to say; `None` is unfulfilled.
    pub fulfillment_status: Option<String>,
    /// Whether it is a test order.
    pub test: bool,
    /// ISO 4217 code of the shop's currency, in upper case.
    pub currency: String,
    /// ISO 4217 code of the currency the buyer saw, in upper case.
    pub presentment_currency: Option<String>,
    /// The current total in the presentment currency, as far as that is not the shop's. For an old body the total.
    #[serde(default)]
    pub presentment_total: Option<Decimal>,
    /// Whether prices include tax.
    pub taxes_included: bool,
    /// Items − discounts + shipping + tax + tips, before returns and refunds.
    pub total_price: Option<Decimal>,
    /// The same after edits, returns and refunds.
    pub current_total_price: Option<Decimal>,
    /// Tax, after edits, returns and refunds.
    pub current_total_tax: Option<Decimal>,
    /// Items after discounts, after edits, returns and refunds.
    pub current_subtotal_price: Option<Decimal>,
    /// Discounts, after edits, returns and refunds.
    pub current_total_discounts: Option<Decimal>,
    /// Shipping, before refunds.
    pub total_shipping_price: Option<Decimal>,
    /// Shipping, after refunds; `total_shipping_price` if the body does not tell.
    #[serde(default)]
    pub current_shipping_price: Option<Decimal>,
    /// Still to be paid; negative if owed to the buyer.
    pub total_outstanding: Option<Decimal>,
    /// Tips; `None` without.
    pub total_tip_received: Option<Decimal>,
    /// Money given back: the sum of the successful refund transactions.
    pub refunded: Decimal,
    /// Duties, after edits, returns and refunds; `None` without.
    pub current_total_duties: Option<Decimal>,
    /// Additional fees, after edits, returns and refunds; `None` without.
    pub current_total_additional_fees: Option<Decimal>,
    /// What cash rounding added to payments plus what it added to refunds, each with its sign; `None` without.
    pub total_cash_rounding: Option<Decimal>,
    /// E-mail address of the order.
    pub email: Option<String>,
    /// Phone number of the order.
    pub phone: Option<String>,
    /// The customer; a walk-in sale has none.
    pub customer: Option<Customer>,
    /// Billing address.
    pub billing_address: Option<Address>,
    /// Shipping address.
    pub shipping_address: Option<Address>,
    /// The company that buys, in B2B orders.
    pub company: Option<Company>,
    /// Line items by id; a removed one stays with a current quantity of 0.
    pub lines: Vec<Line>,
    /// Shipping lines by id.
    pub shipping_lines: Vec<ShippingLine>,
    /// The note on the order.
    pub note: Option<String>,
    /// Additional details, in the shop's order.
    pub note_attributes: Vec<(String, String)>,
    /// Tags.
    pub tags: BTreeSet<String>,
    /// Discount codes, sorted.
    pub discount_codes: Vec<String>,
    /// Names of the payment gateways, sorted.
    pub payment_gateways: Vec<String>,
    /// Where the order comes from: `web`, `pos`, an app's id …
    pub source_name: Option<String>,
    /// The order's id at its source.
    pub source_identifier: Option<String>,
    /// Purchase order number.
    pub po_number: Option<String>,
    /// Tracking numbers of the fulfilments that stand.
    pub tracking_numbers: BTreeSet<String>,
    /// What takes no part in equality.
    #[serde(default)]
    pub extras: Extras,
}

/// What the Admin API cannot tell as the webhook does: it computes the visit later, gives full URLs where the webhook
/// gives a path, and may give nothing; terms of payment need a scope of their own (facts §5.3, §5.9). All values are
/// equal to each other, so that an [`Order`] is compared without them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Extras {
    /// Page of the first visit: a path with its query from a webhook, a URL from the Admin API.
    pub landing_site: Option<String>,
    /// Where that visit came from.
    pub referring_site: Option<String>,
    /// Terms of payment. `None` is not told, empty ones are told to be none.
    #[serde(default)]
    pub payment_terms: Option<PaymentTerms>,
}

impl PartialEq for Extras {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Extras {}

/// When an order that is not paid at once is due.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentTerms {
    /// Name, such as `Net 30`.
    pub name: Option<String>,
    /// When the next payment is due; `None` once all are made, or while no date is known.
    pub due_at: Option<Timestamp>,
}

/// A customer as an order names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The customer's id.
    pub id: u64,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
}

/// A company as an order names it. The webhook tells no name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    /// The company's id.
    pub id: u64,
    /// The id of the company's location that buys.
    pub location_id: Option<u64>,
}

/// A postal address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Company.
    pub company: Option<String>,
    /// Street and number.
    pub address1: Option<String>,
    /// Second line.
    pub address2: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Postal code.
    pub zip: Option<String>,
    /// Province or state.
    pub province: Option<String>,
    /// Code of the province.
    pub province_code: Option<String>,
    /// Country, in English.
    pub country: Option<String>,
    /// ISO 3166-1 alpha-2 code of the country.
    pub country_code: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
}

/// A line item (facts §3.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The line's id.
    pub id: u64,
    /// The product; `None` for custom items and deleted products.
    pub product_id: Option<u64>,
    /// The variant; `None` for custom items and deleted products.
    pub variant_id: Option<u64>,
    /// Title of the product.
    pub title: Option<String>,
    /// Title of the variant.
    pub variant_title: Option<String>,
    /// Both titles in one.
    pub name: Option<String>,
    /// Stock keeping unit.
    pub sku: Option<String>,
    /// Vendor.
    pub vendor: Option<String>,
    /// Ordered pieces, later additions included.
    pub quantity: u32,
    /// Pieces after removals and refunds; `quantity` if the body does not tell.
    pub current_quantity: u32,
    /// Price of one piece, before discounts.
    pub price: Decimal,
    /// Sum of all discount allocations, for the whole of `quantity`.
    pub discount: Decimal,
    /// Taxes, for the whole of `quantity`.
    pub tax_lines: Vec<TaxLine>,
    /// Whether it is a gift card.
    pub gift_card: bool,
    /// Custom properties, in the shop's order.
    pub properties: Vec<(String, String)>,
}

/// A way of shipping and its price (facts §3.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingLine {
    /// The line's id. The Admin API may leave it out.
    pub id: Option<u64>,
    /// Title.
    pub title: Option<String>,
    /// Code of the rate.
    pub code: Option<String>,
    /// Price before discounts.
    pub price: Decimal,
    /// Price after discounts: `price − discount`.
    pub discounted_price: Decimal,
    /// Discounts on it.
    pub discount: Decimal,
    /// Price after discounts and refunds; `discounted_price`, or zero if removed, where the body does not tell.
    pub current_discounted_price: Decimal,
    /// Taxes.
    pub tax_lines: Vec<TaxLine>,
    /// Whether it was removed from the order.
    pub removed: bool,
}

/// A tax on a line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TaxLine {
    /// Name of the tax.
    pub title: Option<String>,
    /// Rate as a fraction: `0.19` is 19 %.
    pub rate: Option<Decimal>,
    /// Amount.
    pub price: Decimal,
}
