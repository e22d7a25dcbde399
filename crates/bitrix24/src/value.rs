//! Values as the portal writes and reads them: ids and amounts as numbers or texts, empty for absent (facts §1.3).

use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::{Map, Number, Value};

/// A result that does not have the documented shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("reading `{field}`: not {expected}")]
pub struct Unreadable {
    /// The field, as a path within the result.
    pub field: String,
    /// What it should have been.
    pub expected: &'static str,
}

/// An amount as the portal takes it: a JSON number written exactly as the decimal reads (`112.72`), or a text where no
/// JSON number of this library can hold all digits. PHP reads both alike.
pub fn number(amount: Decimal) -> Value {
    let amount = amount.normalize();
    if let Ok(whole) = i64::from_str(&amount.to_string()) {
        return whole.into();
    }
    let written = f64::from_str(&amount.to_string())
        .ok()
        .and_then(Number::from_f64)
        .map(Value::Number);
    match written {
        // The check is on what will be written, not on the float behind it.
        Some(written) if decimal(&written) == Some(amount) => written,
        Some(_) | None => Value::String(amount.to_string()),
    }
}

/// An amount from a JSON number or a text; `None` for anything else, the empty text included.
pub fn decimal(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    Decimal::from_str_exact(&text)
        .or_else(|_| Decimal::from_scientific(&text))
        .ok()
}

/// An id, count or offset: a non-negative whole number, as number or text.
pub(crate) fn as_id(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => u64::from_str(text).ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

pub(crate) fn as_f64(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => f64::from_str(text).ok().filter(|number| number.is_finite()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A unix second, of which builds of the portal write whole and broken ones. The fraction is cut off.
pub(crate) fn as_unix_second(value: &Value) -> Option<i64> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    i64::from_str(text.split('.').next().unwrap_or_default()).ok()
}

/// Whether a value is one of the ways to say "nothing here": absent, null, empty text.
pub(crate) fn is_blank(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

/// Reads one object field by field, naming the field in each complaint.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a Map<String, Value>);

impl<'a> Fields<'a> {
    /// The fields of what must be an object.
    pub(crate) fn of(value: &'a Value, field: &str) -> Result<Self, Unreadable> {
        let object = value.as_object().map(Fields);
        object.ok_or_else(|| unreadable(field, "an object"))
    }

    /// The value of a field that is there and not blank.
    pub(crate) fn present(self, field: &str) -> Option<&'a Value> {
        self.0.get(field).filter(|value| !is_blank(value))
    }

    /// The object's own id, which is never absent and never 0.
    pub(crate) fn id(self, field: &str) -> Result<u64, Unreadable> {
        self.reference(field)?
            .ok_or_else(|| unreadable(field, "an id"))
    }

    /// The id of another object; 0 means none.
    pub(crate) fn reference(self, field: &str) -> Result<Option<u64>, Unreadable> {
        Ok(self.whole(field)?.filter(|id| *id != 0))
    }

    pub(crate) fn whole(self, field: &str) -> Result<Option<u64>, Unreadable> {
        self.read(field, "a whole number", as_id)
    }

    pub(crate) fn amount(self, field: &str) -> Result<Option<Decimal>, Unreadable> {
        self.read(field, "an amount", decimal)
    }

    /// A text; a number is taken as its digits, since an integer user field holds an order id as well as a text does.
    pub(crate) fn text(self, field: &str) -> Result<Option<String>, Unreadable> {
        self.read(field, "a text", |value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        })
    }

    fn read<T>(
        self,
        field: &str,
        expected: &'static str,
        turn: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<Option<T>, Unreadable> {
        match self.present(field) {
            Some(value) => turn(value)
                .map(Some)
                .ok_or_else(|| unreadable(field, expected)),
            None => Ok(None),
        }
    }
}

/// A list, which must be one.
pub(crate) fn list<'a>(value: &'a Value, field: &str) -> Result<&'a [Value], Unreadable> {
    let list = value.as_array().map(Vec::as_slice);
    list.ok_or_else(|| unreadable(field, "a list"))
}

/// The objects of a list such as `items`, which must be there.
pub(crate) fn objects<'a>(
    result: &'a Value,
    field: &str,
) -> Result<Vec<&'a Map<String, Value>>, Unreadable> {
    list(&result[field], field)?
        .iter()
        .map(|entry| {
            entry
                .as_object()
                .ok_or_else(|| unreadable(field, "a list of objects"))
        })
        .collect()
}

/// A list of ids; absent, null, `false` and `[]` are all the empty list.
pub(crate) fn ids(value: Option<&Value>, field: &str) -> Result<Vec<u64>, Unreadable> {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => Ok(Vec::new()),
        Some(Value::Array(list)) => list
            .iter()
            .map(|id| as_id(id).ok_or_else(|| unreadable(field, "a list of ids")))
            .collect(),
        Some(Value::Bool(true) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            Err(unreadable(field, "a list of ids"))
        }
    }
}

pub(crate) fn unreadable(field: &str, expected: &'static str) -> Unreadable {
    Unreadable {
        field: field.to_owned(),
        expected,
    }
}

/// Whether a list of keys fits one filter (facts §1.6). An empty list is a mistake of the caller: a portal that drops
/// an empty condition would return every deal it has.
pub(crate) fn fits_one_page(keys: usize, limit: usize) -> bool {
    (1..=limit).contains(&keys)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn amounts_are_written_as_they_read() {
        let rows = [
            ("112.72", "112.72"),
            ("0.10", "0.1"),
            ("100.00", "100"),
            ("-3.5", "-3.5"),
            ("0", "0"),
            ("9007199254740993", "9007199254740993"),
            ("12345678901234567.89", "\"12345678901234567.89\""),
        ];
        for (amount, written) in rows {
            assert_eq!(
                number(Decimal::from_str(amount).unwrap()).to_string(),
                written
            );
        }
    }

    #[test]
    fn amounts_are_read_from_numbers_and_texts() {
        let rows = [
            (json!(19999.99), Some("19999.99")),
            (json!("19999.99"), Some("19999.99")),
            (json!(1e-5), Some("0.00001")),
            (json!(7), Some("7")),
            (json!(""), None),
            (json!("149.90|EUR"), None),
            (json!(null), None),
            (json!(true), None),
            (json!([]), None),
        ];
        for (value, amount) in rows {
            assert_eq!(
                decimal(&value),
                amount.map(|amount| Decimal::from_str(amount).unwrap()),
                "{value}"
            );
        }
    }

    #[test]
    fn a_number_of_seventeen_digits_is_read_as_it_is_written() {
        let value: Value = serde_json::from_str("-110701515809684.53").unwrap();
        assert_eq!(
            decimal(&value),
            Some(Decimal::new(-11_070_151_580_968_453, 2))
        );
    }

    #[test]
    fn unix_seconds_may_be_broken() {
        assert_eq!(as_unix_second(&json!(1_785_312_600)), Some(1_785_312_600));
        assert_eq!(
            as_unix_second(&json!(1_785_312_600.412)),
            Some(1_785_312_600)
        );
        assert_eq!(as_unix_second(&json!("1785312600")), Some(1_785_312_600));
    }

    proptest! {
        #[test]
        fn an_amount_survives_the_wire(units in any::<i64>(), scale in 0_u32..=8) {
            let amount = Decimal::new(units, scale);
            let written = number(amount).to_string();
            let back: Value = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(decimal(&back), Some(amount));
        }
    }
}
