//! Reading single fields out of foreign JSON, leniently about writing and strictly about meaning.
//!
//! A field that is missing, `null` or an empty string is absent. Money comes as text with or without decimals or as a
//! number, ids as numbers or as text (facts §3.2). A field that is there and makes no sense is an error that names its
//! path, because a guessed amount is worse than a late one.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::Unreadable;

/// What an id should have been.
pub(crate) const AN_ID: &str = "a positive whole number";
const AN_AMOUNT: &str = "an amount of money";
const A_RATE: &str = "a rate";
const A_COUNT: &str = "a count";
const A_TIME: &str = "a time with an offset";
const A_TEXT: &str = "a text";
const A_FLAG: &str = "true or false";
const A_LIST: &str = "a list";
const AN_OBJECT: &str = "an object";

/// Largest amount that is read, either side of zero. It leaves room for every sum and product of amounts to stay
/// within a decimal's 28 digits.
const AMOUNT_MAX: Decimal = Decimal::from_parts(2_764_472_320, 232_830, 0, false, 0);

/// Longest writing of a number that is read, in bytes.
const NUMBER_BYTES_MAX: usize = 64;

/// An object in foreign JSON together with the path that leads to it.
#[derive(Clone)]
pub(crate) struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: String,
}

impl<'a> Fields<'a> {
    pub(crate) fn top(value: &'a Value) -> Result<Self, Unreadable> {
        let map = value.as_object().ok_or(Unreadable::NotAnObject)?;
        Ok(Self {
            map,
            path: String::new(),
        })
    }

    /// The error that says what `key` should have been.
    pub(crate) fn malformed(&self, key: &str, expected: &'static str) -> Unreadable {
        Unreadable::Malformed {
            path: self.path_of(key),
            expected,
        }
    }

    /// The value of a key that is there and not `null`.
    pub(crate) fn value(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|it| !it.is_null())
    }

    /// Whether a key is there at all, be it `null`.
    pub(crate) fn names(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    pub(crate) fn object(&self, key: &str) -> Result<Option<Fields<'a>>, Unreadable> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Self {
                map,
                path: self.path_of(key),
            })),
            Some(_) => Err(self.malformed(key, AN_OBJECT)),
        }
    }

    /// The entries of a list; `null` entries are dropped.
    pub(crate) fn values(&self, key: &str) -> Result<&'a [Value], Unreadable> {
        match self.value(key) {
            None => Ok(&[]),
            Some(Value::Array(values)) => Ok(values),
            Some(_) => Err(self.malformed(key, A_LIST)),
        }
    }

    pub(crate) fn objects(&self, key: &str) -> Result<Vec<Fields<'a>>, Unreadable> {
        let named = |(at, value): (usize, &'a Value)| match value {
            Value::Null => None,
            Value::Object(map) => Some(Ok(Self {
                map,
                path: self.path_of(&format!("{key}[{at}]")),
            })),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Some(Err(self.malformed(&format!("{key}[{at}]"), AN_OBJECT)))
            }
        };
        self.values(key)?
            .iter()
            .enumerate()
            .filter_map(named)
            .collect()
    }

    pub(crate) fn text(&self, key: &str) -> Result<Option<String>, Unreadable> {
        match self.value(key) {
            None => Ok(None),
            Some(value) => scalar(value)
                .map(filled)
                .ok_or_else(|| self.malformed(key, A_TEXT)),
        }
    }

    /// A text in lower case, as states are compared.
    pub(crate) fn word(&self, key: &str) -> Result<Option<String>, Unreadable> {
        Ok(self.text(key)?.map(|it| it.trim().to_ascii_lowercase()))
    }

    /// The texts of a list, without empty ones.
    pub(crate) fn texts(&self, key: &str) -> Result<BTreeSet<String>, Unreadable> {
        let mut texts = BTreeSet::new();
        for value in self.values(key)?.iter().filter(|it| !it.is_null()) {
            let text = scalar(value).ok_or_else(|| self.malformed(key, "a list of texts"))?;
            texts.extend(filled(text.trim().to_owned()));
        }
        Ok(texts)
    }

    /// The entries of a list of `{<name_key>, value}`, in their order. A value may be any JSON, since apps put theirs
    /// there; an entry without a name is dropped.
    pub(crate) fn pairs(
        &self,
        key: &str,
        name_key: &str,
    ) -> Result<Vec<(String, String)>, Unreadable> {
        let mut pairs = Vec::new();
        for entry in self.objects(key)? {
            let value = entry.value("value").map_or_else(String::new, |it| {
                scalar(it).unwrap_or_else(|| it.to_string())
            });
            pairs.extend(entry.text(name_key)?.map(|name| (name, value)));
        }
        Ok(pairs)
    }

    pub(crate) fn flag(&self, key: &str) -> Result<bool, Unreadable> {
        match self.value(key) {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or_else(|| self.malformed(key, A_FLAG)),
        }
    }

    pub(crate) fn id(&self, key: &str) -> Result<Option<u64>, Unreadable> {
        match self.value(key) {
            None => Ok(None),
            Some(value) => id_in_value(value)
                .map(Some)
                .ok_or_else(|| self.malformed(key, AN_ID)),
        }
    }

    /// An id that must be there.
    pub(crate) fn own_id(&self, key: &'static str) -> Result<u64, Unreadable> {
        self.id(key)?.ok_or_else(|| match self.path.is_empty() {
            true => Unreadable::Missing { field: key },
            false => self.malformed(key, AN_ID),
        })
    }

    pub(crate) fn count(&self, key: &str) -> Result<Option<u32>, Unreadable> {
        let read = |value: &Value| match value {
            Value::Number(number) => number.as_u64().and_then(|it| u32::try_from(it).ok()),
            Value::String(text) => text.parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        match self.value(key) {
            None => Ok(None),
            Some(value) => read(value)
                .map(Some)
                .ok_or_else(|| self.malformed(key, A_COUNT)),
        }
    }

    pub(crate) fn time(&self, key: &str) -> Result<Option<Timestamp>, Unreadable> {
        let Some(text) = self.text(key)? else {
            return Ok(None);
        };
        text.trim()
            .parse()
            .map(Some)
            .map_err(|_| self.malformed(key, A_TIME))
    }

    pub(crate) fn amount(&self, key: &str) -> Result<Option<Decimal>, Unreadable> {
        let bounded = |it: &Decimal| it.abs() <= AMOUNT_MAX;
        self.number(key, AN_AMOUNT)?
            .map(|it| {
                Some(it)
                    .filter(bounded)
                    .ok_or_else(|| self.malformed(key, AN_AMOUNT))
            })
            .transpose()
    }

    pub(crate) fn rate(&self, key: &str) -> Result<Option<Decimal>, Unreadable> {
        self.number(key, A_RATE)
    }

    fn number(&self, key: &str, expected: &'static str) -> Result<Option<Decimal>, Unreadable> {
        let Some(text) = self.value(key).map(scalar) else {
            return Ok(None);
        };
        let text = text.ok_or_else(|| self.malformed(key, expected))?;
        if text.trim().is_empty() {
            return Ok(None);
        }
        decimal(text.trim())
            .map(Some)
            .ok_or_else(|| self.malformed(key, expected))
    }

    fn path_of(&self, key: &str) -> String {
        match self.path.is_empty() {
            true => key.to_owned(),
            false => format!("{}.{key}", self.path),
        }
    }
}

/// A positive id as a JSON number or as digits. A number beyond `u64` has become a float by now and is refused.
pub(crate) fn id_in_value(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64().filter(|it| *it != 0),
        Value::String(text) => id_in_text(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A positive id as digits, without sign, space or leading zero.
pub(crate) fn id_in_text(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|it| it.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| digits)
}

/// A text unless it holds nothing but space.
pub(crate) fn filled(text: String) -> Option<String> {
    Some(text).filter(|it| !it.trim().is_empty())
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A decimal without trailing zeros, from `20`, `20.00` or, as floats may be written, `2e1`.
fn decimal(text: &str) -> Option<Decimal> {
    if NUMBER_BYTES_MAX < text.len()
        || !text
            .bytes()
            .all(|it| it.is_ascii_digit() || b"+-.eE".contains(&it))
    {
        return None;
    }
    let read = Decimal::from_str_exact(text)
        .or_else(|_| Decimal::from_scientific(text))
        .ok()?;
    Some(if read.is_zero() {
        Decimal::ZERO
    } else {
        read.normalize()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_amount_in_any_writing_is_the_same_decimal() {
        let values = serde_json::json!({"a": "20", "b": "20.00", "c": 20, "d": 20.0, "e": "20.0", "f": " 20 ", "g": 2e1});
        let fields = Fields::top(&values).unwrap();
        for key in ["a", "b", "c", "d", "e", "f", "g"] {
            let amount = fields.amount(key).unwrap().unwrap();
            assert_eq!(amount.to_string(), "20", "{key}");
        }
    }

    #[test]
    fn zero_has_one_writing() {
        let values = serde_json::json!({"a": "0.00", "b": "-0.0", "c": 0});
        let fields = Fields::top(&values).unwrap();
        for key in ["a", "b", "c"] {
            assert_eq!(
                fields.amount(key).unwrap().unwrap().to_string(),
                "0",
                "{key}"
            );
        }
    }

    #[test]
    fn what_is_no_amount_is_refused_by_its_path() {
        for text in [
            "1,20",
            "1_000",
            "€5",
            "NaN",
            "1e99",
            "10000000000000000",
            "--1",
            "1.2.3",
            ".",
        ] {
            let values = serde_json::json!({"line": {"price": text}});
            let line = Fields::top(&values)
                .unwrap()
                .object("line")
                .unwrap()
                .unwrap();
            let refused = Unreadable::Malformed {
                path: "line.price".to_owned(),
                expected: AN_AMOUNT,
            };
            assert_eq!(line.amount("price"), Err(refused), "{text}");
        }
    }

    #[test]
    fn an_empty_text_is_absent() {
        let values = serde_json::json!({"a": "", "b": "  ", "c": null, "n": 5});
        let fields = Fields::top(&values).unwrap();
        for key in ["a", "b", "c", "d"] {
            assert_eq!(fields.text(key), Ok(None), "{key}");
            assert_eq!(fields.amount(key), Ok(None), "{key}");
            assert_eq!(fields.time(key), Ok(None), "{key}");
        }
        assert_eq!(fields.text("n"), Ok(Some("5".to_owned())));
    }

    #[test]
    fn the_largest_amount_is_a_million_milliards() {
        assert_eq!(AMOUNT_MAX.to_string(), "1000000000000000");
    }
}
