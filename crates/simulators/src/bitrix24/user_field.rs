//! User fields of deals: what they are, and how a written value becomes a stored one (facts §7, docs/facts.md §4).

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value, json};

use super::clock::Clock;
use super::error::RestError;
use super::field::{Family, camel_user_field};
use super::php::Php;

/// The most decimal places a field of doubles may keep.
const PRECISION_MAX: u32 = 12;
const PRECISION_DEFAULT: u32 = 2;

/// A user field of deals (facts §7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserField {
    /// Full upper-case name, `UF_CRM_…`.
    pub name: String,
    /// `string`, `integer`, `boolean`, `money`, …
    pub user_type: String,
    /// How a filter without prefix matches: `N`, `I` (exact), `E` (part of the text) or `S`.
    pub show_filter: char,
    /// Holds a list of values.
    pub multiple: bool,
    /// Name shown to people; an empty one shows the technical name.
    pub label: String,
    /// Must have a value, as far as [`check_mandatory`](super::PortalConfig::check_mandatory) says.
    pub mandatory: bool,
    /// The choices of an `enumeration`.
    pub items: Vec<Choice>,
    /// Settings of the type, such as `PRECISION` of a double or the entities that a `crm` field links to.
    pub settings: Map<String, Value>,
}

/// A choice of a field of the type `enumeration`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Identifier, which is the value of the field.
    pub id: u64,
    /// Text shown to people.
    pub value: String,
}

/// What a written value does to a user field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Written {
    /// Stores this; null clears.
    Store(Value),
    /// Nothing: dates that do not parse are passed over.
    Nothing,
}

impl UserField {
    /// A single text field with the given name and filter mode.
    pub fn string(name: &str, show_filter: char) -> Self {
        Self {
            show_filter,
            ..Self::of_type(name, "string")
        }
    }

    /// A single field of a type, with the settings a person gets who changes none.
    pub fn of_type(name: &str, user_type: &str) -> Self {
        Self {
            name: name.to_owned(),
            user_type: user_type.to_owned(),
            show_filter: 'N',
            multiple: false,
            label: String::new(),
            mandatory: false,
            items: Vec::new(),
            settings: settings_of_type(user_type),
        }
    }

    /// A single choice of the given ids and texts.
    pub fn enumeration(name: &str, choices: &[(u64, &str)]) -> Self {
        let items = choices.iter().map(|(id, value)| Choice {
            id: *id,
            value: (*value).to_owned(),
        });
        Self {
            items: items.collect(),
            ..Self::of_type(name, "enumeration")
        }
    }

    /// The same field, shown to people under this name.
    pub fn labelled(self, label: &str) -> Self {
        Self {
            label: label.to_owned(),
            ..self
        }
    }

    /// The same field, holding a list.
    pub fn many(self) -> Self {
        Self {
            multiple: true,
            ..self
        }
    }

    /// The same field, mandatory.
    pub fn required(self) -> Self {
        Self {
            mandatory: true,
            ..self
        }
    }

    /// The same field with one of its settings changed.
    pub fn with_setting(mut self, name: &str, value: Value) -> Self {
        self.settings.insert(name.to_owned(), value);
        self
    }

    /// The name that this request uses for the field.
    pub(crate) fn name_in(&self, family: Family, original: bool) -> String {
        match family {
            Family::Item if !original => camel_user_field(&self.name),
            Family::Legacy | Family::Item => self.name.clone(),
        }
    }

    /// What writing this value does.
    pub(crate) fn write(
        &self,
        value: &Php,
        family: Family,
        clock: &Clock,
        base_currency: &str,
    ) -> Result<Written, RestError> {
        if !self.multiple {
            // A list given to a single field counts as its first value.
            let value = value.pairs().first().map_or(value, |(_, first)| first);
            return self.write_one(value, family, clock, base_currency);
        }
        if is_empty(value) {
            return Ok(Written::Store(Value::Null));
        }
        let single = [(String::new(), value.clone())];
        let given = match (value.is_array(), family) {
            (true, _) => value.pairs(),
            (false, Family::Legacy) => &single,
            (false, Family::Item) => return Err(RestError::not_iterable(value)),
        };
        let mut stored = Vec::new();
        for (_, item) in given {
            match self.write_one(item, family, clock, base_currency)? {
                Written::Store(Value::Null) | Written::Nothing => {}
                Written::Store(value) => stored.push(value),
            }
        }
        Ok(Written::Store(if stored.is_empty() {
            Value::Null
        } else {
            Value::Array(stored)
        }))
    }

    fn write_one(
        &self,
        value: &Php,
        family: Family,
        clock: &Clock,
        base_currency: &str,
    ) -> Result<Written, RestError> {
        // A yes-no field knows no emptiness: what is not yes is no.
        if is_empty(value) && !(self.user_type == "boolean" && family == Family::Item) {
            return Ok(Written::Store(Value::Null));
        }
        let zero = matches!(value, Php::Int(0)) || *value == Php::text("0");
        let stored = match self.user_type.as_str() {
            "enumeration" | "employee" | "iblock_section" | "iblock_element" if zero => Value::Null,
            // Whether an enumeration has such a choice, and an employee such a person, nobody asks.
            "integer" | "enumeration" | "employee" | "iblock_section" | "iblock_element" => {
                Value::from(value.intval())
            }
            "double" => self.rounded(value),
            "boolean" => Value::from(is_yes(value, family)),
            "date" => match clock.parse_day(&value.string()) {
                Some(day) => Value::from(day),
                None => return Ok(Written::Nothing),
            },
            "datetime" => match clock.parse(&value.string()) {
                Some(second) => Value::from(clock.iso_at(second)),
                None => return Ok(Written::Nothing),
            },
            "money" => {
                let money = money(&value.string(), base_currency);
                Value::from(money.ok_or_else(|| RestError::bad_money(self.shown_name(), family))?)
            }
            _ => Value::from(value.string()),
        };
        Ok(Written::Store(stored))
    }

    /// What people call the field.
    pub(crate) fn shown_name(&self) -> &str {
        if self.label.is_empty() {
            &self.name
        } else {
            &self.label
        }
    }

    /// The settings that the portal stores for a field of this type, of which the caller has named some.
    pub(crate) fn settings_from(user_type: &str, given: &Php) -> Map<String, Value> {
        let mut settings = settings_of_type(user_type);
        if user_type == "double" {
            settings.insert("PRECISION".to_owned(), Value::from(0));
        }
        if user_type == "crm" && !given.pairs().is_empty() {
            settings.clear();
        }
        for (name, value) in given.pairs() {
            settings.insert(name.clone(), plain_json(value));
        }
        settings
    }

    fn rounded(&self, value: &Php) -> Value {
        let places = self.settings.get("PRECISION").and_then(Value::as_u64);
        let places = places
            .and_then(|it| u32::try_from(it).ok())
            .map_or(PRECISION_DEFAULT, |it| it.min(PRECISION_MAX));
        let text = value.string().replace(',', ".").replace(' ', "");
        let number: Decimal = Php::text(text).decimal();
        number
            .round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
            .to_f64()
            .map_or(Value::Null, Value::from)
    }
}

/// The field that a request names, if there is one.
pub(crate) fn find_user_field<'a>(
    known: &'a [UserField],
    name: &str,
    family: Family,
    original: bool,
) -> Option<&'a UserField> {
    known
        .iter()
        .find(|field| field.name_in(family, original) == name)
}

/// Yes and no as the family reads a plain field (facts §1.2): the item family knows neither 1 nor `"1"`.
pub(crate) fn truth(value: &Php, family: Family) -> bool {
    match (family, value) {
        (Family::Item, Php::Bool(yes)) => *yes,
        (Family::Item, Php::Str(text)) => matches!(text.as_str(), "true" | "Y" | "y"),
        (Family::Legacy, Php::Str(text)) => text == "Y",
        (
            Family::Item | Family::Legacy,
            Php::Null | Php::Bool(_) | Php::Int(_) | Php::Float(_) | Php::Array(_),
        ) => false,
    }
}

/// The legacy family stores a yes-no user field as 1 and 0 and takes those too.
fn is_yes(value: &Php, family: Family) -> bool {
    let one = family == Family::Legacy && (value.intval() == 1 || *value == Php::Bool(true));
    one || truth(value, family)
}

fn is_empty(value: &Php) -> bool {
    match value {
        Php::Null => true,
        Php::Str(text) => text.is_empty(),
        Php::Array(items) => items.iter().all(|(_, item)| is_empty(item)),
        Php::Bool(_) | Php::Int(_) | Php::Float(_) => false,
    }
}

/// `149.90|EUR`; an amount alone gets the base currency, and anything else is no money.
fn money(text: &str, base_currency: &str) -> Option<String> {
    let (amount, currency) = text.split_once('|').unwrap_or((text, ""));
    let (amount, currency) = (amount.trim(), currency.trim());
    amount.parse::<Decimal>().ok()?;
    let currency = if currency.is_empty() {
        base_currency
    } else {
        currency
    };
    let code = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
    code.then(|| format!("{amount}|{currency}"))
}

fn settings_of_type(user_type: &str) -> Map<String, Value> {
    let settings = match user_type {
        "string" => json!({
            "SIZE": 20, "ROWS": 1, "REGEXP": "", "MIN_LENGTH": 0, "MAX_LENGTH": 0, "DEFAULT_VALUE": "",
        }),
        "integer" => json!({"SIZE": 20, "MIN_VALUE": 0, "MAX_VALUE": 0, "DEFAULT_VALUE": null}),
        "double" => json!({
            "PRECISION": PRECISION_DEFAULT, "SIZE": 20, "MIN_VALUE": 0, "MAX_VALUE": 0, "DEFAULT_VALUE": null,
        }),
        "boolean" => json!({
            "DEFAULT_VALUE": 0, "DISPLAY": "CHECKBOX", "LABEL": ["", ""], "LABEL_CHECKBOX": "",
        }),
        "date" | "datetime" => json!({"DEFAULT_VALUE": {"TYPE": "NONE", "VALUE": ""}}),
        "money" => json!({"DEFAULT_VALUE": ""}),
        "url" => json!({
            "POPUP": "Y", "SIZE": 20, "MIN_LENGTH": 0, "MAX_LENGTH": 0, "DEFAULT_VALUE": "", "ROWS": 1,
        }),
        "enumeration" => json!({
            "DISPLAY": "LIST", "LIST_HEIGHT": 1, "CAPTION_NO_VALUE": "", "SHOW_NO_VALUE": "Y",
        }),
        "crm" => json!({"LEAD": "Y"}),
        _ => json!({}),
    };
    settings.as_object().cloned().unwrap_or_default()
}

fn plain_json(value: &Php) -> Value {
    serde_json::from_str(&value.to_json()).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_an_amount_and_a_currency() {
        assert_eq!(money("149.90|EUR", "USD").as_deref(), Some("149.90|EUR"));
        assert_eq!(money("149.90", "USD").as_deref(), Some("149.90|USD"));
        assert_eq!(money("a lot|EUR", "USD"), None);
        assert_eq!(money("5|euro", "USD"), None);
    }
}
