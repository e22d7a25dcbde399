//! The portal's settings: what opens it, and its limits.

use ::bitrix24::{
    WebhookUrl,
    oauth::{Client, Endpoint, Server},
};

use super::{ConfigError, TIMEOUT_DEFAULT_MS, sources::Sources};
use crate::{
    access::{AppSettings, Credential},
    portal::PortalSettings,
};

const WEBHOOK_URL: &str = "ONEDEAL_BITRIX24_WEBHOOK_URL";
const CLIENT_ID: &str = "ONEDEAL_BITRIX24_CLIENT_ID";
const CLIENT_SECRET: &str = "ONEDEAL_BITRIX24_CLIENT_SECRET";
const PORTAL: &str = "ONEDEAL_BITRIX24_PORTAL";
const OAUTH_URL: &str = "ONEDEAL_BITRIX24_OAUTH_URL";

/// What is said of a local application, where one of its settings stands beside a webhook's URL or is missing.
const APP_REMEDY: &str = "it stands in the local application's card in Bitrix24 (Developer resources, Integrations); a local application needs ONEDEAL_BITRIX24_CLIENT_ID, ONEDEAL_BITRIX24_CLIENT_SECRET and ONEDEAL_BITRIX24_PORTAL";

const PORTAL_REMEDY: &str = "set it to the portal's address, like acme.bitrix24.com";

impl Sources<'_> {
    pub(super) fn portal(&self) -> Result<PortalSettings, ConfigError> {
        let (per_second, burst) = self.rate()?;
        let timeout = self.millis(
            "ONEDEAL_BITRIX24_TIMEOUT_MS",
            self.file.bitrix24_timeout_ms,
            TIMEOUT_DEFAULT_MS,
            1,
        )?;
        Ok(PortalSettings {
            credential: self.credential()?,
            per_second,
            burst,
            timeout,
        })
    }

    /// A webhook, or a local application: exactly one of the two.
    fn credential(&self) -> Result<Credential, ConfigError> {
        const REMEDY: &str = "in Bitrix24, open Developer resources, make an inbound webhook with the right `crm`, \
                              and copy its URL (https://NAME.bitrix24.com/rest/USER/CODE/); or use a local application \
                              (ONEDEAL_BITRIX24_CLIENT_ID)";
        let file = (
            &self.file.bitrix24_webhook_url,
            &self.file.bitrix24_webhook_url_file,
        );
        let url = self.secret(WEBHOOK_URL, file)?;
        let id = self.text(CLIENT_ID, self.file.bitrix24_client_id.as_ref());
        let file = (
            &self.file.bitrix24_client_secret,
            &self.file.bitrix24_client_secret_file,
        );
        let secret = self.secret(CLIENT_SECRET, file)?;
        match (url, id, secret) {
            (Some(url), None, None) => {
                let url = WebhookUrl::parse(&url).map_err(|it| ConfigError::Wrong {
                    name: WEBHOOK_URL,
                    problem: it.to_string(),
                    remedy: REMEDY,
                })?;
                Ok(Credential::Webhook(url))
            }
            (None, Some(id), Some(secret)) => {
                let secret = secret.into();
                Ok(Credential::App(self.app(Client { id, secret })?))
            }
            (None, None, None) => Err(ConfigError::Missing {
                name: WEBHOOK_URL,
                remedy: REMEDY,
            }),
            (Some(_), _, _) => Err(ConfigError::Wrong {
                name: WEBHOOK_URL,
                problem: "there are ONEDEAL_BITRIX24_CLIENT_ID or ONEDEAL_BITRIX24_CLIENT_SECRET beside it"
                    .to_owned(),
                remedy: "keep one of the two: the URL of an inbound webhook, or id and secret of a local application",
            }),
            (None, Some(_), None) => Err(ConfigError::Missing {
                name: CLIENT_SECRET,
                remedy: APP_REMEDY,
            }),
            (None, None, Some(_)) => Err(ConfigError::Missing {
                name: CLIENT_ID,
                remedy: APP_REMEDY,
            }),
        }
    }

    fn app(&self, client: Client) -> Result<AppSettings, ConfigError> {
        let portal = self.text(PORTAL, self.file.bitrix24_portal.as_ref());
        let portal = portal.ok_or(ConfigError::Missing {
            name: PORTAL,
            remedy: PORTAL_REMEDY,
        })?;
        let portal = endpoint(&portal)?;
        let server = self.text(OAUTH_URL, self.file.bitrix24_oauth_url.as_ref());
        let server = server.map(|it| Server::loopback(&it)).transpose();
        let server = server.map_err(|it| ConfigError::Wrong {
            name: OAUTH_URL,
            problem: it.to_string(),
            remedy: "leave it out to ask Bitrix24's own authorization server; it is meant for tests",
        })?;
        let public = self.public_url()?;
        Ok(AppSettings {
            client,
            portal,
            server,
            install_url: public.map(|it| it.installations()),
            ledger: self.database()?,
        })
    }
}

/// A portal by its address: a host, or the origin that people see in the browser.
fn endpoint(portal: &str) -> Result<Endpoint, ConfigError> {
    let origin = portal.trim_end_matches('/');
    let url = if origin.contains("://") {
        format!("{origin}/rest/")
    } else {
        format!("https://{origin}/rest/")
    };
    Endpoint::parse(&url).map_err(|it| ConfigError::Wrong {
        name: PORTAL,
        problem: it.to_string(),
        remedy: PORTAL_REMEDY,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Settings, tests::variables};
    use super::*;

    const APP: [(&str, &str); 4] = [
        (WEBHOOK_URL, ""),
        (CLIENT_ID, "local.1"),
        (CLIENT_SECRET, "s3cr3t"),
        (PORTAL, "Acme.bitrix24.com"),
    ];

    fn read(changes: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        Settings::read(None, &variables(changes))
    }

    fn app(changes: &[(&'static str, &'static str)]) -> Result<AppSettings, ConfigError> {
        let changes = [&APP, changes].concat();
        match read(&changes)?.portal.credential {
            Credential::App(app) => Ok(app),
            Credential::Webhook(url) => panic!("{url}"),
        }
    }

    #[track_caller]
    fn complaint(changes: &[(&'static str, &'static str)]) -> String {
        let changes = [&APP, changes].concat();
        let text = read(&changes).unwrap_err().to_string();
        assert!(!text.contains("s3cr3t"), "{text}");
        text
    }

    #[test]
    fn id_secret_and_portal_make_a_local_application() {
        let app = app(&[]).unwrap();
        assert_eq!(app.portal.as_str(), "https://acme.bitrix24.com/rest/");
        assert_eq!(app.client.id, "local.1");
        assert!(app.server.is_none() && app.install_url.is_none());
        assert_eq!(app.ledger.to_str(), Some("onedeal.db"));
        assert!(!format!("{app:?}").contains("s3cr3t"));
    }

    #[test]
    fn the_address_to_install_at_follows_from_our_own() {
        let app = app(&[("ONEDEAL_PUBLIC_URL", "https://sync.example.com/")]).unwrap();
        let url = "https://sync.example.com/bitrix24/install";
        assert_eq!(app.install_url.as_deref(), Some(url));
    }

    #[test]
    fn a_portal_may_be_named_by_its_origin_and_a_test_by_this_machine() {
        let changes = [
            (PORTAL, "http://127.0.0.1:8090"),
            (OAUTH_URL, "http://127.0.0.1:8091"),
        ];
        let app = app(&changes).unwrap();
        assert_eq!(app.portal.host(), "127.0.0.1:8090");
        let server = app.server.map(|it| it.origin().to_owned());
        assert_eq!(server.as_deref(), Some("http://127.0.0.1:8091"));
    }

    #[test]
    fn a_webhook_and_an_application_at_once_are_refused() {
        insta::assert_snapshot!(complaint(&[(WEBHOOK_URL, "https://acme.bitrix24.com/rest/1/s3cr3t/")]), @"the setting ONEDEAL_BITRIX24_WEBHOOK_URL cannot be used: there are ONEDEAL_BITRIX24_CLIENT_ID or ONEDEAL_BITRIX24_CLIENT_SECRET beside it; keep one of the two: the URL of an inbound webhook, or id and secret of a local application");
    }

    #[test]
    fn half_of_an_application_is_named_with_its_remedy() {
        insta::assert_snapshot!(complaint(&[(CLIENT_ID, "")]), @"the setting ONEDEAL_BITRIX24_CLIENT_ID is missing: it stands in the local application's card in Bitrix24 (Developer resources, Integrations); a local application needs ONEDEAL_BITRIX24_CLIENT_ID, ONEDEAL_BITRIX24_CLIENT_SECRET and ONEDEAL_BITRIX24_PORTAL");
        insta::assert_snapshot!(complaint(&[(CLIENT_SECRET, "")]), @"the setting ONEDEAL_BITRIX24_CLIENT_SECRET is missing: it stands in the local application's card in Bitrix24 (Developer resources, Integrations); a local application needs ONEDEAL_BITRIX24_CLIENT_ID, ONEDEAL_BITRIX24_CLIENT_SECRET and ONEDEAL_BITRIX24_PORTAL");
        insta::assert_snapshot!(complaint(&[(PORTAL, "")]), @"the setting ONEDEAL_BITRIX24_PORTAL is missing: set it to the portal's address, like acme.bitrix24.com");
    }

    #[test]
    fn what_cannot_be_used_is_named_with_its_remedy() {
        insta::assert_snapshot!(complaint(&[(PORTAL, "http://acme.bitrix24.com")]), @"the setting ONEDEAL_BITRIX24_PORTAL cannot be used: it is not https; set it to the portal's address, like acme.bitrix24.com");
        insta::assert_snapshot!(complaint(&[(PORTAL, "acme.bitrix24.com/crm")]), @"the setting ONEDEAL_BITRIX24_PORTAL cannot be used: it is more than a host, or another path; set it to the portal's address, like acme.bitrix24.com");
        insta::assert_snapshot!(complaint(&[(OAUTH_URL, "https://oauth.example.com")]), @"the setting ONEDEAL_BITRIX24_OAUTH_URL cannot be used: it is not a loopback address with http://; leave it out to ask Bitrix24's own authorization server; it is meant for tests");
    }

    #[test]
    fn without_any_credential_the_webhook_is_missing() {
        insta::assert_snapshot!(complaint(&[(CLIENT_ID, ""), (CLIENT_SECRET, "")]), @"the setting ONEDEAL_BITRIX24_WEBHOOK_URL is missing: in Bitrix24, open Developer resources, make an inbound webhook with the right `crm`, and copy its URL (https://NAME.bitrix24.com/rest/USER/CODE/); or use a local application (ONEDEAL_BITRIX24_CLIENT_ID)");
    }
}
