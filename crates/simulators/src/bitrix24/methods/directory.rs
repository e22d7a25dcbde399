//! Categories, stages, currencies and user fields (facts §7, §8).

use super::super::config::{Category, UserField};
use super::super::error::RestError;
use super::super::php::Php;
use super::super::state::State;
use super::super::text::Text;
use super::list::page;
use super::{Call, Method, Reply, Step, done};

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

pub(super) static METHODS: &[Method] = &[
    Method {
        name: "crm.category.list",
        scope: "crm",
        run: categories,
    },
    Method {
        name: "crm.status.list",
        scope: "crm",
        run: statuses,
    },
    Method {
        name: "crm.currency.list",
        scope: "crm",
        run: currencies,
    },
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

fn categories(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    if call.exact("entityTypeId")?.idval() != 2 {
        return Err(RestError::new(400, "NOT_FOUND", Text::TypeNotFound));
    }
    let shown = state.config.categories.iter().map(|category| {
        Php::map([
            ("id", Php::id(category.id)),
            ("name", Php::text(category.name.clone())),
            ("sort", Php::Int(if category.id == 0 { 300 } else { 200 })),
            ("entityTypeId", Php::Int(2)),
            (
                "isDefault",
                Php::text(if category.id == 0 { "Y" } else { "N" }),
            ),
            ("originId", Php::text("")),
            ("originatorId", Php::text("")),
        ])
    });
    let categories = Php::list(shown.collect::<Vec<_>>());
    let total = Some(state.config.categories.len() as i64);
    Ok(Step::Done(Reply {
        result: Php::map([("categories", categories)]),
        total,
        next: None,
    }))
}

fn statuses(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let filter = call.legacy("filter");
    let wanted = filter
        .and_then(|filter| filter.get("ENTITY_ID").or_else(|| filter.get("=ENTITY_ID")))
        .map(Php::string);
    let mut rows = Vec::new();
    for category in &state.config.categories {
        let entity = if category.id == 0 {
            "DEAL_STAGE".to_owned()
        } else {
            format!("DEAL_STAGE_{}", category.id)
        };
        if wanted.as_ref().is_none_or(|wanted| *wanted == entity) {
            rows.extend(stages(category, &entity));
        }
    }
    if wanted.as_deref().is_none_or(|wanted| wanted == "SOURCE") {
        rows.extend(
            [
                ("CALL", "Call"),
                ("WEB", "Website"),
                ("STORE", "Online store"),
            ]
            .iter()
            .enumerate()
            .map(|(index, (id, name))| {
                status(
                    901 + index,
                    "SOURCE",
                    id,
                    name,
                    (index + 1) * 10,
                    Php::Null,
                    Php::empty(),
                    Php::Null,
                )
            }),
        );
    }
    let total = Some(rows.len() as i64);
    Ok(Step::Done(Reply {
        result: Php::list(rows),
        total,
        next: None,
    }))
}

fn stages(category: &Category, entity: &str) -> Vec<Php> {
    let category_id = if category.id == 0 {
        Php::Null
    } else {
        Php::text(category.id.to_string())
    };
    let first = 101 + usize::try_from(category.id).unwrap_or(0) * 100;
    let mut rows = Vec::new();
    for (index, stage) in category.stages.iter().enumerate() {
        let (semantics, meaning) = match stage.semantic {
            'S' => (Php::text("S"), "success"),
            'F' if stage.id.ends_with("APOLOGY") => (Php::text("F"), "apology"),
            'F' => (Php::text("F"), "failure"),
            _ => (Php::Null, "process"),
        };
        let extra = Php::map([
            ("SEMANTICS", Php::text(meaning)),
            ("COLOR", Php::text("#39A8EF")),
        ]);
        let sort = (index + 1) * 10;
        rows.push(status(
            first + index,
            entity,
            &stage.id,
            &stage.name,
            sort,
            semantics,
            extra,
            category_id.clone(),
        ));
    }
    rows
}

#[expect(
    clippy::too_many_arguments,
    reason = "one argument per column of the directory"
)]
fn status(
    id: usize,
    entity: &str,
    status: &str,
    name: &str,
    sort: usize,
    semantics: Php,
    extra: Php,
    category: Php,
) -> Php {
    let system = ["NEW", "WON", "LOSE"]
        .iter()
        .any(|fixed| status == *fixed || status.ends_with(&format!(":{fixed}")));
    Php::map([
        ("ID", Php::text(id.to_string())),
        ("ENTITY_ID", Php::text(entity)),
        ("STATUS_ID", Php::text(status)),
        ("NAME", Php::text(name)),
        ("NAME_INIT", Php::text(name)),
        ("SORT", Php::text(sort.to_string())),
        ("SYSTEM", Php::text(if system { "Y" } else { "N" })),
        ("CATEGORY_ID", category),
        ("COLOR", Php::text("#39A8EF")),
        ("SEMANTICS", semantics),
        ("EXTRA", extra),
    ])
}

fn currencies(state: &mut State, _call: &Call, _waited: bool) -> Result<Step, RestError> {
    let rows = state
        .config
        .currencies
        .iter()
        .enumerate()
        .map(|(index, code)| {
            Php::map([
                ("CURRENCY", Php::text(code.clone())),
                ("AMOUNT_CNT", Php::text("1")),
                ("AMOUNT", Php::text("1.0000")),
                ("SORT", Php::text(((index + 1) * 100).to_string())),
                ("BASE", Php::text(if index == 0 { "Y" } else { "N" })),
                ("FULL_NAME", Php::text(code.clone())),
                ("LID", Php::text("en")),
            ])
        });
    let total = Some(state.config.currencies.len() as i64);
    Ok(Step::Done(Reply {
        result: Php::list(rows.collect::<Vec<_>>()),
        total,
        next: None,
    }))
}

fn add_user_field(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
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
    state.user_fields.push(UserField {
        name,
        user_type,
        show_filter,
        multiple: text("MULTIPLE") == "Y",
    });
    done(Php::Int(
        (FIRST_FIELD_ID + state.user_fields.len() - 1) as i64,
    ))
}

fn user_fields(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
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
        Php::map([
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
            ("MANDATORY", Php::text("N")),
            ("SHOW_FILTER", Php::text(field.show_filter.to_string())),
            ("SETTINGS", Php::empty()),
        ])
    }));
    Ok(Step::Done(page.reply(shown)))
}
