//! What a query costs (facts §5.6); rough figures of the right size.

use super::super::state::State;
use super::document::Document;
use serde_json::{Value, json};

/// A dearer query is refused outright.
pub(super) const MAX_QUERY_COST: u32 = 1_000;

/// Points one order with its nested objects is assumed to cost when asked for.
const PER_ORDER: u32 = 18;

/// Points a mutation costs.
const MUTATION: u32 = 10;

/// The cost asked for before it is known how much there is.
pub(super) fn requested(document: &Document) -> u32 {
    let mut cost = 2;
    if document.asks("orders") {
        let first = document
            .argument("orders", "first")
            .and_then(|first| first.as_u64())
            .unwrap_or(50);
        cost += u32::try_from(first).unwrap_or(u32::MAX / 64).min(100_000) * PER_ORDER;
    }
    if document.asks("nodes") {
        let ids = document
            .argument("nodes", "ids")
            .and_then(|ids| ids.as_array().map(Vec::len))
            .unwrap_or(1);
        cost += u32::try_from(ids).unwrap_or(u32::MAX / 64).min(100_000) * PER_ORDER;
    }
    if document.asks("order") {
        cost += PER_ORDER;
    }
    let writes = [
        "webhookSubscriptionCreate",
        "webhookSubscriptionUpdate",
        "webhookSubscriptionDelete",
    ];
    if writes.iter().any(|field| document.asks(field)) {
        cost += MUTATION;
    }
    cost
}

/// The cost of what was there.
pub(super) fn actual(data: &Value) -> u32 {
    let count = |field: &str| data[field]["nodes"].as_array().map_or(0, Vec::len);
    let orders = count("orders")
        + data["nodes"].as_array().map_or(0, Vec::len)
        + usize::from(data["order"].is_object());
    2 + u32::try_from(orders).unwrap_or(0) * PER_ORDER / 3
}

/// The `extensions` object.
pub(super) fn extension(state: &State, requested: u32, actual: Option<u32>) -> Value {
    json!({"cost": {
        "requestedQueryCost": requested,
        "actualQueryCost": actual,
        "throttleStatus": {
            "maximumAvailable": state.config.cost_bucket.0,
            "currentlyAvailable": state.admin.available().floor(),
            "restoreRate": state.config.cost_bucket.1,
        },
    }})
}
