//! What is counted: seed.md's metrics and the service's own, in a registry that is a value.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

/// A label that names one of a small closed set.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Kind {
    kind: &'static str,
}

/// All counters of one service.
#[derive(Debug)]
pub struct Counters {
    registry: Registry,
    /// Deliveries by how they were answered.
    pub deliveries: Family<Kind, Counter>,
    /// Requests to the portal by their outcome.
    pub requests: Family<Kind, Counter>,
    /// Attempts at a create (seed.md: "Creating deal attempt").
    pub create_attempts: Counter,
    /// Creates that were answered with a deal.
    pub created: Counter,
    /// Attempts that created deals took together; divided by `created` it is seed.md's mean.
    pub attempts_to_success: Counter,
    /// Answers that spoke of a duplicate, and duplicates found by lookups (seed.md: "Duplicate detected").
    pub duplicates: Counter,
    /// Deals found after an attempt instead of created (seed.md: races).
    pub races: Counter,
    /// Milliseconds between an attempt and the finding of its deal, together (seed.md: time between attempts).
    pub race_millis: Counter<u64, AtomicU64>,
    /// Deals created although the first thing seen was an update (seed.md: created from update).
    pub created_from_update: Counter,
    /// Updates written.
    pub updated: Counter,
    /// Turns that gave up after the last attempt.
    pub failed: Counter,
    /// Requests for the portal's tokens by their outcome.
    pub tokens: Family<Kind, Counter>,
    /// Requests to Shopify's Admin API by their outcome.
    pub shop_requests: Family<Kind, Counter>,
    /// What became of orders that the Admin API answered, by why it was asked and what came of it.
    pub answers: Family<Kind, Counter>,
    /// Passes of the reconciler by how they ended.
    pub passes: Family<Kind, Counter>,
    /// Time of day up to which the reconciler has seen every order, in seconds of Unix time; 0 before its first pass.
    pub reconciled_until: Gauge,
    /// What was done to webhook subscriptions.
    pub subscriptions: Family<Kind, Counter>,
    /// Orders being worked on.
    pub turns: Gauge,
    /// Orders that are due.
    pub backlog_orders: Gauge,
    /// Seconds until none is; -1 while nobody can tell.
    pub backlog_seconds: Gauge,
}

impl Default for Counters {
    fn default() -> Self {
        let mut all = Self {
            registry: Registry::with_prefix("onedeal"),
            deliveries: Family::default(),
            requests: Family::default(),
            create_attempts: Counter::default(),
            created: Counter::default(),
            attempts_to_success: Counter::default(),
            duplicates: Counter::default(),
            races: Counter::default(),
            race_millis: Counter::default(),
            created_from_update: Counter::default(),
            updated: Counter::default(),
            failed: Counter::default(),
            tokens: Family::default(),
            shop_requests: Family::default(),
            answers: Family::default(),
            passes: Family::default(),
            reconciled_until: Gauge::default(),
            subscriptions: Family::default(),
            turns: Gauge::default(),
            backlog_orders: Gauge::default(),
            backlog_seconds: Gauge::default(),
        };
        all.register();
        all
    }
}

impl Counters {
    /// Counts a delivery by its answer.
    pub fn delivery(&self, kind: &'static str) {
        self.deliveries.get_or_create(&Kind { kind }).inc();
    }

    /// Counts a request to the portal by its outcome.
    pub fn request(&self, kind: &'static str) {
        self.requests.get_or_create(&Kind { kind }).inc();
    }

    /// Counts a request for the portal's tokens by its outcome.
    pub fn token(&self, kind: &'static str) {
        self.tokens.get_or_create(&Kind { kind }).inc();
    }

    /// Counts a request to Shopify by its outcome.
    pub fn shop_request(&self, kind: &'static str) {
        self.shop_requests.get_or_create(&Kind { kind }).inc();
    }

    /// Counts an order that the Admin API answered.
    pub fn answer(&self, kind: &'static str) {
        self.answers.get_or_create(&Kind { kind }).inc();
    }

    /// Counts a pass of the reconciler.
    pub fn pass(&self, kind: &'static str) {
        self.passes.get_or_create(&Kind { kind }).inc();
    }

    /// Counts what was done to a subscription.
    pub fn subscription(&self, kind: &'static str) {
        self.subscriptions.get_or_create(&Kind { kind }).inc();
    }

    /// Shows how many orders wait, and for how many more seconds.
    pub fn backlog(&self, orders: i64, seconds: i64) {
        self.backlog_orders.set(orders);
        self.backlog_seconds.set(seconds);
    }

    /// The counters as a page for Prometheus.
    pub fn page(&self) -> String {
        let mut page = String::new();
        // Writing into a String does not fail.
        let _ = encode(&mut page, &self.registry);
        page
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "deliveries",
            "Webhook deliveries by answer",
            self.deliveries.clone(),
        );
        registry.register(
            "portal_requests",
            "Requests to the portal by outcome",
            self.requests.clone(),
        );
        registry.register(
            "portal_tokens",
            "Requests for the portal's access tokens by outcome",
            self.tokens.clone(),
        );
        registry.register(
            "create_attempts",
            "Attempts to create a deal",
            self.create_attempts.clone(),
        );
        registry.register("deals_created", "Deals created", self.created.clone());
        registry.register(
            "attempts_to_success",
            "Attempts that created deals took",
            self.attempts_to_success.clone(),
        );
        registry.register(
            "duplicates_detected",
            "Duplicates spoken of or found",
            self.duplicates.clone(),
        );
        registry.register(
            "races",
            "Deals found after an attempt instead of created",
            self.races.clone(),
        );
        registry.register(
            "race_milliseconds",
            "Time between attempt and finding",
            self.race_millis.clone(),
        );
        registry.register(
            "created_from_update",
            "Deals created from an update",
            self.created_from_update.clone(),
        );
        registry.register("deals_updated", "Updates written", self.updated.clone());
        registry.register(
            "creates_failed",
            "Turns that gave up after the last attempt",
            self.failed.clone(),
        );
        registry.register(
            "shop_requests",
            "Requests to Shopify's Admin API by outcome",
            self.shop_requests.clone(),
        );
        registry.register(
            "shop_answers",
            "Orders that the Admin API answered, by what came of them",
            self.answers.clone(),
        );
        registry.register(
            "reconcile_passes",
            "Passes of the reconciler by how they ended",
            self.passes.clone(),
        );
        registry.register(
            "reconciled_until_seconds",
            "Time up to which the reconciler has seen every order (Unix time)",
            self.reconciled_until.clone(),
        );
        registry.register(
            "subscriptions",
            "What was done to webhook subscriptions",
            self.subscriptions.clone(),
        );
        registry.register("turns", "Orders being worked on", self.turns.clone());
        registry.register(
            "backlog_orders",
            "Orders that are due",
            self.backlog_orders.clone(),
        );
        registry.register(
            "backlog_seconds",
            "Seconds until no order is due; -1 while nobody can tell",
            self.backlog_seconds.clone(),
        );
    }
}
