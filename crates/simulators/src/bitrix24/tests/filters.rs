//! Filters, paging and selections.

use serde_json::{Value, json};

use super::super::{Portal, PortalConfig, UserField};
use super::{add_deal, call, quick, run};

const FIELD: &str = "UF_CRM_1742556489";

async fn legacy_count(portal: &Portal, filter: Value) -> usize {
    let answer = call(
        portal,
        "crm.deal.list",
        json!({"filter": filter, "select": ["ID"]}),
    )
    .await;
    answer.json["result"].as_array().unwrap().len()
}

async fn item_list(portal: &Portal, filter: Value) -> super::Answer {
    let params = json!({"entityTypeId": 2, "useOriginalUfNames": "Y", "select": ["id"], "filter": filter, "order": {"id": "ASC"}});
    call(portal, "crm.item.list", params).await
}

async fn item_count(portal: &Portal, filter: Value) -> usize {
    item_list(portal, filter).await.json["result"]["items"]
        .as_array()
        .unwrap()
        .len()
}

#[test]
fn an_unknown_key_is_dropped_by_the_legacy_family_and_refused_by_the_item_family() {
    run(async {
        let portal = Portal::new(quick());
        add_deal(&portal, json!({"originId": "1"})).await;
        add_deal(&portal, json!({"originId": "2"})).await;
        assert_eq!(legacy_count(&portal, json!({"=ORIGINID": "1"})).await, 2);
        let answer = item_list(&portal, json!({"=FOO": "1"})).await;
        assert_eq!(
            (answer.status, answer.json["error"].as_str()),
            (400, Some("INVALID_ARG_VALUE"))
        );
        assert_eq!(
            answer.json["error_description"],
            "Invalid filter: field 'FOO' is not allowed in filter"
        );
        let answer = item_list(&portal, json!({">originId": ["1"]})).await;
        assert_eq!(
            answer.json["error_description"],
            "Invalid filter: field 'originId' has invalid value"
        );
    });
}

#[test]
fn user_fields_without_prefix_match_by_their_filter_mode() {
    for (mode, value, expected) in [
        ('E', "1001", 2),
        ('I', "1001", 1),
        ('N', "1001", 1),
        ('N', "10_1", 1),
        ('I', "10_1", 0),
    ] {
        run(async {
            let portal = Portal::new(PortalConfig {
                user_fields: vec![UserField::string(FIELD, mode)],
                ..quick()
            });
            add_deal(&portal, json!({(FIELD): "1001"})).await;
            add_deal(&portal, json!({(FIELD): "10010"})).await;
            assert_eq!(
                legacy_count(&portal, json!({(FIELD): value})).await,
                expected,
                "{mode} {value}"
            );
            assert_eq!(
                legacy_count(&portal, json!({(format!("={FIELD}")): "1001"})).await,
                1
            );
            assert_eq!(legacy_count(&portal, json!({(FIELD): ""})).await, 2);
            assert_eq!(
                legacy_count(&portal, json!({(format!("={FIELD}")): ""})).await,
                0
            );
        });
    }
}

#[test]
fn exact_matches_ignore_case_and_trailing_spaces() {
    run(async {
        let portal = Portal::new(quick());
        add_deal(&portal, json!({"originId": "abc", (FIELD): "abc"})).await;
        assert_eq!(
            legacy_count(&portal, json!({"=ORIGIN_ID": "ABC "})).await,
            1
        );
        assert_eq!(item_count(&portal, json!({"=originId": "ABC"})).await, 1);
        assert_eq!(
            item_count(&portal, json!({"@originId": ["x", "Abc"]})).await,
            1
        );
        assert_eq!(
            item_count(&portal, json!({(format!("={FIELD}")): "ABC"})).await,
            1
        );
        assert_eq!(item_count(&portal, json!({"originId": "a_c"})).await, 1);
        assert_eq!(item_count(&portal, json!({"=originId": "a_c"})).await, 0);
    });
}

#[test]
fn item_filters_know_groups_and_comparisons() {
    run(async {
        let portal = Portal::new(quick());
        for origin in ["1", "2", "3"] {
            add_deal(&portal, json!({"originId": origin})).await;
        }
        let group = json!({"0": {"logic": "OR", "0": {"=originId": "1"}, "1": {"=originId": "3"}}, "=categoryId": 0});
        assert_eq!(item_count(&portal, group).await, 2);
        assert_eq!(item_count(&portal, json!({">id": 1})).await, 2);
        assert_eq!(item_count(&portal, json!({"!=originId": "1"})).await, 2);
        assert_eq!(
            item_count(
                &portal,
                json!({">=createdTime": "2026-07-29T00:00:00+00:00"})
            )
            .await,
            3
        );
        assert_eq!(
            item_count(
                &portal,
                json!({">createdTime": "2030-01-01T00:00:00+00:00"})
            )
            .await,
            0
        );
    });
}

#[test]
fn pages_hold_fifty_and_the_last_one_has_no_next() {
    run(async {
        let portal = Portal::new(quick());
        for _ in 0..51 {
            add_deal(&portal, json!({})).await;
        }
        let first = call(
            &portal,
            "crm.deal.list",
            json!({"order": {"ID": "ASC"}, "start": 7}),
        )
        .await;
        assert_eq!(
            (first.json["next"].as_u64(), first.json["total"].as_u64()),
            (Some(50), Some(51))
        );
        assert_eq!(first.json["result"][0]["ID"], "1");
        let last = call(
            &portal,
            "crm.deal.list",
            json!({"order": {"ID": "ASC"}, "start": 50}),
        )
        .await;
        assert!(last.json.get("next").is_none());
        assert_eq!(last.json["result"].as_array().unwrap().len(), 1);
        let uncounted = call(&portal, "crm.deal.list", json!({"start": -1})).await;
        assert_eq!(
            (uncounted.json["total"].as_u64(), uncounted.json.get("next")),
            (Some(0), None)
        );
        let uncounted = call(
            &portal,
            "crm.item.list",
            json!({"entityTypeId": 2, "start": -1}),
        )
        .await;
        assert!(uncounted.json.get("total").is_none() && uncounted.json.get("next").is_none());
    });
}

#[test]
fn orders_are_checked_by_the_item_family_only() {
    run(async {
        let portal = Portal::new(quick());
        let bad = call(
            &portal,
            "crm.item.list",
            json!({"entityTypeId": 2, "order": {"id": "up"}}),
        )
        .await;
        assert_eq!(bad.json["error"], "INVALID_ARG_VALUE");
        let dropped = call(&portal, "crm.deal.list", json!({"order": {"FOO": "ASC"}})).await;
        assert_eq!(dropped.status, 200);
    });
}
