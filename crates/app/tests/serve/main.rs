//! `onedeal serve` between a signed webhook and a simulated portal: the real binary, real HTTP, a real ledger.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, in its helpers too"
)]

mod alerts;
mod application;
mod checking;
mod intake;
mod leaks;
mod logging;
mod one_deal;
mod stand;
mod statement;
mod stopping;
#[cfg(feature = "otel")]
mod traces;
