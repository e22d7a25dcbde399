//! What waits in the ledger, what needs a person, and how the disk takes writes.
//!
//! All but the latency of writes is set by one loop (`service::watchman`), never by whoever asks for a page.

use kernel::Elapsed;
use prometheus_client::{
    metrics::{
        counter::Counter,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};
use store::{Commits, Queue, Tally};

use super::{ByWord, register, register_seconds};

/// The classes of [`Queue`].
const CLASSES: &[&str] = &["doubt", "fresh", "update", "audit", "backlog"];

/// The phases of an order (`kernel::state::OrderState::phase`), and `new` before its first turn.
const PHASES: &[&str] = &[
    "new",
    "waiting",
    "unwanted",
    "sending",
    "in_doubt",
    "linked",
    "missing",
    "tombstone",
    "parked",
    "ignored",
];

/// What waits in the ledger.
#[derive(Debug)]
pub struct LedgerGauges {
    /// Orders being worked on.
    pub turns: Gauge,
    /// Orders that are due.
    pub backlog_orders: Gauge,
    /// Seconds until none is; -1 while nobody can tell.
    pub backlog_seconds: Gauge,
    /// How long a delivery waited for the commit that holds it.
    pub write_seconds: Histogram,
    /// Whether the store took its last trial write.
    pub writable: Gauge,
    /// Bytes free for the ledger; -1 where it is not known.
    pub disk_free: Gauge,
    queue: ByWord<Gauge>,
    queue_age: ByWord<Gauge>,
    deal_wait: Gauge,
    doubts: Gauge,
    doubt_age: Gauge,
    orders: ByWord<Gauge>,
    attention: Gauge,
    unreadable: Gauge,
    commits: Counter,
    operations: Counter,
}

impl LedgerGauges {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let queue = ("queue_orders", "Orders that are due, by what they wait for");
        let queue_age = (
            "queue_age_seconds",
            "How long the longest waiting order is due, by what it waits for",
        );
        let queue = ByWord::new(registry, queue, "class", CLASSES);
        let queue_age = ByWord::new(registry, queue_age, "class", CLASSES);
        let orders = ("orders", "Orders in the ledger by phase");
        let orders = ByWord::new(registry, orders, "phase", PHASES);
        let disk_free = Gauge::default();
        registry.register_with_unit(
            "disk_free",
            "Space that is free for the ledger; -1 where it is not known",
            Unit::Bytes,
            disk_free.clone(),
        );
        // 0.1 ms to 6 s: an fsync, and a disk that is dying.
        let write_seconds = Histogram::new(exponential_buckets(0.000_1, 3.0, 11));
        let write_seconds = register_seconds(
            registry,
            "store_write",
            "How long a delivery waited for the commit that holds it",
            write_seconds,
        );
        let mut counter =
            |name: &str, help: &str| register(registry, name, help, Counter::default());
        let commits = counter("store_commits", "Transactions that the ledger committed");
        let operations = counter("store_operations", "Operations in those transactions");
        let mut gauge = |name: &str, help: &str| register(registry, name, help, Gauge::default());
        let all = Self {
            turns: gauge("turns", "Orders being worked on"),
            backlog_orders: gauge("backlog_orders", "Orders that are due"),
            backlog_seconds: gauge(
                "backlog_seconds",
                "Seconds until no order is due; -1 while nobody can tell",
            ),
            write_seconds,
            writable: gauge(
                "store_writable",
                "Whether the ledger took its last trial write",
            ),
            disk_free,
            queue,
            queue_age,
            deal_wait: gauge(
                "deal_wait_seconds",
                "How long the longest waiting order waits for its deal",
            ),
            doubts: gauge("doubts", "Creates whose outcome is unknown"),
            doubt_age: gauge(
                "doubt_age_seconds",
                "How long the oldest of these is unknown",
            ),
            orders,
            attention: gauge("attention_orders", "Orders that a person should look at"),
            unreadable: gauge(
                "unreadable_deliveries",
                "Deliveries kept that were not understood",
            ),
            commits,
            operations,
        };
        all.writable.set(1);
        all.disk_free.set(-1);
        all
    }

    /// Shows how many orders wait, and for how many more seconds.
    pub fn backlog(&self, orders: i64, seconds: i64) {
        self.backlog_orders.set(orders);
        self.backlog_seconds.set(seconds);
    }

    /// Shows who waits at this moment.
    pub fn show_queue(&self, queue: &Queue, now: Elapsed) {
        let age = |since: Option<Elapsed>| since.map_or(0, |it| number(now.since(it).as_secs()));
        for (class, waiting) in queue.classes() {
            self.queue.of(class).set(number(waiting.orders));
            self.queue_age.of(class).set(age(waiting.since));
        }
        self.deal_wait.set(age(queue.deal_since));
        self.doubts.set(number(queue.doubts.open));
        self.doubt_age.set(age(queue.doubts.since));
    }

    /// Shows the ledger in numbers.
    pub fn show_tally(&self, tally: &Tally) {
        for (phase, gauge) in self.orders.members() {
            let orders = tally.by_phase.get(phase).copied().unwrap_or_default();
            gauge.set(number(orders));
        }
        self.attention.set(number(tally.attention));
        self.unreadable.set(number(tally.unreadable));
    }

    /// Counts what was committed since the last time.
    pub fn show_commits(&self, commits: Commits) {
        let more = |counter: &Counter, total: u64| {
            counter.inc_by(total.saturating_sub(counter.get()));
        };
        more(&self.commits, commits.groups);
        more(&self.operations, commits.jobs);
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_of_the_queue_has_its_gauge() {
        let classes = Queue::default().classes().map(|(name, _)| name);
        assert_eq!(classes, CLASSES);
    }
}
