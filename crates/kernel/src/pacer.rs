//! When requests may leave for a portal, how large they may be and how many may be under way: the portal's limits as
//! the portal itself reports them (facts/bitrix24.md §5).
//!
//! Time is an argument; nothing here waits. Three limits, each in a part of its own: requests per second ([`bucket`]),
//! running time per method ([`operating`]), and what one request may carry ([`flight`]).

mod bucket;
mod budget;
mod flight;
mod operating;

use std::{collections::BTreeMap, time::Duration};

use self::{bucket::Bucket, flight::Flight, operating::Operating};
use crate::elapsed::Elapsed;

pub use self::{
    budget::{BucketBudget, Budget, MethodBudget},
    flight::COMMANDS_MAX,
    operating::METHOD_PAUSE,
};

/// What an answer says about the running time of one command.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CommandTime {
    /// How long the command ran, in seconds.
    pub seconds: f64,
    /// Seconds that its method has used of its ten-minute budget, where the portal says so.
    pub operating: Option<f64>,
    /// When part of that budget comes back.
    pub resets_in: Option<Duration>,
}

/// How a request as a whole went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trip {
    /// It was answered.
    Answered,
    /// The portal said that it is asked too much, or cannot be reached.
    Limited,
    /// The portal does not let us in: a person has to act first.
    Closed,
    /// It is not known what became of it.
    Unknown,
}

/// Why nothing may leave at the moment, and when to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Later {
    /// When.
    pub at: Elapsed,
}

/// Follows the limits of one portal.
#[derive(Debug, Clone)]
pub struct Pacer {
    bucket: Bucket,
    methods: BTreeMap<String, Operating>,
    flight: Flight,
}

impl Pacer {
    /// A pacer for a portal that drains `per_second` requests from a bucket of `burst`.
    pub fn new(per_second: f64, burst: f64, now: Elapsed) -> Self {
        Self {
            bucket: Bucket::new(per_second, burst, now),
            methods: BTreeMap::new(),
            flight: Flight::default(),
        }
    }

    /// Whether a request could leave now, as far as the number of requests goes.
    ///
    /// # Errors
    /// When to ask again.
    pub fn open(&self, now: Elapsed) -> Result<(), Later> {
        self.bucket.open(now).map_err(|at| Later { at })
    }

    /// Until when nothing at all leaves, if the portal said so.
    pub fn paused_until(&self, now: Elapsed) -> Option<Elapsed> {
        self.bucket.paused_until(now)
    }

    /// Whether so many requests were sent lately that a place is worth filling.
    pub fn is_pressed(&self, now: Elapsed) -> bool {
        self.bucket.is_pressed(now)
    }

    /// How many more commands of a method the portal runs now; a part of its budget is kept for urgent ones.
    ///
    /// # Errors
    /// None; and when to ask again.
    pub fn allowance(&self, method: &str, urgent: bool, now: Elapsed) -> Result<usize, Later> {
        match self.methods.get(method) {
            None => Ok(operating::FIRST_COMMANDS),
            Some(it) => it.allowance(urgent, now).map_err(|at| Later { at }),
        }
    }

    /// Seconds that one command of this method takes, as measured.
    pub fn seconds(&self, method: &str) -> f64 {
        self.methods
            .get(method)
            .map_or(operating::SECONDS_UNKNOWN, Operating::seconds)
    }

    /// Whether one more request may be under way beside those that are.
    pub fn has_flight(&self, under_way: usize) -> bool {
        under_way < self.flight.at_once()
    }

    /// Commands that one request may carry at most.
    pub fn commands_max(&self) -> usize {
        self.flight.commands_max()
    }

    /// A request leaves.
    pub fn leaves(&mut self, now: Elapsed) {
        self.bucket.fill(now);
    }

    /// A request carries one command of this method.
    pub fn carries(&mut self, method: &str) {
        self.method(method).sent();
    }

    /// A request with one command of each of these methods leaves.
    pub fn sent<'a>(&mut self, methods: impl IntoIterator<Item = &'a str>, now: Elapsed) {
        self.leaves(now);
        for method in methods {
            self.carries(method);
        }
    }

    /// A person acted: whatever pause there is ends.
    pub fn reopened(&mut self, now: Elapsed) {
        self.bucket.reopened(now);
    }

    /// One command of a request that left was answered, or never will be (`None`).
    pub fn command_answered(&mut self, method: &str, time: Option<CommandTime>, now: Elapsed) {
        self.method(method).answered(time, now);
    }

    /// The portal blocked one method for its running time.
    pub fn method_blocked(&mut self, method: &str, now: Elapsed) {
        self.method(method).blocked(now);
    }

    /// A request came back; `more` were waiting when it left.
    pub fn arrived(&mut self, trip: Trip, more: bool, now: Elapsed) {
        match trip {
            Trip::Answered => self.bucket.went_well(now),
            Trip::Limited => self.bucket.limited(now),
            Trip::Closed => self.bucket.closed(now),
            Trip::Unknown => {}
        }
        let slower = self.methods.values().any(Operating::has_slowed);
        self.flight.arrived(trip, more, slower);
    }

    fn method(&mut self, method: &str) -> &mut Operating {
        if !self.methods.contains_key(method) {
            self.methods.insert(method.to_owned(), Operating::default());
        }
        self.methods.get_mut(method).expect("inserted a moment ago")
    }
}

#[cfg(test)]
mod tests;
