//! Combinations of settings that work, and that one day cost something.

use std::{net::SocketAddr, time::Duration};

use kernel::rules::SETTLE_DEFAULT;
use secrecy::ExposeSecret as _;
use service::{config::Settings, http::AdminAccess};

use crate::{check, lang::Lang};

/// After this the portal cuts a request off (facts/bitrix24.md §5.2).
const PORTAL_CUTS: Duration = Duration::from_secs(60);

/// What the largest plan of the portal allows (facts/bitrix24.md §5.1).
const RATE_MAX: (f64, f64) = (5.0, 250.0);

/// A shorter token can be tried out.
const TOKEN_CHARS_MIN: usize = 16;

/// Something risky.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Warning {
    /// A word for the log.
    pub(super) word: &'static str,
    /// What it is, and what it may cost.
    pub(super) says: String,
    /// What to do.
    pub(super) remedy: String,
}

impl Warning {
    fn new(word: &'static str, says: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            word,
            says: says.into(),
            remedy: remedy.into(),
        }
    }
}

type Look = fn(&Settings, SocketAddr, Lang) -> Option<Warning>;

/// What is looked at, in the order in which it is told.
const LOOKS: [Look; 10] = [
    timeout,
    settle,
    no_api,
    no_passes,
    no_address,
    secret,
    rate,
    open_metrics,
    plain_http,
    weak_token,
];

/// All that is risky about these settings.
pub(super) fn warnings(settings: &Settings, address: SocketAddr, lang: Lang) -> Vec<Warning> {
    let looked = LOOKS.iter().filter_map(|it| it(settings, address, lang));
    looked.chain(disk(settings, lang)).collect()
}

fn timeout(settings: &Settings, _: SocketAddr, lang: Lang) -> Option<Warning> {
    let timeout = settings.portal.timeout;
    (timeout < PORTAL_CUTS).then(|| {
        let (timeout, cuts) = (timeout.as_secs_f64(), PORTAL_CUTS.as_secs());
        let says = match lang {
            Lang::En => format!(
                "an answer is awaited {timeout} s, and the portal works on a request for up to {cuts} s: slow creates end in \
                 doubt, and their orders wait for the settle time"
            ),
            Lang::Ru => format!(
                "ответа ждём {timeout} с, а портал работает над запросом до {cuts} с: медленные создания останутся без ответа, \
                 и их заказы будут ждать время выдержки"
            ),
        };
        let remedy = lang.say(
            "leave ONEDEAL_BITRIX24_TIMEOUT_MS out (70000)",
            "уберите ONEDEAL_BITRIX24_TIMEOUT_MS (70000)",
        );
        Warning::new("short_timeout", says, remedy)
    })
}

fn settle(settings: &Settings, _: SocketAddr, lang: Lang) -> Option<Warning> {
    let settle = settings.rules.settle;
    (settle < SETTLE_DEFAULT).then(|| {
        let (settle, default) = (settle.as_secs_f64(), SETTLE_DEFAULT.as_secs());
        let says = match lang {
            Lang::En => format!(
                "a create without an answer counts as settled after {settle} s instead of {default} s: one that lands later \
                 makes a second deal, for a while"
            ),
            Lang::Ru => format!(
                "создание без ответа считается решённым через {settle} с вместо {default} с: если оно выполнится позже, на \
                 время появится вторая сделка"
            ),
        };
        let remedy = lang.say(
            "leave ONEDEAL_SETTLE_MS out (210000)",
            "уберите ONEDEAL_SETTLE_MS (210000)",
        );
        Warning::new("short_settle", says, remedy)
    })
}

fn no_api(settings: &Settings, _: SocketAddr, lang: Lang) -> Option<Warning> {
    settings.shopify.is_none().then(|| {
        let says = lang.say(
            "there is no Admin API: a webhook that Shopify loses or cannot deliver within 4 hours stays lost until the order \
             changes again",
            "нет Admin API: вебхук, который Shopify потерял или не доставил за 4 часа, пропадёт до следующего изменения заказа",
        );
        let remedy = lang.say(
            "set ONEDEAL_SHOPIFY_CLIENT_ID and ONEDEAL_SHOPIFY_CLIENT_SECRET",
            "задайте ONEDEAL_SHOPIFY_CLIENT_ID и ONEDEAL_SHOPIFY_CLIENT_SECRET",
        );
        Warning::new("no_admin_api", says, remedy)
    })
}

fn no_passes(settings: &Settings, _: SocketAddr, lang: Lang) -> Option<Warning> {
    (settings.shopify.is_some() && settings.reconcile_every.is_none()).then(|| {
        let says = lang.say(
            "the reconciler is off: what webhooks do not bring is not looked for, and subscriptions are looked at once, at the \
             start",
            "сверка выключена: недоставленное не ищется, а подписки проверяются один раз, при запуске",
        );
        let remedy = lang.say(
            "leave ONEDEAL_RECONCILE_SECS out (900)",
            "уберите ONEDEAL_RECONCILE_SECS (900)",
        );
        Warning::new("no_reconciler", says, remedy)
    })
}

fn no_address(settings: &Settings, _: SocketAddr, lang: Lang) -> Option<Warning> {
    (settings.shopify.is_some() && settings.public_url.is_none()).then(|| {
        let says = lang.say(
            "the public address is not set: a subscription that Shopify removes after 8 failed deliveries is not made again",
            "внешний адрес не задан: подписка, которую Shopify удалит после 8 неудачных доставок, не будет создана заново",
        );
        let remedy = lang.say(
            "set ONEDEAL_PUBLIC_URL, like https://sync.example.com",
            "задайте ONEDEAL_PUBLIC_URL, например https://sync.example.com",
        );
        Warning::new("no_public_url", says, remedy)
    })
}

fn secret(settings: &Settings, _: SocketAddr, lang: Lang) -> Option<Warning> {
    (settings.client_secret_is_accepted() == Some(false)).then(|| {
        let says = lang.say(
            "the app's client secret is not among the webhook secrets: webhooks that the app makes are turned away",
            "client secret приложения нет среди ключей вебхуков: вебхуки приложения будут отвергнуты",
        );
        let remedy = lang.say(
            "leave ONEDEAL_SHOPIFY_SECRET out, or add the client secret to it",
            "уберите ONEDEAL_SHOPIFY_SECRET или добавьте в неё client secret",
        );
        Warning::new("other_secret", says, remedy)
    })
}

fn rate(settings: &Settings, _: SocketAddr, lang: Lang) -> Option<Warning> {
    let (per_second, burst) = (settings.portal.per_second, settings.portal.burst);
    (RATE_MAX.0 < per_second || RATE_MAX.1 < burst).then(|| {
        let says = match lang {
            Lang::En => format!(
                "{per_second} requests/s with a burst of {burst} is more than any plan of the cloud allows: the portal will \
                 refuse some, and everybody on this address waits"
            ),
            Lang::Ru => format!(
                "{per_second} запр./с с запасом {burst} больше, чем разрешает любой облачный тариф: портал будет отказывать, и \
                 ждать придётся всем с этого адреса"
            ),
        };
        let remedy = lang.say(
            "leave ONEDEAL_BITRIX24_RATE out (2,50), or set 5,250 on Enterprise",
            "уберите ONEDEAL_BITRIX24_RATE (2,50) или задайте 5,250 на Enterprise",
        );
        Warning::new("high_rate", says, remedy)
    })
}

fn open_metrics(settings: &Settings, _: SocketAddr, lang: Lang) -> Option<Warning> {
    matches!(settings.admin, AdminAccess::LoopbackOnly).then(|| {
        let says = lang.say(
            "without a token /metrics is shown to whoever asks on this machine: a reverse proxy here that adds no forwarding \
             header shows it to everybody",
            "без токена /metrics виден всем на этой машине: прокси, не добавляющий заголовок X-Forwarded-For, покажет его всем",
        );
        let remedy = lang.say(
            "set ONEDEAL_ADMIN_TOKEN, or ONEDEAL_PUBLIC_URL, which hides it",
            "задайте ONEDEAL_ADMIN_TOKEN или ONEDEAL_PUBLIC_URL, тогда он скрыт",
        );
        Warning::new("open_metrics", says, remedy)
    })
}

fn plain_http(_: &Settings, address: SocketAddr, lang: Lang) -> Option<Warning> {
    (!address.ip().is_loopback()).then(|| {
        let says = lang.say(
            "it listens beyond this machine and speaks plain HTTP: orders and the admin token cross the network unencrypted",
            "служба доступна извне по обычному HTTP: заказы и токен идут по сети незашифрованными",
        );
        let remedy = lang.say(
            "let a reverse proxy with a certificate lead to ONEDEAL_LISTEN=127.0.0.1:8080 (right as it is in a container \
             behind one)",
            "поставьте прокси с сертификатом перед ONEDEAL_LISTEN=127.0.0.1:8080 (в контейнере за прокси всё верно)",
        );
        Warning::new("plain_http", says, remedy)
    })
}

fn weak_token(settings: &Settings, _: SocketAddr, lang: Lang) -> Option<Warning> {
    let AdminAccess::Token(tokens) = &settings.admin else {
        return None;
    };
    (tokens.operator.expose_secret().chars().count() < TOKEN_CHARS_MIN).then(|| {
        let says = match lang {
            Lang::En => format!(
                "the admin token has fewer than {TOKEN_CHARS_MIN} characters: it can be guessed"
            ),
            Lang::Ru => format!(
                "токен администратора короче {TOKEN_CHARS_MIN} символов: его можно подобрать"
            ),
        };
        let remedy = lang.say(
            "make a long random one: openssl rand -hex 24",
            "создайте длинный случайный: openssl rand -hex 24",
        );
        Warning::new("weak_token", says, remedy)
    })
}

fn disk(settings: &Settings, lang: Lang) -> Option<Warning> {
    let (says, remedy) = check::disk_risk(&settings.database, lang)?;
    Some(Warning::new("disk", says, remedy))
}
