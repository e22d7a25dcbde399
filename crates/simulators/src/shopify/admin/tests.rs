//! The fake Admin API, asked as a client would.

use super::super::config::{OrderShape, ShopConfig, Subscriptions};
use super::super::faults::ShopFaults;
use super::super::shop::Shop;
use axum::body::Body;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use std::time::Duration;
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
            .find(|node| node["legacyResourceId"].as_str() == Some(truth.id.to_string().as_str()))
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
    let listed = ask(&shop, list, json!({})).await["data"]["webhookSubscriptions"]["nodes"].clone();
    assert_eq!(
        (&listed[0]["topic"], &listed[0]["uri"]),
        (
            &json!("ORDERS_UPDATED"),
            &json!("https://sync.example.com/other")
        )
    );
    ask(
        &shop,
        "mutation D($id: ID!) { webhookSubscriptionDelete(id: $id) { userErrors { message } } }",
        json!({"id": id}),
    )
    .await;
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
    assert!(last["extensions"]["cost"]["actualQueryCost"].is_null() && last.get("data").is_none());
}

const GRAPHQL: &str = "/admin/api/2026-10/graphql.json";

fn shop_with(faults: ShopFaults, change: impl FnOnce(&mut ShopConfig)) -> Shop {
    let mut config = ShopConfig::default();
    change(&mut config);
    let shop = Shop::new(config);
    shop.set_faults(faults);
    shop
}

async fn status(shop: &Shop, token: &str) -> u16 {
    let query = json!({"query": "{ shop { id } }"});
    let request = http::Request::post(GRAPHQL)
        .header("X-Shopify-Access-Token", token)
        .body(Body::from(query.to_string()))
        .unwrap();
    let response = shop.router().oneshot(request).await.unwrap();
    response.status().as_u16()
}

#[tokio::test(start_paused = true)]
async fn a_token_ends_with_its_life_and_a_new_one_can_be_had() {
    let shop = shop_with(ShopFaults::default(), |config| config.token_life = 60);
    let grant = json!({"client_id": "demo-client-id", "client_secret": "hush-hush-secret", "grant_type": "client_credentials"});
    let path = "/admin/oauth/access_token";
    let token = post(&shop, path, "", grant.clone()).await.1["access_token"].clone();
    let token = token.as_str().unwrap();
    assert_eq!(status(&shop, token).await, 200);
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(status(&shop, token).await, 401);
    let again = post(&shop, path, "", grant).await.1["access_token"].clone();
    assert_eq!(status(&shop, again.as_str().unwrap()).await, 200);
    shop.revoke_tokens();
    assert_eq!(status(&shop, again.as_str().unwrap()).await, 401);
}

#[tokio::test(start_paused = true)]
async fn windows_of_trouble_begin_and_end() {
    let faults = ShopFaults {
        api_revoked_ms: Some((1_000, 2_000)),
        api_down_ms: Some((3_000, 4_000)),
        ..ShopFaults::default()
    };
    let shop = shop_with(faults, |_| {});
    for want in [200, 401, 200, 503, 200] {
        assert_eq!(status(&shop, "shpat_demo").await, want);
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    shop.set_faults(ShopFaults {
        api_search_down_ms: Some((0, 10_000)),
        ..ShopFaults::default()
    });
    let page = "{ orders(first: 1) { nodes { id } } }";
    let failed = ask(&shop, page, json!({})).await;
    let code = &failed["errors"][0]["extensions"]["code"];
    assert_eq!(code, "INTERNAL_SERVER_ERROR");
    assert_eq!(status(&shop, "shpat_demo").await, 200);
    tokio::time::advance(Duration::from_secs(10)).await;
    assert!(ask(&shop, page, json!({})).await["errors"].is_null());
}

#[tokio::test(start_paused = true)]
async fn single_requests_fail_as_often_as_was_asked_for() {
    let sure = |change: fn(&mut ShopFaults)| {
        let mut faults = ShopFaults::default();
        change(&mut faults);
        shop_with(faults, |_| {})
    };
    assert_eq!(
        status(&sure(|it| it.api_500 = 1.0), "shpat_demo").await,
        500
    );
    assert_eq!(
        status(&sure(|it| it.api_429 = 1.0), "shpat_demo").await,
        429
    );
    let shop = sure(|it| it.api_internal = 1.0);
    let answer = ask(&shop, "{ shop { id } }", json!({})).await;
    assert_eq!(
        answer["errors"][0]["extensions"]["code"],
        "INTERNAL_SERVER_ERROR"
    );
    let shop = sure(|it| it.api_lost = 1.0);
    let waited = tokio::time::timeout(Duration::from_secs(60), status(&shop, "shpat_demo")).await;
    assert!(waited.is_err());
}

#[tokio::test(start_paused = true)]
async fn the_search_is_late_and_a_single_order_is_not() {
    let faults = ShopFaults {
        index_lag_ms: (30_000, 30_000),
        ..ShopFaults::default()
    };
    let shop = shop_with(faults, |_| {});
    let id = shop.place_order();
    let page = "{ orders(first: 5, query: \"\") { nodes { id } } }";
    let found = async || ask(&shop, page, json!({})).await["data"]["orders"]["nodes"].clone();
    assert_eq!(found().await, json!([]));
    let one = json!({"id": format!("gid://shopify/Order/{id}")});
    let one = ask(&shop, "query O($id: ID!) { order(id: $id) { id } }", one).await;
    assert!(one["data"]["order"].is_object());
    tokio::time::advance(Duration::from_secs(30)).await;
    assert_eq!(found().await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_missing_scope_denies_what_it_opens() {
    let shop = shop_with(ShopFaults::default(), |config| {
        config.scopes = vec!["read_orders".to_owned()];
    });
    let with = "{ orders(first: 1) { nodes { customer { id } } } }";
    let denied = ask(&shop, with, json!({})).await;
    assert_eq!(denied["errors"][0]["extensions"]["code"], "ACCESS_DENIED");
    let without = "{ orders(first: 1) { nodes { id } } }";
    assert!(ask(&shop, without, json!({})).await["errors"].is_null());
    // What is older than 60 days needs a scope of its own, and is otherwise as if it were not there.
    let old = OrderShape {
        days_old: Some(90),
        ..OrderShape::default()
    };
    let gid = json!({"id": format!("gid://shopify/Order/{}", shop.place_order_like(old))});
    let one = ask(&shop, "query O($id: ID!) { order(id: $id) { id } }", gid).await;
    assert_eq!(one["data"]["order"], Value::Null);
}

#[tokio::test]
async fn lines_come_on_pages() {
    let shop = shop_with(ShopFaults::default(), |config| config.lines_on_page = 2);
    let lines = OrderShape {
        lines: Some(5),
        ..OrderShape::default()
    };
    let gid = format!("gid://shopify/Order/{}", shop.place_order_like(lines));
    let query = "query L($id: ID!, $after: String) { order(id: $id) { updatedAt lineItems(first: 50, after: $after) { nodes { id } } } }";
    let (mut after, mut seen) = (Value::Null, 0);
    loop {
        let answer = ask(&shop, query, json!({"id": gid, "after": after})).await;
        let page = &answer["data"]["order"]["lineItems"];
        seen += page["nodes"].as_array().unwrap().len();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(seen, 5);
}

#[tokio::test]
async fn a_removed_subscription_is_gone_from_list_and_deliveries() {
    let shop = shop_with(ShopFaults::default(), |config| {
        config.subscriptions = Subscriptions::Shop;
    });
    assert_eq!(shop.unsubscribe("orders/updated"), 1);
    assert!(!shop.subscribed().contains(&"orders/updated".to_owned()));
    shop.place_order();
    let topics: Vec<String> = shop.stats().deliveries.into_keys().collect();
    assert!(!topics.contains(&"orders/updated".to_owned()), "{topics:?}");
}
