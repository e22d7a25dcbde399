//! An order's deal, as data to be shown or printed as JSON.

use jiff::Timestamp;
use kernel::{
    contact::ContactWish,
    deal::{FieldValue, Row, StageWish, field},
    mapping::Mapping,
    money,
    order::Order,
};
use rust_decimal::Decimal;
use serde::Serialize;

/// The funnel that `map` speaks of: it asks no portal, so the stages of others are not known.
const CATEGORY: u64 = 0;

/// In which of Shopify's two forms the order came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Form {
    /// A webhook's body.
    Webhook,
    /// A node of the Admin API.
    Graphql,
}

/// An order and its deal.
#[derive(Debug, Serialize)]
pub(super) struct Preview {
    pub(super) order: OrderFacts,
    pub(super) deal: Deal,
}

/// What identifies the order.
#[derive(Debug, Serialize)]
pub(super) struct OrderFacts {
    pub(super) shop: String,
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) updated_at: Timestamp,
    pub(super) test: bool,
    pub(super) form: Form,
}

/// The deal.
#[derive(Debug, Serialize)]
pub(super) struct Deal {
    pub(super) fields: Vec<Field>,
    pub(super) stage: Stage,
    pub(super) contact: Option<Contact>,
    pub(super) rows: Vec<RowShown>,
    pub(super) amount: Decimal,
    pub(super) rows_total: Decimal,
    pub(super) adds_up: bool,
    pub(super) currency: String,
    pub(super) notes: Vec<String>,
}

/// When a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Written {
    /// Whenever it changes: Shopify owns it.
    Always,
    /// Once: people own it afterwards.
    OnCreate,
}

/// One field.
#[derive(Debug, Serialize)]
pub(super) struct Field {
    pub(super) field: String,
    pub(super) value: serde_json::Value,
    pub(super) written: Written,
    pub(super) source: Option<&'static str>,
}

/// Where the rules want the deal.
#[derive(Debug, Serialize)]
pub(super) struct Stage {
    #[serde(skip)]
    pub(super) wish: StageWish,
    pub(super) wanted: &'static str,
    pub(super) stage_id: String,
}

/// The buyer.
#[derive(Debug, Serialize)]
pub(super) struct Contact {
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) origin: String,
}

/// One product row.
#[derive(Debug, Serialize)]
pub(super) struct RowShown {
    pub(super) name: String,
    pub(super) price: Decimal,
    pub(super) quantity: u32,
    pub(super) sum: Decimal,
    pub(super) tax_percent: Option<Decimal>,
    pub(super) tax_included: bool,
}

impl Preview {
    /// Maps the order.
    pub(super) fn of(order: &Order, mapping: &Mapping, form: Form) -> Self {
        let desired = mapping.desired(order);
        let stage_id = desired.stage.stage_id(CATEGORY);
        let field = |(name, value): (&String, &FieldValue), written| Field {
            field: name.clone(),
            value: json(value),
            written,
            source: source(name, mapping, form),
        };
        let always = desired.always.iter();
        let mut fields: Vec<Field> = always.map(|it| field(it, Written::Always)).collect();
        let once = desired.on_create.iter();
        fields.extend(once.map(|it| field(it, Written::OnCreate)));
        fields.extend([
            own(field::ORIGINATOR, order.key.shop.originator(), "shop"),
            own(field::ORIGIN, order.key.origin(), order_id(form)),
        ]);
        fields.sort_by_key(|it| rank(&it.field));
        let rows: Vec<RowShown> = desired.rows.iter().map(row).collect();
        let rows_total: Decimal = rows.iter().map(|it| it.sum).sum();
        let amount = money::carried(order.total);
        Self {
            order: OrderFacts {
                shop: order.key.shop.to_string(),
                id: order.key.order.0,
                name: order.name.clone(),
                updated_at: order.updated_at,
                test: order.test,
                form,
            },
            deal: Deal {
                fields,
                stage: Stage {
                    wish: desired.stage,
                    wanted: word(desired.stage),
                    stage_id,
                },
                contact: desired.contact.map(contact),
                rows,
                amount,
                rows_total,
                adds_up: amount == rows_total,
                currency: order.currency.to_string(),
                notes: desired.notes,
            },
        }
    }
}

/// Where a field stands in the table: what people look for first comes first.
fn rank(name: &str) -> usize {
    const FIRST: [&str; 4] = [
        field::TITLE,
        field::AMOUNT,
        field::CURRENCY,
        field::MANUAL_AMOUNT,
    ];
    const LAST: [&str; 2] = [field::ORIGINATOR, field::ORIGIN];
    if let Some(at) = FIRST.iter().position(|it| *it == name) {
        return at;
    }
    match LAST.iter().position(|it| *it == name) {
        Some(at) => FIRST.len() + 1 + at,
        None => FIRST.len(),
    }
}

/// One half of the key that every deal carries from its first moment (design §3.4).
fn own(name: &str, value: String, source: &'static str) -> Field {
    Field {
        field: name.to_owned(),
        value: value.into(),
        written: Written::OnCreate,
        source: Some(source),
    }
}

fn json(value: &FieldValue) -> serde_json::Value {
    match value {
        FieldValue::Text(text) => text.as_str().into(),
        FieldValue::Number(number) => number.to_string().into(),
        FieldValue::Flag(flag) => (*flag).into(),
        FieldValue::Ids(ids) => ids.as_slice().into(),
    }
}

/// The order's field that a deal's field is made from, as the body that was read spells it.
fn source(name: &str, mapping: &Mapping, form: Form) -> Option<&'static str> {
    let (webhook, graphql) = match name {
        field::AMOUNT => ("current_total_price", "currentTotalPriceSet"),
        field::CURRENCY => ("currency", "currencyCode"),
        field::TITLE => ("name", "name"),
        field::COMMENTS => ("note", "note"),
        field::SOURCE => ("source_name", "sourceName"),
        other if other == mapping.order_field => return Some(order_id(form)),
        _ => return None,
    };
    Some(match form {
        Form::Webhook => webhook,
        Form::Graphql => graphql,
    })
}

fn order_id(form: Form) -> &'static str {
    match form {
        Form::Webhook => "id",
        Form::Graphql => "legacyResourceId",
    }
}

fn row(row: &Row) -> RowShown {
    let price = money::carried(row.price);
    RowShown {
        name: row.name.clone(),
        price,
        quantity: row.quantity,
        // Prices are bounded far below a decimal's range where they are read.
        sum: money::carried(price * Decimal::from(row.quantity)),
        tax_percent: row.tax_rate,
        tax_included: row.tax_included,
    }
}

fn word(wish: StageWish) -> &'static str {
    match wish {
        StageWish::Open => "open",
        StageWish::Won => "won",
        StageWish::Lost => "lost",
    }
}

fn contact(wish: ContactWish) -> Contact {
    Contact {
        first_name: wish.first_name,
        last_name: wish.last_name,
        email: wish.email,
        phone: wish.phone,
        origin: wish.origin,
    }
}
