//! Who a credential acts as, what it may do, and who works in the portal (docs/facts.md §7).

use serde_json::{Value, json};

use crate::call::Call;
use crate::envelope::Answer;
use crate::value::{Fields, Unreadable, list, unreadable};

/// Any of these opens [`people`].
pub const PEOPLE_SCOPES: [&str; 3] = ["user", "user_basic", "user_brief"];

/// The user that a credential acts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Identifier.
    pub id: u64,
    /// First and last name; empty where the portal tells neither.
    pub name: String,
    /// Whether this user administers the portal.
    pub admin: bool,
}

/// A person of the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Identifier.
    pub id: u64,
    /// First and last name; empty where the portal tells neither.
    pub name: String,
    /// Whether the person still works there.
    pub active: bool,
}

/// Who the credential acts as. Needs no scope. Read the answer with [`read_profile`].
pub fn profile() -> Call {
    Call::new("profile", json!({}))
}

/// What the credential may do. Needs no scope. Read the answer with [`read_scopes`].
pub fn scopes() -> Call {
    Call::new("scope", json!({}))
}

/// The first page of the people at work, by rising id. Needs one of [`PEOPLE_SCOPES`]. Read the answer with
/// [`read_people`], ask for further pages with [`crate::page`].
pub fn people() -> Call {
    Call::new(
        "user.get",
        json!({"sort": "ID", "order": "ASC", "filter": {"ACTIVE": true, "USER_TYPE": "employee"}}),
    )
}

/// Reads the answer to [`profile`].
///
/// # Errors
/// There is no user with an id in it.
pub fn read_profile(answer: &Answer) -> Result<Profile, Unreadable> {
    let fields = Fields::of(&answer.result, "result")?;
    Ok(Profile {
        id: fields.id("ID")?,
        name: full_name(fields)?,
        admin: fields.present("ADMIN") == Some(&Value::Bool(true)),
    })
}

/// Reads the answer to [`scopes`].
///
/// # Errors
/// It is no list of texts.
pub fn read_scopes(answer: &Answer) -> Result<Vec<String>, Unreadable> {
    list(&answer.result, "result")?
        .iter()
        .map(|it| {
            let scope = it.as_str().map(str::to_owned);
            scope.ok_or_else(|| unreadable("result", "a list of texts"))
        })
        .collect()
}

/// Reads one page of [`people`].
///
/// # Errors
/// It is no list of people.
pub fn read_people(answer: &Answer) -> Result<Vec<Person>, Unreadable> {
    list(&answer.result, "result")?
        .iter()
        .map(|it| {
            let fields = Fields::of(it, "result")?;
            Ok(Person {
                id: fields.id("ID")?,
                name: full_name(fields)?,
                active: fields.present("ACTIVE") == Some(&Value::Bool(true)),
            })
        })
        .collect()
}

fn full_name(fields: Fields<'_>) -> Result<String, Unreadable> {
    let (first, last) = (fields.text("NAME")?, fields.text("LAST_NAME")?);
    let parts: Vec<String> = [first, last].into_iter().flatten().collect();
    Ok(parts.join(" ").trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Effect;

    #[test]
    fn a_profile_tells_who_acts_and_whether_as_an_administrator() {
        let profile = |result| read_profile(&Answer::from(result));
        let erika = json!({"ID": "17", "ADMIN": true, "NAME": "Erika", "LAST_NAME": "Muster", "TIME_ZONE": ""});
        let read = profile(erika).unwrap();
        assert_eq!(
            (read.id, read.name.as_str(), read.admin),
            (17, "Erika Muster", true)
        );
        let nameless = profile(json!({"ID": "17", "ADMIN": false, "NAME": ""})).unwrap();
        assert_eq!((nameless.name.as_str(), nameless.admin), ("", false));
        assert!(profile(json!({"NAME": "Erika"})).is_err());
        assert!(profile(json!([])).is_err());
    }

    #[test]
    fn scopes_are_a_list_of_texts() {
        let scopes = |result| read_scopes(&Answer::from(result));
        assert_eq!(
            scopes(json!(["crm", "user_brief"])).unwrap(),
            ["crm", "user_brief"]
        );
        assert!(scopes(json!([1])).is_err());
        assert!(scopes(json!({})).is_err());
    }

    #[test]
    fn people_have_names_and_may_have_left() {
        let page = json!([
            {"ID": "1", "ACTIVE": true, "NAME": "Erika", "LAST_NAME": "Muster"},
            {"ID": "7", "ACTIVE": false, "NAME": "Max"},
        ]);
        let people = read_people(&Answer::from(page)).unwrap();
        assert_eq!((people[0].id, people[0].active), (1, true));
        assert_eq!((people[1].name.as_str(), people[1].active), ("Max", false));
        assert!(read_people(&Answer::from(json!([7]))).is_err());
    }

    #[test]
    fn all_of_it_only_reads() {
        for call in [profile(), scopes(), people()] {
            assert_eq!(call.effect(), Effect::Read, "{}", call.method);
            assert!(call.batchable().is_ok(), "{}", call.method);
        }
    }
}
