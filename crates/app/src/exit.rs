//! How the program ends: exit codes (design §3.1), and errors as one plain sentence on stderr.

use std::{
    any::Any,
    io::Write as _,
    panic::{self, AssertUnwindSafe, PanicHookInfo},
    process::ExitCode,
};

/// What the shell is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Fine,
    /// Something was found that a person should act on.
    Found,
    /// The command line or a setting cannot be used.
    Usage,
    /// A peer refused: credentials or rights.
    Refused,
    /// The database cannot be used.
    Storage,
    /// A mistake in the program.
    Bug,
}

impl Exit {
    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Found => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Storage => 4,
            Self::Bug => 70,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command did not do its work, and what the shell is told about it.
#[derive(Debug)]
pub struct Failure {
    /// What the shell is told.
    pub exit: Exit,
    /// What a person is told: all causes, on one line.
    pub error: anyhow::Error,
}

/// Gives an error its exit code.
pub trait Exits<T> {
    /// Ends the command with this code if there is an error.
    ///
    /// # Errors
    /// The same error, with its code.
    fn exits(self, exit: Exit) -> Result<T, Failure>;
}

impl<T, E: Into<anyhow::Error>> Exits<T> for Result<T, E> {
    fn exits(self, exit: Exit) -> Result<T, Failure> {
        self.map_err(|error| Failure {
            exit,
            error: error.into(),
        })
    }
}

impl Failure {
    /// A failure that needs no other words than these.
    pub fn saying(exit: Exit, text: impl Into<String>) -> Self {
        Self {
            exit,
            error: anyhow::Error::msg(text.into()),
        }
    }

    /// Tells the person, and gives the code for the shell.
    pub fn report(&self) -> Exit {
        complain(&format!("{:#}", self.error));
        self.exit
    }
}

/// Runs the program. A panic in it is our mistake and says so.
pub fn guarded(program: impl FnOnce() -> Exit) -> Exit {
    panic::set_hook(Box::new(report_panic));
    panic::catch_unwind(AssertUnwindSafe(program)).unwrap_or(Exit::Bug)
}

fn report_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    let place = place.unwrap_or_else(|| "an unknown place".to_owned());
    complain(&format!(
        "this is a mistake in onedeal {}, please report it: {} ({place})",
        env!("CARGO_PKG_VERSION"),
        told(panic.payload())
    ));
}

/// What may be told of a panic: a message that was put together as it happened may hold what was being worked on, such as
/// a buyer's name that was cut in the middle of a letter.
fn told(payload: &(dyn Any + Send)) -> &str {
    if payload.is::<String>() {
        return "its message may hold an order's values and is kept back";
    }
    payload
        .downcast_ref::<&str>()
        .copied()
        .unwrap_or("no message")
}

/// A closed stderr is no reason to fail a second time.
fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "onedeal: {text}");
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn a_panic_ends_with_70_and_everything_else_with_its_own_code() {
        assert_eq!(guarded(|| Exit::Found), Exit::Found);
        let panicked = guarded(|| panic!("on purpose"));
        // Other tests of this process keep the hook they know.
        drop(panic::take_hook());
        assert_eq!(panicked.code(), 70);
    }

    #[test]
    fn a_panic_does_not_tell_what_was_worked_on() {
        let name = String::from("Zackenbärt");
        let cut = std::panic::catch_unwind(|| name[..8].len()).unwrap_err();
        let whole = cut.downcast_ref::<String>().unwrap();
        assert!(whole.contains("Zackenbärt"), "{whole}");
        assert!(!told(&*cut).contains("bärt"), "{}", told(&*cut));
        let fixed = std::panic::catch_unwind(|| panic!("a fixed text")).unwrap_err();
        assert_eq!(told(&*fixed), "a fixed text");
    }

    #[test]
    fn a_failure_tells_all_its_causes_on_one_line() {
        let failed: Result<(), _> = Err(std::io::Error::other("no room"));
        let failure = failed
            .context("failed to write")
            .exits(Exit::Storage)
            .unwrap_err();
        assert_eq!(format!("{:#}", failure.error), "failed to write: no room");
        assert_eq!(failure.report(), Exit::Storage);
    }
}
