//! Templates and expressions over an order: strict about names, limited in work and size.

use std::{collections::BTreeSet, fmt};

use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior,
    value::{Rest, Value},
};
use rust_decimal::{Decimal, prelude::FromPrimitive as _};

use super::{directory::nearest, view};

/// Steps that one template or expression may take: thousands of times what a field needs, and a fraction of a millisecond.
const FUEL: u64 = 20_000;

/// Characters of one value; a deal's texts hold less.
const CHARS_MAX: usize = 20_000;

/// How deep templates may nest.
const DEPTH_MAX: usize = 50;

/// Filters that templates and expressions have beside minijinja's own.
pub const FILTERS: [&str; 2] = ["money", "digits"];

/// Functions that templates and expressions have beside minijinja's own.
pub const FUNCTIONS: [&str; 1] = ["first"];

/// Knows how to read and to evaluate what a mapping says.
pub(super) struct Language {
    environment: Environment<'static>,
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Language")
    }
}

/// What an order offers to templates and expressions.
pub(super) struct Scope(Value);

impl Scope {
    pub(super) fn of(order: &crate::order::Order) -> Self {
        Self(view::scope(order))
    }
}

impl Language {
    pub(super) fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_recursion_limit(DEPTH_MAX);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        // What an order does not have is written as nothing, not as the word for nothing.
        environment.set_formatter(|out, state, value| {
            if value.is_none() {
                return Ok(());
            }
            minijinja::escape_formatter(out, state, value)
        });
        let [money_name, digits_name] = FILTERS;
        environment.add_filter(money_name, money);
        environment.add_filter(digits_name, digits);
        let [first_name] = FUNCTIONS;
        environment.add_function(first_name, first);
        Self { environment }
    }

    /// Checks a template's syntax, and the names it uses.
    pub(super) fn check_template(&self, source: &str) -> Result<(), String> {
        let template = self
            .environment
            .template_from_str(source)
            .map_err(|it| complaint(&it))?;
        self.check_names(template.undeclared_variables(true))
    }

    /// Checks an expression's syntax, and the names it uses.
    pub(super) fn check_expression(&self, source: &str) -> Result<(), String> {
        let expression = self
            .environment
            .compile_expression_owned(source.to_owned())
            .map_err(|it| complaint(&it))?;
        self.check_names(expression.undeclared_variables(true))
    }

    fn check_names(&self, names: impl IntoIterator<Item = String>) -> Result<(), String> {
        let known = view::names();
        // The order of complaints must not depend on chance.
        let names: BTreeSet<String> = names.into_iter().collect();
        let function = |name: &str| self.environment.globals().any(|(it, _)| it == name);
        for name in names.iter().filter(|it| !function(it)) {
            unknown(name, &known).map_or(Ok(()), Err)?;
        }
        Ok(())
    }

    /// The text that a template makes of an order.
    pub(super) fn render(&self, source: &str, scope: &Scope) -> Result<String, String> {
        let template = self
            .environment
            .template_from_str(source)
            .map_err(|it| complaint(&it))?;
        let text = template
            .render(scope.0.clone())
            .map_err(|it| complaint(&it))?;
        bounded(text)
    }

    /// The value of an expression.
    pub(super) fn evaluate(&self, source: &str, scope: &Scope) -> Result<Value, String> {
        let expression = self
            .environment
            .compile_expression_owned(source.to_owned())
            .map_err(|it| complaint(&it))?;
        let value = expression
            .eval(scope.0.clone())
            .map_err(|it| complaint(&it))?;
        if value.is_undefined() {
            return Err("it names something that an order does not have".to_owned());
        }
        Ok(value)
    }

    /// Whether an expression holds.
    pub(super) fn holds(&self, source: &str, scope: &Scope) -> Result<bool, String> {
        self.evaluate(source, scope).map(|it| it.is_true())
    }
}

/// A complaint about a path of which a part does not exist.
fn unknown(name: &str, known: &serde_json::Value) -> Option<String> {
    let mut here = known;
    let mut walked = String::new();
    for part in name.split('.') {
        // Whatever comes behind a value is its own affair.
        let serde_json::Value::Object(names) = here else {
            return None;
        };
        here = match names.get(part) {
            Some(inner) => inner,
            None => {
                let near = nearest(part, names.keys().map(String::as_str));
                let hint =
                    near.map_or_else(String::new, |it| format!("; the nearest is `{walked}{it}`"));
                return Some(format!(
                    "`{walked}{part}` is nothing that an order has{hint}"
                ));
            }
        };
        walked.push_str(part);
        walked.push('.');
    }
    None
}

/// What is wrong, in a form that fits after a colon: the words of the engine without the order's values.
fn complaint(error: &Error) -> String {
    let line = match error.line() {
        Some(line) if 1 < line => format!(" (line {line})"),
        Some(_) | None => String::new(),
    };
    let kind = error.kind();
    if kind == ErrorKind::OutOfFuel {
        return "it takes more steps than a field may".to_owned();
    }
    if kind == ErrorKind::UndefinedError {
        return format!("it names something that an order does not have{line}");
    }
    match error.detail() {
        Some("unexpected input after expression") if kind == ErrorKind::SyntaxError => {
            format!("{kind}: unexpected input after expression (to compare, write `==`){line}")
        }
        Some(detail) => format!("{kind}: {detail}{line}"),
        None => format!("{kind}{line}"),
    }
}

fn bounded(text: String) -> Result<String, String> {
    if CHARS_MAX < text.chars().count() {
        return Err(format!("it is longer than {CHARS_MAX} characters"));
    }
    Ok(text)
}

/// A number as an amount with two decimals: `{{ order.total | money }}`.
fn money(value: &Value) -> Result<String, Error> {
    if value.is_none() {
        return Ok(String::new());
    }
    let amount = decimal(value)
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "money wants a number"))?;
    Ok(crate::money::carried(amount).to_string())
}

/// The digits of a text: `{{ order.name | digits }}`.
fn digits(value: &Value) -> String {
    value
        .to_string()
        .chars()
        .filter(char::is_ascii_digit)
        .collect()
}

/// The first of several values that is there and not empty, else nothing: `first(order.note, "none")`.
fn first(values: Rest<Value>) -> Value {
    let there = |it: &&Value| it.is_true() || it.is_number();
    let nothing = || Value::from(());
    values.iter().find(there).cloned().unwrap_or_else(nothing)
}

/// A number of an expression as a decimal. Amounts pass through binary fractions, which carry fifteen digits: enough for
/// two decimals of a billion, to which they are rounded where they are written.
pub(super) fn decimal(value: &Value) -> Option<Decimal> {
    if let Ok(whole) = i64::try_from(value.clone()) {
        return Some(Decimal::from(whole));
    }
    if let Some(text) = value.as_str() {
        return text.trim().parse().ok();
    }
    f64::try_from(value.clone())
        .ok()
        .and_then(Decimal::from_f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::sample;

    #[track_caller]
    fn check(template: &str, want: Result<&str, &str>) {
        let got = Language::new().render(template, &Scope::of(&sample::order()));
        assert_eq!(got.as_deref().map_err(String::as_str), want);
    }

    #[test]
    fn what_an_order_lacks_is_written_as_nothing() {
        check("[{{ order.po_number }}]", Ok("[]"));
    }

    #[test]
    fn a_misspelt_name_is_an_error_and_not_an_empty_text() {
        check(
            "{{ order.nmae }}",
            Err("it names something that an order does not have"),
        );
    }

    #[test]
    fn a_misspelt_name_is_found_before_any_order_comes() {
        let language = Language::new();
        assert_eq!(
            language.check_template("{{ order.customer.nmae }}"),
            Err("`order.customer.nmae` is nothing that an order has; the nearest is `order.customer.name`".to_owned())
        );
        assert_eq!(
            language.check_expression("ordr.total"),
            Err("`ordr` is nothing that an order has; the nearest is `order`".to_owned())
        );
        for good in [
            "first(order.attributes.gift | default(''), order.note)",
            "order.lines | map(attribute='sku') | join(', ')",
            "order.tags and order.name | upper",
        ] {
            assert_eq!(language.check_expression(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn amounts_are_written_with_two_decimals() {
        check("{{ order.total | money }}", Ok("112.72"));
        check(
            "{{ 20 | money }} {{ (0.1 + 0.2) | money }}",
            Ok("20.00 0.30"),
        );
    }

    #[test]
    fn endless_work_is_stopped() {
        check(
            "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
            Err("it takes more steps than a field may"),
        );
    }

    #[test]
    fn the_first_of_several_values_that_is_there_counts() {
        check("{{ first(order.po_number, '', 'none') }}", Ok("none"));
        check("[{{ first(order.po_number, '') }}]", Ok("[]"));
    }

    #[test]
    fn an_error_does_not_repeat_the_orders_values() {
        let error = Language::new()
            .render("{{ order.note + 5 }}", &Scope::of(&sample::order()))
            .unwrap_err();
        assert!(!error.contains("klingeln"), "{error}");
    }
}
