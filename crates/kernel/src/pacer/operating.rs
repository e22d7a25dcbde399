//! Running time of one method: the portal lets each method run for some minutes in ten (facts §5.2).
//!
//! What the portal reports is taken as it is; what is under way is added. When the budget is used up, the method rests
//! until the moment at which the portal gives part of it back, and one small request then finds out how much.

use std::time::Duration;

use super::{CommandTime, MethodBudget, budget::left};
use crate::elapsed::Elapsed;

/// Seconds in ten minutes that one method may run (facts §5.2), and the part of it that we use.
const BUDGET: f64 = 480.0 * 0.97;

/// What is left of the budget for urgent commands when the others have used it up.
const URGENT_ONLY: f64 = 480.0 * 0.05;

/// A blocked method is tried again after this, where the portal named no time.
pub const METHOD_PAUSE: Duration = Duration::from_secs(60);

/// Seconds that a command is taken for until one was measured.
pub(super) const SECONDS_UNKNOWN: f64 = 0.2;

/// Commands of a method of which nothing is known yet.
pub(super) const FIRST_COMMANDS: usize = 50;

/// Commands that find out how much of a used-up budget came back.
const PROBE_COMMANDS: usize = 5;

/// The wait for an answer that will tell how much of the budget is left.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Weight of the newest measurement.
const WEIGHT: f64 = 0.1;

/// The same for what is usual.
const WEIGHT_USUAL: f64 = 0.01;

/// A command that takes so many times its usual time shows a portal under load.
const SLOWED: f64 = 2.0;

/// The running time of one method.
#[derive(Debug, Clone, Default)]
pub(super) struct Operating {
    seconds: Option<f64>,
    usual: Option<f64>,
    used: f64,
    resets_at: Option<Elapsed>,
    under_way: usize,
    frozen_until: Option<Elapsed>,
    /// The budget was used up, and how much came back is not known yet.
    probing: bool,
}

impl Operating {
    pub(super) fn allowance(&self, urgent: bool, now: Elapsed) -> Result<usize, Elapsed> {
        if let Some(until) = self.frozen_until.filter(|it| now < *it) {
            return Err(until);
        }
        let budget = if urgent { BUDGET } else { BUDGET - URGENT_ONLY };
        let left = budget - self.used - self.under_way as f64 * self.seconds();
        let commands = (left / self.seconds().max(0.001)).max(0.0) as usize;
        if 0 < commands && (urgent || !self.probing) {
            return Ok(commands);
        }
        if 0 < self.under_way {
            // What is under way will tell.
            return Err(now + ASK_AGAIN);
        }
        match self.resets_at.filter(|it| now < *it) {
            Some(at) => Err(at),
            None => Ok(PROBE_COMMANDS),
        }
    }

    pub(super) fn seconds(&self) -> f64 {
        self.seconds.unwrap_or(SECONDS_UNKNOWN)
    }

    pub(super) fn has_slowed(&self) -> bool {
        self.usual.is_some_and(|it| it * SLOWED < self.seconds())
    }

    pub(super) fn budget(&self, now: Elapsed) -> MethodBudget {
        MethodBudget {
            used_seconds: self.used,
            limit_seconds: BUDGET,
            resets_in: left(self.resets_at, now),
            seconds_per_command: self.seconds(),
            under_way: self.under_way,
            frozen_for: left(self.frozen_until, now),
        }
    }

    pub(super) fn sent(&mut self) {
        self.under_way += 1;
    }

    pub(super) fn answered(&mut self, time: Option<CommandTime>, now: Elapsed) {
        self.under_way = self.under_way.saturating_sub(1);
        let Some(time) = time else { return };
        let measured = time.seconds.clamp(0.0, 60.0);
        let known = self.seconds.unwrap_or(measured);
        self.seconds = Some(known + (measured - known) * WEIGHT);
        let usual = self.usual.unwrap_or(measured);
        self.usual = Some(usual + (measured - usual) * WEIGHT_USUAL);
        if let Some(used) = time.operating {
            self.used = used.max(0.0);
            self.resets_at = time.resets_in.map(|it| now + it);
            self.probing = BUDGET - URGENT_ONLY <= self.used;
        }
    }

    pub(super) fn blocked(&mut self, now: Elapsed) {
        // Where little of the budget was reported as used, its reset does not explain the block, nor end it.
        let explained = BUDGET / 2.0 < self.used;
        let until = self
            .resets_at
            .filter(|it| explained && now < *it)
            .unwrap_or(now + METHOD_PAUSE);
        self.frozen_until = self.frozen_until.max(Some(until));
        self.probing = true;
        self.resets_at = Some(until);
    }
}
