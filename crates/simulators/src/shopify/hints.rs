//! Bodies of the topics that are no full order (facts §2).

use super::body;
use super::order::{Order, Refund};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// What an edit added and removed: line ids, one unit each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edit {
    pub id: u64,
    pub added: Option<u64>,
    pub removed: Option<u64>,
}

pub(super) fn deleted(order: u64) -> Value {
    json!({"id": order})
}

pub(super) fn edited(order: &Order, edit: Edit, zone: i8) -> Value {
    let delta = |line: Option<u64>| {
        line.map(|id| json!({"id": id, "delta": 1}))
            .into_iter()
            .collect::<Vec<_>>()
    };
    json!({"order_edit": {
        "id": edit.id,
        "app_id": null,
        "order_id": order.id,
        "created_at": body::stamp(order.updated, zone),
        "committed_at": body::stamp(order.updated, zone),
        "notify_customer": false,
        "staff_note": "by phone",
        "user_id": 1,
        "line_items": {"additions": delta(edit.added), "removals": delta(edit.removed)},
        "discounts": {"line_item": {"additions": [], "removals": []}},
        "shipping_lines": {"additions": [], "removals": []},
    }})
}

pub(super) fn refunded(order: &Order, refund: &Refund, zone: i8) -> Value {
    body::refund(order, refund, zone)
}

pub(super) fn transaction(
    order: &Order,
    id: u64,
    kind: &str,
    amount: Decimal,
    at: Timestamp,
    zone: i8,
) -> Value {
    let mut value = body::transaction(order, id, kind, amount, at, zone);
    // This topic's money objects have the key `currency`, not `currency_code` (facts §2).
    let nothing = json!({"amount": "0.0", "currency": order.currency.code});
    value["total_unsettled_set"] = json!({"shop_money": nothing, "presentment_money": nothing});
    value["admin_graphql_api_id"] = json!(format!("gid://shopify/OrderTransaction/{id}"));
    value
}

pub(super) fn fulfilled(order: &Order, zone: i8) -> Option<Value> {
    let last = order.fulfilments.last()?;
    Some(body::fulfilment(
        order,
        order.fulfilments.len() - 1,
        last,
        zone,
    ))
}

pub(super) fn uninstalled(domain: &str) -> Value {
    json!({"id": 548_380_009, "name": "ACME", "email": "owner@example.com", "domain": domain, "myshopify_domain": domain})
}
