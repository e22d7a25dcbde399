//! What a turn may do next.

use serde::{Deserialize, Serialize};

use crate::{
    company::CompanyWish,
    contact::ContactWish,
    deal::{FieldValue, Fields, Row, StageWish},
    elapsed::Elapsed,
    ids::{CompanyId, ContactId, DealId},
    party::PartyCommand,
    presence::CreatePermit,
    version::Digest,
};

/// What to do about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "made once per step and taken apart at once, never stored"
)]
pub enum Decision {
    /// Nothing, until something new arrives.
    Rest,
    /// Nothing before this point.
    Wait(Elapsed),
    /// This.
    Act(Command),
}

/// One request, or one conclusion that has to be remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Looks the order's deal up by origin pair and order field, and its parties where they are wanted.
    Look {
        /// The contact to look up in the same request.
        contact: Option<ContactWish>,
        /// The company to look up in the same request.
        company: Option<CompanyWish>,
        /// Variants to look up in the catalogue in the same request.
        variants: Vec<u64>,
    },
    /// Reads one deal and counts its rows.
    Read {
        /// Which.
        deal: DealId,
    },
    /// Creates, reads or completes the contact or the company.
    Party(PartyCommand),
    /// A write to a deal: its intent goes to disk first.
    Write(Write),
    /// Nothing is written: the stage stays as a person left it.
    LeaveStage {
        /// What the rules wanted.
        wish: StageWish,
        /// Why it stays.
        why: LeftAlone,
    },
    /// Nothing is written: the field stands there already, or stays as a person left it.
    LeaveField {
        /// Which.
        field: String,
        /// What we would have written.
        value: FieldValue,
        /// A person changed it.
        touched: bool,
    },
    /// Nothing is written: the contact stays as a person left it.
    LeaveContact {
        /// What we would have linked.
        contact: ContactId,
    },
    /// Nothing is written: the company stays as a person left it.
    LeaveCompany {
        /// What we would have linked.
        company: CompanyId,
    },
    /// Nothing is written: a found deal lacks nothing.
    Complete,
    /// Nothing is written: the duplicate carries our flag already.
    FlagSeen {
        /// Which.
        deal: DealId,
    },
    /// Nothing is written: the deal is not a duplicate that we may flag.
    SpareLoser {
        /// Which.
        deal: DealId,
    },
}

/// Why a stage is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftAlone {
    /// It already stands there.
    AlreadyThere,
    /// No rule moves a deal from where it stands.
    NoRule,
    /// A person opened it again after we closed it.
    Reopened,
}

/// A write to a deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Write {
    /// Creates the deal.
    Create {
        /// Why that is allowed.
        permit: CreatePermit,
        /// Everything of the first INSERT, key and mark among it.
        fields: Fields,
        /// What it says.
        says: Says,
    },
    /// Writes fields.
    Update {
        /// Which.
        deal: DealId,
        /// To write.
        fields: Fields,
        /// What it says.
        says: Says,
    },
    /// Replaces the product rows.
    Rows {
        /// Which.
        deal: DealId,
        /// All rows.
        rows: Vec<Row>,
        /// Their fingerprint.
        digest: Digest,
    },
    /// Flags a duplicate.
    Flag {
        /// The duplicate.
        deal: DealId,
        /// The deal that stays.
        survivor: DealId,
        /// To write.
        fields: Fields,
    },
    /// Leaves a comment in a deal's timeline: at most once, whatever becomes of it.
    Comment {
        /// Where.
        deal: DealId,
        /// What.
        text: String,
    },
}

impl Write {
    /// Its name in the ledger.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Update { .. } => "update",
            Self::Rows { .. } => "rows",
            Self::Flag { .. } => "flag",
            Self::Comment { .. } => "comment",
        }
    }

    /// The deal it writes to; `None` for a create.
    pub fn deal(&self) -> Option<DealId> {
        match self {
            Self::Create { .. } => None,
            Self::Update { deal, .. }
            | Self::Rows { deal, .. }
            | Self::Flag { deal, .. }
            | Self::Comment { deal, .. } => Some(*deal),
        }
    }
}

/// Which parts of the desired deal a write says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Says {
    /// The fields that Shopify owns.
    pub always: Option<Fields>,
    /// The stage.
    pub stage: Option<StageWish>,
    /// The contact.
    pub contact: Option<ContactId>,
    /// The company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyId>,
    /// Fields that are written while they show what we wrote.
    #[serde(default)]
    pub kept: Fields,
    /// The stage's id.
    #[serde(default)]
    pub stage_id: Option<String>,
    /// Where a read showed the deal before it, if the stage is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_from: Option<String>,
    /// It completes a found deal.
    pub completes: bool,
}
