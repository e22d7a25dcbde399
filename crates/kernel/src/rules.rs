//! The waits of the protocol, all derived from one number: how long an unknown create stays in doubt.

use std::time::Duration;

use crate::elapsed::Elapsed;

/// D + R by default: 180 s for a request to land after its client gave up, 30 s until a list shows it (protocol §10).
pub const SETTLE_DEFAULT: Duration = Duration::from_secs(210);

/// R by default: how late a list may show a deal; the rest of the settle time is D (design §3.2).
const LIST_LAG: Duration = Duration::from_secs(30);

/// Early lookups after a give-up, for the default settle time; scaled with it (design §4.2, rule 5).
const PROBES_MS: [u64; 4] = [2_000, 10_000, 30_000, 90_000];

/// Late lookups after a doubt was resolved, counted from then; they find what landed later than assumed.
const AUDITS: [Duration; 3] = [
    Duration::from_secs(600),
    Duration::from_secs(3_600),
    Duration::from_secs(86_400),
];

/// An empty lookup older than this no longer permits a create: people and other tools create deals too.
pub const LOOKUP_FRESH: Duration = Duration::from_secs(60);

/// What a read showed counts for so long: the wait for the portal's limits must not widen the gap between read and write.
pub const READ_FRESH: Duration = Duration::from_secs(10);

/// Attempts of one turn (seed.md, `createDealWithRetry`).
pub const ATTEMPTS_PER_TURN: u32 = 3;

/// Unknown outcomes in a row after which an order is parked (design §4.2, rule 12).
pub const UNKNOWNS_MAX: u32 = 3;

/// Refusals of an order's own content in a row after which it is parked.
pub const REFUSALS_MAX: u32 = 3;

/// First back-off of seed.md.
const BACKOFF_FIRST: Duration = Duration::from_millis(1_000);

/// Longest back-off within a turn of seed.md.
const BACKOFF_TURN_MAX: Duration = Duration::from_millis(5_000);

/// Back-off between turns grows up to this.
const BACKOFF_MAX: Duration = Duration::from_secs(300);

/// After an answer that speaks of a duplicate, seed.md looks again after `min(100·n, 500)` ms.
const DUPLICATE_STEP_MS: u64 = 100;
const DUPLICATE_MAX_MS: u64 = 500;

/// A parked order is tried again, alone, after `PARK_FIRST` settle times, then twice as long each time.
const PARK_FIRST: u32 = 3;

/// The longest pause of a parked order.
const PARK_MAX: Duration = Duration::from_secs(4 * 3_600);

/// The protocol's waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// D + R: how long an unknown create stays in doubt, from the give-up.
    pub settle: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            settle: SETTLE_DEFAULT,
        }
    }
}

impl Rules {
    /// D and R: how late a request that was given up may be executed, and how late a list may show it. Scaled time is divided
    /// in the proportion of the default.
    pub fn landing_and_lag(&self) -> (Duration, Duration) {
        match self.settle.checked_sub(LIST_LAG) {
            Some(landing) if LIST_LAG <= landing => (landing, LIST_LAG),
            Some(_) | None => {
                let share = LIST_LAG.as_secs_f64() / SETTLE_DEFAULT.as_secs_f64();
                let lag = self.settle.mul_f64(share);
                (self.settle.saturating_sub(lag), lag)
            }
        }
    }

    /// When probe number `n` (from 0) of a doubt that began at `since` is due; `None` when only the settling is left.
    pub fn probe(&self, since: Elapsed, n: usize) -> Option<Elapsed> {
        let default = PROBES_MS.get(n)?;
        let scaled = self
            .settle
            .mul_f64(*default as f64 / SETTLE_DEFAULT.as_millis() as f64);
        Some(since + scaled)
    }

    /// When to look for late landings once a doubt is resolved.
    pub fn audits(&self, from: Elapsed) -> Vec<Elapsed> {
        AUDITS.iter().map(|it| from + *it).collect()
    }

    /// How long a parked order rests before it is tried again: three settle times, doubled each time, at most four hours.
    pub fn park(&self, times: u32) -> Duration {
        let factor = PARK_FIRST.saturating_mul(2_u32.saturating_pow(times.min(16)));
        self.settle.saturating_mul(factor).min(PARK_MAX)
    }
}

/// The wait before attempt `n + 1`: seed.md's `min(1000·2^(n−1), 5000)` ms within a turn, growing to five minutes after it.
pub fn backoff(n: u32) -> Duration {
    let doubled = BACKOFF_FIRST.saturating_mul(2_u32.saturating_pow(n.saturating_sub(1).min(16)));
    if n <= ATTEMPTS_PER_TURN {
        doubled.min(BACKOFF_TURN_MAX)
    } else {
        doubled.min(BACKOFF_MAX)
    }
}

/// The wait before the lookup that follows an answer speaking of a duplicate (seed.md).
pub fn duplicate_pause(attempt: u32) -> Duration {
    Duration::from_millis((DUPLICATE_STEP_MS * u64::from(attempt)).min(DUPLICATE_MAX_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settle_time_is_d_and_r_together() {
        let secs = Duration::from_secs;
        let split = |settle| Rules { settle }.landing_and_lag();
        assert_eq!(split(secs(210)), (secs(180), secs(30)));
        assert_eq!(split(secs(600)), (secs(570), secs(30)));
        let (landing, lag) = split(secs(7));
        assert_eq!((landing + lag, lag), (secs(7), secs(1)));
    }

    #[test]
    fn back_off_within_a_turn_is_the_seeds() {
        let waits: Vec<u128> = (1..=3).map(|it| backoff(it).as_millis()).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000]);
        assert_eq!(backoff(40), BACKOFF_MAX);
    }

    #[test]
    fn the_pause_after_a_duplicate_answer_is_the_seeds() {
        let waits: Vec<u128> = [1, 2, 5, 9]
            .map(|it| duplicate_pause(it).as_millis())
            .to_vec();
        assert_eq!(waits, [100, 200, 500, 500]);
    }

    #[test]
    fn probes_follow_the_settle_time_and_end_before_it() {
        let rules = Rules {
            settle: Duration::from_secs(21),
        };
        let due: Vec<u64> = (0..4)
            .filter_map(|it| rules.probe(Elapsed::ZERO, it))
            .map(Elapsed::as_millis)
            .collect();
        assert_eq!(due, [200, 1_000, 3_000, 9_000]);
        assert_eq!(rules.probe(Elapsed::ZERO, 4), None);
    }
}
