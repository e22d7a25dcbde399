//! What people are told without asking.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

use super::{ByPair, ByWord};
use crate::alerts::Condition;

/// The places that can be told (`Channel::word`).
const CHANNELS: &[&str] = &["webhook", "slack", "telegram", "email", "bitrix24"];

/// What becomes of an attempt.
const RESULTS: &[&str] = &["told", "failed", "given_up"];

/// What people are told.
#[derive(Debug)]
pub struct AlertCounters {
    /// Whether a condition holds and was told.
    pub raised: ByWord<Gauge>,
    /// Attempts to tell somebody, by place and result.
    pub letters: ByPair<Counter>,
}

impl AlertCounters {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let conditions = Condition::ALL.map(Condition::word);
        Self {
            raised: ByWord::new(
                registry,
                ("alert_raised", "Whether a condition of an alert holds"),
                "condition",
                &conditions,
            ),
            letters: ByPair::new(
                registry,
                (
                    "alert_letters",
                    "Attempts to send an alert by channel and result",
                ),
                ["channel", "result"],
                [CHANNELS, RESULTS],
            ),
        }
    }
}
