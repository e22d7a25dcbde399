//! What the service says it will do, before it does it, and what is risky about it. No secret is part of it.

mod warnings;

use std::{io::Write as _, net::SocketAddr, path::PathBuf, time::Duration};

use service::{
    access::{INSTALL_PATH, Opener},
    config::{MappingText, Settings},
    http::AdminAccess,
    subscriptions::TOPICS,
};

use self::warnings::{Warning, warnings};
use super::log::LogStyle;
use crate::{lang::Lang, terminal};

/// The facts of one start.
#[derive(Debug)]
pub(super) struct Statement {
    shops: String,
    portal: String,
    opener: Opener,
    per_second: f64,
    burst: f64,
    timeout: Duration,
    database: PathBuf,
    settle: Duration,
    address: SocketAddr,
    metrics: Metrics,
    api: Option<Api>,
    public_url: Option<String>,
    mapping: Option<Mapped>,
    warnings: Vec<Warning>,
    lang: Lang,
}

#[derive(Debug, Clone, Copy)]
enum Metrics {
    Token,
    Loopback,
    Off,
}

/// The shop's Admin API.
#[derive(Debug)]
struct Api {
    version: String,
    every: Option<Duration>,
}

/// A mapping of the shop's own.
#[derive(Debug)]
struct Mapped {
    path: String,
    fields: usize,
    stages: Option<usize>,
}

impl Statement {
    /// Takes the facts from the settings, from the address that was bound, and from where the mapping was read.
    pub(super) fn of(
        settings: &Settings,
        mapping: Option<&MappingText>,
        address: SocketAddr,
        lang: Lang,
    ) -> Self {
        let shops: Vec<&str> = settings.shops.keys().map(|it| it.as_str()).collect();
        Self {
            shops: shops.join(", "),
            portal: settings.portal.host().to_owned(),
            opener: settings.portal.credential.opener(),
            per_second: settings.portal.per_second,
            burst: settings.portal.burst,
            timeout: settings.portal.timeout,
            database: settings.database.clone(),
            settle: settings.rules.settle,
            address,
            metrics: match settings.admin {
                AdminAccess::Token(_) => Metrics::Token,
                AdminAccess::LoopbackOnly => Metrics::Loopback,
                AdminAccess::Off => Metrics::Off,
            },
            api: settings.shopify.as_ref().map(|it| Api {
                version: it.endpoint.version().to_owned(),
                every: settings.reconcile_every,
            }),
            public_url: settings
                .public_url
                .as_ref()
                .map(|it| it.as_str().to_owned()),
            mapping: mapping.map(|it| Mapped {
                path: it.path().to_owned(),
                fields: settings.mapping.field_makers().count(),
                stages: settings.mapping.stage_rules(),
            }),
            warnings: warnings(settings, address, lang),
            lang,
        }
    }

    /// Tells people, or the log.
    pub(super) fn print(&self, style: LogStyle) {
        match style {
            LogStyle::Human => {
                // A closed stderr is no reason to fail.
                let _ = write!(std::io::stderr(), "{}", self.text());
            }
            LogStyle::Json => self.log(),
        }
    }

    fn log(&self) {
        tracing::info!(
            shop = self.shops,
            portal = self.portal,
            database = %self.database.display(),
            listen = %self.address,
            settle.ms = millis(self.settle),
            timeout.ms = millis(self.timeout),
            api.version = self.api.as_ref().map(|it| it.version.as_str()),
            reconcile.secs = self.api.as_ref().and_then(|it| it.every).map(|it| it.as_secs()),
            public.url = self.public_url,
            mapping.file = self.mapping.as_ref().map(|it| it.path.as_str()),
            "onedeal keeps one deal per order"
        );
        for Warning { word, says, remedy } in &self.warnings {
            tracing::warn!(risk = word, remedy, "{says}; {remedy}");
        }
    }

    fn text(&self) -> String {
        let lang = self.lang;
        let title = lang.say(
            "keeps one Bitrix24 deal per Shopify order",
            "ведёт одну сделку Битрикс24 на каждый заказ Shopify",
        );
        let facts = terminal::facts(&[
            (lang.say("shop", "магазин"), self.shops.clone()),
            (lang.say("portal", "портал"), self.portal_says()),
            (lang.say("access", "доступ"), self.access_says()),
            (
                lang.say("ledger", "журнал"),
                self.database.display().to_string(),
            ),
            (
                lang.say("webhooks", "вебхуки"),
                format!("POST http://{}/webhooks/shopify", self.address),
            ),
            (lang.say("public", "снаружи"), self.public_says()),
            ("Admin API", self.api_says()),
            (lang.say("mapping", "правила"), self.mapping_says()),
            (lang.say("dashboard", "панель"), self.dashboard_says()),
            (lang.say("metrics", "метрики"), self.metrics_says()),
            (lang.say("doubt", "сомнение"), self.doubt_says()),
            (
                lang.say("stop", "остановка"),
                lang.say("Ctrl+C or SIGTERM", "Ctrl+C или SIGTERM")
                    .to_owned(),
            ),
        ]);
        let risks: String = self
            .warnings
            .iter()
            .map(|it| self.warning_says(it))
            .collect();
        format!(
            "onedeal {} {title}\n{facts}{risks}",
            env!("CARGO_PKG_VERSION")
        )
    }

    fn portal_says(&self) -> String {
        let Self {
            portal,
            per_second,
            burst,
            ..
        } = self;
        let timeout = seconds(self.timeout);
        match self.lang {
            Lang::En => format!(
                "{portal} (at most {per_second} requests/s, burst {burst}; an answer is awaited {timeout} s)"
            ),
            Lang::Ru => format!(
                "{portal} (не больше {per_second} запр./с, запас {burst}; ответа ждём {timeout} с)"
            ),
        }
    }

    /// What opens the portal.
    fn access_says(&self) -> String {
        let lang = self.lang;
        match self.opener {
            Opener::Webhook => lang
                .say("by an inbound webhook", "по входящему вебхуку")
                .to_owned(),
            Opener::App => {
                let says = lang.say(
                    "by a local application, installed at POST",
                    "через локальное приложение, установка: POST",
                );
                format!("{says} http://{}{INSTALL_PATH}", self.address)
            }
        }
    }

    fn public_says(&self) -> String {
        let topics = TOPICS.len();
        match (&self.public_url, &self.api, self.lang) {
            (None, _, lang) => lang
                .say(
                    "the address is not known here; subscriptions are made by hand (`onedeal check` says how)",
                    "адрес не задан; подписки создаются вручную (как, скажет `onedeal check`)",
                )
                .to_owned(),
            (Some(url), Some(_), Lang::En) => {
                format!("{url}; the {topics} webhook subscriptions there are made and repaired")
            }
            (Some(url), Some(_), Lang::Ru) => {
                format!("{url}; {topics} подписок на этот адрес создаются и чинятся")
            }
            (Some(url), None, Lang::En) => {
                format!("{url}; subscriptions are made by hand (`onedeal check` says how)")
            }
            (Some(url), None, Lang::Ru) => {
                format!("{url}; подписки создаются вручную (как, скажет `onedeal check`)")
            }
        }
    }

    fn api_says(&self) -> String {
        let Some(Api { version, every }) = &self.api else {
            return self
                .lang
                .say(
                    "none: only webhooks tell of orders",
                    "нет: о заказах говорят только вебхуки",
                )
                .to_owned();
        };
        match (every.map(|it| it.as_secs()), self.lang) {
            (Some(every), Lang::En) => {
                format!(
                    "{version}; the reconciler reads what webhooks did not bring, every {every} s"
                )
            }
            (Some(every), Lang::Ru) => {
                format!("{version}; сверка читает то, чего не принесли вебхуки, каждые {every} с")
            }
            (None, Lang::En) => {
                format!("{version}; the reconciler is off, only single orders are asked for")
            }
            (None, Lang::Ru) => {
                format!("{version}; сверка выключена, спрашиваются только отдельные заказы")
            }
        }
    }

    fn mapping_says(&self) -> String {
        let lang = self.lang;
        let Some(Mapped {
            path,
            fields,
            stages,
        }) = &self.mapping
        else {
            return lang.say("the defaults", "по умолчанию").to_owned();
        };
        match (stages, lang) {
            (None, Lang::En) => format!("{path}: fields {fields}, stages by the default rules"),
            (None, Lang::Ru) => format!("{path}: полей {fields}, стадии по умолчанию"),
            (Some(stages), Lang::En) => format!("{path}: fields {fields}, stage rules {stages}"),
            (Some(stages), Lang::Ru) => format!("{path}: полей {fields}, правил стадий {stages}"),
        }
    }

    fn dashboard_says(&self) -> String {
        let (lang, address) = (self.lang, self.address);
        let opened = match self.metrics {
            Metrics::Token => lang.say("with the admin token", "по токену"),
            Metrics::Loopback => lang.say("from this machine only", "только с этой машины"),
            Metrics::Off => {
                return lang
                    .say(
                        "off (set ONEDEAL_ADMIN_TOKEN)",
                        "выключена (задайте ONEDEAL_ADMIN_TOKEN)",
                    )
                    .to_owned();
            }
        };
        match &self.public_url {
            Some(url) => format!("{url}/, {opened}"),
            None => format!("http://{address}/, {opened}"),
        }
    }

    fn metrics_says(&self) -> String {
        let lang = self.lang;
        match self.metrics {
            Metrics::Token => lang.say(
                "GET /metrics, with the admin token",
                "GET /metrics, по токену",
            ),
            Metrics::Loopback => lang.say(
                "GET /metrics, from this machine only",
                "GET /metrics, только с этой машины",
            ),
            Metrics::Off => lang.say(
                "off (set ONEDEAL_ADMIN_TOKEN)",
                "выключены (задайте ONEDEAL_ADMIN_TOKEN)",
            ),
        }
        .to_owned()
    }

    fn doubt_says(&self) -> String {
        let settle = seconds(self.settle);
        match self.lang {
            Lang::En => format!("a create without an answer is settled after {settle} s"),
            Lang::Ru => format!("создание без ответа считается решённым через {settle} с"),
        }
    }

    fn warning_says(&self, warning: &Warning) -> String {
        let word = self.lang.say("warning", "внимание");
        let text = terminal::prose(&format!("{word}: {}", warning.says));
        let remedy = terminal::prose(&format!("→ {}", warning.remedy));
        format!("{text}\n{remedy}\n")
    }
}

fn millis(of: Duration) -> u64 {
    u64::try_from(of.as_millis()).unwrap_or(u64::MAX)
}

fn seconds(of: Duration) -> f64 {
    of.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn statement(changes: &[(&str, &str)], lang: Lang) -> String {
        let base = [
            (
                "ONEDEAL_BITRIX24_WEBHOOK_URL",
                "https://acme.bitrix24.com/rest/1/s3cr3t/",
            ),
            ("ONEDEAL_SHOP", "acme.myshopify.com"),
            ("ONEDEAL_SHOPIFY_SECRET", "hush-hush"),
        ];
        let variables: BTreeMap<String, String> = base
            .iter()
            .chain(changes)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let settings = Settings::read(None, &variables).expect("settings");
        let mut statement = Statement::of(&settings, None, settings.listen, lang);
        // It differs from machine to machine.
        statement.warnings.retain(|it| it.word != "disk");
        let text = statement.text();
        assert!(!text.contains("s3cr3t") && !text.contains("hush"), "{text}");
        text.replace(env!("CARGO_PKG_VERSION"), "VERSION")
    }

    /// All that is recommended.
    const WELL: [(&str, &str); 4] = [
        ("ONEDEAL_SHOPIFY_CLIENT_ID", "an-id"),
        ("ONEDEAL_SHOPIFY_CLIENT_SECRET", "hush-hush"),
        ("ONEDEAL_PUBLIC_URL", "https://sync.example.com"),
        ("ONEDEAL_ADMIN_TOKEN", "a-token-that-nobody-guesses"),
    ];

    #[test]
    fn a_start_as_it_is_recommended_has_no_warning() {
        insta::assert_snapshot!(statement(&WELL, Lang::En));
    }

    #[test]
    fn the_least_that_has_to_be_set_says_what_is_missing() {
        insta::assert_snapshot!(statement(&[], Lang::En));
        insta::assert_snapshot!(statement(&[], Lang::Ru));
    }

    #[test]
    fn each_risky_combination_is_named_with_its_remedy() {
        let risky = [
            ("ONEDEAL_BITRIX24_TIMEOUT_MS", "5000"),
            ("ONEDEAL_SETTLE_MS", "30000"),
            ("ONEDEAL_BITRIX24_RATE", "9,300"),
            ("ONEDEAL_LISTEN", "0.0.0.0:80"),
            ("ONEDEAL_RECONCILE_SECS", "0"),
            ("ONEDEAL_SHOPIFY_CLIENT_ID", "an-id"),
            ("ONEDEAL_SHOPIFY_CLIENT_SECRET", "another-one"),
            ("ONEDEAL_ADMIN_TOKEN", "short"),
        ];
        insta::assert_snapshot!(statement(&risky, Lang::En));
        insta::assert_snapshot!(statement(&risky, Lang::Ru));
    }

    #[test]
    fn a_public_address_without_a_token_hides_metrics_and_says_so() {
        let changes = [WELL[0], WELL[1], WELL[2]];
        let text = statement(&changes, Lang::En);
        assert!(text.contains("off (set ONEDEAL_ADMIN_TOKEN)"), "{text}");
        assert!(!text.contains("warning"), "{text}");
    }
}
