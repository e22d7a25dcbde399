//! One part of a deal (its fields, its rows, its stage, its contact, its company): what was last said of it, and what must be said again.
//!
//! Invariant: after an unknown write the part is said again at once *and* once more after the last moment at which the
//! unknown request may land, because it may land after its successors (design §4.2, rule 7).

use serde::{Deserialize, Serialize};

use crate::{
    elapsed::Elapsed,
    mutants::{Mutant, planted},
};

/// The state of one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part<T> {
    /// What was last said with a known outcome, and when that request was sent.
    said: Option<(T, Elapsed)>,
    /// The newest must be said by a request sent at or after this point.
    resay_after: Option<Elapsed>,
}

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self {
            said: None,
            resay_after: None,
        }
    }
}

impl<T: PartialEq> Part<T> {
    /// What was last said with a known outcome.
    pub fn said(&self) -> Option<&T> {
        self.said.as_ref().map(|(value, _)| value)
    }

    /// When the request that said it was sent.
    pub fn said_at(&self) -> Option<Elapsed> {
        self.said.as_ref().map(|(_, at)| *at)
    }

    /// Whether `wanted` has to be said now.
    pub fn needs(&self, wanted: &T, now: Elapsed) -> bool {
        if planted(Mutant::AlwaysResend) {
            return true;
        }
        match &self.said {
            None => true,
            Some((value, at)) => {
                value != wanted || self.resay_after.is_some_and(|due| due <= now && *at < due)
            }
        }
    }

    /// When the part has to be said again even if nothing changes.
    pub fn due(&self) -> Option<Elapsed> {
        self.resay_after
    }

    /// A request sent at `sent_at` was executed.
    pub fn done(&mut self, value: T, sent_at: Elapsed) {
        if self.resay_after.is_some_and(|due| due <= sent_at) {
            self.resay_after = None;
        }
        self.said = Some((value, sent_at));
    }

    /// A request with this part ended unknown; it lands before `landed_by` or never.
    pub fn unknown(&mut self, value: T, sent_at: Elapsed, landed_by: Elapsed) {
        if planted(Mutant::UnknownUpdateIsSaid) {
            return self.done(value, sent_at);
        }
        self.said = None;
        self.owe(landed_by);
    }

    /// The part must be said again by a request sent at or after `landed_by`.
    pub fn owe(&mut self, landed_by: Elapsed) {
        // After a reboot the ledger's clock may stand before a point at which something was said: it was said before the
        // debt began all the same.
        if let Some((_, at)) = &mut self.said {
            *at = (*at).min(landed_by.before());
        }
        if !planted(Mutant::NoDebt) {
            self.resay_after = Some(self.resay_after.map_or(landed_by, |it| it.max(landed_by)));
        }
    }

    /// Whether nothing was ever said and nothing is owed.
    pub fn is_untouched(&self) -> bool {
        self.said.is_none() && self.resay_after.is_none()
    }

    /// Forgets what was said: the record is another one now.
    pub fn forget(&mut self) {
        self.said = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Elapsed {
        Elapsed::from_millis(seconds * 1_000)
    }

    #[test]
    fn an_unchanged_part_costs_nothing() {
        let mut part = Part::default();
        assert!(part.needs(&1, at(0)));
        part.done(1, at(0));
        assert!(!part.needs(&1, at(1_000)));
        assert!(part.needs(&2, at(1_000)));
    }

    #[test]
    fn a_debt_counts_from_now_on_even_if_a_reboot_put_the_clock_back() {
        let mut part = Part::default();
        part.done(1, at(218));
        part.owe(at(214));
        assert!(part.needs(&1, at(214)));
        part.done(1, at(215));
        assert_eq!(part.due(), None);
    }

    #[test]
    fn after_an_unknown_write_the_newest_is_said_at_once_and_once_more_after_its_last_landing() {
        let mut part = Part::default();
        part.unknown(1, at(10), at(190));
        assert!(part.needs(&1, at(11)));
        part.done(2, at(12));
        assert!(!part.needs(&2, at(189)));
        assert!(part.needs(&2, at(190)));
        part.done(2, at(190));
        assert_eq!(part.due(), None);
        assert!(!part.needs(&2, at(1_000)));
    }
}
