//! Shopify's Admin API: requests, the reconciler's passes, subscriptions.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use super::{ByWord, register};

/// What can become of a request (`AdminError::word`).
const REQUESTS: &[&str] = &[
    "done",
    "no_answer",
    "no_token",
    "unauthorized",
    "too_many",
    "refused",
    "throttled",
    "too_costly",
    "denied",
    "failed",
    "other_shop",
];

/// What becomes of an order that was asked for.
const ANSWERS: &[&str] = &["stored", "known", "too_fresh", "unreadable", "gone"];

/// How a pass ends.
const PASSES: &[&str] = &["complete", "failed"];

/// What is done to a subscription.
const SUBSCRIPTIONS: &[&str] = &["made", "made_again", "repaired", "refused"];

/// Shopify's Admin API.
#[derive(Debug)]
pub struct ShopCounters {
    /// Requests by their outcome.
    pub requests: ByWord<Counter>,
    /// What became of orders that the Admin API answered.
    pub answers: ByWord<Counter>,
    /// Passes of the reconciler by how they ended.
    pub passes: ByWord<Counter>,
    /// What was done to webhook subscriptions.
    pub subscriptions: ByWord<Counter>,
    /// Webhook subscriptions that the last look found missing or pointing elsewhere and could not mend; -1 before it.
    pub subscriptions_missing: Gauge,
    /// Time of day up to which the reconciler has seen every order, in seconds of Unix time; 0 before its first pass.
    pub reconciled_until: Gauge,
}

impl ShopCounters {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let all = Self {
            requests: ByWord::new(
                registry,
                (
                    "shop_requests",
                    "Requests to Shopify's Admin API by outcome",
                ),
                "kind",
                REQUESTS,
            ),
            answers: ByWord::new(
                registry,
                (
                    "shop_answers",
                    "Orders that the Admin API answered, by what came of them",
                ),
                "kind",
                ANSWERS,
            ),
            passes: ByWord::new(
                registry,
                (
                    "reconcile_passes",
                    "Passes of the reconciler by how they ended",
                ),
                "kind",
                PASSES,
            ),
            subscriptions: ByWord::new(
                registry,
                ("subscriptions", "What was done to webhook subscriptions"),
                "kind",
                SUBSCRIPTIONS,
            ),
            subscriptions_missing: register(
                registry,
                "subscriptions_missing",
                "Webhook subscriptions that are missing and could not be made; -1 before the first look",
                Gauge::default(),
            ),
            reconciled_until: register(
                registry,
                "reconciled_until_seconds",
                "Time up to which the reconciler has seen every order (Unix time)",
                Gauge::default(),
            ),
        };
        all.subscriptions_missing.set(-1);
        all
    }
}
