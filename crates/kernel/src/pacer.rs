//! Bitrix24's leaky bucket, kept from our side (facts/bitrix24.md §5).
//!
//! Invariant: over any window, `take` succeeds at most `room + per_second × seconds` times.

use std::{collections::BTreeMap, time::Duration};

use crate::elapsed::Elapsed;

/// The part of the portal's burst that we use; the rest is for other programs behind the same address.
const ROOM_USED: f64 = 0.8;

/// Requests that a new process may send at once: an earlier one may have filled the portal's bucket a moment ago.
const CREDIT_AT_START: f64 = 10.0;

/// First pause after the portal said that it is asked too much; doubled while it goes on.
const PAUSE_FIRST: Duration = Duration::from_secs(1);

/// Longest pause after a limit answer.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// A method blocked for its `operating` time is tried again after this, where the portal named no time.
pub const METHOD_PAUSE: Duration = Duration::from_secs(60);

/// Decides when the next request may leave.
#[derive(Debug, Clone)]
pub struct Pacer {
    per_second: f64,
    room: f64,
    level: f64,
    as_of: Elapsed,
    paused_until: Elapsed,
    limits_in_a_row: u32,
    methods: BTreeMap<String, Elapsed>,
}

impl Pacer {
    /// A pacer for a portal that drains `per_second` requests from a bucket of `burst`.
    pub fn new(per_second: f64, burst: f64, now: Elapsed) -> Self {
        let room = (burst * ROOM_USED).max(1.0);
        Self {
            per_second: per_second.max(f64::MIN_POSITIVE),
            room,
            level: (room - CREDIT_AT_START).max(0.0),
            as_of: now,
            paused_until: now,
            limits_in_a_row: 0,
            methods: BTreeMap::new(),
        }
    }

    /// Takes a place for one request that uses these methods.
    ///
    /// # Errors
    /// When to ask again.
    pub fn take<'a>(
        &mut self,
        methods: impl IntoIterator<Item = &'a str>,
        now: Elapsed,
    ) -> Result<(), Elapsed> {
        let frozen = methods
            .into_iter()
            .filter_map(|it| self.methods.get(it))
            .max()
            .copied();
        let until = frozen.unwrap_or(self.paused_until).max(self.paused_until);
        if now < until {
            return Err(until);
        }
        self.leak(now);
        if self.level + 1.0 <= self.room {
            self.level += 1.0;
            return Ok(());
        }
        let wait = (self.level + 1.0 - self.room) / self.per_second;
        Err(now + Duration::from_secs_f64(wait).max(Duration::from_millis(1)))
    }

    /// The portal answered without complaint.
    pub fn went_well(&mut self) {
        self.limits_in_a_row = 0;
    }

    /// The portal said that it is asked too much, or that a person has to act first: nothing leaves for a while.
    pub fn limited(&mut self, now: Elapsed) -> Elapsed {
        let pause = PAUSE_FIRST
            .saturating_mul(2_u32.saturating_pow(self.limits_in_a_row.min(8)))
            .min(PAUSE_MAX);
        self.limits_in_a_row += 1;
        // The portal's bucket is fuller than ours: somebody else fills it too.
        self.level = self.room;
        self.as_of = now;
        self.paused_until = self.paused_until.max(now + pause);
        self.paused_until
    }

    /// The portal blocked one method for its running time.
    pub fn method_blocked(&mut self, method: &str, until: Elapsed) {
        let known = self.methods.entry(method.to_owned()).or_insert(until);
        *known = (*known).max(until);
    }

    fn leak(&mut self, now: Elapsed) {
        let passed = now.since(self.as_of).as_secs_f64();
        self.level = (self.level - passed * self.per_second).max(0.0);
        self.as_of = self.as_of.max(now);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_portals_bucket_never_overflows(steps in prop::collection::vec(0_u64..900, 1..400)) {
            let (per_second, burst) = (2.0, 50.0);
            let mut pacer = Pacer::new(per_second, burst, Elapsed::ZERO);
            let (mut now, mut level, mut last) = (0_u64, 0.0_f64, 0_u64);
            for step in steps {
                now += step;
                if pacer.take([], Elapsed::from_millis(now)).is_ok() {
                    level = (level - (now - last) as f64 / 1000.0 * per_second).max(0.0) + 1.0;
                    last = now;
                    prop_assert!(level <= burst);
                }
            }
        }
    }

    #[test]
    fn a_blocked_method_waits_alone() {
        let mut pacer = Pacer::new(2.0, 50.0, Elapsed::ZERO);
        let until = Elapsed::from_millis(5_000);
        pacer.method_blocked("crm.item.add", until);
        assert_eq!(pacer.take(["crm.item.add"], Elapsed::ZERO), Err(until));
        assert_eq!(pacer.take(["crm.item.list"], Elapsed::ZERO), Ok(()));
    }

    #[test]
    fn limits_in_a_row_pause_longer() {
        let mut pacer = Pacer::new(2.0, 50.0, Elapsed::ZERO);
        assert_eq!(pacer.limited(Elapsed::ZERO).as_millis(), 1_000);
        assert_eq!(pacer.limited(Elapsed::ZERO).as_millis(), 2_000);
        pacer.went_well();
        assert_eq!(
            pacer.limited(Elapsed::from_millis(10_000)).as_millis(),
            11_000
        );
    }
}
