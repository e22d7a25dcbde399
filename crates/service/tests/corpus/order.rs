//! Shopify's webhook body from a case's order.

use serde_json::{Map, Value, json};

/// The body. Beside Shopify's own fields, which are taken as they are, an order may say for short:
///
/// * `total`: the current total, and what was charged unless `total_price` says otherwise;
/// * `lines` and `shipping`: line items and shipping lines; a line item is one piece unless it says otherwise, still has
///   all its pieces, is named by its title and is of a product (`product_id = 0`: of none);
/// * `discounts` of a line: amounts allocated to it; `taxes` of a line: pairs of rate and amount;
/// * `refunds`: amounts given back; `refund_bodies`: refunds in Shopify's own form;
/// * a field that is `false` and no flag is left out.
///
/// Unless it says otherwise an order is paid in euros, with tax within its prices, of nobody.
pub(crate) fn body(order: &toml::Table) -> Value {
    let mut body = object(json!({
        "id": 6_120_000_000_001_u64,
        "name": "#1042",
        "created_at": "2026-11-23T10:15:47+01:00",
        "updated_at": "2026-11-23T10:15:48+01:00",
        "currency": "EUR",
        "taxes_included": true,
        "financial_status": "paid",
        "total_outstanding": "0.00",
        "source_name": "web",
    }));
    for (key, value) in order {
        let value = json(value);
        match key.as_str() {
            "total" => {
                body.insert("current_total_price".to_owned(), value.clone());
                body.entry("total_price").or_insert(value);
            }
            "lines" => {
                body.insert("line_items".to_owned(), lines(value, 1_000));
            }
            "shipping" => {
                body.insert("shipping_lines".to_owned(), lines(value, 2_000));
            }
            "refunds" => {
                body.insert(key.clone(), list(value).map(refund).collect());
            }
            "refund_bodies" => {
                body.insert("refunds".to_owned(), value);
            }
            "current_total_price" if value == false => {}
            _ => {
                body.insert(key.clone(), value);
            }
        }
    }
    Value::Object(body)
}

fn lines(value: Value, first: u64) -> Value {
    list(value)
        .zip(first..)
        .map(|(it, id)| line(it, id))
        .collect()
}

/// A line item; what a shipping line has no use for does no harm there.
fn line(value: Value, id: u64) -> Value {
    let mut line = object(value);
    if let Some(discounts) = line.remove("discounts") {
        let allocations = list(discounts).map(|it| json!({ "amount": it })).collect();
        line.insert("discount_allocations".to_owned(), allocations);
    }
    if let Some(taxes) = line.remove("taxes") {
        let lines = list(taxes).map(|it| json!({"title": "Tax", "rate": it[0], "price": it[1]}));
        line.insert("tax_lines".to_owned(), lines.collect());
    }
    if line.get("product_id").is_some_and(|it| *it == 0) {
        line.insert("product_id".to_owned(), Value::Null);
    }
    let mut default = |key: &str, value: Value| {
        line.entry(key).or_insert(value);
    };
    default("id", json!(id));
    default("quantity", json!(1));
    default("product_id", json!(id + 10_000));
    Value::Object(line)
}

fn refund(amount: Value) -> Value {
    json!({"transactions": [{"kind": "refund", "status": "success", "amount": amount}]})
}

fn json(value: &toml::Value) -> Value {
    serde_json::to_value(value).expect("TOML is JSON, but for times, which are quoted")
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)) => panic!("{other} is no table"),
    }
}

fn list(value: Value) -> impl Iterator<Item = Value> {
    match value {
        Value::Array(values) => values.into_iter(),
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Object(_)) => panic!("{other} is no list"),
    }
}
