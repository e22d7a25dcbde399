//! Deliveries waiting for their time, and the retry schedule.

use super::delivery::Delivery;
use std::collections::BTreeMap;
use std::time::Duration;

/// Seconds between an attempt and the next: doubling, four hours in all (facts §9; the real gaps are unpublished).
pub const RETRY_GAPS: [u64; 8] = [56, 113, 226, 452, 904, 1_807, 3_614, 7_228];

/// Most deliveries a shop keeps; further ones are dropped and counted under `queue_full`.
pub(super) const MAX_PENDING: usize = 200_000;

/// The gap after the given failed attempt (1 is the first); `None` when the delivery is given up.
pub fn retry_gap(attempt: u32, scale: f64) -> Option<Duration> {
    let index = usize::try_from(attempt).ok()?.checked_sub(1)?;
    RETRY_GAPS
        .get(index)
        .map(|seconds| Duration::from_secs(*seconds).mul_f64(scale.max(0.0)))
}

/// Waiting deliveries by time since the shop began, and those handed out.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: BTreeMap<(Duration, u64), Delivery>,
    in_flight: BTreeMap<u64, Delivery>,
    sequence: u64,
}

impl Queue {
    /// Queues a delivery; false if the queue is full.
    pub(super) fn push(&mut self, at: Duration, delivery: Delivery) -> bool {
        if MAX_PENDING <= self.len() {
            return false;
        }
        self.sequence += 1;
        self.waiting.insert((at, self.sequence), delivery);
        true
    }

    /// Hands out what is due, at most `limit`.
    pub(super) fn take(&mut self, now: Duration, limit: usize) -> Vec<Delivery> {
        let mut taken = Vec::new();
        while taken.len() < limit {
            let Some(entry) = self.waiting.first_entry() else {
                break;
            };
            if now < entry.key().0 {
                break;
            }
            let delivery = entry.remove();
            self.in_flight.insert(delivery.id, delivery.clone());
            taken.push(delivery);
        }
        taken
    }

    /// Takes back a delivery that was handed out; `None` if this attempt was settled before.
    pub(super) fn settle(&mut self, id: u64, attempt: u32) -> Option<Delivery> {
        if self.in_flight.get(&id)?.attempt == attempt {
            self.in_flight.remove(&id)
        } else {
            None
        }
    }

    /// Time until the next waiting delivery, zero if it is due.
    pub(super) fn next(&self, now: Duration) -> Option<Duration> {
        self.waiting
            .first_key_value()
            .map(|((at, _), _)| at.saturating_sub(now))
    }

    /// Waiting and handed-out deliveries.
    pub(super) fn len(&self) -> usize {
        self.waiting.len() + self.in_flight.len()
    }

    /// The first waiting delivery that fits, to be changed in place.
    pub(super) fn find(&mut self, fits: impl Fn(&Delivery) -> bool) -> Option<&mut Delivery> {
        self.waiting.values_mut().find(|delivery| fits(delivery))
    }
}

#[cfg(test)]
mod tests {
    use super::{RETRY_GAPS, retry_gap};
    use std::time::Duration;

    #[test]
    fn eight_retries_span_four_hours_and_scale() {
        assert_eq!(RETRY_GAPS.iter().sum::<u64>(), 14_400);
        assert_eq!(retry_gap(1, 1.0), Some(Duration::from_secs(56)));
        assert_eq!(retry_gap(8, 1.0), Some(Duration::from_secs(7_228)));
        assert_eq!(retry_gap(1, 0.001), Some(Duration::from_millis(56)));
        assert_eq!((retry_gap(9, 1.0), retry_gap(0, 1.0)), (None, None));
    }
}
