//! What a deal says unless the mapping says otherwise (design §4.4).

use std::collections::BTreeSet;

use crate::{
    deal::{FieldValue, Fields, field},
    money,
    order::Order,
};

use super::view::{Utm, url};

/// A comment holds at most this many characters.
const COMMENT_CHARS_MAX: usize = 10_000;

/// A deal's title holds at most this many characters (facts/bitrix24.md §2.4).
const TITLE_CHARS_MAX: usize = 255;

/// A comment of a deal keeps at most this many characters of a buyer's note.
const NOTE_CHARS_MAX: usize = 4_000;

/// Fields that Shopify owns.
pub(super) fn always(order: &Order, order_field: &str) -> Fields {
    Fields::from([
        (
            field::AMOUNT.to_owned(),
            FieldValue::Number(money::carried(order.total)),
        ),
        (field::MANUAL_AMOUNT.to_owned(), FieldValue::Flag(true)),
        (
            field::CURRENCY.to_owned(),
            FieldValue::Text(order.currency.to_string()),
        ),
        (order_field.to_owned(), FieldValue::Text(order.key.origin())),
    ])
}

/// Fields that are people's once the deal exists.
pub(super) fn on_create(order: &Order) -> Fields {
    let test = if order.test { "TEST " } else { "" };
    let title = clipped(&format!("{test}Order {}", order.name), TITLE_CHARS_MAX);
    let mut fields = Fields::from([(field::TITLE.to_owned(), FieldValue::Text(title))]);
    if let Some(source) = &order.source {
        let text = clipped(&format!("Shopify: {source}"), TITLE_CHARS_MAX);
        fields.insert(field::SOURCE.to_owned(), FieldValue::Text(text));
    }
    let utm = Utm::of(order.beside.landing_site.as_deref().unwrap_or_default());
    for (name, value) in utm.fields() {
        fields.insert(
            name.to_owned(),
            FieldValue::Text(clipped(value, TITLE_CHARS_MAX)),
        );
    }
    fields
}

/// What is kept current until a person writes into it: the comment, which gathers what has no field of its own.
pub(super) fn if_untouched(order: &Order) -> Fields {
    let note = order.note.as_deref().unwrap_or_default().trim();
    let mut lines: Vec<String> = vec![clipped(note, NOTE_CHARS_MAX)];
    let attributes = order.note_attributes.iter();
    lines.extend(attributes.map(|(name, value)| format!("{name}: {value}")));
    let texts = |it: &[String]| it.join(", ");
    let set = |it: &BTreeSet<String>| it.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    for (name, values) in [
        ("Discount codes", texts(&order.discount_codes)),
        ("Payment", texts(&order.payment_gateways)),
        ("Tags", set(&order.tags)),
        ("Tracking", set(&order.tracking_numbers)),
    ] {
        if !values.is_empty() {
            lines.push(format!("{name}: {values}"));
        }
    }
    lines.push(url(order));
    lines.retain(|it| !it.is_empty());
    let text = clipped(&lines.join("\n"), COMMENT_CHARS_MAX);
    Fields::from([(field::COMMENTS.to_owned(), FieldValue::Text(text))])
}

/// A value that its field can hold: the portal refuses one value for a field with several (docs/facts.md §4).
pub(super) fn fitting(name: &str, value: FieldValue, several: bool) -> FieldValue {
    if several {
        return listed(value);
    }
    match value {
        FieldValue::Text(text) if name == field::TITLE => {
            FieldValue::Text(clipped(&text, TITLE_CHARS_MAX))
        }
        other @ (FieldValue::Text(_)
        | FieldValue::Number(_)
        | FieldValue::Flag(_)
        | FieldValue::Ids(_)
        | FieldValue::Texts(_)) => other,
    }
}

fn listed(value: FieldValue) -> FieldValue {
    match value {
        FieldValue::Text(text) if text.trim().is_empty() => FieldValue::Texts(Vec::new()),
        FieldValue::Text(text) => FieldValue::Texts(vec![text]),
        FieldValue::Number(number) => FieldValue::Texts(vec![number.to_string()]),
        FieldValue::Flag(flag) => FieldValue::Texts(vec![if flag { "Y" } else { "N" }.to_owned()]),
        list @ (FieldValue::Ids(_) | FieldValue::Texts(_)) => list,
    }
}

fn clipped(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}
