//! Deals that move among funnels.

use serde_json::{Value, json};

use super::super::{Portal, PortalConfig};
use super::{add_deal, call, quick, run};

fn place(portal: &Portal, id: u64) -> (u64, String, String) {
    let deal = portal.deal(id).unwrap();
    (deal.category_id, deal.stage_id, deal.stage_semantic)
}

async fn update(portal: &Portal, id: u64, fields: Value) -> u16 {
    let params = json!({"entityTypeId": 2, "id": id, "fields": fields});
    call(portal, "crm.item.update", params).await.status
}

#[track_caller]
fn check(from: Value, fields: Value, want: (u64, &'static str)) {
    run(async move {
        let portal = Portal::new(quick());
        let id = add_deal(&portal, from).await;
        assert_eq!(update(&portal, id, fields).await, 200);
        let (category, stage, _) = place(&portal, id);
        assert_eq!((category, stage.as_str()), want);
    });
}

#[test]
fn a_new_funnel_keeps_the_meaning_of_the_stage() {
    check(
        json!({"stageId": "EXECUTING"}),
        json!({"categoryId": 9}),
        (9, "C9:NEW"),
    );
    check(
        json!({"stageId": "WON"}),
        json!({"categoryId": 9}),
        (9, "C9:WON"),
    );
    check(
        json!({"stageId": "APOLOGY"}),
        json!({"categoryId": 9}),
        (9, "C9:LOSE"),
    );
}

#[test]
fn a_stage_passed_with_the_funnel_counts_if_the_funnel_has_it_and_otherwise_by_its_meaning() {
    check(
        json!({}),
        json!({"categoryId": 9, "stageId": "C9:EXECUTING"}),
        (9, "C9:EXECUTING"),
    );
    check(
        json!({}),
        json!({"categoryId": 9, "stageId": "WON"}),
        (9, "C9:WON"),
    );
    check(
        json!({"stageId": "WON"}),
        json!({"categoryId": 9, "stageId": "NONSENSE"}),
        (9, "C9:NEW"),
    );
}

#[test]
fn a_stage_of_another_funnel_alone_is_passed_over() {
    check(json!({}), json!({"stageId": "C9:WON"}), (0, "NEW"));
    check(json!({}), json!({"stageId": "WON"}), (0, "WON"));
}

#[test]
fn a_new_deal_finds_its_stage_in_the_same_way() {
    run(async {
        let portal = Portal::new(quick());
        for (fields, want) in [
            (json!({"categoryId": 9}), "C9:NEW"),
            (json!({"categoryId": 9, "stageId": "LOSE"}), "C9:LOSE"),
            (
                json!({"categoryId": 9, "stageId": "C9:PREPAYMENT_INVOICE"}),
                "C9:NEW",
            ),
            (
                json!({"categoryId": 9, "stageId": "C9:PREPAYMENT_INVOIC"}),
                "C9:PREPAYMENT_INVOIC",
            ),
        ] {
            let id = add_deal(&portal, fields).await;
            assert_eq!(place(&portal, id).1, want);
        }
    });
}

#[test]
fn a_funnel_that_does_not_exist_and_one_that_is_closed_are_refused_differently() {
    run(async {
        let portal = Portal::new(PortalConfig {
            closed_categories: vec![9],
            ..quick()
        });
        let id = add_deal(&portal, json!({})).await;
        for (category, code) in [
            (77, "CRM_FIELD_ERROR_VALUE_NOT_VALID"),
            (9, "CRM_FIELD_ERROR_CATEGORY_NOT_AVAILABLE"),
        ] {
            let fields = json!({"categoryId": category});
            let add = json!({"entityTypeId": 2, "fields": fields});
            let change = json!({"entityTypeId": 2, "id": id, "fields": fields});
            for (method, params) in [("crm.item.add", add), ("crm.item.update", change)] {
                let answer = call(&portal, method, params).await;
                assert_eq!((answer.status, &answer.json["error"]), (400, &json!(code)));
            }
        }
        let legacy = json!({"fields": {"CATEGORY_ID": 9}});
        let answer = call(&portal, "crm.deal.add", legacy).await;
        assert_eq!(place(&portal, answer.json["result"].as_u64().unwrap()).0, 0);
        assert_eq!(portal.deals().len(), 2);
    });
}

#[test]
fn a_person_moves_a_deal_to_another_funnel() {
    run(async {
        let portal = Portal::new(quick());
        let id = add_deal(&portal, json!({"stageId": "WON"})).await;
        assert!(portal.move_deal_to_category(8, id, 9));
        assert_eq!(place(&portal, id), (9, "C9:WON".to_owned(), "S".to_owned()));
        assert!(!portal.move_deal_to_category(8, id, 77));
        assert!(!portal.move_deal_to_category(8, 99, 0));
        let last = portal.journal().pop().unwrap();
        assert_eq!((last.who, last.id), (8, id));
        assert_eq!(last.before.unwrap().category_id, 0);
    });
}
