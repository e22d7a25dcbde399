//! The buyer's contact and the company that it buys for: each is found, or created once, by the same rules as a deal.
//!
//! Contacts and companies have no uniqueness on the portal either, so both go through one machine ([`apply`], [`step`]).
//! They differ in what they are called, what a lookup asks and what a completion fills in.

mod command;
mod machine;
mod state;

use serde::{Deserialize, Serialize};

pub use command::{Details, PartyCommand, PartyEvent, PartyNews, PartyStep};
pub use machine::{apply, step};
pub use state::{OpenPartyWrite, PartyGlimpse, PartyState};

use crate::{
    company::{self, CompanyWish},
    contact::ContactWish,
};

/// What a party is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// The person who buys.
    Contact,
    /// The company that buys.
    Company,
}

impl PartyKind {
    /// The kind of the party with this key in the ledger.
    pub fn of_key(key: &str) -> Self {
        if key.starts_with(company::KEY_PREFIX) {
            Self::Company
        } else {
            Self::Contact
        }
    }

    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Company => "company",
        }
    }
}

/// What a party should be, and how to find it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PartyWish {
    /// The person who buys.
    Contact(ContactWish),
    /// The company that buys.
    Company(CompanyWish),
}

impl PartyWish {
    /// What it is.
    pub fn kind(&self) -> PartyKind {
        match self {
            Self::Contact(_) => PartyKind::Contact,
            Self::Company(_) => PartyKind::Company,
        }
    }

    /// Keys under which our ledger knows it, the strongest first.
    pub fn keys(&self) -> Vec<String> {
        match self {
            Self::Contact(wish) => wish.keys.clone(),
            Self::Company(wish) => vec![wish.key()],
        }
    }

    /// `ORIGIN_ID` of the party.
    pub fn origin(&self) -> String {
        match self {
            Self::Contact(wish) => wish.origin.clone(),
            Self::Company(wish) => wish.origin(),
        }
    }
}

/// What the ledger knows about the parties of one order.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parties<'a> {
    /// The person who buys.
    pub contact: Option<&'a PartyState>,
    /// The company that buys.
    pub company: Option<&'a PartyState>,
}
