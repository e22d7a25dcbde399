//! What became of orders: seed.md's metrics, duplicates, and how long a deal took.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    metrics::{counter::Counter, histogram::Histogram},
    registry::Registry,
};

use super::{register, register_seconds};

/// From a deal at once to one that waited for a settle time, or for a portal that was down for a day.
const DEAL_SECONDS: [f64; 12] = [
    0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 240.0, 900.0, 3_600.0, 86_400.0,
];

/// What became of orders.
#[derive(Debug)]
pub struct OrderCounters {
    /// Attempts at a create (seed.md: "Creating deal attempt").
    pub create_attempts: Counter,
    /// Creates that were answered with a deal.
    pub created: Counter,
    /// Attempts that created deals took together; divided by `created` it is seed.md's mean.
    pub attempts_to_success: Counter,
    /// Answers that spoke of a duplicate, and duplicates found by lookups (seed.md: "Duplicate detected").
    pub duplicates: Counter,
    /// Looks that showed another deal of the same order.
    pub duplicates_found: Counter,
    /// Duplicates of ours that were flagged.
    pub duplicates_flagged: Counter,
    /// Orders that were linked to a deal that was there, where a create would have made a second one.
    pub duplicates_prevented: Counter,
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
    /// Looks for deals that should not be there.
    pub late_looks: Counter,
    /// Looks that showed a deal of ours which landed later than the settle time allows.
    pub late_landings: Counter,
    /// From the order's first delivery to its deal.
    pub deal_seconds: Histogram,
}

impl OrderCounters {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let mut counter =
            |name: &str, help: &str| register(registry, name, help, Counter::default());
        Self {
            create_attempts: counter("create_attempts", "Attempts to create a deal"),
            created: counter("deals_created", "Deals created"),
            attempts_to_success: counter("attempts_to_success", "Attempts that created deals took"),
            duplicates: counter("duplicates_detected", "Duplicates spoken of or found"),
            duplicates_found: counter(
                "duplicates_found",
                "Looks that showed another deal of the same order",
            ),
            duplicates_flagged: counter("duplicates_flagged", "Duplicates of ours flagged"),
            duplicates_prevented: counter(
                "duplicates_prevented",
                "Orders linked to a deal that was there, where a create would have made a second one",
            ),
            races: counter("races", "Deals found after an attempt instead of created"),
            race_millis: counter("race_milliseconds", "Time between attempt and finding"),
            created_from_update: counter("created_from_update", "Deals created from an update"),
            updated: counter("deals_updated", "Updates written"),
            failed: counter(
                "creates_failed",
                "Turns that gave up after the last attempt",
            ),
            late_looks: counter("late_looks", "Looks for deals that should not be there"),
            late_landings: counter(
                "late_landings",
                "Looks that showed a deal of ours which landed later than the settle time allows",
            ),
            deal_seconds: register_seconds(
                registry,
                "order_to_deal",
                "Time from an order's first delivery to its deal",
                Histogram::new(DEAL_SECONDS),
            ),
        }
    }
}
