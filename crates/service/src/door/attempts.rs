//! How often a wrong token may be shown.
//!
//! Invariants: from one address, and from all strangers together, at most a burst and then one per interval; strangers never
//! make an address wait that showed a right token before; memory is bounded.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    time::Duration,
};

use kernel::Elapsed;

/// Wrong tokens that one address may show at once.
const BURST: u32 = 5;

/// From one wrong token of an address to the next, once its burst is used.
const PAUSE: Duration = Duration::from_secs(30);

/// Wrong tokens that all addresses together may show at once.
const BURST_ALL: u32 = 100;

/// The same pause for all addresses together.
const PAUSE_ALL: Duration = Duration::from_secs(2);

/// Addresses that are remembered.
const ADDRESSES_MAX: usize = 1_000;

/// The address that a connection came from, put into each request by whoever listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller(pub IpAddr);

/// Wrong tokens of late. What is kept is when all of an address's failures are forgiven.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    all: Elapsed,
    of: BTreeMap<IpAddr, Elapsed>,
    /// Addresses that showed a right token.
    known: BTreeSet<IpAddr>,
}

impl Attempts {
    /// How long an address has to wait before its token is looked at.
    pub(super) fn wait(&self, caller: IpAddr, now: Elapsed) -> Option<Duration> {
        let forgiven = self.of.get(&caller).copied().unwrap_or_default();
        let own = wait(forgiven, now, BURST, PAUSE);
        if self.known.contains(&caller) {
            return own;
        }
        own.max(wait(self.all, now, BURST_ALL, PAUSE_ALL))
    }

    /// A right token was shown.
    pub(super) fn passed(&mut self, caller: IpAddr) {
        if self.known.len() < ADDRESSES_MAX {
            self.known.insert(caller);
        }
    }

    /// A wrong token was shown.
    pub(super) fn failed(&mut self, caller: IpAddr, now: Elapsed) {
        self.all = self.all.max(now) + PAUSE_ALL;
        let forgiven = self.of.get(&caller).copied().unwrap_or_default();
        self.of.insert(caller, forgiven.max(now) + PAUSE);
        if ADDRESSES_MAX < self.of.len() {
            self.of.retain(|_, forgiven| now < *forgiven);
        }
        if ADDRESSES_MAX < self.of.len() {
            let next = self.of.iter().min_by_key(|(_, forgiven)| **forgiven);
            if let Some(next) = next.map(|(caller, _)| *caller) {
                self.of.remove(&next);
            }
        }
    }
}

fn wait(forgiven: Elapsed, now: Elapsed, burst: u32, pause: Duration) -> Option<Duration> {
    let owed = forgiven.since(now);
    let allowed = pause * (burst - 1);
    (allowed < owed).then(|| owed - allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Elapsed {
        Elapsed::from_millis(1_000 * secs)
    }

    fn address(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    #[test]
    fn after_its_burst_an_address_waits_and_others_do_not() {
        let mut attempts = Attempts::default();
        for _ in 0..BURST {
            assert_eq!(attempts.wait(address(1), at(100)), None);
            attempts.failed(address(1), at(100));
        }
        assert_eq!(attempts.wait(address(1), at(100)), Some(PAUSE));
        assert_eq!(attempts.wait(address(2), at(100)), None);
        assert_eq!(attempts.wait(address(1), at(130)), None);
        attempts.failed(address(1), at(130));
        assert_eq!(attempts.wait(address(1), at(130)), Some(PAUSE));
    }

    #[test]
    fn strangers_do_not_make_an_address_wait_that_showed_a_right_token() {
        let mut attempts = Attempts::default();
        attempts.passed(address(1));
        for number in 100..100 + BURST_ALL {
            attempts.failed(address(number), at(5));
        }
        assert_eq!(attempts.wait(address(1), at(5)), None);
        assert!(attempts.wait(address(2), at(5)).is_some());
        // Its own failures count as ever.
        for _ in 0..BURST {
            attempts.failed(address(1), at(5));
        }
        assert_eq!(attempts.wait(address(1), at(5)), Some(PAUSE));
    }

    #[test]
    fn all_addresses_together_wait_too_and_memory_is_bounded() {
        let mut attempts = Attempts::default();
        for number in 0..2_000 {
            attempts.failed(address(number), at(5));
        }
        assert!(attempts.of.len() <= ADDRESSES_MAX);
        assert!(attempts.wait(address(9_999), at(5)).is_some());
        assert_eq!(attempts.wait(address(9_999), at(5_000)), None);
    }
}
