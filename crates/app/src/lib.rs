//! The onedeal program: commands, wiring, exit codes. What a command decides stands in the crates below.

pub mod bench;
pub mod check;
pub mod cli;
pub mod demo;
pub mod entropy;
pub mod environment;
pub mod exit;
pub mod init;
pub mod lang;
pub mod map;
pub mod order;
pub mod peer;
pub mod serve;
pub mod signals;
pub mod steer;
pub mod terminal;
