//! How a command asks the portal, and how it tells a person that the portal did not answer as it should.

use anyhow::Context as _;
use bitrix24::{Access, Doubt, Refusal, RefusalClass};
use service::{
    access::{self, AppSettings, Credential, Opener},
    inquiry::{Inquiry, InquiryError},
    portal::PortalSettings,
    transport::HttpTransport,
};

use store::Db;

use crate::{
    exit::{Exit, Exits as _, Failure},
    lang::Lang,
};

/// Someone who can ask the portal of these settings. An application's token is the one that the ledger keeps: only the
/// service renews it.
///
/// # Errors
/// The HTTP client cannot be set up, or the ledger cannot be read.
pub fn inquiry(settings: &PortalSettings) -> Result<Inquiry<HttpTransport>, Failure> {
    inquiry_by(settings, transport()?)
}

/// The same by a way that is there already.
///
/// # Errors
/// The ledger cannot be read.
pub fn inquiry_by(
    settings: &PortalSettings,
    transport: HttpTransport,
) -> Result<Inquiry<HttpTransport>, Failure> {
    let access = match &settings.credential {
        Credential::Webhook(url) => Some(Access::Webhook(url.clone())),
        Credential::App(app) => kept(app)?,
    };
    Ok(Inquiry::new(access, settings.timeout, transport))
}

/// What the ledger keeps of an application that was installed.
fn kept(app: &AppSettings) -> Result<Option<Access>, Failure> {
    if !app.ledger.is_file() {
        return Ok(None);
    }
    let read = || Db::open_to_read(&app.ledger)?.meta(access::RECORD);
    let kept = read()
        .with_context(|| format!("the ledger `{}` cannot be read", app.ledger.display()))
        .exits(Exit::Storage)?;
    Ok(access::recall_access(kept.as_deref(), app))
}

/// The way to peers.
///
/// # Errors
/// The HTTP client cannot be set up.
pub fn transport() -> Result<HttpTransport, Failure> {
    HttpTransport::new().map_err(|_| Failure::saying(Exit::Bug, "failed to set up the HTTP client"))
}

/// Why the portal gave no usable answer, and what to do. Neither ever holds the webhook's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hindrance {
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl Hindrance {
    /// What a person is told of an error.
    pub fn of(error: &InquiryError, settings: &PortalSettings, lang: Lang) -> Self {
        let host = settings.host();
        match error {
            InquiryError::NoKey => not_installed(host, lang),
            InquiryError::Refused { refusal, .. } if refusal.is_expired() => expired(host, lang),
            InquiryError::Refused { method, refusal } => {
                let opener = settings.credential.opener();
                match (refusal.class, opener) {
                    (RefusalClass::Auth, Opener::App) => app_refused(&refusal.code, host, lang),
                    (RefusalClass::Scope, Opener::App) => app_scope(&refusal.code, host, lang),
                    (_, _) => refused(refusal, method, settings, lang),
                }
            }
            InquiryError::Unknown { unknown, .. } => silent(unknown.why, settings, lang),
            InquiryError::Unreadable { method, problem } => Self {
                problem: match lang {
                    Lang::En => {
                        format!("the answer of {host} to `{method}` is not understood: {problem}")
                    }
                    Lang::Ru => format!("ответ {host} на `{method}` непонятен: {problem}"),
                },
                remedy: report(lang),
            },
        }
    }

    /// The end of a command that cannot go on without the portal.
    pub fn into_failure(self) -> Failure {
        Failure::saying(Exit::Refused, format!("{}; {}", self.problem, self.remedy))
    }
}

fn not_installed(host: &str, lang: Lang) -> Hindrance {
    Hindrance {
        problem: match lang {
            Lang::En => format!("the application is not installed in {host} yet"),
            Lang::Ru => format!("приложение ещё не установлено на {host}"),
        },
        remedy: lang
            .say(
                "start `onedeal serve`, then open the local application in Bitrix24 (Developer resources, Integrations) and \
                 press Reinstall in its menu",
                "запустите `onedeal serve`, затем откройте локальное приложение в Битрикс24 (Разработчикам, Интеграции) и \
                 нажмите «Переустановить» в его меню",
            )
            .to_owned(),
    }
}

fn expired(host: &str, lang: Lang) -> Hindrance {
    Hindrance {
        problem: match lang {
            Lang::En => format!("the access token for {host} in the ledger has expired"),
            Lang::Ru => format!("срок токена доступа к {host} в журнале истёк"),
        },
        remedy: lang
            .say(
                "only `onedeal serve` renews it, with its next request to the portal: start it, or wait for the next order, \
                 and try again",
                "его обновляет только `onedeal serve` при следующем запросе к порталу: запустите его или дождитесь \
                 следующего заказа и повторите",
            )
            .to_owned(),
    }
}

fn app_refused(code: &str, host: &str, lang: Lang) -> Hindrance {
    Hindrance {
        problem: match lang {
            Lang::En => format!("{host} does not accept the application ({code})"),
            Lang::Ru => format!("{host} не принимает приложение ({code})"),
        },
        remedy: lang
            .say(
                "open the local application in Bitrix24 (Developer resources, Integrations) and press Reinstall in its menu, \
                 as a user who is active, while `onedeal serve` runs",
                "откройте локальное приложение в Битрикс24 (Разработчикам, Интеграции) и нажмите «Переустановить» в его \
                 меню от имени работающего сотрудника, пока работает `onedeal serve`",
            )
            .to_owned(),
    }
}

fn app_scope(code: &str, host: &str, lang: Lang) -> Hindrance {
    Hindrance {
        problem: match lang {
            Lang::En => format!("the application in {host} lacks the right `crm` ({code})"),
            Lang::Ru => format!("у приложения на {host} нет права `crm` ({code})"),
        },
        remedy: lang
            .say(
                "open it (Developer resources, Integrations), tick CRM (crm), save, and press Reinstall in its menu",
                "откройте его (Разработчикам, Интеграции), отметьте CRM (crm), сохраните и нажмите «Переустановить» в его \
                 меню",
            )
            .to_owned(),
    }
}

fn refused(refusal: &Refusal, method: &str, settings: &PortalSettings, lang: Lang) -> Hindrance {
    let (class, code, host) = (refusal.class, refusal.code.as_str(), settings.host());
    let named_by = named_by(settings);
    let (problem, remedy) = match class {
        RefusalClass::Auth => (
            match lang {
                Lang::En => format!("{host} does not accept the webhook ({code})"),
                Lang::Ru => format!("{host} не принимает вебхук ({code})"),
            },
            lang.say(
                "make a new inbound webhook there (Developer resources) as a user who is active, and set \
                 ONEDEAL_BITRIX24_WEBHOOK_URL",
                "создайте новый входящий вебхук (Разработчикам) от имени работающего сотрудника и задайте \
                 ONEDEAL_BITRIX24_WEBHOOK_URL",
            )
            .to_owned(),
        ),
        RefusalClass::Scope => (
            match lang {
                Lang::En => format!("the webhook of {host} lacks the right `crm` ({code})"),
                Lang::Ru => format!("у вебхука {host} нет права `crm` ({code})"),
            },
            lang.say(
                "open the inbound webhook (Developer resources) and add the right CRM (crm)",
                "откройте входящий вебхук (Разработчикам) и добавьте право CRM (crm)",
            )
            .to_owned(),
        ),
        RefusalClass::AccessDenied => (
            match lang {
                Lang::En => format!("our user may not use `{method}` at {host}"),
                Lang::Ru => format!("нашему пользователю нельзя вызывать `{method}` на {host}"),
            },
            lang.say(
                "give that user the CRM role that sees, adds and changes all deals (CRM settings, Access \
                    permissions)",
                "дайте ему роль CRM, которая видит, создаёт и меняет все сделки (настройки CRM, права доступа)",
            )
            .to_owned(),
        ),
        RefusalClass::Subscription => (
            match lang {
                Lang::En => format!("the plan of {host} does not include REST ({code})"),
                Lang::Ru => format!("тариф {host} не включает REST ({code})"),
            },
            lang.say(
                "renew the portal's subscription, or choose a plan with REST",
                "продлите подписку или выберите тариф с REST",
            )
            .to_owned(),
        ),
        RefusalClass::RateLimit | RefusalClass::OperatingLimit | RefusalClass::Overload => (
            match lang {
                Lang::En => format!("{host} takes no more requests at the moment ({code})"),
                Lang::Ru => format!("{host} сейчас не принимает запросы ({code})"),
            },
            lang.say("try again in ten minutes", "повторите через десять минут")
                .to_owned(),
        ),
        RefusalClass::NotSent => (
            match lang {
                Lang::En => format!("{host} cannot be reached"),
                Lang::Ru => format!("{host} недоступен"),
            },
            match lang {
                Lang::En => {
                    format!("check the name in {named_by}, and this machine's network")
                }
                Lang::Ru => format!("проверьте имя в {named_by} и сеть этой машины"),
            },
        ),
        RefusalClass::Method
        | RefusalClass::Invalid
        | RefusalClass::NotFound
        | RefusalClass::Halted => (
            match lang {
                Lang::En => format!("{host} refuses `{method}` ({code})"),
                Lang::Ru => format!("{host} отвергает `{method}` ({code})"),
            },
            report(lang),
        ),
    };
    Hindrance { problem, remedy }
}

fn silent(why: Doubt, settings: &PortalSettings, lang: Lang) -> Hindrance {
    let (host, seconds) = (settings.host(), settings.timeout.as_secs_f64());
    if why == Doubt::Lost {
        return Hindrance {
            problem: match lang {
                Lang::En => format!("{host} did not answer within {seconds} s"),
                Lang::Ru => format!("{host} не ответил за {seconds} с"),
            },
            remedy: lang
                .say(
                    "try again; if it stays so, check the network, or raise ONEDEAL_BITRIX24_TIMEOUT_MS",
                    "повторите; если не помогает, проверьте сеть или увеличьте ONEDEAL_BITRIX24_TIMEOUT_MS",
                )
                .to_owned(),
        };
    }
    Hindrance {
        problem: match lang {
            Lang::En => format!("{host} answers, but not as a Bitrix24 portal does ({why:?})"),
            Lang::Ru => format!("{host} отвечает, но не как портал Битрикс24 ({why:?})"),
        },
        remedy: looks_like(settings, lang),
    }
}

/// The setting that says where the portal is.
fn named_by(settings: &PortalSettings) -> &'static str {
    match settings.credential.opener() {
        Opener::Webhook => "ONEDEAL_BITRIX24_WEBHOOK_URL",
        Opener::App => "ONEDEAL_BITRIX24_PORTAL",
    }
}

fn looks_like(settings: &PortalSettings, lang: Lang) -> String {
    let (name, form) = match settings.credential.opener() {
        Opener::Webhook => (
            named_by(settings),
            "https://NAME.bitrix24.com/rest/USER/CODE/",
        ),
        Opener::App => (named_by(settings), "NAME.bitrix24.com"),
    };
    match lang {
        Lang::En => format!("check that {name} looks like {form}"),
        Lang::Ru => format!("проверьте, что {name} имеет вид {form}"),
    }
}

fn report(lang: Lang) -> String {
    lang.say("please report this", "сообщите нам об этом")
        .to_owned()
}
