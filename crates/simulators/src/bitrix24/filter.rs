//! Filters of list methods, with the dangers of both families (facts §1.6).

use std::cmp::Ordering;

use super::clock::Clock;
use super::field::{Cell, Entity, Family, Field, Kind, Record};
use super::php::Php;
use super::user_field::{UserField, find_user_field};

/// What a record must meet to be listed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Field {
        upper: String,
        op: Op,
        values: Vec<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    /// Equal to one of the values; an empty text also means null.
    In,
    NotIn,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// Between two values, both included.
    Between,
    /// Like a pattern with `%` and `_`, case-insensitive.
    Like,
    NotLike,
    /// Contains the value as it is.
    Contains,
    NotContains,
}

/// Longer prefixes come first.
const PREFIXES: [(&str, Op); 16] = [
    ("!=%", Op::NotLike),
    ("!%=", Op::NotLike),
    ("!@", Op::NotIn),
    ("!%", Op::NotContains),
    ("!=", Op::NotIn),
    ("><", Op::Between),
    (">=", Op::GreaterOrEqual),
    ("<=", Op::LessOrEqual),
    ("=%", Op::Like),
    ("%=", Op::Like),
    ("!", Op::NotIn),
    ("=", Op::In),
    ("@", Op::In),
    (">", Op::Greater),
    ("<", Op::Less),
    ("%", Op::Contains),
];

/// The most levels of nested groups that are read.
const GROUP_DEPTH_MAX: usize = 8;

impl Test {
    pub(crate) fn matches(&self, record: &dyn Record, clock: &Clock) -> bool {
        match self {
            Self::All(tests) => tests.iter().all(|test| test.matches(record, clock)),
            Self::Any(tests) => tests.iter().any(|test| test.matches(record, clock)),
            Self::Field { upper, op, values } => meets(&record.cell(upper), *op, values, clock),
        }
    }
}

/// A legacy filter: what it does not know it drops without a word.
pub(crate) fn legacy(filter: &Php, entity: Entity, user_fields: &[UserField]) -> Test {
    let tests = filter
        .pairs()
        .iter()
        .filter_map(|(key, value)| legacy_test(key, value, entity, user_fields));
    Test::All(tests.collect())
}

/// An item filter; the error is the text of `INVALID_ARG_VALUE`.
pub(crate) fn item(
    filter: &Php,
    entity: Entity,
    user_fields: &[UserField],
    original_names: bool,
) -> Result<Test, String> {
    item_group(filter, entity, user_fields, original_names, GROUP_DEPTH_MAX)
}

/// Compares two cells for an order; null comes first.
pub(crate) fn order(left: &Cell, right: &Cell) -> Ordering {
    match (left, right) {
        (Cell::Null, Cell::Null) => Ordering::Equal,
        (Cell::Null, _) => Ordering::Less,
        (_, Cell::Null) => Ordering::Greater,
        (Cell::Int(left), Cell::Int(right)) => left.cmp(right),
        (Cell::Number(left), Cell::Number(right)) => left.cmp(right),
        (Cell::Time(left), Cell::Time(right)) => (left / 1000).cmp(&(right / 1000)),
        (left, right) => folded(&cell_text(left)).cmp(&folded(&cell_text(right))),
    }
}

/// The upper-case name behind a name of the item family, if there is such a field.
pub(crate) fn item_name(
    name: &str,
    entity: Entity,
    user_fields: &[UserField],
    original_names: bool,
) -> Option<String> {
    if let Some(field) = entity.item_field(name) {
        return Some(field.upper.to_owned());
    }
    let user_fields = if entity == Entity::Deal {
        user_fields
    } else {
        &[]
    };
    find_user_field(user_fields, name, Family::Item, original_names).map(|field| field.name.clone())
}

fn legacy_test(key: &str, value: &Php, entity: Entity, user_fields: &[UserField]) -> Option<Test> {
    let (prefix, op, name) = split_prefix(key);
    let user_field = user_fields
        .iter()
        .find(|field| entity == Entity::Deal && field.name == name);
    let field = entity.field(name).filter(|field| field.kind != Kind::Ids);
    let comm = entity != Entity::Deal && matches!(name, "PHONE" | "EMAIL");
    if user_field.is_none() && field.is_none() && !comm {
        return None;
    }
    let values = values_of(value);
    let mut op = op.unwrap_or(Op::In);
    if field.is_some_and(is_link) {
        op = match op {
            Op::Like | Op::Contains => Op::In,
            Op::NotLike | Op::NotContains => Op::NotIn,
            Op::In
            | Op::NotIn
            | Op::Less
            | Op::LessOrEqual
            | Op::Greater
            | Op::GreaterOrEqual
            | Op::Between => op,
        };
    }
    if values.is_empty() {
        return None;
    }
    if let (Some(user_field), "") = (user_field, prefix) {
        let single = values.first().filter(|_| !value.is_array());
        if single.is_some_and(String::is_empty) {
            return None;
        }
        if user_field.user_type == "string" && single.is_some() {
            op = bare_user_field_op(user_field, &values);
        }
    }
    Some(Test::Field {
        upper: name.to_owned(),
        op,
        values,
    })
}

/// How a text field of the user matches without a prefix.
fn bare_user_field_op(field: &UserField, values: &[String]) -> Op {
    let digits = values
        .iter()
        .all(|value| value.bytes().all(|byte| byte.is_ascii_digit()));
    match field.show_filter {
        'I' => Op::In,
        'E' => Op::Contains,
        _ if digits => Op::In,
        _ => Op::Like,
    }
}

fn is_link(field: &Field) -> bool {
    field.kind == Kind::Status || matches!(field.upper, "COMPANY_ID" | "CONTACT_ID")
}

fn item_group(
    group: &Php,
    entity: Entity,
    user_fields: &[UserField],
    original_names: bool,
    depth: usize,
) -> Result<Test, String> {
    let any = group
        .get("logic")
        .is_some_and(|logic| logic.string().eq_ignore_ascii_case("OR"));
    let mut tests = Vec::new();
    for (key, value) in group.pairs() {
        if key == "logic" {
            continue;
        }
        if key.bytes().all(|byte| byte.is_ascii_digit()) && value.is_array() && depth > 0 {
            tests.push(item_group(
                value,
                entity,
                user_fields,
                original_names,
                depth - 1,
            )?);
        } else {
            tests.push(item_test(key, value, entity, user_fields, original_names)?);
        }
    }
    Ok(if any {
        Test::Any(tests)
    } else {
        Test::All(tests)
    })
}

fn item_test(
    key: &str,
    value: &Php,
    entity: Entity,
    user_fields: &[UserField],
    original_names: bool,
) -> Result<Test, String> {
    let (prefix, op, name) = split_prefix(key);
    let upper = item_name(name, entity, user_fields, original_names)
        .ok_or_else(|| format!("Invalid filter: field '{name}' is not allowed in filter"))?;
    let array_allowed = matches!(prefix, "" | "=" | "!=" | "@" | "!@");
    let flat = value.pairs().iter().all(|(_, item)| !item.is_array());
    if value.is_array() && !(array_allowed && flat) {
        return Err(format!("Invalid filter: field '{name}' has invalid value"));
    }
    let text = match entity.field(&upper) {
        Some(field) => field.kind == Kind::Text,
        None => user_fields
            .iter()
            .any(|field| field.name == upper && field.user_type == "string"),
    };
    let op = match op {
        Some(op) => op,
        None if text && !value.is_array() => Op::Like,
        None => Op::In,
    };
    Ok(Test::Field {
        upper,
        op,
        values: values_of(value),
    })
}

fn split_prefix(key: &str) -> (&str, Option<Op>, &str) {
    PREFIXES
        .iter()
        .find_map(|(prefix, op)| {
            key.strip_prefix(prefix)
                .map(|name| (*prefix, Some(*op), name))
        })
        .unwrap_or(("", None, key))
}

fn values_of(value: &Php) -> Vec<String> {
    match value {
        Php::Array(pairs) => pairs.iter().map(|(_, item)| scalar(item)).collect(),
        Php::Null | Php::Bool(_) | Php::Int(_) | Php::Float(_) | Php::Str(_) => vec![scalar(value)],
    }
}

fn scalar(value: &Php) -> String {
    match value {
        Php::Bool(yes) => if *yes { "1" } else { "0" }.to_owned(),
        Php::Null | Php::Int(_) | Php::Float(_) | Php::Str(_) | Php::Array(_) => value.string(),
    }
}

fn meets(cell: &Cell, op: Op, values: &[String], clock: &Clock) -> bool {
    let several = match cell {
        Cell::Ids(ids) => Some(ids.iter().map(|id| Cell::id(*id)).collect::<Vec<_>>()),
        Cell::Raw(Php::Array(items)) => Some(
            items
                .iter()
                .map(|(_, item)| Cell::Raw(item.clone()))
                .collect(),
        ),
        Cell::Null
        | Cell::Text(_)
        | Cell::Int(_)
        | Cell::Number(_)
        | Cell::Flag(_)
        | Cell::Time(_)
        | Cell::Raw(_) => None,
    };
    if let Some(cells) = several {
        return match op {
            Op::NotIn | Op::NotLike | Op::NotContains => {
                cells.iter().all(|cell| meets(cell, op, values, clock))
            }
            Op::In if cells.is_empty() => values.iter().any(String::is_empty),
            Op::In
            | Op::Less
            | Op::LessOrEqual
            | Op::Greater
            | Op::GreaterOrEqual
            | Op::Between
            | Op::Like
            | Op::Contains => cells.iter().any(|cell| meets(cell, op, values, clock)),
        };
    }
    let first = values.first().map_or("", String::as_str);
    let compared = |value: &str| compare(cell, value, clock);
    match op {
        Op::In => values.iter().any(|value| equal(cell, value, clock)),
        Op::NotIn => !values.iter().any(|value| equal(cell, value, clock)),
        Op::Less => compared(first) == Some(Ordering::Less),
        Op::LessOrEqual => compared(first).is_some_and(Ordering::is_le),
        Op::Greater => compared(first) == Some(Ordering::Greater),
        Op::GreaterOrEqual => compared(first).is_some_and(Ordering::is_ge),
        Op::Between => {
            let last = values.get(1).map_or(first, String::as_str);
            compared(first).is_some_and(Ordering::is_ge)
                && compared(last).is_some_and(Ordering::is_le)
        }
        Op::Like => values.iter().any(|value| like(&cell_text(cell), value)),
        Op::NotLike => !values.iter().any(|value| like(&cell_text(cell), value)),
        Op::Contains => values.iter().any(|value| contains(cell, value)),
        Op::NotContains => !values.iter().any(|value| contains(cell, value)),
    }
}

fn equal(cell: &Cell, value: &str, clock: &Clock) -> bool {
    match cell {
        Cell::Null | Cell::Raw(Php::Null) => value.is_empty(),
        Cell::Text(_)
        | Cell::Int(_)
        | Cell::Number(_)
        | Cell::Flag(_)
        | Cell::Time(_)
        | Cell::Ids(_)
        | Cell::Raw(_) => compare(cell, value, clock) == Some(Ordering::Equal),
    }
}

/// The order of a cell and a filter value, as the database compares them: texts without case and trailing spaces.
fn compare(cell: &Cell, value: &str, clock: &Clock) -> Option<Ordering> {
    let number = || Php::text(value).decimal();
    match cell {
        Cell::Null | Cell::Ids(_) => None,
        Cell::Text(text) => Some(folded(text).cmp(&folded(value))),
        Cell::Int(int) => Some(Php::Int(*int).decimal().cmp(&number())),
        Cell::Number(amount) => Some(amount.cmp(&number())),
        Cell::Flag(yes) => Some(if *yes { "y" } else { "n" }.cmp(folded(value).as_str())),
        Cell::Time(ms) => clock
            .parse(value)
            .map(|second| clock.unix_s(*ms).cmp(&second)),
        Cell::Raw(raw) => match raw {
            Php::Null | Php::Array(_) => None,
            Php::Bool(yes) => Some(i64::from(*yes).cmp(&Php::text(value).intval())),
            Php::Int(_) | Php::Float(_) => Some(raw.decimal().cmp(&number())),
            Php::Str(text) => Some(folded(text).cmp(&folded(value))),
        },
    }
}

fn cell_text(cell: &Cell) -> String {
    match cell {
        Cell::Null | Cell::Ids(_) => String::new(),
        Cell::Text(text) => text.clone(),
        Cell::Int(int) => int.to_string(),
        Cell::Number(amount) => amount.to_string(),
        Cell::Flag(yes) => if *yes { "Y" } else { "N" }.to_owned(),
        Cell::Time(ms) => format!("{ms:020}"),
        Cell::Raw(raw) => raw.string(),
    }
}

fn folded(text: &str) -> String {
    text.trim_end_matches(' ').to_lowercase()
}

fn contains(cell: &Cell, value: &str) -> bool {
    *cell != Cell::Null
        && cell_text(cell)
            .to_lowercase()
            .contains(&value.to_lowercase())
}

/// SQL `LIKE` without case: `%` is any text, `_` is any one character, a backslash takes the next one as it is.
fn like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    like_from(&text, &pattern)
}

fn like_from(text: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|skip| like_from(&text[skip..], rest)),
        ['_', rest @ ..] => !text.is_empty() && like_from(&text[1..], rest),
        ['\\', literal, rest @ ..] | [literal, rest @ ..] => {
            text.first() == Some(literal) && like_from(&text[1..], rest)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_sql() {
        assert!(like("Order 1001", "order%"));
        assert!(like("a_b", "a\\_b") && !like("axb", "a\\_b") && like("axb", "a_b"));
        assert!(!like("10010", "1001"));
    }

    #[test]
    fn prefixes_are_read_longest_first() {
        assert_eq!(
            split_prefix("!=%TITLE"),
            ("!=%", Some(Op::NotLike), "TITLE")
        );
        assert_eq!(split_prefix("><ID"), ("><", Some(Op::Between), "ID"));
        assert_eq!(split_prefix("ORIGIN_ID"), ("", None, "ORIGIN_ID"));
    }
}
