//! What a decision may know besides the order itself.

use crate::{
    elapsed::Elapsed,
    ids::{LedgerId, ProcessNo},
    mapping::Mapping,
    rules::Rules,
};

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
