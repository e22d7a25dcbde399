//! How the last day went, in quarters of an hour: what arrived, what was brought up to date, and how long that took.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::{Elapsed, OrderKey};
use serde::{Deserialize, Serialize};

use super::model::{Bucket, Day};

/// The length of a slot.
const SLOT_SECS: i64 = 900;

/// Slots of a day.
const SLOTS: i64 = 96;

/// Orders of which it is remembered that they are being brought up to date; those beyond them are not measured.
const UNDER_WAY_MAX: usize = 10_000;

/// Steps per doubling of a wait: each step is a fifth longer than the one before.
const STEPS: f64 = 4.0;

/// The last day.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tempo {
    slots: BTreeMap<i64, Slot>,
    /// Deals found where a blind repeat would have made a second one, since the ledger's birth.
    #[serde(default)]
    pub(crate) prevented: u64,
    #[serde(skip)]
    under_way: BTreeMap<OrderKey, Elapsed>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Slot {
    received: u64,
    waits: Waits,
}

/// Waits, as how many took so many steps.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct Waits(BTreeMap<u16, u64>);

impl Tempo {
    /// A delivery was stored.
    pub(crate) fn received(&mut self, at: Timestamp) {
        self.slot(at).received += 1;
    }

    /// An order is being brought up to date after a delivery that arrived at this point.
    pub(crate) fn began(&mut self, key: &OrderKey, arrived_at: Elapsed) {
        if self.under_way.len() < UNDER_WAY_MAX && !self.under_way.contains_key(key) {
            self.under_way.insert(key.clone(), arrived_at);
        }
    }

    /// An order's deal is up to date.
    pub(crate) fn synced(&mut self, key: &OrderKey, now: Elapsed, at: Timestamp) {
        if let Some(arrived_at) = self.under_way.remove(key) {
            self.slot(at).waits.add(now.since(arrived_at).as_millis());
        }
    }

    /// An order will not be brought up to date for now: it is not measured.
    pub(crate) fn gave_up(&mut self, key: &OrderKey) {
        self.under_way.remove(key);
    }

    /// The day that ends now.
    pub(crate) fn day(&self, now: Timestamp) -> Day {
        let last = number(now);
        let empty = Slot::default();
        let (mut all, mut received) = (Waits::default(), 0);
        let buckets = (last - SLOTS + 1..=last).map(|it| {
            let slot = self.slots.get(&it).unwrap_or(&empty);
            all.join(&slot.waits);
            received += slot.received;
            Bucket {
                from: Timestamp::from_second(it * SLOT_SECS).unwrap_or(now),
                received: slot.received,
                synced: slot.waits.count(),
                median_ms: slot.waits.at(0.5),
                p95_ms: slot.waits.at(0.95),
            }
        });
        let buckets = buckets.collect();
        Day {
            bucket_seconds: SLOT_SECS.unsigned_abs(),
            buckets,
            received,
            synced: all.count(),
            median_ms: all.at(0.5),
            p95_ms: all.at(0.95),
        }
    }

    fn slot(&mut self, at: Timestamp) -> &mut Slot {
        let number = number(at);
        self.slots.retain(|it, _| number - SLOTS < *it);
        self.slots.entry(number).or_default()
    }
}

fn number(at: Timestamp) -> i64 {
    at.as_second().div_euclid(SLOT_SECS)
}

impl Waits {
    fn add(&mut self, millis: u128) {
        let steps = ((millis as f64 + 1.0).log2() * STEPS).round();
        *self.0.entry(steps as u16).or_default() += 1;
    }

    fn join(&mut self, other: &Self) {
        for (steps, count) in &other.0 {
            *self.0.entry(*steps).or_default() += count;
        }
    }

    fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// What this share of them took at most, to a tenth.
    fn at(&self, share: f64) -> Option<u64> {
        let rank = (self.count() as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        let step = self.0.iter().find(|(_, count)| {
            seen += **count;
            rank <= seen
        });
        step.map(|(steps, _)| ((f64::from(*steps) / STEPS).exp2() - 1.0).round() as u64)
    }
}

#[cfg(test)]
mod tests {
    use kernel::{OrderId, ShopDomain};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("a moment")
    }

    fn key(order: u64) -> OrderKey {
        OrderKey {
            shop: ShopDomain::sample(),
            order: OrderId(order),
        }
    }

    #[test]
    fn a_day_adds_up_and_forgets_what_is_older() {
        let mut tempo = Tempo::default();
        tempo.received(at(0));
        tempo.received(at(86_400));
        tempo.received(at(86_401));
        let day = tempo.day(at(86_401));
        assert_eq!((day.buckets.len(), day.received), (96, 2));
        assert_eq!(day.buckets.iter().map(|it| it.received).sum::<u64>(), 2);
        assert_eq!(day.buckets.last().map(|it| it.received), Some(2));
    }

    #[test]
    fn waits_are_told_to_a_tenth() {
        let mut tempo = Tempo::default();
        for order in 1..=100 {
            tempo.began(&key(order), Elapsed::ZERO);
            tempo.synced(&key(order), Elapsed::from_millis(order * 100), at(0));
        }
        let day = tempo.day(at(1));
        let near = |shown: Option<u64>, really: f64| {
            let shown = shown.expect("something was measured") as f64;
            assert!((shown / really - 1.0).abs() < 0.1, "{shown} for {really}");
        };
        assert_eq!(day.synced, 100);
        near(day.median_ms, 5_000.0);
        near(day.p95_ms, 9_500.0);
    }

    #[test]
    fn an_order_is_measured_from_its_first_delivery_and_once() {
        let mut tempo = Tempo::default();
        tempo.began(&key(1), Elapsed::ZERO);
        tempo.began(&key(1), Elapsed::from_millis(900));
        tempo.synced(&key(1), Elapsed::from_millis(1_000), at(0));
        tempo.synced(&key(1), Elapsed::from_millis(9_000), at(0));
        tempo.began(&key(2), Elapsed::ZERO);
        tempo.gave_up(&key(2));
        tempo.synced(&key(2), Elapsed::from_millis(9_000), at(0));
        let day = tempo.day(at(1));
        assert_eq!(day.synced, 1);
        assert!(day.median_ms.is_some_and(|it| 900 < it && it < 1_100));
    }

    #[test]
    fn it_survives_being_written_down() {
        let mut tempo = Tempo::default();
        tempo.received(at(0));
        tempo.began(&key(1), Elapsed::ZERO);
        tempo.synced(&key(1), Elapsed::from_millis(70), at(0));
        tempo.prevented = 3;
        let text = serde_json::to_string(&tempo).expect("plain values");
        let read: Tempo = serde_json::from_str(&text).expect("what was written");
        assert_eq!(read.day(at(1)), tempo.day(at(1)));
        assert_eq!(read.prevented, 3);
    }
}
