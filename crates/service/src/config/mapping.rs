//! The mapping's file: where it is, what it says, and on which line it is wrong.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use kernel::mapping::{Mapping, MappingFile, Trouble};
use toml::de::{DeTable, DeValue};

use super::{ConfigError, sources::complaint};

/// The name of a mapping's table in `onedeal.toml`.
const TABLE: &str = "mapping";

/// The text that a mapping was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingText {
    path: String,
    pub(super) text: String,
    /// The keys of the table in which the mapping stands.
    pub(super) prefix: Vec<String>,
}

/// The mapping of a file of its own.
pub(super) fn from_file(
    path: &str,
    base: Mapping,
) -> Result<(Mapping, Option<MappingText>), ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::SecretFile {
        name: "ONEDEAL_MAPPING_FILE".to_owned(),
        path: path.to_owned(),
        source,
    })?;
    let file: MappingFile = toml::from_str(&text).map_err(|error| ConfigError::File {
        path: path.to_owned(),
        message: complaint(&text, &error),
    })?;
    let text = MappingText {
        path: path.to_owned(),
        text,
        prefix: Vec::new(),
    };
    read(base, &file, text)
}

/// The mapping that stands in `onedeal.toml` itself.
pub(super) fn inline(
    tables: &BTreeMap<String, MappingFile>,
    (path, text): (&str, &str),
    base: Mapping,
) -> Result<(Mapping, Option<MappingText>), ConfigError> {
    let Some((name, file)) = tables.first_key_value() else {
        return Ok((base, None));
    };
    if 1 < tables.len() {
        return Err(ConfigError::Wrong {
            name: TABLE,
            problem: format!("there are {} of them, and one shop uses one", tables.len()),
            remedy: "keep one [mapping.NAME]",
        });
    }
    let text = MappingText {
        path: path.to_owned(),
        text: text.to_owned(),
        prefix: vec![TABLE.to_owned(), name.clone()],
    };
    read(base, file, text)
}

impl MappingText {
    /// The file.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The line of a place of the mapping, `fields.title.text` or `stage[2].to`: of its innermost key that is there.
    pub fn line(&self, place: &str) -> Option<usize> {
        let mut keys = self.prefix.clone();
        for part in place.split('.') {
            match part.strip_suffix(']').and_then(|it| it.split_once('[')) {
                Some((key, index)) => keys.extend([key.to_owned(), index.to_owned()]),
                None => keys.push(part.to_owned()),
            }
        }
        line_of(&self.text, &keys)
    }

    /// The trouble with its line.
    fn located(&self, trouble: &Trouble) -> ConfigError {
        let line = self.line(&trouble.place);
        let line = line.map_or_else(String::new, |it| format!("line {it}, "));
        ConfigError::File {
            path: self.path.clone(),
            message: format!("{line}{trouble}"),
        }
    }
}

fn read(
    base: Mapping,
    file: &MappingFile,
    text: MappingText,
) -> Result<(Mapping, Option<MappingText>), ConfigError> {
    let mapping = compiled(base, file).map_err(|it| text.located(&it))?;
    Ok((mapping, Some(text)))
}

fn compiled(base: Mapping, file: &MappingFile) -> Result<Mapping, Trouble> {
    let zone = match file.zone.as_deref() {
        None => TimeZone::UTC,
        Some(name) => TimeZone::get(name).map_err(|_| Trouble {
            place: "zone".to_owned(),
            problem: format!(
                "this machine knows no time zone `{name}`; write it like Europe/Berlin"
            ),
        })?,
    };
    base.with_file(file, zone)
}

/// The line of the innermost key of a path that the text has.
fn line_of(text: &str, keys: &[String]) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let mut at = None;
    let mut here = DeValue::Table(table.into_inner());
    for key in keys {
        let inner = match here {
            DeValue::Table(mut table) => table.remove(key.as_str()),
            DeValue::Array(list) => {
                let index: usize = key.parse().ok()?;
                list.into_iter().nth(index.checked_sub(1)?)
            }
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => None,
        };
        let Some(inner) = inner else { break };
        at = Some(inner.span().start);
        here = inner.into_inner();
    }
    let before = text.get(..at?)?;
    Some(before.matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let file: MappingFile = toml::from_str(text).expect("well-formed text");
        let text = MappingText {
            path: "mapping.toml".to_owned(),
            text: text.to_owned(),
            prefix: Vec::new(),
        };
        let error = read(Mapping::default(), &file, text).expect_err("a mapping with a mistake");
        assert_eq!(error.to_string(), want);
    }

    #[test]
    fn a_wrong_rule_is_pointed_at() {
        check(
            "zone = \"UTC\"\n\n[fields.title]\ntext = \"Order {{ order.nmae }}\"\n",
            "`mapping.toml` cannot be used: line 4, `fields.title.text`: `order.nmae` is nothing that an order has; the nearest is `order.name`",
        );
        check(
            "[[stage]]\nwhen = \"true\"\nto = \"WON\"\n\n[[stage]]\nwhen = \"order.payment = 'paid'\"\nto = \"WON\"\n",
            "`mapping.toml` cannot be used: line 6, `stage[2].when`: syntax error: unexpected input after expression (to compare, write `==`)",
        );
        check(
            "zone = \"Mars/Olympus\"\n",
            "`mapping.toml` cannot be used: line 1, `zone`: this machine knows no time zone `Mars/Olympus`; write it like Europe/Berlin",
        );
        check(
            "[fields.opportunity]\nvalue = \"1\"\n",
            "`mapping.toml` cannot be used: line 1, `fields.opportunity`: onedeal keeps `opportunity` itself: the amount is always the order's current total",
        );
    }
}
