//! The values a PHP server works with: ordered arrays instead of maps and lists, loose conversions to numbers,
//! and the JSON a PHP server writes (an empty map is `[]`, a map with keys 0, 1, 2… is a list).

use std::fmt;

use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// A PHP value. Arrays keep the order in which their keys arrived.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Php {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    Array(Vec<(String, Php)>),
}

impl Php {
    /// The empty array, which is also the empty map.
    pub(crate) fn empty() -> Self {
        Self::Array(Vec::new())
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Str(text.into())
    }

    /// An identifier or a count; ids of a simulated portal stay far below the limit of `i64`.
    pub(crate) fn id(id: u64) -> Self {
        Self::Int(i64::try_from(id).unwrap_or(i64::MAX))
    }

    pub(crate) fn list(items: impl IntoIterator<Item = Php>) -> Self {
        Self::Array(
            items
                .into_iter()
                .enumerate()
                .map(|(index, item)| (index.to_string(), item))
                .collect(),
        )
    }

    pub(crate) fn map<K: Into<String>>(pairs: impl IntoIterator<Item = (K, Php)>) -> Self {
        Self::Array(
            pairs
                .into_iter()
                .map(|(key, item)| (key.into(), item))
                .collect(),
        )
    }

    /// Parses JSON; nothing comes back if it is malformed.
    pub(crate) fn from_json(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    pub(crate) fn from_value(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(*flag),
            Value::Number(number) => match number.as_i64() {
                Some(int) => Self::Int(int),
                None => Self::Float(number.as_f64().unwrap_or(0.0)),
            },
            Value::String(text) => Self::Str(text.clone()),
            Value::Array(items) => Self::list(items.iter().map(Self::from_value)),
            Value::Object(map) => Self::map(
                map.iter()
                    .map(|(key, item)| (key.clone(), Self::from_value(item))),
            ),
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Php> {
        self.pairs()
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, item)| item)
    }

    /// Sets a key of an array, keeping its place if it is there already.
    pub(crate) fn set(&mut self, key: &str, item: Php) {
        if let Self::Array(pairs) = self {
            match pairs.iter_mut().find(|(name, _)| name == key) {
                Some((_, slot)) => *slot = item,
                None => pairs.push((key.to_owned(), item)),
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<Php> {
        let Self::Array(pairs) = self else {
            return None;
        };
        let index = pairs.iter().position(|(name, _)| name == key)?;
        Some(pairs.remove(index).1)
    }

    /// Appends under the next free number, as `$array[] = $item` does.
    pub(crate) fn push(&mut self, item: Php) {
        if let Self::Array(pairs) = self {
            let next = pairs
                .iter()
                .filter_map(|(key, _)| key.parse::<i64>().ok())
                .max()
                .map_or(0, |key| key + 1);
            pairs.push((next.to_string(), item));
        }
    }

    pub(crate) fn pairs(&self) -> &[(String, Php)] {
        match self {
            Self::Array(pairs) => pairs,
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Str(_) => &[],
        }
    }

    pub(crate) fn is_array(&self) -> bool {
        matches!(self, Self::Array(_))
    }

    /// PHP truth: `"0"`, `""`, `0`, `null` and `[]` are false; the text `"false"` is true.
    pub(crate) fn truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(flag) => *flag,
            Self::Int(int) => *int != 0,
            Self::Float(float) => *float != 0.0,
            Self::Str(text) => !text.is_empty() && text != "0",
            Self::Array(pairs) => !pairs.is_empty(),
        }
    }

    /// `intval`: the leading digits of a text; 1 for a filled array, 0 for an empty one.
    pub(crate) fn intval(&self) -> i64 {
        match self {
            Self::Null => 0,
            Self::Bool(flag) => i64::from(*flag),
            Self::Int(int) => *int,
            Self::Float(float) => leading_number(&float.to_string())
                .parse::<f64>()
                .map_or(0, |number| number as i64),
            Self::Str(text) => leading_number(text).parse::<f64>().map_or(0, |number| {
                leading_number(text).parse::<i64>().unwrap_or(number as i64)
            }),
            Self::Array(pairs) => i64::from(!pairs.is_empty()),
        }
    }

    /// `intval` as an identifier; anything below 1 is 0.
    pub(crate) fn idval(&self) -> u64 {
        u64::try_from(self.intval()).unwrap_or(0)
    }

    /// A number of money, read from the leading digits of a text.
    pub(crate) fn decimal(&self) -> Decimal {
        match self {
            Self::Int(int) => Decimal::from(*int),
            Self::Null | Self::Bool(_) | Self::Array(_) => Decimal::from(self.intval()),
            Self::Float(_) | Self::Str(_) => {
                let text = self.string();
                let digits = leading_number(&text);
                digits
                    .parse()
                    .or_else(|_| Decimal::from_scientific(digits))
                    .unwrap_or(Decimal::ZERO)
            }
        }
    }

    /// The value as PHP joins it into a text.
    pub(crate) fn string(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(flag) => {
                if *flag {
                    "1".to_owned()
                } else {
                    String::new()
                }
            }
            Self::Int(int) => int.to_string(),
            Self::Float(float) => float.to_string(),
            Self::Str(text) => text.clone(),
            Self::Array(_) => "Array".to_owned(),
        }
    }

    /// JSON as the portal writes it: `" & ' < >` as hex escapes, other characters raw.
    pub(crate) fn to_json(&self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    fn is_list(&self) -> bool {
        self.pairs()
            .iter()
            .enumerate()
            .all(|(index, (key, _))| *key == index.to_string())
    }

    fn write_json(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
            Self::Int(int) => out.push_str(&int.to_string()),
            Self::Float(float) => out.push_str(&float.to_string()),
            Self::Str(text) => write_string(text, out),
            Self::Array(pairs) => {
                let list = self.is_list();
                out.push(if list { '[' } else { '{' });
                for (index, (key, item)) in pairs.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    if !list {
                        write_string(key, out);
                        out.push(':');
                    }
                    item.write_json(out);
                }
                out.push(if list { ']' } else { '}' });
            }
        }
    }
}

/// The longest start of a text that PHP reads as a number; `0` if there is none.
fn leading_number(text: &str) -> &str {
    let text = text.trim_start();
    let mut end = 0;
    let mut digits = false;
    let mut dot = false;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'-' | b'+' if index == 0 => {}
            b'0'..=b'9' => digits = true,
            b'.' if !dot => dot = true,
            _ => break,
        }
        end = index + 1;
    }
    if digits {
        text[..end].trim_end_matches('.').trim_start_matches('+')
    } else {
        "0"
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\u0022"),
            '&' => out.push_str("\\u0026"),
            '\'' => out.push_str("\\u0027"),
            '<' => out.push_str("\\u003C"),
            '>' => out.push_str("\\u003E"),
            '\\' => out.push_str("\\\\"),
            '/' => out.push_str("\\/"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if (control as u32) < 0x20 => {
                out.push_str(&format!("\\u{:04x}", control as u32))
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

impl<'de> Deserialize<'de> for Php {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PhpVisitor)
    }
}

struct PhpVisitor;

impl<'de> Visitor<'de> for PhpVisitor {
    type Value = Php;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Php, E> {
        Ok(Php::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Php, E> {
        Ok(Php::Bool(flag))
    }

    fn visit_i64<E>(self, int: i64) -> Result<Php, E> {
        Ok(Php::Int(int))
    }

    fn visit_u64<E>(self, int: u64) -> Result<Php, E> {
        Ok(i64::try_from(int).map_or(Php::Float(int as f64), Php::Int))
    }

    fn visit_f64<E>(self, float: f64) -> Result<Php, E> {
        Ok(Php::Float(float))
    }

    fn visit_str<E>(self, text: &str) -> Result<Php, E> {
        Ok(Php::Str(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Php, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element::<Php>()? {
            items.push(item);
        }
        Ok(Php::list(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Php, A::Error> {
        let mut array = Php::empty();
        while let Some((key, item)) = map.next_entry::<String, Php>()? {
            array.set(&key, item);
        }
        Ok(array)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intval_reads_leading_digits_and_counts_a_filled_array_as_one() {
        assert_eq!(Php::text("12abc").intval(), 12);
        assert_eq!(Php::text("abc").intval(), 0);
        assert_eq!(Php::list([Php::Null]).intval(), 1);
        assert_eq!(Php::empty().intval(), 0);
    }

    #[test]
    fn an_empty_map_is_written_as_a_list_and_marks_are_escaped() {
        assert_eq!(Php::empty().to_json(), "[]");
        assert_eq!(
            Php::map([("a", Php::text("<\"&'>"))]).to_json(),
            "{\"a\":\"\\u003C\\u0022\\u0026\\u0027\\u003E\"}"
        );
    }

    #[test]
    fn the_order_of_json_keys_survives() {
        let value = Php::from_json(br#"{"b":1,"a":2}"#).unwrap();
        assert_eq!(value.to_json(), r#"{"b":1,"a":2}"#);
    }

    #[test]
    fn money_is_read_exactly() {
        assert_eq!(Php::Float(149.9).decimal(), "149.9".parse().unwrap());
        assert_eq!(Php::text("19.99 EUR").decimal(), "19.99".parse().unwrap());
    }
}
