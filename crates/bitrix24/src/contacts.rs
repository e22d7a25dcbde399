//! Contacts: by e-mail or phone, by their key, and new ones (facts §4.2, §9).

use serde_json::{Map, Value, json};

use crate::call::{Call, PAGE_ROWS};
use crate::envelope::Answer;
use crate::item::{self, Entity};
use crate::value::{Fields, Unreadable, fits_one_page, ids, objects, unreadable};

/// The most values that one [`find_by_comm`] may name. The portal returns at most as many contacts.
pub const COMM_VALUES_MAX: usize = 20;

/// A way to reach somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comm {
    /// E-mail, compared in lower case.
    Email,
    /// Phone, compared by its digits.
    Phone,
}

/// One contact.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactRow {
    /// The contact's id.
    pub id: u64,
    /// The system it comes from.
    pub originator_id: Option<String>,
    /// Its id in that system.
    pub origin_id: Option<String>,
    /// First name.
    pub name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// E-mail addresses as stored.
    pub emails: Vec<String>,
    /// Phone numbers as stored.
    pub phones: Vec<String>,
}

/// A contact to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewContact {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// E-mail, stored as the first one, kind `WORK`.
    pub email: Option<String>,
    /// Phone, stored as the first one, kind `WORK`.
    pub phone: Option<String>,
    /// The company that it belongs to.
    pub company: Option<u64>,
    /// The system it comes from.
    pub originator: String,
    /// Its id in that system.
    pub origin: String,
}

/// The contacts that have any of `values`: between 1 and [`COMM_VALUES_MAX`]. The answer does not say which contact has
/// which value. Read it with [`read_matches`].
pub fn find_by_comm(comm: Comm, values: &[String]) -> Call {
    debug_assert!(
        fits_one_page(values.len(), COMM_VALUES_MAX),
        "between 1 and {COMM_VALUES_MAX} values"
    );
    let kind = comm.type_id();
    Call::new(
        "crm.duplicate.findbycomm",
        json!({"entity_type": "CONTACT", "type": kind, "values": values}),
    )
}

/// The ids of the contacts found by [`find_by_comm`], rising.
///
/// # Errors
/// The result is neither a map with contacts nor empty.
pub fn read_matches(answer: &Answer) -> Result<Vec<u64>, Unreadable> {
    let mut found = match &answer.result {
        Value::Array(list) if list.is_empty() => Vec::new(),
        Value::Object(map) => ids(map.get("CONTACT"), "CONTACT")?,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            return Err(unreadable("result", "a map of matches"));
        }
    };
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The contacts of `originator` with any of `origins`, by rising id: between 1 and [`PAGE_ROWS`] origins. The portal
/// compares without regard to case and trailing blanks: compare each row again. Read pages with [`read_found`].
pub fn find_by_origin(originator: &str, origins: &[String]) -> Call {
    debug_assert!(
        fits_one_page(origins.len(), PAGE_ROWS),
        "between 1 and {PAGE_ROWS} origins"
    );
    let filter = json!({"=originatorId": originator, "@originId": origins});
    item::list(
        Entity::Contact,
        filter,
        &["id", "originatorId", "originId", "name", "lastName", "fm"],
    )
}

/// The contacts on one page of [`find_by_origin`].
///
/// # Errors
/// The page or one of its rows is not understood.
pub fn read_found(answer: &Answer) -> Result<Vec<ContactRow>, Unreadable> {
    item::read_items(answer)?
        .into_iter()
        .map(ContactRow::read)
        .collect()
}

impl ContactRow {
    /// Reads one contact, from a list or from [`item::read_item`]. Only the id must be there.
    ///
    /// # Errors
    /// A field is there, but not in its documented shape.
    pub fn read(item: &Map<String, Value>) -> Result<Self, Unreadable> {
        let fields = Fields(item);
        Ok(Self {
            id: fields.id("id")?,
            originator_id: fields.text("originatorId")?,
            origin_id: fields.text("originId")?,
            name: fields.text("name")?,
            last_name: fields.text("lastName")?,
            emails: addresses(fields, Comm::Email)?,
            phones: addresses(fields, Comm::Phone)?,
        })
    }
}

impl NewContact {
    /// The call that makes the contact. Read its answer with [`item::read_id`].
    pub fn add(&self) -> Call {
        let mut fields = Map::from_iter([
            ("originatorId".to_owned(), json!(self.originator)),
            ("originId".to_owned(), json!(self.origin)),
        ]);
        // What is not there is left out, so that the call stays batchable.
        let named = [("name", &self.first_name), ("lastName", &self.last_name)];
        for (field, value) in named {
            if let Some(value) = value {
                fields.insert(field.to_owned(), json!(value));
            }
        }
        if let Some(company) = self.company {
            fields.insert("companyId".to_owned(), json!(company));
        }
        let reached = [(Comm::Email, &self.email), (Comm::Phone, &self.phone)];
        let addresses: Vec<_> = reached
            .into_iter()
            .filter_map(|(comm, value)| value.as_ref().map(|value| (comm.type_id(), value)))
            .map(|(kind, value)| json!({"typeId": kind, "valueType": "WORK", "value": value}))
            .collect();
        if !addresses.is_empty() {
            fields.insert("fm".to_owned(), addresses.into());
        }
        item::add(Entity::Contact, fields)
    }
}

impl Comm {
    fn type_id(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Phone => "PHONE",
        }
    }
}

fn addresses(fields: Fields<'_>, comm: Comm) -> Result<Vec<String>, Unreadable> {
    if fields.present("fm").is_none() {
        return Ok(Vec::new());
    }
    let all = objects(&Value::Object(fields.0.clone()), "fm")?
        .into_iter()
        .map(|entry| Ok((Fields(entry).text("typeId")?, Fields(entry).text("value")?)))
        .collect::<Result<Vec<_>, Unreadable>>()?;
    let wanted = Some(comm.type_id());
    Ok(all
        .into_iter()
        .filter(|(kind, _)| kind.as_deref() == wanted)
        .filter_map(|(_, value)| value)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_come_sorted_and_none_come_as_an_empty_list() {
        let rows = [
            (json!([]), Some(vec![])),
            (json!({}), Some(vec![])),
            (
                json!({"CONTACT": [2297, "275", 275]}),
                Some(vec![275, 2297]),
            ),
            (json!({"COMPANY": [1]}), Some(vec![])),
            (json!({"CONTACT": "275"}), None),
            (json!([275]), None),
            (json!(null), None),
        ];
        for (result, expected) in rows {
            assert_eq!(
                read_matches(&Answer::from(result.clone())).ok(),
                expected,
                "{result}"
            );
        }
        let call = find_by_comm(Comm::Phone, &["+491234".to_owned()]);
        assert_eq!(
            call.params,
            json!({"entity_type": "CONTACT", "type": "PHONE", "values": ["+491234"]})
        );
    }

    #[test]
    fn a_contact_is_read_with_its_addresses() {
        let page = json!({"items": [{
            "id": 77, "originatorId": "shopify:a", "originId": "c1", "name": "Ada", "lastName": null,
            "fm": [
                {"id": 1, "typeId": "PHONE", "valueType": "WORK", "value": "+491234"},
                {"id": 2, "typeId": "EMAIL", "valueType": "HOME", "value": "a@b.c"},
                {"id": 3, "typeId": "WEB", "valueType": "WORK", "value": "b.c"},
            ],
        }, {"id": "78"}]});
        let found = read_found(&Answer::from(page)).unwrap();
        assert_eq!(
            (found[0].emails.as_slice(), found[0].phones.as_slice()),
            (&["a@b.c".to_owned()][..], &["+491234".to_owned()][..])
        );
        assert_eq!(
            (found[0].name.as_deref(), found[0].last_name.as_deref()),
            (Some("Ada"), None)
        );
        assert_eq!((found[1].id, found[1].emails.len()), (78, 0));
        assert!(read_found(&Answer::from(json!({"items": [{"id": 1, "fm": "x"}]}))).is_err());
    }

    #[test]
    fn a_new_contact_says_only_what_is_known() {
        let bare = NewContact {
            first_name: None,
            last_name: None,
            email: None,
            phone: None,
            company: None,
            originator: "shopify:a".to_owned(),
            origin: "c1".to_owned(),
        };
        assert_eq!(
            bare.add().params["fields"],
            json!({"originatorId": "shopify:a", "originId": "c1"})
        );
        let full = NewContact {
            first_name: Some("Ada".to_owned()),
            email: Some("a@b.c".to_owned()),
            company: Some(5),
            ..bare
        };
        assert_eq!(
            full.add().params["fields"],
            json!({
                "originatorId": "shopify:a", "originId": "c1", "name": "Ada", "companyId": 5,
                "fm": [{"typeId": "EMAIL", "valueType": "WORK", "value": "a@b.c"}],
            })
        );
        assert_eq!(
            (
                full.add().params["entityTypeId"].as_u64(),
                full.add().batchable()
            ),
            (Some(3), Ok(()))
        );
    }
}
