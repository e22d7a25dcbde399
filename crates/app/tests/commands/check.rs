//! `onedeal check` against a portal on a port.

use serde_json::Value;
use simulators::{
    bitrix24::{PortalConfig, UserField},
    shopify::ShopConfig,
};

use crate::stand::{Stand, checks, furnished};

/// A mapping in which all names are right.
pub(crate) const MAPPING: &str = r#"funnel = "Shop"

[fields.title]
text = "{{ order.name }} {{ order.customer.name }}"

[fields.UF_CRM_DELIVERY]
value = "'Pick-up' if not order.shipping_lines else order.shipping_lines[0].name"
as = "label"
owner = "if_untouched"

[fields.UF_CRM_TAGS]
value = "order.tags"
as = "texts"
owner = "always"

[[stage]]
when = "order.payment == 'paid' and order.fulfillment == 'fulfilled'"
to = "WON"
from = ["open"]

[[stage]]
when = "order.payment == 'paid'"
to = "In progress"
from = ["ours", "Preparation"]
"#;

#[track_caller]
fn wrong(mapping: &str, code: i32) -> String {
    let (stand, _shop) = Stand::with(furnished()).furnish(ShopConfig::default());
    let ran = stand.mapping(mapping).run(&["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (code, ""), "{}", ran.out);
    checks(&ran.out)
}

#[test]
fn a_mapping_that_fits_is_well() {
    insta::assert_snapshot!(wrong(MAPPING, 0));
}

#[test]
fn the_defaults_fit_a_fresh_portal() {
    let (stand, _shop) = Stand::new().furnish(ShopConfig::default());
    let ran = stand.run(&["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.ends_with("All is well.\n"), "{}", ran.out);
}

#[test]
fn the_report_is_russian_where_the_language_is() {
    let ran = Stand::with(furnished())
        .mapping(MAPPING)
        .set("LANG", "ru_RU.UTF-8")
        .run(&["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    insta::assert_snapshot!(checks(&ran.out));
}

#[test]
fn a_wrong_funnel_is_named_with_its_line_and_the_nearest_one() {
    insta::assert_snapshot!(wrong(&MAPPING.replace("\"Shop\"", "\"Shopp\""), 1));
}

#[test]
fn wrong_stages_are_named_with_their_lines_and_the_nearest_ones() {
    let mapping = MAPPING
        .replace("\"In progress\"", "\"In progres\"")
        .replace("\"Preparation\"", "\"Zzzzzzzzzzzzzz\"");
    insta::assert_snapshot!(wrong(&mapping, 1));
}

#[test]
fn a_misspelt_name_in_a_template_is_a_usage_error_with_its_line() {
    let mapping = MAPPING.replace("order.customer.name", "order.customer.nmae");
    insta::assert_snapshot!(wrong(&mapping, 2));
}

#[test]
fn a_label_that_a_list_lacks_is_named_with_the_nearest_one() {
    let mapping = MAPPING.replace(
        "value = \"'Pick-up' if not order.shipping_lines else order.shipping_lines[0].name\"",
        "text = \"Pickup\"",
    );
    insta::assert_snapshot!(wrong(&mapping, 1));
}

#[test]
fn a_single_value_for_a_field_of_several_is_a_problem() {
    let mapping = MAPPING.replace("value = \"order.tags\"\nas = \"texts\"", "text = \"vip\"");
    insta::assert_snapshot!(wrong(&mapping, 1));
}

#[test]
fn an_order_field_that_is_missing_or_of_another_type_is_a_warning() {
    for fields in [
        Vec::new(),
        vec![UserField::of_type("UF_CRM_1742556489", "integer")],
    ] {
        let portal = PortalConfig {
            user_fields: fields,
            ..PortalConfig::default()
        };
        let ran = Stand::with(portal).run(&["check", "--json"]);
        assert_eq!(ran.code, 0);
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        let lines = report["checks"].as_array().unwrap();
        let line = lines.iter().find(|it| it["check"] == "order_field");
        assert_eq!(line.unwrap()["status"], "warning");
    }
}

#[test]
fn a_webhook_without_the_right_names_the_right_to_grant() {
    let portal = PortalConfig {
        scopes: vec!["task".to_owned()],
        ..PortalConfig::default()
    };
    let ran = Stand::with(portal).run(&["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (3, ""));
    insta::assert_snapshot!(checks(&ran.out));
}

#[test]
fn a_code_that_the_portal_does_not_know_is_named_without_the_code() {
    let stand = Stand::new();
    let url = stand.url().replace("s3cr3tc0de", "an0therc0de");
    let ran = stand
        .set("ONEDEAL_BITRIX24_WEBHOOK_URL", &url)
        .run(&["check"]);
    assert_eq!(ran.code, 3);
    assert!(!ran.out.contains("an0therc0de"), "{}", ran.out);
    assert!(
        ran.out.contains("make a new inbound webhook"),
        "{}",
        ran.out
    );
}

#[test]
fn a_portal_that_cannot_be_reached_is_named() {
    let ran = Stand::new()
        .set(
            "ONEDEAL_BITRIX24_WEBHOOK_URL",
            "http://127.0.0.1:1/rest/1/s3cr3tc0de/",
        )
        .run(&["check"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.out.contains("127.0.0.1:1 cannot be reached"),
        "{}",
        ran.out
    );
}

#[test]
fn a_missing_setting_is_a_line_and_a_usage_error() {
    let ran = Stand::new().set("ONEDEAL_SHOP", "").run(&["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (2, ""));
    assert!(
        ran.out.contains("the setting ONEDEAL_SHOP is missing"),
        "{}",
        ran.out
    );
}
