//! The life of one order's deal, told through `apply` and `decide` alone: every state of the protocol and every rule.

#[path = "../support/mod.rs"]
mod support;

mod adopting;
mod chains;
mod choosing;
mod cold;
mod companies;
mod contacts;
mod creating;
mod crowds;
mod customs;
mod deleted;
mod doubting;
mod duplicates;
mod findings;
mod found;
mod operating;
mod parking;
mod stages;
mod updating;
mod versions;
