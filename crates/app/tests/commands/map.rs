//! `onedeal map` on the composed order and on garbage.

use serde_json::{Value, json};
use simulators::shopify::{composed_order, wire_bytes};

use crate::program::{Folder, Ran};

fn map(body: impl AsRef<[u8]>, args: &[&str], variables: &[(&str, &str)]) -> Ran {
    let folder = Folder::new();
    folder.put("order.json", body);
    let args: Vec<&str> = ["map", "order.json"].iter().chain(args).copied().collect();
    folder.run(&args, variables)
}

fn changed(field: &str, value: Value) -> Vec<u8> {
    let mut order = composed_order();
    order[field] = value;
    wire_bytes(&order).to_vec()
}

#[track_caller]
fn refused(body: impl AsRef<[u8]>, named: &str) {
    let ran = map(body, &[], &[]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{ran:?}");
    assert!(ran.err.contains(named), "{named}: {}", ran.err);
}

#[test]
fn the_composed_order_is_shown_as_its_deal() {
    let ran = map(wire_bytes(&composed_order()), &[], &[]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn the_summary_is_russian_where_the_language_is() {
    let ran = map(
        wire_bytes(&composed_order()),
        &[],
        &[("LANG", "ru_RU.UTF-8")],
    );
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn the_json_carries_the_amount_and_rows_that_add_up_to_it() {
    let variables = [
        ("ONEDEAL_SHOP", "acme.myshopify.com"),
        ("ONEDEAL_ORDER_FIELD", "UF_CRM_ORDER"),
    ];
    let ran = map(wire_bytes(&composed_order()), &["--json"], &variables);
    let page: Value = serde_json::from_str(&ran.out).unwrap();
    let deal = &page["deal"];
    assert_eq!(
        (&deal["amount"], &deal["currency"], &deal["adds_up"]),
        (&json!("112.72"), &json!("EUR"), &json!(true))
    );
    let sums = deal["rows"].as_array().unwrap().iter().map(|row| {
        let text = row["sum"].as_str().unwrap();
        text.parse::<rust_decimal::Decimal>().unwrap()
    });
    assert_eq!(
        sums.sum::<rust_decimal::Decimal>().to_string(),
        "112.72",
        "{deal}"
    );
    let fields = deal["fields"].as_array().unwrap();
    let value = |name: &str| {
        let field = fields.iter().find(|it| it["field"] == name);
        field.map(|it| it["value"].clone())
    };
    assert_eq!(value("UF_CRM_ORDER"), Some(json!("6120000000001")));
    assert_eq!(
        value("originatorId"),
        Some(json!("shopify:acme.myshopify.com"))
    );
}

#[test]
fn an_order_of_the_admin_api_is_read_bare_and_within_its_answer() {
    let bag = json!({"shopMoney": {"amount": "10.00"}});
    let node = json!({
        "id": "gid://shopify/Order/77", "legacyResourceId": "77", "name": "#77",
        "updatedAt": "2026-11-23T09:15:48Z", "currencyCode": "EUR", "taxesIncluded": true,
        "currentTotalPriceSet": bag,
        "lineItems": {"nodes": [], "pageInfo": {"hasNextPage": false}},
        "shippingLines": {"nodes": [], "pageInfo": {"hasNextPage": false}},
    });
    for body in [node.clone(), json!({"data": {"order": node}})] {
        let ran = map(body.to_string(), &["--json"], &[]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let page: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(page["order"]["id"], 77);
        assert_eq!(page["order"]["form"], "graphql");
        assert_eq!(page["deal"]["amount"], "10.00");
    }
}

#[test]
fn garbage_is_refused_and_the_field_is_named() {
    refused("", "body is not JSON");
    refused("no order at all", "body is not JSON");
    refused("[1, 2]", "body is not a JSON object");
    refused(
        &wire_bytes(&composed_order())[..500],
        "body is not JSON (line 1",
    );
    refused(r#"{"id": 5}"#, "order has no `updated_at`");
    refused(
        changed(
            "current_total_price_set",
            json!({"shop_money": {"amount": "much"}}),
        ),
        "`current_total_price_set.shop_money.amount` is not an amount of money",
    );
    refused(
        changed("line_items", json!("many")),
        "`line_items` is not a list",
    );
    refused(changed("currency", json!("EURO")), "`currency`");
    refused(r#"{"data": {"order": null}}"#, "`data.order`");
}

#[test]
fn a_file_beyond_ten_mebibytes_is_refused() {
    refused(vec![b' '; 10 * 1024 * 1024 + 1], "larger than 10 MiB");
}

#[test]
fn a_missing_file_is_a_usage_error() {
    let ran = Folder::new().run(&["map", "nowhere.json"], &[]);
    assert_eq!(ran.code, 2);
    insta::assert_snapshot!(ran.err, @"onedeal: the file `nowhere.json` cannot be read: No such file or directory (os error 2)");
}

#[test]
fn nothing_in_an_order_reaches_the_terminal_as_a_command() {
    let ran = map(changed("name", json!("#1\u{1b}[31m\u{7}")), &[], &[]);
    assert_eq!(ran.code, 0);
    assert!(!ran.out.contains(['\u{1b}', '\u{7}']), "{:?}", ran.out);
}
