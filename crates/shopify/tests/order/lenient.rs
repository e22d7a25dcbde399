//! What is missing, odd or hostile in a body.

use serde_json::{Value, json};
use shopify::Unreadable;
use shopify::order;

use crate::{WEBHOOK, changed, dec, graphql, webhook};

#[test]
fn every_field_but_four_may_be_missing_or_null() {
    let full = webhook();
    for key in full.as_object().unwrap().keys() {
        let mut without = full.clone();
        without.as_object_mut().unwrap().remove(key);
        let required = ["id", "updated_at", "currency"].contains(&key.as_str());
        assert_eq!(
            order::from_webhook(without.to_string().as_bytes()).is_err(),
            required,
            "{key}"
        );
        assert_eq!(changed(key, Value::Null).is_err(), required, "{key}");
    }
    let least = json!({"id": "6120000000001", "updated_at": "2026-11-23T10:15:48+01:00", "currency": "eur", "current_total_price": 5});
    let order = order::from_webhook(least.to_string().as_bytes()).unwrap();
    assert_eq!(
        (order.id, order.name.as_str(), order.currency.as_str()),
        (6_120_000_000_001, "6120000000001", "EUR")
    );
}

#[test]
fn a_body_says_what_it_misses() {
    for (body, field) in [
        (json!({}), "id"),
        (json!({"id": 1}), "updated_at"),
        (
            json!({"id": 1, "updated_at": "2026-11-23T10:15:48Z"}),
            "currency",
        ),
        (
            json!({"id": 1, "updated_at": "2026-11-23T10:15:48Z", "currency": "EUR"}),
            "total_price",
        ),
    ] {
        let refused = order::from_webhook(body.to_string().as_bytes()).unwrap_err();
        assert_eq!(refused, Unreadable::Missing { field });
        assert_eq!(refused.to_string(), format!("order has no `{field}`"));
    }
}

#[test]
fn what_makes_no_sense_is_named_without_its_value() {
    for (key, value, text) in [
        ("email", json!({"secret": "Erika"}), "`email` is not a text"),
        (
            "updated_at",
            json!("Erika"),
            "`updated_at` is not a time with an offset",
        ),
        ("id", json!(-5), "`id` is not a positive whole number"),
        ("customer", json!("Erika"), "`customer` is not an object"),
        (
            "line_items",
            json!([null, {"id": 1, "quantity": -1}]),
            "`line_items[1].quantity` is not a count",
        ),
        (
            "line_items",
            json!([{"price": "1"}]),
            "`line_items[0].id` is not a positive whole number",
        ),
        (
            "total_outstanding",
            json!("Erika"),
            "`total_outstanding` is not an amount of money",
        ),
    ] {
        assert_eq!(changed(key, value).unwrap_err().to_string(), text);
    }
}

#[test]
fn a_refund_in_the_buyers_currency_is_converted_or_refused() {
    let refunds = json!([{"transactions": [{"kind": "refund", "status": "success", "amount": "10.00", "currency": "GBP"}]}]);
    let mut body = webhook();
    body["refunds"] = refunds;
    body["total_price_set"] =
        json!({"shop_money": {"amount": "120.00"}, "presentment_money": {"amount": "100.00"}});
    let read = |body: &Value| order::from_webhook(body.to_string().as_bytes());
    assert_eq!(read(&body).unwrap().refunded, dec("12"));
    body["total_price_set"]["presentment_money"]["amount"] = json!("0.00");
    assert!(
        read(&body)
            .unwrap_err()
            .to_string()
            .starts_with("`refunds[0].transactions[0].currency`")
    );
    body.as_object_mut().unwrap().remove("total_price_set");
    assert!(read(&body).is_err());
}

#[test]
fn zero_decimal_money_and_foreign_values_are_read() {
    let order = changed(
        "note_attributes",
        json!([{"name": "n", "value": 5}, {"name": "o", "value": {"a": [1]}}, {"name": "z", "value": null}]),
    );
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        order.unwrap().note_attributes,
        [pair("n", "5"), pair("o", r#"{"a":[1]}"#), pair("z", "")]
    );
    let mut body = webhook();
    body.as_object_mut().unwrap().remove("total_price_set");
    body["total_price"] = json!("693");
    assert_eq!(
        order::from_webhook(body.to_string().as_bytes())
            .unwrap()
            .total_price,
        Some(dec("693"))
    );
}

#[test]
fn a_node_with_a_further_page_of_lines_is_no_order_yet() {
    let mut node = graphql();
    node["lineItems"]["pageInfo"]["hasNextPage"] = json!(true);
    assert_eq!(
        order::from_graphql(&node),
        Err(Unreadable::Incomplete { path: "lineItems" })
    );
}

#[test]
fn redacted_addresses_and_customers_are_absent() {
    let order = changed(
        "billing_address",
        json!({"city": null, "zip": "", "latitude": 5.5}),
    )
    .unwrap();
    assert_eq!(order.billing_address, None);
    assert_eq!(changed("customer", json!({})).unwrap().customer, None);
}

#[test]
fn hostile_bytes_are_refused() {
    let deep = format!(r#"{{"id":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    for body in [
        &b""[..],
        b"\xff",
        b"{\"id\":\"\xff\"}",
        b"{",
        b"[]",
        b"null",
        deep.as_bytes(),
        b"{\"a\":\"\\ud800\"}",
    ] {
        assert!(order::from_webhook(body).is_err());
    }
    let doubled = WEBHOOK.replacen('{', r#"{"id": 1, "name": "x", "#, 1);
    assert_eq!(
        order::from_webhook(doubled.as_bytes()).unwrap().id,
        6_120_000_000_001
    );
}

#[test]
fn the_largest_amounts_do_not_overflow() {
    let most = "1000000000000000";
    let line = json!({"id": 1, "quantity": u32::MAX, "price": most, "discount_allocations": vec![json!({"amount": most}); 1000]});
    let order = changed("line_items", json!([line])).unwrap();
    assert_eq!(order.lines[0].discount, dec("1000000000000000000"));
}
