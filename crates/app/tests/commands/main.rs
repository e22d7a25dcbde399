//! The commands as the shell sees them: the real binary, its words and its exit codes.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, in its helpers too"
)]

mod against;
mod asking;
mod bench;
mod canary;
mod check;
mod doctor;
mod init;
mod map;
mod mapping_docs;
mod order;
mod pair;
mod program;
mod pty;
mod stand;
mod steer;
mod usage;
