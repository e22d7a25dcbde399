//! What a turn may do about a party, and what can happen to it.

use serde::Serialize;

use super::{OpenPartyWrite, PartyGlimpse, PartyKind, PartyWish};
use crate::{
    elapsed::Elapsed,
    ids::{CompanyId, PartyId},
    outcome::Outcome,
    presence::CreatePermit,
};

/// What an order's turn may do about one of its parties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartyStep {
    /// It is known.
    Known {
        /// Its id.
        id: PartyId,
        /// When to look at it again: something of it may be missing.
        again: Option<Elapsed>,
    },
    /// Do this first.
    Act(PartyCommand),
    /// It has to be looked up.
    Look,
    /// Go on without it; look at it again at this point.
    Later(Elapsed),
    /// Go on without it for good: the portal refuses it.
    Without,
}

/// A request about a party, or a conclusion that has to be remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum PartyCommand {
    /// Creates it.
    Create {
        /// Why that is allowed.
        permit: CreatePermit,
        /// What to write.
        wish: PartyWish,
        /// The company of a new contact, where it is known already.
        company: Option<CompanyId>,
    },
    /// Reads what may be missing of it.
    Read {
        /// What it is.
        kind: PartyKind,
        /// Which.
        id: PartyId,
    },
    /// Adds what the unknown create may have failed to write.
    Complete {
        /// Which.
        id: PartyId,
        /// To add.
        details: Details,
    },
    /// Nothing is written: nothing is missing.
    LacksNothing {
        /// What it is.
        kind: PartyKind,
    },
}

/// What may be missing of a party that was found after an unknown create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Details {
    /// Of a contact.
    Contact {
        /// E-mail.
        email: Option<String>,
        /// Phone.
        phone: Option<String>,
    },
    /// Of a company.
    Company {
        /// Title.
        title: Option<String>,
    },
}

/// Something that happened to a party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartyEvent {
    /// A complete lookup was answered.
    Looked {
        /// When it started.
        started_at: Elapsed,
        /// Parties with our origin pair.
        by_origin: Vec<PartyId>,
        /// Contacts with the e-mail, or the phone where there is no e-mail.
        by_comm: Vec<PartyId>,
    },
    /// A write is about to be sent.
    Intended(OpenPartyWrite),
    /// The write was answered; a done create carries the new id.
    Answered(Outcome<Option<PartyId>>),
    /// A process ended while the write was on its way.
    Interrupted,
    /// A read was answered.
    Read(PartyGlimpse),
    /// A read said "not found".
    NotFound(PartyId),
    /// An answer shows a deal without the party that was written into it.
    NotShown(PartyId),
    /// A read shows that nothing is missing.
    LacksNothing,
    /// A lookup or a read came to nothing.
    AskFailed,
}

/// What an order has to be told about one of its parties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartyNews {
    /// Several match.
    SeveralMatch {
        /// How many.
        count: usize,
        /// The lowest id, which is used.
        used: PartyId,
    },
    /// The portal does not know it any more; it is looked up again.
    Gone(PartyId),
    /// The portal refuses it for good.
    Refused,
}

impl PartyCommand {
    /// What it is about.
    pub fn kind(&self) -> PartyKind {
        match self {
            Self::Create { wish, .. } => wish.kind(),
            Self::Read { kind, .. } | Self::LacksNothing { kind } => *kind,
            Self::Complete { details, .. } => match details {
                Details::Contact { .. } => PartyKind::Contact,
                Details::Company { .. } => PartyKind::Company,
            },
        }
    }

    /// The `ORIGIN_ID` that it creates a party with.
    pub fn origin(&self) -> Option<String> {
        match self {
            Self::Create { wish, .. } => Some(wish.origin()),
            Self::Read { .. } | Self::Complete { .. } | Self::LacksNothing { .. } => None,
        }
    }
}

impl Details {
    /// What a party that a read showed lacks of a wish.
    pub(super) fn lacking(wish: &PartyWish, glimpse: &PartyGlimpse) -> Self {
        match wish {
            PartyWish::Contact(wish) => Self::Contact {
                email: wish.email.clone().filter(|_| !glimpse.has_email),
                phone: wish.phone.clone().filter(|_| !glimpse.has_phone),
            },
            PartyWish::Company(wish) => Self::Company {
                title: (!glimpse.has_title).then(|| wish.title.clone()),
            },
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Contact { email, phone } => email.is_none() && phone.is_none(),
            Self::Company { title } => title.is_none(),
        }
    }
}
