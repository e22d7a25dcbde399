//! User fields of deals as records of their own (facts §7).

use super::super::config::Language;
use super::super::error::RestError;
use super::super::php::Php;
use super::super::state::State;
use super::super::text::Text;
use super::super::user_field::{Choice, UserField};
use super::list::page;
use super::{Call, Method, Step, done};

/// The longest name of a user field, prefix included.
const FIELD_NAME_MAX: usize = 50;
/// Types a user field may have.
const FIELD_TYPES: [&str; 16] = [
    "string",
    "integer",
    "double",
    "boolean",
    "datetime",
    "date",
    "money",
    "url",
    "address",
    "enumeration",
    "file",
    "employee",
    "crm_status",
    "iblock_section",
    "iblock_element",
    "crm",
];
const FIRST_FIELD_ID: usize = 5801;

/// Ids of choices are numbered across all fields of the portal.
const FIRST_CHOICE_ID: u64 = 79;

pub(super) static METHODS: &[Method] = &[
    Method {
        name: "crm.deal.userfield.add",
        scope: "crm",
        run: add_user_field,
    },
    Method {
        name: "crm.deal.userfield.list",
        scope: "crm",
        run: user_fields,
    },
];

fn add_user_field(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    only_admins(state)?;
    let fields = call.legacy("fields").filter(|fields| fields.is_array());
    let fields = fields.ok_or_else(|| RestError::legacy(Text::FieldsNotArray))?;
    let text = |name: &str| fields.get(name).map(Php::string).unwrap_or_default();
    let core = |text| RestError::new(400, "ERROR_CORE", Text::Fixed(text));
    let mut name = text("FIELD_NAME").to_ascii_uppercase();
    if name.is_empty() {
        return Err(RestError::legacy(Text::Fixed(
            "The 'FIELD_NAME' field is not found.",
        )));
    }
    if !name.starts_with("UF_CRM_") {
        name.insert_str(0, "UF_CRM_");
    }
    if name.len() > FIELD_NAME_MAX {
        return Err(core("Field name is too long."));
    }
    if !name
        .bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    {
        return Err(core("Field name contains invalid characters."));
    }
    let user_type = text("USER_TYPE_ID");
    if !FIELD_TYPES.contains(&user_type.as_str()) {
        return Err(core("Incorrect custom type specified."));
    }
    if state.user_fields.iter().any(|field| field.name == name) {
        return Err(core("The field already exists."));
    }
    let show_filter = match text("SHOW_FILTER").as_str() {
        "Y" | "E" => 'E',
        "I" => 'I',
        "S" => 'S',
        _ => 'N',
    };
    let settings = fields.get("SETTINGS").cloned().unwrap_or_else(Php::empty);
    let items = choices(state, fields.get("LIST"));
    let label = label_of(fields, state.config.language);
    state.user_fields.push(UserField {
        name,
        settings: UserField::settings_from(&user_type, &settings),
        user_type,
        show_filter,
        multiple: text("MULTIPLE") == "Y",
        label,
        mandatory: text("MANDATORY") == "Y",
        items,
    });
    done(Php::Int(
        (FIRST_FIELD_ID + state.user_fields.len() - 1) as i64,
    ))
}

fn user_fields(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    only_admins(state)?;
    let wanted = call
        .legacy("filter")
        .and_then(|filter| filter.get("FIELD_NAME"))
        .map(Php::string);
    let rows = state
        .user_fields
        .iter()
        .enumerate()
        .filter(|(_, field)| wanted.as_ref().is_none_or(|name| *name == field.name));
    let page = page(rows.collect(), call.start);
    let shown = Php::list(page.rows.iter().map(|(index, field)| {
        let settings = field
            .settings
            .iter()
            .map(|(name, value)| (name.clone(), Php::from_value(value)));
        let mut shown = Php::map([
            ("ID", Php::text((FIRST_FIELD_ID + index).to_string())),
            ("ENTITY_ID", Php::text("CRM_DEAL")),
            ("FIELD_NAME", Php::text(field.name.clone())),
            ("USER_TYPE_ID", Php::text(field.user_type.clone())),
            ("XML_ID", Php::Null),
            ("SORT", Php::text("100")),
            (
                "MULTIPLE",
                Php::text(if field.multiple { "Y" } else { "N" }),
            ),
            (
                "MANDATORY",
                Php::text(if field.mandatory { "Y" } else { "N" }),
            ),
            ("SHOW_FILTER", Php::text(field.show_filter.to_string())),
            ("SETTINGS", Php::map(settings)),
        ]);
        if field.user_type == "enumeration" {
            shown.set(
                "LIST",
                Php::list(field.items.iter().enumerate().map(choice)),
            );
        }
        shown
    }));
    Ok(Step::Done(page.reply(shown)))
}

/// Both methods are for administrators of the CRM (facts §7); refused like all of the legacy family, without a code.
fn only_admins(state: &State) -> Result<(), RestError> {
    if state.config.admin {
        Ok(())
    } else {
        Err(RestError::legacy(Text::AccessDenied))
    }
}

/// The choices that a request lists, under new ids.
fn choices(state: &State, list: Option<&Php>) -> Vec<Choice> {
    let taken = state
        .user_fields
        .iter()
        .flat_map(|field| field.items.iter().map(|choice| choice.id + 1))
        .max();
    let first = taken.unwrap_or(FIRST_CHOICE_ID).max(FIRST_CHOICE_ID);
    let values = list.map(Php::pairs).unwrap_or_default();
    let texts = values
        .iter()
        .filter_map(|(_, item)| item.get("VALUE").map(Php::string));
    (first..)
        .zip(texts)
        .map(|(id, value)| Choice { id, value })
        .collect()
}

fn choice((index, choice): (usize, &Choice)) -> Php {
    Php::map([
        ("ID", Php::text(choice.id.to_string())),
        ("SORT", Php::text(((index + 1) * 10).to_string())),
        ("VALUE", Php::text(choice.value.clone())),
        ("DEF", Php::text("N")),
    ])
}

/// The label of the form, which may be one text or one per language, or `LABEL` for a language that it lacks.
fn label_of(fields: &Php, language: Language) -> String {
    let code = match language {
        Language::En => "en",
        Language::De => "de",
        Language::Ru => "ru",
    };
    let given = ["EDIT_FORM_LABEL", "LABEL", "LIST_COLUMN_LABEL"];
    let texts = given
        .iter()
        .filter_map(|name| fields.get(name))
        .filter_map(|label| {
            if label.is_array() {
                label.get(code).map(Php::string)
            } else {
                Some(label.string())
            }
        });
    texts.into_iter().next().unwrap_or_default()
}
