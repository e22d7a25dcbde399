//! A webhook and the Admin API give the same order, and neither gives a wrong one.

mod lenient;
mod properties;

use rust_decimal::Decimal;
use serde_json::{Value, json};
use shopify::Unreadable;
use shopify::order::{self, Order};

const WEBHOOK: &str = include_str!("../data/order_1042_webhook.json");
const GRAPHQL: &str = include_str!("../data/order_1042_graphql.json");

#[test]
fn both_ways_give_the_same_order() {
    let hook = order::from_webhook(WEBHOOK.as_bytes()).unwrap();
    let api = order::from_graphql(&graphql()).unwrap();
    assert_eq!(hook, api);
    // Equal to the letter, so that hashes of the serialised form agree as well.
    assert_eq!(
        serde_json::to_string(&hook.comparable()).unwrap(),
        serde_json::to_string(&api.comparable()).unwrap()
    );
}

#[test]
fn the_wire_form_with_its_escapes_is_the_same_order() {
    let wire = webhook()
        .to_string()
        .replace('/', r"\/")
        .replace('&', r"\u0026");
    assert_ne!(wire, WEBHOOK);
    assert_eq!(
        order::from_webhook(wire.as_bytes()),
        order::from_webhook(WEBHOOK.as_bytes())
    );
}

#[test]
fn the_order_says_what_the_body_says() {
    let order = order::from_webhook(WEBHOOK.as_bytes()).unwrap();
    assert_eq!(
        (order.id, order.name.as_str(), order.order_number),
        (6_120_000_000_001, "#1042", Some(1042))
    );
    assert_eq!(order.updated_at.to_string(), "2026-11-23T09:15:48Z");
    assert_eq!(
        (
            order.financial_status.as_deref(),
            order.fulfillment_status.as_deref()
        ),
        (Some("paid"), None)
    );
    assert_eq!(
        (order.current_total_price, order.total_outstanding),
        (Some(dec("112.72")), Some(dec("0")))
    );
    assert_eq!((order.total_tip_received, order.refunded), (None, dec("0")));
    assert_eq!(
        order.customer.as_ref().map(|it| it.id),
        Some(7_120_000_000_001)
    );
    assert_eq!(order.shipping_address, None);
    assert_eq!(
        order.tags.iter().map(String::as_str).collect::<Vec<_>>(),
        ["newsletter", "vip"]
    );
    assert_eq!(
        order.extras.landing_site.as_deref(),
        Some("/products/mug?utm_source=mail&utm_medium=crm")
    );
    let mug = &order.lines[0];
    assert_eq!(
        (mug.price, mug.discount, mug.quantity),
        (dec("49.9"), dec("9.98"), 2)
    );
    assert_eq!(
        mug.properties,
        [("engraving".to_owned(), "E.M.".to_owned())]
    );
    let items: Decimal = order
        .lines
        .iter()
        .map(|it| it.price * Decimal::from(it.quantity) - it.discount)
        .sum();
    let shipping: Decimal = order
        .shipping_lines
        .iter()
        .map(|it| it.discounted_price)
        .sum();
    assert_eq!(Some(items + shipping), order.current_total_price);
}

#[test]
fn an_order_survives_being_stored() {
    let order = order::from_webhook(WEBHOOK.as_bytes()).unwrap();
    let text = serde_json::to_string(&order).unwrap();
    let back: Order = serde_json::from_str(&text).unwrap();
    assert_eq!(back, order);
    assert_eq!(serde_json::to_string(&back).unwrap(), text);
}

/// An edited, partly refunded, cancelled two-currency company order, so that no field is left at rest.
#[test]
fn an_eventful_order_is_the_same_both_ways() {
    let mut hook = webhook();
    merge(
        &mut hook,
        json!({
            "financial_status": "partially_refunded", "fulfillment_status": "partial", "cancel_reason": "customer",
            "cancelled_at": "2026-11-24T10:00:00+01:00", "closed_at": "2026-11-24T09:00:01+00:00",
            "updated_at": "2026-11-24T10:00:02+01:00", "presentment_currency": "GBP", "test": true,
            "total_tip_received": "1.50", "total_outstanding": "-44.91", "po_number": "PO-7", "source_identifier": "S-1",
            "current_total_duties_set": {"shop_money": {"amount": "3.10", "currency_code": "EUR"}},
            "current_total_additional_fees_set": {"shop_money": {"amount": 0.5, "currency_code": "EUR"}},
            "total_cash_rounding_payment_adjustment_set": {"shop_money": {"amount": "0.03"}},
            "total_cash_rounding_refund_adjustment_set": {"shop_money": {"amount": "-0.01"}},
            "company": {"id": 811, "location_id": 812}, "phone": "+4930111",
            "current_total_price_set": {"shop_money": {"amount": "67.81"}, "presentment_money": {"amount": "58.43"}},
            "total_price_set": {"shop_money": {"amount": "112.72"}, "presentment_money": {"amount": "97.13"}},
            "current_shipping_price_set": {"shop_money": {"amount": "2.00"}},
            "shipping_address": {"first_name": "A", "last_name": "B", "name": "A B", "company": "C", "address1": "D",
                "address2": "E", "city": "F", "zip": "G", "province": "H", "province_code": "I", "country": "J",
                "country_code": "K", "phone": "L", "latitude": 1.5}, "payment_gateway_names": ["manual", "gift_card", "manual"],
            "fulfillments": [
                {"id": 1, "status": "success", "tracking_number": "T2", "tracking_numbers": ["T2", "T1"]},
                {"id": 2, "status": "cancelled", "tracking_number": "T3", "tracking_numbers": ["T3"]}],
            "refunds": [{"id": 929361465, "transactions": [
                {"kind": "refund", "status": "success", "amount": "44.91", "currency": "EUR"},
                {"kind": "refund", "status": "failure", "amount": "44.91", "currency": "EUR"},
                {"kind": "void", "status": "success", "amount": "1.00", "currency": "EUR"},
                {"kind": "refund", "status": "success", "amount": "1.00", "currency": "GBP",
                 "amount_set": {"shop_money": {"amount": "1.15"}, "presentment_money": {"amount": "1.00"}}}]}],
        }),
    );
    hook["payment_terms"] = json!({
        "id": 70, "payment_terms_name": "Net 30", "payment_terms_type": "net", "due_in_days": 30,
        "payment_schedules": [
            {"due_at": "2026-12-23T10:15:48+01:00", "completed_at": "2026-12-01T10:00:00+01:00"},
            {"due_at": "2027-01-23T10:15:48+01:00", "completed_at": null},
            {"due_at": "2027-02-23T10:15:48+01:00", "completed_at": null}],
    });
    hook["customer"]["phone"] = json!("+4930222");
    hook["line_items"][0]["current_quantity"] = json!(1);
    // Deleted since: the ids are still there.
    hook["line_items"][0]["product_exists"] = json!(false);
    hook["line_items"].as_array_mut().unwrap().reverse();
    hook["shipping_lines"][0]["discount_allocations"] = json!([{"amount": "0.90"}]);
    hook["shipping_lines"][0]["discounted_price"] = json!("4.90");
    hook["shipping_lines"][0]["current_discounted_price_set"] =
        json!({"shop_money": {"amount": "2.00"}});
    hook["shipping_lines"][0]["is_removed"] = json!(true);

    let bag = |amount: &str| json!({"shopMoney": {"amount": amount}});
    let mut node = graphql();
    merge(
        &mut node,
        json!({
            "displayFinancialStatus": "PARTIALLY_REFUNDED", "displayFulfillmentStatus": "PARTIALLY_FULFILLED",
            "cancelReason": "CUSTOMER", "cancelledAt": "2026-11-24T09:00:00Z", "closedAt": "2026-11-24T09:00:01Z",
            "updatedAt": "2026-11-24T09:00:02Z", "presentmentCurrencyCode": "GBP", "test": true,
            "totalTipReceivedSet": bag("1.5"), "totalOutstandingSet": bag("-44.91"), "poNumber": "PO-7",
            "sourceIdentifier": "S-1", "currentTotalDutiesSet": bag("3.1"), "currentTotalAdditionalFeesSet": bag("0.5"),
            "totalCashRoundingAdjustment": {"paymentSet": bag("0.03"), "refundSet": bag("-0.01")},
            "totalRefundedSet": bag("46.06"), "phone": "+4930111",
            "currentTotalPriceSet": {"shopMoney": {"amount": "67.81"}, "presentmentMoney": {"amount": "58.43"}},
            "totalPriceSet": {"shopMoney": {"amount": "112.72"}, "presentmentMoney": {"amount": "97.13"}},
            "currentShippingPriceSet": bag("2.0"),
            "paymentTerms": {"paymentTermsName": "Net 30", "paymentSchedules": {"nodes": [
                {"dueAt": "2026-12-23T09:15:48Z", "completedAt": "2026-12-01T09:00:00Z"},
                {"dueAt": "2027-01-23T09:15:48Z", "completedAt": null},
                {"dueAt": "2027-02-23T09:15:48Z", "completedAt": null}], "pageInfo": {"hasNextPage": false}}},
            "shippingAddress": {"firstName": "A", "lastName": "B", "company": "C", "address1": "D", "address2": "E",
                "city": "F", "zip": "G", "province": "H", "provinceCode": "I", "country": "J", "countryCodeV2": "K",
                "phone": "L"}, "paymentGatewayNames": ["gift_card", "manual"],
            "purchasingEntity": {"company": {"id": "gid://shopify/Company/811"}, "location": {"id": "gid://shopify/CompanyLocation/812"}},
            "fulfillments": [
                {"status": "SUCCESS", "trackingInfo": [{"number": "T1"}, {"number": "T2"}, {"number": null}]},
                {"status": "CANCELLED", "trackingInfo": [{"number": "T3"}]}],
        }),
    );
    node["customer"]["defaultPhoneNumber"] = json!({"phoneNumber": "+4930222"});
    let mug = &mut node["lineItems"]["nodes"][0];
    mug["currentQuantity"] = json!(1);
    (mug["product"], mug["variant"]) = (Value::Null, Value::Null);
    let dhl = &mut node["shippingLines"]["nodes"][0];
    dhl["discountAllocations"] = json!([{"allocatedAmountSet": bag("0.9")}]);
    dhl["discountedPriceSet"] = bag("4.0");
    dhl["currentDiscountedPriceSet"] = bag("2.0");
    dhl["isRemoved"] = json!(true);

    let hook = order::from_webhook(hook.to_string().as_bytes()).unwrap();
    let api = order::from_graphql(&node).unwrap();
    assert_eq!(hook, api);
    assert_eq!(
        serde_json::to_string(&hook.comparable()).unwrap(),
        serde_json::to_string(&api.comparable()).unwrap()
    );
    assert_eq!(
        (hook.presentment_total, hook.current_shipping_price),
        (Some(dec("58.43")), Some(dec("2")))
    );
    // Not compared, but told by both.
    assert_eq!(hook.extras.payment_terms, api.extras.payment_terms);
    let terms = hook.extras.payment_terms.unwrap();
    assert_eq!(terms.name.as_deref(), Some("Net 30"));
    assert_eq!(terms.due_at.unwrap().to_string(), "2027-01-23T09:15:48Z");
    assert_eq!(
        (hook.refunded, hook.total_cash_rounding),
        (dec("46.06"), Some(dec("0.02")))
    );
    assert_eq!(
        hook.tracking_numbers.into_iter().collect::<Vec<_>>(),
        ["T1", "T2"]
    );
}

#[test]
fn the_visit_takes_no_part_in_equality_and_is_kept() {
    let hook = order::from_webhook(WEBHOOK.as_bytes()).unwrap();
    let mut node = graphql();
    node["customerJourneySummary"] = Value::Null;
    let mut api = order::from_graphql(&node).unwrap();
    assert_eq!((&api, api.extras.landing_site.as_ref()), (&hook, None));
    api.fill_from(&hook);
    assert_eq!(api.extras.landing_site, hook.extras.landing_site);
}

#[test]
fn terms_of_payment_are_none_if_told_so_and_untold_if_not_asked_for() {
    let hook = order::from_webhook(WEBHOOK.as_bytes()).unwrap();
    let mut node = graphql();
    let api = order::from_graphql(&node).unwrap();
    assert_eq!(
        hook.extras.payment_terms,
        Some(order::PaymentTerms::default())
    );
    assert_eq!(api.extras.payment_terms, None);
    node["paymentTerms"] = Value::Null;
    let asked = order::from_graphql(&node).unwrap();
    assert_eq!(asked.extras.payment_terms, hook.extras.payment_terms);
}

#[test]
fn a_total_in_the_shops_own_currency_is_told_once() {
    let hook = order::from_webhook(WEBHOOK.as_bytes()).unwrap();
    assert_eq!(hook.presentment_total, None);
    let pounds = changed("presentment_currency", json!("GBP")).unwrap();
    assert_eq!(pounds.presentment_total, Some(dec("112.72")));
}

#[test]
fn a_different_field_makes_a_different_order() {
    let base = order::from_webhook(WEBHOOK.as_bytes()).unwrap();
    for (key, value) in [
        ("note", json!("Bitte klopfen")),
        ("tags", json!("vip")),
        ("financial_status", json!("pending")),
        (
            "current_total_price_set",
            json!({"shop_money": {"amount": "112.73"}}),
        ),
        ("line_items", json!([])),
        ("billing_address", json!({"city": "Bonn"})),
    ] {
        assert_ne!(changed(key, value).unwrap(), base, "{key}");
    }
}

#[test]
fn every_unfulfilled_status_is_no_status() {
    for (api, hook) in [
        ("UNFULFILLED", None),
        ("IN_PROGRESS", None),
        ("ON_HOLD", None),
        ("SCHEDULED", None),
        ("OPEN", None),
        ("PENDING_FULFILLMENT", None),
        ("REQUEST_DECLINED", None),
        ("FULFILLMENT_NOT_REQUIRED", None),
        ("PARTIALLY_FULFILLED", Some("partial")),
        ("FULFILLED", Some("fulfilled")),
        ("RESTOCKED", Some("restocked")),
        ("SOMETHING_NEW", Some("something_new")),
    ] {
        let mut node = graphql();
        node["displayFulfillmentStatus"] = json!(api);
        assert_eq!(
            order::from_graphql(&node)
                .unwrap()
                .fulfillment_status
                .as_deref(),
            hook,
            "{api}"
        );
    }
}

#[test]
fn a_company_that_a_webhook_leaves_untold_is_filled_in() {
    let mut node = graphql();
    node["purchasingEntity"] =
        json!({"company": {"id": "gid://shopify/Company/811"}, "location": null});
    let api = order::from_graphql(&node).unwrap();
    let mut hook = order::from_webhook(WEBHOOK.as_bytes()).unwrap();
    assert_ne!(hook, api);
    hook.fill_from(&api);
    assert_eq!(hook, api);
}

fn changed(key: &str, value: Value) -> Result<Order, Unreadable> {
    let mut body = webhook();
    body[key] = value;
    order::from_webhook(body.to_string().as_bytes())
}

fn merge(into: &mut Value, fields: Value) {
    let Value::Object(fields) = fields else {
        return;
    };
    for (key, value) in fields {
        into[key] = value;
    }
}

fn webhook() -> Value {
    serde_json::from_str(WEBHOOK).expect("the sample is JSON")
}

fn graphql() -> Value {
    serde_json::from_str(GRAPHQL).expect("the sample is JSON")
}

fn dec(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}
