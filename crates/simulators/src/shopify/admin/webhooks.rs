//! Subscriptions made by the Admin API (facts §5.4). Those of the app's TOML are invisible here.

use super::super::config::Subscriptions;
use super::super::state::{State, Subscription};
use super::document::Document;
use serde_json::{Value, json};
use std::time::Duration;

/// `webhookSubscriptions`: all of them on one page.
pub(super) fn list(state: &mut State, _: Duration, _: &Document) -> Value {
    let nodes: Vec<Value> = state
        .subscriptions
        .iter()
        .filter(|entry| listed(entry))
        .map(|entry| node(state, entry))
        .collect();
    let edges: Vec<Value> = nodes.iter().map(|node| json!({"node": node})).collect();
    json!({"nodes": nodes, "edges": edges, "pageInfo": {"hasNextPage": false, "endCursor": null}})
}

/// `webhookSubscriptionCreate(topic, webhookSubscription)`.
pub(super) fn create(state: &mut State, now: Duration, document: &Document) -> Value {
    let field = "webhookSubscriptionCreate";
    let topic = document
        .argument(field, "topic")
        .and_then(|topic| topic.as_str().map(topic_path))
        .unwrap_or_default();
    let input = document
        .argument(field, "webhookSubscription")
        .unwrap_or_default();
    let Some(uri) = uri(&input).filter(|uri| uri.starts_with("http")) else {
        return refused("webhookSubscription", "Address is invalid");
    };
    let taken = |entry: &Subscription| listed(entry) && entry.topic == topic && entry.uri == uri;
    if state.subscriptions.iter().any(taken) {
        return refused(
            "webhookSubscription",
            "Address for this topic has already been taken",
        );
    }
    let name = input["name"].as_str().map(str::to_owned);
    let id = state.subscribe(now, topic, uri, name, Subscriptions::Shop);
    shown(state, id)
}

/// `webhookSubscriptionUpdate(id, webhookSubscription)`.
pub(super) fn update(state: &mut State, _: Duration, document: &Document) -> Value {
    let field = "webhookSubscriptionUpdate";
    let id = id(document, field);
    let input = document
        .argument(field, "webhookSubscription")
        .unwrap_or_default();
    let Some(entry) = state
        .subscriptions
        .iter_mut()
        .find(|entry| listed(entry) && Some(entry.id) == id)
    else {
        return refused("id", "Webhook subscription does not exist");
    };
    if let Some(uri) = uri(&input) {
        entry.uri = uri;
    }
    if let Some(name) = input["name"].as_str() {
        entry.name = Some(name.to_owned());
    }
    let id = entry.id;
    shown(state, id)
}

/// `webhookSubscriptionDelete(id)`.
pub(super) fn delete(state: &mut State, _: Duration, document: &Document) -> Value {
    let id = id(document, "webhookSubscriptionDelete");
    let before = state.subscriptions.len();
    state
        .subscriptions
        .retain(|entry| !listed(entry) || Some(entry.id) != id);
    if before == state.subscriptions.len() {
        let mut answer = refused("id", "Webhook subscription does not exist");
        answer["deletedWebhookSubscriptionId"] = Value::Null;
        return answer;
    }
    json!({"deletedWebhookSubscriptionId": id.map(gid), "userErrors": []})
}

fn listed(entry: &Subscription) -> bool {
    entry.kind == Subscriptions::Shop
}

fn shown(state: &State, id: u64) -> Value {
    let entry = state.subscriptions.iter().find(|entry| entry.id == id);
    json!({"webhookSubscription": entry.map(|entry| node(state, entry)), "userErrors": []})
}

fn refused(field: &str, message: &str) -> Value {
    json!({"webhookSubscription": null, "userErrors": [{"field": [field], "message": message}]})
}

fn node(state: &State, entry: &Subscription) -> Value {
    json!({
        "id": gid(entry.id),
        "topic": entry.topic.to_uppercase().replace('/', "_"),
        "uri": entry.uri,
        "callbackUrl": entry.uri,
        "format": "JSON",
        "name": entry.name,
        "filter": null,
        "includeFields": [],
        "metafieldNamespaces": [],
        "apiVersion": {"handle": state.config.api_version, "supported": true},
        "createdAt": entry.created.to_string(),
    })
}

fn gid(id: u64) -> String {
    format!("gid://shopify/WebhookSubscription/{id}")
}

fn id(document: &Document, field: &str) -> Option<u64> {
    let id = document.argument(field, "id")?;
    id.as_str()?
        .strip_prefix("gid://shopify/WebhookSubscription/")?
        .parse()
        .ok()
}

fn uri(input: &Value) -> Option<String> {
    input["uri"]
        .as_str()
        .or_else(|| input["callbackUrl"].as_str())
        .map(str::to_owned)
}

/// `ORDERS_PARTIALLY_FULFILLED` to `orders/partially_fulfilled`: only the last underscore of the resource is a slash.
fn topic_path(topic: &str) -> String {
    let lower = topic.to_lowercase();
    for resource in [
        "order_transactions",
        "bulk_operations",
        "draft_orders",
        "tender_transactions",
    ] {
        if let Some(rest) = lower
            .strip_prefix(resource)
            .and_then(|rest| rest.strip_prefix('_'))
        {
            return format!("{resource}/{rest}");
        }
    }
    lower.replacen('_', "/", 1)
}
