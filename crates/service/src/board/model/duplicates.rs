//! Second deals of an order.

use serde::Serialize;
use utoipa::ToSchema;

use super::{DealRef, Offered, OrderRow, PortalDeal};
use crate::board::words::Said;

/// One page of duplicate sets, those of the newest orders first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DuplicatePage {
    /// The sets.
    pub sets: Vec<DuplicateSet>,
    /// The cursor of the next page; `None` on the last one.
    pub next: Option<String>,
}

/// The deals of one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DuplicateSet {
    /// The order.
    pub row: OrderRow,
    /// The deal that stays.
    pub survivor: Option<DealRef>,
    /// The others.
    pub others: Vec<DuplicateDeal>,
    /// What may be done about the set.
    pub actions: Vec<Offered>,
}

/// A deal that should not be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DuplicateDeal {
    /// Which.
    pub deal: DealRef,
    /// How far it is settled.
    pub step: DuplicateStep,
    /// The same in a sentence: who made it, what happens to it, what people touched.
    pub says: Said,
    /// How the portal shows it, where it was asked for.
    pub portal: Option<PortalDeal>,
}

/// How far a duplicate is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DuplicateStep {
    /// Ours and marked: it will be flagged.
    ToFlag,
    /// It is flagged; a comment on it follows.
    Flagged,
    /// It is flagged and commented, or gone.
    Settled,
    /// Not ours to write, or touched by a person: somebody has to decide.
    Listed,
}
