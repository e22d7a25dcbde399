//! The clocks of a universe: tokio's paused clock under other names.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use service::clock::Clock;
use store::BootClock;
use tokio::time::Instant;

/// A machine whose boots can be counted.
#[derive(Debug)]
pub struct SimClock {
    epoch: Timestamp,
    begin: Instant,
    boot: Mutex<(u64, Instant)>,
}

impl SimClock {
    /// A machine that boots now; `epoch` is the time of day of the universe's begin.
    pub fn new(epoch: Timestamp) -> Self {
        let begin = Instant::now();
        Self {
            epoch,
            begin,
            boot: Mutex::new((1, begin)),
        }
    }

    /// The machine boots anew.
    pub fn reboot(&self) {
        let mut boot = self.boot.lock().unwrap_or_else(PoisonError::into_inner);
        *boot = (boot.0 + 1, Instant::now());
    }

    /// Milliseconds since the universe began.
    pub fn millis(&self) -> u64 {
        millis(self.begin.elapsed())
    }
}

impl Clock for SimClock {
    fn boot(&self) -> BootClock {
        let (number, since) = *self.boot.lock().unwrap_or_else(PoisonError::into_inner);
        BootClock {
            boot_id: format!("boot-{number}"),
            boottime_ms: millis(since.elapsed()),
        }
    }

    fn wall(&self) -> Timestamp {
        self.epoch + self.begin.elapsed()
    }
}

fn millis(passed: std::time::Duration) -> u64 {
    u64::try_from(passed.as_millis()).unwrap_or(u64::MAX)
}
