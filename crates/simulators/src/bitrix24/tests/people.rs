//! What people do to contacts and to the deals of contacts.

use serde_json::json;

use super::super::{ChangeKind, Entity, Portal, PortalConfig, Robot, Sight};
use super::{call, object, quick, run};

fn with_contacts(portal: &Portal) -> (u64, u64) {
    let contact = |name: &str, email: &str| {
        let fields = json!({"name": name, "fm": [{"typeId": "EMAIL", "value": email}]});
        portal.create_contact(7, object(fields))
    };
    (
        contact("A", "a@shop.example"),
        contact("B", "b@shop.example"),
    )
}

/// Who did what to which record, since the first `seen` changes.
fn changes(portal: &Portal, seen: usize) -> Vec<(u64, Entity, u64, ChangeKind)> {
    portal
        .journal_since(seen)
        .iter()
        .map(|change| (change.who, change.entity, change.id, change.kind))
        .collect()
}

#[test]
fn people_edit_any_field_of_a_deal() {
    run(async {
        let portal = Portal::new(quick());
        let id = portal.create_deal(7, object(json!({"title": "a"})));
        let seen = portal.journal().len();
        let fields = json!({"opportunity": 12.5, "currencyId": "USD", "comments": "x", "assignedById": 3,
            "originId": "5", "probability": 50, "closedate": "2026-12-24", "UF_CRM_1742556489": "u"});
        assert!(portal.edit_deal(8, id, object(fields)));
        let deal = portal.deal(id).unwrap();
        assert_eq!(
            (
                deal.opportunity.to_string().as_str(),
                deal.assigned_by,
                deal.origin_id.as_str()
            ),
            ("12.5", 3, "5")
        );
        assert_eq!(deal.uf["UF_CRM_1742556489"], json!("u"));
        assert_eq!(deal.other["CLOSEDATE"], json!("2026-12-24T00:00:00+02:00"));
        assert!(changes(&portal, seen).iter().all(|change| change.0 == 8));
        assert!(!portal.edit_deal(8, id, object(json!({"currencyId": "XXX"}))));
    });
}

#[test]
fn people_set_and_clear_the_contacts_of_a_deal() {
    run(async {
        let portal = Portal::new(quick());
        let (first, second) = with_contacts(&portal);
        let deal = portal.create_deal(7, object(json!({"contactIds": [first]})));
        let seen = portal.journal().len();
        assert!(portal.set_deal_contacts(8, deal, &[second, 99, first]));
        assert_eq!(portal.deal(deal).unwrap().contact_ids, [second, first]);
        assert!(portal.set_deal_contacts(8, deal, &[]));
        assert!(portal.deal(deal).unwrap().contact_ids.is_empty());
        assert!(!portal.set_deal_contacts(8, 99, &[]));
        let updated = (8, Entity::Deal, deal, ChangeKind::Updated);
        assert_eq!(changes(&portal, seen), [updated, updated]);
    });
}

#[test]
fn a_single_contact_replaces_all_others_unless_it_is_one_of_them() {
    run(async {
        let portal = Portal::new(quick());
        let (first, second) = with_contacts(&portal);
        let third = portal.create_contact(7, object(json!({"name": "C"})));
        let deal = portal.create_deal(7, object(json!({"contactIds": [first, second]})));
        let contacts = |portal: &Portal| portal.deal(deal).unwrap().contact_ids;
        for (fields, want) in [
            (json!({"contactId": second}), vec![first, second]),
            (json!({"contactId": third}), vec![third]),
            (json!({"contactIds": second}), vec![second]),
            (json!({"contactId": 0}), vec![]),
        ] {
            let update = json!({"entityTypeId": 2, "id": deal, "fields": fields});
            assert_eq!(call(&portal, "crm.item.update", update).await.status, 200);
            assert_eq!(contacts(&portal), want);
        }
    });
}

#[test]
fn a_deleted_contact_leaves_its_deals_without_an_event() {
    run(async {
        let portal = Portal::new(quick());
        let (first, second) = with_contacts(&portal);
        let deal = portal.create_deal(7, object(json!({"contactIds": [first, second]})));
        let seen = portal.journal().len();
        portal.take_events();
        assert!(portal.delete_contact(8, first) && !portal.delete_contact(8, first));
        let events = portal.take_events();
        assert!(events.len() == 1 && events[0].starts_with("event=ONCRMCONTACTDELETE&"));
        assert_eq!(portal.deal(deal).unwrap().contact_ids, [second]);
        let expected = [
            (8, Entity::Contact, first, ChangeKind::Deleted),
            (8, Entity::Deal, deal, ChangeKind::Updated),
        ];
        assert_eq!(changes(&portal, seen), expected);
        let find = json!({"type": "EMAIL", "values": ["a@shop.example"]});
        let found = call(&portal, "crm.duplicate.findbycomm", find).await;
        assert_eq!(found.json["result"], json!([]));
    });
}

#[test]
fn a_merged_contact_hands_over_addresses_and_deals() {
    run(async {
        let portal = Portal::new(quick());
        let (kept, gone) = with_contacts(&portal);
        let deals = [json!([gone]), json!([gone, kept])]
            .map(|contacts| portal.create_deal(7, object(json!({"contactIds": contacts}))));
        let seen = portal.journal().len();
        assert!(portal.merge_contacts(9, kept, gone) && !portal.merge_contacts(9, kept, gone));
        for deal in deals {
            assert_eq!(portal.deal(deal).unwrap().contact_ids, [kept]);
        }
        let contact = portal.contacts().remove(0);
        assert_eq!((contact.emails.len(), contact.name.as_str()), (2, "A"));
        let kinds = changes(&portal, seen);
        assert!(kinds.contains(&(9, Entity::Contact, gone, ChangeKind::Deleted)));
        assert!(kinds.contains(&(9, Entity::Contact, kept, ChangeKind::Merged)));
    });
}

#[test]
fn a_changed_address_is_found_under_the_new_one_only() {
    run(async {
        let portal = Portal::new(quick());
        let (first, _) = with_contacts(&portal);
        let seen = portal.journal().len();
        assert!(portal.change_contact_email(8, first, "a@shop.example", "new@shop.example"));
        assert!(!portal.change_contact_email(8, first, "a@shop.example", "x@shop.example"));
        let find = |email: &str| json!({"type": "EMAIL", "values": [email]});
        let old = call(&portal, "crm.duplicate.findbycomm", find("a@shop.example")).await;
        let new = call(
            &portal,
            "crm.duplicate.findbycomm",
            find("new@shop.example"),
        )
        .await;
        assert_eq!(old.json["result"], json!([]));
        assert_eq!(new.json["result"], json!({"CONTACT": [first]}));
        assert!(portal.change_contact_email(8, first, "", "more@shop.example"));
        assert!(portal.change_contact_email(8, first, "new@shop.example", ""));
        let emails = portal.contacts().remove(0).emails;
        assert_eq!(emails.len(), 1);
        let updated = (8, Entity::Contact, first, ChangeKind::Updated);
        assert_eq!(changes(&portal, seen), [updated; 3]);
    });
}

#[test]
fn people_edit_contacts_as_the_interface_names_their_fields() {
    run(async {
        let portal = Portal::new(quick());
        let (first, _) = with_contacts(&portal);
        assert!(portal.edit_contact(8, first, object(json!({"lastName": "Z", "originId": "9"}))));
        let contact = portal.contacts().remove(0);
        assert_eq!(
            (contact.last_name.as_str(), contact.origin_id.as_str()),
            ("Z", "9")
        );
        assert_eq!(contact.updated_by, 8);
        assert!(!portal.edit_contact(8, 99, object(json!({"name": "Z"}))));
        assert_eq!(
            portal.create_contact(
                8,
                object(json!({"fm": [{"typeId": "EMAIL", "value": "bad"}]}))
            ),
            0
        );
    });
}

#[test]
fn who_sees_only_own_deals_gets_short_lists_and_refusals_by_id() {
    run(async {
        let portal = Portal::new(PortalConfig {
            admin: false,
            sight: Sight::Own,
            ..quick()
        });
        let own = portal.create_deal(7, object(json!({"title": "own", "assignedById": 1})));
        let hidden = portal.create_deal(7, object(json!({"title": "hidden", "assignedById": 7})));
        let list = json!({"entityTypeId": 2, "select": ["id"], "order": {"id": "ASC"}});
        let listed = call(&portal, "crm.item.list", list).await.json;
        assert_eq!(listed["result"]["items"], json!([{"id": own}]));
        assert_eq!(listed["total"], 1);
        let legacy = call(&portal, "crm.deal.list", json!({"select": ["ID"]})).await;
        assert_eq!(legacy.json["total"], 1);
        for (method, params) in [
            ("crm.item.get", json!({"entityTypeId": 2, "id": hidden})),
            ("crm.item.delete", json!({"entityTypeId": 2, "id": hidden})),
            (
                "crm.item.update",
                json!({"entityTypeId": 2, "id": hidden, "fields": {"title": "x"}}),
            ),
            (
                "crm.item.productrow.list",
                json!({"filter": {"=ownerType": "D", "=ownerId": hidden}}),
            ),
        ] {
            let answer = call(&portal, method, params).await;
            let code = answer.json["error"].as_str();
            assert_eq!(
                (answer.status, code),
                (400, Some("ACCESS_DENIED")),
                "{method}"
            );
        }
        let gone = call(
            &portal,
            "crm.item.get",
            json!({"entityTypeId": 2, "id": 99}),
        )
        .await;
        assert_eq!(gone.json["error"], "NOT_FOUND");
        let legacy = call(&portal, "crm.deal.get", json!({"id": hidden})).await;
        assert_eq!(
            (legacy.status, legacy.json["error"].as_str()),
            (400, Some(""))
        );
        assert!(!portal.deal(hidden).unwrap().deleted);
        let profile = call(&portal, "profile", json!({})).await;
        assert_eq!(profile.json["result"]["ADMIN"], false);
    });
}

#[test]
fn a_robot_changes_a_deal_a_moment_after_its_creation_over_rest_and_no_import() {
    run(async {
        let robot = Robot {
            user: 9,
            after_ms: (1, 1),
            stage: Some("PREPARATION".to_owned()),
            comments: Some("called".to_owned()),
        };
        let portal = Portal::new(PortalConfig {
            robot: Some(robot),
            ..quick()
        });
        let before = portal.standing();
        let made = super::add_deal(&portal, json!({"title": "a"})).await;
        let fields = json!({"entityTypeId": 2, "fields": {"title": "b"}});
        let imported = call(&portal, "crm.item.import", fields).await.json;
        let imported = imported["result"]["item"]["id"].as_u64().unwrap();
        while portal.deal(made).unwrap().updated_by != 9 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        let deal = portal.deal(made).unwrap();
        assert_eq!(
            (deal.stage_id.as_str(), deal.comments.as_str()),
            ("PREPARATION", "called")
        );
        assert_eq!(portal.deal(imported).unwrap().stage_id, "NEW");
        assert_eq!(portal.standing().len(), before.len() + 2);
        for deal in [made, imported] {
            call(
                &portal,
                "crm.item.delete",
                json!({"entityTypeId": 2, "id": deal}),
            )
            .await;
        }
        assert_eq!(portal.standing(), before);
    });
}
