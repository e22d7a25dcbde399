//! One method call: what is asked, how its error is to be read, and its answer.

use serde_json::Value;

use crate::encode::{self, NotBatchable};
use crate::envelope::{self, Answer, Reply};
use crate::outcome::Outcome;

/// Rows per page of every list method (facts §1.5).
pub const PAGE_ROWS: usize = 50;

/// One method call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The method's name, such as `crm.item.add`.
    pub method: &'static str,
    /// The parameters: a JSON object.
    pub params: Value,
}

/// What a call does to the portal: decides how an error is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Makes something new each time it runs, so an unknown outcome must not be repeated blindly.
    Add,
    /// Changes something, with the same end however often it runs.
    Write,
}

impl Call {
    /// A call of `method` with `params`, a JSON object.
    pub fn new(method: &'static str, params: Value) -> Self {
        Self { method, params }
    }

    /// What the call does, told from the last part of its name. A method that is not known to be a read or an
    /// idempotent write counts as [`Effect::Add`], the most careful reading.
    pub fn effect(&self) -> Effect {
        // Hands events out and forgets them, in spite of its name.
        if self.method.eq_ignore_ascii_case("event.offline.get") {
            return Effect::Add;
        }
        let verb = self
            .method
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        match verb.as_str() {
            "get" | "list" | "getlist" | "fields" | "types" | "findbycomm" | "profile"
            | "scope" | "info" | "current" | "methods" | "time" => Effect::Read,
            "update" | "set" | "delete" => Effect::Write,
            _ => Effect::Add,
        }
    }

    /// Whether the call can travel in a batch and arrive unchanged.
    ///
    /// # Errors
    /// The reason why it must be sent on its own.
    pub fn batchable(&self) -> Result<(), NotBatchable> {
        encode::command(self).map(drop)
    }
}

/// The same list call for the page that starts at row `next`, the number in [`Answer::next`].
pub fn page(call: &Call, next: u64) -> Call {
    let mut call = call.clone();
    if let Value::Object(params) = &mut call.params {
        params.insert("start".to_owned(), next.into());
    }
    call
}

/// Reads what came back for one call.
pub fn read(call: &Call, reply: Reply<'_>) -> Outcome<Answer> {
    envelope::open(reply).settle(call.effect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn effect_is_told_from_the_method_and_careful_with_strangers() {
        let rows = [
            ("crm.item.list", Effect::Read),
            ("crm.item.get", Effect::Read),
            ("crm.duplicate.findbycomm", Effect::Read),
            ("crm.item.productrow.list", Effect::Read),
            ("profile", Effect::Read),
            ("server.time", Effect::Read),
            ("crm.item.update", Effect::Write),
            ("crm.item.productrow.set", Effect::Write),
            ("crm.deal.delete", Effect::Write),
            ("crm.item.add", Effect::Add),
            ("crm.item.import", Effect::Add),
            ("crm.timeline.comment.add", Effect::Add),
            ("crm.entity.mergeBatch", Effect::Add),
            ("disk.folder.addsubfolder", Effect::Add),
            ("event.offline.get", Effect::Add),
            ("never.heard.of", Effect::Add),
            ("", Effect::Add),
        ];
        for (method, effect) in rows {
            assert_eq!(Call::new(method, json!({})).effect(), effect, "{method}");
        }
    }

    #[test]
    fn a_page_differs_only_in_where_it_starts() {
        let call = Call::new("crm.item.list", json!({"entityTypeId": 2, "start": 0}));
        assert_eq!(
            page(&call, 50).params,
            json!({"entityTypeId": 2, "start": 50})
        );
    }
}
