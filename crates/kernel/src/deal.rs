//! A deal as we want it, as a lookup finds it, and as a read shows it.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    contact::ContactWish,
    elapsed::Elapsed,
    ids::{ContactId, DealId, LedgerId, Mark, OrderKey, ProcessNo},
    mutants::{Mutant, planted},
};

/// Names of deal fields as `crm.item.*` spells them (facts/bitrix24.md §2.4).
pub mod field {
    /// Title.
    pub const TITLE: &str = "title";
    /// Stage.
    pub const STAGE: &str = "stageId";
    /// Amount.
    pub const AMOUNT: &str = "opportunity";
    /// The amount is ours, not the sum of rows.
    pub const MANUAL_AMOUNT: &str = "isManualOpportunity";
    /// Currency.
    pub const CURRENCY: &str = "currencyId";
    /// External system: shop.
    pub const ORIGINATOR: &str = "originatorId";
    /// Id in the external system: order id.
    pub const ORIGIN: &str = "originId";
    /// Carries our mark.
    pub const ADDITIONAL_INFO: &str = "additionalInfo";
    /// Contacts.
    pub const CONTACTS: &str = "contactIds";
    /// Comments.
    pub const COMMENTS: &str = "comments";
    /// Source.
    pub const SOURCE: &str = "sourceDescription";
}

/// A value of a deal field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FieldValue {
    /// Text, also dates and codes.
    Text(String),
    /// A number, money among them.
    Number(Decimal),
    /// Yes or no.
    Flag(bool),
    /// Ids of other records.
    Ids(Vec<u64>),
}

/// Fields by name.
pub type Fields = BTreeMap<String, FieldValue>;

/// One product row. Its price is final: discount and tax are in it (facts/bitrix24.md §11.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// As shown to people.
    pub name: String,
    /// Of one piece, two decimals.
    pub price: Decimal,
    /// Pieces.
    pub quantity: u32,
    /// Percent; `None` = no tax.
    pub tax_rate: Option<Decimal>,
    /// Whether the shop's prices include tax. Display only.
    pub tax_included: bool,
    /// Shopify's variant, for a link to the portal's catalogue. Not part of what is said to a portal, and so not of the
    /// fingerprint that decides whether rows are said again.
    #[serde(skip)]
    pub variant: Option<u64>,
}

/// Where the default rules want a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum StageWish {
    /// Nothing to say: what happens between creation and the end belongs to the manager.
    Open,
    /// Paid and fulfilled.
    Won,
    /// Cancelled, voided or fully refunded.
    Lost,
}

impl StageWish {
    /// The stage's id in a funnel (facts/bitrix24.md §8).
    pub fn stage_id(self, category: u64) -> String {
        let name = match self {
            Self::Open => "NEW",
            Self::Won => "WON",
            Self::Lost => "LOSE",
        };
        if category == 0 {
            name.to_owned()
        } else {
            format!("C{category}:{name}")
        }
    }

    /// Whether a rule may move a deal that stands where the read shows it.
    ///
    /// A closed deal stays closed; only a loss may move a won deal (design §4.4).
    pub fn may_move(self, from: Semantic) -> bool {
        match (self, from) {
            (Self::Open, _) => false,
            (Self::Won | Self::Lost, Semantic::Process) | (Self::Lost, Semantic::Success) => true,
            (Self::Won, Semantic::Success | Semantic::Failure)
            | (Self::Lost, Semantic::Failure) => false,
        }
    }
}

/// `STAGE_SEMANTIC_ID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Semantic {
    /// Still open.
    Process,
    /// Won.
    Success,
    /// Lost.
    Failure,
}

/// The deal an order should have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DesiredDeal {
    /// Fields that Shopify owns: written whenever they change.
    pub always: Fields,
    /// Fields written at creation, and where the portal shows them empty.
    pub on_create: Fields,
    /// Rows; they add up to the amount.
    pub rows: Vec<Row>,
    /// Where the rules want it.
    pub stage: StageWish,
    /// Whose contact it shows.
    pub contact: Option<ContactWish>,
    /// What the portal cannot carry, in words, for the timeline.
    pub notes: Vec<String>,
}

/// One row of a lookup, as the portal showed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundDeal {
    /// Its id.
    pub id: DealId,
    /// Its title.
    pub title: String,
    /// `ORIGINATOR_ID`, empty = `None`.
    pub originator: Option<String>,
    /// `ORIGIN_ID`, empty = `None`.
    pub origin: Option<String>,
    /// The order field.
    pub order_field: Option<String>,
    /// `ADDITIONAL_INFO`.
    pub additional_info: Option<String>,
    /// The field that names the survivor of a duplicate set.
    pub duplicate_of: Option<u64>,
    /// Where it stands.
    pub semantic: Semantic,
}

/// The beginning of a duplicate's title (design §3.4).
pub const DUPLICATE_PREFIX: &str = "[DUPLICATE of #";

/// What a row of a lookup is to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// It carries this order's origin pair.
    Ours(Mark),
    /// It carries only the order field, and no origin pair: it may be adopted.
    ByField,
    /// It carries the order field, and the origin pair of something else: not ours, and not to be written.
    NamesAnother,
    /// Flagged as a duplicate: not live.
    Flagged,
    /// The portal's comparison is looser than ours: no match at all.
    Unrelated,
}

impl FoundDeal {
    /// Compares the row with the key again, byte for byte: the portal ignores case and trailing spaces.
    pub fn relation(&self, key: &OrderKey, ledger: &LedgerId) -> Relation {
        let pair_is_ours = self.originator.as_deref() == Some(key.shop.originator().as_str())
            && self.origin.as_deref() == Some(key.origin().as_str());
        let field_is_ours = self.order_field.as_deref() == Some(key.origin().as_str());
        if planted(Mutant::TrustTheList) && !self.flagged() && !pair_is_ours {
            return Relation::ByField;
        }
        if !pair_is_ours && !field_is_ours {
            return Relation::Unrelated;
        }
        if self.flagged() {
            return Relation::Flagged;
        }
        if pair_is_ours {
            return Relation::Ours(Mark::read(self.additional_info.as_deref(), ledger));
        }
        if self.originator.is_none() && self.origin.is_none() {
            Relation::ByField
        } else {
            Relation::NamesAnother
        }
    }

    /// Whether it was flagged as a duplicate.
    pub fn flagged(&self) -> bool {
        self.title.starts_with(DUPLICATE_PREFIX) || self.duplicate_of.is_some_and(|it| it != 0)
    }
}

/// What a read by id showed. Good for the turn that made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Glimpse {
    /// The deal as a lookup would show it.
    pub deal: FoundDeal,
    /// Its funnel.
    pub category: u64,
    /// Its amount.
    pub amount: Option<Decimal>,
    /// Contacts it shows.
    pub contacts: Vec<ContactId>,
    /// Names of fields that are not empty.
    pub filled: BTreeSet<String>,
    /// Product rows it has.
    pub rows: usize,
    /// Our user created it.
    pub created_by_us: bool,
    /// Our user created it and changed it last.
    pub untouched: bool,
    /// When the read was answered.
    pub at: Elapsed,
    /// The process that read it.
    pub process: ProcessNo,
}
