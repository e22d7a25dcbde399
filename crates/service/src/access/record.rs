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
    /// What is kept of a fresh pair that `asked` gave; `before` is what was kept of the same application. A test's server
    /// stays the one to ask, whatever the answer names.
    pub(super) fn of(
        grant: Grant,
        asked: &Server,
        app: &AppSettings,
        before: Option<&Self>,
    ) -> Self {
        let user = grant.user.or(before.and_then(|it| it.user));
        let mut users = before.map(|it| it.users.clone()).unwrap_or_default();
        users.extend(user);
        Self {
            member: grant.member,
            endpoint: grant.endpoint,
            server: match &app.server {
                Some(server) => server.clone(),
                None => grant.server.unwrap_or_else(|| asked.clone()),
            },
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bitrix24::oauth::Client;

    use super::*;

    fn app(server: Option<&str>) -> AppSettings {
        AppSettings {
            client: Client {
                id: "local.1".to_owned(),
                secret: "hush".into(),
            },
            portal: Endpoint::parse("https://acme.bitrix24.com/rest/").unwrap(),
            server: server.map(|it| Server::loopback(it).unwrap()),
            install_url: None,
            ledger: std::path::PathBuf::new(),
        }
    }

    fn grant(user: u64, server: Option<&str>) -> Grant {
        Grant {
            access: "acc3ss".into(),
            refresh: "r3fresh".into(),
            life: Duration::from_secs(3_600),
            endpoint: Endpoint::parse("https://acme.bitrix24.com/rest/").unwrap(),
            server: server.map(|it| Server::parse(it).unwrap()),
            member: "m".to_owned(),
            scopes: Vec::new(),
            user: Some(user),
        }
    }

    const REGION: &str = "https://oauth.bitrix24.tech/rest/";

    #[test]
    fn what_is_written_down_is_read_again_and_never_shown() {
        let app = app(None);
        let asked = Server::parse("https://oauth.bitrix.info").unwrap();
        let record = Record::of(grant(7, Some(REGION)), &asked, &app, None);
        let read = Record::read(&record.write(), &app).unwrap();
        assert_eq!(read.server.origin(), "https://oauth.bitrix24.tech");
        assert_eq!(read.refresh.expose_secret(), "r3fresh");
        assert_eq!((read.member.as_str(), read.user), ("m", Some(7)));
        let shown = format!("{read:?}");
        assert!(!shown.contains("acc3ss") && !shown.contains("r3fresh"));
        assert!(Record::read("{}", &app).is_none());
    }

    #[test]
    fn whoever_installed_it_before_stays_one_of_us() {
        let app = app(None);
        let asked = Server::parse("https://oauth.bitrix.info").unwrap();
        let first = Record::of(grant(7, None), &asked, &app, None);
        let second = Record::of(grant(9, None), &asked, &app, Some(&first));
        assert_eq!(
            (second.user, second.users),
            (Some(9), BTreeSet::from([7, 9]))
        );
        assert_eq!(second.server, asked);
    }

    #[test]
    fn a_test_never_asks_bitrix24s_own_server() {
        let app = app(Some("http://127.0.0.1:9"));
        let asked = app.server.clone().unwrap();
        let record = Record::of(grant(7, Some(REGION)), &asked, &app, None);
        assert_eq!(record.server, asked);
        let written = record.write().replace("http://127.0.0.1:9", REGION);
        assert_eq!(Record::read(&written, &app).unwrap().server, asked);
    }
}
