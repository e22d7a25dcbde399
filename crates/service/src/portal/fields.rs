//! Fields, rows and deals between the kernel's form and the wire's.

use std::{collections::BTreeSet, sync::Arc};

use bitrix24::{
    deals::{DealRow, Semantic as WireSemantic},
    rows::Row as WireRow,
    value,
};
use kernel::{
    CompanyId, ContactId, DealId, Elapsed, ProcessNo,
    deal::{FieldValue, Fields, FoundDeal, Glimpse, Row, Semantic},
    event::{Effect, Shown},
    party::Details,
};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

/// Places between rows, so that a person can put one in between.
const SORT_STEP: u32 = 10;

pub(super) fn to_wire(fields: &Fields) -> Map<String, Value> {
    fields
        .iter()
        .map(|(name, value)| (name.clone(), value_to_wire(value)))
        .collect()
}

fn value_to_wire(value: &FieldValue) -> Value {
    match value {
        FieldValue::Text(text) => json!(text),
        FieldValue::Number(number) => value::number(*number),
        FieldValue::Flag(true) => json!("Y"),
        FieldValue::Flag(false) => json!("N"),
        FieldValue::Ids(ids) => json!(ids),
        FieldValue::Texts(texts) => json!(texts),
    }
}

pub(super) fn rows_to_wire(rows: &[Row]) -> Vec<WireRow> {
    rows.iter()
        .zip(1_u32..)
        .map(|(row, place)| WireRow {
            product_id: row.product,
            name: row.name.clone(),
            price: row.price,
            quantity: Decimal::from(row.quantity),
            tax_rate: row.tax_rate,
            tax_included: row.tax_included,
            measure_code: None,
            sort: place.saturating_mul(SORT_STEP),
        })
        .collect()
}

/// What to add to a contact or a company.
pub(super) fn details(details: &Details) -> Map<String, Value> {
    match details {
        Details::Contact { email, phone } => {
            let reached = [("EMAIL", email), ("PHONE", phone)];
            let all: Vec<Value> = reached
                .into_iter()
                .filter_map(|(kind, value)| Some((kind, value.as_ref()?)))
                .map(|(kind, value)| json!({"typeId": kind, "valueType": "WORK", "value": value}))
                .collect();
            Map::from_iter([("fm".to_owned(), json!(all))])
        }
        Details::Company { title } => {
            Map::from_iter(title.iter().map(|it| ("title".to_owned(), json!(it))))
        }
    }
}

pub(super) fn found(row: &DealRow) -> FoundDeal {
    FoundDeal {
        id: DealId(row.id),
        title: row.title.clone(),
        originator: row.originator_id.clone(),
        origin: row.origin_id.clone(),
        order_field: row.order_field.clone(),
        additional_info: row.additional_info.clone(),
        duplicate_of: row.duplicate_of,
        semantic: match row.semantic {
            Some(WireSemantic::Success) => Semantic::Success,
            Some(WireSemantic::Failure) => Semantic::Failure,
            Some(WireSemantic::Process) | None => Semantic::Process,
        },
    }
}

pub(super) fn glimpse(
    row: &DealRow,
    fields: &Map<String, Value>,
    rows: usize,
    asks: &Asks<'_>,
    (at, process): (Elapsed, ProcessNo),
) -> Glimpse {
    let us = |user: Option<u64>| user.is_some_and(|it| asks.us.contains(&it));
    let values = asks
        .kept
        .iter()
        .filter_map(|it| Some((it.clone(), value_from_wire(fields.get(it)?))))
        .collect();
    let filled = fields
        .iter()
        .filter(|(_, value)| !is_empty(value))
        .map(|(name, _)| name.clone())
        .collect();
    Glimpse {
        deal: found(row),
        category: row.category_id,
        stage: row.stage_id.clone(),
        values,
        amount: row.opportunity,
        contacts: row.contact_ids.iter().copied().map(ContactId).collect(),
        company: row.company_id.map(CompanyId),
        filled,
        rows,
        created_by_us: us(row.created_by),
        untouched: us(row.created_by) && us(row.updated_by),
        moved_by_us: us(row.moved_by),
        at,
        process,
    }
}

/// What a read of a deal is made for.
pub(super) struct Asks<'a> {
    /// Our users.
    pub(super) us: Arc<BTreeSet<u64>>,
    /// Fields that are written while they show what we wrote.
    pub(super) kept: &'a [String],
}

/// A field's value as the portal shows it.
pub(crate) fn value_from_wire(value: &Value) -> FieldValue {
    match value {
        Value::Null => FieldValue::Text(String::new()),
        Value::Bool(flag) => FieldValue::Flag(*flag),
        Value::Number(number) => number
            .to_string()
            .parse()
            .map_or_else(|_| FieldValue::Text(number.to_string()), FieldValue::Number),
        Value::String(text) => FieldValue::Text(text.clone()),
        Value::Array(values) => FieldValue::Texts(
            values
                .iter()
                .map(|it| match it {
                    Value::String(text) => text.clone(),
                    other @ (Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::Array(_)
                    | Value::Object(_)) => other.to_string(),
                })
                .collect(),
        ),
        Value::Object(_) => FieldValue::Text(value.to_string()),
    }
}

pub(super) fn effect(row: DealRow) -> Effect {
    let tells = |field| row.fields.contains_key(field);
    let contacts = row.contact_ids.iter().copied().map(ContactId);
    let shows = Shown {
        contacts: tells("contactIds").then(|| contacts.collect()),
        company: tells("companyId").then(|| row.company_id.map(CompanyId)),
    };
    Effect::Deal {
        id: DealId(row.id),
        originator: row.originator_id,
        origin: row.origin_id,
        shows,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}
