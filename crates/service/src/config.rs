//! Settings: `onedeal.toml`, and the environment, which wins (design §3.2).
//!
//! The file is closed: an unknown key is an error that points at its line. Each secret has a twin that names a file.

mod alerts;
mod bitrix24;
mod mapping;
mod shopify;
mod shown;
mod sources;

pub use self::mapping::MappingText;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use ::shopify::{
    signature::{Secrets, sign},
    token::Credentials,
};
use kernel::{
    ShopDomain,
    mapping::{Mapping, ORDER_FIELD_DEFAULT},
    rules::{Rules, SETTLE_DEFAULT},
};
use secrecy::{ExposeSecret as _, SecretString};

use self::sources::Sources;
use crate::{
    admin::AdminSettings,
    alerts::AlertSettings,
    door::{AdminAccess, Tokens},
    portal::PortalSettings,
    reconcile::AdminParts,
    subscriptions::PublicUrl,
};

/// Where the service listens unless told otherwise.
const LISTEN_DEFAULT: &str = "127.0.0.1:8080";

/// Where the ledger is kept unless told otherwise.
const DATABASE_DEFAULT: &str = "sqlite:onedeal.db";

/// What most plans of Bitrix24 allow (facts/bitrix24.md §5.1).
const RATE_DEFAULT: &str = "2,50";

/// Longer than the 60 s after which the portal cuts a request: a give-up almost never leaves a running one behind.
const TIMEOUT_DEFAULT_MS: u64 = 70_000;

/// The shortest settle time that still lets a probe happen before it ends.
const SETTLE_MIN_MS: u64 = 100;

/// All settings of one process.
#[derive(Debug)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The ledger's file.
    pub database: PathBuf,
    /// The portal, and what opens it.
    pub portal: PortalSettings,
    /// The shops and what signs their deliveries.
    pub shops: BTreeMap<ShopDomain, Secrets>,
    /// The waits.
    pub rules: Rules,
    /// From order to deal.
    pub mapping: Mapping,
    /// Who may see metrics.
    pub admin: AdminAccess,
    /// The shop's Admin API, if anything opens it.
    pub shopify: Option<AdminSettings>,
    /// Where Shopify reaches us, if that is known.
    pub public_url: Option<PublicUrl>,
    /// From one pass of the reconciler to the next; `None` = off.
    pub reconcile_every: Option<Duration>,
    /// Who is told what they should know; `None` = nobody.
    pub alerts: Option<AlertSettings>,
}

/// Settings that cannot be used: which one, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not what it should be.
    #[error("`{path}` cannot be used: {message}")]
    File {
        /// Which file.
        path: String,
        /// What is wrong, and on which line. The line itself is not repeated: it may hold a secret.
        message: String,
    },
    /// A setting is missing.
    #[error("the setting {name} is missing: {remedy}")]
    Missing {
        /// Its variable.
        name: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A setting cannot be understood. Its value is not repeated: it may be a secret.
    #[error("the setting {name} cannot be used: {problem}; {remedy}")]
    Wrong {
        /// Its variable.
        name: &'static str,
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A file that a setting names cannot be read.
    #[error("the setting {name} names the file `{path}`, which cannot be read")]
    SecretFile {
        /// Its variable.
        name: String,
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl Settings {
    /// Reads settings from a file's text, if there is one, and from variables, which win.
    ///
    /// # Errors
    /// A setting is missing or cannot be used.
    pub fn read(
        file: Option<(&str, &str)>,
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, ConfigError> {
        let from = Sources::read(file, variables)?;
        let listen = from.listen()?;
        let shops = from.shops()?;
        let shop = shops.keys().next().map(ToString::to_string);
        Ok(Self {
            listen,
            database: from.database()?,
            portal: from.portal()?,
            shops,
            rules: from.rules()?,
            mapping: from.mapping()?.0,
            admin: from.admin(listen)?,
            shopify: from.shopify()?,
            public_url: from.public_url()?,
            reconcile_every: from.reconcile_every()?,
            alerts: from.alerts(&shop.unwrap_or_default())?,
        })
    }

    /// Whether deliveries that are signed with the app's client secret, as those of the app's own subscriptions are, would
    /// be taken; `None` where there is no such secret.
    pub fn client_secret_is_accepted(&self) -> Option<bool> {
        const TRIAL: &[u8] = b"is this secret among those?";
        match &self.shopify.as_ref()?.credentials {
            Credentials::Client { secret, .. } => {
                let signature = sign(secret.expose_secret(), TRIAL);
                let takes = |it: &Secrets| it.verify(TRIAL, &signature);
                Some(self.shops.values().all(takes))
            }
            Credentials::Static(_) => None,
        }
    }

    /// What the service reads the shop's orders and subscriptions with; `transport` is the way there.
    pub fn admin_parts<T>(&self, transport: T) -> Option<AdminParts<T>> {
        Some(AdminParts {
            settings: self.shopify.clone()?,
            transport,
            public_url: self.public_url.clone(),
            every: self.reconcile_every,
        })
    }
}

/// Where the settings of a database alone are enough: commands that only read the ledger.
///
/// # Errors
/// The file or the setting cannot be used.
pub fn database(
    file: Option<(&str, &str)>,
    variables: &BTreeMap<String, String>,
) -> Result<PathBuf, ConfigError> {
    Sources::read(file, variables)?.database()
}

/// The mapping alone, and the text that it was read from: `None` where the defaults hold.
///
/// # Errors
/// The file or the mapping cannot be used.
pub fn mapping(
    file: Option<(&str, &str)>,
    variables: &BTreeMap<String, String>,
) -> Result<(Mapping, Option<MappingText>), ConfigError> {
    Sources::read(file, variables)?.mapping()
}

impl Sources<'_> {
    fn listen(&self) -> Result<SocketAddr, ConfigError> {
        let text = self.text("ONEDEAL_LISTEN", self.file.listen.as_ref());
        text.as_deref()
            .unwrap_or(LISTEN_DEFAULT)
            .parse()
            .map_err(|_| ConfigError::Wrong {
                name: "ONEDEAL_LISTEN",
                problem: "it is not an address with a port".to_owned(),
                remedy: "write it like 127.0.0.1:8080",
            })
    }

    fn database(&self) -> Result<PathBuf, ConfigError> {
        let text = self.text("ONEDEAL_DATABASE", self.file.database.as_ref());
        let text = text.unwrap_or_else(|| DATABASE_DEFAULT.to_owned());
        match text.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() => Ok(PathBuf::from(path)),
            _ => Err(ConfigError::Wrong {
                name: "ONEDEAL_DATABASE",
                problem: "it does not begin with sqlite:".to_owned(),
                remedy: "write it like sqlite:onedeal.db",
            }),
        }
    }

    fn rate(&self) -> Result<(f64, f64), ConfigError> {
        let text = self.text("ONEDEAL_BITRIX24_RATE", self.file.bitrix24_rate.as_ref());
        let text = text.unwrap_or_else(|| RATE_DEFAULT.to_owned());
        let pair = text.split_once(',').and_then(|(one, other)| {
            let (per_second, burst): (f64, f64) =
                (one.trim().parse().ok()?, other.trim().parse().ok()?);
            let usable =
                per_second.is_finite() && burst.is_finite() && 0.0 < per_second && 1.0 <= burst;
            usable.then_some((per_second, burst))
        });
        pair.ok_or(ConfigError::Wrong {
            name: "ONEDEAL_BITRIX24_RATE",
            problem: "it is not two positive numbers".to_owned(),
            remedy: "write requests per second and burst, like 2,50 (or 5,250 on Enterprise)",
        })
    }

    fn rules(&self) -> Result<Rules, ConfigError> {
        let default = u64::try_from(SETTLE_DEFAULT.as_millis()).unwrap_or(u64::MAX);
        let settle = self.millis(
            "ONEDEAL_SETTLE_MS",
            self.file.settle_ms,
            default,
            SETTLE_MIN_MS,
        )?;
        Ok(Rules { settle })
    }

    fn mapping(&self) -> Result<(Mapping, Option<MappingText>), ConfigError> {
        const ORDER_FIELD: &str = "ONEDEAL_ORDER_FIELD";
        const DUPLICATE_FIELD: &str = "ONEDEAL_DUPLICATE_FIELD";
        let order_field = self.user_field(ORDER_FIELD, self.file.order_field.as_ref())?;
        let order_field = order_field.unwrap_or_else(|| ORDER_FIELD_DEFAULT.to_owned());
        let duplicate_field =
            self.user_field(DUPLICATE_FIELD, self.file.duplicate_field.as_ref())?;
        if duplicate_field.as_ref() == Some(&order_field) {
            return Err(ConfigError::Wrong {
                name: DUPLICATE_FIELD,
                problem: "it is the field that carries the order's number".to_owned(),
                remedy: "name a field of its own, or leave the setting out",
            });
        }
        let base = Mapping::with_order_field(order_field);
        let base = match duplicate_field {
            Some(name) => base.with_duplicate_field(name),
            None => base,
        };
        let own = self.text("ONEDEAL_MAPPING_FILE", self.file.mapping_file.as_ref());
        match (own, &self.file.mapping) {
            (Some(path), None) => mapping::from_file(&path, base),
            (None, Some(tables)) => mapping::inline(tables, self.source, base),
            (None, None) => Ok((base, None)),
            (Some(_), Some(_)) => Err(ConfigError::Wrong {
                name: "ONEDEAL_MAPPING_FILE",
                problem: "there is a [mapping.NAME] beside it".to_owned(),
                remedy: "keep one of the two",
            }),
        }
    }

    /// A setting that names a user field of deals.
    fn user_field(
        &self,
        name: &'static str,
        file: Option<&String>,
    ) -> Result<Option<String>, ConfigError> {
        let field = self.text(name, file);
        match &field {
            Some(field) if !field.starts_with("UF_CRM_") => Err(ConfigError::Wrong {
                name,
                problem: "it does not begin with UF_CRM_".to_owned(),
                remedy: "copy the name of the deal's user field from Bitrix24",
            }),
            Some(_) | None => Ok(field),
        }
    }

    /// Without a token, only a service that nothing but this machine can reach shows dashboard and metrics.
    fn admin(&self, listen: SocketAddr) -> Result<AdminAccess, ConfigError> {
        const VIEWER: &str = "ONEDEAL_VIEWER_TOKEN";
        let wrong = |problem: &str, remedy| ConfigError::Wrong {
            name: VIEWER,
            problem: problem.to_owned(),
            remedy,
        };
        let file = (&self.file.admin_token, &self.file.admin_token_file);
        let operator = self.secret("ONEDEAL_ADMIN_TOKEN", file)?;
        let file = (&self.file.viewer_token, &self.file.viewer_token_file);
        let viewer = self.secret(VIEWER, file)?;
        match (operator, viewer) {
            (None, None) => {}
            (None, Some(_)) => {
                let remedy = "set ONEDEAL_ADMIN_TOKEN too, or leave the setting out";
                return Err(wrong("nobody could act", remedy));
            }
            (Some(operator), viewer) if viewer.as_ref() == Some(&operator) => {
                let remedy = "choose another one, or leave the setting out";
                return Err(wrong("it is the admin token", remedy));
            }
            (Some(operator), viewer) => {
                return Ok(AdminAccess::Token(Tokens {
                    operator: SecretString::from(operator),
                    viewer: viewer.map(SecretString::from),
                }));
            }
        }
        let public = self
            .text("ONEDEAL_PUBLIC_URL", self.file.public_url.as_ref())
            .is_some();
        let alone = listen.ip().is_loopback() && !public;
        Ok(if alone {
            AdminAccess::LoopbackOnly
        } else {
            AdminAccess::Off
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn variables(changes: &[(&str, &str)]) -> BTreeMap<String, String> {
        let mut all = BTreeMap::from(
            [
                (
                    "ONEDEAL_BITRIX24_WEBHOOK_URL",
                    "https://acme.bitrix24.com/rest/1/s3cr3t/",
                ),
                ("ONEDEAL_SHOP", "acme.myshopify.com"),
                ("ONEDEAL_SHOPIFY_SECRET", "one,two"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        all.extend(
            changes
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        all
    }

    #[track_caller]
    fn complaint(file: Option<&str>, changes: &[(&str, &str)]) -> String {
        let file = file.map(|it| ("onedeal.toml", it));
        Settings::read(file, &variables(changes))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_environment_alone_is_enough() {
        let settings = Settings::read(None, &variables(&[])).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.portal.timeout, Duration::from_secs(70));
        assert_eq!(settings.rules.settle, Duration::from_secs(210));
        assert_eq!(settings.mapping.order_field, "UF_CRM_1742556489");
        assert!(matches!(settings.admin, AdminAccess::LoopbackOnly));
    }

    #[test]
    fn the_field_for_the_survivor_of_a_duplicate_set_is_used_where_it_is_named() {
        let named = |changes: &[(&str, &str)]| {
            let settings = Settings::read(None, &variables(changes)).unwrap();
            settings.mapping.duplicate_field
        };
        assert_eq!(named(&[]), None);
        let field = ("ONEDEAL_DUPLICATE_FIELD", "UF_CRM_ONEDEAL_DUP_OF");
        assert_eq!(named(&[field]).as_deref(), Some("UF_CRM_ONEDEAL_DUP_OF"));
        insta::assert_snapshot!(complaint(None, &[("ONEDEAL_DUPLICATE_FIELD", "UF_CRM_1742556489")]), @"the setting ONEDEAL_DUPLICATE_FIELD cannot be used: it is the field that carries the order's number; name a field of its own, or leave the setting out");
        insta::assert_snapshot!(complaint(Some("duplicate_field = \"dupOf\""), &[]), @"the setting ONEDEAL_DUPLICATE_FIELD cannot be used: it does not begin with UF_CRM_; copy the name of the deal's user field from Bitrix24");
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let file = Some(("onedeal.toml", "settle_ms = 1000\nlisten = \"127.0.0.1:1\""));
        let settings = Settings::read(file, &variables(&[("ONEDEAL_SETTLE_MS", "2000")])).unwrap();
        assert_eq!(
            (settings.rules.settle.as_secs(), settings.listen.port()),
            (2, 1)
        );
    }

    #[test]
    fn without_a_token_a_public_service_shows_no_metrics() {
        for changes in [
            ("ONEDEAL_LISTEN", "0.0.0.0:80"),
            ("ONEDEAL_PUBLIC_URL", "https://sync.example.com"),
        ] {
            let settings = Settings::read(None, &variables(&[changes])).unwrap();
            assert!(matches!(settings.admin, AdminAccess::Off));
        }
    }

    #[test]
    fn a_token_for_looking_needs_one_for_acting_and_is_another_one() {
        insta::assert_snapshot!(complaint(None, &[("ONEDEAL_VIEWER_TOKEN", "v")]), @"the setting ONEDEAL_VIEWER_TOKEN cannot be used: nobody could act; set ONEDEAL_ADMIN_TOKEN too, or leave the setting out");
        let same = [("ONEDEAL_ADMIN_TOKEN", "v"), ("ONEDEAL_VIEWER_TOKEN", "v")];
        insta::assert_snapshot!(complaint(None, &same), @"the setting ONEDEAL_VIEWER_TOKEN cannot be used: it is the admin token; choose another one, or leave the setting out");
        let both = [("ONEDEAL_ADMIN_TOKEN", "a"), ("ONEDEAL_VIEWER_TOKEN", "v")];
        let settings = Settings::read(None, &variables(&both)).unwrap();
        let AdminAccess::Token(tokens) = settings.admin else {
            panic!("tokens were set");
        };
        assert_eq!(tokens.viewer.unwrap().expose_secret(), "v");
    }

    #[test]
    fn a_missing_setting_is_named_with_its_remedy() {
        insta::assert_snapshot!(complaint(None, &[("ONEDEAL_SHOP", "")]), @"the setting ONEDEAL_SHOP is missing: set it to the shop's permanent name, like acme.myshopify.com");
    }

    #[test]
    fn a_wrong_setting_is_named_without_its_value() {
        let text = complaint(
            None,
            &[(
                "ONEDEAL_BITRIX24_WEBHOOK_URL",
                "https://acme.bitrix24.com/s3cr3t",
            )],
        );
        assert!(
            text.starts_with("the setting ONEDEAL_BITRIX24_WEBHOOK_URL cannot be used"),
            "{text}"
        );
        assert!(!text.contains("s3cr3t"), "{text}");
    }

    #[test]
    fn an_unknown_key_points_at_its_line() {
        let text = complaint(Some("listen = \"127.0.0.1:1\"\nsettle = 5\n"), &[]);
        let begin = "`onedeal.toml` cannot be used: line 2, column 1: unknown field `settle`, expected one of `listen`";
        assert!(text.starts_with(begin), "{text}");
    }

    #[test]
    fn a_broken_file_is_named_by_its_line_without_its_secrets() {
        let files = [
            (
                "bitrix24_webhook_url = https://acme.bitrix24.com/rest/1/s3cr3t/",
                "line 1, column",
            ),
            (
                "shopify_secret = [\"s3cr3t\"]",
                "line 1, column 18: expected a string",
            ),
            (
                "\nsettle_ms = \"s3cr3t\"",
                "line 2, column 13: expected u64",
            ),
        ];
        for (file, place) in files {
            let text = complaint(Some(file), &[]);
            assert!(text.contains(place) && !text.contains("s3cr3t"), "{text}");
        }
    }
}
