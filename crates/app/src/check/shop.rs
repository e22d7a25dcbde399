//! The shop's Admin API: does it answer, with which scopes and version, and what its absence costs.

use std::sync::Arc;

use service::{
    admin::{Admin, SCOPE_ALL_ORDERS, SCOPES_NEEDED},
    clock::SystemClock,
    config::Settings,
    counters::Counters,
    transport::HttpTransport,
};
use shopify::probe::Probe;

use super::{
    Subject,
    report::{Line, Report},
    shop_words,
};
use crate::{exit::Exit, lang::Lang};

/// The lines that need an answer of the Admin API.
pub(super) const NEED_SHOP: [&str; 4] =
    ["shop_scopes", "shop_version", "subscriptions", "shop_clock"];

/// An Admin API that answers.
pub(super) struct Answering {
    pub(super) admin: Admin<HttpTransport>,
    pub(super) probe: Probe,
}

/// Asks the shop; `None` if there is no Admin API, or it does not answer as it should.
pub(super) async fn ask(subject: &Subject, report: &mut Report) -> Option<Answering> {
    let lang = subject.lang;
    let Some(settings) = subject.settings.shopify.clone() else {
        report.add(without(&subject.settings, lang));
        return None;
    };
    let clock = Arc::new(SystemClock::new());
    let admin = Admin::new(
        settings,
        subject.transport.clone(),
        clock,
        Arc::new(Counters::default()),
    );
    match admin.probe().await {
        Ok(probe) => {
            report.add(answers(&probe, &subject.settings, lang));
            report.add(scopes(&probe, lang));
            report.add(version(&admin, &probe, lang));
            Some(Answering { admin, probe })
        }
        Err(error) => {
            let (problem, remedy) = shop_words::of(&error, admin.shop().as_str(), lang);
            report.add(Line::problem("shop", problem, Some(remedy)).ending(Exit::Refused));
            let because = lang.say(
                "not checked: it needs an answer of the shop's Admin API",
                "не проверено: нужен ответ Admin API магазина",
            );
            report.skip(&NEED_SHOP, because);
            None
        }
    }
}

/// What runs without an Admin API, and what that costs.
fn without(settings: &Settings, lang: Lang) -> Line {
    let shops: Vec<&str> = settings.shops.keys().map(|it| it.as_str()).collect();
    let shop = shops.join(", ");
    let says = match lang {
        Lang::En => format!(
            "{shop}: no Admin API is set. Webhooks are taken and deals kept all the same; but a webhook that Shopify \
             loses, or does not bring within its 4 hours, stays lost until the order changes again, subscriptions are \
             neither seen nor repaired, and two states of one second cannot be told apart"
        ),
        Lang::Ru => format!(
            "{shop}: Admin API не задан. Вебхуки принимаются и сделки ведутся; но вебхук, который Shopify потерял или не \
             доставил за свои 4 часа, пропадёт до следующего изменения заказа, подписки не видны и не чинятся, а два \
             состояния одной секунды не различить"
        ),
    };
    let remedy = lang.say(
        "set ONEDEAL_SHOPIFY_CLIENT_ID and ONEDEAL_SHOPIFY_CLIENT_SECRET (or ONEDEAL_SHOPIFY_ACCESS_TOKEN)",
        "задайте ONEDEAL_SHOPIFY_CLIENT_ID и ONEDEAL_SHOPIFY_CLIENT_SECRET (или ONEDEAL_SHOPIFY_ACCESS_TOKEN)",
    );
    Line::warning("shop", says, remedy.to_owned())
}

fn answers(probe: &Probe, settings: &Settings, lang: Lang) -> Line {
    let Probe {
        domain,
        currency,
        zone,
        ..
    } = probe;
    let currency = currency.as_deref().unwrap_or("?");
    let zone = zone.as_deref().unwrap_or("?");
    let reads = match (settings.reconcile_every, lang) {
        (Some(every), Lang::En) => format!("orders are read every {} s", every.as_secs()),
        (Some(every), Lang::Ru) => format!("заказы читаются каждые {} с", every.as_secs()),
        (None, Lang::En) => "the reconciler is off (ONEDEAL_RECONCILE_SECS=0)".to_owned(),
        (None, Lang::Ru) => "сверка выключена (ONEDEAL_RECONCILE_SECS=0)".to_owned(),
    };
    let says = match lang {
        Lang::En => format!("{domain}: the Admin API answers ({currency}, {zone}); {reads}"),
        Lang::Ru => format!("{domain}: Admin API отвечает ({currency}, {zone}); {reads}"),
    };
    if settings.reconcile_every.is_some() {
        return Line::fine("shop", says);
    }
    let remedy = lang.say(
        "leave ONEDEAL_RECONCILE_SECS out: what webhooks did not bring is then read every 15 minutes",
        "уберите ONEDEAL_RECONCILE_SECS: тогда недоставленное читается каждые 15 минут",
    );
    Line::warning("shop", says, remedy.to_owned())
}

fn scopes(probe: &Probe, lang: Lang) -> Line {
    const CHECK: &str = "shop_scopes";
    let missing = probe.lacking(&SCOPES_NEEDED);
    let granted = probe.scopes.join(", ");
    if !missing.is_empty() {
        let missing = missing.join(", ");
        let says = match lang {
            Lang::En => format!(
                "the app lacks the scope {missing} (it has: {granted}): orders cannot be read whole, so what webhooks do \
                 not bring stays unknown"
            ),
            Lang::Ru => format!(
                "у приложения нет права {missing} (есть: {granted}): заказы не прочесть целиком, и недоставленное \
                 останется неизвестным"
            ),
        };
        let remedy = match lang {
            Lang::En => format!(
                "give the app the scope {missing} in Shopify's Dev Dashboard, release that version, and let the shop accept it"
            ),
            Lang::Ru => format!(
                "дайте приложению право {missing} в Dev Dashboard, выпустите эту версию и примите её в магазине"
            ),
        };
        return Line::problem(CHECK, says, Some(remedy));
    }
    if !probe.lacking(&[SCOPE_ALL_ORDERS]).is_empty() {
        let says = match lang {
            Lang::En => format!(
                "{granted}: all that is needed for orders of the last 60 days, not for older ones"
            ),
            Lang::Ru => {
                format!("{granted}: хватает для заказов за 60 дней, но не для более старых")
            }
        };
        let remedy = match lang {
            Lang::En => {
                format!("nothing for daily work; for older orders give the app {SCOPE_ALL_ORDERS}")
            }
            Lang::Ru => {
                format!("для работы ничего; для старых заказов дайте приложению {SCOPE_ALL_ORDERS}")
            }
        };
        return Line::warning(CHECK, says, remedy);
    }
    let says = match lang {
        Lang::En => format!("{granted}: all that is needed, orders older than 60 days included"),
        Lang::Ru => format!("{granted}: всё, что нужно, включая заказы старше 60 дней"),
    };
    Line::fine(CHECK, says)
}

/// The version that was asked for, the one that answered, and the one of webhooks.
fn version(admin: &Admin<HttpTransport>, probe: &Probe, lang: Lang) -> Line {
    const CHECK: &str = "shop_version";
    let asked = admin.version();
    let served = admin.served_version();
    let webhooks = probe.webhook_version.as_deref().unwrap_or("?");
    let supported = probe.supported.join(", ");
    if let Some(served) = served.filter(|it| it != asked) {
        let says = match lang {
            Lang::En => format!(
                "{asked} is asked for and {served} answers: {asked} has ended (supported: {supported})"
            ),
            Lang::Ru => format!(
                "запрошена {asked}, отвечает {served}: срок {asked} истёк (действуют: {supported})"
            ),
        };
        let remedy = lang.say(
            "leave ONEDEAL_SHOPIFY_API_VERSION out, or set a supported version",
            "уберите ONEDEAL_SHOPIFY_API_VERSION или задайте действующую версию",
        );
        return Line::warning(CHECK, says, remedy.to_owned());
    }
    let says = match lang {
        Lang::En => format!(
            "{asked} is asked for and answers; webhooks are made in {webhooks} (supported: {supported})"
        ),
        Lang::Ru => format!(
            "запрошена {asked}, она и отвечает; вебхуки в версии {webhooks} (действуют: {supported})"
        ),
    };
    Line::fine(CHECK, says)
}

/// Whether webhooks that the app makes can be verified: they are signed with its client secret.
pub(super) fn webhook_secret(subject: &Subject, refused: Option<u64>, report: &mut Report) {
    const CHECK: &str = "webhook_secret";
    let (settings, lang) = (&subject.settings, subject.lang);
    let remedy = lang
        .say(
            "set ONEDEAL_SHOPIFY_SECRET to what signs the webhooks: the app's client secret, or for webhooks made by hand \
             the secret below their list; or leave it out where the client secret is set",
            "задайте в ONEDEAL_SHOPIFY_SECRET то, чем подписаны вебхуки: client secret приложения, а для созданных вручную \
             ключ под их списком; или уберите её, если задан client secret",
        )
        .to_owned();
    let client = settings.client_secret_is_accepted();
    let met = match (refused, lang) {
        (Some(refused), Lang::En) if 0 < refused => {
            format!(
                "; the running service turned {refused} deliveries away because their signature did not fit"
            )
        }
        (Some(refused), Lang::Ru) if 0 < refused => {
            format!("; работающая служба отвергла {refused} доставок: подпись не подошла")
        }
        (_, _) => String::new(),
    };
    let line = match client {
        Some(false) => {
            let says = lang.say(
                "the app's client secret is not among the secrets of ONEDEAL_SHOPIFY_SECRET: webhooks that the app makes \
                 would be turned away",
                "client secret приложения нет среди ключей ONEDEAL_SHOPIFY_SECRET: вебхуки приложения будут отвергнуты",
            );
            Line::problem(CHECK, format!("{says}{met}"), Some(remedy))
        }
        Some(true) if met.is_empty() => {
            let says = lang.say(
                "the app's client secret, which signs the webhooks that the app makes",
                "client secret приложения: им подписаны вебхуки приложения",
            );
            Line::fine(CHECK, says.to_owned())
        }
        None if met.is_empty() => {
            let says = lang.say(
                "set; whether it is the one that signs shows with the first webhook",
                "задан; тот ли это ключ, покажет первый вебхук",
            );
            Line::fine(CHECK, says.to_owned())
        }
        Some(true) | None => {
            let says = lang.say("set", "задан");
            Line::problem(CHECK, format!("{says}{met}"), Some(remedy))
        }
    };
    report.add(line);
}
