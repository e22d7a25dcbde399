//! What a canary run showed.

use serde::Serialize;

use super::lag::Shown;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// Exactly one right deal, and everything cleaned up.
    Right,
    /// Anything else.
    Wrong,
    /// A signal ended it.
    Interrupted,
    /// It did not begin.
    NotRun,
}

/// Seconds after the create between which lists began to show the deal.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct LagSeconds {
    /// It was not shown yet.
    pub(crate) not_before: f64,
    /// It was shown.
    pub(crate) at_latest: f64,
}

/// All that was seen. Times are seconds, rounded to milliseconds.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    pub(crate) verdict: Verdict,
    /// What is wrong, or why it did not begin, in words.
    pub(crate) why: Vec<String>,
    /// The canary's shop and order: no real ones.
    pub(crate) shop: Option<String>,
    pub(crate) order: Option<u64>,
    pub(crate) amount: Option<String>,
    /// The deal that the run's ledger keeps.
    pub(crate) deal: Option<u64>,
    /// Deals that the portal showed at the end, by both keys; the second is absent where it has no order field.
    pub(crate) by_origin: Vec<u64>,
    pub(crate) by_field: Option<Vec<u64>>,
    /// Creates that left, and those that the portal answered.
    pub(crate) creates_sent: u32,
    pub(crate) creates_answered: u32,
    /// Answers that were thrown away on purpose: one, or none if the network lost the only one by itself.
    pub(crate) answers_thrown_away: u32,
    /// From the loss until the deal was found again, and until its doubt was over.
    pub(crate) found_again_s: Option<f64>,
    pub(crate) settled_s: Option<f64>,
    /// How late lists showed it.
    pub(crate) lag_by_origin_s: Option<LagSeconds>,
    pub(crate) lag_by_field_s: Option<LagSeconds>,
    /// What the create took of the portal's time, and with the way there and back.
    pub(crate) add_portal_s: Option<f64>,
    pub(crate) add_round_trip_s: Option<f64>,
    /// Of the 480 s in ten minutes that creates may use, so much is used.
    pub(crate) add_operating_s: Option<f64>,
    /// At this rate orders can become deals, at the most.
    pub(crate) orders_per_s: Option<f64>,
    /// Requests of the run's worker.
    pub(crate) requests: u32,
    /// Where the deal was created, and where it stood at the end if somebody else moved it.
    pub(crate) stage: Option<String>,
    pub(crate) moved_to: Option<String>,
    /// Deals that were deleted at the end.
    pub(crate) cleaned: Vec<u64>,
    /// What could not be cleaned up, in words.
    pub(crate) left: Vec<String>,
}

impl Outcome {
    /// A run that did not begin.
    pub(crate) fn not_run(why: String) -> Self {
        Self {
            verdict: Verdict::NotRun,
            why: vec![why],
            shop: None,
            order: None,
            amount: None,
            deal: None,
            by_origin: Vec::new(),
            by_field: None,
            creates_sent: 0,
            creates_answered: 0,
            answers_thrown_away: 0,
            found_again_s: None,
            settled_s: None,
            lag_by_origin_s: None,
            lag_by_field_s: None,
            add_portal_s: None,
            add_round_trip_s: None,
            add_operating_s: None,
            orders_per_s: None,
            requests: 0,
            stage: None,
            moved_to: None,
            cleaned: Vec::new(),
            left: Vec::new(),
        }
    }
}

impl From<Shown> for LagSeconds {
    fn from(shown: Shown) -> Self {
        Self {
            not_before: rounded(shown.not_before.as_secs_f64()),
            at_latest: rounded(shown.at_latest.as_secs_f64()),
        }
    }
}

/// To milliseconds.
pub(super) fn rounded(seconds: f64) -> f64 {
    (seconds * 1_000.0).round() / 1_000.0
}
