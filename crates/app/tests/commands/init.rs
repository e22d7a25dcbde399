//! `onedeal init` without a terminal, against a portal and a shop on ports, and what its files are good for.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};
use simulators::{
    bitrix24::{Language, PortalConfig, User, UserField},
    shopify::ShopConfig,
};

use crate::{
    pair::{CLIENT, Pair, SHOP, fresh, until},
    program::{Folder, Ran},
};

const PUBLIC: [&str; 2] = ["--public-url", "https://sync.example.com"];

/// The last line on stderr of a run that failed.
#[track_caller]
fn complaint(ran: &Ran, code: i32) -> &str {
    assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{ran:?}");
    ran.err.lines().last().unwrap()
}

#[tokio::test]
async fn from_an_empty_folder_to_the_first_deal_by_the_written_file_alone() {
    let pair = Pair::new();
    let ran = pair.init(&PUBLIC);
    assert_eq!(ran.code, 0, "{}", ran.err);
    // Warnings there are: the simulated clocks are their own, and nothing answers at the public address yet.
    let checked = pair.run(&["check", "--json"], &[]);
    let report: Value = serde_json::from_str(&checked.out).unwrap();
    assert_eq!(
        (checked.code, checked.err.as_str(), &report["problems"]),
        (0, "", &json!(0)),
        "{}",
        checked.out
    );

    let serving = pair.serve();
    until("the subscriptions", || !pair.shop.subscribed().is_empty());
    assert_eq!(serving.deliver_order().await, 200);
    until("a whole deal", || {
        pair.portal.deals().iter().any(|it| !it.rows.is_empty())
    });
    let deals = pair.portal.deals();
    let [deal] = deals.as_slice() else {
        panic!("one deal, not {deals:#?}")
    };
    assert_eq!(deal.originator_id, format!("shopify:{SHOP}"));
    assert_eq!(
        deal.uf["UF_CRM_1742556489"],
        Value::from(deal.origin_id.clone())
    );
}

#[test]
fn the_settings_explain_each_line_and_hold_no_secret() {
    let pair = Pair::new();
    assert_eq!(pair.init(&PUBLIC).code, 0);
    insta::assert_snapshot!(pair.masked(&pair.read("onedeal.toml")));
}

#[test]
fn the_settings_are_explained_in_russian_where_that_is_the_language() {
    let pair = Pair::with(
        PortalConfig {
            language: Language::Ru,
            ..fresh()
        },
        ShopConfig::default(),
    );
    let flags = pair.flags();
    let mut args = vec!["init", "--yes"];
    args.extend(flags.iter().map(String::as_str));
    args.extend([
        "--funnel",
        "Shop",
        "--lost-stage",
        "Analyse failure",
        "--responsible",
        "Erika Muster",
    ]);
    let ran = pair.run(&args, &[("LANG", "ru_RU.UTF-8")]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!("russian_settings", pair.masked(&pair.read("onedeal.toml")));
    insta::assert_snapshot!("russian_conversation", ran.err);
    insta::assert_snapshot!("russian_ending", ran.out);
    assert_eq!(pair.run(&["check"], &[]).code, 0);
}

#[test]
fn each_secret_stands_in_a_file_that_only_its_owner_reads() {
    let pair = Pair::new();
    assert_eq!(pair.init(&PUBLIC).code, 0);
    let mode = |name: &str| {
        let path = pair.folder.path().join(name);
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("secrets"), 0o700);
    let mut names: Vec<String> = std::fs::read_dir(pair.folder.path().join("secrets"))
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "admin_token",
            "bitrix24_webhook_url",
            "shopify_client_secret"
        ]
    );
    for name in names {
        assert_eq!(mode(&format!("secrets/{name}")), 0o600, "{name}");
    }
    assert_eq!(mode("onedeal.toml"), 0o644);
    assert_eq!(
        pair.read("secrets/bitrix24_webhook_url").trim(),
        pair.portal_url()
    );
    assert_eq!(pair.read("secrets/admin_token").trim().len(), 40);
}

#[test]
fn the_fields_are_made_with_type_filter_and_the_portals_language() {
    for (language, order, duplicate) in [
        (Language::En, "Shopify order ID", "Duplicate of deal"),
        (Language::Ru, "ID заказа Shopify", "Дубликат сделки"),
        (Language::De, "Shopify-Bestell-ID", "Duplikat von Auftrag"),
    ] {
        let pair = Pair::with(
            PortalConfig {
                language,
                ..fresh()
            },
            ShopConfig::default(),
        );
        let ran = pair.init(&["--json"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let done: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(done["fields"]["order"]["became"], "made");
        assert_eq!(done["fields"]["duplicate"]["became"], "made");
        let fields = pair.portal.user_fields();
        let seen: Vec<_> = fields
            .iter()
            .map(|it| {
                (
                    it.name.as_str(),
                    it.user_type.as_str(),
                    it.show_filter,
                    it.multiple,
                    it.mandatory,
                    it.label.as_str(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("UF_CRM_1742556489", "string", 'I', false, false, order),
                (
                    "UF_CRM_ONEDEAL_DUP_OF",
                    "integer",
                    'I',
                    false,
                    false,
                    duplicate
                ),
            ]
        );
    }
}

#[test]
fn fields_that_are_there_are_used_and_none_is_made_twice() {
    let pair = Pair::new();
    assert_eq!(pair.init(&[]).code, 0);
    let ran = pair.init(&["--force", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let done: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(done["fields"]["order"]["became"], "found");
    assert_eq!(done["fields"]["duplicate"]["became"], "found");
    assert_eq!(pair.portal.user_fields().len(), 2);
}

#[test]
fn without_the_right_to_make_fields_everything_else_is_done() {
    let pair = Pair::with(
        PortalConfig {
            admin: false,
            ..fresh()
        },
        ShopConfig::default(),
    );
    let ran = pair.init(&[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!(ran.err);
    assert!(pair.read("onedeal.toml").contains("\n# duplicate_field = "));
    assert!(pair.portal.user_fields().is_empty());
    let checked = pair.run(&["check", "--json"], &[]);
    let report: Value = serde_json::from_str(&checked.out).unwrap();
    assert_eq!(
        (checked.code, &report["problems"]),
        (0, &Value::from(0)),
        "{report}"
    );
}

#[test]
fn a_field_of_another_type_is_refused_for_the_orders_number_and_left_alone_for_duplicates() {
    let portal = |fields| PortalConfig {
        user_fields: fields,
        ..fresh()
    };
    let wrong = vec![UserField::of_type("UF_CRM_1742556489", "integer")];
    let pair = Pair::with(portal(wrong), ShopConfig::default());
    insta::assert_snapshot!(complaint(&pair.init(&[]), 2), @"onedeal: the field UF_CRM_1742556489 is of the type integer, not string; name another field (--order-field): a text of one value, or a name that the portal does not have, which is then made");
    let several = vec![UserField::string("UF_CRM_1742556489", 'E').many()];
    let pair = Pair::with(portal(several), ShopConfig::default());
    assert!(complaint(&pair.init(&[]), 2).contains("holds several values"));
    assert_eq!(pair.init(&["--order-field", "UF_CRM_ORDER"]).code, 0);
    assert!(
        pair.read("onedeal.toml")
            .contains("order_field = \"UF_CRM_ORDER\"")
    );

    let wrong = vec![UserField::of_type("UF_CRM_ONEDEAL_DUP_OF", "boolean")];
    let pair = Pair::with(portal(wrong), ShopConfig::default());
    let ran = pair.init(&[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.err.contains("UF_CRM_ONEDEAL_DUP_OF is of another type"),
        "{}",
        ran.err
    );
    assert_eq!(pair.run(&["check"], &[]).code, 0);
}

#[test]
fn nothing_is_written_over_unless_that_is_said() {
    let pair = Pair::new();
    pair.folder.put("onedeal.toml", "# mine\n");
    let ran = pair.init(&[]);
    insta::assert_snapshot!(complaint(&ran, 2), @"onedeal: there is onedeal.toml already, and nothing is written over it; write somewhere else with --config PATH, or write over it with --force");
    assert_eq!(pair.read("onedeal.toml"), "# mine\n");
    assert!(
        pair.portal.user_fields().is_empty(),
        "nothing is made on the portal either"
    );
    assert!(!pair.folder.path().join("secrets").exists());
    assert_eq!(pair.init(&["--force"]).code, 0);
    assert!(pair.read("onedeal.toml").contains(SHOP));
}

#[test]
fn a_secret_that_is_there_is_not_written_over_either() {
    let pair = Pair::new();
    std::fs::create_dir(pair.folder.path().join("secrets")).unwrap();
    pair.folder.put("secrets/admin_token", "mine");
    assert!(complaint(&pair.init(&[]), 2).contains("there is secrets/admin_token already"));
    assert_eq!(pair.read("secrets/admin_token"), "mine");
}

#[test]
fn without_a_terminal_nothing_is_asked_and_what_is_missing_is_named() {
    let ran = Folder::new().run(&["init"], &[]);
    insta::assert_snapshot!(complaint(&ran, 2), @"onedeal: there is no terminal to ask on; add --yes and --portal-url-file, --shop, --client-id --client-secret-file (or --webhook-secret-file); see onedeal init --help");
    let ran = Folder::new().run(
        &["init", "--yes", "--shop", SHOP, "--client-id", CLIENT],
        &[],
    );
    insta::assert_snapshot!(complaint(&ran, 2), @"onedeal: with --yes nothing is asked, and there is no --portal-url-file, --client-secret-file; see onedeal init --help");
    let ran = Pair::new().run(
        &[
            "init",
            "--shop",
            SHOP,
            "--portal-url-file",
            "url.txt",
            "--webhook-secret-file",
            "secret.txt",
        ],
        &[],
    );
    insta::assert_snapshot!(complaint(&ran, 2), @"onedeal: there is no terminal to ask on; add --yes to take the defaults for what the flags do not say; see onedeal init --help");
    // What is there but empty is missing too, and is not waited for.
    let empty = [
        ("ONEDEAL_SHOP", ""),
        ("ONEDEAL_BITRIX24_WEBHOOK_URL", ""),
        ("ONEDEAL_SHOPIFY_SECRET_FILE", ""),
    ];
    let ran = Folder::new().run(&["init", "--yes"], &empty);
    let all = "there is no --portal-url-file, --shop, --client-id --client-secret-file (or";
    assert!(complaint(&ran, 2).contains(all), "{}", ran.err);
}

#[test]
fn a_portals_address_without_a_code_is_explained() {
    let pair = Pair::new();
    let with = |url: &str| {
        pair.folder.put("url.txt", url);
        pair.init(&[])
    };
    insta::assert_snapshot!(complaint(&with("https://acme.bitrix24.com/"), 2), @"onedeal: that is a URL, but not a webhook's: user and code are missing in it; copy the whole line from the inbound webhook's page; it looks like https://NAME.bitrix24.com/rest/1/abc123def456/");
    assert!(
        complaint(&with("http://acme.bitrix24.com/rest/1/x/"), 2).contains("over https:// only")
    );
    let unknown = with(&pair.portal_url().replace("s3cr3tc0de", "another"));
    assert!(
        complaint(&unknown, 3).contains("does not accept the webhook"),
        "{unknown:?}"
    );
    assert!(complaint(&with("http://127.0.0.1:1/rest/1/x/"), 3).contains("cannot be reached"));
    assert!(!pair.folder.path().join("onedeal.toml").exists());
}

#[test]
fn a_webhook_without_the_right_names_the_right_to_grant() {
    let scopes = vec!["task".to_owned(), "user_brief".to_owned()];
    let pair = Pair::with(PortalConfig { scopes, ..fresh() }, ShopConfig::default());
    insta::assert_snapshot!(complaint(&pair.init(&[]), 3), @"onedeal: the webhook of PORTAL lacks the right `crm` (it has task, user_brief); open the inbound webhook (Developer resources), add the right CRM (crm), and save it; its URL stays the same");
}

#[test]
fn people_that_cannot_be_read_and_a_field_without_an_answer_do_not_end_it() {
    let methods = &["user.get", "crm.deal.userfield.add"];
    let pair = Pair::hindered(fresh(), ShopConfig::default(), methods);
    let ran = pair.init(&[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for says in [
        "! the portal's users could not be read",
        "the user's id",
        "is missing",
    ] {
        assert!(ran.err.contains(says), "{says}: {}", ran.err);
    }
    assert!(pair.portal.user_fields().is_empty());
    assert!(!pair.read("onedeal.toml").contains("assignedById"));
    assert_eq!(pair.run(&["check"], &[]).code, 0);
}

#[test]
fn without_being_asked_it_makes_nobody_else_responsible() {
    let users = vec![User::new(7, "Erika", "Muster")];
    let portal = PortalConfig { users, ..fresh() };
    let pair = Pair::with(portal, ShopConfig::default());
    let ran = pair.init(&[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let text = pair.read("onedeal.toml");
    assert!(
        !text.contains("Erika") && !text.contains("assigned"),
        "{text}"
    );
}

#[test]
fn a_shops_public_address_is_explained() {
    let pair = Pair::new();
    let ran = pair.run(
        &[
            "init",
            "--yes",
            "--portal-url-file",
            "url.txt",
            "--shop",
            "https://www.acme.com",
            "--webhook-secret-file",
            "secret.txt",
        ],
        &[],
    );
    insta::assert_snapshot!(complaint(&ran, 2), @"onedeal: www.acme.com is the shop's public address, not its permanent name; the permanent name ends in .myshopify.com; it stands in the shop's admin under Settings, Domains, and after /store/ in the admin's address bar");
}

#[test]
fn a_wrong_secret_of_the_app_and_a_missing_scope_are_explained() {
    let pair = Pair::new();
    pair.folder.put("secret.txt", "wrong");
    insta::assert_snapshot!(complaint(&pair.init(&[]), 3), @"onedeal: Shopify does not know this client id with this client secret; copy both anew from the app's settings in Shopify's Dev Dashboard");

    let shop = ShopConfig {
        scopes: vec!["read_products".to_owned()],
        ..ShopConfig::default()
    };
    let pair = Pair::with(fresh(), shop);
    insta::assert_snapshot!(complaint(&pair.init(&[]), 3), @"onedeal: the app may not read the orders of acme.myshopify.com: the scope read_orders is missing (it has read_products); give the app read_orders in Shopify's Dev Dashboard, release that version, and let the shop accept it");

    let shop = ShopConfig {
        scopes: vec!["read_orders".to_owned(), "write_products".to_owned()],
        ..ShopConfig::default()
    };
    let ran = Pair::with(fresh(), shop).init(&[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.err.contains("! without read_customers, orders"),
        "{}",
        ran.err
    );
}

#[test]
fn an_app_of_the_shops_admin_needs_its_token_and_what_signs() {
    let pair = Pair::new();
    pair.folder.put("token.txt", "shpat_demo");
    let url = pair.shop_url();
    let mut args = vec![
        "init",
        "--yes",
        "--portal-url-file",
        "url.txt",
        "--shop",
        SHOP,
        "--shopify-api-url",
        &url,
        "--access-token-file",
        "token.txt",
    ];
    assert!(complaint(&pair.run(&args, &[]), 2).contains("--webhook-secret-file"));
    args.extend(["--webhook-secret-file", "secret.txt"]);
    let ran = pair.run(&args, &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let text = pair.read("onedeal.toml");
    assert!(
        text.contains("shopify_access_token_file") && text.contains("\nshopify_secret_file"),
        "{text}"
    );
    assert_eq!(pair.run(&["check"], &[]).code, 0);
    pair.folder.put("token.txt", "shpat_wrong");
    args.push("--force");
    assert!(complaint(&pair.run(&args, &[]), 3).contains("does not accept the access token"));
}

#[test]
fn without_the_admin_api_the_webhooks_are_said_to_be_made_by_hand() {
    let pair = Pair::new();
    let ran = pair.run(
        &[
            "init",
            "--yes",
            "--portal-url-file",
            "url.txt",
            "--shop",
            SHOP,
            "--webhook-secret-file",
            "secret.txt",
            "--public-url",
            "https://sync.example.com",
        ],
        &[],
    );
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("is not asked"), "{}", ran.err);
    assert!(
        ran.out
            .contains("Without the Admin API the webhooks are made by hand:"),
        "{}",
        ran.out
    );
    assert!(
        ran.out
            .contains("URL https://sync.example.com/webhooks/shopify"),
        "{}",
        ran.out
    );
    assert_eq!(pair.run(&["check"], &[]).code, 0);
}

#[test]
fn a_public_address_without_https_is_explained() {
    let ran = Pair::new().init(&["--public-url", "http://sync.example.com"]);
    insta::assert_snapshot!(complaint(&ran, 2), @"onedeal: that address is not https, and Shopify delivers to https only; put a reverse proxy with a certificate before onedeal and give its address, like https://sync.example.com");
}

#[test]
fn funnel_stages_and_people_are_taken_by_name_and_written_where_they_differ() {
    let pair = Pair::new();
    let ran = pair.init(&[
        "--funnel",
        "shop",
        "--new-stage",
        "Preparation",
        "--won-stage",
        "WON",
        "--lost-stage",
        "Analyse failure",
        "--responsible",
        "Erika Muster",
        "--json",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let text = pair.read("onedeal.toml");
    let (_, mapping) = text.split_once("[mapping.acme]").unwrap();
    insta::assert_snapshot!(mapping);
    let done: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(done["deals"]["funnel"]["name"], "Shop");
    assert_eq!(done["deals"]["responsible"]["id"], "7");
    let checked = pair.run(&["check"], &[]);
    assert_eq!(checked.code, 0, "{}", checked.out);
}

#[test]
fn a_name_that_the_portal_lacks_is_answered_with_the_nearest() {
    let pair = Pair::new();
    insta::assert_snapshot!(complaint(&pair.init(&["--funnel", "Shpo"]), 2), @"onedeal: the portal has no funnel `Shpo`; did you mean `Shop`?");
    insta::assert_snapshot!(complaint(&pair.init(&["--won-stage", "Wonn"]), 2), @"onedeal: the funnel General has no stage `Wonn`; did you mean `Won`?");
    insta::assert_snapshot!(complaint(&pair.init(&["--responsible", "Erika"]), 2), @"onedeal: nobody at work in the portal is called `Erika`; did you mean `Erika Muster`?");
}

#[test]
fn a_currency_that_the_portal_does_not_know_is_told() {
    let portal = PortalConfig {
        currencies: vec!["RUB".to_owned()],
        ..fresh()
    };
    let ran = Pair::with(portal, ShopConfig::default()).init(&[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.err
            .contains("the shop sells in EUR, and PORTAL does not know it"),
        "{}",
        ran.err
    );
}

#[test]
fn elsewhere_the_paths_are_absolute_so_that_the_service_may_start_anywhere() {
    let pair = Pair::new();
    let elsewhere = Folder::new();
    let config = elsewhere.path().join("shop.toml");
    let config = config.to_str().unwrap();
    let ran = pair.init(&["--config", config]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out
            .contains(&format!("onedeal --config {config} check")),
        "{}",
        ran.out
    );
    let checked = Folder::new().run(&["--config", config, "check"], &[]);
    assert_eq!(checked.code, 0, "{}", checked.out);
    assert!(
        elsewhere
            .path()
            .join("secrets/bitrix24_webhook_url")
            .exists()
    );
}

#[test]
fn what_was_done_is_told_to_scripts_without_secrets() {
    let pair = Pair::new();
    let ran = pair.init(&["--json", PUBLIC[0], PUBLIC[1]]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    insta::assert_snapshot!(ran.out);
}
