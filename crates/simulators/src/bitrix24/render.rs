//! Records as the two families show them.

use super::clock::Clock;
use super::contact::Contact;
use super::field::{Cell, Entity, Family, Field, Kind, Record};
use super::php::Php;
use super::rows::{money_text, number};
use super::user_field::UserField;

/// Which fields an answer shows.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    names: Vec<String>,
    plain: bool,
    user: bool,
}

impl Selection {
    /// Everything, as `get` and `add` show it.
    pub(crate) fn everything() -> Self {
        Self {
            names: Vec::new(),
            plain: true,
            user: true,
        }
    }

    /// The `select` of a list method: names, `*` for all plain fields, `UF_*` for all user fields.
    pub(crate) fn parse(select: Option<&Php>) -> Self {
        let names: Vec<String> = select
            .map(Php::pairs)
            .unwrap_or_default()
            .iter()
            .map(|(_, name)| name.string())
            .collect();
        let plain = names.is_empty() || names.iter().any(|name| name == "*");
        let user = names.iter().any(|name| name == "UF_*");
        Self { names, plain, user }
    }

    pub(crate) fn names(&self, name: &str) -> bool {
        self.names.iter().any(|named| named == name)
    }
}

/// A record of the legacy family: upper-case names, strings, null for what is absent. `ID` always shows.
pub(crate) fn legacy(
    record: &dyn Record,
    entity: Entity,
    user_fields: &[UserField],
    selection: &Selection,
    clock: &Clock,
) -> Php {
    let mut shown = Php::empty();
    for field in entity.fields() {
        let wanted = selection.plain || field.upper == "ID" || selection.names(field.upper);
        // The set of contacts cannot be selected in this family.
        if wanted && field.kind != Kind::Ids {
            shown.set(field.upper, legacy_value(&record.cell(field.upper), clock));
        }
    }
    for user_field in deal_user_fields(entity, user_fields) {
        if selection.user || selection.names(&user_field.name) {
            let cell = record.cell(&user_field.name);
            let value = if user_field.multiple && cell == Cell::Null {
                // An empty list is stored as PHP's false.
                Php::Bool(false)
            } else {
                legacy_value(&cell, clock)
            };
            shown.set(&user_field.name, value);
        }
    }
    shown
}

/// Adds `PHONE` and `EMAIL` as far as they exist.
pub(crate) fn legacy_comms(shown: &mut Php, party: &Contact, wanted: impl Fn(&str) -> bool) {
    for (name, list) in [("PHONE", &party.phones), ("EMAIL", &party.emails)] {
        if wanted(name) && !list.is_empty() {
            shown.set(name, party.legacy_comms(name));
        }
    }
}

/// A record of the item family: camel-case names, numbers as numbers.
pub(crate) fn item(
    record: &dyn Record,
    entity: Entity,
    user_fields: &[UserField],
    original_names: bool,
    selection: &Selection,
    clock: &Clock,
) -> Php {
    let mut shown = Php::empty();
    for field in entity.fields() {
        if selection.plain || selection.names(field.camel) {
            shown.set(field.camel, item_value(record, field, clock));
        }
    }
    for user_field in deal_user_fields(entity, user_fields) {
        let name = user_field.name_in(Family::Item, original_names);
        if selection.user || selection.names(&name) {
            let cell = record.cell(&user_field.name);
            let value = if let Cell::Raw(Php::Bool(yes)) = cell {
                Php::text(if yes { "Y" } else { "N" })
            } else if user_field.multiple && cell == Cell::Null {
                Php::empty()
            } else {
                plain_item_value(&cell, clock)
            };
            shown.set(&name, value);
        }
    }
    if selection.plain {
        shown.set("entityTypeId", Php::Int(entity.type_id()));
    }
    shown
}

fn deal_user_fields(entity: Entity, user_fields: &[UserField]) -> &[UserField] {
    if entity == Entity::Deal {
        user_fields
    } else {
        &[]
    }
}

pub(crate) fn legacy_value(cell: &Cell, clock: &Clock) -> Php {
    match cell {
        Cell::Null => Php::Null,
        Cell::Text(text) => Php::text(text.clone()),
        Cell::Int(int) => Php::text(int.to_string()),
        Cell::Number(amount) => Php::text(money_text(*amount)),
        Cell::Flag(yes) => Php::text(if *yes { "Y" } else { "N" }),
        Cell::Time(ms) => Php::text(clock.iso(*ms)),
        Cell::Ids(ids) => Php::list(ids.iter().map(|id| Php::text(id.to_string()))),
        Cell::Raw(Php::Bool(yes)) => Php::text(if *yes { "1" } else { "0" }),
        Cell::Raw(raw @ (Php::Int(_) | Php::Float(_))) => Php::text(raw.string()),
        Cell::Raw(raw @ (Php::Null | Php::Str(_) | Php::Array(_))) => raw.clone(),
    }
}

fn item_value(record: &dyn Record, field: &Field, clock: &Clock) -> Php {
    let cell = record.cell(field.upper);
    // A total of nothing reads back as 0 or as null (facts §2.3); which one depends on the record, so both are met.
    if field.upper == "OPPORTUNITY"
        && record.id() % 2 == 1
        && matches!(&cell, Cell::Number(amount) if amount.is_zero())
    {
        return Php::Null;
    }
    plain_item_value(&cell, clock)
}

pub(crate) fn plain_item_value(cell: &Cell, clock: &Clock) -> Php {
    match cell {
        Cell::Null => Php::Null,
        Cell::Text(text) => Php::text(text.clone()),
        Cell::Int(int) => Php::Int(*int),
        Cell::Number(amount) => number(*amount),
        Cell::Flag(yes) => Php::text(if *yes { "Y" } else { "N" }),
        Cell::Time(ms) => Php::text(clock.iso(*ms)),
        Cell::Ids(ids) => Php::list(ids.iter().map(|id| Php::id(*id))),
        Cell::Raw(raw) => raw.clone(),
    }
}
