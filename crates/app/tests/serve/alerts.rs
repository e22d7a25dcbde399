//! Alerts of the real program over real HTTP and SMTP.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use axum::{Json, Router, extract::Path, routing::post};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::stand::{SHOP, Stand, order, two_deals};

/// What opens the Telegram bot; only its address may hold it.
const TOKEN: &str = "12345:t0k3n";

#[tokio::test]
async fn a_found_duplicate_is_told_by_every_channel_once_and_in_the_chosen_language() {
    let office = Office::open().await;
    let settings = [
        ("ONEDEAL_ALERT_WEBHOOK_URL", office.url("hook")),
        ("ONEDEAL_ALERT_SLACK_URL", office.url("slack")),
        ("ONEDEAL_ALERT_TELEGRAM_URL", office.url("telegram")),
        ("ONEDEAL_ALERT_TELEGRAM_TOKEN", TOKEN.to_owned()),
        ("ONEDEAL_ALERT_TELEGRAM_CHAT", "-1001".to_owned()),
        (
            "ONEDEAL_ALERT_EMAIL_TO",
            "Anna <anna@example.com>, boris@example.com".to_owned(),
        ),
        ("ONEDEAL_ALERT_EMAIL_FROM", "onedeal@example.com".to_owned()),
        ("ONEDEAL_ALERT_EMAIL_SMTP_URL", office.smtp.clone()),
        ("ONEDEAL_ALERT_BITRIX24_USER", "7".to_owned()),
        ("ONEDEAL_ALERT_LANGUAGE", "ru".to_owned()),
    ];
    let mut stand = Stand::start_with(&settings, two_deals).await;
    assert_eq!(stand.deliver("orders/create", order(&[])).await, 200);
    stand
        .until("five messages", |stand| {
            office.told().len() == 4 && stand.portal.notifications().len() == 1
        })
        .await;
    let (code, said) = stand.stop().await;
    assert_eq!(code, Some(0));

    let title = "Найдена другая сделка того же заказа: 1";
    let told = office.told();
    let by = |name: &str| {
        let found: Vec<_> = told.iter().filter(|(it, _)| it == name).collect();
        assert_eq!(found.len(), 1, "{name} in {told:#?}");
        found[0].1.clone()
    };
    let hook: Value = serde_json::from_str(&by("hook")).unwrap();
    assert_eq!(hook["condition"], "duplicates_found");
    assert_eq!(hook["state"], "raised");
    assert_eq!(hook["severity"], "warning");
    assert_eq!(hook["shop"], SHOP);
    assert_eq!(hook["title"], title);
    let line = format!("onedeal, {SHOP}: {title}\nСвои сделки");
    let slack: Value = serde_json::from_str(&by("slack")).unwrap();
    assert!(
        slack["text"].as_str().unwrap().starts_with(&line),
        "{slack}"
    );
    let telegram: Value =
        serde_json::from_str(&by(&format!("telegram/bot{TOKEN}/sendMessage"))).unwrap();
    assert_eq!(telegram["chat_id"], "-1001");
    assert!(
        telegram["text"].as_str().unwrap().starts_with(&line),
        "{telegram}"
    );
    let mail = by("mail");
    for part in [
        "MAIL FROM:<onedeal@example.com>",
        "RCPT TO:<anna@example.com>",
        "RCPT TO:<boris@example.com>",
        "Subject: onedeal, acme.myshopify.com: =?utf-8?b?",
        "Content-Type: text/plain; charset=utf-8",
    ] {
        assert!(mail.contains(part), "{part} in {mail}");
    }
    let notifications = stand.portal.notifications();
    assert_eq!(notifications[0].user, 7);
    assert!(
        notifications[0].message.starts_with(&line),
        "{notifications:?}"
    );

    let alerts: Vec<_> = said
        .iter()
        .filter(|it| it.contains("alert.condition"))
        .collect();
    assert_eq!(alerts.len(), 1, "{alerts:#?}");
    assert!(
        !said.iter().any(|it| it.contains(TOKEN)),
        "a secret was printed"
    );
}

#[tokio::test]
async fn channels_that_fail_are_named_in_the_log_without_their_addresses() {
    let office = Office::open().await;
    let settings = [
        ("ONEDEAL_ALERT_WEBHOOK_URL", office.url("refuse/s3cr3tpath")),
        (
            "ONEDEAL_ALERT_SLACK_URL",
            "http://127.0.0.1:1/s3cr3tpath".to_owned(),
        ),
        ("ONEDEAL_ALERT_TELEGRAM_URL", office.url("no")),
        ("ONEDEAL_ALERT_TELEGRAM_TOKEN", TOKEN.to_owned()),
        ("ONEDEAL_ALERT_TELEGRAM_CHAT", "-1001".to_owned()),
        ("ONEDEAL_ALERT_EMAIL_TO", "anna@example.com".to_owned()),
        ("ONEDEAL_ALERT_EMAIL_FROM", "onedeal@example.com".to_owned()),
        (
            "ONEDEAL_ALERT_EMAIL_SMTP_URL",
            "smtp://user:s3cr3tpath@127.0.0.1:1".to_owned(),
        ),
    ];
    let mut stand = Stand::start_with(&settings, two_deals).await;
    assert_eq!(stand.deliver("orders/create", order(&[])).await, 200);
    let failed = |stand: &Stand| {
        let said = stand.said();
        said.iter()
            .filter(|it| it.contains("is tried again"))
            .count()
    };
    stand.until("four failures", |it| failed(it) == 4).await;
    let (_, said) = stand.stop().await;
    for secret in ["s3cr3tpath", TOKEN, "anna@"] {
        assert!(
            !said.iter().any(|it| it.contains(secret)),
            "{secret} was printed"
        );
    }
}

type Told = Arc<Mutex<Vec<(String, String)>>>;

/// Everybody who can be told, on ports of this machine.
struct Office {
    base: String,
    smtp: String,
    told: Told,
    _serving: JoinSet<()>,
}

impl Office {
    async fn open() -> Self {
        let told = Told::default();
        let web = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let mail = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let base = format!("http://{}", web.local_addr().unwrap());
        let smtp = format!("smtp://{}", mail.local_addr().unwrap());
        let mut serving = JoinSet::new();
        let kept = told.clone();
        let take = move |Path(path): Path<String>, body: String| async move {
            if path.starts_with("refuse") {
                return Err(axum::http::StatusCode::FORBIDDEN);
            }
            let ok = !path.starts_with("no/");
            kept.lock().unwrap().push((path, body));
            Ok(Json(json!({ "ok": ok })))
        };
        let router = Router::new().route("/{*path}", post(take));
        serving.spawn(async move { axum::serve(web, router).await.unwrap() });
        let kept = told.clone();
        serving.spawn(async move {
            loop {
                let (stream, _) = mail.accept().await.unwrap();
                let text = converse(stream).await.unwrap();
                kept.lock().unwrap().push(("mail".to_owned(), text));
            }
        });
        Self {
            base,
            smtp,
            told,
            _serving: serving,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }

    fn told(&self) -> Vec<(String, String)> {
        self.told.lock().unwrap().clone()
    }
}

/// The server's side of one mail; all that was said.
async fn converse(mut stream: TcpStream) -> std::io::Result<String> {
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).lines();
    let (mut said, mut in_data) = (String::new(), false);
    write.write_all(b"220 mail.example.com\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        said.push_str(&line);
        said.push('\n');
        let answer: &[u8] = match (in_data, line.as_str()) {
            (true, ".") => {
                in_data = false;
                b"250 taken\r\n"
            }
            (true, _) => continue,
            (false, "DATA") => {
                in_data = true;
                b"354 go on\r\n"
            }
            (false, "QUIT") => {
                write.write_all(b"221 bye\r\n").await?;
                break;
            }
            (false, _) => b"250 fine\r\n",
        };
        write.write_all(answer).await?;
    }
    Ok(said)
}
