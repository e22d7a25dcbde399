//! What templates and expressions see of an order. The names are an interface: mappings are written against them
//! (docs/mapping.md lists them all).

use std::collections::BTreeMap;

use jiff::Timestamp;
use minijinja::value::{Serde, Value};
use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use serde::Serialize;

use crate::order::{Address, Charge, Extra, Fulfillment, Line, Order, Payment};

/// Everything under its two names, `order` and `shop`.
pub(super) fn scope(order: &Order) -> Value {
    Value::from(Serde(Scope {
        order: OrderView::of(order),
        shop: ShopView::of(order),
    }))
}

/// All names, with the sample's values; what an order names itself (attributes, properties) is open.
pub(super) fn names() -> serde_json::Value {
    let order = super::sample::order();
    let scope = Scope {
        order: OrderView::of(&order),
        shop: ShopView::of(&order),
    };
    let mut names = serde_json::to_value(scope).unwrap_or_default();
    if let Some(attributes) = names.pointer_mut("/order/attributes") {
        *attributes = serde_json::Value::Null;
    }
    names
}

/// The paths of all names, the members of a list behind `[]`: `order.customer.email`, `order.lines[].sku`.
pub fn paths() -> Vec<String> {
    let mut paths = Vec::new();
    walk(String::new(), &names(), &mut paths);
    paths
}

fn walk(path: String, value: &serde_json::Value, paths: &mut Vec<String>) {
    match value {
        // What an order names itself is one name of ours.
        serde_json::Value::Object(names) if !path.ends_with("properties") => {
            for (name, inner) in names {
                let dot = if path.is_empty() { "" } else { "." };
                walk(format!("{path}{dot}{name}"), inner, paths);
            }
        }
        serde_json::Value::Array(items) => match items.first() {
            Some(item @ serde_json::Value::Object(_)) => walk(format!("{path}[]"), item, paths),
            Some(_) | None => paths.push(path),
        },
        serde_json::Value::Object(_)
        | serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => paths.push(path),
    }
}

#[derive(Serialize)]
struct Scope<'a> {
    order: OrderView<'a>,
    shop: ShopView<'a>,
}

#[derive(Serialize)]
struct ShopView<'a> {
    domain: &'a str,
    handle: &'a str,
}

#[derive(Serialize)]
struct OrderView<'a> {
    id: u64,
    name: &'a str,
    number: Option<u64>,
    confirmation_number: Option<&'a str>,
    po_number: Option<&'a str>,
    url: String,
    created_at: Option<Timestamp>,
    processed_at: Option<Timestamp>,
    updated_at: Timestamp,
    cancelled_at: Option<Timestamp>,
    closed_at: Option<Timestamp>,
    cancel_reason: Option<&'a str>,
    cancelled: bool,
    deleted: bool,
    test: bool,
    payment: &'a str,
    fulfillment: &'a str,
    currency: &'a str,
    total: f64,
    charged: Option<f64>,
    subtotal: Option<f64>,
    tax: Option<f64>,
    discount: Option<f64>,
    shipping: Option<f64>,
    tip: f64,
    duties: f64,
    fees: f64,
    cash_rounding: f64,
    refunded: f64,
    paid: Option<f64>,
    outstanding: Option<f64>,
    presentment_currency: &'a str,
    presentment_total: Option<f64>,
    taxes_included: bool,
    payment_terms: Option<&'a str>,
    payment_due_at: Option<Timestamp>,
    gateways: &'a [String],
    discount_codes: &'a [String],
    tags: Vec<&'a str>,
    tracking_numbers: Vec<&'a str>,
    note: Option<&'a str>,
    attributes: BTreeMap<&'a str, &'a str>,
    source: Option<&'a str>,
    landing_site: Option<&'a str>,
    referring_site: Option<&'a str>,
    utm: Utm,
    lines: Vec<LineView<'a>>,
    shipping_lines: Vec<ChargeView<'a>>,
    pieces: u32,
    customer: CustomerView<'a>,
    billing: AddressView<'a>,
    delivery: AddressView<'a>,
    company: CompanyView<'a>,
}

#[derive(Serialize)]
struct LineView<'a> {
    name: &'a str,
    title: Option<&'a str>,
    variant_title: Option<&'a str>,
    sku: Option<&'a str>,
    vendor: Option<&'a str>,
    quantity: u32,
    ordered: u32,
    price: f64,
    discount: f64,
    gift_card: bool,
    variant_id: Option<u64>,
    product_id: Option<u64>,
    properties: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct ChargeView<'a> {
    name: &'a str,
    price: f64,
}

#[derive(Serialize)]
struct CustomerView<'a> {
    id: Option<u64>,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    name: String,
    email: Option<&'a str>,
    phone: Option<&'a str>,
}

#[derive(Default, Serialize)]
struct AddressView<'a> {
    name: String,
    company: Option<&'a str>,
    street: String,
    zip: Option<&'a str>,
    city: Option<&'a str>,
    province: Option<&'a str>,
    country: Option<&'a str>,
    country_code: Option<&'a str>,
    phone: Option<&'a str>,
    line: String,
}

#[derive(Serialize)]
struct CompanyView<'a> {
    id: Option<u64>,
    location_id: Option<u64>,
    name: Option<&'a str>,
}

/// Where the visit came from, by the landing page's parameters.
#[derive(Default, Serialize)]
pub(super) struct Utm {
    source: Option<String>,
    medium: Option<String>,
    campaign: Option<String>,
    content: Option<String>,
    term: Option<String>,
}

/// The order's page in the shop's admin.
pub(super) fn url(order: &Order) -> String {
    let shop = ShopView::of(order);
    format!(
        "https://admin.shopify.com/store/{}/orders/{}",
        shop.handle, order.key.order
    )
}

impl<'a> ShopView<'a> {
    fn of(order: &'a Order) -> Self {
        let domain = order.key.shop.as_str();
        Self {
            domain,
            handle: domain.trim_end_matches(".myshopify.com"),
        }
    }
}

impl<'a> OrderView<'a> {
    fn of(order: &'a Order) -> Self {
        let sums = &order.sums;
        let beside = &order.beside;
        let terms = order.payment_terms();
        let presentment = order.presentment.as_ref();
        Self {
            id: order.key.order.0,
            name: &order.name,
            number: order.order_number,
            confirmation_number: order.confirmation_number.as_deref(),
            po_number: order.po_number.as_deref(),
            url: url(order),
            created_at: order.created_at,
            processed_at: order.processed_at,
            updated_at: order.updated_at,
            cancelled_at: order.cancelled_at,
            closed_at: order.closed_at,
            cancel_reason: order.cancel_reason.as_deref(),
            cancelled: order.cancelled,
            deleted: order.beside.deleted,
            test: order.test,
            payment: payment(&order.payment),
            fulfillment: fulfillment(&order.fulfillment),
            currency: order.currency.as_str(),
            total: number(order.total),
            charged: sums.charged.map(number),
            subtotal: sums.subtotal.map(number),
            tax: sums.tax.map(number),
            discount: sums.discounts.map(number),
            shipping: sums.shipping.map(number),
            tip: number(order.extra(Extra::Tip)),
            duties: number(order.extra(Extra::Duties)),
            fees: number(order.extra(Extra::Fees)),
            cash_rounding: number(order.extra(Extra::CashRounding)),
            refunded: number(sums.refunded),
            paid: order.kept().map(number),
            outstanding: sums.outstanding.map(number),
            presentment_currency: presentment
                .map_or(order.currency.as_str(), |it| it.currency.as_str()),
            presentment_total: match presentment {
                Some(it) => it.total.map(number),
                None => Some(number(order.total)),
            },
            taxes_included: order.taxes_included,
            payment_terms: terms.and_then(|it| it.name.as_deref()),
            payment_due_at: terms.and_then(|it| it.due_at),
            gateways: &order.payment_gateways,
            discount_codes: &order.discount_codes,
            tags: order.tags.iter().map(String::as_str).collect(),
            tracking_numbers: order.tracking_numbers.iter().map(String::as_str).collect(),
            note: order.note.as_deref(),
            attributes: by_name(&order.note_attributes),
            source: order.source.as_deref(),
            landing_site: beside.landing_site.as_deref(),
            referring_site: beside.referring_site.as_deref(),
            utm: Utm::of(beside.landing_site.as_deref().unwrap_or_default()),
            lines: order.lines.iter().filter_map(LineView::of).collect(),
            shipping_lines: order.shipping.iter().map(ChargeView::of).collect(),
            pieces: order
                .lines
                .iter()
                .fold(0, |sum, it| it.current_quantity.saturating_add(sum)),
            customer: CustomerView::of(order),
            billing: AddressView::of(order.billing_address.as_ref()),
            delivery: AddressView::of(order.shipping_address.as_ref()),
            company: CompanyView {
                id: beside.company.map(|it| it.id),
                location_id: beside.company.and_then(|it| it.location),
                name: order.company_name(),
            },
        }
    }
}

impl<'a> LineView<'a> {
    /// A line that is still part of the order.
    fn of(line: &'a Line) -> Option<Self> {
        (0 < line.current_quantity).then(|| Self {
            name: &line.name,
            title: line.title.as_deref(),
            variant_title: line.variant_title.as_deref(),
            sku: line.sku.as_deref(),
            vendor: line.vendor.as_deref(),
            quantity: line.current_quantity,
            ordered: line.quantity,
            price: number(line.price),
            discount: number(line.discount),
            gift_card: line.gift_card,
            variant_id: line.variant,
            product_id: line.product,
            properties: by_name(&line.properties),
        })
    }
}

impl<'a> ChargeView<'a> {
    fn of(charge: &'a Charge) -> Self {
        Self {
            name: &charge.name,
            price: number(charge.amount),
        }
    }
}

impl<'a> CustomerView<'a> {
    fn of(order: &'a Order) -> Self {
        let buyer = &order.buyer;
        Self {
            id: buyer.customer,
            first_name: buyer.first_name.as_deref(),
            last_name: buyer.last_name.as_deref(),
            name: joined([&buyer.first_name, &buyer.last_name], " "),
            email: buyer.email.as_deref(),
            phone: buyer.phone.as_deref(),
        }
    }
}

impl<'a> AddressView<'a> {
    fn of(address: Option<&'a Address>) -> Self {
        let Some(address) = address else {
            return Self::default();
        };
        let street = joined([&address.address1, &address.address2], ", ");
        let town = joined([&address.zip, &address.city], " ");
        let line = joined([&some(&street), &some(&town), &address.country], ", ");
        Self {
            name: joined([&address.first_name, &address.last_name], " "),
            company: address.company.as_deref(),
            street,
            zip: address.zip.as_deref(),
            city: address.city.as_deref(),
            province: address.province.as_deref(),
            country: address.country.as_deref(),
            country_code: address.country_code.as_deref(),
            phone: address.phone.as_deref(),
            line,
        }
    }
}

impl Utm {
    /// What is there, by the name of the deal field that holds it.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("utmSource", &self.source),
            ("utmMedium", &self.medium),
            ("utmCampaign", &self.campaign),
            ("utmContent", &self.content),
            ("utmTerm", &self.term),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }

    pub(super) fn of(page: &str) -> Self {
        let (_, query) = page.split_once('?').unwrap_or_default();
        let query = query.split('#').next().unwrap_or_default();
        let of = |name: &str| {
            let value = query
                .split('&')
                .filter_map(|it| it.split_once('='))
                .find(|(key, _)| *key == name)?
                .1;
            let value = decoded(value);
            (!value.is_empty()).then_some(value)
        };
        Self {
            source: of("utm_source"),
            medium: of("utm_medium"),
            campaign: of("utm_campaign"),
            content: of("utm_content"),
            term: of("utm_term"),
        }
    }
}

/// The text behind percent signs and pluses; what is not well-formed stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let (byte, used) = match (first, tail) {
            (b'+', _) => (b' ', 0),
            (b'%', [high, low, ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high * 16 + low, 2),
                (_, _) => (b'%', 0),
            },
            (other, _) => (*other, 0),
        };
        bytes.push(byte);
        rest = &tail[used..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    (digit as char)
        .to_digit(16)
        .and_then(|it| u8::try_from(it).ok())
}

fn by_name(pairs: &[(String, String)]) -> BTreeMap<&str, &str> {
    pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

fn joined<const N: usize>(parts: [&Option<String>; N], with: &str) -> String {
    let parts: Vec<&str> = parts
        .into_iter()
        .flatten()
        .map(|it| it.trim())
        .filter(|it| !it.is_empty())
        .collect();
    parts.join(with)
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// Expressions count in binary fractions; amounts are rounded to the portal's two decimals where they are written.
fn number(amount: Decimal) -> f64 {
    amount.to_f64().unwrap_or_default()
}

/// Shopify's own word.
fn payment(payment: &Payment) -> &str {
    match payment {
        Payment::Pending => "pending",
        Payment::Authorized => "authorized",
        Payment::PartiallyPaid => "partially_paid",
        Payment::Paid => "paid",
        Payment::PartiallyRefunded => "partially_refunded",
        Payment::Refunded => "refunded",
        Payment::Voided => "voided",
        Payment::Unrecognised(other) => other,
    }
}

/// Shopify's own word.
fn fulfillment(fulfillment: &Fulfillment) -> &str {
    match fulfillment {
        Fulfillment::Unfulfilled => "unfulfilled",
        Fulfillment::Partial => "partial",
        Fulfillment::Fulfilled => "fulfilled",
        Fulfillment::Restocked => "restocked",
        Fulfillment::Unrecognised(other) => other,
    }
}
