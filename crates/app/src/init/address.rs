//! Where Shopify reaches the service, and where the service listens.

use std::net::SocketAddr;

use secrecy::SecretString;
use service::subscriptions::{NotAPublicUrl, PublicUrl};

use super::{
    args::{self, InitArgs},
    talk::Talk,
    trouble::Trouble,
};
use crate::{entropy, exit::Failure, lang::Lang};

/// Where the service listens unless told otherwise (design §3.2).
pub(super) const LISTEN_DEFAULT: &str = "127.0.0.1:8080";

/// Letters and digits of a token: 36^40 tokens, so that nobody guesses one.
const TOKEN_CHARS: usize = 40;

/// The service's two addresses, and who may look at its figures.
pub(super) struct Address {
    pub(super) public: Option<Public>,
    pub(super) listen: SocketAddr,
    pub(super) admin_token: Option<SecretString>,
}

/// A public address, as it was written and as it is used.
pub(super) struct Public {
    pub(super) text: String,
    pub(super) url: PublicUrl,
}

/// Settles both addresses.
pub(super) fn find(talk: Talk, args: &InitArgs) -> Result<Address, Failure> {
    talk.explain(talk.say(
        "Shopify delivers webhooks to an https address of yours. onedeal itself speaks plain HTTP on this machine: a reverse \
         proxy with a certificate (nginx, Caddy, a tunnel) stands before it. Without an address yet, just press Enter.",
        "Shopify доставляет вебхуки на ваш адрес https. Сам onedeal отвечает по HTTP на этой машине: перед ним стоит обратный \
         прокси с сертификатом (nginx, Caddy, туннель). Если адреса ещё нет, нажмите Enter.",
    ));
    let public = public(talk, args::text(args.public_url.as_ref()))?;
    let listen = listen(talk, args::text(args.listen.as_ref()))?;
    let admin_token = admin_token(talk, args, public.is_some() || !listen.ip().is_loopback())?;
    if let Some(public) = &public {
        talk.good(&match talk.lang {
            Lang::En => format!(
                "webhooks come to {}, and from there to {listen}",
                public.url.webhooks()
            ),
            Lang::Ru => format!(
                "вебхуки приходят на {}, а оттуда на {listen}",
                public.url.webhooks()
            ),
        });
    } else {
        talk.warn(
            talk.say(
                "no public address yet: Shopify cannot reach this service",
                "публичного адреса пока нет: Shopify не сможет доставлять вебхуки",
            ),
            talk.say(
                "set public_url in the settings file once you have one",
                "впишите public_url в файл настроек, когда он появится",
            ),
        );
    }
    Ok(Address {
        public,
        listen,
        admin_token,
    })
}

fn public(talk: Talk, given: Option<&str>) -> Result<Option<Public>, Failure> {
    let mut given = given.map(str::to_owned);
    loop {
        let text = match given.take() {
            Some(text) => text,
            None => talk.line(
                talk.say(
                    "Public URL (like https://sync.example.com)",
                    "Публичный адрес (как https://sync.example.com)",
                ),
                Some(""),
            )?,
        };
        if text.is_empty() {
            return Ok(None);
        }
        match PublicUrl::parse(&text) {
            Ok(url) => {
                let text = text.trim_end_matches('/').to_owned();
                return Ok(Some(Public { text, url }));
            }
            Err(why) => {
                let trouble = not_public(why, talk.lang);
                if !talk.asks {
                    return Err(trouble.into_failure());
                }
                talk.bad(&trouble);
            }
        }
    }
}

fn not_public(why: NotAPublicUrl, lang: Lang) -> Trouble {
    let example = lang.say(
        "write it like https://sync.example.com",
        "напишите его как https://sync.example.com",
    );
    match why {
        NotAPublicUrl::NotAUrl => Trouble::usage(
            lang.say("that is no URL with https:// and a host", "это не адрес с https:// и именем"),
            example,
        ),
        NotAPublicUrl::NotHttps => Trouble::usage(
            lang.say(
                "that address is not https, and Shopify delivers to https only",
                "это не адрес https, а Shopify доставляет только по https",
            ),
            lang.say(
                "put a reverse proxy with a certificate before onedeal and give its address, like https://sync.example.com",
                "поставьте перед onedeal обратный прокси с сертификатом и укажите его адрес, как https://sync.example.com",
            ),
        ),
        NotAPublicUrl::Extra => Trouble::usage(
            lang.say("there is more than a host and a path", "это больше, чем имя и путь"),
            example,
        ),
    }
}

fn listen(talk: Talk, given: Option<&str>) -> Result<SocketAddr, Failure> {
    let mut given = given.map(str::to_owned);
    loop {
        let text = match given.take() {
            Some(text) => text,
            None => talk.line(
                talk.say("onedeal listens on", "onedeal слушает"),
                Some(LISTEN_DEFAULT),
            )?,
        };
        if let Ok(address) = text.parse() {
            return Ok(address);
        }
        let trouble = Trouble::usage(
            talk.say("that is no address with a port", "это не адрес с портом"),
            talk.say(
                "write it like 127.0.0.1:8080, or 0.0.0.0:8080 where the proxy runs on another machine",
                "напишите его как 127.0.0.1:8080 или 0.0.0.0:8080, если прокси на другой машине",
            ),
        );
        if !talk.asks {
            return Err(trouble.into_failure());
        }
        talk.bad(&trouble);
    }
}

/// A token where without one the figures would be off.
fn admin_token(talk: Talk, args: &InitArgs, public: bool) -> Result<Option<SecretString>, Failure> {
    if args.no_admin_token || !public {
        return Ok(None);
    }
    let wanted = talk.confirm(
        talk.say(
            "Make a token that opens /metrics to you",
            "Создать токен для доступа к /metrics",
        ),
        true,
    )?;
    Ok(if wanted {
        Some(entropy::letters(TOKEN_CHARS)?.into())
    } else {
        None
    })
}
