//! The shop: its permanent name, what signs its webhooks, and what opens its Admin API.

mod hindrance;
mod name;

use std::{sync::Arc, time::Duration};

use kernel::ShopDomain;
use secrecy::{ExposeSecret as _, SecretString};
use service::{
    admin::{Admin, AdminError, AdminSettings, SCOPES_NEEDED},
    clock::SystemClock,
    counters::Counters,
    transport::HttpTransport,
};
use shopify::{
    endpoint::{Endpoint, VERSION_DEFAULT},
    probe::Probe,
    signature::Secrets,
    token::Credentials,
};

use super::{
    args::{self, InitArgs},
    talk::{Choice, Talk},
    trouble::Trouble,
};
use crate::{
    exit::{Exit, Failure},
    lang::Lang,
};

/// Nobody who answers questions waits longer for one of them.
const PATIENCE: Duration = Duration::from_secs(20);

/// A shop, and how to get into it.
pub(super) struct FoundShop {
    pub(super) domain: ShopDomain,
    pub(super) access: Access,
    /// Another origin than the shop's own.
    pub(super) api_url: Option<String>,
    /// What the shop says of itself; `None` without the Admin API.
    pub(super) probe: Option<Probe>,
}

/// What onedeal has of the shop.
pub(super) enum Access {
    /// An app of the Dev Dashboard. Its secret signs webhooks too, unless another does.
    Client {
        id: String,
        secret: SecretString,
        signs: Option<SecretString>,
    },
    /// The token of an app made in the shop's admin, and what signs its webhooks.
    Token {
        token: SecretString,
        signs: SecretString,
    },
    /// Only what signs webhooks.
    Webhooks { signs: SecretString },
}

/// The three ways into a shop, in the order in which they are offered.
const WAYS: usize = 3;

impl Access {
    /// What opens the Admin API.
    fn credentials(&self) -> Option<Credentials> {
        match self {
            Self::Client { id, secret, .. } => Some(Credentials::Client {
                id: id.clone(),
                secret: secret.clone(),
            }),
            Self::Token { token, .. } => Some(Credentials::Static(token.clone())),
            Self::Webhooks { .. } => None,
        }
    }
}

/// Finds the shop: asks until it answers, or until nothing of it can be asked.
pub(super) async fn find(talk: Talk, args: &InitArgs) -> Result<FoundShop, Failure> {
    let mut domain = name::find(talk, args::text(args.shop.as_ref()))?;
    talk.explain(talk.say(
        "With the Admin API, orders whose webhooks are lost are found, and the webhooks are set up by themselves. In Shopify's \
         Dev Dashboard, make an app with the scopes read_orders, read_customers, read_products (and read_all_orders for orders \
         older than 60 days), release it, and install it in the shop. Id and secret stand in the app's settings.",
        "С Admin API находятся заказы, чьи вебхуки потерялись, а сами вебхуки настраиваются автоматически. В Shopify Dev \
         Dashboard создайте приложение с доступом read_orders, read_customers, read_products (и read_all_orders для заказов \
         старше 60 дней), выпустите версию и установите её в магазин. Id и секрет стоят в настройках приложения.",
    ));
    let mut given = given(talk, args);
    let mut id = args::text(args.client_id.as_ref()).map(str::to_owned);
    loop {
        let access = match given.take() {
            Some(access) => access,
            None => Ok(asked(talk, id.as_deref())?),
        };
        if let Ok(Access::Client { id: newest, .. }) = &access {
            id = Some(newest.clone());
        }
        let found = match access {
            Ok(access) => probe(talk, args, &domain, access).await,
            Err(trouble) => Err(trouble),
        };
        match found {
            Ok(found) => {
                told(talk, &found);
                return Ok(found);
            }
            Err(trouble) if talk.asks => {
                talk.bad(&trouble);
                domain = name::again(talk, &domain)?;
            }
            Err(trouble) => return Err(trouble.into_failure()),
        }
    }
}

/// What the flags say; `None` where they say nothing.
fn given(talk: Talk, args: &InitArgs) -> Option<Result<Access, Trouble>> {
    let read = |text, file: &Option<String>| args::secret(text, file.as_ref(), talk.lang);
    let all = || {
        Ok((
            read(args.client_secret.as_ref(), &args.client_secret_file)?,
            read(args.access_token.as_ref(), &args.access_token_file)?,
            read(args.webhook_secret.as_ref(), &args.webhook_secret_file)?,
        ))
    };
    let (secret, token, signs) = match all() {
        Ok(all) => all,
        Err(trouble) => return Some(Err(trouble)),
    };
    let id = args::text(args.client_id.as_ref()).map(str::to_owned);
    match (id, secret, token, signs) {
        (Some(id), Some(secret), None, signs) => Some(Ok(Access::Client { id, secret, signs })),
        (None, None, Some(token), Some(signs)) => Some(Ok(Access::Token { token, signs })),
        (None, None, None, Some(signs)) => Some(Ok(Access::Webhooks { signs })),
        (Some(_), _, Some(_), _) | (_, Some(_), Some(_), _) => {
            let problem = talk.say(
                "there are an access token and a client id or secret beside it",
                "заданы и токен доступа, и id или секрет приложения",
            );
            let remedy = talk.say("keep one of the two", "оставьте что-то одно");
            Some(Err(Trouble::usage(problem, remedy)))
        }
        (None | Some(_), None, None, _)
        | (None, Some(_), None, _)
        | (None, None, Some(_), None) => None,
    }
}

/// Asks for a way into the shop; `id` is a client id that was given before.
fn asked(talk: Talk, id: Option<&str>) -> Result<Access, Failure> {
    let ways: [Choice; WAYS] = [
        Choice::new(
            talk.say("client id and secret", "id и секрет приложения"),
            talk.say(
                "of an app of the Dev Dashboard; recommended",
                "из Dev Dashboard; рекомендуется",
            ),
        ),
        Choice::new(
            talk.say("access token", "токен доступа"),
            talk.say(
                "of an app made in the shop's admin",
                "приложения, созданного в админке магазина",
            ),
        ),
        Choice::new(
            talk.say("webhooks only", "только вебхуки"),
            talk.say(
                "no Admin API: a webhook that is lost stays lost",
                "без Admin API: потерянный вебхук так и останется потерянным",
            ),
        ),
    ];
    let secret = |en, ru| talk.secret(talk.say(en, ru), None);
    let way = talk.choose(talk.say("Way into the shop", "Доступ к магазину"), &ways, 0)?;
    match way {
        0 => Ok(Access::Client {
            id: talk.line("Client id", id)?,
            secret: talk.secret("Client secret", None)?,
            signs: None,
        }),
        1 => Ok(Access::Token {
            token: secret("Access token (shpat_…)", "Токен доступа (shpat_…)")?,
            signs: secret(
                "What signs its webhooks (the app's API secret key)",
                "Чем подписаны вебхуки (API secret key приложения)",
            )?,
        }),
        _ => Ok(Access::Webhooks {
            signs: secret(
                "What signs the webhooks (below the list in Settings, Notifications, Webhooks)",
                "Чем подписаны вебхуки (под списком в Settings, Notifications, Webhooks)",
            )?,
        }),
    }
}

async fn probe(
    talk: Talk,
    args: &InitArgs,
    domain: &ShopDomain,
    access: Access,
) -> Result<FoundShop, Trouble> {
    signs_something(&access, talk.lang)?;
    let api_url = args::text(args.shopify_api_url.as_ref()).map(str::to_owned);
    let mut found = FoundShop {
        domain: domain.clone(),
        access,
        api_url,
        probe: None,
    };
    let Some(credentials) = found.access.credentials() else {
        return Ok(found);
    };
    let endpoint = match &found.api_url {
        Some(origin) => Endpoint::parse(origin, VERSION_DEFAULT),
        None => Endpoint::of_shop(domain.as_str(), VERSION_DEFAULT),
    };
    let endpoint = endpoint.map_err(|why| {
        Trouble::usage(
            &format!("--shopify-api-url: {why}"),
            talk.say(
                "leave it out to ask the shop itself",
                "уберите его, чтобы спросить сам магазин",
            ),
        )
    })?;
    talk.wait(&match talk.lang {
        Lang::En => format!("asking {domain} …"),
        Lang::Ru => format!("спрашиваю {domain} …"),
    });
    let settings = AdminSettings {
        shop: domain.clone(),
        endpoint,
        credentials,
    };
    let told = ask(settings).await;
    let probe = told.map_err(|error| Trouble::refused(hindrance::of(&error, domain, talk.lang)))?;
    if !probe.lacking(&["read_orders"]).is_empty() {
        return Err(lacks_orders(&probe, domain, talk.lang));
    }
    found.probe = Some(probe);
    Ok(found)
}

async fn ask(settings: AdminSettings) -> Result<Probe, AdminError> {
    let transport = HttpTransport::new().map_err(|_| AdminError::NoAnswer)?;
    let clock = Arc::new(SystemClock::new());
    let admin = Admin::new(settings, transport, clock, Arc::new(Counters::default()));
    let answer = tokio::time::timeout(PATIENCE, admin.probe()).await;
    answer.unwrap_or(Err(AdminError::NoAnswer))
}

/// Whether the secrets that sign webhooks are such.
fn signs_something(access: &Access, lang: Lang) -> Result<(), Trouble> {
    let signs = match access {
        Access::Client { secret, signs, .. } => signs.as_ref().unwrap_or(secret),
        Access::Token { signs, .. } | Access::Webhooks { signs } => signs,
    };
    Secrets::parse(signs.expose_secret())
        .map(drop)
        .map_err(|why| {
            Trouble::usage(
                &match lang {
                    Lang::En => format!("the secret that signs webhooks cannot be used: {why}"),
                    Lang::Ru => format!("секрет, которым подписаны вебхуки, не годится: {why}"),
                },
                lang.say("copy it anew", "скопируйте его заново"),
            )
        })
}

fn lacks_orders(probe: &Probe, domain: &ShopDomain, lang: Lang) -> Trouble {
    let scopes = probe.scopes.join(", ");
    Trouble {
        exit: Exit::Refused,
        problem: match lang {
            Lang::En => format!(
                "the app may not read the orders of {domain}: the scope read_orders is missing (it has {scopes})"
            ),
            Lang::Ru => format!(
                "приложению нельзя читать заказы {domain}: нет доступа read_orders (есть {scopes})"
            ),
        },
        remedy: hindrance::grant("read_orders", lang),
    }
}

fn told(talk: Talk, found: &FoundShop) {
    let domain = &found.domain;
    let Some(probe) = &found.probe else {
        talk.warn(
            &match talk.lang {
                Lang::En => format!("{domain} is not asked: without the Admin API, an order whose webhooks are lost is missing until its next one"),
                Lang::Ru => format!("{domain} не проверен: без Admin API заказ, чьи вебхуки потерялись, появится только со следующим вебхуком"),
            },
            talk.say(
                "make an app in Shopify's Dev Dashboard when you can, and run onedeal init again",
                "при возможности создайте приложение в Shopify Dev Dashboard и повторите onedeal init",
            ),
        );
        return;
    };
    let name = probe.name.as_deref().unwrap_or_default();
    let known = |it: &Option<String>| it.clone().unwrap_or_else(|| "?".to_owned());
    let (plan, currency) = (known(&probe.plan), known(&probe.currency));
    let scopes = probe.scopes.join(", ");
    talk.good(&match talk.lang {
        Lang::En => format!("{name} ({domain}) answers: plan {plan}, currency {currency}, Admin API {VERSION_DEFAULT}; scopes: {scopes}"),
        Lang::Ru => format!("{name} ({domain}) отвечает: тариф {plan}, валюта {currency}, Admin API {VERSION_DEFAULT}; доступы: {scopes}"),
    });
    let missing = probe.lacking(&SCOPES_NEEDED);
    if !missing.is_empty() {
        let missing = missing.join(", ");
        talk.warn(
            &match talk.lang {
                Lang::En => format!(
                    "without {missing}, orders that webhooks did not bring cannot be read whole"
                ),
                Lang::Ru => {
                    format!("без {missing} заказы, не пришедшие вебхуком, не прочитать целиком")
                }
            },
            &hindrance::grant(&missing, talk.lang),
        );
    }
    if !probe.supported.is_empty() && !probe.supported.iter().any(|it| it == VERSION_DEFAULT) {
        let supported = probe.supported.join(", ");
        talk.warn(
            &match talk.lang {
                Lang::En => format!("Shopify does not support the Admin API {VERSION_DEFAULT} (it supports {supported}) and answers by its oldest one"),
                Lang::Ru => format!("Shopify не поддерживает Admin API {VERSION_DEFAULT} (есть {supported}) и отвечает по самой старой версии"),
            },
            talk.say("look for a newer onedeal", "поищите более новый onedeal"),
        );
    }
}
