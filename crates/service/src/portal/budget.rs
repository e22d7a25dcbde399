//! What the portal still takes from us, and why nothing leaves where that is so: one cheap look, for people and metrics.

use std::time::Duration;

use kernel::pacer::Budget;

use super::Portal;
use crate::{access::Condition, transport::Transport};

/// What the portal takes at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct PortalBudget {
    /// Bucket, running time by method, and what one request may carry.
    pub limits: Budget,
    /// Requests without an answer.
    pub requests_under_way: usize,
    /// Commands that wait for a place in a request.
    pub waiting: usize,
    /// Why nothing leaves at all, if that is so.
    pub pause: Option<Pause>,
}

/// Nothing leaves for the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Why.
    pub reason: PauseReason,
    /// How much longer at least; `None` where that depends on a person or a peer.
    pub left: Option<Duration>,
}

/// Why nothing leaves for the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PauseReason {
    /// A deal answered with another order's key; a restart is needed.
    Halted,
    /// The portal cannot be reached, or does not let us in.
    Closed(Condition),
    /// A token is being fetched.
    NoToken,
    /// The portal said that it is asked too much.
    Limited,
}

impl PauseReason {
    /// In one word, for metrics and programs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Halted => "halted",
            Self::Closed(condition) => condition.word(),
            Self::NoToken => "renewing_token",
            Self::Limited => "limited",
        }
    }
}

impl PortalBudget {
    /// Methods that rest because the portal blocked them, and for how much longer.
    pub fn frozen(&self) -> impl Iterator<Item = (&str, Duration)> {
        let methods = self.limits.methods.iter();
        methods.filter_map(|(name, it)| Some((name.as_str(), it.frozen_for?)))
    }
}

impl<T: Transport> Portal<T> {
    /// What the portal takes now. Asks nobody.
    pub fn budget(&self) -> PortalBudget {
        let limits = self.pacer().budget(self.clock.now());
        let (requests_under_way, waiting) = self.desk.crowd();
        let pause = self.pause(limits.paused_for);
        PortalBudget {
            limits,
            requests_under_way,
            waiting,
            pause,
        }
    }

    /// What only a person can end comes first.
    fn pause(&self, paused_for: Option<Duration>) -> Option<Pause> {
        let (reason, left) = if self.is_halted() {
            (PauseReason::Halted, None)
        } else if let Some(condition) = self.condition() {
            (PauseReason::Closed(condition), paused_for)
        } else if !self.keys.is_open() {
            (PauseReason::NoToken, None)
        } else {
            (PauseReason::Limited, Some(paused_for?))
        };
        Some(Pause { reason, left })
    }
}
