//! Which conditions hold, and what is new about that: a pure function of what was known, what is seen, and the time.
//!
//! Laws: of one condition, a message that it holds and a message that it is over alternate; a condition that comes and goes
//! faster than it is calm says nothing; a state that was written down and read again says nothing by itself.

use std::{collections::BTreeMap, time::Duration};

use kernel::Elapsed;
use serde::{Deserialize, Serialize};

use super::Condition;

/// What is seen must hold for so long before somebody is told: a restart or a short outage is no news.
pub const HOLDS_FOR: Duration = Duration::from_secs(120);

/// It must be over for so long before that is told. The wait doubles each time that the condition comes back soon …
pub const CALM_FOR: Duration = Duration::from_secs(300);

/// … up to this.
const CALM_MAX: Duration = Duration::from_secs(4 * 3_600);

/// Coming back within this time after it was over is soon.
const SOON: Duration = Duration::from_secs(2 * 3_600);

/// What happens at a moment, and does not last, is over once it has not happened for a day.
const QUIET_FOR: Duration = Duration::from_secs(24 * 3_600);

/// What is seen at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// What holds at present, each with what is to be said about it.
    pub holding: BTreeMap<Condition, Detail>,
    /// How often something happened since the process began.
    pub happened: BTreeMap<Condition, u64>,
}

/// What is to be said about a condition, besides itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// How many, or for how many minutes.
    pub number: u64,
    /// What kind, as a word of a closed list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub word: Option<String>,
}

impl Detail {
    /// Only a number.
    pub fn number(number: u64) -> Self {
        Self { number, word: None }
    }
}

/// What is known of the conditions. It is kept in the ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    conditions: BTreeMap<Condition, Standing>,
    /// How much of what happened in this process was taken note of.
    #[serde(skip)]
    happened: BTreeMap<Condition, u64>,
}

/// Where one condition stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Standing {
    phase: Phase,
    /// How often it came back soon.
    returns: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    /// It is seen, and nobody was told yet.
    Seen { since: Elapsed },
    /// Somebody was told.
    Told {
        /// When it was seen last.
        last: Elapsed,
        detail: Detail,
    },
    /// It is over, and that was told.
    Over { since: Elapsed },
}

impl Phase {
    fn coarse(&self) -> (u8, u64) {
        let hour = |at: &Elapsed| at.as_millis() / 3_600_000;
        match self {
            Self::Seen { since } => (0, hour(since)),
            Self::Told { last, .. } => (1, hour(last)),
            Self::Over { since } => (2, hour(since)),
        }
    }
}

/// Something new about a condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// Which.
    pub condition: Condition,
    /// It began, or it is over.
    pub change: Change,
    /// What is to be said about it.
    pub detail: Detail,
}

/// What is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It holds.
    Raised,
    /// It is over.
    Cleared,
}

impl Known {
    /// Whether it differs from an earlier one by more than a look at what is known already.
    pub(super) fn is_worth_keeping_over(&self, earlier: &Self) -> bool {
        let coarse = |known: &Self| -> Vec<(Condition, u8, u64, u32)> {
            let all = known.conditions.iter();
            all.map(|(condition, it)| {
                let (phase, hour) = it.phase.coarse();
                (*condition, phase, hour, it.returns)
            })
            .collect()
        };
        coarse(self) != coarse(earlier)
    }

    /// Conditions that somebody was told about and that are not over.
    pub fn raised(&self) -> impl Iterator<Item = Condition> {
        let told = |it: &Standing| matches!(it.phase, Phase::Told { .. });
        let all = self.conditions.iter().filter(move |(_, it)| told(it));
        all.map(|(condition, _)| *condition)
    }
}

/// Takes note of what is seen, and says what is new.
pub fn watch(mut known: Known, facts: &Facts, now: Elapsed) -> (Known, Vec<News>) {
    let mut news = Vec::new();
    for condition in Condition::ALL {
        let before = known.happened.get(&condition).copied().unwrap_or_default();
        let count = facts.happened.get(&condition).copied().unwrap_or_default();
        let more = count.saturating_sub(before);
        known.happened.insert(condition, count);
        let seen = match facts.holding.get(&condition) {
            Some(detail) => Some((detail.clone(), false)),
            None if 0 < more => Some((Detail::number(more), true)),
            None => None,
        };
        let lasts = facts.happened.contains_key(&condition);
        let standing = known.conditions.remove(&condition);
        let (standing, change) = step(standing, seen, lasts, now);
        if let Some((change, detail)) = change {
            news.push(News {
                condition,
                change,
                detail,
            });
        }
        if let Some(standing) = standing {
            known.conditions.insert(condition, standing);
        }
    }
    (known, news)
}

type Step = (Option<Standing>, Option<(Change, Detail)>);

/// One condition: `seen` with whether that is a moment, which needs not hold; `lasts` says that a day must pass before it
/// is over.
fn step(
    standing: Option<Standing>,
    seen: Option<(Detail, bool)>,
    lasts: bool,
    now: Elapsed,
) -> Step {
    let returns = standing.as_ref().map_or(0, |it| it.returns);
    let phase = standing.map(|it| it.phase);
    let at = |phase: Phase, returns: u32| Some(Standing { phase, returns });
    match (phase, seen) {
        (Some(Phase::Told { .. }), Some((detail, _))) => {
            (at(Phase::Told { last: now, detail }, returns), None)
        }
        (Some(Phase::Told { last, detail }), None) => {
            let calm = if lasts { QUIET_FOR } else { calm_for(returns) };
            if now.since(last) < calm {
                (at(Phase::Told { last, detail }, returns), None)
            } else {
                let over = at(Phase::Over { since: now }, returns);
                (over, Some((Change::Cleared, detail)))
            }
        }
        (Some(Phase::Over { since }), None) if now.since(since) < SOON => {
            (at(Phase::Over { since }, returns), None)
        }
        (Some(Phase::Over { .. }), None) | (None, None) => (None, None),
        // What comes and goes before anybody was told is no news.
        (Some(Phase::Seen { .. }), None) => (None, None),
        (Some(Phase::Seen { since }), Some((detail, _))) if HOLDS_FOR <= now.since(since) => {
            told(detail, returns, now)
        }
        (Some(Phase::Seen { since }), Some(_)) => (at(Phase::Seen { since }, returns), None),
        (Some(Phase::Over { since }), Some((detail, moment))) => {
            let soon = now.since(since) < SOON;
            let returns = if soon { returns.saturating_add(1) } else { 0 };
            begin(detail, moment, returns, now)
        }
        (None, Some((detail, moment))) => begin(detail, moment, 0, now),
    }
}

fn begin(detail: Detail, moment: bool, returns: u32, now: Elapsed) -> Step {
    if moment {
        return told(detail, returns, now);
    }
    let phase = Phase::Seen { since: now };
    (Some(Standing { phase, returns }), None)
}

fn told(detail: Detail, returns: u32, now: Elapsed) -> Step {
    let phase = Phase::Told {
        last: now,
        detail: detail.clone(),
    };
    (
        Some(Standing { phase, returns }),
        Some((Change::Raised, detail)),
    )
}

fn calm_for(returns: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(returns.min(8));
    CALM_FOR.saturating_mul(doubled).min(CALM_MAX)
}

#[cfg(test)]
mod tests;
