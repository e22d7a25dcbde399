//! What a drain showed, as text and as JSON.

use serde::Serialize;
use simulators::bitrix24::Portal;

use super::{limit, plan::Plan};
use crate::terminal;

/// Floors of the product.
const OF_LIMIT_MIN: f64 = 0.9;
const OF_IDEAL_MIN: f64 = 0.95;
const REQUESTS_PER_ORDER_MAX: f64 = 0.15;
const REFUSED_MAX: f64 = 0.01;

/// How one sender did.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Drained {
    /// From the first request to the last write.
    pub seconds: f64,
    /// Orders per second.
    pub orders_per_second: f64,
    /// Requests.
    pub requests: u64,
    /// Requests per order.
    pub requests_per_order: f64,
    /// Requests that the portal refused for their number.
    pub refused_503: u64,
    /// Commands that the portal refused for the running time of their method.
    pub refused_429: u64,
    /// Orders that came while the backlog drained.
    pub fresh_orders: usize,
    /// How long such an order waited for its deal, the median.
    pub fresh_p50_s: f64,
    /// The longest.
    pub fresh_max_s: f64,
    /// Only so many orders were measured; the rest is computed.
    pub computed_from: Option<u64>,
}

impl Drained {
    pub(super) fn of(
        plan: &Plan,
        portal: &Portal,
        began_ms: u64,
        ended_ms: u64,
        before: u64,
    ) -> Self {
        let stats = portal.stats();
        let answers = |code: &str| stats.answers.get(code).copied().unwrap_or(0);
        let mut drained = Self {
            seconds: ended_ms.saturating_sub(began_ms) as f64 / 1000.0,
            orders_per_second: 0.0,
            requests: stats.requests - before,
            requests_per_order: 0.0,
            refused_503: answers("QUERY_LIMIT_EXCEEDED"),
            refused_429: answers("OPERATION_TIME_LIMIT"),
            fresh_orders: 0,
            fresh_p50_s: 0.0,
            fresh_max_s: 0.0,
            computed_from: None,
        };
        drained.per_order(plan);
        drained
    }

    pub(super) fn per_order(&mut self, plan: &Plan) {
        self.orders_per_second = plan.orders as f64 / self.seconds.max(0.001);
        self.requests_per_order = self.requests as f64 / plan.orders as f64;
    }
}

/// All senders on the same backlog.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Report {
    time: &'static str,
    orders: u64,
    portal: String,
    limit_seconds: f64,
    limit_orders_per_second: f64,
    onedeal: Drained,
    ideal: Drained,
    seed: Option<Drained>,
    of_limit: f64,
    of_ideal: f64,
    refused_share: f64,
}

impl Report {
    pub(super) fn new(
        plan: &Plan,
        onedeal: Drained,
        ideal: Drained,
        seed: Option<Drained>,
    ) -> Self {
        let limit_seconds = limit::seconds(plan);
        Self {
            time: "virtual",
            orders: plan.orders,
            portal: format!(
                "{}/s, burst {}; add {} ms, rows {} ms, {} adds and one set of rows per order",
                plan.per_second,
                plan.burst,
                plan.add_ms,
                plan.rows_ms,
                plan.adds()
            ),
            limit_seconds,
            limit_orders_per_second: plan.orders as f64 / limit_seconds.max(0.001),
            of_limit: limit_seconds / onedeal.seconds.max(0.001),
            of_ideal: ideal.seconds / onedeal.seconds.max(0.001),
            refused_share: onedeal.refused_503 as f64 / onedeal.requests.max(1) as f64,
            onedeal,
            ideal,
            seed,
        }
    }

    /// Whether every floor is met.
    pub(super) fn met(&self) -> bool {
        OF_LIMIT_MIN <= self.of_limit
            && OF_IDEAL_MIN <= self.of_ideal
            && self.onedeal.requests_per_order <= REQUESTS_PER_ORDER_MAX
            && self.refused_share <= REFUSED_MAX
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let mut table = terminal::table(&["", "time", "orders/s", "requests/order", "503", "429"]);
        let limit = (self.limit_seconds, self.limit_orders_per_second);
        table.add_row(vec![
            "portal's own limit (computed)".to_owned(),
            span(limit.0),
            format!("{:.2}", limit.1),
            String::new(),
            String::new(),
            String::new(),
        ]);
        let seed = self.seed.as_ref().map(|it| ("seed.md's algorithm", it));
        let senders = [("ideal sender", &self.ideal), ("onedeal", &self.onedeal)];
        for (name, drained) in senders.into_iter().chain(seed) {
            let note = drained
                .computed_from
                .map_or(String::new(), |it| format!(" (from its first {it} orders)"));
            table.add_row(vec![
                format!("{name}{note}"),
                span(drained.seconds),
                format!("{:.2}", drained.orders_per_second),
                format!("{:.3}", drained.requests_per_order),
                drained.refused_503.to_string(),
                drained.refused_429.to_string(),
            ]);
        }
        let ours = &self.onedeal;
        let fresh = format!(
            "{} new orders came meanwhile and had their deal after {:.1} s (median), {:.1} s (longest)",
            ours.fresh_orders, ours.fresh_p50_s, ours.fresh_max_s
        );
        let floors = terminal::facts(&[
            (
                "of the portal's limit",
                floor(self.of_limit, OF_LIMIT_MIN, true),
            ),
            (
                "of an ideal sender",
                floor(self.of_ideal, OF_IDEAL_MIN, true),
            ),
            (
                "requests per order",
                floor(ours.requests_per_order, REQUESTS_PER_ORDER_MAX, false),
            ),
            (
                "requests refused (503)",
                floor(self.refused_share, REFUSED_MAX, false),
            ),
        ]);
        format!(
            "{} orders wait at a portal: {}\nTime is virtual: the portal's time and our waits, not this machine's.\n\n{table}\n\n{fresh}\n\n{floors}",
            self.orders, self.portal
        )
    }
}

fn floor(value: f64, bound: f64, at_least: bool) -> String {
    let (sign, met) = if at_least {
        ("at least", bound <= value)
    } else {
        ("at most", value <= bound)
    };
    let word = if met { "ok" } else { "MISSED" };
    format!("{value:.3}  ({sign} {bound}: {word})")
}

fn span(seconds: f64) -> String {
    if seconds < 120.0 {
        format!("{seconds:.1} s")
    } else if seconds < 7_200.0 {
        format!("{:.1} min", seconds / 60.0)
    } else {
        format!("{:.1} h", seconds / 3_600.0)
    }
}
