//! Marked secrets and marked personal data go in by every path; what comes out is searched for them.
//!
//! What may hold personal data is not searched for it: the portal, which gets the deal, and `order` and `map`, which show
//! their reader an order. No output at all may hold a secret.

mod marks;
mod spiteful;

use std::{net::Ipv4Addr, process::Output};

use reqwest::StatusCode;
use serde_json::{Value, json};
use simulators::shopify::sign;
use tokio::net::TcpListener;

use crate::application::kept_tokens;
use crate::stand::{CODE, ORDER, SECRET, SHOP, Stand, order, two_deals};
use marks::{Mark, Marks};
use spiteful::Spiteful;

const ADMIN_TOKEN: &str = "4dm1nT0kenMarked";
const CLIENT_SECRET: &str = "sh0pCl1entSecretMarked";
const STATIC_TOKEN: &str = "shpat_St4ticMarked";
const HOOK_SECRET: &str = "h00kPathMarked";
const SLACK_SECRET: &str = "sl4ckPathMarked";
const BOT_TOKEN: &str = "778:b0tTokenMarked";
const SMTP_PASSWORD: &str = "m4ilPasswordMarked";
const TRACE_TOKEN: &str = "tr4ceT0kenMarked";

/// Every secret of the settings.
const SECRETS: [&str; 10] = [
    CODE,
    SECRET,
    ADMIN_TOKEN,
    CLIENT_SECRET,
    STATIC_TOKEN,
    HOOK_SECRET,
    SLACK_SECRET,
    BOT_TOKEN,
    SMTP_PASSWORD,
    TRACE_TOKEN,
];

/// What is personal in the marked order.
const PERSONAL: [&str; 8] = [
    "Zackenbärt",
    "Leckmann-Muster",
    "leck.person+buyer@mailbox-marked.example",
    "+4915155512345",
    "Geheime Markengasse 17",
    "Markhausen",
    "ring at Leckmark twice",
    "Very Private Markware",
];

#[tokio::test]
async fn what_works_says_nothing_of_secrets_or_people() {
    for log in ["json", "human"] {
        let office = Spiteful::open().await;
        let settings = settings(&office, log);
        let mut stand = Stand::start_with(&settings, two_deals).await;
        let mut marks = Marks::of(&SECRETS, &PERSONAL);
        assert_eq!(stand.deliver("orders/create", marked()).await, 200);
        stand.until_settled(1).await;
        refused_deliveries(&stand, &mut marks).await;
        stand
            .until("an alert", |_| !office.taken("hook").is_empty())
            .await;
        for body in office.taken("hook") {
            marks.search("an alert", &body);
        }
        for note in stand.portal.notifications() {
            marks.search("a notification", &note.message);
        }
        pages(&stand, &mut marks).await;
        commands(&stand, &mut marks).await;
        let (_, said) = stand.stop().await;
        assert!(
            said.iter().any(|it| it.contains("DEBUG")),
            "the log is not at its finest"
        );
        marks.search("the log", &said.join("\n"));
        let traces = office.taken("collector");
        assert_eq!(traces.is_empty(), !cfg!(feature = "otel"));
        for body in traces {
            marks.search("a trace", &body);
        }
        marks.none_was_found();
    }
}

#[tokio::test]
async fn peers_that_repeat_what_they_were_sent_are_not_repeated() {
    for log in ["json", "human"] {
        let office = Spiteful::open().await;
        let mut settings = settings(&office, log);
        settings.retain(|(name, _)| *name != "ONEDEAL_SHOPIFY_ACCESS_TOKEN");
        settings.extend([
            (
                "ONEDEAL_BITRIX24_WEBHOOK_URL",
                office.url(&format!("rest/1/{CODE}/")),
            ),
            ("ONEDEAL_SHOPIFY_CLIENT_ID", "client-id".to_owned()),
            ("ONEDEAL_SHOPIFY_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", office.url("traces")),
        ]);
        let mut stand = Stand::start_with(&settings, |_| {}).await;
        let mut marks = Marks::of(&SECRETS, &PERSONAL);
        assert_eq!(stand.deliver("orders/create", marked()).await, 200);
        assert_eq!(stand.deliver("orders/updated", marked()).await, 200);
        // Every kind of answer was given to every kind of question.
        stand
            .until("all answers", |_| spiteful::KINDS <= office.asked("rest"))
            .await;
        pages(&stand, &mut marks).await;
        for args in [&["check"][..], &["check", "--json"]] {
            let output = stand.run_beside(args).await;
            marks.search("check", &both(&output));
        }
        let (_, said) = stand.stop().await;
        marks.search("the log", &said.join("\n"));
        marks.none_was_found();
    }
}

#[tokio::test]
async fn tokens_of_an_application_are_never_shown() {
    let mut stand = Stand::start_app(2).await;
    let form = stand.portal.install_app(1);
    let mut marks = Marks::of(&[CODE, SECRET], &PERSONAL);
    for (name, value) in form.split('&').filter_map(|it| it.split_once('=')) {
        if name.contains("token") {
            marks.add(Mark::secret(value));
        }
    }
    assert_eq!(marks.len(), 2 + PERSONAL.len() + 3, "tokens in {form}");
    let install = |form: String| {
        let request = stand
            .client
            .post(format!("http://{}/bitrix24/install", stand.address()));
        let kind = "application/x-www-form-urlencoded";
        request.header("content-type", kind).body(form).send()
    };
    for body in [form.replace("access_token", "access_tokem"), form.clone()] {
        let answer = install(body).await.unwrap();
        marks.search(
            "an answer to an installation",
            &answer.text().await.unwrap(),
        );
    }
    assert_eq!(stand.deliver("orders/create", marked()).await, 200);
    stand.until_settled(1).await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    stand.portal.remove_app();
    let newer = change(marked(), "updated_at", json!("2026-11-23T12:00:00+01:00"));
    assert_eq!(stand.deliver("orders/updated", newer).await, 200);
    let output = stand.run_beside(&["check"]).await;
    marks.search("check", &both(&output));
    pages(&stand, &mut marks).await;
    for value in kept_tokens(&stand) {
        marks.add(Mark::secret(&value));
    }
    let (_, said) = stand.stop().await;
    marks.search("the log", &said.join("\n"));
    marks.none_was_found();
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_not_repeated() {
    let office = Spiteful::open().await;
    let stand = Stand::start_with(&settings(&office, "json"), |_| {}).await;
    let mut marks = Marks::of(&SECRETS, &PERSONAL);
    let files = [
        format!("bitrix24_webhook_url = {CODE}"),
        format!("shopify_secret = [\"{SECRET}\"]"),
        format!("shopify_secret = \"{SECRET}\"\nshopify_access_token = \"{STATIC_TOKEN}"),
        format!("[alerts]\nslack_url = \"http://example.com/{SLACK_SECRET}\""),
        format!("[alerts]\ntelegram_token = \"{BOT_TOKEN}\""),
        format!("[alerts]\nemail_smtp_url = \"smtp://u:{SMTP_PASSWORD}@mail.example.com\""),
        format!("[mapping.default.fields]\nTITLE = \"{{{{ order.{CODE} }}}}\""),
        format!("settle_ms = \"{ADMIN_TOKEN}\""),
    ];
    for (number, text) in files.iter().enumerate() {
        let name = format!("bad{number}.toml");
        std::fs::write(stand.folder().join(&name), text).unwrap();
        for command in ["check", "serve", "map", "order"] {
            let args = ["--config", &name, command, "1"];
            let args = if matches!(command, "map" | "order") {
                &args[..]
            } else {
                &args[..3]
            };
            // A file that turns out to be usable would start a service.
            if command == "serve" && number == 6 {
                continue;
            }
            let output = stand.run_beside(args).await;
            assert_ne!(output.status.code(), None, "{args:?}");
            marks.search(&format!("{args:?}"), &both(&output));
        }
    }
    marks.none_was_found();
}

/// Deliveries that are not taken, with marks in every part.
async fn refused_deliveries(stand: &Stand, marks: &mut Marks) {
    let broken = |text: &str| text.as_bytes().to_vec();
    let unreadable = format!(
        "{{\"id\": {ORDER}, \"email\": \"{}\", \"line_items\": 7}}",
        PERSONAL[2]
    );
    let truncated = format!(
        "{{\"note\": \"{}\", \"email\": \"{}",
        PERSONAL[6], PERSONAL[2]
    );
    for body in [broken(&unreadable), broken(&truncated), broken("")] {
        let signature = sign(SECRET, &body);
        let url = format!("http://{}/webhooks/shopify", stand.address());
        let shops = [SHOP, "leckmann-muster.myshopify.com", "not a shop"];
        for (shop, signature) in shops
            .iter()
            .zip([&signature[..], STATIC_TOKEN, &signature[..]])
        {
            let request = stand.client.post(&url).body(body.clone());
            let request = request
                .header("X-Shopify-Topic", "orders/updated")
                .header("X-Shopify-Shop-Domain", *shop)
                .header("X-Shopify-Hmac-Sha256", signature);
            let answer = request.send().await.unwrap();
            marks.search("an answer to a delivery", &answer.text().await.unwrap());
        }
    }
}

/// Every page, with and without the token.
async fn pages(stand: &Stand, marks: &mut Marks) {
    for path in [
        "/metrics",
        "/healthz",
        "/readyz",
        "/",
        "/nothing",
        "/api/v1/orders",
    ] {
        for token in [None, Some(ADMIN_TOKEN), Some(CODE)] {
            let mut request = stand
                .client
                .get(format!("http://{}{path}", stand.address()));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let answer = request.send().await.unwrap();
            let status = answer.status();
            let text = format!(
                "{:?}\n{}",
                answer.headers().clone(),
                answer.text().await.unwrap()
            );
            let open = token == Some(ADMIN_TOKEN) && path.starts_with("/api");
            assert!(
                !open || status != StatusCode::INTERNAL_SERVER_ERROR,
                "{text}"
            );
            if open {
                // Behind the login, personal data is what people look for.
                marks.search_for_secrets(path, &text);
            } else {
                marks.search(path, &text);
            }
        }
    }
}

/// Every command beside the service.
async fn commands(stand: &Stand, marks: &mut Marks) {
    std::fs::write(stand.folder().join("order.json"), marked()).unwrap();
    std::fs::write(stand.folder().join("broken.json"), &marked()[..700]).unwrap();
    let number = ORDER.to_string();
    let for_all: [&[&str]; 4] = [
        &["check"],
        &["check", "--json"],
        &["map", "broken.json"],
        &["order", "nothing"],
    ];
    for args in for_all {
        let output = stand.run_beside(args).await;
        marks.search(&format!("{args:?}"), &both(&output));
    }
    let for_its_reader: [&[&str]; 5] = [
        &["order", &number],
        &["order", &number, "--json"],
        &["map", "order.json"],
        &["map", "order.json", "--json"],
        &["map", "order.json", "--portal"],
    ];
    for args in for_its_reader {
        let output = stand.run_beside(args).await;
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", both(&output));
        marks.search_for_secrets(&format!("{args:?}"), &both(&output));
    }
}

fn settings(office: &Spiteful, log: &str) -> Vec<(&'static str, String)> {
    vec![
        ("ONEDEAL_LOG", log.to_owned()),
        ("ONEDEAL_ADMIN_TOKEN", ADMIN_TOKEN.to_owned()),
        ("ONEDEAL_SHOPIFY_ACCESS_TOKEN", STATIC_TOKEN.to_owned()),
        ("ONEDEAL_SHOPIFY_API_URL", office.base()),
        (
            "ONEDEAL_ALERT_WEBHOOK_URL",
            office.url(&format!("hook/{HOOK_SECRET}")),
        ),
        (
            "ONEDEAL_ALERT_SLACK_URL",
            office.url(&format!("slack/{SLACK_SECRET}")),
        ),
        ("ONEDEAL_ALERT_TELEGRAM_URL", office.url("telegram")),
        ("ONEDEAL_ALERT_TELEGRAM_TOKEN", BOT_TOKEN.to_owned()),
        ("ONEDEAL_ALERT_TELEGRAM_CHAT", "-1001".to_owned()),
        ("ONEDEAL_ALERT_EMAIL_TO", "anna@example.com".to_owned()),
        ("ONEDEAL_ALERT_EMAIL_FROM", "onedeal@example.com".to_owned()),
        (
            "ONEDEAL_ALERT_EMAIL_SMTP_URL",
            format!("smtp://user:{SMTP_PASSWORD}@127.0.0.1:1"),
        ),
        ("ONEDEAL_ALERT_BITRIX24_USER", "7".to_owned()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", office.url("collector")),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            format!("authorization=Bearer {TRACE_TOKEN}"),
        ),
    ]
}

/// The sample order of a marked person.
fn marked() -> Vec<u8> {
    let [first, last, email, phone, street, city, note, product] = PERSONAL;
    let person = json!({
        "first_name": first, "last_name": last, "name": format!("{first} {last}"), "phone": phone,
        "address1": street, "city": city, "zip": "10115", "country": "Germany", "country_code": "DE",
    });
    let mut body: Value = serde_json::from_slice(&order(&[])).unwrap();
    body["email"] = json!(email);
    body["contact_email"] = json!(email);
    body["phone"] = json!(phone);
    body["note"] = json!(note);
    body["billing_address"] = person.clone();
    body["shipping_address"] = person;
    for (name, value) in [
        ("email", email),
        ("first_name", first),
        ("last_name", last),
        ("phone", phone),
    ] {
        body["customer"][name] = json!(value);
    }
    for line in body["line_items"].as_array_mut().unwrap() {
        line["title"] = json!(product);
        line["name"] = json!(product);
    }
    serde_json::to_vec(&body).unwrap()
}

fn change(body: Vec<u8>, name: &str, value: Value) -> Vec<u8> {
    let mut body: Value = serde_json::from_slice(&body).unwrap();
    body[name] = value;
    serde_json::to_vec(&body).unwrap()
}

fn both(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}", text(&output.stdout), text(&output.stderr))
}

/// A free port of this machine.
async fn listener() -> TcpListener {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap()
}
