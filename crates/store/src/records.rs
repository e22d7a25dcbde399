//! What goes into the ledger and what comes out of it. Everything the kernel owns is JSON text here.

mod command;
mod delivery;
mod numbers;
mod shown;
mod turn;

use kernel::{Elapsed, LedgerId, ProcessNo};

pub use self::{command::*, delivery::*, numbers::*, shown::*, turn::*};

/// The phase of an order that was heard of and never saved.
pub const PHASE_NEW: &str = "new";
/// The phase of an order that has its deal: of most orders, most of the time.
pub const PHASE_LINKED: &str = "linked";
/// The phase counted as [`Counts::in_doubt`].
pub const PHASE_IN_DOUBT: &str = "in_doubt";
/// The phase counted as [`Counts::tombstones`].
pub const PHASE_TOMBSTONE: &str = "tombstone";
/// The phase counted as [`Counts::parked`].
pub const PHASE_PARKED: &str = "parked";

/// The machine's clock that goes on across restarts of the process, and the name of the boot it counts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootClock {
    /// Changes with each boot of the machine.
    pub boot_id: String,
    /// Milliseconds since that boot, suspended time included (CLOCK_BOOTTIME, design §4.2 rule 5).
    pub boottime_ms: u64,
}

/// What a start found (design §4.2 rules 5 and 11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The number of this start; it names the process.
    pub process: ProcessNo,
    /// The ledger's name, carried by every deal it creates.
    pub ledger: LedgerId,
    /// The ledger's time at this start.
    pub elapsed: Elapsed,
    /// No start of this ledger was ever finished before.
    pub fresh: bool,
    /// Until when the ledger may have forgotten sends; `None` when it is warm.
    pub cold_until: Option<Elapsed>,
    /// Why it is cold, in words; present exactly when `cold_until` is.
    pub cold_reason: Option<String>,
    /// The previous process did not say that it stopped.
    pub unclean: bool,
}
