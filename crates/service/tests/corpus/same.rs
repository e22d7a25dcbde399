//! Both ways of reading an order lead to the same order of the kernel, and to the same version.

use kernel::{
    mapping::Mapping,
    order::{CompanyId, Order},
    version::{Source, Version},
};
use serde_json::{Value, json};
use shopify::order::{from_graphql, from_webhook};

const WEBHOOK: &str = include_str!("../../../shopify/tests/data/order_1042_webhook.json");
const GRAPHQL: &str = include_str!("../../../shopify/tests/data/order_1042_graphql.json");

#[test]
fn a_webhook_and_the_admin_api_lead_to_the_same_order_and_version() {
    let mut hook = webhook();
    let mut node = graphql();
    for (key, value) in [
        ("po_number", json!("PO-7")),
        ("source_identifier", json!("S-1")),
        ("cancel_reason", json!("staff")),
        ("cancelled_at", json!("2026-11-24T10:00:00+01:00")),
        ("closed_at", json!("2026-11-24T10:00:01+01:00")),
        ("presentment_currency", json!("GBP")),
        ("total_tip_received", json!("1.50")),
        ("company", json!({"id": 811, "location_id": 812})),
        (
            "current_total_duties_set",
            json!({"shop_money": {"amount": "3.10"}}),
        ),
        (
            "current_shipping_price_set",
            json!({"shop_money": {"amount": "2.00"}}),
        ),
        (
            "fulfillments",
            json!([{"status": "success", "tracking_numbers": ["T1"]}]),
        ),
        (
            "shipping_address",
            json!({"city": "Bonn", "company": "Muster GmbH"}),
        ),
        (
            "payment_terms",
            json!({"payment_terms_name": "Net 30", "payment_schedules": [{"due_at": "2026-12-23T10:00:00+01:00"}]}),
        ),
    ] {
        hook[key] = value;
    }
    hook["shipping_lines"][0]["current_discounted_price_set"] =
        json!({"shop_money": {"amount": "2.00"}});
    let bag = |amount: &str| json!({"shopMoney": {"amount": amount}});
    for (key, value) in [
        ("poNumber", json!("PO-7")),
        ("sourceIdentifier", json!("S-1")),
        ("cancelReason", json!("STAFF")),
        ("cancelledAt", json!("2026-11-24T09:00:00Z")),
        ("closedAt", json!("2026-11-24T09:00:01Z")),
        ("presentmentCurrencyCode", json!("GBP")),
        ("totalTipReceivedSet", bag("1.5")),
        (
            "purchasingEntity",
            json!({"company": {"id": "gid://shopify/Company/811"}, "location": {"id": "gid://shopify/CompanyLocation/812"}}),
        ),
        ("currentTotalDutiesSet", bag("3.1")),
        ("currentShippingPriceSet", bag("2.0")),
        (
            "fulfillments",
            json!([{"status": "SUCCESS", "trackingInfo": [{"number": "T1"}]}]),
        ),
        (
            "shippingAddress",
            json!({"city": "Bonn", "company": "Muster GmbH"}),
        ),
        (
            "paymentTerms",
            json!({"paymentTermsName": "Net 30", "paymentSchedules": {"nodes": [{"dueAt": "2026-12-23T09:00:00Z"}]}}),
        ),
    ] {
        node[key] = value;
    }
    node["shippingLines"]["nodes"][0]["currentDiscountedPriceSet"] = bag("2.0");
    let (hook, mut api) = (by_webhook(&hook), by_api(&node));
    same(&hook, &api);
    // The visit alone is told in another form.
    assert_ne!(hook.beside.landing_site, api.beside.landing_site);
    api.beside
        .landing_site
        .clone_from(&hook.beside.landing_site);
    assert_eq!(format!("{hook:?}"), format!("{api:?}"));
    assert_eq!(hook.shipping[0].taxed, Some("4.9".parse().unwrap()));
}

#[test]
fn an_order_whose_company_and_terms_only_one_of_them_tells_is_the_same() {
    let mut node = graphql();
    node["purchasingEntity"] = json!({"company": {"id": "gid://shopify/Company/811"}});
    let (hook, api) = (by_webhook(&webhook()), by_api(&node));
    same(&hook, &api);
    assert_eq!((hook.beside.company, api.payment_terms()), (None, None));
    let company = CompanyId {
        id: 811,
        location: None,
    };
    assert_eq!(api.beside.company, Some(company));
}

#[track_caller]
fn same(hook: &Order, api: &Order) {
    assert_eq!(hook, api);
    assert_eq!(
        Version::of(hook, Source::Api),
        Version::of(api, Source::Api)
    );
    let mapping = Mapping::default();
    // What only one of them tells is kept beside the other.
    let filled = |order: &Order, other: &Order| {
        let mut order = order.clone();
        order.fill_from(other);
        mapping.desired(&order)
    };
    assert_eq!(filled(hook, api), filled(api, hook));
}

fn by_webhook(body: &Value) -> Order {
    let wire = from_webhook(body.to_string().as_bytes()).expect("it is an order");
    service::convert::order(&crate::shop(), &wire).expect("it has a total and a currency")
}

fn by_api(node: &Value) -> Order {
    let wire = from_graphql(node).expect("it is an order");
    service::convert::order(&crate::shop(), &wire).expect("it has a total and a currency")
}

fn webhook() -> Value {
    serde_json::from_str(WEBHOOK).expect("the sample is JSON")
}

fn graphql() -> Value {
    serde_json::from_str(GRAPHQL).expect("the sample is JSON")
}
