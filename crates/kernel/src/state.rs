//! All that is remembered of one order.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    command::Says,
    crowd::Crowd,
    deal::{FieldValue, Fields, Glimpse, StageWish, Unmapped},
    elapsed::Elapsed,
    ids::{CompanyId, ContactId, DealId, IntentId, PartyId, ProcessNo},
    kept::Kept,
    mutants::{Mutant, planted},
    operator::Asked,
    order::Order,
    part::Part,
    party::PartyKind,
    presence::{Evidence, Presence},
    version::{Digest, Version},
};

/// The state of one order, as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderState {
    /// The newest state of the order that was accepted.
    pub newest: Option<Seen>,
    /// What is known of its deal's existence.
    pub presence: Presence<DealId>,
    /// The last complete lookup, where it found nothing.
    pub evidence: Option<Evidence>,
    /// A write on its way.
    pub open: Option<Open>,
    /// What was last said of each part.
    pub said: Said,
    /// The linked deal was found, not created by an answered request: something of it may be missing.
    pub completion: Option<Completion>,
    /// The portal had rows of somebody else when the deal was adopted; they stay.
    pub rows_are_theirs: bool,
    /// The other deals of a duplicate set.
    pub losers: BTreeMap<DealId, Loser>,
    /// When to look for late landings.
    pub audits: Vec<Elapsed>,
    /// A create of this order ever ended unknown.
    pub ever_in_doubt: bool,
    /// What reads of this turn showed, since the last write.
    pub glimpses: BTreeMap<DealId, Glimpse>,
    /// Back-off.
    pub retry: Retry,
    /// It rests until something changes.
    pub parked: Option<Parked>,
    /// How often it was parked since it last went well.
    pub times_parked: u32,
    /// What a person should look at.
    pub notices: BTreeSet<Notice>,
    /// The first thing seen of the order was not its creation.
    pub began_with_update: bool,
    /// Products of the portal's catalogue by Shopify variant, as found when the rows were first made; `None` = the
    /// catalogue knew none.
    #[serde(default)]
    pub products: BTreeMap<u64, Option<u64>>,
    /// The mapping wants no deal for it.
    #[serde(default)]
    pub unwanted: bool,
    /// Its deal was deleted by a person, and the policy makes it again.
    #[serde(default)]
    pub recreate: bool,
    /// It was deleted in the shop.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted_in_shop: bool,
    /// Parties that an answer did not show since the newest state was accepted: each is asked for once.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub not_shown: BTreeSet<PartyKind>,
    /// What an operator asked for.
    #[serde(default, skip_serializing_if = "Asked::is_nothing")]
    pub asked: Asked,
    /// Duplicates whose flag was sent and not answered, and until when it may land.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub flags_in_doubt: BTreeMap<DealId, Elapsed>,
}

/// An accepted state of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its version.
    pub version: Version,
    /// The order.
    pub order: Order,
    /// Another state with the same `updated_at` was seen.
    pub contested: bool,
}

/// What was last said of each part of the deal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Fields that Shopify owns.
    pub always: Part<Fields>,
    /// Product rows.
    pub rows: Part<Digest>,
    /// Stage rules.
    pub stage: Part<StageWish>,
    /// Contact.
    pub contact: Part<ContactId>,
    /// Company.
    #[serde(default, skip_serializing_if = "Part::is_untouched")]
    pub company: Part<CompanyId>,
    /// Fields that are written while they show what we wrote.
    #[serde(default)]
    pub kept: BTreeMap<String, Kept>,
    /// Stages where the deal may stand because of us, the last one first.
    #[serde(default)]
    pub put: Vec<String>,
    /// A move that may have happened or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<Tried>,
}

/// A move of the deal whose answer was lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// Why it was made.
    pub wish: StageWish,
    /// Where the deal stood before.
    pub from: String,
}

/// As with [`Kept`], a request on its way may still put the deal where an older rule wanted it.
const PUT_MAX: usize = 3;

impl Said {
    /// Nothing counts as said: the deal may be another one.
    pub fn forget(&mut self) {
        self.always.forget();
        self.rows.forget();
        self.stage.forget();
        self.contact.forget();
        self.company.forget();
        self.kept.values_mut().for_each(Kept::forget);
    }

    /// The deal was found or adopted: nothing counts as said of it. What we may have written into our own is remembered.
    pub fn begin_again(&mut self, own: bool) {
        let earlier = std::mem::take(self);
        if own {
            self.put = earlier.put;
            self.kept = earlier.kept;
            self.kept.values_mut().for_each(Kept::forget);
        }
    }

    /// The deal stands in this stage because of us; while a request may still land, perhaps in an older one.
    pub fn stands(&mut self, stage: String) {
        if self.stage.due().is_none() {
            self.put.clear();
        }
        self.may_stand(stage);
    }

    /// The deal may stand in this stage because of us.
    pub fn may_stand(&mut self, stage: String) {
        self.put.retain(|it| *it != stage);
        self.put.insert(0, stage);
        self.put.truncate(PUT_MAX);
    }

    /// A move ended unknown. Of several for the same reason, the first one tells where the deal stood before.
    pub fn may_have_moved(&mut self, wish: &StageWish, from: String) {
        if self.tried.as_ref().is_none_or(|it| it.wish != *wish) {
            let wish = wish.clone();
            self.tried = Some(Tried { wish, from });
        }
    }

    /// A create that may exist or not would show these.
    pub fn may_show(&mut self, kept: &Fields) {
        for (name, value) in kept {
            let entry = self.kept.entry(name.clone()).or_default();
            entry.remember(value);
        }
    }

    /// Whether a field has to be looked into now.
    pub fn needs_kept(&self, name: &str, wanted: &FieldValue, now: Elapsed) -> bool {
        self.kept.get(name).is_none_or(|it| it.needs(wanted, now))
    }

    /// Every part must be said again by a request sent at or after `landed_by`.
    pub fn owe(&mut self, landed_by: Elapsed) {
        self.always.owe(landed_by);
        self.rows.owe(landed_by);
        self.stage.owe(landed_by);
        self.contact.owe(landed_by);
        self.company.owe(landed_by);
        self.kept.values_mut().for_each(|it| it.owe(landed_by));
    }
}

/// A write that is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// Its intent.
    pub intent: IntentId,
    /// When it was written down.
    pub at: Elapsed,
    /// What is being sent.
    pub sending: Sending,
    /// How many orders share the request, at most.
    #[serde(default = "alone")]
    pub company: u32,
    /// Rows that the same request sets beside an update.
    #[serde(default)]
    pub with_rows: Option<Digest>,
}

/// A write that was recorded before requests were shared.
fn alone() -> u32 {
    1
}

/// What of a write matters once it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sending {
    /// A create.
    Create(Says),
    /// An update.
    Update(Says),
    /// Product rows.
    Rows(Digest),
    /// The flag of a duplicate.
    Flag(DealId),
    /// A comment on a flagged duplicate.
    Comment(DealId),
}

/// Why a linked deal is not complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Completion {
    /// It is our own, found after an unknown create.
    Found,
    /// It carried only the order field, or another ledger's mark: people may have worked on it.
    Adopted,
}

/// Where a duplicate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Loser {
    /// Ours and marked: to be flagged.
    ToFlag,
    /// Flagged; a comment says so next.
    Flagged,
    /// Flagged and commented.
    Settled,
    /// Not ours to write: a person has to look.
    Listed,
}

/// Back-off of one order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Nothing before this point.
    pub not_before: Option<Elapsed>,
    /// Attempts at the create since the last success, for seed.md's counting.
    pub attempts: u32,
    /// Failed writes in a row. A lookup that goes well does not end the row: every create follows one.
    pub failures: u32,
    /// Lookups and reads in a row that came to nothing.
    pub unanswered: u32,
    /// Unknown outcomes in a row, of requests without company.
    pub unknowns: u32,
    /// In how large company its writes may travel.
    #[serde(default)]
    pub company: Crowd,
    /// In how large company its lookups and reads may travel.
    #[serde(default)]
    pub look_company: Crowd,
    /// Refusals of the order's own content in a row.
    pub refusals: u32,
}

/// An order that rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// Why.
    pub why: ParkReason,
    /// When it is tried again by itself; `None` = only a person wakes it.
    pub until: Option<Elapsed>,
    /// The process that parked it: a restart is a person's word that they looked.
    pub by: ProcessNo,
    /// The mapping under which it was parked: another one may do better.
    #[serde(default)]
    pub mapping: Option<Digest>,
}

/// Why an order rests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ParkReason {
    /// Too many unknown outcomes alone.
    Poison,
    /// The portal refuses what we write, with this code.
    Refused(String),
    /// A deal with this order's number belongs to something else.
    NamesAnother(DealId),
    /// Deals of this order carry another ledger's mark.
    AnotherLedger(DealId),
    /// The linked deal answers with another key: ids were reused, or the key was changed.
    Mismatch(DealId),
    /// An operator parked it.
    Operator,
    /// An operator wants no deal for it.
    Ignored,
}

impl ParkReason {
    /// Whether a deal answered with another key, or carries another ledger's mark: nothing is written before it was read again.
    pub fn met_another(&self) -> bool {
        match self {
            Self::Mismatch(_) | Self::AnotherLedger(_) => true,
            Self::Poison
            | Self::Refused(_)
            | Self::NamesAnother(_)
            | Self::Operator
            | Self::Ignored => false,
        }
    }

    /// Whether an operator wants it to rest.
    pub fn is_the_operators(&self) -> bool {
        match self {
            Self::Operator | Self::Ignored => true,
            Self::Poison
            | Self::Refused(_)
            | Self::NamesAnother(_)
            | Self::AnotherLedger(_)
            | Self::Mismatch(_) => false,
        }
    }
}

/// Something a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Notice {
    /// Two states of one second; no Admin API to ask which is right.
    Contested,
    /// Its deal was deleted by a person, and the order changed afterwards.
    ChangedAfterDeletion,
    /// Another deal carries this order's number and is not ours to flag.
    OtherDeal(DealId),
    /// A create landed later than assumed.
    LateLanding(DealId),
    /// The order was deleted in Shopify.
    DeletedInShop,
    /// The contact is refused by the portal.
    ContactRefused,
    /// A delivery could not be read.
    Unreadable,
    /// An amount has digits that the portal cannot carry.
    DigitsLost,
    /// A rule of the mapping fails for this order.
    Unmapped(Unmapped),
    /// The company is refused by the portal.
    CompanyRefused,
    /// Several contacts or companies match.
    SeveralMatch {
        /// What they are.
        kind: PartyKind,
        /// How many.
        count: usize,
        /// The lowest id, which is used.
        used: PartyId,
    },
}

impl Notice {
    /// The deal that the line speaks of as a second one of the order.
    pub fn second_deal(&self) -> Option<DealId> {
        match self {
            Self::OtherDeal(deal) | Self::LateLanding(deal) => Some(*deal),
            Self::Contested
            | Self::ChangedAfterDeletion
            | Self::DeletedInShop
            | Self::ContactRefused
            | Self::Unreadable
            | Self::DigitsLost
            | Self::Unmapped(_)
            | Self::CompanyRefused
            | Self::SeveralMatch { .. } => None,
        }
    }
}

impl Default for OrderState {
    fn default() -> Self {
        Self {
            newest: None,
            presence: Presence::Absent,
            evidence: None,
            open: None,
            said: Said::default(),
            completion: None,
            rows_are_theirs: false,
            losers: BTreeMap::new(),
            audits: Vec::new(),
            ever_in_doubt: false,
            glimpses: BTreeMap::new(),
            retry: Retry::default(),
            parked: None,
            times_parked: 0,
            notices: BTreeSet::new(),
            began_with_update: false,
            products: BTreeMap::new(),
            unwanted: false,
            recreate: false,
            deleted_in_shop: false,
            not_shown: BTreeSet::new(),
            asked: Asked::default(),
            flags_in_doubt: BTreeMap::new(),
        }
    }
}

impl OrderState {
    /// The other deals of the order, without those of which an operator said that they are none.
    pub fn second_deals(&self) -> impl Iterator<Item = (DealId, Loser)> {
        let is_none = |deal: DealId| self.asked.dismissed.contains(&Notice::OtherDeal(deal));
        self.losers
            .iter()
            .map(|(deal, step)| (*deal, *step))
            .filter(move |(deal, step)| *step != Loser::Listed || !is_none(*deal))
    }

    /// The deal this order is linked to.
    pub fn deal(&self) -> Option<DealId> {
        match self.presence {
            Presence::Linked(deal) => Some(deal),
            Presence::Absent
            | Presence::Sending
            | Presence::InDoubt(_)
            | Presence::Missing(_)
            | Presence::Tombstone(_) => None,
        }
    }

    /// Shows a line to people, unless they dismissed it; false if it is not shown anew.
    pub(crate) fn notice(&mut self, notice: Notice) -> bool {
        let dismissed = self.asked.dismissed.contains(&notice);
        (!dismissed || planted(Mutant::DismissedReturns)) && self.notices.insert(notice)
    }

    /// Shows a line to people that has just happened anew, whatever they dismissed before.
    pub(crate) fn notice_anew(&mut self, notice: Notice) {
        self.asked.dismissed.remove(&notice);
        self.notices.insert(notice);
    }

    /// The order's phase in one word, for lists and counts.
    pub fn phase(&self) -> &'static str {
        match (&self.parked, &self.presence) {
            (
                Some(Parked {
                    why: ParkReason::Ignored,
                    ..
                }),
                _,
            ) => "ignored",
            (Some(_), _) => "parked",
            (None, Presence::Absent) if self.unwanted => "unwanted",
            (None, Presence::Absent) => "waiting",
            (None, Presence::Sending) => "sending",
            (None, Presence::InDoubt(_)) => "in_doubt",
            (None, Presence::Linked(_)) => "linked",
            (None, Presence::Missing(_)) => "missing",
            (None, Presence::Tombstone(_)) => "tombstone",
        }
    }
}
