//! A field that is written only while the portal shows what we wrote: once a person changed it, it is theirs.

use serde::{Deserialize, Serialize};

use crate::{deal::FieldValue, elapsed::Elapsed, part::Part};

/// Values that the portal may show because of us; a request on its way may still put an older one there.
const WROTE_MAX: usize = 3;

/// What was said of one such field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    part: Part<FieldValue>,
    wrote: Vec<FieldValue>,
}

impl Kept {
    /// Whether `wanted` has to be looked into now.
    pub fn needs(&self, wanted: &FieldValue, now: Elapsed) -> bool {
        self.part.needs(wanted, now)
    }

    /// What was last said of it, or found in its place and left.
    pub fn said(&self) -> Option<&FieldValue> {
        self.part.said()
    }

    /// When the field has to be looked into again even if nothing changes.
    pub fn due(&self) -> Option<Elapsed> {
        self.part.due()
    }

    /// Whether what the portal shows is our doing: nothing was written and nothing is there, or it is what we wrote.
    /// Where somebody else's value was left, a field that is empty now was cleared by a person, even if we began it empty.
    pub fn is_ours(&self, shown: &FieldValue) -> bool {
        if shown.is_empty() && self.was_filled_by_others() {
            return false;
        }
        if self.wrote.is_empty() {
            return shown.is_empty();
        }
        self.wrote.iter().any(|it| it.is_shown_as(shown))
    }

    fn was_filled_by_others(&self) -> bool {
        let said = self.part.said();
        said.is_some_and(|it| !it.is_empty() && !self.wrote.contains(it))
    }

    /// A request sent at `sent_at` wrote it.
    pub fn done(&mut self, value: FieldValue, sent_at: Elapsed) {
        if self.part.due().is_none() {
            self.wrote.clear();
        }
        self.remember(&value);
        self.part.done(value, sent_at);
    }

    /// A request with it ended unknown; it lands before `landed_by` or never.
    pub fn unknown(&mut self, value: FieldValue, sent_at: Elapsed, landed_by: Elapsed) {
        self.remember(&value);
        self.part.unknown(value, sent_at, landed_by);
    }

    /// Nothing was written: it stands there already, or a person changed it.
    pub fn left(&mut self, value: FieldValue, now: Elapsed) {
        self.part.done(value, now);
    }

    /// A create that may exist or not would show it.
    pub fn remember(&mut self, value: &FieldValue) {
        self.wrote.retain(|it| it != value);
        self.wrote.insert(0, value.clone());
        self.wrote.truncate(WROTE_MAX);
    }

    /// It must be looked into again by a request sent at or after `landed_by`.
    pub fn owe(&mut self, landed_by: Elapsed) {
        self.part.owe(landed_by);
    }

    /// What was said counts no longer; what was written is remembered.
    pub fn forget(&mut self) {
        self.part = Part::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> FieldValue {
        FieldValue::Text(text.to_owned())
    }

    #[test]
    fn a_field_is_ours_while_it_shows_what_we_wrote() {
        let mut kept = Kept::default();
        assert!(kept.is_ours(&text("")));
        assert!(!kept.is_ours(&text("a person's")));
        kept.done(text("one"), Elapsed::ZERO);
        assert!(kept.is_ours(&text(" one ")));
        assert!(!kept.is_ours(&text("")));
        assert!(!kept.is_ours(&text("two")));
    }

    #[test]
    fn a_field_that_was_found_filled_and_is_empty_now_was_cleared_by_a_person() {
        let mut kept = Kept::default();
        kept.left(text(""), Elapsed::ZERO);
        assert!(kept.is_ours(&text("")));
        kept.left(text("one"), Elapsed::ZERO);
        assert!(!kept.is_ours(&text("")) && !kept.is_ours(&text("one")));
    }

    #[test]
    fn while_a_request_may_still_land_its_value_counts_as_ours() {
        let (sent, landed_by) = (Elapsed::ZERO, Elapsed::from_millis(9));
        let mut kept = Kept::default();
        kept.unknown(text("one"), sent, landed_by);
        kept.done(text("two"), sent);
        assert!(kept.is_ours(&text("one")) && kept.is_ours(&text("two")));
        kept.done(text("two"), landed_by);
        kept.done(text("two"), landed_by);
        assert!(!kept.is_ours(&text("one")));
    }
}
