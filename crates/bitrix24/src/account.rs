//! Who a credential acts as, and what it opens. None of these methods needs a scope (docs/facts.md §7).

use serde_json::{Value, json};

use crate::call::Call;
use crate::envelope::Answer;
use crate::value::{Fields, Unreadable, unreadable};

/// The person that a credential acts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The id that the portal writes into `createdBy` and `updatedBy`.
    pub id: u64,
    /// First and last name, as far as they are filled in.
    pub name: String,
    /// Whether they administer the portal: then no right of the CRM limits what they are shown.
    pub admin: bool,
}

/// Asks who the credential acts as. Read the answer with [`read_profile`].
pub fn profile() -> Call {
    Call::new("profile", json!({}))
}

/// Asks which scopes the credential has. Read the answer with [`read_scopes`].
pub fn scopes() -> Call {
    Call::new("scope", json!({}))
}

/// Reads the answer to [`profile`].
///
/// # Errors
/// It names nobody.
pub fn read_profile(answer: &Answer) -> Result<Profile, Unreadable> {
    let fields = answer
        .result
        .as_object()
        .map(Fields)
        .ok_or_else(|| unreadable("result", "an object"))?;
    let names = [fields.text("NAME")?, fields.text("LAST_NAME")?];
    let names: Vec<String> = names.into_iter().flatten().collect();
    Ok(Profile {
        id: fields.id("ID")?,
        name: names.join(" "),
        admin: answer.result.get("ADMIN") == Some(&Value::Bool(true)),
    })
}

/// Reads the answer to [`scopes`].
///
/// # Errors
/// It is no list.
pub fn read_scopes(answer: &Answer) -> Result<Vec<String>, Unreadable> {
    let list = answer
        .result
        .as_array()
        .ok_or_else(|| unreadable("result", "a list"))?;
    let text = |it: &Value| it.as_str().map(str::to_owned);
    Ok(list.iter().filter_map(text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_names_the_person_and_whether_they_administer() {
        let read = |result| read_profile(&Answer::from(result));
        let person = read(json!({"ID": "7", "ADMIN": false, "NAME": "Erika", "LAST_NAME": ""}));
        let want = Profile {
            id: 7,
            name: "Erika".to_owned(),
            admin: false,
        };
        assert_eq!(person, Ok(want));
        assert!(read(json!({"ID": 1, "ADMIN": true})).unwrap().admin);
        // Only the documented yes counts: a right that is not sure is not there.
        assert!(!read(json!({"ID": 1, "ADMIN": "Y"})).unwrap().admin);
        assert!(read(json!([])).is_err() && read(json!({"NAME": "x"})).is_err());
    }

    #[test]
    fn scopes_are_a_list_of_texts() {
        let read = |result| read_scopes(&Answer::from(result));
        assert_eq!(read(json!(["crm", "user"])).unwrap(), ["crm", "user"]);
        assert!(read(json!({"crm": true})).is_err());
    }
}
