//! User fields of deals as records of their own (facts §7).
//!
//! Their methods are open to administrators of the CRM only (docs/facts.md §8). What everybody may see of a field, its
//! type and whether it holds several values, [`crate::directory::deal_fields`] tells.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::envelope::Answer;
use crate::value::{Unreadable, as_id, unreadable};

/// A single text.
pub const STRING: &str = "string";

/// A whole number.
pub const INTEGER: &str = "integer";

/// Stored as it is written here: a filter without a prefix matches whole values. `Y` would be stored as `E`, a mask.
const FILTER_EXACT: &str = "I";

/// A field that is to be made: optional, of one value, with exact filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewField<'a> {
    /// Its whole name, `UF_CRM_…`: at most 50 characters of `A` to `Z`, digits and `_`.
    pub name: &'a str,
    /// Its type, such as [`STRING`].
    pub kind: &'a str,
    /// What people call it in languages that [`NewField::labels`] does not have.
    pub label: &'a str,
    /// What people call it, by the portal's code of a language (`en`, `la` for Spanish, `ua`).
    pub labels: &'a [(&'a str, &'a str)],
}

/// Makes a field. A portal that has one of this name refuses, with a code that tells nothing: an answer other than the
/// id says to look. Read the answer with [`read_added`].
pub fn add(field: &NewField<'_>) -> Call {
    let labels: Map<String, Value> = field
        .labels
        .iter()
        .map(|(language, label)| ((*language).to_owned(), json!(label)))
        .collect();
    let fields = json!({
        "FIELD_NAME": field.name,
        "USER_TYPE_ID": field.kind,
        "LABEL": field.label,
        "EDIT_FORM_LABEL": labels,
        "LIST_COLUMN_LABEL": labels,
        "LIST_FILTER_LABEL": labels,
        "MULTIPLE": "N",
        "MANDATORY": "N",
        "SHOW_FILTER": FILTER_EXACT,
    });
    Call::new("crm.deal.userfield.add", json!({"fields": fields}))
}

/// The identifier of a field that was made.
///
/// # Errors
/// It is none.
pub fn read_added(answer: &Answer) -> Result<u64, Unreadable> {
    as_id(&answer.result)
        .filter(|id| *id != 0)
        .ok_or_else(|| unreadable("result", "an id"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Effect;

    #[test]
    fn a_field_is_made_optional_single_and_with_an_exact_filter() {
        let labels = [("en", "Order"), ("ru", "Заказ")];
        let call = add(&NewField {
            name: "UF_CRM_ORDER",
            kind: STRING,
            label: "Order",
            labels: &labels,
        });
        assert_eq!(call.effect(), Effect::Add);
        assert!(call.batchable().is_ok());
        let translated = json!({"en": "Order", "ru": "Заказ"});
        assert_eq!(
            call.params["fields"],
            json!({
                "FIELD_NAME": "UF_CRM_ORDER", "USER_TYPE_ID": "string", "LABEL": "Order",
                "EDIT_FORM_LABEL": translated, "LIST_COLUMN_LABEL": translated, "LIST_FILTER_LABEL": translated,
                "MULTIPLE": "N", "MANDATORY": "N", "SHOW_FILTER": "I",
            })
        );
    }

    #[test]
    fn the_answer_to_a_new_field_is_its_id() {
        let read = |result| read_added(&Answer::from(result));
        assert_eq!(read(json!(5815)), Ok(5815));
        assert_eq!(read(json!("5815")), Ok(5815));
        assert!(read(json!(true)).is_err());
        assert!(read(json!(0)).is_err());
    }
}
