//! What goes wrong at the Admin API (facts §5.3, §5.6).

use super::super::state::State;
use super::document::Document;
use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::time::Duration;

/// Seconds that a client is told to wait after too many requests.
const RETRY_AFTER: &str = "2.0";

/// Orders older than this are not there without `read_all_orders`.
pub(super) const READABLE_DAYS: i64 = 60;

/// Words of a document that a scope opens.
const SCOPED: [(&str, &[&str]); 3] = [
    ("read_orders", &["orders", "order", "nodes", "ordersCount"]),
    ("read_customers", &["customer"]),
    ("read_products", &["product", "variant"]),
];

/// An answer that a fault gives in place of the API.
pub(super) fn refusal(state: &mut State, now: Duration) -> Option<Response> {
    if within(state.faults.api_down_ms, now) {
        state.count_fault("api_down");
        return Some(StatusCode::SERVICE_UNAVAILABLE.into_response());
    }
    if state.admin.chance(state.faults.api_500) {
        state.count_fault("api_500");
        let body = Json(json!({"errors": "Internal Server Error"}));
        return Some((StatusCode::INTERNAL_SERVER_ERROR, body).into_response());
    }
    if state.admin.chance(state.faults.api_429) {
        state.count_fault("api_429");
        let wait = [(header::RETRY_AFTER, RETRY_AFTER)];
        return Some((StatusCode::TOO_MANY_REQUESTS, wait).into_response());
    }
    None
}

/// Whether no token is accepted at the moment.
pub(super) fn revoked(state: &mut State, now: Duration) -> bool {
    let revoked = within(state.faults.api_revoked_ms, now);
    if revoked {
        state.count_fault("api_revoked");
    }
    revoked
}

/// Whether this answer never arrives.
pub(super) fn loses_answer(state: &mut State) -> bool {
    let lost = state.admin.chance(state.faults.api_lost);
    if lost {
        state.count_fault("api_lost");
    }
    lost
}

/// A fault that has the form of an answer.
pub(super) fn internal(state: &mut State, now: Duration, document: &Document) -> Option<Value> {
    if document.asks("orders") && within(state.faults.api_search_down_ms, now) {
        state.count_fault("api_search_down");
    } else if state.admin.chance(state.faults.api_internal) {
        state.count_fault("api_internal");
    } else {
        return None;
    }
    Some(
        json!({"errors": [{"message": "Internal error. Looks like something went wrong on our end.",
        "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}),
    )
}

/// The error about a part of the document that the app has no scope for.
pub(super) fn denied(state: &State, document: &Document) -> Option<Value> {
    let lacks = |scope: &str| !state.config.scopes.iter().any(|it| it == scope);
    let missing = SCOPED
        .into_iter()
        .find(|(scope, words)| lacks(scope) && words.iter().any(|word| document.mentions(word)))?;
    let scope = missing.0;
    Some(json!({
        "message": format!("Access denied for this field. Required access: `{scope}` access scope."),
        "extensions": {"code": "ACCESS_DENIED", "documentation": "https://shopify.dev/api/usage/access-scopes"},
    }))
}

fn within(window: Option<(u64, u64)>, now: Duration) -> bool {
    let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    window.is_some_and(|(from, until)| (from..until).contains(&millis))
}
