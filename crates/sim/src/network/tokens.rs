//! What the way to the portal sees of tokens: which pairs reached us, which were lost, and what was shown to the portal.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, header};
use serde_json::Value;
use service::{access::RECORD, transport::SendError};
use store::{InlineStore, Store as _};

/// A sender that gives up does so after this; one that is gone earlier has died.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(60);

/// Tokens on the way.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// Access tokens in the order in which their pairs reached us.
    arrived: Vec<String>,
    /// Pairs that were issued and reached nobody.
    lost: u64,
    /// Tokens that were shown to the portal before their pair was in the ledger.
    unsaved: Vec<String>,
    /// Requests for tokens so far.
    asked: u64,
}

impl Tokens {
    pub(super) fn asked(&mut self) {
        self.asked += 1;
    }

    pub(super) fn requests(&self) -> u64 {
        self.asked
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    pub(super) fn unsaved(&self) -> Vec<String> {
        self.unsaved.clone()
    }

    /// An answer reached its sender.
    pub(super) fn arrives(&mut self, answer: &Result<Response<Bytes>, SendError>) {
        if let Some(token) = answer.as_ref().ok().and_then(access_of) {
            self.arrived.push(token);
        }
    }

    /// An answer reached nobody; says whether a pair was lost with it.
    pub(super) fn misses(&mut self, answer: &Result<Response<Bytes>, SendError>) -> bool {
        let lost = answer.as_ref().ok().and_then(access_of).is_some();
        self.lost += u64::from(lost);
        lost
    }

    /// Something is sent with a token, while the ledger keeps another one or none.
    pub(super) fn shown(&mut self, token: &str, kept: Option<&str>) {
        let place = |it: &str| self.arrived.iter().position(|known| known == it);
        // A pair that came later is on disk in the place of this one.
        let later = |kept: &str| matches!((place(token), place(kept)), (Some(one), Some(other)) if one < other);
        let saved = kept.is_some_and(|kept| kept == token || later(kept));
        if !saved {
            self.unsaved.push(token.chars().take(8).collect());
        }
    }
}

/// The access token that the ledger keeps.
pub(super) async fn kept(ledger: &InlineStore) -> Option<String> {
    let record = ledger.meta(RECORD).await.ok().flatten()?;
    let record: Value = serde_json::from_str(&record).ok()?;
    record["access"].as_str().map(str::to_owned)
}

/// The token that a request shows.
pub(super) fn bearer(request: &Request<Bytes>) -> Option<String> {
    let value = request
        .headers()
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    value.strip_prefix("Bearer ").map(str::to_owned)
}

/// Whether a sender that is gone after so long has died, or has only given up.
pub(super) fn has_died(waited: Duration) -> bool {
    waited < GIVEN_UP_AFTER
}

fn access_of(answer: &Response<Bytes>) -> Option<String> {
    let body: Value = serde_json::from_slice(answer.body()).ok()?;
    body["access_token"].as_str().map(str::to_owned)
}
