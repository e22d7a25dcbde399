//! The fake Admin API: tokens by client credentials, and GraphQL by recognising the fields asked for (facts §5, §9).
//!
//! Documents are not executed: each known root field is answered with everything known about it, whatever its
//! selection. Aliases of root fields are therefore not supported, and nothing proves that a selection is valid.

mod cost;
mod document;
mod node;
mod orders;
mod token;
mod webhooks;

use super::shop::Shop;
use super::state::State;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use document::Document;
use serde_json::{Map, Value, json};
use std::time::Duration;

pub(super) use token::Admin;

/// The routes below `/admin`.
pub(super) fn router(shop: Shop) -> axum::Router {
    axum::Router::new()
        .route("/admin/oauth/access_token", post(token::grant))
        .route("/admin/api/{version}/graphql.json", post(graphql))
        .with_state(shop)
}

async fn graphql(Extract(shop): Extract<Shop>, headers: HeaderMap, body: Bytes) -> Response {
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
    shop.change(|state, now| {
        if !state
            .admin
            .knows(&token, now, state.config.static_token.as_deref())
        {
            let text =
                "[API] Invalid API key or access token (unrecognized login or wrong password)";
            return (StatusCode::UNAUTHORIZED, Json(json!({"errors": text}))).into_response();
        }
        Json(answer(state, now, &document)).into_response()
    })
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
        return json!({
            "errors": [{"message": "Throttled", "extensions": {
                "code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits",
            }}],
            "extensions": cost::extension(state, requested, None),
        });
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
    let scopes = [
        "read_orders",
        "read_all_orders",
        "read_customers",
        "read_products",
    ];
    json!({
        "accessScopes": scopes.map(|handle| json!({"handle": handle})),
        "app": {"id": "gid://shopify/App/580111", "title": "crm-sync", "webhookApiVersion": state.config.api_version},
    })
}

fn versions(_: &mut State, _: Duration, _: &Document) -> Value {
    let handles = [
        ("2026-04", true),
        ("2026-07", true),
        ("2026-10", true),
        ("2027-01", false),
    ];
    let entry = |(handle, supported)| json!({"handle": handle, "supported": supported, "displayName": handle});
    json!(handles.map(entry))
}

#[cfg(test)]
mod tests {
    use super::super::config::ShopConfig;
    use super::super::shop::Shop;
    use axum::body::Body;
    use http_body_util::BodyExt as _;
    use serde_json::{Value, json};
    use tower::ServiceExt as _;

    async fn post(shop: &Shop, path: &str, token: &str, body: Value) -> (u16, Value) {
        let request = http::Request::post(path)
            .header("content-type", "application/json")
            .header("X-Shopify-Access-Token", token)
            .body(Body::from(body.to_string()))
            .unwrap();
        let response = shop.router().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    async fn ask(shop: &Shop, query: &str, variables: Value) -> Value {
        let body = json!({"query": query, "variables": variables});
        post(shop, "/admin/api/2026-10/graphql.json", "shpat_demo", body)
            .await
            .1
    }

    #[tokio::test]
    async fn tokens_are_granted_to_the_app_alone_and_open_the_api() {
        let shop = Shop::new(ShopConfig::default());
        let grant = |secret| json!({"client_id": "demo-client-id", "client_secret": secret, "grant_type": "client_credentials"});
        let path = "/admin/oauth/access_token";
        assert_eq!(post(&shop, path, "", grant("wrong")).await.0, 400);
        let (status, body) = post(&shop, path, "", grant("hush-hush-secret")).await;
        assert_eq!((status, &body["expires_in"]), (200, &json!(86_399)));
        let token = body["access_token"].as_str().unwrap().to_owned();
        let graphql = "/admin/api/2026-10/graphql.json";
        let query = json!({"query": "{ shop { id } }"});
        assert_eq!(post(&shop, graphql, &token, query.clone()).await.0, 200);
        assert_eq!(post(&shop, graphql, "another", query.clone()).await.0, 401);
        shop.uninstall();
        assert_eq!(post(&shop, graphql, &token, query).await.0, 401);
    }

    #[tokio::test]
    async fn orders_are_paged_by_update_and_agree_with_the_truth() {
        let shop = Shop::new(ShopConfig::default());
        for _ in 0..7 {
            shop.place_order();
        }
        let query = "query P($q: String!, $after: String) { orders(first: 3, after: $after, query: $q, sortKey: UPDATED_AT) { nodes { id } pageInfo { hasNextPage endCursor } } }";
        let mut after = Value::Null;
        let mut seen = Vec::new();
        loop {
            let variables = json!({"q": "updated_at:>='2026-11-23T00:00:00Z' AND updated_at:<'2026-11-24T00:00:00Z'", "after": after});
            let body = ask(&shop, query, variables).await;
            let page = &body["data"]["orders"];
            seen.extend(page["nodes"].as_array().unwrap().clone());
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(seen.len(), 7);
        for truth in shop.orders() {
            let node = seen
                .iter()
                .find(|node| {
                    node["legacyResourceId"].as_str() == Some(truth.id.to_string().as_str())
                })
                .unwrap();
            let amount = node["currentTotalPriceSet"]["shopMoney"]["amount"]
                .as_str()
                .unwrap();
            assert_eq!(
                amount.parse::<rust_decimal::Decimal>().unwrap(),
                truth.current_total
            );
            assert_eq!(
                node["updatedAt"]
                    .as_str()
                    .unwrap()
                    .parse::<jiff::Timestamp>()
                    .unwrap(),
                truth.updated_at
            );
            let gid = json!({"id": format!("gid://shopify/Order/{}", truth.id)});
            let one = ask(&shop, "query O($id: ID!) { order(id: $id) { id } }", gid).await;
            assert_eq!(&one["data"]["order"], node);
        }
        let late = json!({"q": "updated_at:>'2026-11-23T23:00:00Z'"});
        assert_eq!(
            ask(&shop, query, late).await["data"]["orders"]["nodes"],
            json!([])
        );
        let many = json!({"ids": ["gid://shopify/Order/6120000000001", "gid://shopify/Order/5"]});
        let many = ask(
            &shop,
            "query M($ids: [ID!]!) { nodes(ids: $ids) { ... on Order { id } } }",
            many,
        )
        .await;
        assert_eq!(
            (
                many["data"]["nodes"][0]["number"].as_u64(),
                &many["data"]["nodes"][1]
            ),
            (Some(1_001), &Value::Null)
        );
    }

    #[tokio::test]
    async fn subscriptions_are_made_once_listed_changed_and_removed() {
        let shop = Shop::new(ShopConfig {
            topics: Vec::new(),
            ..ShopConfig::default()
        });
        let create = "mutation Sub($topic: WebhookSubscriptionTopic!, $input: WebhookSubscriptionInput!) { webhookSubscriptionCreate(topic: $topic, webhookSubscription: $input) { userErrors { message } } }";
        let input = json!({"topic": "ORDERS_UPDATED", "input": {"uri": "https://sync.example.com/hook", "name": "mine"}});
        let made = ask(&shop, create, input.clone()).await;
        let id = made["data"]["webhookSubscriptionCreate"]["webhookSubscription"]["id"].clone();
        let again = ask(&shop, create, input).await;
        let errors = &again["data"]["webhookSubscriptionCreate"]["userErrors"];
        assert_eq!(
            errors[0]["message"],
            "Address for this topic has already been taken"
        );
        shop.place_order();
        assert_eq!(shop.pending(), 1);
        let update = "mutation U($id: ID!, $input: WebhookSubscriptionInput!) { webhookSubscriptionUpdate(id: $id, webhookSubscription: $input) { userErrors { message } } }";
        ask(
            &shop,
            update,
            json!({"id": id, "input": {"uri": "https://sync.example.com/other"}}),
        )
        .await;
        let list = "{ webhookSubscriptions(first: 250) { nodes { id topic uri } } }";
        let listed =
            ask(&shop, list, json!({})).await["data"]["webhookSubscriptions"]["nodes"].clone();
        assert_eq!(
            (&listed[0]["topic"], &listed[0]["uri"]),
            (
                &json!("ORDERS_UPDATED"),
                &json!("https://sync.example.com/other")
            )
        );
        ask(&shop, "mutation D($id: ID!) { webhookSubscriptionDelete(id: $id) { userErrors { message } } }", json!({"id": id})).await;
        assert_eq!(
            ask(&shop, list, json!({})).await["data"]["webhookSubscriptions"]["nodes"],
            json!([])
        );
    }

    #[tokio::test]
    async fn too_large_queries_and_an_empty_bucket_are_refused() {
        let shop = Shop::new(ShopConfig {
            cost_bucket: (900.0, 0.001),
            ..ShopConfig::default()
        });
        for _ in 0..20 {
            shop.place_order();
        }
        let query = "{ orders(first: 250, query: \"\") { nodes { id } } }";
        assert_eq!(
            ask(&shop, query, json!({})).await["errors"][0]["extensions"]["code"],
            "MAX_COST_EXCEEDED"
        );
        let query = "{ orders(first: 40) { nodes { id } } }";
        let body = ask(&shop, query, json!({})).await;
        assert_eq!(
            body["extensions"]["cost"]["throttleStatus"]["maximumAvailable"],
            900.0
        );
        let mut last = body;
        for _ in 0..20 {
            last = ask(&shop, query, json!({})).await;
        }
        assert_eq!(last["errors"][0]["extensions"]["code"], "THROTTLED");
        assert!(
            last["extensions"]["cost"]["actualQueryCost"].is_null() && last.get("data").is_none()
        );
    }
}
