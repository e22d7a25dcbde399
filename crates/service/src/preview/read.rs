//! Reads an order in either of its two forms.

use serde_json::Value;
use shopify::order::Order;

use super::Form;

/// Why a body holds no order.
#[derive(Debug, thiserror::Error)]
pub enum NoOrder {
    /// It is neither of the two forms.
    #[error(transparent)]
    Unreadable(#[from] shopify::Unreadable),
    /// An answer of the Admin API without an order in it.
    #[error("`data.order` is missing or null")]
    Empty,
}

/// Reads a webhook's body, or an order node of the Admin API, bare or within its answer.
///
/// # Errors
/// It is neither.
pub fn read_order(body: &[u8]) -> Result<(Order, Form), NoOrder> {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        // The reader of webhooks says where the fault is.
        return Ok((shopify::order::from_webhook(body)?, Form::Webhook));
    };
    match node(&value)? {
        Some(node) => Ok((shopify::order::from_graphql(node)?, Form::Graphql)),
        None => Ok((shopify::order::from_webhook(body)?, Form::Webhook)),
    }
}

/// The order node of the Admin API, bare or within its answer; `None` if this is a webhook's body.
fn node(value: &Value) -> Result<Option<&Value>, NoOrder> {
    if let Some(data) = value.get("data") {
        let node = ["order", "node"]
            .iter()
            .find_map(|it| data.get(it))
            .or_else(|| data.pointer("/orders/nodes/0"));
        return match node {
            Some(node) if !node.is_null() => Ok(Some(node)),
            Some(_) | None => Err(NoOrder::Empty),
        };
    }
    let graphql = [
        "updatedAt",
        "currencyCode",
        "legacyResourceId",
        "currentTotalPriceSet",
    ]
    .iter()
    .any(|it| value.get(it).is_some());
    Ok(graphql.then_some(value))
}
