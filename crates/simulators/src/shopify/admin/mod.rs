//! The fake Admin API: tokens by client credentials, and GraphQL by recognising the fields asked for (facts §5, §9).
//!
//! Documents are not executed: each known root field is answered with everything known about it, whatever its
//! selection. Aliases of root fields are therefore not supported, and nothing proves that a selection is valid.

mod cost;
mod document;
mod faults;
mod node;
mod orders;
mod token;
mod webhooks;

use super::shop::Shop;
use super::state::State;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State as Extract};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use document::Document;
use serde_json::{Map, Value, json};
use std::time::Duration;

pub(super) use token::Admin;

/// Longer than anybody waits for an answer.
const NEVER: Duration = Duration::from_secs(3_600);

/// The header that names the version which answered.
const SERVED_VERSION: &str = "x-shopify-api-version";

/// Versions that exist, the oldest first, and whether they are stable.
const VERSIONS: [(&str, bool); 4] = [
    ("2026-04", true),
    ("2026-07", true),
    ("2026-10", true),
    ("2027-01", false),
];

/// The routes below `/admin`.
pub(super) fn router(shop: Shop) -> axum::Router {
    axum::Router::new()
        .route("/admin/oauth/access_token", post(token::grant))
        .route("/admin/api/{version}/graphql.json", post(graphql))
        .with_state(shop)
}

async fn graphql(
    Extract(shop): Extract<Shop>,
    Path(asked): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let token = headers
        .get("x-shopify-access-token")
        .and_then(|token| token.to_str().ok())
        .unwrap_or_default();
    let Some(document) = Document::parse(&body) else {
        return (
            StatusCode::BAD_REQUEST,
            Json(json!({"errors": {"query": "Required parameter missing or invalid"}})),
        )
            .into_response();
    };
    let token = token.to_owned();
    let (mut response, lost) = shop.change(|state, now| {
        if let Some(refused) = faults::refusal(state, now) {
            return (refused, false);
        }
        let revoked = faults::revoked(state, now);
        let fixed = state.config.static_token.as_deref();
        if revoked || !state.admin.knows(&token, now, fixed) {
            let text =
                "[API] Invalid API key or access token (unrecognized login or wrong password)";
            let refused = (StatusCode::UNAUTHORIZED, Json(json!({"errors": text}))).into_response();
            return (refused, false);
        }
        let response = Json(answer(state, now, &document)).into_response();
        (response, faults::loses_answer(state))
    });
    if lost {
        tokio::time::sleep(NEVER).await;
    }
    if let Ok(served) = served(&asked).parse() {
        response.headers_mut().insert(SERVED_VERSION, served);
    }
    let date = shop
        .wall()
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string();
    if let Ok(date) = date.parse() {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

fn answer(state: &mut State, now: Duration, document: &Document) -> Value {
    let requested = cost::requested(document);
    if cost::MAX_QUERY_COST < requested {
        return json!({"errors": [{
            "message": format!("Query cost is {requested}, which exceeds the single query max cost limit (1000)."),
            "extensions": {"code": "MAX_COST_EXCEEDED", "cost": requested, "maxCost": cost::MAX_QUERY_COST},
        }]});
    }
    if !state.admin.afford(now, requested, state.config.cost_bucket) {
        state.count_fault("api_throttled");
        return json!({
            "errors": [{"message": "Throttled", "extensions": {
                "code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits",
            }}],
            "extensions": cost::extension(state, requested, None),
        });
    }
    if let Some(denied) = faults::denied(state, document) {
        return json!({"data": null, "errors": [denied], "extensions": cost::extension(state, requested, Some(0))});
    }
    if let Some(fault) = faults::internal(state, now, document) {
        return fault;
    }
    let mut data = Map::new();
    for (field, resolve) in FIELDS {
        if document.asks(field) {
            data.insert(field.to_owned(), resolve(state, now, document));
        }
    }
    if data.is_empty() {
        return json!({"errors": [{"message": "the simulator knows no root field of this document",
            "extensions": {"code": "undefinedField"}}]});
    }
    let data = Value::Object(data);
    let actual = cost::actual(&data).min(requested);
    state
        .admin
        .refund(requested - actual, state.config.cost_bucket);
    json!({"data": data, "extensions": cost::extension(state, requested, Some(actual))})
}

type Resolve = fn(&mut State, Duration, &Document) -> Value;

/// Root fields and what answers them.
const FIELDS: [(&str, Resolve); 11] = [
    ("webhookSubscriptionCreate", webhooks::create),
    ("webhookSubscriptionUpdate", webhooks::update),
    ("webhookSubscriptionDelete", webhooks::delete),
    ("webhookSubscriptions", webhooks::list),
    ("orders", orders::page),
    ("ordersCount", orders::count),
    ("order", orders::one),
    ("nodes", orders::many),
    ("shop", about_shop),
    ("currentAppInstallation", about_app),
    ("publicApiVersions", versions),
];

fn about_shop(state: &mut State, _: Duration, _: &Document) -> Value {
    json!({
        "id": "gid://shopify/Shop/548380009",
        "name": "ACME",
        "myshopifyDomain": state.config.domain,
        "currencyCode": state.config.currency,
        "ianaTimezone": "Europe/Berlin",
        "plan": {"publicDisplayName": "Basic"},
    })
}

fn about_app(state: &mut State, _: Duration, _: &Document) -> Value {
    json!({
        "accessScopes": state.config.scopes.iter().map(|handle| json!({"handle": handle})).collect::<Vec<_>>(),
        "app": {"id": "gid://shopify/App/580111", "title": "crm-sync", "webhookApiVersion": state.config.api_version},
    })
}

fn versions(_: &mut State, _: Duration, _: &Document) -> Value {
    let entry = |(handle, supported)| json!({"handle": handle, "supported": supported, "displayName": handle});
    json!(VERSIONS.map(entry))
}

/// A version that has ended falls forward to the oldest that is supported (facts §5.1).
fn served(asked: &str) -> &str {
    match VERSIONS.iter().find(|(handle, _)| *handle == asked) {
        Some((handle, _)) => handle,
        None => VERSIONS[0].0,
    }
}

#[cfg(test)]
mod tests;
