//! The only place that reads a clock.
//!
//! Waits are measured on the ledger's own clock, which the machine's boot clock drives: it counts suspended time and no
//! correction of the wall clock moves it. The wall clock is for people.

use std::sync::Arc;

use jiff::Timestamp;
use kernel::Elapsed;
use rustix::time::{ClockId, clock_gettime};
use store::{BootClock, Started};

/// Where the kernel names the current boot.
const BOOT_ID_FILE: &str = "/proc/sys/kernel/random/boot_id";

/// A source of time.
pub trait Clock: Send + Sync + 'static {
    /// The machine's boot and the milliseconds since it, suspended time included.
    fn boot(&self) -> BootClock;

    /// The time of day, for people.
    fn wall(&self) -> Timestamp;
}

/// The machine's clocks.
#[derive(Debug, Clone)]
pub struct SystemClock {
    boot_id: String,
}

impl SystemClock {
    /// Reads the name of the current boot; without one every start counts as a new boot, which only lengthens waits.
    pub fn new() -> Self {
        let boot_id = std::fs::read_to_string(BOOT_ID_FILE);
        let boot_id = boot_id.unwrap_or_else(|_| format!("unknown-{}", std::process::id()));
        Self {
            boot_id: boot_id.trim().to_owned(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn boot(&self) -> BootClock {
        let time = clock_gettime(ClockId::Boottime);
        let millis = time.tv_sec.unsigned_abs() * 1_000 + time.tv_nsec.unsigned_abs() / 1_000_000;
        BootClock {
            boot_id: self.boot_id.clone(),
            boottime_ms: millis,
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the wall clock"
    )]
    fn wall(&self) -> Timestamp {
        // Databases keep milliseconds: what is written must read back equal.
        Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap_or_default()
    }
}

/// The ledger's clock within one process.
#[derive(Clone)]
pub struct LedgerClock {
    clock: Arc<dyn Clock>,
    base: Elapsed,
    boottime_ms: u64,
}

impl LedgerClock {
    /// Goes on from where the ledger started; `boot` is what was given to the start.
    pub fn new(clock: Arc<dyn Clock>, started: &Started, boot: &BootClock) -> Self {
        Self {
            clock,
            base: started.elapsed,
            boottime_ms: boot.boottime_ms,
        }
    }

    /// Now.
    pub fn now(&self) -> Elapsed {
        let passed = self
            .clock
            .boot()
            .boottime_ms
            .saturating_sub(self.boottime_ms);
        self.base + std::time::Duration::from_millis(passed)
    }

    /// The time of day.
    pub fn wall(&self) -> Timestamp {
        self.clock.wall()
    }

    /// The machine's boot clock, for a checkpoint.
    pub fn boot(&self) -> BootClock {
        self.clock.boot()
    }

    /// Waits until a point on the ledger's clock.
    pub async fn sleep_until(&self, at: Elapsed) {
        tokio::time::sleep(at.since(self.now())).await;
    }
}

/// Measures a short span for a metric. A paused runtime pauses it too.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(tokio::time::Instant);

impl Stopwatch {
    /// Begins to measure.
    pub fn start() -> Self {
        Self(tokio::time::Instant::now())
    }

    /// What has passed, in seconds.
    pub fn seconds(self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}
