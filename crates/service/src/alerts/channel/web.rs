//! Messages over HTTP.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::{Address, Built, NotTold, unusable};
use crate::{
    alerts::{letter::Letter, settings::AlertSettings},
    transport::{SendError, Transport},
};

/// Whoever does not answer within this time is tried again later.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The letter as JSON, for programs.
pub(super) fn webhook(address: &Address, letter: &Letter, settings: &AlertSettings) -> Built {
    post(address.expose(), &letter.json(settings))
}

/// The text for a Slack channel. Slack reads three signs as markup.
pub(super) fn slack(address: &Address, text: &str) -> Built {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    post(address.expose(), &json!({ "text": text }))
}

/// The text for a chat, as plain text.
pub(super) fn telegram(api: &Address, token: &SecretString, chat: &str, text: &str) -> Built {
    let url = format!("{}/bot{}/sendMessage", api.expose(), token.expose_secret());
    let body = json!({ "chat_id": chat, "text": text, "disable_web_page_preview": true });
    post(&url, &body)
}

/// Telegram says in its answer whether it took the message.
pub(super) fn telegram_agrees(answer: &[u8]) -> bool {
    let answer: Option<Value> = serde_json::from_slice(answer).ok();
    answer.is_some_and(|it| it["ok"] == Value::Bool(true))
}

/// Sends, and reads whether it was taken.
pub(super) async fn send<T: Transport>(
    transport: &T,
    request: Built,
    agrees: impl Fn(&[u8]) -> bool,
) -> Result<(), NotTold> {
    match tokio::time::timeout(TIMEOUT, transport.send(request?)).await {
        Ok(Ok(answer)) if answer.status().is_success() && agrees(answer.body()) => Ok(()),
        Ok(Ok(answer)) => Err(NotTold::Surely(refused(answer.status()))),
        Ok(Err(SendError::NotSent)) => Err(NotTold::Surely("no connection".to_owned())),
        Ok(Err(SendError::Lost)) | Err(_) => Err(NotTold::Unknown),
    }
}

fn refused(status: StatusCode) -> String {
    format!("it was answered with HTTP {}", status.as_u16())
}

fn post(url: &str, body: &Value) -> Built {
    Request::post(url)
        .header(header::CONTENT_TYPE, "application/json")
        .header(
            header::USER_AGENT,
            concat!("onedeal/", env!("CARGO_PKG_VERSION")),
        )
        .body(Bytes::from(body.to_string()))
        .map_err(|_| unusable())
}
