//! The leaky bucket of requests and the operating time of methods (facts §5).

use std::collections::BTreeMap;

use super::door::Door;
use super::error::RestError;
use super::methods::Method;
use super::state::State;

/// Operating time is summed over this many one-minute baskets.
const BASKETS: u64 = 10;
/// Calls shorter than this are not billed (facts §5.2).
const BILLED_FROM_MS: u64 = 100;
const MINUTE_MS: u64 = 60_000;

/// The leaky bucket of a portal.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    level: f64,
    at_ms: u64,
}

impl Bucket {
    /// Counts a request in, unless the bucket is full.
    pub(crate) fn admit(&mut self, now: u64, per_second: f64, burst: f64) -> bool {
        let elapsed = now.saturating_sub(self.at_ms) as f64 / 1000.0;
        self.level = (self.level - elapsed * per_second).max(0.0);
        self.at_ms = now;
        if self.level + 1.0 > burst {
            return false;
        }
        self.level += 1.0;
        true
    }
}

/// Execution time per method.
#[derive(Debug, Default)]
pub(crate) struct Operating {
    /// Milliseconds by method and by the minute in which they were spent.
    baskets: BTreeMap<String, BTreeMap<u64, u64>>,
}

impl Operating {
    pub(crate) fn bill(&mut self, method: &str, now: u64, spent_ms: u64) {
        if spent_ms >= BILLED_FROM_MS {
            let minute = now / MINUTE_MS;
            let baskets = self.baskets.entry(method.to_owned()).or_default();
            baskets.retain(|from, _| from + BASKETS > minute);
            *baskets.entry(minute).or_default() += spent_ms;
        }
    }

    /// Seconds billed within the last ten minutes.
    pub(crate) fn spent_s(&self, method: &str, now: u64) -> f64 {
        self.live(method, now).map(|(_, spent)| spent).sum::<u64>() as f64 / 1000.0
    }

    /// When the oldest basket drops out, in milliseconds since the portal was built.
    pub(crate) fn reset_ms(&self, method: &str, now: u64) -> u64 {
        let oldest = self
            .live(method, now)
            .map(|(minute, _)| minute)
            .min()
            .unwrap_or(now / MINUTE_MS);
        (oldest + BASKETS) * MINUTE_MS
    }

    fn live(&self, method: &str, now: u64) -> impl Iterator<Item = (u64, u64)> {
        let minute = now / MINUTE_MS;
        let baskets = self.baskets.get(method).into_iter().flatten();
        baskets
            .map(|(from, spent)| (*from, *spent))
            .filter(move |(from, _)| from + BASKETS > minute)
    }
}

impl State {
    /// Checks scope and operating time of a command before it runs, and draws the faults that strike commands.
    pub(crate) fn admit_command(&mut self, door: Door, method: &Method) -> Result<(), RestError> {
        if !method.open_to(&self.scopes(door)) {
            if self.is_narrow(door) {
                self.count_fault("narrow_ms");
            }
            return Err(RestError::insufficient_scope_of(door));
        }
        let probability = self.faults.method_429;
        if self.strikes("method_429", probability) {
            let range = self.faults.freeze_ms;
            let until = self.now + self.between(range);
            self.frozen.insert(method.name.to_owned(), until);
        }
        let frozen = self
            .frozen
            .get(method.name)
            .is_some_and(|until| self.now < *until);
        if frozen || self.over_operating_limit(door, method.name) {
            return Err(RestError::operating());
        }
        *self
            .stats
            .commands
            .entry(method.name.to_owned())
            .or_default() += 1;
        Ok(())
    }

    pub(crate) fn over_operating_limit(&self, door: Door, method: &str) -> bool {
        let (_, spent_s) = self.operating_of(door, method);
        self.config.operating_limit_s <= spent_s
    }

    /// When the oldest basket of a method drops out, in milliseconds since the portal was built, and the seconds
    /// spent.
    pub(crate) fn operating_of(&self, door: Door, method: &str) -> (u64, f64) {
        let unused = Operating::default();
        let operating = self.operating.get(&door).unwrap_or(&unused);
        (
            operating.reset_ms(method, self.now),
            operating.spent_s(method, self.now),
        )
    }

    pub(crate) fn bill(&mut self, door: Door, method: &str, spent_ms: u64) {
        let now = self.now;
        let operating = self.operating.entry(door).or_default();
        operating.bill(method, now, spent_ms);
    }

    /// Bills the time of a command that ran.
    pub(crate) fn bill_command(&mut self, door: Door, method: &str, spent_ms: u64) {
        let probability = self.faults.operating;
        let surcharge = if self.strikes("operating", probability) {
            self.config.operating_limit_s * 1000.0
        } else {
            0.0
        };
        self.bill(door, method, spent_ms + surcharge as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_holds_its_burst_and_drains() {
        let mut bucket = Bucket::default();
        assert!((0..50).all(|_| bucket.admit(0, 2.0, 50.0)));
        assert!(!bucket.admit(0, 2.0, 50.0));
        assert!(bucket.admit(500, 2.0, 50.0));
        assert!(!bucket.admit(500, 2.0, 50.0));
    }

    #[test]
    fn operating_time_drops_out_after_ten_minutes() {
        let mut operating = Operating::default();
        operating.bill("crm.item.add", 0, 99);
        operating.bill("crm.item.add", 0, 480_000);
        assert_eq!(operating.spent_s("crm.item.add", 599_999), 480.0);
        assert_eq!(operating.reset_ms("crm.item.add", 0), 600_000);
        assert_eq!(operating.spent_s("crm.item.add", 600_000), 0.0);
    }
}
