//! A call as one batch command: `method?query` in PHP's bracket notation (facts §1.2, §1.4).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::call::Call;

/// The most values one command may carry: PHP's `max_input_vars`, beyond which it drops the rest without an error.
pub const COMMAND_VARIABLES_MAX: usize = 1000;

/// The deepest nesting of one command: PHP's `max_input_nesting_level`, beyond which it drops the value.
pub const COMMAND_DEPTH_MAX: usize = 64;

/// The longest command, in bytes.
pub const COMMAND_BYTES_MAX: usize = 256 * 1024;

/// Why a call cannot travel in a batch. All but [`NotBatchable::Full`] hold for every batch: send it on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotBatchable {
    /// The batch already holds as many commands or bytes as it can.
    #[error("batch is full")]
    Full,
    /// A batch within a batch is forbidden.
    #[error("batch within a batch")]
    Nested,
    /// A text that the portal would substitute, such as `$result[deal]` in a customer's note.
    #[error("text with a reference that a batch substitutes")]
    Substitution,
    /// An empty list or map, which a query cannot express.
    #[error("empty list or map")]
    EmptyArray,
    /// A reference to the id that another command returns, where no earlier command of a halting batch returns one.
    #[error("reference to a result that may not be there")]
    Reference,
    /// Parameters that are not a JSON object.
    #[error("parameters are not an object")]
    NotAnObject,
    /// A parameter name that PHP would read as another one.
    #[error("parameter name that a query cannot express")]
    Name,
    /// More than [`COMMAND_VARIABLES_MAX`] values.
    #[error("too many values")]
    TooManyValues,
    /// Nesting beyond [`COMMAND_DEPTH_MAX`].
    #[error("nested too deeply")]
    TooDeep,
    /// A command beyond [`COMMAND_BYTES_MAX`].
    #[error("command is too long")]
    TooLong,
}

/// Encodes a call as one command.
///
/// A query knows only texts. Numbers are written as JSON writes them; `true` and `false` as `Y` and `N`, which every
/// CRM method reads as a boolean (facts §1.2); null as the empty text, which clears a field as null does.
pub(crate) fn command(call: &Call) -> Result<String, NotBatchable> {
    command_after(call, 0)
}

/// The highest number stands for the id that the first command of a batch returns, the next lower one for the second.
const REFERENCE_FIRST: u64 = u64::MAX;

/// The number that stands for the id which command `index` of the same batch returns, in a call for
/// [`crate::Batch::push`]. No portal has such an id.
pub fn id_of_command(index: usize) -> u64 {
    REFERENCE_FIRST - u64::try_from(index).unwrap_or(u64::MAX)
}

/// The command that a number stands for.
fn referred(number: &serde_json::Number) -> Option<usize> {
    let index = usize::try_from(REFERENCE_FIRST - number.as_u64()?).ok()?;
    (index < crate::batch::BATCH_COMMANDS_MAX).then_some(index)
}

/// Writes a call as a command that may refer to the ids which the first `earlier` commands of its batch return.
pub(crate) fn command_after(call: &Call, earlier: usize) -> Result<String, NotBatchable> {
    if is_batch(call.method) {
        return Err(NotBatchable::Nested);
    }
    let Value::Object(params) = &call.params else {
        return Err(NotBatchable::NotAnObject);
    };
    let mut query = Query {
        text: escape(call.method),
        values: 0,
        earlier,
    };
    for (name, value) in params {
        query.push(&escape(checked(name)?), 1, value)?;
    }
    Ok(query.text)
}

/// Percent-encodes everything but letters, digits and the four marks that mean nothing in a URL.
pub(crate) fn escape(text: &str) -> String {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    utf8_percent_encode(text, PLAIN).to_string()
}

/// A method name carries an optional format, as in `batch.json`.
fn is_batch(method: &str) -> bool {
    method
        .split(['.', '/', '?'])
        .next()
        .unwrap_or_default()
        .eq_ignore_ascii_case("batch")
}

struct Query {
    text: String,
    /// Commands whose ids may be referred to.
    earlier: usize,
    values: usize,
}

impl Query {
    fn push(&mut self, path: &str, depth: usize, value: &Value) -> Result<(), NotBatchable> {
        if depth > COMMAND_DEPTH_MAX {
            return Err(NotBatchable::TooDeep);
        }
        match value {
            Value::Null => self.pair(path, ""),
            Value::Bool(true) => self.pair(path, "Y"),
            Value::Bool(false) => self.pair(path, "N"),
            Value::Number(number) => match referred(number) {
                None => self.pair(path, &number.to_string()),
                Some(index) if index < self.earlier => {
                    let key = crate::batch::key(index);
                    self.pair(path, &format!("$result[{key}][item][id]"))
                }
                Some(_) => Err(NotBatchable::Reference),
            },
            Value::String(text) if substitutes(text) => Err(NotBatchable::Substitution),
            Value::String(text) => self.pair(path, text),
            Value::Array(list) => {
                for (index, entry) in list.iter().enumerate() {
                    self.push(&format!("{path}%5B{index}%5D"), depth + 1, entry)?;
                }
                if list.is_empty() {
                    Err(NotBatchable::EmptyArray)
                } else {
                    Ok(())
                }
            }
            Value::Object(map) => {
                for (name, entry) in map {
                    self.push(
                        &format!("{path}%5B{}%5D", escape(checked(name)?)),
                        depth + 1,
                        entry,
                    )?;
                }
                if map.is_empty() {
                    Err(NotBatchable::EmptyArray)
                } else {
                    Ok(())
                }
            }
        }
    }

    fn pair(&mut self, path: &str, value: &str) -> Result<(), NotBatchable> {
        if self.values == COMMAND_VARIABLES_MAX {
            return Err(NotBatchable::TooManyValues);
        }
        self.text.push(if self.values == 0 { '?' } else { '&' });
        self.text.push_str(path);
        self.text.push('=');
        self.text.push_str(&escape(value));
        self.values += 1;
        if self.text.len() > COMMAND_BYTES_MAX {
            Err(NotBatchable::TooLong)
        } else {
            Ok(())
        }
    }
}

/// Lets through the names that `parse_str` hands on unchanged. It turns dots and blanks into underscores, ends a name
/// at a bracket or a NUL, and reads an empty name as "append".
fn checked(name: &str) -> Result<&str, NotBatchable> {
    let odd = |mark: char| !mark.is_ascii_graphic() || matches!(mark, '[' | ']' | '.');
    if substitutes(name) {
        Err(NotBatchable::Substitution)
    } else if name.is_empty() || name.contains(odd) {
        Err(NotBatchable::Name)
    } else {
        Ok(name)
    }
}

/// Whether the portal would look for a reference in this text: `/\$(result|next|total|time|error)([^\s]*)/i`. It does
/// so after decoding, so that no encoding protects the text (facts §1.4).
fn substitutes(text: &str) -> bool {
    const NAMES: [&str; 5] = ["result", "next", "total", "time", "error"];
    text.split('$').skip(1).any(|rest| {
        NAMES.iter().any(|name| {
            rest.get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;

    #[test]
    fn a_command_escapes_what_php_would_misread() {
        let params = json!({
            "entityTypeId": 2,
            "filter": {"=originatorId": "shopify:a#b", "@originId": ["1", "2"]},
            "order": {"id": "ASC"},
            "fields": {"comments": null, "opened": true, "opportunity": 149.9},
        });
        insta::assert_snapshot!(
            command(&Call::new("crm.item.list", params)).unwrap(),
            @"crm.item.list?entityTypeId=2&fields%5Bcomments%5D=&fields%5Bopened%5D=Y&fields%5Bopportunity%5D=149.9&filter%5B%3DoriginatorId%5D=shopify%3Aa%23b&filter%5B%40originId%5D%5B0%5D=1&filter%5B%40originId%5D%5B1%5D=2&order%5Bid%5D=ASC"
        );
        assert_eq!(
            command(&Call::new("profile", json!({}))),
            Ok("profile".to_owned())
        );
    }

    #[test]
    fn what_a_query_cannot_say_is_not_batchable() {
        let deep = (0..COMMAND_DEPTH_MAX).fold(json!(1), |inner, _| json!({"a": inner}));
        let rows = [
            (
                json!({"a": "see $result[deal]"}),
                NotBatchable::Substitution,
            ),
            (json!({"a": {"b": ["x$NEXT"]}}), NotBatchable::Substitution),
            (json!({"a": "$$Total"}), NotBatchable::Substitution),
            (json!({"a": "$time"}), NotBatchable::Substitution),
            (json!({"a": "цена$errorä"}), NotBatchable::Substitution),
            (json!({"$result[x]": 1}), NotBatchable::Substitution),
            (json!({"a": []}), NotBatchable::EmptyArray),
            (json!({"a": {"b": {}}}), NotBatchable::EmptyArray),
            (json!([1]), NotBatchable::NotAnObject),
            (json!(null), NotBatchable::NotAnObject),
            (json!({"": 1}), NotBatchable::Name),
            (json!({"a": {"b.c": 1}}), NotBatchable::Name),
            (json!({"a": {"b]": 1}}), NotBatchable::Name),
            (json!({"a b": 1}), NotBatchable::Name),
            (
                json!({"a": vec![0; COMMAND_VARIABLES_MAX + 1]}),
                NotBatchable::TooManyValues,
            ),
            (json!({"a": deep}), NotBatchable::TooDeep),
            (
                json!({"a": "x".repeat(COMMAND_BYTES_MAX)}),
                NotBatchable::TooLong,
            ),
        ];
        for (params, why) in rows {
            assert_eq!(command(&Call::new("crm.item.add", params)), Err(why));
        }
        for method in ["batch", "BATCH", "batch.json"] {
            assert_eq!(
                command(&Call::new(method, json!({"a": 1}))),
                Err(NotBatchable::Nested)
            );
        }
    }

    #[test]
    fn money_signs_alone_are_batchable() {
        for text in [
            "$",
            "$ result",
            "costs $12",
            "result[deal]",
            "$resul",
            "$é",
            "US$",
            "$tim",
        ] {
            assert!(!substitutes(text), "{text}");
        }
        let full = json!({"a": vec![0; COMMAND_VARIABLES_MAX]});
        assert!(command(&Call::new("crm.item.add", full)).is_ok());
    }

    proptest! {
        #[test]
        fn a_command_decoded_by_php_is_what_was_meant(params in params()) {
            let call = Call::new("crm.item.add", params.clone());
            match command(&call) {
                Ok(text) => {
                    let (method, query) = text.split_once('?').unwrap_or((&text, ""));
                    prop_assert_eq!(method, "crm.item.add");
                    prop_assert!(!query.contains('#') && text.is_ascii());
                    prop_assert_eq!(parse_str(query), as_php_sees_it(&params));
                }
                Err(why) => prop_assert!(matches!(
                    why,
                    NotBatchable::EmptyArray | NotBatchable::Substitution | NotBatchable::Name
                )),
            }
        }
    }

    fn params() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1.0e9..1.0e9).prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
            "[ -~]{0,12}".prop_map(Value::from),
            "\\$(result|NEXT|total|Time|error|tea)[\\[x ]".prop_map(Value::from),
        ];
        let tree = leaf.prop_recursive(4, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[=@!<>%a-zA-Z_.]{1,8}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        });
        prop::collection::btree_map("[a-zA-Z]{1,8}", tree, 0..5)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
    }

    /// PHP's arrays know no difference between lists and maps, and a query only texts.
    fn as_php_sees_it(value: &Value) -> Value {
        match value {
            Value::Null => "".into(),
            Value::Bool(yes) => if *yes { "Y" } else { "N" }.into(),
            Value::Number(number) => number.to_string().into(),
            Value::String(text) => text.clone().into(),
            Value::Array(list) => Value::Object(
                list.iter()
                    .enumerate()
                    .map(|(index, entry)| (index.to_string(), as_php_sees_it(entry)))
                    .collect(),
            ),
            Value::Object(map) => Value::Object(
                map.iter()
                    .map(|(name, entry)| (name.clone(), as_php_sees_it(entry)))
                    .collect(),
            ),
        }
    }

    /// PHP's `parse_str`: splits at `&`, then at the first raw `=`, decodes both sides, then reads brackets in the name.
    fn parse_str(query: &str) -> Value {
        let mut root = Value::Object(Map::new());
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (url_decode(name), url_decode(value));
            let (head, mut rest) = match name.find('[') {
                Some(at) => name.split_at(at),
                None => (name.as_str(), ""),
            };
            let mut path = vec![head.trim_start_matches(' ').replace(['.', ' '], "_")];
            while let Some((part, after)) = rest
                .strip_prefix('[')
                .and_then(|inner| inner.split_once(']'))
            {
                path.push(part.trim_start().to_owned());
                rest = after;
            }
            let mut slot = &mut root;
            for part in path {
                if !slot.is_object() {
                    *slot = Value::Object(Map::new());
                }
                let map = slot.as_object_mut().unwrap();
                let key = if part.is_empty() {
                    map.len().to_string()
                } else {
                    part
                };
                slot = map.entry(key).or_insert(Value::Null);
            }
            *slot = value.into();
        }
        root
    }

    fn url_decode(text: &str) -> String {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced)
            .decode_utf8()
            .unwrap()
            .into_owned()
    }
}
