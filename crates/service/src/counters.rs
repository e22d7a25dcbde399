//! What is counted: seed.md's metrics and the service's own, in a registry that is a value.
//!
//! Invariants: labels are small closed sets, and each member exists from the start, so that a page is complete at once and
//! counting costs an atomic; nothing here names an order, a deal or a person. `docs/metrics.md` explains every metric.

mod alerts;
mod intake;
mod ledger;
mod orders;
mod portal;
mod shop;
mod words;

use jiff::Timestamp;
use prometheus_client::{
    encoding::text::encode,
    metrics::{gauge::Gauge, info::Info},
    registry::{Registry, Unit},
};

pub use self::{
    alerts::AlertCounters,
    intake::IntakeCounters,
    ledger::LedgerGauges,
    orders::OrderCounters,
    portal::{METHODS, PortalCounters},
    shop::ShopCounters,
    words::{ByPair, ByWord},
};

/// All metrics of one service.
#[derive(Debug)]
pub struct Counters {
    registry: Registry,
    /// Webhook deliveries.
    pub intake: IntakeCounters,
    /// What became of orders.
    pub orders: OrderCounters,
    /// Requests to the portal, and what it takes.
    pub portal: PortalCounters,
    /// Requests to Shopify's Admin API, the reconciler, subscriptions.
    pub shop: ShopCounters,
    /// What waits in the ledger, and how it takes writes.
    pub ledger: LedgerGauges,
    /// What people are told.
    pub alerts: AlertCounters,
    started: Gauge,
}

impl Default for Counters {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("onedeal");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program that runs", build);
        let started = Gauge::default();
        registry.register_with_unit(
            "process_start_time",
            "When the process started (Unix time)",
            Unit::Seconds,
            started.clone(),
        );
        Self {
            intake: IntakeCounters::new(&mut registry),
            orders: OrderCounters::new(&mut registry),
            portal: PortalCounters::new(&mut registry),
            shop: ShopCounters::new(&mut registry),
            ledger: LedgerGauges::new(&mut registry),
            alerts: AlertCounters::new(&mut registry),
            started,
            registry,
        }
    }
}

impl Counters {
    /// Notes when the process started.
    pub fn started(&self, at: Timestamp) {
        self.started.set(at.as_second());
    }

    /// Counts a delivery by its answer.
    pub fn delivery(&self, kind: &'static str) {
        self.intake.deliveries.of(kind).inc();
    }

    /// Counts a command to the portal by its outcome.
    pub fn request(&self, kind: &'static str) {
        self.portal.requests.of(kind).inc();
    }

    /// Counts a request for the portal's tokens by its outcome.
    pub fn token(&self, kind: &'static str) {
        self.portal.tokens.of(kind).inc();
    }

    /// Counts a request to Shopify by its outcome.
    pub fn shop_request(&self, kind: &'static str) {
        self.shop.requests.of(kind).inc();
    }

    /// Counts an order that the Admin API answered.
    pub fn answer(&self, kind: &'static str) {
        self.shop.answers.of(kind).inc();
    }

    /// Counts a pass of the reconciler.
    pub fn pass(&self, kind: &'static str) {
        self.shop.passes.of(kind).inc();
    }

    /// Counts what was done to a subscription.
    pub fn subscription(&self, kind: &'static str) {
        self.shop.subscriptions.of(kind).inc();
    }

    /// The counters as a page for Prometheus.
    pub fn page(&self) -> String {
        let mut page = String::new();
        // Writing into a String does not fail.
        let _ = encode(&mut page, &self.registry);
        page
    }
}

/// Registers a metric under its name without the prefix, and hands it back.
fn register<M>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M
where
    M: prometheus_client::registry::Metric + Clone,
{
    registry.register(name, help, metric.clone());
    metric
}

/// The same for a metric in seconds, whose name ends with that unit.
fn register_seconds<M>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M
where
    M: prometheus_client::registry::Metric + Clone,
{
    registry.register_with_unit(name, help, Unit::Seconds, metric.clone());
    metric
}
