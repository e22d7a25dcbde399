//! Access to a portal: an inbound webhook, or a local application whose tokens are kept in the ledger.
//!
//! Invariants: one keeper per process asks for tokens, one request at a time; a pair is on disk before it is used; what
//! an install form claims is believed only once the authorization server of Bitrix24 has confirmed it.

mod condition;
mod keeper;
mod keys;
mod proof;
mod reception;
mod record;

use std::path::PathBuf;

use bitrix24::{
    WebhookUrl,
    oauth::{Client, Endpoint, Server},
};

pub use self::{
    condition::{Condition, Opener},
    record::{Record, recall_access},
};
pub(crate) use self::{
    keeper::{TIMEOUT as TOKENS_WAIT, announce, keep, recall},
    keys::{Key, Keys},
    reception::{Reception, router},
};

/// Where Bitrix24 posts the form when the application is installed.
pub const INSTALL_PATH: &str = "/bitrix24/install";

/// Where the ledger keeps the pair of tokens.
pub const RECORD: &str = "bitrix24_application";

/// What opens a portal. A secret; `Debug` hides it.
#[derive(Debug, Clone)]
pub enum Credential {
    /// An inbound webhook.
    Webhook(WebhookUrl),
    /// A local application: its tokens come with its installation, and are kept in the ledger.
    App(AppSettings),
}

/// A local application of a portal.
#[derive(Debug, Clone)]
pub struct AppSettings {
    /// Its id and secret.
    pub client: Client,
    /// The portal that it belongs to. Once it is installed, the portal's own identifier counts, and its address may change.
    pub portal: Endpoint,
    /// An authorization server in the place of Bitrix24's, for tests.
    pub server: Option<Server>,
    /// The address for Bitrix24 to post the install form to, if our own is known.
    pub install_url: Option<String>,
    /// The ledger, for commands that ask the portal beside the service.
    pub ledger: PathBuf,
}

impl Credential {
    /// Which kind it is.
    pub fn opener(&self) -> Opener {
        match self {
            Self::Webhook(_) => Opener::Webhook,
            Self::App(_) => Opener::App,
        }
    }

    /// The portal's host, with the port if one was given.
    pub fn host(&self) -> &str {
        match self {
            Self::Webhook(url) => url.host(),
            Self::App(app) => app.portal.host(),
        }
    }
}
