//! Tells one place: what is sent, and what came of it.
//!
//! Errors hold neither an address nor an answer: both may hold secrets.

mod email;
mod web;

use bytes::Bytes;
use http::{Request, Uri};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    letter::Letter,
    settings::{AlertSettings, Channel},
};
use crate::{portal::Portal, transport::Transport};

/// A URL that may hold a secret: https, or http on this machine.
#[derive(Debug, Clone)]
pub struct Address(SecretString);

/// A text that is no such URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAddress {
    /// Not a URL with a host.
    #[error("it is not a URL")]
    NotAUrl,
    /// Others could read along.
    #[error("it does not begin with https://")]
    NotHttps,
}

/// Nobody was told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTold {
    /// Surely not; another attempt may help.
    #[error("{0}")]
    Surely(String),
    /// Perhaps.
    #[error("no answer came back")]
    Unknown,
}

impl Address {
    /// Reads a URL.
    ///
    /// # Errors
    /// It is none, or others could read along.
    pub fn parse(text: &str) -> Result<Self, NotAnAddress> {
        let uri: Uri = text.trim().parse().map_err(|_| NotAnAddress::NotAUrl)?;
        match (uri.scheme_str(), uri.host()) {
            (Some("https"), Some(_)) => {}
            (Some("http"), Some(host)) if crate::subscriptions::is_loopback(host) => {}
            (Some(_), Some(_)) => return Err(NotAnAddress::NotHttps),
            (_, _) => return Err(NotAnAddress::NotAUrl),
        }
        Ok(Self(text.trim().trim_end_matches('/').into()))
    }

    fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Tells one place about one letter.
pub(super) async fn tell<T: Transport>(
    channel: &Channel,
    letter: &Letter,
    settings: &AlertSettings,
    (transport, portal): (&T, &Portal<T>),
) -> Result<(), NotTold> {
    match channel {
        Channel::Webhook(address) => {
            let request = web::webhook(address, letter, settings);
            web::send(transport, request, |_| true).await
        }
        Channel::Slack(address) => {
            let request = web::slack(address, &letter.plain(settings));
            web::send(transport, request, |_| true).await
        }
        Channel::Telegram { api, token, chat } => {
            let text = letter.plain(settings);
            let request = web::telegram(api, token, chat, &text);
            web::send(transport, request, web::telegram_agrees).await
        }
        Channel::Email(email) => email::send(email, letter, settings).await,
        Channel::Bitrix24 { user } => {
            let text = letter.plain(settings);
            portal.notify_user(*user, &text, &letter.tag()).await
        }
    }
}

/// A request that could not be built: its address or its token holds what no header or URL can.
fn unusable() -> NotTold {
    NotTold::Surely("the address cannot be used".to_owned())
}

type Built = Result<Request<Bytes>, NotTold>;
