//! What a decision may know besides the order itself.

use std::time::Duration;

use crate::{
    elapsed::Elapsed,
    ids::{LedgerId, ProcessNo},
    mapping::Mapping,
    rules::Rules,
};

/// Deals linked so soon after a cold time are looked at again for late landings.
const COLD_REMEMBERED: Duration = Duration::from_secs(86_400);

/// The circumstances of a turn.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Now, on the ledger's clock.
    pub now: Elapsed,
    /// This process.
    pub process: ProcessNo,
    /// This ledger.
    pub ledger: &'a LedgerId,
    /// The ledger may have forgotten sends that land before this point.
    pub cold_until: Option<Elapsed>,
    /// The waits.
    pub rules: &'a Rules,
    /// From order to deal.
    pub mapping: &'a Mapping,
}

impl Context<'_> {
    /// The ledger was cold a short time ago: what it forgot may still show up.
    pub fn was_cold(&self) -> bool {
        self.cold_until
            .is_some_and(|it| self.now < it + COLD_REMEMBERED)
    }

    /// Until when a send that this ledger forgot may still land; `None` for a warm ledger.
    pub fn forgotten_land_by(&self) -> Option<Elapsed> {
        let cold_until = self.cold_until.filter(|it| self.now < *it)?;
        Some(cold_until.min(self.now + self.rules.settle))
    }
}
