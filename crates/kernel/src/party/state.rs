//! What the ledger keeps of one party.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::PartyWish;
use crate::{
    crowd::Crowd,
    elapsed::Elapsed,
    ids::{IntentId, PartyId, ProcessNo},
    presence::{Evidence, Presence},
};

/// What the ledger knows about one party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyState {
    /// What is known of its existence.
    pub presence: Presence<PartyId>,
    /// The last complete lookup, where it found nothing.
    pub evidence: Option<Evidence>,
    /// The `ORIGIN_ID` of the creates that were sent. Another order of the same person may name it by another key, and
    /// what landed must still be found.
    #[serde(default)]
    pub origin: Option<String>,
    /// A write on its way.
    pub open: Option<OpenPartyWrite>,
    /// What the portal writes after the party itself must be checked at this point.
    pub complete_at: Option<Elapsed>,
    /// What a read showed, for the completion.
    pub glimpse: Option<PartyGlimpse>,
    /// Nothing before this point.
    pub not_before: Option<Elapsed>,
    /// Failures in a row, for the back-off.
    pub failures: u32,
    /// Questions in a row that came to nothing, and writes that the portal refused without looking at them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unanswered: u32,
    /// Creates in a row that ended unknown, in requests without company.
    pub unknowns: u32,
    /// In how large company its writes may travel.
    #[serde(default, rename = "company")]
    pub crowd: Crowd,
    /// Refusals of the party's own content in a row.
    pub refusals: u32,
    /// A deal that was to show it does not: whether it still exists has to be asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspect: bool,
    /// Ids that the portal does not know any more: a list may show them a while longer.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub gone: BTreeSet<PartyId>,
}

/// A party's write that is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenPartyWrite {
    /// Its intent.
    pub intent: IntentId,
    /// How many orders share the request, at most.
    pub company: u32,
    /// The `ORIGIN_ID` that it creates the party with; `None` if it completes one.
    pub creates: Option<String>,
}

/// What a read of a party showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyGlimpse {
    /// It has an e-mail.
    pub has_email: bool,
    /// It has a phone.
    pub has_phone: bool,
    /// It has a title.
    #[serde(default)]
    pub has_title: bool,
    /// When.
    pub at: Elapsed,
    /// By which process.
    pub process: ProcessNo,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a field over by reference"
)]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Default for PartyState {
    fn default() -> Self {
        Self {
            presence: Presence::Absent,
            evidence: None,
            origin: None,
            open: None,
            complete_at: None,
            glimpse: None,
            not_before: None,
            failures: 0,
            unanswered: 0,
            unknowns: 0,
            crowd: Crowd::default(),
            refusals: 0,
            suspect: false,
            gone: BTreeSet::new(),
        }
    }
}

impl PartyState {
    /// What an order wishes of this party, under the key that it was first sent with.
    pub fn wish(&self, wish: PartyWish) -> PartyWish {
        match (wish, &self.origin) {
            (PartyWish::Contact(mut contact), Some(origin)) => {
                contact.origin.clone_from(origin);
                PartyWish::Contact(contact)
            }
            (wish @ (PartyWish::Contact(_) | PartyWish::Company(_)), _) => wish,
        }
    }
}
