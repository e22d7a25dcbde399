//! What user fields keep of the values that are written to them.

use serde_json::{Value, json};

use super::super::{Portal, PortalConfig, UserField};
use super::{Answer, add_deal, call, quick, run};

fn portal() -> Portal {
    let field = UserField::of_type;
    Portal::new(PortalConfig {
        user_fields: vec![
            UserField::enumeration("UF_CRM_LIST", &[(79, "a"), (80, "b")]),
            UserField::enumeration("UF_CRM_LISTS", &[(81, "a"), (82, "b")]).many(),
            field("UF_CRM_FLAG", "boolean"),
            field("UF_CRM_DAY", "date"),
            field("UF_CRM_TIME", "datetime"),
            field("UF_CRM_MONEY", "money"),
            field("UF_CRM_DOUBLE", "double"),
            field("UF_CRM_INT", "integer"),
            field("UF_CRM_PERSON", "employee"),
            field("UF_CRM_LINK", "crm").with_setting("CONTACT", json!("Y")),
            UserField::string("UF_CRM_TEXTS", 'N').many(),
        ],
        ..quick()
    })
}

async fn add(portal: &Portal, fields: Value) -> Answer {
    let params = json!({"entityTypeId": 2, "useOriginalUfNames": "Y", "fields": fields});
    call(portal, "crm.item.add", params).await
}

/// Writes one field by the item family; what that family and the legacy one read back.
async fn written(name: &str, value: Value) -> (Value, Value) {
    let portal = portal();
    let name = format!("UF_CRM_{name}");
    let answer = add(&portal, json!({(name.clone()): value})).await;
    let legacy = call(&portal, "crm.deal.get", json!({"id": 1})).await;
    (
        answer.json["result"]["item"][&name].clone(),
        legacy.json["result"][&name].clone(),
    )
}

#[track_caller]
fn check(name: &'static str, value: Value, item: Value, legacy: Value) {
    run(async move { assert_eq!(written(name, value).await, (item, legacy)) });
}

#[test]
fn a_choice_is_kept_as_its_id_even_if_there_is_no_such_choice() {
    check("LIST", json!("80"), json!(80), json!("80"));
    check("LIST", json!(999), json!(999), json!("999"));
    check("LIST", json!(""), json!(null), json!(null));
    check("LIST", json!(0), json!(null), json!(null));
    check("LISTS", json!([81, "82"]), json!([81, 82]), json!([81, 82]));
}

#[test]
fn yes_and_no_read_back_as_letters_or_as_digits() {
    check("FLAG", json!("Y"), json!("Y"), json!("1"));
    check("FLAG", json!(true), json!("Y"), json!("1"));
    check("FLAG", json!(1), json!("N"), json!("0"));
    check("FLAG", json!("N"), json!("N"), json!("0"));
    check("FLAG", json!(""), json!("N"), json!("0"));
}

#[test]
fn dates_are_brought_to_the_portals_zone() {
    let midnight = json!("2026-08-01T00:00:00+02:00");
    check(
        "DAY",
        json!("2026-08-01"),
        midnight.clone(),
        midnight.clone(),
    );
    check(
        "DAY",
        json!("2026-07-31T22:30:00Z"),
        midnight.clone(),
        midnight,
    );
    let noon = json!("2026-08-01T12:00:00+02:00");
    check("TIME", json!("2026-08-01T10:00:00Z"), noon.clone(), noon);
    check("DAY", json!("someday"), json!(null), json!(null));
}

#[test]
fn a_date_that_does_not_parse_leaves_the_field_as_it_is() {
    run(async {
        let portal = portal();
        let id = add_deal(
            &portal,
            json!({"UF_CRM_DAY": "2026-08-01", "begindate": "2026-08-02"}),
        )
        .await;
        let update = json!({"entityTypeId": 2, "id": id, "useOriginalUfNames": "Y",
            "fields": {"UF_CRM_DAY": "someday", "begindate": "someday"}});
        let answer = call(&portal, "crm.item.update", update).await;
        let item = &answer.json["result"]["item"];
        assert_eq!(item["UF_CRM_DAY"], "2026-08-01T00:00:00+02:00");
        assert_eq!(item["begindate"], "2026-08-02T00:00:00+02:00");
    });
}

#[test]
fn money_has_a_currency_and_nothing_else_is_money() {
    let money = json!("149.90|EUR");
    check("MONEY", money.clone(), money.clone(), money.clone());
    check("MONEY", json!("149.90"), money.clone(), money);
    run(async {
        let answer = add(&portal(), json!({"UF_CRM_MONEY": "plenty"})).await;
        assert_eq!(answer.status, 400);
    });
}

#[test]
fn numbers_people_and_links_keep_their_form() {
    check(
        "DOUBLE",
        json!("9999,987"),
        json!(9999.99),
        json!("9999.99"),
    );
    check("INT", json!("12 pieces"), json!(12), json!("12"));
    check("PERSON", json!("7"), json!(7), json!("7"));
    check("LINK", json!("C_12"), json!("C_12"), json!("C_12"));
}

#[test]
fn a_list_field_takes_lists_only_and_shows_emptiness_in_two_ways() {
    check(
        "TEXTS",
        json!(["a", "", "b"]),
        json!(["a", "b"]),
        json!(["a", "b"]),
    );
    check("TEXTS", json!([]), json!([]), json!(false));
    run(async {
        let portal = portal();
        let answer = add(&portal, json!({"UF_CRM_TEXTS": "a"})).await;
        assert_eq!((answer.status, &answer.json["error"]), (400, &json!("100")));
        assert!(portal.deals().is_empty());
    });
}

#[test]
fn mandatory_fields_are_checked_only_where_the_portal_is_told_to() {
    run(async {
        let field = || {
            UserField::string("UF_CRM_NEEDED", 'N')
                .labelled("Needed")
                .required()
        };
        let lenient = Portal::new(PortalConfig {
            user_fields: vec![field()],
            ..quick()
        });
        assert_eq!(add(&lenient, json!({})).await.status, 200);
        let strict = Portal::new(PortalConfig {
            user_fields: vec![field()],
            check_mandatory: true,
            ..quick()
        });
        let refused = add(&strict, json!({})).await;
        assert_eq!(refused.json["error"], "CRM_FIELD_ERROR_REQUIRED");
        assert!(strict.deals().is_empty());
        let id = add_deal(&strict, json!({"UF_CRM_NEEDED": "x"})).await;
        let update = json!({"id": id, "fields": {"TITLE": "t"}});
        assert_eq!(call(&strict, "crm.deal.update", update).await.status, 200);
        let clear = json!({"id": id, "fields": {"UF_CRM_NEEDED": ""}});
        let refused = call(&strict, "crm.deal.update", clear).await;
        assert_eq!((refused.status, &refused.json["error"]), (400, &json!("")));
    });
}

#[test]
fn a_field_made_over_rest_has_choices_settings_and_a_label() {
    run(async {
        let portal = portal();
        let add = json!({"fields": {"FIELD_NAME": "SIZE", "USER_TYPE_ID": "enumeration", "MANDATORY": "Y",
            "EDIT_FORM_LABEL": {"en": "Size", "de": "Größe"}, "LIST": [{"VALUE": "S"}, {"VALUE": "L"}]}});
        assert_eq!(
            call(&portal, "crm.deal.userfield.add", add).await.status,
            200
        );
        let filter = json!({"filter": {"FIELD_NAME": "UF_CRM_SIZE"}});
        let listed = call(&portal, "crm.deal.userfield.list", filter).await;
        let field = &listed.json["result"][0];
        assert_eq!(
            (&field["LIST"][1]["ID"], &field["MANDATORY"]),
            (&json!("84"), &json!("Y"))
        );
        let fields = call(&portal, "crm.item.fields", json!({"entityTypeId": 2})).await;
        assert_eq!(
            fields.json["result"]["fields"]["ufCrmSize"]["title"],
            "Size"
        );
        let double = json!({"fields": {"FIELD_NAME": "RATE", "USER_TYPE_ID": "double"}});
        call(&portal, "crm.deal.userfield.add", double).await;
        let id = add_deal(&portal, json!({"UF_CRM_RATE": 149.5})).await;
        // Without a setting a field made over REST keeps no decimals.
        assert_eq!(portal.deal(id).unwrap().uf["UF_CRM_RATE"], json!(150.0));
    });
}

#[test]
fn only_an_administrator_makes_fields_and_everybody_sees_them_by_the_items_method() {
    run(async {
        let portal = Portal::new(PortalConfig {
            admin: false,
            ..quick()
        });
        let add = json!({"fields": {"FIELD_NAME": "X", "USER_TYPE_ID": "string"}});
        let refused = call(&portal, "crm.deal.userfield.add", add).await;
        assert_eq!((refused.status, &refused.json["error"]), (400, &json!("")));
        let listed = call(&portal, "crm.deal.userfield.list", json!({})).await;
        assert_eq!(listed.status, 400);
        let profile = call(&portal, "profile", json!({})).await;
        assert_eq!(profile.json["result"]["ADMIN"], false);
        let described = call(&portal, "crm.item.fields", json!({"entityTypeId": 2})).await;
        assert_eq!(described.status, 200);
        assert!(portal.user_fields().iter().all(|it| it.name != "UF_CRM_X"));
    });
}
