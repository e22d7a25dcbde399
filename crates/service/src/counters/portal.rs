//! Requests to the portal, what became of them, and what it still takes.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    metrics::{
        counter::Counter,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

use super::{ByPair, ByWord, register, register_seconds};
use crate::portal::PortalBudget;

/// What commands say about the portal.
const NEWS: &[&str] = &[
    "done",
    "limited",
    "unreachable",
    "method_blocked",
    "no_access",
    "no_token",
];

/// The methods that the service calls.
pub const METHODS: &[&str] = &[
    "batch",
    "crm.category.list",
    "crm.currency.list",
    "crm.duplicate.findbycomm",
    "crm.item.add",
    "crm.item.fields",
    "crm.item.get",
    "crm.item.list",
    "crm.item.productrow.list",
    "crm.item.productrow.set",
    "crm.item.update",
    "crm.product.list",
    "crm.status.list",
    "crm.timeline.comment.add",
    "im.notify.system.add",
    "profile",
    "user.get",
];

/// What can become of a command.
const OUTCOMES: &[&str] = &["done", "surely_not", "unknown"];

/// HTTP statuses that Bitrix24 is known to answer with, and what stands for no answer.
const ANSWERS: &[&str] = &[
    "200", "400", "401", "403", "404", "429", "500", "502", "503", "504", "lost", "not_sent",
];

/// What can become of a request for a token.
const TOKENS: &[&str] = &[
    "renewed",
    "installed",
    "install_again",
    "unknown_client",
    "scope",
    "payment",
    "refused",
    "no_answer",
    "not_sent",
];

/// Why nothing may leave.
const PAUSES: &[&str] = &[
    "halted",
    "unreachable",
    "no_access",
    "not_installed",
    "install_again",
    "no_token",
    "renewing_token",
    "limited",
];

type Fraction = Gauge<f64, AtomicU64>;

/// Requests to the portal.
#[derive(Debug)]
pub struct PortalCounters {
    /// Commands by what their answer says about the portal.
    pub requests: ByWord<Counter>,
    /// Commands by method and outcome.
    pub commands: ByPair<Counter>,
    /// HTTP requests by method and answer.
    pub http: ByPair<Counter>,
    /// From an HTTP request to its whole answer.
    pub http_seconds: Histogram,
    /// Requests for the portal's tokens by their outcome.
    pub tokens: ByWord<Counter>,
    tokens_left: Fraction,
    capacity: Fraction,
    refill: Fraction,
    operating: ByWord<Fraction>,
    operating_limit: Fraction,
    blocked: ByWord<Gauge>,
    under_way: Gauge,
    at_once: Gauge,
    waiting: Gauge,
    paused: ByWord<Gauge>,
}

impl PortalCounters {
    pub(super) fn new(registry: &mut Registry) -> Self {
        Self {
            requests: ByWord::new(
                registry,
                ("portal_requests", "Commands to the portal by outcome"),
                "kind",
                NEWS,
            ),
            commands: ByPair::new(
                registry,
                (
                    "portal_commands",
                    "Commands to the portal by method and outcome",
                ),
                ["method", "outcome"],
                [METHODS, OUTCOMES],
            ),
            http: ByPair::new(
                registry,
                (
                    "portal_http_requests",
                    "HTTP requests to the portal by method and answer",
                ),
                ["method", "answer"],
                [METHODS, ANSWERS],
            ),
            http_seconds: register_seconds(
                registry,
                "portal_http",
                "Time from an HTTP request to the portal to its whole answer",
                Histogram::new(exponential_buckets(0.05, 2.0, 11)),
            ),
            tokens: ByWord::new(
                registry,
                (
                    "portal_tokens",
                    "Requests for the portal's access tokens by outcome",
                ),
                "kind",
                TOKENS,
            ),
            tokens_left: register(
                registry,
                "portal_bucket_tokens",
                "Requests that may leave for the portal at once",
                Fraction::default(),
            ),
            capacity: register(
                registry,
                "portal_bucket_capacity",
                "Most requests that may ever leave for the portal at once",
                Fraction::default(),
            ),
            refill: register(
                registry,
                "portal_bucket_refill",
                "Requests per second that may leave for the portal at present",
                Fraction::default(),
            ),
            operating: ByWord::new(
                registry,
                (
                    "portal_operating_seconds",
                    "Running time within the portal's ten minutes by method, as it last reported",
                ),
                "method",
                METHODS,
            ),
            operating_limit: register_seconds(
                registry,
                "portal_operating_limit",
                "Running time that we use of each method within the portal's ten minutes",
                Fraction::default(),
            ),
            blocked: ByWord::new(
                registry,
                (
                    "portal_method_blocked",
                    "Whether the portal blocks a method for its running time",
                ),
                "method",
                METHODS,
            ),
            under_way: register(
                registry,
                "portal_requests_under_way",
                "Requests to the portal without an answer",
                Gauge::default(),
            ),
            at_once: register(
                registry,
                "portal_requests_at_once",
                "Requests that may be under way to the portal at once",
                Gauge::default(),
            ),
            waiting: register(
                registry,
                "portal_commands_waiting",
                "Commands that wait for a place in a request",
                Gauge::default(),
            ),
            paused: ByWord::new(
                registry,
                (
                    "portal_paused",
                    "Whether nothing may leave for the portal, by reason",
                ),
                "reason",
                PAUSES,
            ),
        }
    }

    /// Shows what the portal takes.
    pub fn show(&self, budget: &PortalBudget) {
        let limits = &budget.limits;
        self.tokens_left.set(limits.bucket.tokens);
        self.capacity.set(limits.bucket.capacity);
        self.refill.set(limits.bucket.per_second);
        self.under_way.set(number(budget.requests_under_way));
        self.at_once.set(number(limits.requests_at_once));
        self.waiting.set(number(budget.waiting));
        for (method, gauge) in self.operating.members() {
            let known = limits.methods.get(method);
            gauge.set(known.map_or(0.0, |it| it.used_seconds));
        }
        if let Some(any) = limits.methods.values().next() {
            self.operating_limit.set(any.limit_seconds);
        }
        for (method, gauge) in self.blocked.members() {
            let blocked = budget.frozen().any(|(it, _)| it == method);
            gauge.set(i64::from(blocked));
        }
        let reason = budget.pause.as_ref().map(|it| it.reason.word());
        for (word, gauge) in self.paused.members() {
            gauge.set(i64::from(reason == Some(word)));
        }
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
