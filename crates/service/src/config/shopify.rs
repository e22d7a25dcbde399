//! The shop's settings: what signs its webhooks, what opens its Admin API, where it reaches us.

use std::{collections::BTreeMap, time::Duration};

use kernel::ShopDomain;
use shopify::{
    endpoint::{Endpoint, NotAnEndpoint, VERSION_DEFAULT},
    signature::Secrets,
    token::Credentials,
};

use super::{ConfigError, sources::Sources};
use crate::{admin::AdminSettings, subscriptions::PublicUrl};

/// From one pass of the reconciler to the next, in seconds (design §3.2).
const RECONCILE_DEFAULT_SECS: u64 = 900;

/// Passes that come faster would ask for the same overlap again and again.
const RECONCILE_MIN_SECS: u64 = 60;

const SECRET: &str = "ONEDEAL_SHOPIFY_SECRET";
const CLIENT_ID: &str = "ONEDEAL_SHOPIFY_CLIENT_ID";
const CLIENT_SECRET: &str = "ONEDEAL_SHOPIFY_CLIENT_SECRET";
const ACCESS_TOKEN: &str = "ONEDEAL_SHOPIFY_ACCESS_TOKEN";

impl Sources<'_> {
    pub(super) fn shop(&self) -> Result<ShopDomain, ConfigError> {
        let shop =
            self.text("ONEDEAL_SHOP", self.file.shop.as_ref())
                .ok_or(ConfigError::Missing {
                    name: "ONEDEAL_SHOP",
                    remedy: "set it to the shop's permanent name, like acme.myshopify.com",
                })?;
        let wrong = |problem: String| ConfigError::Wrong {
            name: "ONEDEAL_SHOP",
            problem,
            remedy: "the name stands in the address bar of the shop's admin",
        };
        let shop = ShopDomain::parse(&shop).map_err(|it| wrong(it.to_string()))?;
        if shop.is_canary() {
            return Err(wrong(
                "it is the name of a canary, not of a shop".to_owned(),
            ));
        }
        Ok(shop)
    }

    /// The shop with what signs its webhooks: the app's client secret, which need not be said twice.
    pub(super) fn shops(&self) -> Result<BTreeMap<ShopDomain, Secrets>, ConfigError> {
        const REMEDY: &str = "copy the app's client secret from Shopify's Dev Dashboard (several, comma separated, while it is rotated)";
        let shop = self.shop()?;
        let file = (&self.file.shopify_secret, &self.file.shopify_secret_file);
        let (name, secret) = match self.secret(SECRET, file)? {
            Some(secret) => (SECRET, Some(secret)),
            None => (CLIENT_SECRET, self.client_secret()?),
        };
        let secret = secret.ok_or(ConfigError::Missing {
            name: SECRET,
            remedy: REMEDY,
        })?;
        let secrets = Secrets::parse(&secret).map_err(|it| ConfigError::Wrong {
            name,
            problem: it.to_string(),
            remedy: REMEDY,
        })?;
        Ok(BTreeMap::from([(shop, secrets)]))
    }

    /// The Admin API; `None` where nothing opens it.
    pub(super) fn shopify(&self) -> Result<Option<AdminSettings>, ConfigError> {
        let Some(credentials) = self.credentials()? else {
            return Ok(None);
        };
        let shop = self.shop()?;
        Ok(Some(AdminSettings {
            endpoint: self.endpoint(&shop)?,
            shop,
            credentials,
        }))
    }

    fn credentials(&self) -> Result<Option<Credentials>, ConfigError> {
        let id = self.text(CLIENT_ID, self.file.shopify_client_id.as_ref());
        let secret = self.client_secret()?;
        let file = (
            &self.file.shopify_access_token,
            &self.file.shopify_access_token_file,
        );
        let token = self.secret(ACCESS_TOKEN, file)?;
        match (id, secret, token) {
            (None, None, None) => Ok(None),
            (None, None, Some(token)) => Ok(Some(Credentials::Static(token.into()))),
            (Some(id), Some(secret), None) => Ok(Some(Credentials::Client {
                id,
                secret: secret.into(),
            })),
            (Some(_), None, None) => Err(ConfigError::Missing {
                name: CLIENT_SECRET,
                remedy: "it stands beside the client id in the app's settings in Shopify's Dev Dashboard",
            }),
            (None, Some(_), None) => Err(ConfigError::Missing {
                name: CLIENT_ID,
                remedy: "it stands beside the client secret in the app's settings in Shopify's Dev Dashboard; if the secret only signs webhooks, set it as ONEDEAL_SHOPIFY_SECRET",
            }),
            (_, _, Some(_)) => Err(ConfigError::Wrong {
                name: ACCESS_TOKEN,
                problem: "there are client id or client secret beside it".to_owned(),
                remedy: "keep one of the two: the token of an app made in the shop's admin, or id and secret of an app of the Dev Dashboard (what signs webhooks is ONEDEAL_SHOPIFY_SECRET)",
            }),
        }
    }

    fn client_secret(&self) -> Result<Option<String>, ConfigError> {
        let file = (
            &self.file.shopify_client_secret,
            &self.file.shopify_client_secret_file,
        );
        self.secret(CLIENT_SECRET, file)
    }

    fn endpoint(&self, shop: &ShopDomain) -> Result<Endpoint, ConfigError> {
        const URL: &str = "ONEDEAL_SHOPIFY_API_URL";
        const VERSION: &str = "ONEDEAL_SHOPIFY_API_VERSION";
        let version = self.text(VERSION, self.file.shopify_api_version.as_ref());
        let version = version.unwrap_or_else(|| VERSION_DEFAULT.to_owned());
        let origin = self.text(URL, self.file.shopify_api_url.as_ref());
        let made = match &origin {
            Some(origin) => Endpoint::parse(origin, &version),
            None => Endpoint::of_shop(shop.as_str(), &version),
        };
        made.map_err(|problem| match problem {
            NotAnEndpoint::Version => ConfigError::Wrong {
                name: VERSION,
                problem: problem.to_string(),
                remedy: "write a year and a month, like 2026-10, or leave the setting out",
            },
            NotAnEndpoint::NotAUrl | NotAnEndpoint::NotHttps | NotAnEndpoint::Extra => {
                ConfigError::Wrong {
                    name: URL,
                    problem: problem.to_string(),
                    remedy: "leave it out to ask the shop itself; it is meant for tests",
                }
            }
        })
    }

    pub(super) fn public_url(&self) -> Result<Option<PublicUrl>, ConfigError> {
        const NAME: &str = "ONEDEAL_PUBLIC_URL";
        let url = self.text(NAME, self.file.public_url.as_ref());
        let parsed = url.map(|it| PublicUrl::parse(&it)).transpose();
        parsed.map_err(|problem| ConfigError::Wrong {
            name: NAME,
            problem: problem.to_string(),
            remedy: "write the address under which Shopify reaches this service, like https://sync.example.com",
        })
    }

    /// From one pass of the reconciler to the next; `None` = off.
    pub(super) fn reconcile_every(&self) -> Result<Option<Duration>, ConfigError> {
        const NAME: &str = "ONEDEAL_RECONCILE_SECS";
        let wrong = |problem: String| ConfigError::Wrong {
            name: NAME,
            problem,
            remedy: "write a number of seconds, like 900, or 0 to switch the reconciler off",
        };
        let seconds = match self.text(NAME, None) {
            Some(text) => text
                .parse()
                .map_err(|_| wrong("it is not a whole number".to_owned()))?,
            None => self.file.reconcile_secs.unwrap_or(RECONCILE_DEFAULT_SECS),
        };
        match seconds {
            0 => Ok(None),
            1..RECONCILE_MIN_SECS => Err(wrong(format!("it is less than {RECONCILE_MIN_SECS}"))),
            seconds => Ok(Some(Duration::from_secs(seconds))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Settings, tests::variables};
    use super::*;

    const CLIENT: [(&str, &str); 2] = [(CLIENT_ID, "an-id"), (CLIENT_SECRET, "hush")];

    fn read(changes: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        Settings::read(None, &variables(changes))
    }

    #[track_caller]
    fn complaint(changes: &[(&str, &str)]) -> String {
        read(changes).unwrap_err().to_string()
    }

    #[test]
    fn without_credentials_there_is_no_admin_api() {
        let settings = read(&[]).unwrap();
        assert!(settings.shopify.is_none() && settings.public_url.is_none());
        assert_eq!(settings.reconcile_every, Some(Duration::from_secs(900)));
    }

    #[test]
    fn id_and_secret_open_the_shops_own_api_and_sign_its_webhooks() {
        let settings = read(&[CLIENT[0], CLIENT[1], (SECRET, "")]).unwrap();
        let shopify = settings.shopify.unwrap();
        assert_eq!(shopify.endpoint.origin(), "https://acme.myshopify.com");
        assert_eq!(shopify.endpoint.version(), "2026-10");
        assert!(matches!(shopify.credentials, Credentials::Client { id, .. } if id == "an-id"));
        let shop = ShopDomain::parse("acme.myshopify.com").unwrap();
        assert!(settings.shops.contains_key(&shop));
    }

    #[test]
    fn a_token_opens_another_origin_in_another_version() {
        let settings = read(&[
            (ACCESS_TOKEN, "shpat_1"),
            ("ONEDEAL_SHOPIFY_API_URL", "http://127.0.0.1:9"),
            ("ONEDEAL_SHOPIFY_API_VERSION", "2027-01"),
            ("ONEDEAL_PUBLIC_URL", "https://sync.example.com"),
            ("ONEDEAL_RECONCILE_SECS", "0"),
        ])
        .unwrap();
        let shopify = settings.shopify.unwrap();
        assert!(matches!(shopify.credentials, Credentials::Static(_)));
        assert_eq!(
            (shopify.endpoint.origin(), shopify.endpoint.version()),
            ("http://127.0.0.1:9", "2027-01")
        );
        assert_eq!(settings.reconcile_every, None);
        assert!(settings.public_url.is_some());
    }

    #[test]
    fn nobody_serves_the_shop_of_a_canary() {
        let text = complaint(&[("ONEDEAL_SHOP", "3f9k2m.canary.invalid")]);
        assert!(text.contains("the name of a canary"), "{text}");
    }

    #[test]
    fn half_of_the_credentials_is_named_with_its_remedy() {
        insta::assert_snapshot!(complaint(&CLIENT[..1]), @"the setting ONEDEAL_SHOPIFY_CLIENT_SECRET is missing: it stands beside the client id in the app's settings in Shopify's Dev Dashboard");
        insta::assert_snapshot!(complaint(&CLIENT[1..]), @"the setting ONEDEAL_SHOPIFY_CLIENT_ID is missing: it stands beside the client secret in the app's settings in Shopify's Dev Dashboard; if the secret only signs webhooks, set it as ONEDEAL_SHOPIFY_SECRET");
        insta::assert_snapshot!(complaint(&[CLIENT[0], CLIENT[1], (ACCESS_TOKEN, "shpat_1")]), @"the setting ONEDEAL_SHOPIFY_ACCESS_TOKEN cannot be used: there are client id or client secret beside it; keep one of the two: the token of an app made in the shop's admin, or id and secret of an app of the Dev Dashboard (what signs webhooks is ONEDEAL_SHOPIFY_SECRET)");
    }

    #[test]
    fn without_any_secret_the_one_that_signs_is_missing() {
        insta::assert_snapshot!(complaint(&[(SECRET, "")]), @"the setting ONEDEAL_SHOPIFY_SECRET is missing: copy the app's client secret from Shopify's Dev Dashboard (several, comma separated, while it is rotated)");
    }

    #[test]
    fn what_cannot_be_used_is_named_without_its_value() {
        insta::assert_snapshot!(complaint(&[(ACCESS_TOKEN, "x"), ("ONEDEAL_SHOPIFY_API_VERSION", "newest")]), @"the setting ONEDEAL_SHOPIFY_API_VERSION cannot be used: it is not a version of the Admin API; write a year and a month, like 2026-10, or leave the setting out");
        insta::assert_snapshot!(complaint(&[(ACCESS_TOKEN, "x"), ("ONEDEAL_SHOPIFY_API_URL", "http://acme.myshopify.com")]), @"the setting ONEDEAL_SHOPIFY_API_URL cannot be used: it is not https; leave it out to ask the shop itself; it is meant for tests");
        insta::assert_snapshot!(complaint(&[("ONEDEAL_PUBLIC_URL", "http://sync.example.com")]), @"the setting ONEDEAL_PUBLIC_URL cannot be used: it does not begin with https://; write the address under which Shopify reaches this service, like https://sync.example.com");
        insta::assert_snapshot!(complaint(&[("ONEDEAL_RECONCILE_SECS", "5")]), @"the setting ONEDEAL_RECONCILE_SECS cannot be used: it is less than 60; write a number of seconds, like 900, or 0 to switch the reconciler off");
        insta::assert_snapshot!(complaint(&[("ONEDEAL_RECONCILE_SECS", "soon")]), @"the setting ONEDEAL_RECONCILE_SECS cannot be used: it is not a whole number; write a number of seconds, like 900, or 0 to switch the reconciler off");
    }
}
