//! What an instance believes to have done: seed.md's recommended metrics.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// How often an instance did what, as far as it knows: a deal whose answer was lost is in none of these.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SeedCounters {
    /// Adds that were sent or at least tried.
    pub attempts: u64,
    /// Adds that the portal confirmed.
    pub creates: u64,
    /// Updates that the portal confirmed.
    pub updates: u64,
    /// Adds that the portal refused with what reads as a duplicate error.
    pub duplicates_detected: u64,
    /// Webhooks that were given up, unreadable ones included.
    pub failures: u64,
}

/// The same while it is being counted.
#[derive(Debug, Default)]
pub(super) struct Counting {
    attempts: AtomicU64,
    creates: AtomicU64,
    updates: AtomicU64,
    duplicates_detected: AtomicU64,
    failures: AtomicU64,
}

impl Counting {
    pub(super) fn attempt(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn create(&self) {
        self.creates.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn update(&self) {
        self.updates.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn duplicate_detected(&self) {
        self.duplicates_detected.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failure(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> SeedCounters {
        SeedCounters {
            attempts: self.attempts.load(Ordering::Relaxed),
            creates: self.creates.load(Ordering::Relaxed),
            updates: self.updates.load(Ordering::Relaxed),
            duplicates_detected: self.duplicates_detected.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
        }
    }
}
