//! Who is told, and from when on.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::{Language, channel::Address};
use crate::subscriptions::is_loopback;

/// An order that waits longer than this is late, unless told otherwise.
pub const QUEUE_MINUTES_DEFAULT: u64 = 15;

/// Where Telegram's bots are reached.
pub const TELEGRAM_URL: &str = "https://api.telegram.org";

/// Who is told, and from when on.
#[derive(Debug, Clone)]
pub struct AlertSettings {
    /// An order that waits longer is late.
    pub queue: Duration,
    /// The language of messages.
    pub language: Language,
    /// Where to tell.
    pub channels: Vec<Channel>,
    /// Where the dashboard is, if that is known.
    pub link: Option<String>,
    /// The shop, so that whoever watches several knows which.
    pub shop: String,
}

/// One place to tell.
#[derive(Debug, Clone)]
pub enum Channel {
    /// A URL that takes JSON.
    Webhook(Address),
    /// A Slack channel, by its incoming webhook.
    Slack(Address),
    /// A chat, by a Telegram bot.
    Telegram {
        /// The API that the bot belongs to.
        api: Address,
        /// What opens the bot.
        token: SecretString,
        /// Which chat.
        chat: String,
    },
    /// People, by e-mail.
    Email(EmailSettings),
    /// A user of the portal, by a notification there.
    Bitrix24 {
        /// Which.
        user: u64,
    },
}

/// E-mail.
#[derive(Debug, Clone)]
pub struct EmailSettings {
    /// The server: `smtps://user:password@mail.example.com`.
    pub server: SecretString,
    /// The sender.
    pub from: String,
    /// Everybody who gets it.
    pub to: Vec<String>,
}

/// A part of [`EmailSettings`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailPart {
    /// The server.
    Server,
    /// The sender.
    From,
    /// Who gets it.
    To,
}

impl EmailSettings {
    /// Whether mail can be sent so, and nobody can read along on the way to the server.
    ///
    /// # Errors
    /// Which part cannot be used, and why.
    pub fn check(&self) -> Result<(), (EmailPart, &'static str)> {
        let server = self.server.expose_secret();
        let uri: http::Uri = server
            .parse()
            .map_err(|_| (EmailPart::Server, "it is not a URL"))?;
        let here = uri.host().is_some_and(is_loopback);
        let strict = uri.query().is_some_and(|it| it == "tls=required");
        match uri.scheme_str() {
            Some("smtps") => {}
            Some("smtp") if here || strict => {}
            Some("smtp") => {
                return Err((EmailPart::Server, "others could read the mail on its way"));
            }
            Some(_) | None => return Err((EmailPart::Server, "it is not a mail server's URL")),
        }
        let is_address = |it: &String| it.parse::<lettre::message::Mailbox>().is_ok();
        if !is_address(&self.from) {
            return Err((EmailPart::From, "it is not an e-mail address"));
        }
        if !self.to.iter().all(is_address) {
            return Err((EmailPart::To, "one of its addresses is none"));
        }
        Ok(())
    }
}

impl Channel {
    /// Whether telling it twice is worse than not at all: the portal shows every notification.
    pub fn tells_once(&self) -> bool {
        matches!(self, Self::Bitrix24 { .. })
    }

    /// In one word, for metrics, logs and the ledger.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Slack(_) => "slack",
            Self::Telegram { .. } => "telegram",
            Self::Email(_) => "email",
            Self::Bitrix24 { .. } => "bitrix24",
        }
    }
}
