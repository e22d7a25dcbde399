//! A contact or a company as the portal stores it, with its phones and e-mails.

use serde_json::{Map, Value};

use super::deal::stored_cell;
use super::field::{Cell, Entity, Kind, Record};
use super::php::Php;

/// The ground truth about one contact or company.
#[derive(Debug, Clone, PartialEq)]
pub struct Contact {
    /// Identifier, never used twice within its kind.
    pub id: u64,
    /// Contact or company.
    pub entity: Entity,
    /// First name of a contact.
    pub name: String,
    /// Last name of a contact.
    pub last_name: String,
    /// Title of a company.
    pub title: String,
    /// External system (`ORIGINATOR_ID`).
    pub originator_id: String,
    /// Identifier in the external system (`ORIGIN_ID`).
    pub origin_id: String,
    /// Phone numbers, as written.
    pub phones: Vec<Comm>,
    /// E-mail addresses, as written.
    pub emails: Vec<Comm>,
    /// Companies of a contact; the first one is the primary one.
    pub company_ids: Vec<u64>,
    /// Contacts of a company; the first one is the primary one.
    pub contact_ids: Vec<u64>,
    /// Responsible person.
    pub assigned_by: u64,
    /// Who created it.
    pub created_by: u64,
    /// Who changed it last.
    pub updated_by: u64,
    /// When it was created, milliseconds since the portal was built.
    pub created_ms: u64,
    /// When it was changed last, milliseconds since the portal was built.
    pub updated_ms: u64,
    /// Whether it is gone.
    pub deleted: bool,
    /// All other written fields by upper-case name.
    pub other: Map<String, Value>,
}

/// A phone number or an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comm {
    /// Identifier, unique among all of the portal.
    pub id: u64,
    /// The text as it was written.
    pub value: String,
    /// `WORK`, `HOME`, …
    pub value_type: String,
}

/// A change to the phones or e-mails of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommChange {
    pub(crate) phone: bool,
    /// The existing value to change; none appends a new one.
    pub(crate) id: Option<u64>,
    /// An empty text removes the value.
    pub(crate) value: String,
    pub(crate) value_type: String,
}

impl Contact {
    pub(crate) fn new(entity: Entity, id: u64, user: u64, now: u64) -> Self {
        Self {
            id,
            entity,
            name: String::new(),
            last_name: String::new(),
            title: String::new(),
            originator_id: String::new(),
            origin_id: String::new(),
            phones: Vec::new(),
            emails: Vec::new(),
            company_ids: Vec::new(),
            contact_ids: Vec::new(),
            assigned_by: user,
            created_by: user,
            updated_by: user,
            created_ms: now,
            updated_ms: now,
            deleted: false,
            other: Map::new(),
        }
    }

    pub(crate) fn set(&mut self, upper: &str, value: &Php, yes: bool) {
        match upper {
            "NAME" => self.name = value.string(),
            "LAST_NAME" => self.last_name = value.string(),
            "TITLE" => self.title = value.string(),
            "ORIGINATOR_ID" => self.originator_id = value.string(),
            "ORIGIN_ID" => self.origin_id = value.string(),
            "ASSIGNED_BY_ID" => self.assigned_by = value.idval(),
            _ => {
                let flag = self
                    .entity
                    .field(upper)
                    .is_some_and(|field| field.kind == Kind::Flag);
                let stored = if flag {
                    Value::from(yes)
                } else {
                    Value::from(value.string())
                };
                self.other.insert(upper.to_owned(), stored);
            }
        }
    }

    /// The records of the other kind that this one is linked to.
    pub(crate) fn links_mut(&mut self) -> &mut Vec<u64> {
        if self.entity == Entity::Company {
            &mut self.contact_ids
        } else {
            &mut self.company_ids
        }
    }

    /// Applies a change; `new_id` is used if it appends.
    pub(crate) fn change_comm(&mut self, change: &CommChange, new_id: u64) {
        let list = if change.phone {
            &mut self.phones
        } else {
            &mut self.emails
        };
        let known = change
            .id
            .and_then(|id| list.iter().position(|comm| comm.id == id));
        match known {
            Some(index) if change.value.is_empty() => {
                list.remove(index);
            }
            Some(index) => {
                if let Some(comm) = list.get_mut(index) {
                    comm.value.clone_from(&change.value);
                    comm.value_type.clone_from(&change.value_type);
                }
            }
            None if change.value.is_empty() => {}
            None => list.push(Comm {
                id: new_id,
                value: change.value.clone(),
                value_type: change.value_type.clone(),
            }),
        }
    }

    /// `PHONE` or `EMAIL` as the legacy family shows it.
    pub(crate) fn legacy_comms(&self, type_id: &str) -> Php {
        let list = if type_id == "PHONE" {
            &self.phones
        } else {
            &self.emails
        };
        Php::list(list.iter().map(|comm| {
            Php::map([
                ("ID", Php::text(comm.id.to_string())),
                ("VALUE_TYPE", Php::text(comm.value_type.clone())),
                ("VALUE", Php::text(comm.value.clone())),
                ("TYPE_ID", Php::text(type_id)),
            ])
        }))
    }

    /// `fm` as the item family shows it.
    pub(crate) fn item_comms(&self) -> Php {
        let typed = |comm: &Comm, type_id: &str| {
            Php::map([
                ("id", Php::id(comm.id)),
                ("valueType", Php::text(comm.value_type.clone())),
                ("value", Php::text(comm.value.clone())),
                ("typeId", Php::text(type_id)),
            ])
        };
        let phones = self.phones.iter().map(|comm| typed(comm, "PHONE"));
        let emails = self.emails.iter().map(|comm| typed(comm, "EMAIL"));
        Php::list(phones.chain(emails))
    }
}

impl Record for Contact {
    fn id(&self) -> u64 {
        self.id
    }

    fn cell(&self, upper: &str) -> Cell {
        match upper {
            "ID" => Cell::id(self.id),
            "NAME" => Cell::text(&self.name),
            "LAST_NAME" => Cell::text(&self.last_name),
            "TITLE" => Cell::text(&self.title),
            "ORIGINATOR_ID" => Cell::text(&self.originator_id),
            "ORIGIN_ID" => Cell::text(&self.origin_id),
            "COMPANY_ID" => Cell::link(self.company_ids.first().copied().unwrap_or(0)),
            "COMPANY_IDS" => Cell::Ids(self.company_ids.clone()),
            "CONTACT_IDS" => Cell::Ids(self.contact_ids.clone()),
            "HAS_PHONE" => Cell::Flag(!self.phones.is_empty()),
            "HAS_EMAIL" => Cell::Flag(!self.emails.is_empty()),
            "ASSIGNED_BY_ID" => Cell::id(self.assigned_by),
            "CREATED_BY_ID" => Cell::id(self.created_by),
            "MODIFY_BY_ID" => Cell::id(self.updated_by),
            "DATE_CREATE" => Cell::Time(self.created_ms),
            "DATE_MODIFY" => Cell::Time(self.updated_ms),
            "PHONE" => Cell::Raw(Php::list(
                self.phones.iter().map(|comm| Php::text(comm.value.clone())),
            )),
            "EMAIL" => Cell::Raw(Php::list(
                self.emails.iter().map(|comm| Php::text(comm.value.clone())),
            )),
            other => stored_cell(self.entity, &self.other, other),
        }
    }
}
