//! What is still to be told, to whom, and when it is tried again.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use jiff::Timestamp;
use kernel::Elapsed;
use serde::{Deserialize, Serialize};

use super::{
    channel::NotTold,
    letter::Letter,
    watch::{Change, Known, News},
};

/// The pause after the first failure; each further one is twice as long …
const PAUSE_FIRST: Duration = Duration::from_secs(30);

/// … up to this.
const PAUSE_MAX: Duration = Duration::from_secs(3_600);

/// So many attempts take about a day.
const ATTEMPTS_MAX: u32 = 32;

/// Letters that wait for one place; beyond them the oldest is given up.
const LETTERS_MAX: usize = 64;

/// A place was told.
pub(super) const TOLD: &str = "told";

/// It was not; it is tried again.
pub(super) const FAILED: &str = "failed";

/// It was not, and never will be.
pub(super) const GIVEN_UP: &str = "given_up";

/// What is known and what waits to be told. The ledger keeps it as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Office {
    pub(super) known: Known,
    letters: BTreeMap<String, VecDeque<Letter>>,
}

/// What a place has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Tell this.
    Tell(Letter),
    /// Nothing before this point.
    At(Elapsed),
    /// Nothing.
    Nothing,
}

impl Office {
    /// What an earlier process wrote down, for these places, each with whether it must not be told twice. What was under
    /// way then may have been told.
    pub(super) fn recall(text: Option<&str>, places: &[(&str, bool)]) -> Self {
        let mut office: Self = text
            .and_then(|it| serde_json::from_str(it).ok())
            .unwrap_or_default();
        office.letters.retain(|name, letters| {
            let place = places.iter().find(|(it, _)| it == name);
            if place.is_some_and(|(_, once)| *once) {
                letters.retain(|it| !it.under_way);
            }
            for letter in letters {
                letter.perhaps_told |= std::mem::take(&mut letter.under_way);
            }
            place.is_some()
        });
        office
    }

    /// What the ledger keeps.
    pub(super) fn text(&self) -> String {
        // Plain fields always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Something new is to be told to all of these. What nobody was told of need not be called off.
    pub(super) fn post(&mut self, news: &News, places: &[&str], at: Timestamp) {
        for place in places {
            let letters = self.letters.entry((*place).to_owned()).or_default();
            if news.change == Change::Cleared {
                let unheard = letters.iter().position(|it| {
                    it.news.condition == news.condition
                        && it.news.change == Change::Raised
                        && !it.under_way
                        && !it.perhaps_told
                });
                if let Some(unheard) = unheard {
                    letters.remove(unheard);
                    continue;
                }
            }
            if LETTERS_MAX <= letters.len() {
                letters.pop_front();
            }
            letters.push_back(Letter::new(news.clone(), at));
        }
    }

    /// What a place has to do now. A letter that is handed out is under way.
    pub(super) fn next(&mut self, place: &str, now: Elapsed) -> Next {
        let Some(letter) = self.letters.get_mut(place).and_then(VecDeque::front_mut) else {
            return Next::Nothing;
        };
        if now < letter.not_before {
            return Next::At(letter.not_before);
        }
        let copy = letter.clone();
        letter.under_way = true;
        Next::Tell(copy)
    }

    /// What came of the letter under way; `again` says whether it may be tried again. Returns what is counted.
    pub(super) fn told(
        &mut self,
        place: &str,
        told: &Result<(), NotTold>,
        again: bool,
        now: Elapsed,
    ) -> &'static str {
        let Some(letters) = self.letters.get_mut(place) else {
            return GIVEN_UP;
        };
        let Some(position) = letters.iter().position(|it| it.under_way) else {
            return GIVEN_UP;
        };
        let letter = &mut letters[position];
        letter.under_way = false;
        letter.attempts += 1;
        letter.perhaps_told |= *told == Err(NotTold::Unknown);
        let result = match told {
            Ok(()) => TOLD,
            Err(_) if again && letter.attempts < ATTEMPTS_MAX => FAILED,
            Err(_) => GIVEN_UP,
        };
        if result == FAILED {
            letter.not_before = now + pause(letter.attempts);
        } else {
            letters.remove(position);
        }
        result
    }
}

fn pause(attempts: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1).min(16));
    PAUSE_FIRST.saturating_mul(doubled).min(PAUSE_MAX)
}

#[cfg(test)]
mod tests;
