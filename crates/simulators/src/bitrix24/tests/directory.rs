//! Directories, funnels, people and scopes.

use serde_json::json;

use super::super::{Category, DirectoryValue, Portal, PortalConfig, Stage, User};
use super::{call, quick, run};

fn scoped(scopes: &[&str]) -> Portal {
    Portal::new(PortalConfig {
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        users: vec![
            User::new(1, "Ann", "Integration"),
            User {
                active: false,
                ..User::new(5, "Bob", "Former")
            },
        ],
        ..quick()
    })
}

#[test]
fn every_directory_can_be_listed_and_an_unknown_one_is_empty() {
    run(async {
        let portal = Portal::new(PortalConfig {
            directory: vec![
                DirectoryValue::new("SOURCE", "SHOPIFY", "Shopify"),
                DirectoryValue::new("SOURCE", "POS", "Point of sale"),
                DirectoryValue::new("DEAL_TYPE", "SALE", "Sales"),
            ],
            ..quick()
        });
        let list = |filter| json!({"filter": filter, "order": {"SORT": "ASC"}});
        let sources = call(
            &portal,
            "crm.status.list",
            list(json!({"ENTITY_ID": "SOURCE"})),
        )
        .await;
        assert_eq!(sources.json["total"], 2);
        assert_eq!(sources.json["result"][1]["STATUS_ID"], "POS");
        assert_eq!(sources.json["result"][1]["SORT"], "20");
        let types = call(
            &portal,
            "crm.status.list",
            list(json!({"ENTITY_ID": "DEAL_TYPE"})),
        )
        .await;
        assert_eq!(types.json["result"][0]["NAME"], "Sales");
        let none = call(
            &portal,
            "crm.status.list",
            list(json!({"ENTITY_ID": "NONSENSE"})),
        )
        .await;
        assert_eq!(
            (&none.json["result"], &none.json["total"]),
            (&json!([]), &json!(0))
        );
        let several = call(
            &portal,
            "crm.status.list",
            list(json!({"ENTITY_ID": ["SOURCE"]})),
        )
        .await;
        assert_eq!((several.status, &several.json["error"]), (400, &json!("")));
    });
}

#[test]
fn funnels_have_the_names_and_stages_they_are_set_up_with() {
    run(async {
        let mut shop = Category::standard(12, "Web shop");
        shop.stages.push(Stage {
            id: "C12:UC_AB12CD".to_owned(),
            name: "Returned".to_owned(),
            semantic: 'F',
        });
        let portal = Portal::new(PortalConfig {
            categories: vec![Category::standard(0, "General"), shop],
            ..quick()
        });
        let answer = call(&portal, "crm.category.list", json!({"entityTypeId": 2})).await;
        let categories = &answer.json["result"]["categories"];
        assert_eq!(categories[1]["name"], "Web shop");
        assert_eq!(categories[0].get("originId"), None);
        let filter = json!({"filter": {"ENTITY_ID": "DEAL_STAGE_12"}});
        let stages = call(&portal, "crm.status.list", filter).await;
        assert_eq!(
            stages.json["result"][2]["STATUS_ID"],
            "C12:PREPAYMENT_INVOIC"
        );
        assert_eq!(stages.json["result"][8]["STATUS_ID"], "C12:UC_AB12CD");
        assert_eq!(stages.json["result"][8]["CATEGORY_ID"], "12");
    });
}

#[test]
fn a_webhook_has_the_scope_crm_and_no_other_unless_it_is_given_more() {
    run(async {
        let portal = Portal::new(PortalConfig {
            scopes: PortalConfig::default().scopes,
            ..quick()
        });
        let scope = call(&portal, "scope", json!({})).await;
        assert_eq!(scope.json["result"], json!(["crm"]));
        for method in ["user.get", "user.current", "disk.storage.getlist"] {
            let answer = call(&portal, method, json!({})).await;
            assert_eq!(answer.json["error"], "insufficient_scope", "{method}");
        }
        for method in ["profile", "server.time", "methods", "crm.currency.list"] {
            assert_eq!(
                call(&portal, method, json!({})).await.status,
                200,
                "{method}"
            );
        }
        let methods = call(&portal, "methods", json!({})).await.json["result"].clone();
        let methods = methods.as_array().unwrap();
        assert!(methods.contains(&json!("crm.item.add")) && !methods.contains(&json!("user.get")));
        let method = call(&portal, "method.get", json!({"name": "user.get"})).await;
        assert_eq!(
            method.json["result"],
            json!({"isExisting": true, "isAvailable": false})
        );
    });
}

#[test]
fn every_version_of_the_user_scope_opens_people_but_not_their_addresses() {
    run(async {
        for (scope, reaching) in [("user", true), ("user_basic", true), ("user_brief", false)] {
            let portal = scoped(&[scope]);
            let answer = call(&portal, "user.current", json!({})).await;
            assert_eq!(answer.json["result"]["NAME"], "Ann");
            assert_eq!(
                answer.json["result"].get("EMAIL").is_some(),
                reaching,
                "{scope}"
            );
        }
        let portal = scoped(&["user"]);
        let all = call(&portal, "user.get", json!({})).await;
        assert_eq!(all.json["total"], 2);
        let one = call(&portal, "user.get", json!({"FILTER": {"ID": 5}})).await;
        assert_eq!(one.json["result"][0]["LAST_NAME"], "Former");
        let active = call(&portal, "user.get", json!({"filter": {"ACTIVE": true}})).await;
        assert_eq!(active.json["total"], 1);
        let none = call(&portal, "user.get", json!({"ID": 77})).await;
        assert_eq!(none.json["result"], json!([]));
    });
}
