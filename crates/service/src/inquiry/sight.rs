//! Which deals the person that we act as is shown, and what the portal's answers tell beside.

use std::collections::{BTreeMap, BTreeSet};

use bitrix24::{
    Answer, Call, Outcome as Wire, RefusalClass,
    account::Profile,
    item::{self, Entity},
};
use kernel::DealId;
use serde_json::json;

use super::{Inquiry, InquiryError, lost, read};
use crate::transport::Transport;

/// Deals that are not shown and are asked for one by one: a page of a batch less what else it carries.
const PROBED_MAX: usize = 40;

/// Ids above the highest one that is shown: deals of others may be newer.
const BEYOND: u64 = 5;

/// Of a portal that shows no deal at all, the first ids are asked for.
const FIRST_IDS: u64 = 25;

/// What is shown of the portal's deals, and what is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sight {
    /// Deals that lists show.
    pub shown: u64,
    /// Those of them for which somebody else is responsible.
    pub of_others: u64,
    /// Ids asked for that lists do not show.
    pub probed: usize,
    /// Those of them that exist: the portal refuses to show them.
    pub hidden: BTreeSet<DealId>,
}

/// What the portal's answers told of its limits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// Seconds of its ten minutes that each method has used, by the last answer.
    pub operating: BTreeMap<&'static str, f64>,
    /// Requests and commands that were refused because there were too many.
    pub limited: u32,
}

impl Observed {
    /// Takes note of answers.
    pub(super) fn learn(&mut self, calls: &[Call], answers: &[Wire<Answer>]) {
        for (call, answer) in calls.iter().zip(answers) {
            match answer {
                Wire::Done(answer) => {
                    if let Some(spent) = answer.time.and_then(|it| it.operating_s) {
                        self.operating.insert(call.method, spent);
                    }
                }
                Wire::Refused(refusal) => match refusal.class {
                    RefusalClass::RateLimit | RefusalClass::OperatingLimit => self.limited += 1,
                    RefusalClass::Overload
                    | RefusalClass::Auth
                    | RefusalClass::Scope
                    | RefusalClass::Subscription
                    | RefusalClass::Method
                    | RefusalClass::AccessDenied
                    | RefusalClass::Invalid
                    | RefusalClass::NotFound
                    | RefusalClass::Halted
                    | RefusalClass::NotSent => {}
                },
                Wire::Unknown(_) => {}
            }
        }
    }
}

impl<T: Transport> Inquiry<T> {
    /// Which deals we are shown, in two requests. Lists leave out what the person may not read; a deal asked for by its
    /// id is refused if it is there and not for them, and not found if it is gone (docs/facts.md §8). So ids between
    /// those that are shown tell whether others are hidden; `known` are deals that we made. An administrator is shown all
    /// and is not probed.
    ///
    /// # Errors
    /// Nothing usable came back.
    pub async fn sight(&self, us: &Profile, known: &[DealId]) -> Result<Sight, InquiryError> {
        let lists = [newest_deals(), deals_of_others(us.id)];
        let access = self.access()?;
        let mut answers = self.all(access, &lists).await.into_iter();
        let mut next = || answers.next().unwrap_or_else(lost);
        let mut sight = Sight::default();
        let newest = read(&lists[0], next(), |it| {
            sight.shown = it.total.unwrap_or_default();
            ids(it)
        })?;
        read(&lists[1], next(), |it| {
            sight.of_others = it.total.unwrap_or_default();
            ids(it)
        })?;
        if us.admin {
            return Ok(sight);
        }
        let asked = not_shown(&newest, known);
        let calls: Vec<Call> = asked
            .iter()
            .map(|it| item::get(Entity::Deal, it.0))
            .collect();
        sight.probed = asked.len();
        for ((deal, call), answer) in asked.iter().zip(&calls).zip(self.all(access, &calls).await) {
            match answer {
                Wire::Refused(refusal) if refusal.class == RefusalClass::AccessDenied => {
                    sight.hidden.insert(*deal);
                }
                Wire::Refused(refusal) if refusal.class == RefusalClass::NotFound => {}
                // It is shown after all: made between the two requests, or beyond the page.
                Wire::Done(_) => sight.probed -= 1,
                other @ (Wire::Refused(_) | Wire::Unknown(_)) => {
                    read(call, other, |_| Ok(()))?;
                }
            }
        }
        Ok(sight)
    }

    /// What answers told of the portal's limits so far.
    pub fn observed(&self) -> Observed {
        self.observed
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }
}

fn newest_deals() -> Call {
    // A condition that every deal meets: an empty filter does not survive the form encoding of a batch.
    let mut call = item::list(Entity::Deal, json!({">id": 0}), &["id"]);
    call.params["order"] = json!({"id": "DESC"});
    call
}

fn deals_of_others(us: u64) -> Call {
    item::list(Entity::Deal, json!({"!=assignedById": us}), &["id"])
}

fn ids(answer: &Answer) -> Result<Vec<DealId>, bitrix24::Unreadable> {
    let id = |it: &serde_json::Map<String, serde_json::Value>| {
        item::read_id(&Answer::from(json!({"item": it}))).map(DealId)
    };
    item::read_items(answer)?.into_iter().map(id).collect()
}

/// Ids worth asking for, the newest first: deals of ours that no list shows, and gaps between those that are shown.
fn not_shown(newest: &[DealId], known: &[DealId]) -> Vec<DealId> {
    let shown: BTreeSet<u64> = newest.iter().map(|it| it.0).collect();
    let (low, high) = match (shown.first(), shown.last()) {
        (Some(low), Some(high)) => (*low, high + BEYOND),
        (None, _) | (_, None) => (1, FIRST_IDS),
    };
    let ours = known.iter().map(|it| it.0);
    // Below a page of old deals the gaps are as telling as within it, where few are shown.
    let below = (low.saturating_sub(PROBED_MAX as u64).max(1)..low).rev();
    let mut asked: Vec<u64> = Vec::new();
    for id in ours.chain((low..=high).rev()).chain(below) {
        if asked.len() == PROBED_MAX {
            break;
        }
        if !shown.contains(&id) && !asked.contains(&id) {
            asked.push(id);
        }
    }
    asked.into_iter().map(DealId).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deals(ids: &[u64]) -> Vec<DealId> {
        ids.iter().copied().map(DealId).collect()
    }

    #[test]
    fn gaps_and_our_own_deals_are_asked_for_and_what_is_shown_is_not() {
        let asked = not_shown(&deals(&[12, 9, 8]), &deals(&[3, 9]));
        let want = [3, 17, 16, 15, 14, 13, 11, 10, 7, 6, 5, 4, 2, 1];
        assert_eq!(asked, deals(&want));
    }

    #[test]
    fn a_portal_that_shows_nothing_is_asked_for_its_first_ids() {
        let asked = not_shown(&[], &[]);
        assert_eq!((asked[0], asked.len()), (DealId(25), 25));
    }

    #[test]
    fn never_more_is_asked_for_than_fits_one_request() {
        let asked = not_shown(&deals(&[90_000, 100]), &[]);
        assert_eq!(asked.len(), PROBED_MAX);
    }
}
