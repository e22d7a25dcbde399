//! A deal as we want it, as a lookup finds it, and as a read shows it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    company::CompanyWish,
    contact::ContactWish,
    elapsed::Elapsed,
    ids::{CompanyId, ContactId, DealId, LedgerId, Mark, OrderKey, ProcessNo},
    mutants::{Mutant, planted},
};

/// Names of deal fields as `crm.item.*` spells them (facts/bitrix24.md §2.4).
pub mod field {
    /// What the names of user fields begin with.
    pub const USER_PREFIX: &str = "UF_";
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
    /// Company.
    pub const COMPANY: &str = "companyId";
    /// Funnel.
    pub const CATEGORY: &str = "categoryId";
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
    /// Ids of other records, or of a list's entries.
    Ids(Vec<u64>),
    /// Several texts.
    Texts(Vec<String>),
}

impl FieldValue {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.trim().is_empty(),
            Self::Ids(ids) => ids.is_empty(),
            Self::Texts(texts) => texts.is_empty(),
            Self::Number(_) | Self::Flag(_) => false,
        }
    }

    /// Whether a portal that shows `shown` still holds this value. It shows numbers as texts, texts without blanks
    /// around them, yes as Y or 1 or true, moments in its own zone, one value as a list of one (facts/bitrix24.md §1.2,
    /// §1.3).
    pub fn is_shown_as(&self, shown: &Self) -> bool {
        if let (Self::Text(day), Self::Text(shown)) = (self, shown)
            && day.trim().parse::<Date>().is_ok()
            && !day.contains('T')
        {
            // A day may come back with a time.
            return shown.trim().starts_with(day.trim());
        }
        let (mut ours, mut theirs) = (self.words(), shown.words());
        ours.sort();
        theirs.sort();
        ours == theirs
    }

    /// The value in the form in which it is compared.
    fn words(&self) -> Vec<String> {
        let words: Vec<String> = match self {
            Self::Text(text) => vec![word(text)],
            Self::Number(number) => vec![number.normalize().to_string()],
            Self::Flag(flag) => vec![if *flag { "Y" } else { "N" }.to_owned()],
            Self::Ids(ids) => ids.iter().map(ToString::to_string).collect(),
            Self::Texts(texts) => texts.iter().map(|it| word(it)).collect(),
        };
        words.into_iter().filter(|it| !it.is_empty()).collect()
    }
}

/// A text in the form in which it is compared: a moment as such, a number without idle zeros, lines without blanks.
fn word(text: &str) -> String {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return moment.to_string();
    }
    if let Ok(number) = text.parse::<Decimal>() {
        return number.normalize().to_string();
    }
    match text {
        "true" => "Y".to_owned(),
        "false" => "N".to_owned(),
        text => text
            .lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n"),
    }
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
    /// The product of the portal's catalogue, where it has one for the variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<u64>,
}

/// Where the rules want a deal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum StageWish {
    /// Nothing to say: what happens between creation and the end belongs to the manager.
    Open,
    /// Default rule: paid and fulfilled.
    Won,
    /// Default rule: cancelled, voided or fully refunded.
    Lost,
    /// A rule of the shop's own mapping.
    Rule(StageMove),
}

/// What a stage rule does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StageMove {
    /// The stage, by id or name.
    pub to: String,
    /// The funnel, by id or name; `None` = the one that the deal is in.
    pub funnel: Option<String>,
    /// From which stages.
    pub from: Vec<StageFrom>,
}

/// A stage that a rule may move a deal from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum StageFrom {
    /// Any open stage.
    Open,
    /// Any won stage.
    Won,
    /// Any lost stage.
    Lost,
    /// The stage where onedeal put it, as long as no person moved it.
    Ours,
    /// This stage, by id or name.
    Stage(String),
}

impl StageWish {
    /// From which stages it may move a deal.
    ///
    /// A closed deal stays closed; only a loss may move a won deal (design §4.4).
    pub fn from(&self) -> &[StageFrom] {
        match self {
            Self::Open => &[],
            Self::Won => &[StageFrom::Open],
            Self::Lost => &[StageFrom::Open, StageFrom::Won],
            Self::Rule(to) => &to.from,
        }
    }

    /// What a default rule makes of a deal; `None` where only the portal knows.
    pub fn semantic(&self) -> Option<Semantic> {
        match self {
            Self::Open | Self::Rule(_) => None,
            Self::Won => Some(Semantic::Success),
            Self::Lost => Some(Semantic::Failure),
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
    /// Fields written while the portal shows what we wrote.
    pub if_untouched: Fields,
    /// Rows; they add up to the amount.
    pub rows: Vec<Row>,
    /// Where the rules want it.
    pub stage: StageWish,
    /// Whose contact it shows.
    pub contact: Option<ContactWish>,
    /// Which company it shows, in B2B orders.
    pub company: Option<CompanyWish>,
    /// What the portal cannot carry, in words, for the timeline.
    pub notes: Vec<String>,
    /// Rules of the mapping that fail for this order.
    pub unmapped: Vec<Unmapped>,
}

/// A rule of the mapping that fails for an order: the deal is made without it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unmapped {
    /// Which, as a path in the mapping.
    pub place: String,
    /// Why, without the order's values.
    pub problem: String,
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
    /// Its stage.
    #[serde(default)]
    pub stage: String,
    /// Fields that the mapping writes only while they show what we wrote.
    #[serde(default)]
    pub values: Fields,
    /// Its amount.
    pub amount: Option<Decimal>,
    /// Contacts it shows.
    pub contacts: Vec<ContactId>,
    /// The company it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyId>,
    /// Names of fields that are not empty.
    pub filled: BTreeSet<String>,
    /// Product rows it has.
    pub rows: usize,
    /// Our user created it.
    pub created_by_us: bool,
    /// Our user created it and changed it last.
    pub untouched: bool,
    /// Our user moved it to its stage.
    #[serde(default)]
    pub moved_by_us: bool,
    /// When the read was answered.
    pub at: Elapsed,
    /// The process that read it.
    pub process: ProcessNo,
}
