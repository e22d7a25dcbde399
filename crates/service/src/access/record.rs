//! The pair of tokens as the ledger keeps it.

use std::collections::BTreeSet;

use bitrix24::{
    Access,
    oauth::{Endpoint, Grant, Server},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::AppSettings;

/// What the ledger keeps of an installed application. `Debug` hides its tokens.
#[derive(Debug, Clone)]
pub struct Record {
    /// The portal's own identifier: once known, no other portal's installation is taken.
    pub member: String,
    /// Where the portal takes requests.
    pub endpoint: Endpoint,
    /// The authorization server of its region.
    pub server: Server,
    /// Opens the portal.
    pub access: SecretString,
    /// Buys the next pair, once.
    pub refresh: SecretString,
    /// The user whom the application acts as.
    pub user: Option<u64>,
    /// All users whom it ever acted as: what they wrote is ours.
    pub users: BTreeSet<u64>,
}

/// As it is written down.
#[derive(Serialize, Deserialize)]
struct Written {
    member: String,
    endpoint: String,
    server: String,
    access: String,
    refresh: String,
    user: Option<u64>,
    users: BTreeSet<u64>,
}

impl Record {
    /// What is kept of a fresh pair; `before` is what was kept of the same application.
    pub(super) fn of(grant: Grant, asked: &Server, before: Option<&Self>) -> Self {
        let user = grant.user.or(before.and_then(|it| it.user));
        let mut users = before.map(|it| it.users.clone()).unwrap_or_default();
        users.extend(user);
        Self {
            member: grant.member,
            endpoint: grant.endpoint,
            server: grant.server.unwrap_or_else(|| asked.clone()),
            access: grant.access,
            refresh: grant.refresh,
            user,
            users,
        }
    }

    /// Ready for use.
    pub(super) fn opens(&self) -> Access {
        Access::App {
            endpoint: self.endpoint.clone(),
            token: self.access.clone(),
            user: self.user,
        }
    }

    /// As the ledger keeps it. It carries both tokens: do not print it.
    pub(super) fn write(&self) -> String {
        let written = Written {
            member: self.member.clone(),
            endpoint: self.endpoint.as_str().to_owned(),
            server: self.server.origin().to_owned(),
            access: self.access.expose_secret().to_owned(),
            refresh: self.refresh.expose_secret().to_owned(),
            user: self.user,
            users: self.users.clone(),
        };
        serde_json::to_string(&written).unwrap_or_default()
    }

    /// Reads what [`Record::write`] wrote; `None` if it cannot be understood. A server on this machine is a test's, and is
    /// believed only where the settings name one.
    pub fn read(text: &str, app: &AppSettings) -> Option<Self> {
        let written: Written = serde_json::from_str(text).ok()?;
        let server = match &app.server {
            Some(server) => server.clone(),
            None => Server::parse(&written.server).ok()?,
        };
        Some(Self {
            member: written.member,
            endpoint: Endpoint::parse(&written.endpoint).ok()?,
            server,
            access: SecretString::from(written.access),
            refresh: SecretString::from(written.refresh),
            user: written.user,
            users: written.users,
        })
    }
}

/// What opens the portal by what a ledger keeps, for commands beside the service. They never refresh: that would use up
/// the service's token.
pub fn recall_access(kept: Option<&str>, app: &AppSettings) -> Option<Access> {
    Some(Record::read(kept?, app)?.opens())
}
