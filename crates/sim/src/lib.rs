//! Deterministic universes: the production code among simulated peers, crashes and faults, judged by laws.

pub mod cli;
mod clock;
mod contestants;
mod laws;
mod network;
mod people;
mod report;
mod script;
mod trace;
mod universe;
mod world;
