//! From a change to its deliveries: topics, headers, signatures, and the faults of transport.

use super::body;
use super::config::OrderShape;
use super::delivery::Delivery;
use super::forge;
use super::generate::pick;
use super::state::{State, Subscription};
use super::wire::{sign, wire_bytes};
use bytes::Bytes;
use jiff::Timestamp;
use rand::RngExt as _;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// Header of the delivery id.
pub(super) const WEBHOOK_ID: &str = "X-Shopify-Webhook-Id";
const HMAC: &str = "X-Shopify-Hmac-Sha256";

/// Longest time between a delivery and its duplicate, in milliseconds.
const DUPLICATE_WITHIN_MS: u64 = 90_000;

/// What all deliveries of one merchant action share.
#[derive(Clone, Copy)]
struct Event {
    id: Uuid,
    order: Option<u64>,
    triggered: Timestamp,
}

/// One body for one topic.
struct Message<'a> {
    topic: &'a str,
    body: Bytes,
    updated: Option<Timestamp>,
    fault: Option<&'static str>,
}

/// Replaces a header or adds it.
pub(super) fn set_header(delivery: &mut Delivery, name: &str, value: String) {
    match delivery.headers.iter_mut().find(|(key, _)| key == name) {
        Some((_, old)) => *old = value,
        None => delivery.headers.push((name.to_owned(), value)),
    }
}

impl State {
    /// Records the order's new state and queues the deliveries of one merchant action.
    pub(super) fn commit(
        &mut self,
        now: Duration,
        id: u64,
        topics: &[&str],
        hints: Vec<(&'static str, Value)>,
    ) {
        let Some(order) = self.orders.get_mut(&id) else {
            return;
        };
        let state = order.state();
        order.history.push(state);
        let (triggered, updated) = (order.triggered, order.updated);
        let value = body::order(order, self.config.offset_hours);
        self.index(now, id, updated);
        let full = wire_bytes(&value);
        let event = Event {
            id: self.uuid(),
            order: Some(id),
            triggered,
        };
        for topic in topics {
            let message = Message {
                topic,
                body: full.clone(),
                updated: Some(updated),
                fault: None,
            };
            if *topic == "orders/updated" && self.coalesce(&event, &message) {
                continue;
            }
            self.send(now, &event, &message);
            self.extras(now, &event, &value, topic);
        }
        for (topic, hint) in hints {
            self.send(
                now,
                &event,
                &Message {
                    topic,
                    body: wire_bytes(&hint),
                    updated: None,
                    fault: None,
                },
            );
        }
    }

    /// Queues a body that concerns no order, or no longer one.
    pub(super) fn announce(
        &mut self,
        now: Duration,
        order: Option<u64>,
        topic: &str,
        body: &Value,
    ) {
        let wall = self.wall(now);
        let triggered = order
            .and_then(|id| self.orders.get(&id))
            .map_or(wall, |order| order.triggered.max(wall));
        let event = Event {
            id: self.uuid(),
            order,
            triggered,
        };
        self.send(
            now,
            &event,
            &Message {
                topic,
                body: wire_bytes(body),
                updated: None,
                fault: None,
            },
        );
    }

    /// The per-action faults: a different change within the same second, an update without visible change.
    pub(super) fn follow_up(&mut self, now: Duration, id: u64) {
        if self.chance(self.faults.same_second) {
            self.count_fault("same_second");
            self.change_within_second(now, id);
        }
        if self.chance(self.faults.unchanged) {
            self.count_fault("unchanged");
            self.bump(now, id, false);
            self.commit(now, id, &["orders/updated"], Vec::new());
        }
    }

    /// Places an order with everything drawn.
    pub(super) fn place_any(&mut self, now: Duration) -> u64 {
        self.place(now, &OrderShape::default())
    }

    /// Merges an update into one that waits; only if the content is newer by a second, as the trigger time stays old.
    fn coalesce(&mut self, event: &Event, message: &Message<'_>) -> bool {
        if !self.chance(self.faults.coalesced) {
            return false;
        }
        let history = event
            .order
            .and_then(|id| self.orders.get(&id))
            .map_or(&[][..], |order| &order.history);
        let same_second =
            matches!(history, [.., before, last] if before.updated_at == last.updated_at);
        let subscribed = self
            .subscriptions
            .iter()
            .filter(|entry| entry.topic == message.topic)
            .count();
        if same_second || subscribed != 1 {
            return false;
        }
        let secret = self.config.secrets.first().cloned().unwrap_or_default();
        let found = self.queue.find(|waiting| {
            waiting.order_id == event.order
                && waiting.topic == message.topic
                && waiting.attempt == 1
                && waiting.fault.is_none()
                && waiting.updated_at < message.updated
        });
        let Some(waiting) = found else { return false };
        waiting.body = message.body.clone();
        waiting.updated_at = message.updated;
        set_header(waiting, HMAC, sign(&secret, &message.body));
        self.count_fault("coalesced");
        true
    }

    /// Queues one message for each subscription of its topic, faults of transport applied.
    fn send(&mut self, now: Duration, event: &Event, message: &Message<'_>) {
        let subscriptions: Vec<Subscription> = self
            .subscriptions
            .iter()
            .filter(|entry| entry.topic == message.topic)
            .cloned()
            .collect();
        for subscription in subscriptions {
            let delivery = self.delivery(event, message, &subscription);
            let (from, to) = self.config.delay_ms;
            let mut delay = self.rng.random_range(from..=to.max(from));
            if self.chance(self.faults.lost) {
                self.count_fault("lost");
                continue;
            }
            if self.chance(self.faults.reorder) {
                self.count_fault("reorder");
                delay += self.rng.random_range(0..=self.faults.reorder_window_ms);
            }
            if self.chance(self.faults.late) {
                self.count_fault("late");
                let (from, to) = self.faults.late_ms;
                delay += self.rng.random_range(from..=to.max(from));
            }
            let at = now + Duration::from_millis(delay);
            if self.chance(self.faults.duplicate_same_id) {
                self.count_fault("duplicate_same_id");
                let later = Duration::from_millis(self.rng.random_range(0..=DUPLICATE_WITHIN_MS));
                self.enqueue_copy(at + later, &delivery, false);
            }
            if self.chance(self.faults.duplicate_new_id) {
                self.count_fault("duplicate_new_id");
                let later = Duration::from_millis(self.rng.random_range(0..=DUPLICATE_WITHIN_MS));
                self.enqueue_copy(at + later, &delivery, true);
            }
            if message.topic == "orders/updated" && self.chance(self.faults.burst) {
                self.count_fault("burst");
                for _ in 0..self.faults.burst_size {
                    self.enqueue_copy(at, &delivery, true);
                }
            }
            self.enqueue(at, delivery);
        }
    }

    /// Extra deliveries beside a genuine one.
    fn extras(&mut self, now: Duration, event: &Event, value: &Value, topic: &str) {
        if self.chance(self.faults.bad_signature) {
            let body = wire_bytes(&forge::forged_body(value));
            let message = Message {
                topic,
                body,
                updated: None,
                fault: Some("bad_signature"),
            };
            self.extra(now, event, &message);
        }
        if self.chance(self.faults.id_only) {
            let body = wire_bytes(&json!({"id": event.order}));
            self.extra(
                now,
                event,
                &Message {
                    topic,
                    body,
                    updated: None,
                    fault: Some("id_only"),
                },
            );
        }
        if self.chance(self.faults.unreadable) {
            let body = forge::unreadable_body(&mut self.rng);
            let event = Event {
                order: None,
                ..*event
            };
            self.extra(
                now,
                &event,
                &Message {
                    topic,
                    body,
                    updated: None,
                    fault: Some("unreadable"),
                },
            );
        }
    }

    fn extra(&mut self, now: Duration, event: &Event, message: &Message<'_>) {
        let Some(subscription) = self
            .subscriptions
            .iter()
            .find(|entry| entry.topic == message.topic)
            .cloned()
        else {
            return;
        };
        let mut delivery = self.delivery(event, message, &subscription);
        if message.fault == Some("bad_signature") {
            delivery.genuine = false;
            let secret = pick(
                &mut self.rng,
                &[0, self.config.secrets.len().saturating_sub(1)],
            );
            let secret = self.config.secrets.get(secret).cloned().unwrap_or_default();
            delivery.headers.retain(|(name, _)| name != HMAC);
            if let Some(value) = forge::wrong_signature(&mut self.rng, &secret, &message.body) {
                set_header(&mut delivery, HMAC, value);
            }
        }
        if let Some(fault) = message.fault {
            self.count_fault(fault);
        }
        let (from, to) = self.config.delay_ms;
        let delay = self.rng.random_range(from..=to.max(from));
        self.enqueue(now + Duration::from_millis(delay), delivery);
    }

    fn delivery(
        &mut self,
        event: &Event,
        message: &Message<'_>,
        subscription: &Subscription,
    ) -> Delivery {
        let old = 1 < self.config.secrets.len() && self.chance(self.faults.old_secret);
        if old {
            self.count_fault("old_secret");
        }
        let secret = self
            .config
            .secrets
            .get(usize::from(old))
            .cloned()
            .unwrap_or_default();
        let test = event
            .order
            .and_then(|id| self.orders.get(&id))
            .is_some_and(|order| order.test);
        let webhook = self.uuid();
        let mut headers: Vec<(String, String)> = [
            ("User-Agent", "Shopify-Captain-Hook"),
            ("Accept", "*/*"),
            ("Accept-Encoding", "gzip;q=1.0,deflate;q=0.6,identity;q=0.3"),
            ("Content-Type", "application/json"),
            ("X-Shopify-Topic", message.topic),
            ("X-Shopify-Shop-Domain", &self.config.domain),
            ("X-Shopify-API-Version", &self.config.api_version),
            (WEBHOOK_ID, &webhook.to_string()),
            ("X-Shopify-Event-Id", &event.id.to_string()),
            ("X-Shopify-Triggered-At", &format!("{:.9}", event.triggered)),
            (HMAC, &sign(&secret, &message.body)),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        if let Some(name) = &subscription.name {
            headers.push(("X-Shopify-Name".to_owned(), name.clone()));
        }
        if let Some(order) = event.order {
            headers.push(("X-Shopify-Order-Id".to_owned(), order.to_string()));
        }
        headers.push(("X-Shopify-Test".to_owned(), test.to_string()));
        Delivery {
            id: self.fresh_id(),
            attempt: 1,
            topic: message.topic.to_owned(),
            order_id: event.order,
            url_path: path_of(&subscription.uri).to_owned(),
            headers,
            body: message.body.clone(),
            updated_at: message.updated,
            triggered_at: event.triggered,
            genuine: true,
            fault: message.fault,
            subscription: subscription.id,
        }
    }

    fn enqueue_copy(&mut self, at: Duration, delivery: &Delivery, new_webhook_id: bool) {
        let mut copy = delivery.clone();
        copy.id = self.fresh_id();
        if new_webhook_id {
            let fresh = self.uuid().to_string();
            set_header(&mut copy, WEBHOOK_ID, fresh);
        }
        self.enqueue(at, copy);
    }

    fn enqueue(&mut self, at: Duration, delivery: Delivery) {
        *self
            .stats
            .deliveries
            .entry(delivery.topic.clone())
            .or_default() += 1;
        if !self.queue.push(at, delivery) {
            self.count_fault("queue_full");
        }
    }
}

/// The path part of an address, `/` if it has none.
fn path_of(uri: &str) -> &str {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    rest.find('/').map_or("/", |start| &rest[start..])
}
