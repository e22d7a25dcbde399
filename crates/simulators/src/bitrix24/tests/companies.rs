//! Companies, and what links them to contacts and deals.

use serde_json::{Value, json};

use super::super::{ChangeKind, Entity, Portal, PortalConfig};
use super::{add_deal, call, faults, object, quick, run, settle, try_call};

async fn add(portal: &Portal, entity: u64, fields: Value) -> Value {
    let params = json!({"entityTypeId": entity, "fields": fields});
    call(portal, "crm.item.add", params).await.json["result"]["item"].clone()
}

async fn item(portal: &Portal, entity: u64, id: u64) -> Value {
    let params = json!({"entityTypeId": entity, "id": id});
    call(portal, "crm.item.get", params).await.json["result"]["item"].clone()
}

#[test]
fn equal_companies_are_all_created_and_found_by_origin_and_by_phone() {
    run(async {
        let portal = Portal::new(quick());
        let fields = json!({"title": "Acme", "originatorId": "shop", "originId": "7",
            "fm": [{"typeId": "PHONE", "valueType": "WORK", "value": "+49 1"}]});
        for id in [1, 2] {
            let company = add(&portal, 4, fields.clone()).await;
            assert_eq!(
                (&company["id"], &company["fm"][0]["value"]),
                (&json!(id), &json!("+49 1"))
            );
        }
        let list = json!({"entityTypeId": 4, "select": ["id"], "order": {"id": "ASC"},
            "filter": {"=originatorId": "shop", "=originId": "7"}});
        let listed = call(&portal, "crm.item.list", list).await;
        assert_eq!(
            listed.json["result"]["items"],
            json!([{"id": 1}, {"id": 2}])
        );
        let find = json!({"type": "PHONE", "values": ["491"], "entity_type": "COMPANY"});
        let found = call(&portal, "crm.duplicate.findbycomm", find).await;
        assert_eq!(found.json["result"], json!({"COMPANY": [1, 2]}));
    });
}

#[test]
fn a_link_between_contact_and_company_shows_on_both_sides() {
    run(async {
        let portal = Portal::new(quick());
        for title in ["a", "b"] {
            add(&portal, 4, json!({"title": title})).await;
        }
        let contact = add(&portal, 3, json!({"name": "A", "companyIds": [2, 99, 1]})).await;
        assert_eq!(
            (&contact["companyId"], &contact["companyIds"]),
            (&json!(2), &json!([2, 1]))
        );
        assert_eq!(item(&portal, 4, 1).await["contactIds"], json!([1]));
        let update = json!({"entityTypeId": 4, "id": 1, "fields": {"contactIds": []}});
        call(&portal, "crm.item.update", update).await;
        assert_eq!(item(&portal, 3, 1).await["companyIds"], json!([2]));
        let legacy = call(&portal, "crm.contact.get", json!({"id": 1})).await;
        assert_eq!(legacy.json["result"]["COMPANY_ID"], "2");
        let by_company = json!({"entityTypeId": 3, "select": ["id"], "filter": {"=companyId": 2}});
        let listed = call(&portal, "crm.item.list", by_company).await;
        assert_eq!(listed.json["result"]["items"], json!([{"id": 1}]));
    });
}

#[test]
fn a_deal_has_one_company_and_drops_an_unknown_one() {
    run(async {
        let portal = Portal::new(quick());
        add(&portal, 4, json!({"title": "a"})).await;
        let id = add_deal(&portal, json!({"companyId": 1})).await;
        assert_eq!(portal.deal(id).unwrap().company_id, 1);
        let unknown = add_deal(&portal, json!({"companyId": 99})).await;
        assert_eq!(item(&portal, 2, unknown).await["companyId"], json!(null));
        let delete = json!({"entityTypeId": 4, "id": 1});
        let answer = call(&portal, "crm.item.delete", delete).await;
        assert_eq!(answer.json["result"], json!([]));
        assert_eq!(portal.deal(id).unwrap().company_id, 0);
    });
}

#[test]
fn a_company_is_written_in_two_phases_of_which_the_second_may_never_come() {
    run(async {
        let portal = Portal::new(quick());
        faults(&portal, |faults| faults.die_between = 1.0);
        let params = json!({"entityTypeId": 4, "fields": {"title": "Acme", "originId": "7",
            "fm": [{"typeId": "EMAIL", "value": "a@b.c"}]}});
        let answer = try_call(&portal, "crm.item.add", params).await;
        assert!(answer.is_none_or(|answer| answer.status >= 500));
        settle(&portal).await;
        let company = portal.companies().pop().unwrap();
        assert_eq!((company.origin_id.as_str(), company.emails.len()), ("7", 0));
    });
}

#[test]
fn a_company_may_show_late_in_lists_but_never_late_by_its_id() {
    run(async {
        let portal = Portal::new(quick());
        faults(&portal, |faults| {
            faults.list_lag = 1.0;
            faults.lag_ms = (5_000, 5_000);
        });
        add(&portal, 4, json!({"title": "Acme", "originId": "7"})).await;
        let list = json!({"entityTypeId": 4, "filter": {"=originId": "7"}});
        let listed = call(&portal, "crm.item.list", list).await;
        assert_eq!(listed.json["result"]["items"], json!([]));
        assert_eq!(item(&portal, 4, 1).await["title"], "Acme");
    });
}

#[test]
fn the_key_of_a_value_says_which_one_changes_and_an_id_inside_says_nothing() {
    run(async {
        let portal = Portal::new(quick());
        let phone = |value: &str| json!({"typeId": "PHONE", "valueType": "WORK", "value": value});
        add(
            &portal,
            4,
            json!({"title": "a", "fm": {"n0": phone("1"), "n1": phone("2")}}),
        )
        .await;
        let ids: Vec<u64> = portal.companies()[0]
            .phones
            .iter()
            .map(|it| it.id)
            .collect();
        let update = |fm: Value| json!({"entityTypeId": 4, "id": 1, "fields": {"fm": fm}});
        let (first, second) = (ids[0].to_string(), ids[1].to_string());
        let change = json!({(first): phone("3"), (second): {"typeId": "PHONE", "value": ""}});
        call(&portal, "crm.item.update", update(change)).await;
        let values = |portal: &Portal| -> Vec<String> {
            let company = portal.companies().remove(0);
            company.phones.into_iter().map(|it| it.value).collect()
        };
        assert_eq!(values(&portal), ["3"]);
        let inside = json!([{"id": ids[0], "typeId": "PHONE", "value": "4"}]);
        call(&portal, "crm.item.update", update(inside)).await;
        assert_eq!(values(&portal), ["3", "4"]);
    });
}

#[test]
fn the_legacy_family_writes_companies_too() {
    run(async {
        let portal = Portal::new(PortalConfig {
            two_phase_ms: (0, 0),
            ..quick()
        });
        call(&portal, "crm.contact.add", json!({"fields": {"NAME": "A"}})).await;
        let fields =
            json!({"fields": {"TITLE": "Acme", "CONTACT_ID": [1], "EMAIL": [{"VALUE": "a@b.c"}]}});
        assert_eq!(
            call(&portal, "crm.company.add", fields).await.json["result"],
            1
        );
        assert_eq!(portal.contacts()[0].company_ids, [1]);
        let got = call(&portal, "crm.company.get", json!({"ID": 1})).await;
        assert_eq!(
            (
                &got.json["result"]["HAS_EMAIL"],
                &got.json["result"]["EMAIL"][0]["VALUE"]
            ),
            (&json!("Y"), &json!("a@b.c"))
        );
        assert_eq!(
            call(&portal, "crm.company.delete", json!({"id": 1}))
                .await
                .json["result"],
            true
        );
        assert!(portal.contacts()[0].company_ids.is_empty());
    });
}

#[test]
fn people_create_edit_merge_and_delete_companies() {
    run(async {
        let portal = Portal::new(quick());
        let kept = portal.create_company(7, object(json!({"title": "a"})));
        let gone = portal.create_company(7, object(json!({"title": "b", "originId": "5"})));
        let contact = portal.create_contact(7, object(json!({"name": "A", "companyIds": [gone]})));
        let deal = portal.create_deal(7, object(json!({"companyId": gone})));
        assert!(portal.edit_company(8, kept, object(json!({"title": "c"}))));
        assert!(portal.merge_companies(9, kept, gone));
        let company = portal.companies().remove(0);
        assert_eq!(
            (
                company.title.as_str(),
                company.origin_id.as_str(),
                company.contact_ids
            ),
            ("c", "5", vec![contact])
        );
        assert_eq!(portal.deal(deal).unwrap().company_id, kept);
        assert!(portal.delete_company(9, kept));
        assert_eq!(portal.deal(deal).unwrap().company_id, 0);
        let merged = portal
            .journal()
            .into_iter()
            .find(|it| it.kind == ChangeKind::Merged);
        let merged = merged.unwrap();
        assert_eq!(
            (merged.who, merged.entity, merged.id),
            (9, Entity::Company, kept)
        );
    });
}
