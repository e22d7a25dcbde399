//! Webhook deliveries: how many, how fast, how large.

use prometheus_client::{
    metrics::{
        counter::Counter,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use super::{ByWord, register_seconds};

/// How a delivery can be answered.
const KINDS: &[&str] = &[
    "stored",
    "too_large",
    "broken",
    "empty",
    "no_topic_or_shop",
    "unknown_shop",
    "no_signature",
    "wrong_signature",
    "not_stored",
];

/// Webhook deliveries.
#[derive(Debug)]
pub struct IntakeCounters {
    /// By how they were answered.
    pub deliveries: ByWord<Counter>,
    /// From the first byte that we see to the answer, in seconds.
    pub seconds: Histogram,
    /// Size of the bodies that were stored.
    pub bytes: Histogram,
}

impl IntakeCounters {
    pub(super) fn new(registry: &mut Registry) -> Self {
        // Half a millisecond to 8 s: Shopify gives up after 5 s.
        let seconds = Histogram::new(exponential_buckets(0.000_5, 4.0, 8));
        // 1 KiB to 16 MiB: intake refuses bodies above 10 MiB.
        let bytes = Histogram::new(exponential_buckets(1_024.0, 4.0, 8));
        let help = "Size of the bodies of deliveries that were stored";
        registry.register_with_unit("delivery", help, Unit::Bytes, bytes.clone());
        Self {
            deliveries: ByWord::new(
                registry,
                ("deliveries", "Webhook deliveries by answer"),
                "kind",
                KINDS,
            ),
            seconds: register_seconds(
                registry,
                "intake",
                "Time from a delivery's arrival to its answer",
                seconds,
            ),
            bytes,
        }
    }
}
