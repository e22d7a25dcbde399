//! The API: what it answers, what it refuses, and whether its document is true.

use std::time::Duration;

use axum::body::Body;
use http::Method;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::stand::{Stand, VIEWER, asking};

/// The paths of the document, with an order in the place of the parameters.
fn paths(document: &Value, order: &kernel::OrderKey) -> Vec<(String, Vec<String>)> {
    let paths = document["paths"].as_object().expect("paths");
    paths
        .iter()
        .map(|(path, item)| {
            let path = path
                .replace("{shop}", order.shop.as_str())
                .replace("{id}", &order.order.to_string());
            let methods = item.as_object().expect("methods").keys().cloned();
            (path, methods.collect())
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn every_path_of_the_document_answers_as_it_says() {
    let stand = Stand::start().await;
    let order = stand.order().await;
    let document = stand.get("/api/openapi.json").await;
    assert_eq!(document.status, 200);
    assert_eq!(
        document.body["openapi"].as_str().map(|it| &it[..2]),
        Some("3.")
    );
    let mut looked = 0;
    for (path, methods) in paths(&document.body, &order) {
        if methods != ["get"] || path.ends_with("/events") {
            continue;
        }
        let answer = stand.get(&path).await;
        assert_eq!(
            (answer.status, answer.kind.as_str()),
            (200, "application/json"),
            "{path}"
        );
        looked += 1;
    }
    assert_eq!(looked, 10);
}

#[tokio::test(start_paused = true)]
async fn every_reference_of_the_document_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|it| references(it, found));
            }
            Value::Array(items) => items.iter().for_each(|it| references(it, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let document = serde_json::to_value(service::api::document()).expect("a document");
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_answered_is_a_problem_with_a_remedy() {
    let stand = Stand::start().await;
    let order = stand.order().await;
    let here = format!("/api/v1/orders/{order}");
    let rows = [
        ("/api/v1/orders/acme.myshopify.com/1".to_owned(), 404),
        ("/api/v1/orders/acme/1".to_owned(), 404),
        ("/api/v1/orders/acme.myshopify.com/x".to_owned(), 404),
        ("/api/v1/nothing".to_owned(), 404),
        ("/api/v1/orders?cursor=x".to_owned(), 400),
        ("/api/v1/orders?part=nowhere".to_owned(), 400),
        ("/api/v1/orders?limit=-1".to_owned(), 400),
        (format!("{here}?portal=perhaps"), 400),
        (format!("{here}/actions"), 405),
    ];
    for (path, status) in rows {
        stand.get(&path).await.is_problem(status);
    }
    for (token, method, path, status) in [
        (
            "a-wrong-token",
            Method::GET,
            "/api/v1/overview".to_owned(),
            401,
        ),
        (VIEWER, Method::POST, format!("{here}/actions"), 403),
    ] {
        let request = asking(&path, token).method(method).body(Body::empty());
        let refused = stand.ask(request.expect("a request")).await;
        refused.is_problem(status);
    }
}

#[tokio::test(start_paused = true)]
async fn pages_are_passed_on_by_their_cursor() {
    let stand = Stand::start().await;
    for _ in 0..5 {
        stand.shop.place_order();
    }
    stand.deliver().await;
    stand.pass(60).await;
    let (mut seen, mut path) = (Vec::new(), "/api/v1/orders?limit=2".to_owned());
    loop {
        let page = stand.get(&path).await.body;
        let rows = page["rows"].as_array().expect("rows").clone();
        seen.extend(rows.iter().map(|it| it["order"]["id"].as_u64()));
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/api/v1/orders?limit=2&cursor={next}");
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn the_overview_comes_at_once_and_then_once_a_second_at_most() {
    let stand = Stand::start().await;
    let mut events = stand.open("/api/v1/events").await.into_body();
    let began = tokio::time::Instant::now();
    let mut at = Vec::new();
    for burst in 0..3 {
        for _ in 0..20 {
            stand.shop.place_order();
        }
        let frame = tokio::time::timeout(Duration::from_secs(20), events.frame()).await;
        let frame = frame.expect("in time").expect("one more").expect("whole");
        let data = frame.into_data().expect("data");
        let text = String::from_utf8_lossy(&data);
        assert!(
            text.starts_with("event: overview\ndata: {"),
            "{burst}: {text}"
        );
        at.push(began.elapsed());
        stand.deliver().await;
    }
    assert!(at[0] < Duration::from_millis(100), "{at:?}");
    assert!(
        at.windows(2)
            .all(|it| Duration::from_secs(1) <= it[1] - it[0]),
        "{at:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_action_is_taken_and_shows_in_log_and_timeline() {
    let stand = Stand::start().await;
    let order = stand.order().await;
    let here = format!("/api/v1/orders/{order}/actions");
    let taken = stand.post(&here, &json!({"action": "park"})).await;
    assert_eq!(taken.status, 202, "{}", taken.body);
    stand.pass(30).await;
    let attention = stand.get("/api/v1/attention").await.body;
    assert_eq!(
        attention["items"][0]["reasons"][0]["word"], "parked",
        "{attention}"
    );
    let retry = attention["items"][0]["main"]["perform"].clone();
    assert_eq!(retry, json!({"action": "retry"}));
    let taken = stand.post(&here, &retry).await;
    assert_eq!(taken.status, 202, "{}", taken.body);
    stand.pass(30).await;
    let attention = stand.get("/api/v1/attention").await.body;
    assert_eq!(attention["items"], json!([]));
    let log = stand.get("/api/v1/log").await.body;
    assert_eq!(log.as_array().map(Vec::len), Some(2), "{log}");
    let lines = stand
        .get(&format!("/api/v1/orders/{order}/timeline"))
        .await
        .body;
    let lines = lines.as_array().expect("lines");
    assert!(
        lines.iter().any(|it| it["kind"] == "operator"),
        "{lines:#?}"
    );

    stand
        .post(&here, &json!({"action": "explode"}))
        .await
        .is_problem(400);
    stand
        .post(&here, &json!({"action": "recreate"}))
        .await
        .is_problem(409);
    let bulk = json!({
        "orders": [{"shop": order.shop, "id": order.order.0}, {"shop": order.shop, "id": 1}],
        "action": {"action": "sync_now"},
    });
    let all = stand.post("/api/v1/actions", &bulk).await;
    assert_eq!(all.status, 200, "{}", all.body);
    assert!(all.body[0]["command"].is_u64(), "{}", all.body);
    assert_eq!(all.body[1]["refused"]["status"], 404, "{}", all.body);
}
