//! From an order to the deal it should have.

mod rows;

use rust_decimal::Decimal;

use crate::{
    contact::ContactWish,
    deal::{DesiredDeal, FieldValue, Fields, StageWish, field},
    money,
    order::{Fulfillment, Order, Payment},
};

/// A deal's title holds at most this many characters (facts/bitrix24.md §2.4).
const TITLE_CHARS_MAX: usize = 255;

/// A comment of a deal keeps at most this many characters of a buyer's note.
const NOTE_CHARS_MAX: usize = 4_000;

/// The user field of seed.md that carries the order id.
pub const ORDER_FIELD_DEFAULT: &str = "UF_CRM_1742556489";

/// How orders become deals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The user field that carries the order id, for people and for other tools.
    pub order_field: String,
    /// The user field that names the survivor of a duplicate set, where the portal has one.
    pub duplicate_field: Option<String>,
}

impl Default for Mapping {
    fn default() -> Self {
        Self {
            order_field: ORDER_FIELD_DEFAULT.to_owned(),
            duplicate_field: None,
        }
    }
}

impl Mapping {
    /// The deal this order should have.
    pub fn desired(&self, order: &Order) -> DesiredDeal {
        let (rows, mut notes) = rows::rows(order);
        let lost = money::not_carried(order.total);
        if lost != Decimal::ZERO {
            notes.push(format!(
                "the total of {} {} has digits that the portal cannot carry ({lost})",
                order.total, order.currency
            ));
        }
        DesiredDeal {
            always: self.always(order),
            on_create: on_create(order),
            rows,
            stage: stage(order),
            contact: ContactWish::of(&order.buyer),
            notes,
        }
    }

    fn always(&self, order: &Order) -> Fields {
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
            (
                self.order_field.clone(),
                FieldValue::Text(order.key.origin()),
            ),
        ])
    }
}

fn on_create(order: &Order) -> Fields {
    let test = if order.test { "TEST " } else { "" };
    let title = clipped(&format!("{test}Order {}", order.name), TITLE_CHARS_MAX);
    let mut fields = Fields::from([(field::TITLE.to_owned(), FieldValue::Text(title))]);
    if let Some(note) = &order.note {
        fields.insert(
            field::COMMENTS.to_owned(),
            FieldValue::Text(clipped(note, NOTE_CHARS_MAX)),
        );
    }
    if let Some(source) = &order.source {
        let text = clipped(&format!("Shopify: {source}"), TITLE_CHARS_MAX);
        fields.insert(field::SOURCE.to_owned(), FieldValue::Text(text));
    }
    fields
}

/// The default stage rules (design §4.4).
fn stage(order: &Order) -> StageWish {
    let lost = order.cancelled || matches!(order.payment, Payment::Voided | Payment::Refunded);
    if lost {
        StageWish::Lost
    } else if order.payment == Payment::Paid && order.fulfillment == Fulfillment::Fulfilled {
        StageWish::Won
    } else {
        StageWish::Open
    }
}

fn clipped(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}
