//! `onedeal check` against a whole set-up, and each way in which one can be wrong.

use serde_json::{Value, json};
use simulators::{
    bitrix24::{Faults, PortalConfig, Sight},
    shopify::{Shop, ShopConfig, ShopFaults},
};

use crate::{
    program::Ran,
    stand::{Stand, on_time, page},
};

/// From the beginning of a simulation to its end.
const ALWAYS: Option<(u64, u64)> = Some((0, u64::MAX));

fn whole() -> (Stand, Shop) {
    Stand::new().furnish(ShopConfig::default())
}

fn report(stand: &Stand) -> (i32, Value) {
    let Ran { code, out, err } = stand.run(&["check", "--json"]);
    assert_eq!(err, "");
    (code, serde_json::from_str(&out).unwrap())
}

/// All that a check says, one line after the other.
fn says(report: &Value, check: &str) -> String {
    let lines = report["checks"].as_array().unwrap().iter();
    let lines = lines.filter(|it| it["check"] == check).map(|it| {
        let text = |key: &str| it[key].as_str().unwrap_or_default().to_owned();
        match it["remedy"].as_str() {
            Some(remedy) => format!("{}: {} -> {remedy}", text("status"), text("says")),
            None => format!("{}: {}", text("status"), text("says")),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Runs the check and gives what one of its lines says.
#[track_caller]
fn one(stand: &Stand, check: &str, code: i32) -> String {
    let (ended, report) = report(stand);
    assert_eq!(ended, code, "{report:#}");
    says(&report, check)
}

#[test]
fn a_whole_set_up_is_well_line_by_line() {
    let (stand, _shop) = whole();
    let ran = stand.run(&["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    insta::assert_snapshot!(page(&ran.out));
}

#[test]
fn the_whole_report_is_russian_where_the_language_is() {
    let (stand, _shop) = whole();
    let ran = stand.set("LANG", "ru_RU.UTF-8").run(&["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let english = ran.out.lines().find(|it| it.contains(" the "));
    assert_eq!(english, None);
    insta::assert_snapshot!(page(&ran.out));
}

#[test]
fn without_an_admin_api_it_says_what_that_costs_and_what_to_paste() {
    let ran = Stand::new().run(&["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    insta::assert_snapshot!(page(&ran.out));
}

#[test]
fn what_needs_an_answer_that_did_not_come_says_so() {
    let (stand, shop) = whole();
    stand.portal.set_faults(Faults {
        revoked_ms: ALWAYS,
        ..Faults::default()
    });
    shop.set_faults(ShopFaults {
        api_revoked_ms: ALWAYS,
        ..ShopFaults::default()
    });
    let ran = stand.run(&["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (3, ""), "{}", ran.out);
    insta::assert_snapshot!(page(&ran.out));
    let (_, report) = report(&stand);
    let lines = report["checks"].as_array().unwrap();
    let skipped: Vec<&str> = lines
        .iter()
        .filter(|it| it["status"] == "not_checked")
        .filter_map(|it| it["check"].as_str())
        .collect();
    assert_eq!(report["not_checked"], json!(skipped.len()));
    assert_eq!(skipped.len(), 14, "{skipped:?}");
}

#[test]
fn settings_that_cannot_be_used_leave_the_rest_unchecked() {
    let (code, report) = report(&Stand::new().set("ONEDEAL_SHOP", ""));
    assert_eq!((code, &report["problems"]), (2, &json!(1)));
    assert_eq!(report["not_checked"], 23);
}

#[test]
fn a_wrong_client_secret_is_named() {
    let (stand, _shop) = whole();
    let stand = stand.set("ONEDEAL_SHOPIFY_CLIENT_SECRET", "an0therc0de");
    insta::assert_snapshot!(one(&stand, "shop", 3));
}

#[test]
fn a_secret_that_does_not_sign_the_apps_webhooks_is_named() {
    let (stand, _shop) = whole();
    let stand = stand.set("ONEDEAL_SHOPIFY_SECRET", "of-another-app");
    insta::assert_snapshot!(one(&stand, "webhook_secret", 1));
}

#[test]
fn a_missing_scope_is_named_with_what_it_costs() {
    let with = |scopes: &[&str]| {
        let scopes = scopes.iter().map(|it| (*it).to_owned()).collect();
        let config = ShopConfig {
            scopes,
            ..ShopConfig::default()
        };
        Stand::new().furnish(config)
    };
    let (stand, _shop) = with(&["read_orders", "read_products"]);
    insta::assert_snapshot!(one(&stand, "shop_scopes", 1));
    let (stand, _shop) = with(&["read_orders", "read_products", "read_customers"]);
    insta::assert_snapshot!(one(&stand, "shop_scopes", 0));
}

#[test]
fn a_revoked_webhook_of_the_portal_is_named() {
    let (stand, _shop) = whole();
    stand.portal.set_faults(Faults {
        revoked_ms: ALWAYS,
        ..Faults::default()
    });
    insta::assert_snapshot!(one(&stand, "portal", 3));
}

#[test]
fn a_revoked_token_of_the_shop_is_named() {
    let (stand, shop) = whole();
    shop.set_faults(ShopFaults {
        api_revoked_ms: ALWAYS,
        ..ShopFaults::default()
    });
    let stand = stand
        .set("ONEDEAL_SHOPIFY_CLIENT_ID", "")
        .set("ONEDEAL_SHOPIFY_CLIENT_SECRET", "")
        .set("ONEDEAL_SHOPIFY_ACCESS_TOKEN", "shpat_demo")
        .set("ONEDEAL_SHOPIFY_SECRET", "hush-hush-secret");
    insta::assert_snapshot!(one(&stand, "shop", 3));
}

#[test]
fn a_deleted_subscription_one_of_ours_gone_astray_and_those_of_others_are_told_apart() {
    let (stand, shop) = whole();
    assert_eq!(shop.unsubscribe("orders/updated"), 1);
    assert_eq!(shop.unsubscribe("orders/paid"), 1);
    shop.subscribe_by_api(
        "orders/paid",
        "https://old.example.com/webhooks/shopify",
        Some("onedeal"),
    );
    shop.subscribe_by_api("orders/create", "https://warehouse.example.com/x", None);
    insta::assert_snapshot!(one(&stand, "subscriptions", 0));
}

#[test]
fn a_version_that_has_ended_is_told_from_the_one_that_answers() {
    let (stand, _shop) = whole();
    let stand = stand.set("ONEDEAL_SHOPIFY_API_VERSION", "2025-07");
    insta::assert_snapshot!(one(&stand, "shop_version", 0));
}

#[test]
fn a_currency_of_the_shop_that_the_portal_lacks_is_named_before_any_order() {
    let config = ShopConfig {
        currency: "CHF".to_owned(),
        ..ShopConfig::default()
    };
    let (stand, _shop) = Stand::new().furnish(config);
    insta::assert_snapshot!(one(&stand, "currencies", 1));
}

/// A portal with deals of several people, and what the webhook's owner is shown of them.
fn sighted(admin: bool, sight: Sight, responsible: &[u64]) -> Stand {
    let stand = Stand::with(PortalConfig {
        admin,
        sight,
        ..on_time(PortalConfig::default())
    });
    for user in responsible {
        stand.deal(&json!({"title": "by hand", "assignedById": user}));
    }
    stand
}

#[test]
fn deals_that_exist_and_are_not_shown_are_named() {
    let stand = sighted(false, Sight::Own, &[5, 1, 7, 1, 5]);
    insta::assert_snapshot!(one(&stand, "deals_seen", 1));
    let stand = sighted(false, Sight::Own, &[5; 9]);
    insta::assert_snapshot!(one(&stand, "deals_seen", 1));
}

#[test]
fn who_is_no_administrator_is_not_taken_to_see_all() {
    let stand = sighted(false, Sight::All, &[5, 1]);
    insta::assert_snapshot!(one(&stand, "deals_seen", 0));
    let stand = sighted(false, Sight::All, &[1, 1]);
    insta::assert_snapshot!(one(&stand, "deals_seen", 0));
    let stand = sighted(true, Sight::All, &[5, 1]);
    insta::assert_snapshot!(one(&stand, "deals_seen", 0));
}

#[test]
fn a_clock_that_is_off_is_told() {
    let epoch = on_time(PortalConfig::default()).epoch;
    let stand = Stand::with(PortalConfig {
        epoch: epoch - jiff::SignedDuration::from_hours(2),
        ..PortalConfig::default()
    });
    let said = one(&stand, "portal_clock", 0);
    // Two hours, and what passed while it was asked.
    let begin = "warning: theirs is 7200 s behind ours: no wait depends on it";
    let later = begin.replace("7200", "7199");
    assert!(
        said.starts_with(begin) || said.starts_with(&later),
        "{said}"
    );
}

#[test]
fn an_address_that_leads_nowhere_is_told() {
    let (stand, _shop) = whole();
    let stand = stand.set("ONEDEAL_PUBLIC_URL", "http://127.0.0.1:1");
    insta::assert_snapshot!(one(&stand, "public_url", 0));
    let portal = stand.url();
    let other = portal.split("/rest").next().unwrap();
    let stand = stand.set("ONEDEAL_PUBLIC_URL", other);
    let said = one(&stand, "public_url", 0);
    assert!(said.contains("answers `/healthz` with 404"), "{said}");
}

#[test]
fn a_damaged_ledger_ends_with_the_code_of_storage() {
    let stand = Stand::new();
    stand.folder.put(
        "onedeal.db",
        b"this is no database at all, and much too short for one",
    );
    let said = one(&stand, "database", 4);
    assert!(said.starts_with("problem: open the database"), "{said}");
}

#[test]
fn a_folder_that_is_not_there_ends_with_the_code_of_storage() {
    let stand = Stand::new().set("ONEDEAL_DATABASE", "sqlite:nowhere/onedeal.db");
    insta::assert_snapshot!(one(&stand, "disk", 4));
}

#[test]
fn a_rate_that_no_plan_allows_is_told() {
    let stand = Stand::new().set("ONEDEAL_BITRIX24_RATE", "10,500");
    insta::assert_snapshot!(one(&stand, "rate", 0));
}

#[test]
fn the_assumptions_are_listed_with_their_values_and_where_these_come_from() {
    let (_, report) = report(&Stand::new().set("ONEDEAL_SETTLE_MS", "90000"));
    let all = report["assumptions"].as_array().unwrap();
    let shown = |it: &Value| format!("{} {} ({})", it["id"], it["value"], it["from"]);
    let lines: Vec<String> = all
        .iter()
        .filter(|it| it["id"] != "A-J")
        .map(shown)
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}
