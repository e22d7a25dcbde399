//! `onedeal serve` between a signed webhook and a simulated portal: the real binary, real HTTP, a real ledger.

mod intake;
mod one_deal;
mod stand;
mod stopping;
