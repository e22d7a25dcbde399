//! Requests per second: a copy of the portal's leaky bucket, smaller and slower than the portal's own.

use std::time::Duration;

use super::BucketBudget;
use crate::elapsed::Elapsed;

/// The part of the portal's burst that we use; the rest is for other programs behind the same address.
const ROOM_USED: f64 = 0.8;

/// Requests that a new process may send at once: an earlier one may have filled the portal's bucket a moment ago.
const CREDIT_AT_START: f64 = 10.0;

/// First pause after the portal said that it is asked too much; doubled while it goes on.
const PAUSE_FIRST: Duration = Duration::from_secs(1);

/// Longest pause after a limit answer.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// A portal that has let nobody in for so many answers in a row, which takes minutes, waits for a person …
const CLOSED_FOR_LONG: u32 = 16;

/// … and is asked this rarely.
const PAUSE_CLOSED: Duration = Duration::from_secs(60);

/// After a limit answer the rate is halved, down to this part of the plan's.
const SHARE_MIN: f64 = 0.1;

/// The rate recovers by this part of the plan's …
const SHARE_STEP: f64 = 0.05;

/// … for each such time without a limit answer.
const RECOVERY: Duration = Duration::from_secs(10);

/// A bucket filled beyond this part is pressed.
const PRESSED: f64 = 0.5;

/// Our copy of the bucket.
#[derive(Debug, Clone)]
pub(super) struct Bucket {
    per_second: f64,
    room: f64,
    level: f64,
    as_of: Elapsed,
    share: f64,
    share_as_of: Elapsed,
    paused_until: Elapsed,
    limits_in_a_row: u32,
}

impl Bucket {
    pub(super) fn new(per_second: f64, burst: f64, now: Elapsed) -> Self {
        let room = (burst * ROOM_USED).max(1.0);
        Self {
            per_second: per_second.max(f64::MIN_POSITIVE),
            room,
            level: (room - CREDIT_AT_START).max(0.0),
            as_of: now,
            share: 1.0,
            share_as_of: now,
            paused_until: now,
            limits_in_a_row: 0,
        }
    }

    /// Whether one more request fits; otherwise when it will.
    pub(super) fn open(&self, now: Elapsed) -> Result<(), Elapsed> {
        if let Some(until) = self.paused_until(now) {
            return Err(until);
        }
        let over = self.level_at(now) + 1.0 - self.room;
        if over <= 0.0 {
            return Ok(());
        }
        let wait = over / (self.per_second * self.share);
        Err(now + Duration::from_secs_f64(wait).max(Duration::from_millis(1)))
    }

    pub(super) fn paused_until(&self, now: Elapsed) -> Option<Elapsed> {
        (now < self.paused_until).then_some(self.paused_until)
    }

    pub(super) fn is_pressed(&self, now: Elapsed) -> bool {
        self.room * PRESSED < self.level_at(now)
    }

    pub(super) fn budget(&self, now: Elapsed) -> BucketBudget {
        BucketBudget {
            tokens: (self.room - self.level_at(now)).max(0.0),
            capacity: self.room,
            per_second: self.per_second * self.share,
            per_second_planned: self.per_second,
        }
    }

    /// One request leaves.
    pub(super) fn fill(&mut self, now: Elapsed) {
        self.leak(now);
        self.level += 1.0;
    }

    pub(super) fn went_well(&mut self, now: Elapsed) {
        self.limits_in_a_row = 0;
        self.leak(now);
        let steps = now.since(self.share_as_of).as_millis() / RECOVERY.as_millis();
        if 0 < steps {
            self.share = (self.share + SHARE_STEP * steps as f64).min(1.0);
            self.share_as_of = now;
        }
    }

    /// The portal's bucket is fuller than ours: somebody else fills it too.
    pub(super) fn limited(&mut self, now: Elapsed) {
        let doubled = 2_u32.saturating_pow(self.limits_in_a_row.min(8));
        let pause = PAUSE_FIRST.saturating_mul(doubled).min(PAUSE_MAX);
        self.pause(pause, now);
    }

    /// Nobody is let in.
    pub(super) fn closed(&mut self, now: Elapsed) {
        if self.limits_in_a_row < CLOSED_FOR_LONG {
            self.limited(now);
        } else {
            self.pause(PAUSE_CLOSED, now);
        }
    }

    /// Whatever pause there is ends.
    pub(super) fn reopened(&mut self, now: Elapsed) {
        self.paused_until = self.paused_until.min(now);
        self.limits_in_a_row = 0;
    }

    fn pause(&mut self, pause: Duration, now: Elapsed) {
        self.limits_in_a_row = self.limits_in_a_row.saturating_add(1);
        self.level = self.room;
        self.as_of = self.as_of.max(now);
        // Requests that were under way together are refused together: they halve the rate once.
        if self.paused_until <= now {
            self.share = (self.share / 2.0).max(SHARE_MIN);
        }
        self.share_as_of = now;
        self.paused_until = self.paused_until.max(now + pause);
    }

    fn leak(&mut self, now: Elapsed) {
        self.level = self.level_at(now);
        self.as_of = self.as_of.max(now);
    }

    fn level_at(&self, now: Elapsed) -> f64 {
        let passed = now.since(self.as_of).as_secs_f64();
        (self.level - passed * self.per_second * self.share).max(0.0)
    }
}
