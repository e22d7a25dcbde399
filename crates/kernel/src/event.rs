//! What can happen to an order.

use std::collections::BTreeMap;

use crate::{
    deal::{FieldValue, FoundDeal, Glimpse, StageWish},
    elapsed::Elapsed,
    ids::{CommandSeq, CompanyId, ContactId, DealId, OrderKey},
    order::Order,
    outcome::Outcome,
    party::{PartyKind, PartyNews},
    state::{Notice, Open, ParkReason},
    version::Source,
};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A state of the order arrived.
    OrderSeen {
        /// The order.
        order: Box<Order>,
        /// How it arrived.
        source: Source,
        /// It came as the order's creation.
        creation: bool,
    },
    /// The order was deleted in the shop.
    DeletedInShop,
    /// A delivery of this order could not be read.
    UnreadableSeen,
    /// Something to tell of the order's contact or company.
    Party(PartyKind, PartyNews),
    /// A turn begins: what earlier turns read no longer counts.
    TurnBegan,
    /// A write is about to be sent.
    Intended(Open),
    /// The contact that the deal on its way refers to was created, with this id.
    ContactKnown(ContactId),
    /// The write was answered, or given up.
    Answered(Outcome<Effect>),
    /// A process ended while the write was on its way.
    Interrupted,
    /// A complete lookup was answered.
    Looked {
        /// When it started.
        started_at: Elapsed,
        /// Every row it returned.
        rows: Vec<FoundDeal>,
    },
    /// The catalogue was asked for these variants, or cannot be asked.
    ProductsFound(BTreeMap<u64, Option<u64>>),
    /// A lookup or read came to nothing.
    LookFailed {
        /// The portal's code, where it gave one.
        code: Option<String>,
        /// How many orders shared the request; 1 if it failed for a reason that concerns all of them.
        company: u32,
    },
    /// A read was answered.
    Glimpsed(Glimpse),
    /// A read said "not found".
    NotFound(DealId),
    /// The rules leave the stage where it is.
    StageLeft(StageWish),
    /// A field is left as it is.
    FieldLeft {
        /// Which.
        field: String,
        /// What we would have written.
        value: FieldValue,
    },
    /// The contact is left as it is.
    ContactLeft(ContactId),
    /// The company is left as it is.
    CompanyLeft(CompanyId),
    /// A found deal lacks nothing.
    Completed,
    /// A read shows the flag of a duplicate that we meant to flag: the request whose answer was lost did land.
    FlagSeen(DealId),
    /// A duplicate turned out not to be ours to flag.
    LoserSpared(DealId),
    /// An operator wants it tried now.
    OperatorRetry,
    /// An operator parks it.
    OperatorPark(ParkReason),
    /// An operator wants it compared and said again.
    OperatorSync,
    /// An operator chose its deal.
    OperatorChose {
        /// Which.
        deal: DealId,
        /// By which command.
        command: CommandSeq,
    },
    /// The chosen deal belongs to another order of the ledger.
    ChoiceTaken(OrderKey),
    /// An operator wants its deleted deal made again.
    OperatorRecreate,
    /// An operator wants a duplicate flagged.
    OperatorFlag(DealId),
    /// An operator wants a line not shown again until it happens anew.
    OperatorDismissed(Notice),
}

/// What an executed write shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The deal as the answer shows it: created or updated.
    Deal {
        /// Its id.
        id: DealId,
        /// The answer's origin pair: shop, order.
        originator: Option<String>,
        /// The answer's origin pair: order.
        origin: Option<String>,
        /// Whom the answer shows.
        shows: Shown,
    },
    /// Rows, a comment: nothing to check.
    Plain,
}

/// The parties of a deal as an answer shows them; `None` where it does not tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// Its contacts.
    pub contacts: Option<Vec<ContactId>>,
    /// Its company, if it has one.
    pub company: Option<Option<CompanyId>>,
}
