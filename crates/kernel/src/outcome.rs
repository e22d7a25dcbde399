//! What became of a write: done, surely not, or unknown. Never two of them, never a fourth.

use serde::{Deserialize, Serialize};

/// The outcome of one command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome<T> {
    /// It was executed.
    Done(T),
    /// It surely was not executed.
    Refused(Refusal),
    /// It may have been executed, or may still be. Never repeat a create from here.
    Unknown {
        /// The answer spoke of a duplicate (seed.md's indicators).
        says_duplicate: bool,
    },
}

/// Why the portal did nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// What it is about.
    pub class: RefusalClass,
    /// The portal's code.
    pub code: String,
}

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefusalClass {
    /// Nothing left this machine, or the portal is busy: try again soon.
    Busy,
    /// The credential, the plan or a right is missing for all orders: a person must act.
    Access,
    /// The portal does not let us touch this record.
    Denied,
    /// The portal does not accept what we wrote.
    Invalid,
    /// The record does not exist.
    NotFound,
}

impl RefusalClass {
    /// Whether it counts against the record, and not against the portal (design §4.2, rule 12).
    pub fn is_about_the_record(self) -> bool {
        match self {
            Self::Denied | Self::Invalid => true,
            Self::Busy | Self::Access => {
                crate::mutants::planted(crate::mutants::Mutant::LimitCounts)
            }
            Self::NotFound => false,
        }
    }
}

impl<T> Outcome<T> {
    /// Changes the value of a done outcome.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Done(value) => Outcome::Done(change(value)),
            Self::Refused(refusal) => Outcome::Refused(refusal),
            Self::Unknown { says_duplicate } => Outcome::Unknown { says_duplicate },
        }
    }

    /// In one word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Refused(_) => "refused",
            Self::Unknown { .. } => "unknown",
        }
    }
}
