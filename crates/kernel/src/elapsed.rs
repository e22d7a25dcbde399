//! The ledger's own time: milliseconds that certainly passed since it was created.
//!
//! Invariant: it never runs faster than real time. Across restarts of the process it goes on (the machine's boot clock
//! counts suspended time too); across a reboot it continues from the last checkpoint, so it may lose time, never gain it.

use std::{
    fmt,
    ops::{Add, Sub},
    time::Duration,
};

use serde::{Deserialize, Serialize};

/// A point on the ledger's clock, in milliseconds.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Elapsed(u64);

impl Elapsed {
    /// The ledger's birth.
    pub const ZERO: Self = Self(0);

    /// A point given in milliseconds since the ledger's birth.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the ledger's birth.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The last point before this one.
    pub const fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Elapsed {
    type Output = Self;
    fn add(self, wait: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        )
    }
}

impl Sub<Duration> for Elapsed {
    type Output = Self;
    fn sub(self, wait: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        )
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}s", self.0 / 1000, self.0 % 1000)
    }
}
