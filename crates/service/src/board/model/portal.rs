//! The portal and what is left of its limits.

use serde::Serialize;
use utoipa::ToSchema;

use crate::board::words::Said;

/// The portal.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PortalSide {
    /// Its host.
    pub host: String,
    /// Its address.
    pub url: String,
    /// Why nothing can be sent to it at present, if that is so.
    pub trouble: Option<Trouble>,
    /// What is left of its limits.
    pub budget: Budget,
}

/// Something that a person has to mend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Trouble {
    /// In one word.
    pub word: String,
    /// The peer's code, if it gave one.
    pub code: Option<String>,
    /// What is wrong.
    pub problem: Said,
    /// What to do.
    pub remedy: Said,
}

/// What is left of the portal's limits.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Budget {
    /// Requests that may leave at once.
    pub tokens: f64,
    /// The most that there can be.
    pub capacity: f64,
    /// How many come back per second at present …
    pub per_second: f64,
    /// … and while nobody was refused.
    pub per_second_planned: f64,
    /// Running time (`operating`) by method, those used most first.
    pub methods: Vec<MethodBudget>,
    /// Requests without an answer.
    pub requests_under_way: u64,
    /// Requests that may be under way at once.
    pub requests_at_once: u64,
    /// Commands that one request may carry.
    pub commands_max: u64,
    /// Commands that wait for a place in a request.
    pub waiting: u64,
    /// Why nothing leaves at all, if that is so.
    pub pause: Option<Pause>,
}

/// The running time of one method within the portal's ten minutes.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MethodBudget {
    /// Which.
    pub method: String,
    /// Seconds used, as the portal last reported.
    pub used_seconds: f64,
    /// Seconds that are used at most.
    pub limit_seconds: f64,
    /// Seconds until the portal gives a part back.
    pub resets_in_seconds: Option<f64>,
    /// Seconds for which the method still rests, because the portal blocked it.
    pub frozen_seconds: Option<f64>,
    /// Commands without an answer.
    pub under_way: u64,
}

/// Nothing leaves for the portal.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Pause {
    /// Why, in one word.
    pub word: String,
    /// Why, in a sentence.
    pub says: Said,
    /// How much longer at least; `None` where that depends on a person or a peer.
    pub seconds: Option<f64>,
}
