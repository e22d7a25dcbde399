//! What a turn concluded, in words for the timeline.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    command::LeftAlone,
    deal::{StageWish, Unmapped},
    elapsed::Elapsed,
    ids::{CommandSeq, DealId, PartyId},
    operator::WhyNot,
    outcome::RefusalClass,
    party::PartyKind,
    state::{Loser, ParkReason},
};

/// What a write wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrote {
    /// Fields.
    Fields,
    /// Product rows.
    Rows,
}

/// One conclusion. The ledger keeps it beside its sentence, so that it can be told anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remark {
    /// A newer state of the order.
    Accepted(Timestamp),
    /// The state already known.
    Repeated,
    /// An older state than the one known.
    Outdated {
        /// What arrived.
        arrived: Timestamp,
        /// What is known.
        known: Timestamp,
    },
    /// Two states of one second.
    Contested,
    /// The order was deleted in the shop.
    DeletedInShop,
    /// The deal was created.
    Created {
        /// Its id.
        deal: DealId,
        /// Attempts it took.
        attempt: u32,
    },
    /// An answer spoke of a duplicate.
    DuplicateSaid {
        /// At this attempt.
        attempt: u32,
    },
    /// The answer to a create is unknown.
    CreateUnknown {
        /// When absence can be proven.
        settles_at: Elapsed,
    },
    /// A write surely did nothing.
    Refused {
        /// Why.
        class: RefusalClass,
        /// The portal's code.
        code: String,
    },
    /// A lookup or a read got no usable answer, for the first time in a row.
    NoAnswer {
        /// The portal's code, where it gave one.
        code: Option<String>,
    },
    /// A write other than a create ended unknown.
    WriteUnknown,
    /// A write was executed.
    Written {
        /// The deal.
        deal: DealId,
        /// What was written.
        what: Wrote,
    },
    /// The deal of an unknown create was found.
    FoundOwn {
        /// Its id.
        deal: DealId,
        /// It showed up later than the settle time allows.
        late: bool,
    },
    /// A deal that somebody else made for this order was adopted.
    Adopted {
        /// Its id.
        deal: DealId,
    },
    /// The deal has another id now: merged or restored.
    Relinked {
        /// The old one.
        from: DealId,
        /// The new one.
        to: DealId,
    },
    /// A lookup found nothing.
    NothingFound {
        /// And that proves absence.
        proves: bool,
    },
    /// The portal does not know the linked deal any more.
    DealGone(DealId),
    /// A person deleted the deal; it is not made again.
    Tombstone(DealId),
    /// Another deal of the same order.
    Duplicate {
        /// The deal that stays.
        survivor: DealId,
        /// The other one.
        other: DealId,
        /// What happens to it.
        step: Loser,
    },
    /// A duplicate was flagged.
    Flagged(DealId),
    /// A deal was put into a stage.
    StageSet {
        /// The stage's id.
        stage: String,
        /// The rule.
        wish: StageWish,
    },
    /// A stage is left as it is.
    StageLeft(LeftAlone),
    /// A field is left as a person changed it.
    FieldLeft(String),
    /// Several contacts or companies match.
    SeveralMatch {
        /// What they are.
        kind: PartyKind,
        /// How many.
        count: usize,
        /// The lowest id, which is used.
        used: PartyId,
    },
    /// An answer shows the deal without the contact or company that was written into it.
    PartyNotShown {
        /// What it is.
        kind: PartyKind,
        /// Its id.
        id: PartyId,
    },
    /// The portal does not know the contact or company any more.
    PartyGone {
        /// What it is.
        kind: PartyKind,
        /// Its id.
        id: PartyId,
    },
    /// A rule of the mapping fails for this order.
    Unmapped(Unmapped),
    /// The mapping wants no deal for the order.
    Unwanted,
    /// A deal that a person deleted is made again.
    Recreated(DealId),
    /// A deal that a person deleted is made again, because an operator wants it.
    Remade(DealId),
    /// The order rests.
    Parked(ParkReason),
    /// A parked order is tried again.
    Unparked,
    /// A duplicate turned out not to be ours to flag.
    Spared(DealId),
    /// The deal that an operator chose is the order's.
    Chosen {
        /// Which.
        deal: DealId,
        /// By which command.
        command: CommandSeq,
    },
    /// The deal that an operator chose cannot be the order's.
    NotChosen {
        /// Which.
        deal: DealId,
        /// By which command.
        command: CommandSeq,
        /// Why.
        why: WhyNot,
    },
    /// What an operator asked for cannot be done.
    NotDone(WhyNot),
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted(at) => write!(f, "accepted: the order as of {at} is the newest state known"),
            Self::Repeated => f.write_str("ignored: the same state of the order again"),
            Self::Outdated { arrived, known } => {
                write!(f, "ignored: the state of {arrived} is older than the one of {known} already known")
            }
            Self::Contested => f.write_str("two different states of the same second: the one triggered later counts"),
            Self::DeletedInShop => {
                f.write_str("the order was deleted in Shopify; its deal is left alone, unless a rule of the mapping says otherwise")
            },
            Self::Created { deal, attempt } => write!(f, "created deal {deal} at attempt {attempt}"),
            Self::DuplicateSaid { attempt } => {
                write!(f, "the answer to attempt {attempt} speaks of a duplicate: look the order up before anything else")
            }
            Self::CreateUnknown { settles_at } => write!(
                f,
                "the answer to the create is unknown: it may have happened, or may still happen until {settles_at}"
            ),
            Self::Refused { class, code } => write!(f, "the portal surely did nothing ({class:?}, code `{code}`)"),
            Self::NoAnswer { code: None } => {
                f.write_str("the portal gave no usable answer to a lookup; asked again until it does")
            }
            Self::NoAnswer { code: Some(code) } => {
                write!(f, "the portal refuses to be asked (code `{code}`); asked again until it answers")
            }
            Self::WriteUnknown => {
                f.write_str("the answer to the write is unknown: the newest state is said again, now and once it can no longer land")
            }
            Self::Written { deal, what: Wrote::Fields } => write!(f, "wrote fields of deal {deal}"),
            Self::Written { deal, what: Wrote::Rows } => write!(f, "wrote rows of deal {deal}"),
            Self::FoundOwn { deal, late: false } => {
                write!(f, "found deal {deal}: the answer to our create was lost, the deal was not")
            }
            Self::FoundOwn { deal, late: true } => {
                write!(f, "found deal {deal}, which landed later than the settle time allows")
            }
            Self::Adopted { deal } => write!(f, "adopted deal {deal}, which carried this order's number"),
            Self::Relinked { from, to } => write!(f, "deal {from} is deal {to} now (merged or restored)"),
            Self::NothingFound { proves: true } => f.write_str("no deal of this order exists: it may be created"),
            Self::NothingFound { proves: false } => {
                f.write_str("no deal of this order is visible yet; that proves nothing so early")
            }
            Self::DealGone(deal) => write!(f, "the portal does not know deal {deal} any more: look the order up"),
            Self::Tombstone(deal) => write!(f, "deal {deal} was deleted by a person and is not made again"),
            Self::Duplicate { survivor, other, step: Loser::ToFlag } => {
                write!(f, "deal {other} duplicates deal {survivor} and will be flagged")
            }
            Self::Duplicate { survivor, other, .. } => {
                write!(f, "deal {other} carries the same order as deal {survivor}, but is not ours to flag")
            }
            Self::Flagged(deal) => write!(f, "flagged deal {deal} as a duplicate"),
            Self::StageSet { stage, wish } => {
                let why = match wish {
                    StageWish::Open => "a fresh deal begins there",
                    StageWish::Won => "the order is paid and fulfilled",
                    StageWish::Lost => "the order is cancelled, voided or fully refunded",
                    StageWish::Rule(to) => return write!(f, "the deal stands in `{stage}`: the mapping's rule to `{}` fits", to.to),
                };
                write!(f, "the deal stands in `{stage}`: {why}")
            }
            Self::StageLeft(LeftAlone::AlreadyThere) => f.write_str("the stage is already where the rules want it"),
            Self::StageLeft(LeftAlone::Reopened) => {
                f.write_str("the stage is left alone: a person opened the deal again")
            }
            Self::StageLeft(LeftAlone::NoRule) => f.write_str("the stage is left as people set it"),
            Self::FieldLeft(field) => write!(f, "`{field}` is left as a person changed it"),
            Self::SeveralMatch { kind, count, used } => write!(f, "{}", several(*kind, *count, *used)),
            Self::PartyNotShown { kind, id } => {
                write!(f, "the deal does not show {} {id}: ask whether it still exists", kind.word())
            }
            Self::PartyGone { kind, id } => {
                write!(f, "the portal does not know {} {id} any more: look it up again", kind.word())
            }
            Self::Unmapped(Unmapped { place, problem }) => {
                write!(f, "the mapping's rule `{place}` fails for this order, and the deal is made without it: {problem}")
            }
            Self::Unwanted => f.write_str("the mapping's `create_when` wants no deal for this order"),
            Self::Recreated(deal) => {
                write!(f, "deal {deal} was deleted by a person; the policy `recreate` makes it again")
            }
            Self::Remade(deal) => {
                write!(f, "deal {deal} was deleted by a person; an operator wants it again")
            }
            Self::Parked(why) => write!(f, "parked: {why}"),
            Self::Unparked => f.write_str("tried again after a pause"),
            Self::Spared(deal) => write!(f, "deal {deal} is not ours to flag: it is left to a person"),
            Self::Chosen { deal, .. } => write!(f, "an operator chose deal {deal}: it is this order's deal"),
            Self::NotChosen { deal, why, .. } => {
                write!(f, "deal {deal}, which an operator chose, is not taken: {why}")
            }
            Self::NotDone(why) => write!(f, "what an operator asked for is not done: {why}"),
        }
    }
}

/// In words: several contacts or companies match, and the lowest is used.
pub fn several(kind: PartyKind, count: usize, used: PartyId) -> String {
    match kind {
        PartyKind::Contact => {
            format!("{count} contacts match the buyer: the lowest, {used}, is used")
        }
        PartyKind::Company => {
            format!("{count} companies match the order's company: the lowest, {used}, is used")
        }
    }
}

impl fmt::Display for ParkReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Poison => f.write_str("its requests keep ending without an answer"),
            Self::Refused(code) => write!(f, "the portal refuses what we write (code `{code}`)"),
            Self::NamesAnother(deal) => {
                write!(
                    f,
                    "deal {deal} carries this order's number but belongs to another system; decide which is right"
                )
            }
            Self::AnotherLedger(deal) => write!(
                f,
                "another onedeal writes to this portal: deal {deal} carries its mark"
            ),
            Self::Mismatch(deal) => write!(
                f,
                "deal {deal} answers with another order's key; nothing more is sent"
            ),
            Self::Operator => f.write_str("an operator parked it"),
            Self::Ignored => f.write_str("an operator wants no deal for it"),
        }
    }
}
