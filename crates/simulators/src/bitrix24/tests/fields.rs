//! Descriptions of fields.

use serde_json::{Value, json};

use super::super::{Portal, PortalConfig, UserField};
use super::{call, quick, run};

fn described() -> Portal {
    Portal::new(PortalConfig {
        user_fields: vec![
            UserField::enumeration("UF_CRM_DELIVERY", &[(79, "Post"), (80, "Pick-up")])
                .labelled("Delivery"),
            UserField::of_type("UF_CRM_1721244707107", "crm")
                .many()
                .required()
                .with_setting("CONTACT", json!("Y")),
        ],
        ..quick()
    })
}

async fn item_fields(portal: &Portal, entity: u64, original: &str) -> Value {
    let params = json!({"entityTypeId": entity, "useOriginalUfNames": original});
    let answer = call(portal, "crm.item.fields", params).await;
    answer.json["result"]["fields"].clone()
}

#[test]
fn item_fields_tell_type_directory_and_the_inner_name() {
    run(async {
        let portal = described();
        let deal = item_fields(&portal, 2, "N").await;
        let stage = json!({"type": "crm_status", "isRequired": false, "isReadOnly": false, "isImmutable": false,
            "isMultiple": false, "isDynamic": false, "statusType": "DEAL_STAGE", "title": "Stage", "upperName": "STAGE_ID"});
        assert_eq!(deal["stageId"], stage);
        assert_eq!(deal["createdTime"]["upperName"], "CREATED_TIME");
        assert_eq!(deal["createdTime"]["isReadOnly"], true);
        assert_eq!(deal["contactIds"]["isMultiple"], true);
        assert_eq!(deal["isManualOpportunity"]["type"], "boolean");
        assert_eq!(
            item_fields(&portal, 3, "N").await["companyIds"]["type"],
            "crm_company"
        );
        assert_eq!(
            item_fields(&portal, 4, "N").await["fm"]["type"],
            "crm_multifield"
        );
        let unknown = call(&portal, "crm.item.fields", json!({"entityTypeId": 5})).await;
        assert_eq!(unknown.json["error"], "NOT_FOUND");
    });
}

#[test]
fn user_fields_are_described_in_both_spellings() {
    run(async {
        let portal = described();
        let camel = item_fields(&portal, 2, "N").await;
        let delivery = &camel["ufCrmDelivery"];
        assert_eq!(
            delivery["items"],
            json!([{"ID": "79", "VALUE": "Post"}, {"ID": "80", "VALUE": "Pick-up"}])
        );
        assert_eq!(
            (
                &delivery["title"],
                &delivery["upperName"],
                &delivery["isDynamic"]
            ),
            (&json!("Delivery"), &json!("UF_CRM_DELIVERY"), &json!(true))
        );
        let link = &camel["ufCrm_1721244707107"];
        assert_eq!(
            (
                &link["isRequired"],
                &link["isMultiple"],
                &link["settings"]["CONTACT"]
            ),
            (&json!(true), &json!(true), &json!("Y"))
        );
        let original = item_fields(&portal, 2, "Y").await;
        assert_eq!(original["UF_CRM_DELIVERY"], *delivery);
        assert_eq!(original.get("ufCrmDelivery"), None);
    });
}

#[test]
fn the_legacy_family_has_its_own_types_and_titles() {
    run(async {
        let portal = described();
        let deal = call(&portal, "crm.deal.fields", json!({})).await.json["result"].clone();
        assert_eq!(deal["CATEGORY_ID"]["isImmutable"], true);
        assert_eq!(deal["IS_MANUAL_OPPORTUNITY"]["type"], "char");
        assert_eq!(deal["UF_CRM_DELIVERY"]["title"], "UF_CRM_DELIVERY");
        assert_eq!(deal["UF_CRM_DELIVERY"]["formLabel"], "Delivery");
        assert_eq!(deal["TITLE"].get("upperName"), None);
        let company = call(&portal, "crm.company.fields", json!({})).await.json["result"].clone();
        assert_eq!(company["TITLE"]["isRequired"], true);
        assert_eq!(company["CONTACT_ID"]["isMultiple"], true);
        assert_eq!(company["EMAIL"]["type"], "crm_multifield");
    });
}
