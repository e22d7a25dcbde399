//! Deals: no uniqueness, two phases, fallbacks, people.

use serde_json::json;

use super::super::{ChangeKind, Portal, PortalConfig};
use super::{add_deal, call, faults, object, quick, run, settle};

const FIELD: &str = "UF_CRM_1742556489";

#[test]
fn equal_deals_are_all_created_and_ids_only_grow() {
    run(async {
        let portal = Portal::new(quick());
        let fields = json!({"originatorId": "shop", "originId": "7", (FIELD): "7"});
        assert_eq!(add_deal(&portal, fields.clone()).await, 1);
        assert_eq!(add_deal(&portal, fields.clone()).await, 2);
        portal.delete_deal(9, 2);
        assert_eq!(add_deal(&portal, fields).await, 3);
    });
}

#[test]
fn origin_fields_show_at_once_and_user_fields_later() {
    run(async {
        let portal = Portal::new(PortalConfig {
            two_phase_ms: (60, 60),
            ..quick()
        });
        let create = json!({"entityTypeId": 2, "useOriginalUfNames": "Y", "fields": {"originId": "7", (FIELD): "7"}});
        let other = portal.clone();
        let adding = tokio::spawn(async move { call(&other, "crm.item.add", create).await });
        while portal.deals().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        let seen = call(
            &portal,
            "crm.deal.list",
            json!({"filter": {"=ORIGIN_ID": "7"}, "select": ["ID", FIELD]}),
        )
        .await;
        assert_eq!(seen.json["result"][0][FIELD], json!(null));
        let answer = adding.await.unwrap();
        assert_eq!(answer.json["result"]["item"][FIELD], "7");
    });
}

#[test]
fn a_server_that_dies_between_the_phases_leaves_a_deal_without_user_fields() {
    run(async {
        let portal = Portal::new(quick());
        faults(&portal, |faults| faults.die_between = 1.0);
        let create = json!({"fields": {"ORIGIN_ID": "7", (FIELD): "7"}});
        let answer = super::try_call(&portal, "crm.deal.add", create).await;
        assert!(answer.is_none_or(|answer| answer.status >= 500));
        settle(&portal).await;
        let deal = portal.deal(1).unwrap();
        assert_eq!((deal.origin_id.as_str(), deal.uf.len()), ("7", 0));
        assert_eq!(portal.stats().faults["die_between"], 1);
    });
}

#[test]
fn the_legacy_family_falls_back_silently_where_the_item_family_refuses() {
    run(async {
        let portal = Portal::new(quick());
        call(
            &portal,
            "crm.deal.add",
            json!({"fields": {"CATEGORY_ID": 77, "STAGE_ID": "NONSENSE"}}),
        )
        .await;
        let deal = portal.deal(1).unwrap();
        assert_eq!(
            (
                deal.category_id,
                deal.stage_id.as_str(),
                deal.title.as_str()
            ),
            (0, "NEW", "Deal #1")
        );
        let answer = call(
            &portal,
            "crm.item.add",
            json!({"entityTypeId": 2, "fields": {"categoryId": 77}}),
        )
        .await;
        assert_eq!(answer.json["error"], "CRM_FIELD_ERROR_VALUE_NOT_VALID");
        call(
            &portal,
            "crm.deal.update",
            json!({"id": 1, "fields": {"CATEGORY_ID": 9, "STAGE_ID": "C9:WON"}}),
        )
        .await;
        let deal = portal.deal(1).unwrap();
        assert_eq!((deal.category_id, deal.stage_id.as_str()), (0, "NEW"));
        call(
            &portal,
            "crm.item.update",
            json!({"entityTypeId": 2, "id": 1, "fields": {"categoryId": 9}}),
        )
        .await;
        let deal = portal.deal(1).unwrap();
        assert_eq!((deal.category_id, deal.stage_id.as_str()), (9, "C9:NEW"));
        let answer = call(
            &portal,
            "crm.deal.add",
            json!({"fields": {"CURRENCY_ID": "XXX"}}),
        )
        .await;
        assert_eq!(
            (answer.status, answer.json["error"].as_str()),
            (400, Some(""))
        );
        let answer = call(
            &portal,
            "crm.item.add",
            json!({"entityTypeId": 2, "fields": {"currencyId": "XXX"}}),
        )
        .await;
        assert_eq!(answer.json["error"], "CRM_FIELD_ERROR_VALUE_NOT_VALID");
    });
}

#[test]
fn a_change_that_changes_nothing_is_not_saved() {
    run(async {
        let portal = Portal::new(quick());
        let id = add_deal(&portal, json!({"title": "a", (FIELD): "7"})).await;
        let before = portal.journal().len();
        let same = json!({"entityTypeId": 2, "id": id, "useOriginalUfNames": "Y", "fields": {"title": "a", (FIELD): "7"}});
        assert_eq!(call(&portal, "crm.item.update", same).await.status, 200);
        assert_eq!(portal.journal().len(), before);
    });
}

#[test]
fn user_field_names_must_be_spelt_as_the_request_promises() {
    run(async {
        let portal = Portal::new(quick());
        call(
            &portal,
            "crm.item.add",
            json!({"entityTypeId": 2, "fields": {(FIELD): "7"}}),
        )
        .await;
        assert!(portal.deal(1).unwrap().uf.is_empty());
        call(
            &portal,
            "crm.item.add",
            json!({"entityTypeId": 2, "fields": {"ufCrm_1742556489": "7"}}),
        )
        .await;
        assert_eq!(portal.deal(2).unwrap().uf[FIELD], json!("7"));
    });
}

#[test]
fn a_deleted_deal_is_gone_and_comes_back_under_a_new_id() {
    run(async {
        let portal = Portal::new(quick());
        let id = add_deal(&portal, json!({"originId": "7", (FIELD): "7"})).await;
        assert!(portal.delete_deal(5, id));
        let answer = call(
            &portal,
            "crm.item.get",
            json!({"entityTypeId": 2, "id": id}),
        )
        .await;
        assert_eq!(
            (answer.status, answer.json["error"].as_str()),
            (400, Some("NOT_FOUND"))
        );
        let answer = call(
            &portal,
            "crm.deal.update",
            json!({"id": id, "fields": {"TITLE": "b"}}),
        )
        .await;
        assert_eq!(
            (
                answer.json["error"].as_str(),
                answer.json["error_description"].as_str()
            ),
            (Some(""), Some("Not found"))
        );
        let listed = call(
            &portal,
            "crm.deal.list",
            json!({"filter": {"=ORIGIN_ID": "7"}}),
        )
        .await;
        assert_eq!(listed.json["result"], json!([]));
        let new_id = portal.restore_deal(5, id).unwrap();
        let deal = portal.deal(new_id).unwrap();
        assert_eq!(
            (deal.origin_id.as_str(), &deal.uf[FIELD]),
            ("7", &json!("7"))
        );
        assert!(
            new_id > id && portal.deal(id).unwrap().deleted && portal.restore_deal(5, id).is_none()
        );
    });
}

#[test]
fn people_edit_move_and_merge_under_their_own_names() {
    run(async {
        let portal = Portal::new(quick());
        let first = portal.create_deal(7, object(json!({"title": "a", "originId": "1"})));
        let second = portal.create_deal(7, object(json!({"title": "b", "comments": "note"})));
        assert!(portal.edit_deal(8, first, object(json!({"title": "c", (FIELD): "x"}))));
        assert!(portal.move_deal(8, first, "C9:WON"));
        assert!(!portal.move_deal(8, first, "C9:NOWHERE"));
        assert!(portal.merge_deals(9, first, second));
        let deal = portal.deal(first).unwrap();
        assert_eq!(
            (
                deal.title.as_str(),
                deal.stage_semantic.as_str(),
                deal.comments.as_str()
            ),
            ("c", "S", "note")
        );
        let kinds: Vec<_> = portal
            .journal()
            .iter()
            .map(|change| (change.who, change.kind))
            .collect();
        assert_eq!(kinds.first(), Some(&(7, ChangeKind::Created)));
        assert_eq!(
            kinds[kinds.len() - 2..],
            [(9, ChangeKind::Merged), (9, ChangeKind::Deleted)]
        );
    });
}

#[test]
fn events_name_the_id_only_and_come_for_own_writes_too() {
    run(async {
        let portal = Portal::new(quick());
        add_deal(&portal, json!({(FIELD): "7"})).await;
        let events = portal.take_events();
        assert_eq!(events.len(), 2);
        assert!(events[0].starts_with("event=ONCRMDEALADD&"));
        assert!(
            events[1].contains("event=ONCRMDEALUPDATE&")
                && events[1].contains("data%5BFIELDS%5D%5BID%5D=1&")
        );
        assert!(portal.take_events().is_empty());
    });
}
