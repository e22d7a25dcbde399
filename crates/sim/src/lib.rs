//! Deterministic universes: the production code among simulated peers, crashes and faults, judged by laws.

pub mod cli;
pub mod clock;
pub mod contestants;
pub mod days;
pub mod laws;
mod mapped;
pub mod network;
mod operator;
pub mod people;
pub mod report;
pub mod script;
pub mod trace;
pub mod universe;
pub mod world;
