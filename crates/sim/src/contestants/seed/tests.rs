//! The system against a portal that answers from a script.

use std::collections::VecDeque;
use std::sync::Mutex;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use service::transport::SendError;
use tokio::time::Instant;

use super::*;

const FIELD: &str = "UF_CRM_1742556489";
const TIMEOUT: Duration = Duration::from_secs(10);

/// What the portal does with one request.
#[derive(Debug, Clone)]
enum Act {
    Answer(u16, Value),
    Lose,
    Hang,
}

#[derive(Debug, Clone, Default)]
struct Script {
    acts: Arc<Mutex<VecDeque<Act>>>,
    /// When, which method, which parameters.
    seen: Arc<Mutex<Vec<(Instant, String, Value)>>>,
}

impl Script {
    fn methods(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().map(|(_, method, _)| method.clone()).collect()
    }

    fn params(&self, index: usize) -> Value {
        self.seen.lock().unwrap()[index].2.clone()
    }

    /// Milliseconds between each request and the one before it.
    fn gaps(&self) -> Vec<u128> {
        let seen = self.seen.lock().unwrap();
        seen.windows(2)
            .map(|pair| (pair[1].0 - pair[0].0).as_millis())
            .collect()
    }
}

impl Transport for Script {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let method = request.uri().path().rsplit('/').next().unwrap().to_owned();
        let params = serde_json::from_slice(request.body()).unwrap();
        self.seen
            .lock()
            .unwrap()
            .push((Instant::now(), method, params));
        let act = self.acts.lock().unwrap().pop_front();
        match act.expect("the script is long enough") {
            Act::Answer(status, body) => {
                let mut response = Response::new(Bytes::from(body.to_string()));
                *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
                Ok(response)
            }
            Act::Lose => Err(SendError::Lost),
            Act::Hang => std::future::pending().await,
        }
    }
}

fn system(acts: impl IntoIterator<Item = Act>) -> (SeedSystem<Script>, Script) {
    let script = Script::default();
    script.acts.lock().unwrap().extend(acts);
    let url = WebhookUrl::parse("https://x.bitrix24.com/rest/1/abc123secret/").unwrap();
    let system = SeedSystem::new(url, script.clone(), FIELD.to_owned(), TIMEOUT);
    (system, script)
}

fn found(id: u64) -> Act {
    Act::Answer(200, json!({"result": [{"ID": id.to_string()}], "total": 1}))
}

fn nothing() -> Act {
    Act::Answer(200, json!({"result": [], "total": 0}))
}

fn added(id: u64) -> Act {
    Act::Answer(200, json!({"result": id}))
}

fn updated() -> Act {
    Act::Answer(200, json!({"result": true}))
}

fn error(code: &str, text: &str) -> Act {
    Act::Answer(400, json!({"error": code, "error_description": text}))
}

fn order() -> Vec<u8> {
    let order = json!({
        "id": 820_982_911_946_154_508_u64, "name": "#1001", "total_price": "409.94", "currency": "USD",
        "financial_status": "paid", "cancelled_at": null,
    });
    order.to_string().into_bytes()
}

const LIST: &str = "crm.deal.list.json";
const ADD: &str = "crm.deal.add.json";
const UPDATE: &str = "crm.deal.update.json";

#[tokio::test(start_paused = true)]
async fn a_found_deal_is_updated_and_none_is_added() {
    for topic in ["orders/create", "orders/updated", "orders/paid"] {
        let (system, script) = system([found(812), updated()]);
        assert_eq!(system.handle(topic, &order()).await, 200);
        assert_eq!(script.methods(), [LIST, UPDATE]);
        let filter = json!({(FIELD): "820982911946154508"});
        assert_eq!(script.params(0)["filter"], filter);
        let fields = json!({"TITLE": "#1001", "OPPORTUNITY": "409.94", "CURRENCY_ID": "USD", "STAGE_ID": "WON"});
        assert_eq!(script.params(1), json!({"id": "812", "fields": fields}));
        assert_eq!(system.counters().updates, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_of_an_order_without_a_deal_creates_it() {
    let (system, script) = system([nothing(), nothing(), added(812)]);
    assert_eq!(system.handle("orders/updated", &order()).await, 200);
    assert_eq!(script.methods(), [LIST, LIST, ADD]);
    assert_eq!(script.params(2)["fields"][FIELD], "820982911946154508");
    let counters = system.counters();
    assert_eq!((counters.attempts, counters.creates), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_add_is_tried_thrice_with_gaps_of_one_and_two_seconds_and_its_failure_answered_500() {
    let busy = || error("QUERY_LIMIT_EXCEEDED", "Too many requests");
    let (system, script) = system([nothing(), busy(), busy(), busy()]);
    assert_eq!(system.handle("orders/create", &order()).await, 500);
    assert_eq!(script.methods(), [LIST, ADD, ADD, ADD]);
    assert_eq!(script.gaps(), [0, 1_000, 2_000]);
    let counters = system.counters();
    assert_eq!(
        (counters.attempts, counters.creates, counters.failures),
        (3, 0, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_leads_to_a_second_add_without_another_look() {
    let (system, script) = system([nothing(), Act::Lose, added(813)]);
    assert_eq!(system.handle("orders/create", &order()).await, 200);
    assert_eq!(script.methods(), [LIST, ADD, ADD]);
    assert_eq!(system.counters().creates, 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_too_long_counts_as_a_failed_attempt() {
    let (system, script) = system([nothing(), Act::Hang, added(813)]);
    assert_eq!(system.handle("orders/create", &order()).await, 200);
    assert_eq!(script.methods(), [LIST, ADD, ADD]);
    assert_eq!(script.gaps(), [0, 11_000]);
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_error_leads_to_a_look_and_the_found_deal_is_left_as_it_is() {
    let errors = [
        error("DUPLICATE", ""),
        error("ALREADY_EXISTS", ""),
        error("", "Deal already exists"),
        error("100", "Duplicate entry"),
        error("", "Сделка уже существует"),
        error("", "Такая сделка уже есть"),
    ];
    for error in errors {
        let (system, script) = system([nothing(), error, found(812)]);
        assert_eq!(system.handle("orders/create", &order()).await, 200);
        assert_eq!(script.methods(), [LIST, ADD, LIST]);
        assert_eq!(script.gaps(), [0, 100]);
        let counters = system.counters();
        assert_eq!((counters.duplicates_detected, counters.failures), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_that_is_not_found_is_a_failed_attempt() {
    let duplicate = || error("DUPLICATE", "");
    let (system, script) = system([nothing(), duplicate(), nothing(), duplicate(), found(812)]);
    assert_eq!(system.handle("orders/create", &order()).await, 200);
    assert_eq!(script.methods(), [LIST, ADD, LIST, ADD, LIST]);
    assert_eq!(script.gaps(), [0, 100, 1_000, 200]);
    assert_eq!(system.counters().duplicates_detected, 2);
}

#[tokio::test(start_paused = true)]
async fn a_failed_look_does_not_hinder_a_create_but_ends_an_update() {
    let (creating, script) = system([Act::Lose, added(812)]);
    assert_eq!(creating.handle("orders/create", &order()).await, 200);
    assert_eq!(script.methods(), [LIST, ADD]);

    let (updating, script) = system([Act::Lose]);
    assert_eq!(updating.handle("orders/updated", &order()).await, 500);
    assert_eq!(script.methods(), [LIST]);
    assert_eq!(updating.counters().failures, 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_update_is_not_tried_again() {
    let (system, script) = system([found(812), error("", "Not found")]);
    assert_eq!(system.handle("orders/create", &order()).await, 500);
    assert_eq!(script.methods(), [LIST, UPDATE]);
    assert_eq!(system.counters().failures, 1);
}

#[tokio::test(start_paused = true)]
async fn other_topics_and_unreadable_bodies_send_nothing() {
    let (system, script) = system([]);
    assert_eq!(system.handle("refunds/create", &order()).await, 200);
    assert_eq!(system.counters(), SeedCounters::default());
    for body in [&b"{"[..], b"{}", b"[]", b"{\"id\":null}"] {
        assert_eq!(system.handle("orders/create", body).await, 500);
    }
    assert_eq!(system.counters().failures, 4);
    assert!(script.methods().is_empty());
}

#[test]
fn the_stage_follows_the_order_alone() {
    let rows = [
        (json!({"id": 1, "financial_status": "paid"}), "WON"),
        (json!({"id": 1, "financial_status": "pending"}), "NEW"),
        (
            json!({"id": 1, "financial_status": "partially_paid"}),
            "NEW",
        ),
        (json!({"id": 1}), "NEW"),
        (
            json!({"id": 1, "financial_status": "voided", "cancelled_at": "2026-01-01T00:00:00Z"}),
            "LOSE",
        ),
        (
            json!({"id": 1, "financial_status": "paid", "cancelled_at": "2026-01-01T00:00:00Z"}),
            "LOSE",
        ),
    ];
    for (order, stage) in rows {
        let wanted = WantedDeal::read(order.to_string().as_bytes()).unwrap();
        assert_eq!(wanted.fields["STAGE_ID"], stage, "{order}");
    }
}

#[test]
fn waits_grow_to_their_bounds() {
    let backoffs: Vec<_> = (1..=5).map(|n| backoff(n).as_millis()).collect();
    assert_eq!(backoffs, [1_000, 2_000, 4_000, 5_000, 5_000]);
    let waits: Vec<_> = [1, 2, 5, 6].map(|n| duplicate_wait(n).as_millis()).into();
    assert_eq!(waits, [100, 200, 500, 500]);
}
