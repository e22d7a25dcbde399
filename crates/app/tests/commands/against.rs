//! `onedeal map` with a mapping, with the portal's names, and beside a deal that the portal holds.

use serde_json::{Value, json};
use simulators::{
    bitrix24::PortalConfig,
    shopify::{composed_order, wire_bytes},
};

use crate::{
    check::MAPPING,
    program::Ran,
    stand::{Stand, furnished},
};

fn stand() -> Stand {
    ordered(Stand::with(furnished()).mapping(MAPPING))
}

fn ordered(stand: Stand) -> Stand {
    stand
        .folder
        .put("order.json", wire_bytes(&composed_order()));
    stand
}

/// A deal of the composed order that people have worked on.
fn worked_on() -> Value {
    json!({
        "title": "Call first", "stageId": "C9:PREPARATION", "categoryId": 9, "opportunity": 99.9,
        "currencyId": "EUR", "isManualOpportunity": "Y", "originatorId": "shopify:acme.myshopify.com",
        "originId": "6120000000001", "UF_CRM_1742556489": "6120000000001", "UF_CRM_DELIVERY": 45,
    })
}

fn against(stand: &Stand, deal: u64, more: &[&str]) -> Ran {
    let deal = deal.to_string();
    let args = ["map", "order.json", "--against", &deal];
    stand.run(&[&args, more].concat())
}

#[test]
fn a_mappings_rules_are_shown_beside_their_values() {
    let ran = stand().run(&["map", "order.json"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn the_portals_names_stand_beside_the_mappings() {
    let ran = stand().run(&["map", "order.json", "--portal"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn the_json_tells_rule_owner_and_label() {
    let ran = stand().run(&["map", "order.json", "--portal", "--json"]);
    let page: Value = serde_json::from_str(&ran.out).unwrap();
    let fields = page["deal"]["fields"].as_array().unwrap();
    let field = fields.iter().find(|it| it["field"] == "UF_CRM_DELIVERY");
    let field = field.unwrap();
    assert_eq!(field["labels"], json!(["DHL"]));
    assert_eq!(
        (&field["value"], &field["owner"], &field["title"]),
        (&json!("44"), &json!("if_untouched"), &json!("Delivery"))
    );
    let stage = &page["deal"]["stage"];
    assert_eq!(stage["stage_id"], "C9:EXECUTING");
    assert_eq!(stage["rule"]["mapping"]["number"], 2);
    assert_eq!(stage["from"], json!(["ours", "Preparation"]));
}

#[test]
fn a_rule_that_fails_is_a_problem_and_the_deal_is_shown_without_it() {
    let stand = ordered(Stand::new().mapping(
        "[fields.title]\ntext = \"{{ order.attributes.colour }}\"\n\n[fields.opened]\nvalue = \"order.note + 5\"\n",
    ));
    let ran = stand.run(&["map", "order.json"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn an_order_that_the_mapping_leaves_out_gets_no_deal() {
    let stand = ordered(Stand::new().mapping("create_when = \"order.total > 1000\"\n"));
    let ran = stand.run(&["map", "order.json"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("It gets no deal"), "{}", ran.out);
}

#[test]
fn an_order_of_which_that_cannot_be_said_gets_its_deal_and_the_rule_is_a_problem() {
    let stand = ordered(Stand::new().mapping("create_when = \"order.note + 5\"\n"));
    let ran = stand.run(&["map", "order.json"]);
    assert_eq!(ran.code, 1);
    assert!(!ran.out.contains("It gets no deal"), "{}", ran.out);
    assert!(
        ran.out.contains("create_when: invalid operation"),
        "{}",
        ran.out
    );
}

#[test]
fn the_difference_to_a_deal_is_shown_part_by_part() {
    let stand = stand();
    let deal = stand.deal(&worked_on());
    let ran = against(&stand, deal, &[]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn the_difference_in_json_names_what_would_happen() {
    let stand = stand();
    let deal = stand.deal(&worked_on());
    let ran = against(&stand, deal, &["--json"]);
    let page: Value = serde_json::from_str(&ran.out).unwrap();
    let compared = &page["against"];
    assert_eq!(
        (&compared["differs"], &compared["key"]),
        (&json!(true), &json!("ours"))
    );
    let happens = |name: &str| {
        let fields = compared["fields"].as_array().unwrap();
        let field = fields.iter().find(|it| it["what"] == name);
        field.unwrap()["happens"].clone()
    };
    for (name, want) in [
        ("title", "people_own"),
        ("opportunity", "written"),
        ("currencyId", "same"),
        ("UF_CRM_DELIVERY", "unless_touched"),
    ] {
        assert_eq!(happens(name), want, "{name}");
    }
    assert_eq!(compared["stage"]["happens"], "written");
    assert_eq!(compared["rows"][0]["happens"], "written");
}

#[test]
fn another_orders_deal_is_never_touched() {
    let stand = stand();
    let mut fields = worked_on();
    fields["originId"] = json!("77");
    let ran = against(&stand, stand.deal(&fields), &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("the key of something else"), "{}", ran.out);
    assert!(!ran.out.contains("would be written"), "{}", ran.out);
}

#[test]
fn a_deal_that_is_not_there_is_found_out() {
    let ran = against(&stand(), 4711, &[]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    insta::assert_snapshot!(ran.err, @"onedeal: PORTAL shows no deal 4711: it was deleted or never existed, or our user may not see it");
}

#[test]
fn a_portal_that_refuses_ends_with_3_and_the_remedy() {
    let portal = PortalConfig {
        scopes: vec!["task".to_owned()],
        ..PortalConfig::default()
    };
    let ran = against(&ordered(Stand::with(portal)), 1, &[]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    insta::assert_snapshot!(ran.err, @"onedeal: the webhook of PORTAL lacks the right `crm` (insufficient_scope); open the inbound webhook (Developer resources) and add the right CRM (crm)");
}

#[tokio::test]
async fn nothing_differs_from_a_deal_that_is_what_the_order_says() {
    let stand = Stand::with(furnished()).mapping(MAPPING);
    // More rows than the portal shows on one page.
    let mut order = composed_order();
    let line = order["line_items"][0].clone();
    let lines = (0..60).map(|at| {
        let mut line = line.clone();
        line["id"] = json!(1000 + at);
        line
    });
    order["line_items"] = lines.collect();
    stand.folder.put("order.json", wire_bytes(&order));
    let deal = mirrored(&stand).await;
    let ran = against(&stand, deal, &[]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let end = "Nothing differs: the deal is what the order says.\n";
    assert!(ran.out.ends_with(end), "{}", ran.out);
}

/// A deal made of the preview, over the portal's own door.
async fn mirrored(stand: &Stand) -> u64 {
    let ran = stand.run(&["map", "order.json", "--portal", "--json"]);
    let page: Value = serde_json::from_str(&ran.out).unwrap();
    let deal = &page["deal"];
    let fields = deal["fields"].as_array().unwrap().iter();
    let mut fields: serde_json::Map<String, Value> = fields
        .map(|it| {
            (
                it["field"].as_str().unwrap().to_owned(),
                it["value"].clone(),
            )
        })
        .collect();
    fields.insert("categoryId".to_owned(), deal["stage"]["funnel_id"].clone());
    fields.insert("stageId".to_owned(), deal["stage"]["stage_id"].clone());
    let add = json!({"entityTypeId": 2, "useOriginalUfNames": "Y", "fields": fields});
    let added = stand.call("crm.item.add", &add).await;
    let id = added["result"]["item"]["id"].as_u64().unwrap();
    let rows = deal["rows"].as_array().unwrap().iter().map(|it| {
        let mut row = json!({
            "productName": it["name"], "price": it["price"], "quantity": it["quantity"],
            "taxIncluded": if it["tax_included"] == true { "Y" } else { "N" },
        });
        if !it["tax_percent"].is_null() {
            row["taxRate"] = it["tax_percent"].clone();
        }
        row
    });
    let rows: Vec<Value> = rows.collect();
    let set = json!({"ownerType": "D", "ownerId": id, "productRows": rows});
    stand.call("crm.item.productrow.set", &set).await;
    id
}
