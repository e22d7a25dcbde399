//! Help, settings, and what is said when they are wrong.

use std::net::TcpListener;

use crate::program::{CODE, Folder, Ran, settings_but};

fn serve(changes: &[(&'static str, &'static str)]) -> Ran {
    Folder::new().run(&["serve"], &settings_but(changes))
}

#[track_caller]
fn complaint(ran: &Ran, code: i32) -> &str {
    assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{ran:?}");
    assert!(!ran.err.contains(CODE), "{ran:?}");
    ran.err.trim_end()
}

#[test]
fn help_names_every_command_and_every_exit_code() {
    let ran = Folder::new().run(&["--help"], &[]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for word in [
        "init",
        "serve",
        "demo",
        "bench",
        "map",
        "check",
        "order",
        "--config",
        "Exit codes",
    ] {
        assert!(ran.out.contains(word), "{word}");
    }
}

#[test]
fn every_command_has_help_with_an_example() {
    for command in ["init", "serve", "demo", "map", "check", "order"] {
        let ran = Folder::new().run(&[command, "--help"], &[]);
        assert_eq!(ran.code, 0, "{command}");
        assert!(ran.out.contains("Examples:\n  "), "{command}: {}", ran.out);
    }
}

#[test]
fn the_version_is_printed() {
    let ran = Folder::new().run(&["--version"], &[]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.starts_with("onedeal "), "{}", ran.out);
}

#[test]
fn without_a_command_help_goes_to_stderr_and_the_code_is_2() {
    let ran = Folder::new().run(&[], &[]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("Usage: onedeal"), "{}", ran.err);
}

#[test]
fn an_unknown_command_is_a_usage_error() {
    assert_eq!(Folder::new().run(&["frobnicate"], &[]).code, 2);
}

#[test]
fn a_missing_portal_is_named_with_its_remedy() {
    let ran = serve(&[("ONEDEAL_BITRIX24_WEBHOOK_URL", "")]);
    insta::assert_snapshot!(complaint(&ran, 2), @"onedeal: the setting ONEDEAL_BITRIX24_WEBHOOK_URL is missing: in Bitrix24, open Developer resources, make an inbound webhook with the right `crm`, and copy its URL (https://NAME.bitrix24.com/rest/USER/CODE/); or use a local application (ONEDEAL_BITRIX24_CLIENT_ID)");
}

#[test]
fn a_missing_shop_is_named_with_its_remedy() {
    let ran = serve(&[("ONEDEAL_SHOP", "")]);
    insta::assert_snapshot!(complaint(&ran, 2), @"onedeal: the setting ONEDEAL_SHOP is missing: set it to the shop's permanent name, like acme.myshopify.com");
}

#[test]
fn a_missing_secret_is_named_with_its_remedy() {
    let ran = serve(&[("ONEDEAL_SHOPIFY_SECRET", "")]);
    insta::assert_snapshot!(complaint(&ran, 2), @"onedeal: the setting ONEDEAL_SHOPIFY_SECRET is missing: copy the app's client secret from Shopify's Dev Dashboard (several, comma separated, while it is rotated)");
}

#[test]
fn a_wrong_url_is_never_printed() {
    for url in [
        "https://acme.bitrix24.com/s3cr3tc0de",
        "http://acme.bitrix24.com/rest/1/s3cr3tc0de/",
        "https://acme.bitrix24.com/rest/1/s3cr3tc0de/?x=1",
        "https://user:s3cr3tc0de@acme.bitrix24.com/rest/1/x/",
        "s3cr3tc0de",
    ] {
        let ran = serve(&[("ONEDEAL_BITRIX24_WEBHOOK_URL", url)]);
        let text = complaint(&ran, 2);
        assert!(
            text.starts_with("onedeal: the setting ONEDEAL_BITRIX24_WEBHOOK_URL cannot be used"),
            "{text}"
        );
    }
}

#[test]
fn a_wrong_log_style_or_filter_is_named() {
    for (name, value) in [("ONEDEAL_LOG", "xml"), ("RUST_LOG", "app=loudly")] {
        let ran = serve(&[(name, value)]);
        let text = complaint(&ran, 2);
        assert!(
            text.contains(&format!("the setting {name} cannot be used")),
            "{text}"
        );
    }
}

#[test]
fn a_settings_file_that_was_named_must_exist() {
    let ran = Folder::new().run(&["--config", "none.toml", "serve"], &settings_but(&[]));
    insta::assert_snapshot!(complaint(&ran, 2), @"onedeal: the settings file `none.toml` cannot be read: No such file or directory (os error 2)");
}

#[test]
fn the_settings_file_in_the_folder_is_read_and_an_unknown_key_is_refused() {
    let folder = Folder::new();
    folder.put("onedeal.toml", "listen = \"127.0.0.1:0\"\nsettle = 5\n");
    let ran = folder.run(&["serve"], &settings_but(&[]));
    let text = complaint(&ran, 2);
    assert!(
        text.contains("`onedeal.toml` cannot be used") && text.contains("line 2"),
        "{text}"
    );
}

#[test]
fn an_occupied_address_is_named_with_its_remedy() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut variables = settings_but(&[("ONEDEAL_LISTEN", "")]);
    variables.push(("ONEDEAL_LISTEN", &address));
    let ran = Folder::new().run(&["serve"], &variables);
    assert_eq!(
        complaint(&ran, 2),
        format!(
            "onedeal: cannot listen on {address}: another program listens there; stop it, or set ONEDEAL_LISTEN to another port"
        )
    );
}

#[test]
fn a_ledger_that_cannot_be_made_is_a_storage_failure() {
    let ran = serve(&[("ONEDEAL_DATABASE", "sqlite:no/such/folder/onedeal.db")]);
    let text = complaint(&ran, 4);
    assert!(
        text.starts_with("onedeal: the ledger `no/such/folder/onedeal.db` cannot be used: "),
        "{text}"
    );
}

#[test]
fn a_ledger_that_is_no_database_is_a_storage_failure() {
    let folder = Folder::new();
    folder.put("onedeal.db", "this is a text and no database\n".repeat(100));
    let ran = folder.run(&["serve"], &settings_but(&[]));
    let text = complaint(&ran, 4);
    assert!(text.contains("the database is damaged"), "{text}");
}

#[test]
fn a_secret_in_a_broken_settings_file_is_never_printed() {
    for text in [
        "bitrix24_webhook_url = https://acme.bitrix24.com/rest/1/s3cr3tc0de/",
        "shopify_secret = [\"s3cr3tc0de\"]",
        "shopify_secret = \"s3cr3tc0de",
        "shopify_secret = \"one\"\nshopify_secret = \"s3cr3tc0de\"",
        "shopify_secre = \"s3cr3tc0de\"",
    ] {
        let folder = Folder::new();
        folder.put("onedeal.toml", text);
        let ran = folder.run(&["serve"], &settings_but(&[]));
        let text = complaint(&ran, 2);
        assert!(text.contains("cannot be used: line "), "{text}");
    }
}
