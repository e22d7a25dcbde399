//! The shop as a whole, on a time line made by hand.

mod arithmetic;
mod faults;

use super::config::{OrderShape, ShopConfig, Subscriptions, WebhookIdOnRetry};
use super::delivery::Delivery;
use super::faults::ShopFaults;
use super::state::State;
use super::wire::sign;
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

#[test]
fn a_history_says_what_the_bodies_said() {
    let mut state = shop(5, ShopFaults::default());
    let id = state.place_any(Duration::ZERO);
    for turn in 0..40 {
        state.act(seconds(turn));
    }
    let truth = state.truth_of(id).unwrap();
    let bodies: BTreeMap<_, Value> = state
        .due(FAR, usize::MAX)
        .into_iter()
        .filter(|delivery| delivery.updated_at.is_some())
        .map(|delivery| {
            (
                delivery.triggered_at,
                serde_json::from_slice(&delivery.body).unwrap(),
            )
        })
        .collect();
    assert_eq!(bodies.len(), truth.history.len());
    for (state, body) in truth.history.iter().zip(bodies.values()) {
        assert_eq!(text(body, "current_total_price"), state.current_total);
        assert_eq!(body["financial_status"], state.financial_status.as_str());
        assert_eq!(
            body["updated_at"]
                .as_str()
                .unwrap()
                .parse::<jiff::Timestamp>()
                .unwrap(),
            state.updated_at
        );
    }
    assert_eq!(bodies.values().next_back(), Some(&truth.body_json));
}

#[test]
fn an_actions_deliveries_share_one_event_and_are_signed() {
    let mut state = shop(1, ShopFaults::default());
    let id = state.place(
        Duration::ZERO,
        &OrderShape {
            paid: Some(false),
            ..OrderShape::default()
        },
    );
    assert_eq!(
        topics(&state.due(FAR, 9)),
        ["orders/create", "orders/updated"]
    );
    assert!(state.pay(seconds(10), id));
    let paid = state.due(FAR, 9);
    assert_eq!(
        topics(&paid),
        ["order_transactions/create", "orders/paid", "orders/updated"]
    );
    let events: BTreeSet<_> = paid
        .iter()
        .map(|delivery| delivery.header("x-shopify-event-id"))
        .collect();
    let webhooks: BTreeSet<_> = paid
        .iter()
        .map(|delivery| delivery.header("X-Shopify-Webhook-Id"))
        .collect();
    assert_eq!((events.len(), webhooks.len()), (1, 3));
    for delivery in &paid {
        let signature = sign("hush-hush-secret", &delivery.body);
        assert_eq!(
            delivery.header("X-Shopify-Hmac-Sha256"),
            Some(signature.as_str())
        );
        assert_eq!(
            delivery.request("http://127.0.0.1:1/").uri(),
            "http://127.0.0.1:1/webhooks/shopify"
        );
    }
    assert!(!state.pay(seconds(11), id));
    assert!(state.edit_same_second(seconds(20), id));
    let history = &state.orders[&id].history;
    assert_eq!(
        history[history.len() - 1].updated_at,
        history[history.len() - 2].updated_at
    );
    assert!(state.cancel(seconds(30), id));
    assert!(state.delete(seconds(40), id));
    let deleted = state
        .due(FAR, 99)
        .into_iter()
        .find(|delivery| delivery.topic == "orders/delete")
        .unwrap();
    assert_eq!(deleted.body, format!("{{\"id\":{id}}}"));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    let run = |seed| {
        let mut state = shop(seed, ShopFaults::hostile());
        for turn in 0..60 {
            state.place_any(seconds(turn));
            state.act(seconds(turn));
        }
        state.due(FAR, usize::MAX)
    };
    assert_eq!(run(4), run(4));
    assert_ne!(run(4), run(8));
}

#[test]
fn retries_keep_the_bytes_follow_the_schedule_and_end_after_eight() {
    for (policy, kind) in [
        (WebhookIdOnRetry::Same, Subscriptions::App),
        (WebhookIdOnRetry::New, Subscriptions::Shop),
    ] {
        let topics = vec!["orders/create".to_owned()];
        let mut state = State::new(ShopConfig {
            webhook_id_on_retry: policy,
            subscriptions: kind,
            topics,
            ..ShopConfig::default()
        });
        state.place_any(Duration::ZERO);
        let mut now = seconds(4);
        let mut webhooks = BTreeSet::new();
        let first = state.due(now, 9)[0].clone();
        let mut attempt = first.clone();
        for gap in super::RETRY_GAPS {
            webhooks.insert(attempt.header("X-Shopify-Webhook-Id").unwrap().to_owned());
            state.report(
                now,
                attempt.id,
                attempt.attempt,
                if gap % 2 == 0 { None } else { Some(503) },
            );
            state.report(now, attempt.id, attempt.attempt, Some(200));
            assert_eq!(state.queue.next(now), Some(seconds(gap)));
            assert!(
                state
                    .due(now + seconds(gap) - Duration::from_millis(1), 9)
                    .is_empty()
            );
            now += seconds(gap);
            attempt = state.due(now, 9)[0].clone();
            assert_eq!(attempt.body, first.body);
        }
        assert_eq!(attempt.attempt, 9);
        state.report(now, attempt.id, 9, Some(302));
        assert_eq!(
            (state.queue.len(), state.stats.given_up, state.stats.retries),
            (0, 1, 8)
        );
        assert_eq!(
            webhooks.len(),
            if policy == WebhookIdOnRetry::Same {
                1
            } else {
                8
            }
        );
        assert_eq!(
            state.subscriptions.len(),
            usize::from(kind == Subscriptions::App)
        );
        assert!(state.acknowledged.is_empty());
    }
}

const FAR: Duration = Duration::from_secs(100_000);

fn shop(seed: u64, faults: ShopFaults) -> State {
    let currency = ["EUR", "USD", "UAH", "JPY"][usize::try_from(seed % 4).unwrap()].to_owned();
    let mut state = State::new(ShopConfig {
        seed,
        currency,
        ..ShopConfig::default()
    });
    state.faults = faults;
    state
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn text(body: &Value, field: &str) -> Decimal {
    body[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} is no string in {body}"))
        .parse()
        .unwrap()
}

fn sum(values: &Value, amount: impl Fn(&Value) -> Decimal) -> Decimal {
    values.as_array().unwrap().iter().map(amount).sum()
}

fn topics(found: &[Delivery]) -> Vec<&str> {
    let mut topics: Vec<&str> = found
        .iter()
        .map(|delivery| delivery.topic.as_str())
        .collect();
    topics.sort_unstable();
    topics
}

fn signed(delivery: &Delivery, secret: &str) -> bool {
    delivery.header("X-Shopify-Hmac-Sha256") == Some(sign(secret, &delivery.body).as_str())
}
