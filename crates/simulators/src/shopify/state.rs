//! The shop's state, as a function of calls and of the time since it began.

use super::address::{self, Customer};
use super::admin::Admin;
use super::body;
use super::config::{OrderShape, ShopConfig, Subscriptions};
use super::delivery::Delivery;
use super::faults::ShopFaults;
use super::generate::{self, Draft};
use super::order::{Order, Side};
use super::queue::{Queue, retry_gap};
use super::truth::{Acknowledged, OrderStamp, OrderTruth, ShopStats};
use super::{config, emit};
use jiff::{SignedDuration, Timestamp};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

/// Everything a shop knows.
pub(super) struct State {
    pub config: ShopConfig,
    pub faults: ShopFaults,
    pub rng: ChaCha8Rng,
    pub customers: Vec<Customer>,
    pub orders: BTreeMap<u64, Order>,
    pub queue: Queue,
    pub subscriptions: Vec<Subscription>,
    pub stats: ShopStats,
    pub acknowledged: Vec<Acknowledged>,
    pub admin: Admin,
    /// What the search knows of each order's updates: since when, and which.
    index: BTreeMap<u64, Vec<(Duration, Timestamp)>>,
    next_order: u64,
    next_number: u64,
    next_id: u64,
}

/// A webhook subscription.
#[derive(Clone, Debug)]
pub(super) struct Subscription {
    pub id: u64,
    /// Topic, lower case with slash.
    pub topic: String,
    /// The full address; only its path matters to the simulator.
    pub uri: String,
    pub name: Option<String>,
    pub kind: Subscriptions,
    pub created: Timestamp,
}

impl State {
    pub(super) fn new(config: ShopConfig) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
        let customers = address::customers(&mut rng, config.customers, whole_seconds(config.epoch));
        let mut state = Self {
            faults: ShopFaults::default(),
            rng,
            customers,
            orders: BTreeMap::new(),
            queue: Queue::default(),
            subscriptions: Vec::new(),
            stats: ShopStats::default(),
            acknowledged: Vec::new(),
            admin: Admin::new(config.cost_bucket.0, config.seed),
            index: BTreeMap::new(),
            next_order: config.first_order_id,
            next_number: config.first_order_number,
            next_id: 900_000_001,
            config,
        };
        for topic in state.config.topics.clone() {
            let (uri, name) = (state.config.path.clone(), state.config.name.clone());
            let kind = state.config.subscriptions;
            state.subscribe(Duration::ZERO, topic, uri, name, kind);
        }
        state
    }

    pub(super) fn wall(&self, now: Duration) -> Timestamp {
        self.config.epoch
            + SignedDuration::try_from(now)
                .expect("a simulation is shorter than the age of the universe")
    }

    pub(super) fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    pub(super) fn uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.rng.random()).into_uuid()
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.rng.random_bool(probability.clamp(0.0, 1.0))
    }

    pub(super) fn subscribe(
        &mut self,
        now: Duration,
        topic: String,
        uri: String,
        name: Option<String>,
        kind: Subscriptions,
    ) -> u64 {
        let id = self.fresh_id();
        let created = whole_seconds(self.wall(now));
        self.subscriptions.push(Subscription {
            id,
            topic,
            uri,
            name,
            kind,
            created,
        });
        id
    }

    pub(super) fn place(&mut self, now: Duration, shape: &OrderShape) -> u64 {
        let id = self.next_order;
        let number = self.next_number;
        self.next_order += self.rng.random_range(1..=37);
        self.next_number += 1;
        let updated = whole_seconds(self.wall(now));
        let triggered = self.wall(now)
            + SignedDuration::from_nanos(self.rng.random_range(1_000_000..300_000_000));
        let draft = Draft {
            config: &self.config,
            faults: &self.faults,
            customers: &self.customers,
            shape,
            id,
            number,
            updated,
            triggered,
        };
        let order = generate::order(&mut self.rng, &draft);
        for (fault, struck) in [
            ("big_body", 0 < order.quirks.padding),
            ("unknown_fields", order.quirks.unknown_fields),
            ("missing_optional", !order.quirks.missing.is_empty()),
        ] {
            if struck {
                self.count_fault(fault);
            }
        }
        let old = order.created < updated - SignedDuration::from_secs(60);
        let paid = order.financial_status() == "paid";
        self.orders.insert(id, order);
        self.stats.orders += 1;
        let topics: &[&str] = match (old, paid) {
            (true, _) => &["orders/updated"],
            (false, true) => &["orders/create", "orders/updated", "orders/paid"],
            (false, false) => &["orders/create", "orders/updated"],
        };
        self.commit(now, id, topics, Vec::new());
        self.follow_up(now, id);
        self.count_action("place");
        id
    }

    /// Moves `updated_at` on, at least by one second, or not at all for a second change within one second.
    pub(super) fn bump(&mut self, now: Duration, id: u64, same_second: bool) {
        let wall = self.wall(now);
        let drift = SignedDuration::from_nanos(self.rng.random_range(1_000_000..300_000_000));
        if let Some(order) = self.orders.get_mut(&id) {
            if !same_second {
                order.updated =
                    whole_seconds(wall).max(order.updated + SignedDuration::from_secs(1));
            }
            order.triggered = wall.max(order.updated).max(order.triggered) + drift;
        }
    }

    /// The search will know of an update, now or a little later.
    pub(super) fn index(&mut self, now: Duration, id: u64, updated: Timestamp) {
        let lag = Duration::from_millis(self.admin.between(self.faults.index_lag_ms));
        if !lag.is_zero() {
            self.count_fault("index_lag");
        }
        self.index.entry(id).or_default().push((now + lag, updated));
    }

    /// The update by which the search knows an order, if it knows it.
    pub(super) fn indexed(&self, now: Duration, id: u64) -> Option<Timestamp> {
        let known = self
            .index
            .get(&id)?
            .iter()
            .filter(|(since, _)| *since <= now);
        known.map(|(_, updated)| *updated).max()
    }

    pub(super) fn count_fault(&mut self, kind: &'static str) {
        *self.stats.faults.entry(kind.to_owned()).or_default() += 1;
    }

    pub(super) fn count_action(&mut self, kind: &'static str) {
        *self.stats.actions.entry(kind.to_owned()).or_default() += 1;
    }

    pub(super) fn due(&mut self, now: Duration, limit: usize) -> Vec<Delivery> {
        let taken = self.queue.take(now, limit);
        self.stats.attempts += u64::try_from(taken.len()).unwrap_or(u64::MAX);
        taken
    }

    pub(super) fn report(&mut self, now: Duration, id: u64, attempt: u32, status: Option<u16>) {
        let Some(mut delivery) = self.queue.settle(id, attempt) else {
            return;
        };
        let answer = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        *self.stats.answers.entry(answer).or_default() += 1;
        if status.is_some_and(|status| (200..300).contains(&status)) {
            self.accept(delivery);
        } else if delivery.genuine {
            match retry_gap(attempt, self.config.retry_scale) {
                Some(gap) => {
                    delivery.attempt += 1;
                    if self.config.webhook_id_on_retry == config::WebhookIdOnRetry::New {
                        let fresh = self.uuid().to_string();
                        emit::set_header(&mut delivery, emit::WEBHOOK_ID, fresh);
                    }
                    self.stats.retries += 1;
                    self.queue.push(now + gap, delivery);
                }
                None => self.give_up(&delivery),
            }
        }
    }

    pub(super) fn truths(&self) -> Vec<OrderTruth> {
        self.orders
            .values()
            .map(|order| self.truth(order))
            .collect()
    }

    pub(super) fn stamps(&self) -> Vec<OrderStamp> {
        let stamp = |order: &Order| OrderStamp {
            id: order.id,
            updated_at: order.updated,
            deleted: order.deleted,
        };
        self.orders.values().map(stamp).collect()
    }

    pub(super) fn truth_of(&self, id: u64) -> Option<OrderTruth> {
        self.orders.get(&id).map(|order| self.truth(order))
    }

    fn truth(&self, order: &Order) -> OrderTruth {
        OrderTruth {
            id: order.id,
            name: order.name(),
            created_at: order.created,
            updated_at: order.updated,
            current_total: order.totals(Side::Current).total,
            currency: order.currency.code.clone(),
            financial_status: order.financial_status().to_owned(),
            fulfillment_status: order.fulfillment_status().map(str::to_owned),
            cancelled: order.cancelled.is_some(),
            deleted: order.deleted,
            test: order.test,
            email: order.email.clone(),
            customer_id: order.customer.as_ref().map(|customer| customer.id),
            history: order.history.clone(),
            body_json: body::order(order, self.config.offset_hours),
        }
    }

    fn accept(&mut self, delivery: Delivery) {
        if !delivery.genuine {
            self.stats.forged_accepted += 1;
            return;
        }
        self.stats.acknowledged += 1;
        self.acknowledged.push(Acknowledged {
            order_id: delivery.order_id,
            topic: delivery.topic,
            updated_at: delivery.updated_at,
            triggered_at: delivery.triggered_at,
            delivery: delivery.id,
        });
    }

    /// After the last retry an API-made subscription is removed (facts §1.4).
    fn give_up(&mut self, delivery: &Delivery) {
        self.stats.given_up += 1;
        let before = self.subscriptions.len();
        self.subscriptions
            .retain(|entry| entry.id != delivery.subscription || entry.kind == Subscriptions::App);
        self.stats.subscriptions_removed +=
            u64::try_from(before - self.subscriptions.len()).unwrap_or(0);
    }
}

/// Cuts a timestamp down to its second.
pub(super) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
