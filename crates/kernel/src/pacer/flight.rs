//! How much one request carries, and how many are under way at once: found from what happens to them.

use super::Trip;

/// The most commands in one request (facts §1.4).
pub const COMMANDS_MAX: usize = 50;

/// Requests under way at once, at first …
const AT_ONCE_FIRST: usize = 3;

/// … and at most.
const AT_ONCE_MAX: usize = 16;

/// Requests in a row that must go well before one more command is carried.
const CLEAN_FOR_MORE: u32 = 10;

/// Sizes and numbers of requests.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    commands: usize,
    at_once: usize,
    clean: u32,
}

impl Default for Flight {
    fn default() -> Self {
        Self {
            commands: COMMANDS_MAX,
            at_once: AT_ONCE_FIRST,
            clean: 0,
        }
    }
}

impl Flight {
    pub(super) fn commands_max(&self) -> usize {
        self.commands
    }

    pub(super) fn at_once(&self) -> usize {
        self.at_once
    }

    /// A request came back. A lost one makes the next ones smaller: fewer orders are in doubt when it happens again.
    pub(super) fn arrived(&mut self, trip: Trip, more: bool, slower: bool) {
        match trip {
            Trip::Unknown => {
                self.clean = 0;
                self.commands = (self.commands / 2).max(1);
                self.at_once = (self.at_once / 2).max(1);
            }
            Trip::Limited | Trip::Closed => self.at_once = (self.at_once / 2).max(1),
            Trip::Answered => {
                self.clean += 1;
                if self.clean.is_multiple_of(CLEAN_FOR_MORE) {
                    self.commands = (self.commands + 1).min(COMMANDS_MAX);
                }
                if slower {
                    self.at_once = self.at_once.saturating_sub(1).max(1);
                } else if more {
                    self.at_once = (self.at_once + 1).min(AT_ONCE_MAX);
                }
            }
        }
    }
}
