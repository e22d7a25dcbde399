//! A deal as it should be, beside what was last said of it and what the portal shows.

use std::collections::BTreeSet;

use kernel::{
    deal::{DesiredDeal, FieldValue, Fields, Row, field},
    mapping::{Mapping, Owner},
    money,
    state::OrderState,
    version::Digest,
};
use rust_decimal::Decimal;

use super::{
    model::{Compared, ComparedField, PortalDeal, ProductRow},
    words::{Said, field_label},
};
use crate::inquiry::DealShown;

/// Letters of a value that are shown.
const VALUE_MAX: usize = 2_000;

/// Compares; without the portal where it was not asked.
pub(super) fn compared(
    state: &OrderState,
    mapping: &Mapping,
    portal: Option<(PortalDeal, Option<&DealShown>)>,
) -> Compared {
    let shown = portal.as_ref().and_then(|(_, shown)| *shown);
    let (portal, shows) = (portal.as_ref().map(|(it, _)| it.clone()), shown);
    let Some(seen) = &state.newest else {
        return Compared {
            fields: Vec::new(),
            rows: Vec::new(),
            rows_sent: None,
            portal,
        };
    };
    let desired = mapping.desired(&seen.order);
    Compared {
        fields: fields(state, mapping, &desired, shows.map(|it| &it.fields)),
        rows: desired.rows.iter().map(row).collect(),
        rows_sent: rows_sent(state, &desired),
        portal,
    }
}

fn fields(
    state: &OrderState,
    mapping: &Mapping,
    desired: &DesiredDeal,
    shown: Option<&Fields>,
) -> Vec<ComparedField> {
    let empty = Fields::new();
    let said = state.said.always.said().unwrap_or(&empty);
    let one = |name: &str, wanted: Option<String>, sent: Option<&FieldValue>, owner: &str| {
        ComparedField {
            field: name.to_owned(),
            label: field_label(name).unwrap_or_else(|| Said::same(name)),
            desired: wanted,
            sent: sent.map(text),
            portal: shown.and_then(|it| it.get(name)).map(text),
            owner: owner.to_owned(),
        }
    };
    let mut fields = Vec::new();
    for (name, wanted) in &desired.always {
        let word = Owner::Always.word();
        fields.push(one(name, Some(text(wanted)), said.get(name), word));
    }
    for (name, wanted) in &desired.on_create {
        fields.push(one(name, Some(text(wanted)), None, Owner::OnCreate.word()));
    }
    for (name, wanted) in &desired.if_untouched {
        let sent = state.said.kept.get(name).and_then(|it| it.said());
        let word = Owner::IfUntouched.word();
        fields.push(one(name, Some(text(wanted)), sent, word));
    }
    let first = mapping.first();
    let target = mapping.target(&desired.stage, first.category);
    let put = state.said.put.first().cloned().map(FieldValue::Text);
    fields.push(one(field::STAGE, Some(target.stage), put.as_ref(), "rules"));
    let contact = state
        .said
        .contact
        .said()
        .map(|it| FieldValue::Ids(vec![it.0]));
    if contact.is_some() {
        fields.push(one(field::CONTACTS, None, contact.as_ref(), "rules"));
    }
    let company = state
        .said
        .company
        .said()
        .map(|it| FieldValue::Ids(vec![it.0]));
    if company.is_some() {
        fields.push(one(field::COMPANY, None, company.as_ref(), "rules"));
    }
    let mut seen = BTreeSet::new();
    fields.retain(|it| seen.insert(it.field.clone()));
    fields
}

/// Whether exactly the rows that are wanted were the last ones sent.
fn rows_sent(state: &OrderState, desired: &DesiredDeal) -> Option<bool> {
    if state.rows_are_theirs {
        return None;
    }
    let rows = desired.rows.iter().map(|row| {
        let known = row.variant.and_then(|it| state.products.get(&it));
        Row {
            product: known.copied().flatten(),
            ..row.clone()
        }
    });
    let digest = Digest::of(&rows.collect::<Vec<_>>());
    Some(state.said.rows.said() == Some(&digest))
}

fn row(row: &Row) -> ProductRow {
    let (price, quantity) = (money::carried(row.price), Decimal::from(row.quantity));
    ProductRow {
        name: row.name.clone(),
        price,
        quantity,
        sum: money::carried(price * quantity),
    }
}

/// A row as the portal shows it.
pub(super) fn shown_row(row: &bitrix24::rows::Row) -> ProductRow {
    let sum = row.price.checked_mul(row.quantity).unwrap_or_default();
    ProductRow {
        name: row.name.clone(),
        price: row.price,
        quantity: row.quantity,
        sum: money::carried(sum),
    }
}

/// A value as people read it.
fn text(value: &FieldValue) -> String {
    let text = match value {
        FieldValue::Text(text) => text.clone(),
        FieldValue::Number(number) => number.to_string(),
        FieldValue::Flag(flag) => if *flag { "Y" } else { "N" }.to_owned(),
        FieldValue::Ids(ids) => {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            ids.join(", ")
        }
        FieldValue::Texts(texts) => texts.join(", "),
    };
    text.chars().take(VALUE_MAX).collect()
}
