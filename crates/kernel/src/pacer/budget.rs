//! What is left of a portal's limits at one instant, for people and for metrics.

use std::{collections::BTreeMap, time::Duration};

use super::Pacer;
use crate::elapsed::Elapsed;

/// What is left of a portal's limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Budget {
    /// Requests per second.
    pub bucket: BucketBudget,
    /// Requests that may be under way at once.
    pub requests_at_once: usize,
    /// Commands that one request may carry.
    pub commands_max: usize,
    /// Running time, by method that was used.
    pub methods: BTreeMap<String, MethodBudget>,
    /// How much longer nothing at all leaves, if the portal said so.
    pub paused_for: Option<Duration>,
}

/// Our copy of the portal's bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BucketBudget {
    /// Requests that may leave at once.
    pub tokens: f64,
    /// The most that there can be.
    pub capacity: f64,
    /// How many come back per second at present …
    pub per_second: f64,
    /// … and while nobody was refused.
    pub per_second_planned: f64,
}

/// The running time of one method within the portal's ten minutes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MethodBudget {
    /// Seconds used, as the portal last reported.
    pub used_seconds: f64,
    /// Seconds that we use at most.
    pub limit_seconds: f64,
    /// How long until the portal gives a part back, where it said so and that is still to come.
    pub resets_in: Option<Duration>,
    /// Seconds that one command takes, as measured.
    pub seconds_per_command: f64,
    /// Commands without an answer.
    pub under_way: usize,
    /// How much longer the method rests because the portal blocked it.
    pub frozen_for: Option<Duration>,
}

impl Pacer {
    /// What is left of the portal's limits now.
    pub fn budget(&self, now: Elapsed) -> Budget {
        let methods = self.methods.iter();
        Budget {
            bucket: self.bucket.budget(now),
            requests_at_once: self.flight.at_once(),
            commands_max: self.flight.commands_max(),
            methods: methods
                .map(|(name, it)| (name.clone(), it.budget(now)))
                .collect(),
            paused_for: left(self.paused_until(now), now),
        }
    }
}

/// What is left until a point that is still to come.
pub(super) fn left(until: Option<Elapsed>, now: Elapsed) -> Option<Duration> {
    until.filter(|it| now < *it).map(|it| it.since(now))
}
