//! The onedeal program: commands, wiring, exit codes. What a command decides stands in the crates below.

pub mod cli;
pub mod demo;
pub mod exit;
pub mod map;
pub mod order;
pub mod serve;
