//! Categories, stages, other directories and currencies (facts §8, docs/facts.md §5).

use super::super::config::Category;
use super::super::directory::DirectoryValue;
use super::super::error::RestError;
use super::super::php::Php;
use super::super::state::State;
use super::super::text::Text;
use super::{Call, Method, Reply, Step};

/// The values of directories are numbered after all stages.
const FIRST_VALUE_ID: usize = 90_001;

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
];

fn categories(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    if call.exact("entityTypeId")?.idval() != 2 {
        return Err(RestError::new(400, "NOT_FOUND", Text::TypeNotFound));
    }
    let shown = state.config.categories.iter().map(|category| {
        let default = category.id == 0;
        let mut shown = Php::map([
            ("id", Php::id(category.id)),
            ("name", Php::text(category.name.clone())),
            ("sort", Php::Int(if default { 300 } else { 200 })),
            ("entityTypeId", Php::Int(2)),
            ("isDefault", Php::text(if default { "Y" } else { "N" })),
        ]);
        // The default category is no record of its own and has no origin.
        if !default {
            shown.set("originId", Php::text(""));
            shown.set("originatorId", Php::text(""));
        }
        shown
    });
    let categories = Php::list(shown.collect::<Vec<_>>());
    let total = Some(state.config.categories.len() as i64);
    Ok(Step::Done(Reply {
        result: Php::map([("categories", categories)]),
        total,
        next: None,
    }))
}

/// Everything at once, without pages.
fn statuses(state: &mut State, call: &Call, _waited: bool) -> Result<Step, RestError> {
    let filter = call.legacy("filter").map(Php::pairs).unwrap_or_default();
    for name in ["ENTITY_ID", "STATUS_ID", "SORT", "SEMANTICS"] {
        if filter
            .iter()
            .any(|(key, value)| key == name && value.is_array())
        {
            let text = format!("Filter by {name} must be a string");
            return Err(RestError::legacy(Text::Built(text)));
        }
    }
    let mut rows = Vec::new();
    for category in &state.config.categories {
        let entity = match category.id {
            0 => "DEAL_STAGE".to_owned(),
            id => format!("DEAL_STAGE_{id}"),
        };
        rows.extend(stages(category, &entity));
    }
    rows.extend(values(state));
    rows.retain(|row| filter.iter().all(|(key, value)| row_meets(row, key, value)));
    let order = call.legacy("order").map(Php::pairs).unwrap_or_default();
    for (name, direction) in order.iter().rev() {
        let descending = direction.string().eq_ignore_ascii_case("DESC");
        let number = matches!(name.as_str(), "ID" | "SORT");
        rows.sort_by(|left, right| {
            let text = |row: &Php| row.get(name).map(Php::string).unwrap_or_default();
            let ordering = if number {
                Php::text(text(left))
                    .intval()
                    .cmp(&Php::text(text(right)).intval())
            } else {
                text(left).cmp(&text(right))
            };
            if descending {
                ordering.reverse()
            } else {
                ordering
            }
        });
    }
    let total = Some(rows.len() as i64);
    Ok(Step::Done(Reply {
        result: Php::list(rows),
        total,
        next: None,
    }))
}

/// Conditions on columns that a directory does not have are dropped.
fn row_meets(row: &Php, key: &str, value: &Php) -> bool {
    let Some(column) = row.get(key.trim_start_matches('=')) else {
        return true;
    };
    column.string().eq_ignore_ascii_case(&value.string())
}

/// The directories that are no stages, each sorted from the start.
fn values(state: &State) -> Vec<Php> {
    let mut rows: Vec<Php> = Vec::new();
    for (index, value) in state.config.directory.iter().enumerate() {
        let same = |other: &&DirectoryValue| other.entity == value.entity;
        let place = state.config.directory[..=index].iter().filter(same).count();
        let mut row = status(
            FIRST_VALUE_ID + index,
            &value.entity,
            &value.id,
            &value.name,
            place * 10,
            Php::Null,
            Php::empty(),
            Php::Null,
        );
        row.set("SYSTEM", Php::text(if value.system { "Y" } else { "N" }));
        row.set("COLOR", Php::Null);
        rows.push(row);
    }
    rows
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
                ("FORMAT_STRING", Php::text(format!("# {code}"))),
                ("DEC_POINT", Php::text(".")),
                ("THOUSANDS_SEP", Php::text(",")),
                ("DECIMALS", Php::text(if code == "JPY" { "0" } else { "2" })),
                ("DATE_UPDATE", Php::text(state.clock.iso(0))),
            ])
        });
    let total = Some(state.config.currencies.len() as i64);
    Ok(Step::Done(Reply {
        result: Php::list(rows.collect::<Vec<_>>()),
        total,
        next: None,
    }))
}
