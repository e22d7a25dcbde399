//! An answer that cannot be used: what is wrong, and what to do.

use crate::{
    exit::{Exit, Failure},
    peer::Hindrance,
};

/// Why an answer cannot be used. It holds nothing secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// How the command ends where nobody can be asked again.
    pub(super) exit: Exit,
    /// What is wrong.
    pub(super) problem: String,
    /// What to do.
    pub(super) remedy: String,
}

impl Trouble {
    /// The answer itself is wrong.
    pub(super) fn usage(problem: &str, remedy: &str) -> Self {
        Self {
            exit: Exit::Usage,
            problem: problem.to_owned(),
            remedy: remedy.to_owned(),
        }
    }

    /// A peer does not accept it.
    pub(super) fn refused(hindrance: Hindrance) -> Self {
        Self {
            exit: Exit::Refused,
            problem: hindrance.problem,
            remedy: hindrance.remedy,
        }
    }

    /// The end of the command, where nobody can be asked again.
    pub(super) fn into_failure(self) -> Failure {
        Failure::saying(self.exit, format!("{}; {}", self.problem, self.remedy))
    }
}
