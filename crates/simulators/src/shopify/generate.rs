//! Draws realistic orders with exact arithmetic.

use super::address::Customer;
use super::config::{OrderShape, ShopConfig};
use super::discount;
use super::faults::ShopFaults;
use super::money::Currency;
use super::order::{Line, Order, Quirks, Shipping};
use jiff::{SignedDuration, Timestamp};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;

/// In a shop that sells to companies every third customer buys for one, and they share two companies.
const COMPANY_EVERY: u64 = 3;
const FIRST_COMPANY: u64 = 11_120_000_000_001;
const COMPANIES: u64 = 2;

/// What an order is drawn from.
pub(super) struct Draft<'a> {
    pub config: &'a ShopConfig,
    pub faults: &'a ShopFaults,
    pub customers: &'a [Customer],
    pub shape: &'a OrderShape,
    pub id: u64,
    pub number: u64,
    pub updated: Timestamp,
    pub triggered: Timestamp,
}

/// Draws an order.
pub(super) fn order(rng: &mut ChaCha8Rng, draft: &Draft<'_>) -> Order {
    let Draft {
        config,
        faults,
        shape,
        ..
    } = *draft;
    let currency = currency(rng, config);
    let taxes_included = shape
        .taxes_included
        .unwrap_or_else(|| rng.random_bool(config.taxes_included));
    let wanted = shape
        .lines
        .unwrap_or_else(|| rng.random_range(1..=6))
        .max(1);
    let lines = (0..wanted)
        .map(|index| line(rng, &currency, draft.id * 100 + slot(index)))
        .collect();
    let walk_in = shape
        .walk_in
        .unwrap_or_else(|| shape.customer.is_none() && rng.random_bool(config.walk_ins));
    let buyer = shape
        .customer
        .unwrap_or_else(|| rng.random_range(0..draft.customers.len()));
    let buyer = (!walk_in).then(|| &draft.customers[buyer % draft.customers.len()]);
    let no_address = walk_in || rng.random_bool(faults.null_addresses);
    let very_old = rng.random_bool(faults.very_old);
    let days = shape.days_old.unwrap_or(if very_old {
        rng.random_range(70..700)
    } else {
        0
    });
    let created = draft.updated
        - SignedDuration::from_secs(rng.random_range(0..=1))
        - SignedDuration::from_hours(24 * i64::from(days));
    let (tax_title, tax_rate) = TAXES[rng.random_range(0..TAXES.len())];
    let mut order = Order {
        id: draft.id,
        number: draft.number,
        confirmation: text(rng, b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 9),
        token: text(rng, b"0123456789abcdef", 32),
        created,
        processed: created - SignedDuration::from_secs(rng.random_range(0..=3)),
        updated: draft.updated,
        triggered: draft.triggered,
        cancelled: None,
        cancel_reason: None,
        taxes_included,
        tax_title,
        tax_rate: Decimal::new(tax_rate, 3),
        lines,
        shipping: Vec::new(),
        discounts: Vec::new(),
        tip: Decimal::ZERO,
        extras_refunded: false,
        received: Decimal::ZERO,
        refunded: Decimal::ZERO,
        authorized: rng.random_bool(0.3),
        voided: false,
        refunds: Vec::new(),
        fulfilments: Vec::new(),
        customer: buyer
            .filter(|_| !rng.random_bool(faults.null_customer))
            .cloned(),
        billing: buyer
            .filter(|_| !no_address)
            .map(|buyer| buyer.address.clone()),
        delivery: buyer
            .filter(|_| !no_address && rng.random_bool(0.8))
            .map(|buyer| buyer.address.clone()),
        email: buyer
            .and_then(|buyer| buyer.email.clone())
            .map(|email| spelled(rng, email)),
        company: buyer
            .filter(|buyer| config.b2b && buyer.id.is_multiple_of(COMPANY_EVERY))
            .map(|buyer| FIRST_COMPANY + buyer.id % COMPANIES),
        phone: buyer.and_then(|buyer| buyer.phone.clone()),
        locale: buyer.map_or("en-GB", |buyer| buyer.locale),
        note: shape
            .note
            .clone()
            .or_else(|| rng.random_bool(0.4).then(|| pick(rng, &NOTES).to_owned())),
        attributes: attributes(rng),
        tags: (0..rng.random_range(0..3))
            .map(|_| pick(rng, &TAGS).to_owned())
            .collect(),
        source: if walk_in { "pos" } else { pick(rng, &SOURCES) },
        gateway: if walk_in {
            "cash"
        } else {
            pick(rng, &GATEWAYS)
        },
        landing_site: (!walk_in && rng.random_bool(0.7)).then(|| pick(rng, &LANDINGS).to_owned()),
        test: shape
            .test
            .unwrap_or_else(|| rng.random_bool(config.test_orders)),
        deleted: false,
        quirks: quirks(rng, faults),
        history: Vec::new(),
        currency,
    };
    order.tags.sort_unstable();
    order.tags.dedup();
    add_shipping(rng, &mut order, shape, walk_in);
    if shape.discounted.unwrap_or_else(|| rng.random_bool(0.5)) {
        discount::add(rng, &mut order);
    }
    if shape.tip.unwrap_or_else(|| rng.random_bool(0.1)) {
        order.tip = price(rng, &order.currency, 50, 900);
    }
    if shape
        .paid
        .unwrap_or_else(|| walk_in || rng.random_bool(0.6))
    {
        order.authorized = false;
        order.received = order.outstanding();
    }
    order
}

/// Draws a line item with the given id; also for edits.
pub(super) fn line(rng: &mut ChaCha8Rng, currency: &Currency, id: u64) -> Line {
    let kind = rng.random_range(0..20);
    let custom = kind < 3;
    let gift_card = kind == 3;
    let (title, variant, sku) = pick(rng, &PRODUCTS);
    let product = rng.random_range(1..200_u64);
    let quantity = if rng.random_bool(0.5) {
        1
    } else {
        rng.random_range(2..=7)
    };
    Line {
        id,
        product: (!custom).then_some(9_120_000_000_000 + product),
        variant: (!custom).then_some(45_120_000_000_000 + product),
        title: match (custom, gift_card) {
            (true, _) => pick(rng, &CUSTOM).to_owned(),
            (false, true) => "Gutschein / Gift Card".to_owned(),
            (false, false) => title.to_owned(),
        },
        variant_title: (!custom && !gift_card)
            .then_some(variant)
            .flatten()
            .map(str::to_owned),
        sku: (!custom && rng.random_bool(0.9)).then(|| format!("{sku}-{product}")),
        vendor: (!custom).then(|| "ACME".to_owned()),
        quantity,
        current: quantity,
        fulfilled: 0,
        price: if rng.random_bool(0.03) {
            Decimal::ZERO
        } else {
            price(rng, currency, 99, 29_999)
        },
        allocations: Vec::new(),
        taxable: !gift_card && rng.random_bool(0.95),
        gift_card,
        grams: rng.random_range(0..3_000),
        properties: if rng.random_bool(0.2) {
            vec![
                ("engraving".to_owned(), "E.M. & Söhne / 2026".to_owned()),
                ("_hidden".to_owned(), String::new()),
            ]
        } else {
            Vec::new()
        },
    }
}

/// Draws one of some values.
pub(super) fn pick<T: Copy>(rng: &mut ChaCha8Rng, values: &[T]) -> T {
    values[rng.random_range(0..values.len())]
}

fn currency(rng: &mut ChaCha8Rng, config: &ShopConfig) -> Currency {
    let code = config.currency.clone();
    if rng.random_bool(config.presentment) && code != "GBP" {
        Currency {
            code,
            presentment: "GBP".to_owned(),
            rate: Decimal::new(8_437, 4),
        }
    } else {
        Currency {
            presentment: code.clone(),
            code,
            rate: Decimal::ONE,
        }
    }
}

/// A price whose smallest units lie in a range; zero-decimal currencies get the same digits without the point.
pub(super) fn price(rng: &mut ChaCha8Rng, currency: &Currency, from: i64, to: i64) -> Decimal {
    Decimal::from(rng.random_range(from..=to)) * currency.smallest()
}

fn spelled(rng: &mut ChaCha8Rng, email: String) -> String {
    // The same mailbox in other letter case, as buyers type it.
    if rng.random_bool(0.05) {
        email.replacen("buyer", "Buyer", 1)
    } else {
        email
    }
}

fn attributes(rng: &mut ChaCha8Rng) -> Vec<(String, String)> {
    if rng.random_bool(0.3) {
        vec![
            ("gift".to_owned(), "yes".to_owned()),
            ("delivery/date".to_owned(), "2026-12-24 & later".to_owned()),
        ]
    } else {
        Vec::new()
    }
}

fn quirks(rng: &mut ChaCha8Rng, faults: &ShopFaults) -> Quirks {
    let missing = if rng.random_bool(faults.missing_optional) {
        OPTIONAL
            .iter()
            .filter(|_| rng.random_bool(0.5))
            .copied()
            .collect()
    } else {
        Vec::new()
    };
    Quirks {
        unknown_fields: rng.random_bool(faults.unknown_fields),
        missing,
        padding: if rng.random_bool(faults.big_body) {
            1_100_000
        } else {
            0
        },
    }
}

fn add_shipping(rng: &mut ChaCha8Rng, order: &mut Order, shape: &OrderShape, walk_in: bool) {
    let drawn = if walk_in {
        0
    } else {
        pick(rng, &[0, 1, 1, 1, 1, 2])
    };
    for index in 0..shape.shipping_lines.unwrap_or(drawn) {
        let free = rng.random_bool(0.15);
        let price = if free {
            Decimal::ZERO
        } else {
            price(rng, &order.currency, 290, 2_490)
        };
        order.shipping.push(Shipping {
            id: 5_000_000_000_000 + order.id % 1_000_000_000 * 10 + slot(index),
            title: pick(rng, &CARRIERS),
            price,
            allocations: Vec::new(),
            removed: false,
        });
    }
    // A line that was replaced at checkout stays, marked as removed, and counts for nothing (facts §3.5).
    if !order.shipping.is_empty() && rng.random_bool(0.05) {
        let mut removed = order.shipping[0].clone();
        removed.id += 9;
        removed.removed = true;
        order.shipping.push(removed);
    }
}

fn text(rng: &mut ChaCha8Rng, letters: &[u8], length: usize) -> String {
    (0..length)
        .map(|_| char::from(pick(rng, letters)))
        .collect()
}

fn slot(index: usize) -> u64 {
    u64::try_from(index).unwrap_or(0) + 1
}

const TAXES: [(&str, i64); 5] = [
    ("DE MwSt", 190),
    ("ПДВ", 200),
    ("Sales Tax", 73),
    ("DE MwSt ermäßigt", 70),
    ("No tax", 0),
];

/// Fields a body may lack without becoming another order (facts §1.9).
const OPTIONAL: [&str; 16] = [
    "company",
    "landing_site",
    "referring_site",
    "presentment_currency",
    "po_number",
    "payment_terms",
    "confirmation_number",
    "total_outstanding",
    "total_tip_received",
    "total_weight",
    "total_price_set",
    "current_total_price_set",
    "total_shipping_price_set",
    "line_item_groups",
    "returns",
    "source_identifier",
];

const PRODUCTS: [(&str, Option<&str>, &str); 8] = [
    ("Mug", Some("blue"), "MUG"),
    ("Кружка «Київ»", Some("синя / 0,3 л"), "KRU"),
    ("T-Shirt", Some("XL / schwarz"), "TS"),
    ("Poster 50×70 cm", None, "POS"),
    ("Büroklammer (100 Stück)", None, "BK"),
    ("Chair \"Nørd\" & cushion", Some("oak"), "CH"),
    ("Kaffee 1kg 100% Arabica", Some("ganze Bohne"), "KAF"),
    ("湯呑み", None, "YUN"),
];
const CUSTOM: [&str; 3] = [
    "Gift wrap (custom item)",
    "Geschenkverpackung",
    "Special order: see e-mail",
];
const CARRIERS: [&str; 5] = [
    "DHL",
    "Нова пошта",
    "Standard",
    "UPS Express",
    "Click & Collect",
];
const TAGS: [&str; 5] = ["vip", "newsletter", "b2b", "Stammkunde", "акція"];
const SOURCES: [&str; 6] = [
    "web",
    "web",
    "web",
    "shopify_draft_order",
    "iphone",
    "1354745",
];
const GATEWAYS: [&str; 5] = [
    "shopify_payments",
    "paypal",
    "bogus",
    "Cash on Delivery (COD)",
    "manual",
];
const LANDINGS: [&str; 3] = [
    "/products/mug?utm_source=mail&utm_medium=crm",
    "",
    "/?gclid=abc&x=1%262",
];
const NOTES: [&str; 9] = [
    "Bitte klingeln",
    "first line\nsecond line\r\nthird\ttab",
    "Please 🎁 wrap 👩‍👩‍👧 it",
    "$result[deal][ID] and $result[0]",
    "100%26 off & a=b&c=d %3Cb%3E",
    "She said \"don't\" \\ and left </textarea><script>alert(1)</script>",
    "Передзвоніть після 18:00",
    "[b]bold[/b] {{=Document:ID}} #DEAL_1#",
    "   ",
];
