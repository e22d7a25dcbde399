//! Contacts, duplicates, merging, folders and directories.

use serde_json::json;

use super::super::Portal;
use super::{add_deal, call, quick, run};

#[test]
fn contacts_are_found_by_digits_and_lower_case() {
    run(async {
        let portal = Portal::new(quick());
        let add = json!({"fields": {"NAME": "A", "PHONE": [{"VALUE": "+49 12-345", "VALUE_TYPE": "WORK"}], "EMAIL": [{"VALUE": "A@b.c"}]}});
        call(&portal, "crm.contact.add", add.clone()).await;
        call(&portal, "crm.contact.add", add).await;
        let found = call(
            &portal,
            "crm.duplicate.findbycomm",
            json!({"type": "PHONE", "values": ["+4912345"], "entity_type": "CONTACT"}),
        )
        .await;
        assert_eq!(found.json["result"], json!({"CONTACT": [1, 2]}));
        let found = call(
            &portal,
            "crm.duplicate.findbycomm",
            json!({"type": "EMAIL", "values": ["a@B.c"]}),
        )
        .await;
        assert_eq!(found.json["result"], json!({"CONTACT": [1, 2]}));
        let none = call(
            &portal,
            "crm.duplicate.findbycomm",
            json!({"type": "EMAIL", "values": ["x@y.z"]}),
        )
        .await;
        assert_eq!(none.json["result"], json!([]));
        let bad = call(
            &portal,
            "crm.contact.add",
            json!({"fields": {"EMAIL": [{"VALUE": "nonsense"}]}}),
        )
        .await;
        assert_eq!(
            (bad.status, bad.json["error"].as_str()),
            (400, Some("ERROR_CORE"))
        );
    });
}

#[test]
fn a_comm_without_id_is_appended_and_one_with_id_is_changed() {
    run(async {
        let portal = Portal::new(quick());
        call(&portal, "crm.item.add", json!({"entityTypeId": 3, "fields": {"name": "A", "fm": [{"typeId": "PHONE", "valueType": "WORK", "value": "1"}]}})).await;
        let phone = |value: serde_json::Value| json!({"id": 1, "fields": {"PHONE": [value]}});
        call(&portal, "crm.contact.update", phone(json!({"VALUE": "2"}))).await;
        assert_eq!(portal.contacts()[0].phones.len(), 2);
        let id = portal.contacts()[0].phones[0].id;
        call(
            &portal,
            "crm.contact.update",
            phone(json!({"ID": id, "VALUE": "3"})),
        )
        .await;
        call(
            &portal,
            "crm.contact.update",
            phone(json!({"ID": id + 1, "DELETE": "Y"})),
        )
        .await;
        let phones: Vec<_> = portal.contacts()[0]
            .phones
            .iter()
            .map(|phone| phone.value.clone())
            .collect();
        assert_eq!(phones, ["3"]);
    });
}

#[test]
fn unknown_contacts_of_a_deal_are_dropped() {
    run(async {
        let portal = Portal::new(quick());
        call(&portal, "crm.contact.add", json!({"fields": {"NAME": "A"}})).await;
        let id = add_deal(&portal, json!({"contactIds": [99, 1]})).await;
        assert_eq!(portal.deal(id).unwrap().contact_ids, [1]);
    });
}

#[test]
fn merging_answers_success_or_conflict_with_200() {
    run(async {
        let portal = Portal::new(quick());
        let first = add_deal(
            &portal,
            json!({"title": "a", "originId": "1", "comments": "x"}),
        )
        .await;
        let same = add_deal(&portal, json!({"title": "b", "originId": "1"})).await;
        let other = add_deal(&portal, json!({"title": "c", "originId": "2"})).await;
        let merge =
            |loser: u64| json!({"params": {"entityTypeId": 2, "entityIds": [first, loser]}});
        let answer = call(&portal, "crm.entity.mergeBatch", merge(same)).await;
        assert_eq!(
            answer.json["result"],
            json!({"STATUS": "SUCCESS", "ENTITY_IDS": [same]})
        );
        assert!(portal.deal(same).unwrap().deleted);
        let answer = call(&portal, "crm.entity.mergeBatch", merge(other)).await;
        assert_eq!(
            (answer.status, answer.json["result"]["STATUS"].as_str()),
            (200, Some("CONFLICT"))
        );
        assert!(!portal.deal(other).unwrap().deleted);
        let answer = call(
            &portal,
            "crm.entity.mergeBatch",
            json!({"params": {"entityTypeId": 2, "entityIds": [1]}}),
        )
        .await;
        assert_eq!(
            (answer.status, answer.json["error"].as_i64()),
            (400, Some(0))
        );
    });
}

#[test]
fn a_folder_name_is_claimed_once_whatever_its_case() {
    run(async {
        let portal = Portal::new(quick());
        let claim = |name: &str| {
            json!({"halt": 1, "cmd": {
                "claim": format!("disk.folder.addsubfolder?id=1&data%5BNAME%5D={name}"),
                "deal": "crm.item.add?entityTypeId=2&fields%5BoriginId%5D=7",
            }})
        };
        let (left, right) = tokio::join!(
            call(&portal, "batch", claim("shop-7")),
            call(&portal, "batch", claim("shop-7"))
        );
        let codes: Vec<_> = [&left, &right]
            .iter()
            .filter_map(|answer| {
                answer.json["result"]["result_error"]["claim"]["error"]
                    .as_str()
                    .map(str::to_owned)
            })
            .collect();
        assert_eq!(codes, ["DISK_OBJ_22000"]);
        let answer = call(&portal, "batch", claim("SHOP-7")).await;
        assert_eq!(
            answer.json["result"]["result_error"]["claim"]["error"],
            "DISK_OBJ_22000"
        );
        assert_eq!(portal.deals().len(), 1);
        let answer = call(
            &portal,
            "disk.folder.addsubfolder",
            json!({"id": 77, "data": {"NAME": "a"}}),
        )
        .await;
        assert_eq!(answer.json["error"], "ERROR_NOT_FOUND");
    });
}

#[test]
fn directories_show_stages_categories_and_user_fields() {
    run(async {
        let portal = Portal::new(quick());
        let stages = call(
            &portal,
            "crm.status.list",
            json!({"filter": {"ENTITY_ID": "DEAL_STAGE_9"}}),
        )
        .await;
        assert_eq!(
            stages.json["result"][2]["STATUS_ID"],
            "C9:PREPAYMENT_INVOIC"
        );
        assert_eq!(stages.json["result"][5]["EXTRA"]["SEMANTICS"], "success");
        let categories = call(&portal, "crm.category.list", json!({"entityTypeId": 2})).await;
        assert_eq!(categories.json["result"]["categories"][1]["id"], 9);
        let add = json!({"fields": {"FIELD_NAME": "order", "USER_TYPE_ID": "string", "SHOW_FILTER": "Y"}});
        assert!(
            call(&portal, "crm.deal.userfield.add", add.clone())
                .await
                .json["result"]
                .is_u64()
        );
        assert_eq!(
            call(&portal, "crm.deal.userfield.add", add).await.json["error"],
            "ERROR_CORE"
        );
        let listed = call(
            &portal,
            "crm.deal.userfield.list",
            json!({"filter": {"FIELD_NAME": "UF_CRM_ORDER"}}),
        )
        .await;
        assert_eq!(listed.json["result"][0]["SHOW_FILTER"], "E");
        for method in [
            "crm.currency.list",
            "user.current",
            "profile",
            "scope",
            "server.time",
            "app.info",
            "crm.deal.fields",
        ] {
            assert_eq!(
                call(&portal, method, json!({})).await.status,
                200,
                "{method}"
            );
        }
        let fields = call(&portal, "crm.item.fields", json!({"entityTypeId": 2})).await;
        assert_eq!(
            fields.json["result"]["fields"]["originId"]["upperName"],
            "ORIGIN_ID"
        );
    });
}
