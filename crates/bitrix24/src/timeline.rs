//! Comments in a deal's timeline (facts §13).

use serde_json::json;

use crate::call::Call;
use crate::envelope::Answer;
use crate::value::{Unreadable, as_id, unreadable};

/// Adds a comment (BB code) to a deal. Each call that runs adds one: after an unknown outcome, do not repeat it.
/// Read the answer with [`read_id`].
pub fn comment(deal_id: u64, text: &str) -> Call {
    let fields = json!({"ENTITY_ID": deal_id, "ENTITY_TYPE": "deal", "COMMENT": text});
    Call::new("crm.timeline.comment.add", json!({"fields": fields}))
}

/// The id of the comment that was added.
///
/// # Errors
/// The result is not an id.
pub fn read_id(answer: &Answer) -> Result<u64, Unreadable> {
    as_id(&answer.result).ok_or_else(|| unreadable("result", "an id"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Effect, Halt, NotBatchable};

    #[test]
    fn a_comment_is_an_add_and_shy_of_batches_when_its_text_refers() {
        let call = comment(812, "Gift note: $result[deal] $5");
        assert_eq!(call.effect(), Effect::Add);
        assert_eq!(
            crate::Batch::new(Halt::Never).push(call),
            Err(NotBatchable::Substitution)
        );
    }

    #[test]
    fn the_id_comes_as_number_or_text() {
        let answer = Answer::from;
        assert_eq!(read_id(&answer(json!(999))), Ok(999));
        assert_eq!(read_id(&answer(json!("999"))), Ok(999));
        assert!(read_id(&answer(json!([]))).is_err());
    }
}
