//! How a command asks the portal, and how it tells a person that the portal did not answer as it should.

use bitrix24::{Doubt, RefusalClass};
use service::{
    inquiry::{Inquiry, InquiryError},
    portal::PortalSettings,
    transport::HttpTransport,
};

use crate::{
    exit::{Exit, Failure},
    lang::Lang,
};

/// Someone who can ask the portal of these settings.
///
/// # Errors
/// The HTTP client cannot be set up.
pub fn inquiry(settings: &PortalSettings) -> Result<Inquiry<HttpTransport>, Failure> {
    Ok(Inquiry::new(settings, transport()?))
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
            InquiryError::Refused { method, refusal } => {
                refused(refusal.class, &refusal.code, method, host, lang)
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

fn refused(class: RefusalClass, code: &str, method: &str, host: &str, lang: Lang) -> Hindrance {
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
                Lang::En => format!("the webhook's user may not use `{method}` at {host}"),
                Lang::Ru => format!("пользователю вебхука нельзя вызывать `{method}` на {host}"),
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
            lang.say(
                "check the name in ONEDEAL_BITRIX24_WEBHOOK_URL, and this machine's network",
                "проверьте имя в ONEDEAL_BITRIX24_WEBHOOK_URL и сеть этой машины",
            )
            .to_owned(),
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
        remedy: lang
            .say(
                "check that ONEDEAL_BITRIX24_WEBHOOK_URL looks like https://NAME.bitrix24.com/rest/USER/CODE/",
                "проверьте, что ONEDEAL_BITRIX24_WEBHOOK_URL имеет вид https://NAME.bitrix24.com/rest/USER/CODE/",
            )
            .to_owned(),
    }
}

fn report(lang: Lang) -> String {
    lang.say("please report this", "сообщите нам об этом")
        .to_owned()
}
