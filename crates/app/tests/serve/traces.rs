//! Traces: what a collector gets, in a build with the feature `otel`.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use axum::{Json, Router, extract::State, routing::post};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

use crate::stand::{CODE, ORDER, SHOP, Stand, order, the_one_deal};

/// A collector of traces over HTTP, in JSON.
struct Collector {
    url: String,
    taken: Arc<Mutex<Vec<Value>>>,
    _serving: JoinSet<()>,
}

impl Collector {
    async fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let taken = Arc::<Mutex<Vec<Value>>>::default();
        let take = async |State(taken): State<Arc<Mutex<Vec<Value>>>>, Json(body): Json<Value>| {
            taken.lock().unwrap().push(body);
            Json(json!({}))
        };
        let router = Router::new()
            .route("/v1/traces", post(take))
            .with_state(taken.clone());
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            taken,
            _serving: serving,
        }
    }

    fn spans(&self) -> Vec<Value> {
        let taken = self.taken.lock().unwrap();
        let all = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
        let resources = taken.iter().flat_map(|it| all(it, "resourceSpans"));
        resources
            .flat_map(|it| all(&it, "scopeSpans"))
            .flat_map(|it| all(&it, "spans"))
            .collect()
    }
}

fn settings(url: &str) -> Vec<(&'static str, String)> {
    vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.to_owned()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json".to_owned()),
    ]
}

#[tokio::test]
async fn a_trace_shows_the_delivery_the_turn_and_the_requests_that_carried_it() {
    let collector = Collector::open().await;
    let mut stand = Stand::start_with(&settings(&collector.url), |_| {}).await;
    assert_eq!(stand.deliver("orders/create", order(&[])).await, 200);
    stand.until_settled(1).await;
    let (code, said) = stand.stop().await;
    assert_eq!(code, Some(0), "{said:#?}");

    let spans = collector.spans();
    let named = |name: &'static str| spans.iter().filter(move |it| it["name"] == name);
    let delivery = named("delivery").next().unwrap();
    assert_eq!(attribute(delivery, "topic"), json!("orders/create"));
    assert_eq!(attribute(delivery, "shop.domain"), json!(SHOP));
    assert_eq!(attribute(delivery, "result"), json!("stored"));
    assert_eq!(attribute(delivery, "order.id"), json!(ORDER.to_string()));
    let turn = named("turn").next().unwrap();
    assert_eq!(attribute(turn, "order.id"), json!(ORDER.to_string()));
    assert_eq!(attribute(turn, "order.phase"), json!("linked"));
    let within = |it: &&Value| it["parentSpanId"] == turn["spanId"];
    for name in ["wait for a place", "step", "save"] {
        assert!(named(name).any(|it| within(&it)), "{name}: {spans:#?}");
    }
    let steps: Vec<_> = named("step")
        .filter(within)
        .map(|it| &it["spanId"])
        .collect();
    for request in named("request") {
        let links = request["links"].as_array().unwrap();
        assert_eq!(links.len(), 1, "{request:#}");
        assert!(steps.contains(&&links[0]["spanId"]), "{request:#}");
        let exchange = named("http").find(|it| it["parentSpanId"] == request["spanId"]);
        assert_eq!(attribute(exchange.unwrap(), "result"), json!("200"));
    }
    assert!(named("request").count() >= 2, "{spans:#?}");
    let taken = collector.taken.lock().unwrap();
    let about = taken[0]["resourceSpans"][0]["resource"].clone();
    assert_eq!(attribute(&about, "service.name"), json!("onedeal"));
    let all = serde_json::to_string(&*taken).unwrap();
    assert!(!all.contains(CODE), "the portal's address was traced");
}

#[tokio::test]
async fn a_collector_that_is_gone_holds_up_nothing() {
    let mut stand = Stand::start_with(&settings("http://127.0.0.1:1"), |_| {}).await;
    assert_eq!(stand.deliver("orders/create", order(&[])).await, 200);
    stand.until_settled(1).await;
    let (code, said) = stand.stop().await;
    assert_eq!(code, Some(0), "{said:#?}");
    let told = said.iter().filter(|it| it.contains("do not reach"));
    assert_eq!(told.count(), 1, "{said:#?}");
    let theirs = said.iter().find(|it| it.contains("opentelemetry"));
    assert_eq!(theirs, None);
    the_one_deal(&stand.portal);
}

#[tokio::test]
async fn what_cannot_be_used_is_named_with_its_remedy() {
    let mut stand = Stand::start().await;
    for (name, value, remedy) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/protobuf"),
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "s3cr3t at nowhere",
            "http://localhost:4318",
        ),
    ] {
        let mut variables = settings("http://127.0.0.1:1");
        variables.retain(|(it, _)| *it != name);
        variables.push((name, value.to_owned()));
        let (code, said) = stand.refused(&variables);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(name) && said.contains(remedy), "{said}");
        assert!(!said.contains("s3cr3t"), "{said}");
    }
    stand.stop().await;
}

/// A span's, or a resource's, attribute.
fn attribute(of: &Value, name: &str) -> Value {
    let attributes = of["attributes"].as_array().unwrap();
    let found = attributes.iter().find(|it| it["key"] == name);
    let value = found.map(|it| it["value"].as_object().unwrap());
    value.map_or(Value::Null, |it| it.values().next().unwrap().clone())
}
