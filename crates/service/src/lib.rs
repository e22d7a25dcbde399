//! The service: webhook intake, worker, reconciler, telemetry, configuration. The only crate with a clock and a network.

pub mod access;
pub mod admin;
pub mod alerts;
pub mod api;
pub mod board;
pub mod canary;
mod chain;
pub mod clock;
pub mod config;
pub mod convert;
pub mod counters;
pub mod door;
pub mod http;
pub mod inquiry;
pub mod intake;
mod journal;
mod names;
pub mod operator;
mod outlook;
mod pages;
pub mod portal;
pub mod preview;
pub mod reconcile;
mod running;
pub mod setup;
mod spans;
pub mod subscriptions;
pub mod transport;
mod watchman;
mod worker;

pub use chain::Chain;
pub use journal::CreateResult;
pub use running::{Parts, Service};
