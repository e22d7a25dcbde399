//! What a turn hands over to be sent, and what it gets back.

use std::collections::BTreeMap;

use bitrix24::{Answer, Batch, Call, Outcome as Wire};
use kernel::{
    Elapsed, OrderKey, PartyId, company::CompanyWish, contact::ContactWish, deal::FoundDeal,
};
use tokio::sync::oneshot;
use tracing::Span;

/// What one member of a request wants sent.
pub(super) enum Cargo {
    /// A lookup by key, which shares its commands with others.
    Look(Box<LookAsk>),
    /// Calls of its own.
    Calls(Vec<Call>),
    /// Commands of one order that refer to each other; they have a request to themselves.
    Chain(Batch),
}

/// Who is looked up.
#[derive(Debug, Clone)]
pub(super) struct LookAsk {
    pub(super) key: OrderKey,
    pub(super) contact: Option<ContactWish>,
    pub(super) company: Option<CompanyWish>,
    /// To be found in the catalogue.
    pub(super) variants: Vec<u64>,
}

/// A cargo and the way back.
pub(super) struct Loaded {
    pub(super) cargo: Cargo,
    pub(super) reply: oneshot::Sender<Delivered>,
    /// The turn's span.
    pub(super) turn: Span,
}

/// What came back for one member.
pub(super) enum Delivered {
    Looked(Looked),
    Answers(Vec<Wire<Answer>>),
}

/// What a lookup showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Looked {
    /// When it started.
    pub(crate) started_at: Elapsed,
    /// Rows that may carry the order's key.
    pub(crate) deals: Result<Vec<FoundDeal>, NoAnswer>,
    /// Contacts; `None` if not asked, or come to nothing.
    pub(crate) contacts: Option<FoundParties>,
    /// Companies; `None` if not asked, or come to nothing.
    pub(crate) companies: Option<FoundParties>,
    /// Products by variant; one without a product is not in the catalogue, or the catalogue did not answer.
    pub(crate) products: BTreeMap<u64, Option<u64>>,
}

/// The contacts or companies that a lookup found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FoundParties {
    /// By origin pair.
    pub(crate) by_origin: Vec<PartyId>,
    /// By e-mail or phone.
    pub(crate) by_comm: Vec<PartyId>,
}

/// A lookup or a read that came to nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NoAnswer {
    /// The portal's code, where it gave one.
    pub(crate) code: Option<String>,
    /// The portal refuses everybody at the moment, so it says nothing about this request.
    pub(crate) portal_wide: bool,
}
