//! The commands as the shell sees them: the real binary, its words and its exit codes.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, in its helpers too"
)]

mod bench;
mod map;
mod order;
mod program;
mod usage;
