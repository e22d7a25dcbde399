//! The deal fields that onedeal writes: are they there, and do they hold what is written into them?

use kernel::mapping::nearest;
use service::setup::{FieldState, FieldWish};

use super::{
    Looks,
    report::{Line, Report},
};
use crate::lang::Lang;

/// The field that carries the order's number.
pub(super) fn order_field(looks: &Looks<'_>, report: &mut Report) {
    let name = &looks.mapping.order_field;
    looks.found(
        report,
        "order_field",
        |place| place == "order_field",
        || match looks.lang {
            Lang::En => format!("{name}: a text of one value"),
            Lang::Ru => format!("{name}: строка, одно значение"),
        },
    );
}

/// The field that names the survivor of a duplicate set.
pub(super) fn duplicate_field(looks: &Looks<'_>, report: &mut Report) {
    const CHECK: &str = "duplicate_field";
    let lang = looks.lang;
    let Some(name) = &looks.mapping.duplicate_field else {
        let says = lang.say(
            "none is set: a duplicate is flagged in its title",
            "не задано: дубликат помечается в названии",
        );
        report.add(Line::fine(CHECK, says.to_owned()));
        return;
    };
    let fields = &looks.directory.fields;
    let problem = match (FieldWish::duplicate(name).state(looks.directory), lang) {
        (FieldState::Missing, Lang::En) => format!("the portal has no deal field `{name}`"),
        (FieldState::Missing, Lang::Ru) => format!("на портале нет поля сделки `{name}`"),
        (FieldState::OtherKind(kind), Lang::En) => {
            format!("`{name}` cannot hold a deal's number (type {kind})")
        }
        (FieldState::OtherKind(kind), Lang::Ru) => {
            format!("`{name}` не хранит номер сделки (тип {kind})")
        }
        (FieldState::Several, Lang::En) => format!("`{name}` holds several values"),
        (FieldState::Several, Lang::Ru) => format!("в поле `{name}` несколько значений"),
        (FieldState::Fits, _) => {
            report.add(Line::fine(CHECK, name.clone()));
            return;
        }
    };
    let near = nearest(name, fields.keys().map(String::as_str)).filter(|it| it != name);
    let remedy = match (near, lang) {
        (Some(near), Lang::En) => {
            format!("name `{near}`, or create the field (integer, one value)")
        }
        (Some(near), Lang::Ru) => {
            format!("укажите `{near}` или создайте поле (целое, одно значение)")
        }
        (None, Lang::En) => "create the field (integer, one value)".to_owned(),
        (None, Lang::Ru) => "создайте поле (целое, одно значение)".to_owned(),
    };
    report.add(Line::problem(CHECK, problem, Some(remedy)));
}

/// The fields of the mapping: names, types, entries of lists, one value or several.
pub(super) fn mapped(looks: &Looks<'_>, report: &mut Report) {
    let rules = looks.mapping.field_makers().count();
    looks.found(
        report,
        "fields",
        |place| place.starts_with("fields."),
        || match (rules, looks.lang) {
            (0, Lang::En) => "the mapping sets none".to_owned(),
            (0, Lang::Ru) => "правилами не задаются".to_owned(),
            (_, Lang::En) => format!("all {rules} of the mapping are there and fit their types"),
            (_, Lang::Ru) => format!("все {rules} из правил есть и подходят по типу"),
        },
    );
}
