//! Which of two states of an order is the newer one.
//!
//! Invariant: the choice does not depend on the order of arrival: folding any permutation of deliveries, repeats
//! included, keeps the same state.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    mutants::{Mutant, planted},
    order::Order,
};

/// A short fingerprint of a value's JSON form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

/// Hexadecimal characters kept of a SHA-256: 128 bits, enough to tell states of one order apart.
const DIGEST_CHARS: usize = 32;

impl Digest {
    /// Fingerprints a value. For an order see [`Order::digest`].
    pub fn of<T: Serialize>(value: &T) -> Self {
        // Our own types serialise without fail: no maps with non-text keys, no failing impls.
        let json = serde_json::to_vec(value).unwrap_or_default();
        Self::of_bytes(&json)
    }

    /// Fingerprints bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let mut hex: String = Sha256::digest(bytes)
            .iter()
            .map(|it| format!("{it:02x}"))
            .collect();
        hex.truncate(DIGEST_CHARS);
        Self(hex)
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How a state of an order reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Source {
    /// A webhook, with Shopify's own time of the event where the header was there (missing counts as oldest).
    Webhook {
        /// `X-Shopify-Triggered-At`.
        triggered_at: Option<Timestamp>,
    },
    /// An answer of the Admin API: it beats any webhook of the same second.
    Api,
}

/// The version of a state: compared in the order of its fields (design §4.2, rule 16).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Version {
    /// Shopify's `updated_at`, whole seconds.
    pub updated_at: Timestamp,
    /// Breaks ties within a second.
    pub source: Source,
    /// Breaks the last tie, so that the choice never depends on arrival.
    pub digest: Digest,
}

impl Version {
    /// The version of this state of an order.
    pub fn of(order: &Order, source: Source) -> Self {
        Self {
            updated_at: order.updated_at,
            source,
            digest: order.digest(),
        }
    }
}

/// What a newly seen state is, beside the newest one known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Newer: take it.
    Newer,
    /// The same second with different content, and it wins the tie: take it, and mark the order.
    NewerContested,
    /// The same state again.
    Repeat,
    /// The same second with different content, and it loses the tie: drop it, and mark the order.
    OlderContested,
    /// Older: drop it.
    Older,
}

/// Compares a newly seen version with the newest known one.
pub fn compare(new: &Version, known: &Version) -> Freshness {
    if planted(Mutant::LastArrivalWins) {
        return Freshness::Newer;
    }
    if new.updated_at != known.updated_at {
        return if known.updated_at < new.updated_at {
            Freshness::Newer
        } else {
            Freshness::Older
        };
    }
    if new.digest == known.digest {
        return Freshness::Repeat;
    }
    if planted(Mutant::TieKeepsFirst) {
        return Freshness::OlderContested;
    }
    if known < new {
        Freshness::NewerContested
    } else {
        Freshness::OlderContested
    }
}
