//! Tests of the portal through its HTTP interface, in the order of the checklist in facts §15.

mod batch;
mod companies;
mod deals;
mod directory;
mod faults;
mod fields;
mod filters;
mod funnels;
mod oauth;
mod people;
mod products;
mod protocol;
mod records;
mod rows;
mod user_fields;

use std::future::Future;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};
use tower::ServiceExt;

use super::{Faults, Portal, PortalConfig};

/// A portal that answers at once, with limits in milliseconds, so a test never waits long.
fn quick() -> PortalConfig {
    PortalConfig {
        command_ms: std::collections::BTreeMap::new(),
        command_ms_default: (0, 0),
        two_phase_ms: (0, 0),
        burst: 1_000.0,
        request_limit_ms: 5_000,
        hang_ms: 20,
        scopes: ["crm", "user_brief", "disk"].map(str::to_owned).to_vec(),
        ..PortalConfig::default()
    }
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(test);
}

/// Waits until nothing is being executed any more.
async fn settle(portal: &Portal) {
    while portal.unsettled() > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

/// An answer: status, text, and the text as JSON if it is any. No answer if the connection broke.
#[derive(Debug)]
struct Answer {
    status: u16,
    text: String,
    json: Value,
}

async fn send(portal: &Portal, request: Request<Body>) -> Option<Answer> {
    let response = portal.router().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.ok()?.to_bytes();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let json = serde_json::from_str(&text).unwrap_or(Value::Null);
    Some(Answer { status, text, json })
}

async fn try_call(portal: &Portal, method: &str, params: Value) -> Option<Answer> {
    let request = Request::post(format!("/rest/1/webhookcode/{method}"))
        .header("content-type", "application/json")
        .body(Body::from(params.to_string()))
        .unwrap();
    send(portal, request).await
}

async fn call(portal: &Portal, method: &str, params: Value) -> Answer {
    try_call(portal, method, params).await.unwrap()
}

async fn get(portal: &Portal, path: &str) -> Answer {
    send(portal, Request::get(path).body(Body::empty()).unwrap())
        .await
        .unwrap()
}

/// Creates a deal by `crm.item.add` and returns its id.
async fn add_deal(portal: &Portal, fields: Value) -> u64 {
    let answer = call(
        portal,
        "crm.item.add",
        json!({"entityTypeId": 2, "useOriginalUfNames": "Y", "fields": fields}),
    )
    .await;
    answer.json["result"]["item"]["id"].as_u64().unwrap()
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn faults(portal: &Portal, change: impl FnOnce(&mut Faults)) {
    let mut faults = Faults::default();
    change(&mut faults);
    portal.set_faults(faults);
}
