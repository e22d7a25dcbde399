//! What the service says it will do, before it does it. No secret is part of it.

use std::{io::Write as _, net::SocketAddr, path::PathBuf, time::Duration};

use service::{
    access::{INSTALL_PATH, Opener},
    config::Settings,
    http::AdminAccess,
};

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
}

#[derive(Debug, Clone, Copy)]
enum Metrics {
    Token,
    Loopback,
    Off,
}

impl Statement {
    /// Takes the facts from the settings and from the address that was bound.
    pub(super) fn of(settings: &Settings, address: SocketAddr) -> Self {
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
        }
    }

    /// Tells people, or the log.
    pub(super) fn print(&self, style: LogStyle, lang: Lang) {
        match style {
            LogStyle::Human => {
                // A closed stderr is no reason to fail.
                let _ = write!(std::io::stderr(), "{}", self.text(lang));
            }
            LogStyle::Json => tracing::info!(
                shop = self.shops,
                portal = self.portal,
                database = %self.database.display(),
                listen = %self.address,
                settle.ms = millis(self.settle),
                timeout.ms = millis(self.timeout),
                "onedeal keeps one deal per order"
            ),
        }
    }

    fn text(&self, lang: Lang) -> String {
        let title = lang.say(
            "keeps one Bitrix24 deal per Shopify order",
            "ведёт одну сделку Битрикс24 на каждый заказ Shopify",
        );
        let (timeout, settle) = (seconds(self.timeout), seconds(self.settle));
        let (per_second, burst) = (self.per_second, self.burst);
        let portal = match lang {
            Lang::En => format!(
                "{} (at most {per_second} requests/s, burst {burst}; an answer is awaited {timeout} s)",
                self.portal
            ),
            Lang::Ru => format!(
                "{} (не больше {per_second} запр./с, запас {burst}; ответа ждём {timeout} с)",
                self.portal
            ),
        };
        let doubt = match lang {
            Lang::En => format!("a create without an answer is settled after {settle} s"),
            Lang::Ru => format!("создание без ответа считается решённым через {settle} с"),
        };
        let metrics = match self.metrics {
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
        };
        let facts = terminal::facts(&[
            (lang.say("shop", "магазин"), self.shops.clone()),
            (lang.say("portal", "портал"), portal),
            (lang.say("access", "доступ"), self.access(lang)),
            (
                lang.say("ledger", "журнал"),
                self.database.display().to_string(),
            ),
            (
                lang.say("webhooks", "вебхуки"),
                format!("POST http://{}/webhooks/shopify", self.address),
            ),
            (lang.say("metrics", "метрики"), metrics.to_owned()),
            (lang.say("doubt", "сомнение"), doubt),
            (
                lang.say("stop", "остановка"),
                lang.say("Ctrl+C or SIGTERM", "Ctrl+C или SIGTERM")
                    .to_owned(),
            ),
        ]);
        format!("onedeal {} {title}\n{facts}", env!("CARGO_PKG_VERSION"))
    }
}

impl Statement {
    /// What opens the portal.
    fn access(&self, lang: Lang) -> String {
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
}

fn millis(of: Duration) -> u64 {
    u64::try_from(of.as_millis()).unwrap_or(u64::MAX)
}

fn seconds(of: Duration) -> f64 {
    of.as_secs_f64()
}
