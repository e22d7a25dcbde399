//! From an order's webhook to the fields of its deal.

use serde_json::{Map, Value};

/// What one webhook wants of the portal.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct WantedDeal {
    /// The order's id, as text.
    pub(super) order: String,
    /// `TITLE`, `OPPORTUNITY`, `CURRENCY_ID` and `STAGE_ID`; what the order does not have is left out.
    pub(super) fields: Map<String, Value>,
}

impl WantedDeal {
    /// Reads the body of an order's webhook (facts §3). `None` if it is not JSON or names no order.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let order: Value = serde_json::from_slice(body).ok()?;
        let id = id_text(order.get("id")?)?;
        let mut fields = Map::new();
        let copied = [
            ("TITLE", "name"),
            ("OPPORTUNITY", "total_price"),
            ("CURRENCY_ID", "currency"),
        ];
        for (field, source) in copied {
            if let Some(value) = order.get(source).filter(|value| !value.is_null()) {
                fields.insert(field.to_owned(), value.clone());
            }
        }
        fields.insert("STAGE_ID".to_owned(), stage(&order).into());
        Some(Self { order: id, fields })
    }
}

/// An identifier as text, whether it came as text or as a number.
pub(super) fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => number
            .as_u64()
            .filter(|id| *id > 0)
            .map(|id| id.to_string()),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

/// The naive rule: an order is lost, won or new, whatever people did to the deal and whichever webhook is the newer.
fn stage(order: &Value) -> &'static str {
    if order.get("cancelled_at").is_some_and(|at| !at.is_null()) {
        return "LOSE";
    }
    match order.get("financial_status").and_then(Value::as_str) {
        Some("paid") => "WON",
        Some(_) | None => "NEW",
    }
}
