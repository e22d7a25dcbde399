//! What an operator asks of an order, as its state remembers it, and why something asked for was not done.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    ids::{CommandSeq, DealId, OrderKey},
    state::Notice,
};

/// What an operator asked for and what of it still counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// A deal that was chosen and has to be read before it is linked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
    /// The deal that an operator chose: other ledgers' deals beside it are listed, and park the order no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<DealId>,
    /// Everything is said once more, after a read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub say_again: bool,
    /// The deal that a person deleted is wanted again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remake: bool,
    /// What is not to be shown again until it happens anew.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dismissed: BTreeSet<Notice>,
}

impl Asked {
    /// Whether nothing is remembered.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// A deal chosen for an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Which.
    pub deal: DealId,
    /// By which command.
    pub command: CommandSeq,
}

/// Why something that an operator asked for was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyNot {
    /// No state of the order was read yet.
    NeverSeen,
    /// The portal does not know the deal.
    Missing,
    /// The deal carries the key of something else.
    AnotherKey,
    /// The deal is flagged as a duplicate.
    Flagged,
    /// The deal belongs to another order of this ledger.
    Linked(OrderKey),
    /// Another wish came after this one.
    Replaced,
    /// The order's deal was not deleted.
    NotDeleted,
    /// The mapping wants no deal for the order.
    Unwanted,
    /// The deal is no duplicate that is known.
    NoDuplicate,
    /// The duplicate is flagged already.
    FlaggedAlready,
    /// The order has no deal that could stay.
    NoSurvivor,
    /// Another version of the program wrote the wish.
    NotUnderstood,
}

impl fmt::Display for WhyNot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverSeen => f.write_str("no state of the order could be read yet"),
            Self::Missing => f.write_str("the portal does not know the deal"),
            Self::AnotherKey => f.write_str("the deal carries the key of something else"),
            Self::Flagged => f.write_str("the deal is flagged as a duplicate"),
            Self::Linked(order) => write!(f, "the deal belongs to order {order}"),
            Self::Replaced => f.write_str("another wish came after it"),
            Self::NotDeleted => f.write_str("the order's deal was not deleted"),
            Self::Unwanted => f.write_str("the mapping wants no deal for the order"),
            Self::NoDuplicate => f.write_str("the deal is no duplicate that is known"),
            Self::FlaggedAlready => f.write_str("the duplicate is flagged already"),
            Self::NoSurvivor => f.write_str("the order has no deal that could stay"),
            Self::NotUnderstood => f.write_str("this version does not understand the wish"),
        }
    }
}
