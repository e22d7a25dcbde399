//! The portal: its webhook, who that acts as, and what the portal offers.

use std::time::Duration;

use bitrix24::{Doubt, NotAWebhookUrl, RefusalClass, WebhookUrl, account::Person};
use kernel::mapping::Directory;
use secrecy::{ExposeSecret as _, SecretString};
use service::{
    inquiry::{Inquiry, InquiryError},
    portal::{Credential, PortalSettings},
    setup::Account,
    transport::HttpTransport,
};

use super::{
    args::{self, InitArgs},
    talk::Talk,
    trouble::Trouble,
};
use crate::{
    exit::{Exit, Failure},
    lang::Lang,
    peer::{self, Hindrance},
};

/// Nobody who answers questions waits longer for one of them.
const PATIENCE: Duration = Duration::from_secs(20);

/// A portal that answers.
pub(super) struct FoundPortal {
    /// Its webhook, as the settings file will name it.
    pub(super) url: SecretString,
    pub(super) settings: PortalSettings,
    pub(super) inquiry: Inquiry<HttpTransport>,
    pub(super) account: Account,
    pub(super) directory: Directory,
    /// The people at work; empty where the webhook may not list them.
    pub(super) people: Vec<Person>,
}

/// Finds the portal: asks until one answers, and has the right `crm`.
pub(super) async fn find(talk: Talk, args: &InitArgs) -> Result<FoundPortal, Failure> {
    talk.explain(talk.say(
        "In the portal, open Developer resources, Other, Inbound webhook. Give it the right CRM (crm), and Users (user_brief) \
         if you want to choose responsible people by name. It acts as the user who makes it, who must see all deals of all \
         funnels. Copy the webhook's URL: https://NAME.bitrix24.com/rest/USER/CODE/",
        "На портале откройте: Разработчикам, Другое, Входящий вебхук. Дайте ему право CRM (crm), а чтобы выбирать \
         ответственных по имени, ещё и Пользователи (user_brief). Он действует от имени создавшего его сотрудника: тот \
         должен видеть все сделки всех воронок. Скопируйте адрес вебхука: https://NAME.bitrix24.ru/rest/USER/CODE/",
    ));
    let mut given = args::secret(
        args.portal_url.as_ref(),
        args.portal_url_file.as_ref(),
        talk.lang,
    );
    let mut before = None;
    loop {
        let url = match std::mem::replace(&mut given, Ok(None)) {
            Err(trouble) => Err(trouble),
            Ok(Some(url)) => Ok(url),
            Ok(None) => {
                let question = talk.say("Webhook URL", "Адрес вебхука");
                Ok(talk.secret(question, before.as_ref())?)
            }
        };
        let found = match &url {
            Ok(url) => probe(talk, url).await,
            Err(trouble) => Err(trouble.clone()),
        };
        match found {
            Ok(found) => {
                told(talk, &found);
                return Ok(found);
            }
            Err(trouble) if talk.asks => {
                talk.bad(&trouble);
                // The same URL may do once something has changed on the portal, never if it is none.
                before = url.ok().filter(|_| trouble.exit == Exit::Refused);
            }
            Err(trouble) => return Err(trouble.into_failure()),
        }
    }
}

/// How the portal is asked meanwhile, and how its settings will read.
fn settings(url: WebhookUrl) -> PortalSettings {
    PortalSettings {
        credential: Credential::Webhook(url),
        per_second: 2.0,
        burst: 50.0,
        timeout: PATIENCE,
    }
}

async fn probe(talk: Talk, text: &SecretString) -> Result<FoundPortal, Trouble> {
    let lang = talk.lang;
    let text = tidy(text.expose_secret());
    let url = WebhookUrl::parse(&text).map_err(|why| not_a_webhook(why, lang))?;
    let settings = settings(url);
    let refused = |error: InquiryError| refused(&error, &settings, lang);
    let inquiry = peer::inquiry(&settings).map_err(|failure| Trouble {
        exit: failure.exit,
        problem: failure.error.to_string(),
        remedy: String::new(),
    })?;
    talk.wait(&match lang {
        Lang::En => format!("asking {} …", settings.host()),
        Lang::Ru => format!("спрашиваю {} …", settings.host()),
    });
    let account = inquiry.account().await.map_err(refused)?;
    if !account.has_crm() {
        return Err(lacks_crm(&account, settings.host(), lang));
    }
    let directory = inquiry.directory().await.map_err(refused)?;
    let people = if account.sees_people() {
        inquiry.people().await.unwrap_or_else(|error| {
            // They only help to choose: without them an id does.
            let Hindrance { problem, .. } = Hindrance::of(&error, &settings, lang);
            talk.warn(&people_unknown(&problem, lang), responsible_by_id(lang));
            Vec::new()
        })
    } else {
        Vec::new()
    };
    Ok(FoundPortal {
        url: text.into(),
        settings,
        inquiry,
        account,
        directory,
        people,
    })
}

/// Why the portal gives no answer. Where the URL is at fault, no setting is spoken of: there is none yet.
fn refused(error: &InquiryError, settings: &PortalSettings, lang: Lang) -> Trouble {
    let mut trouble = Trouble::refused(Hindrance::of(error, settings, lang));
    let class = match error {
        InquiryError::Refused { refusal, .. } => Some(refusal.class),
        InquiryError::Unknown { .. } | InquiryError::Unreadable { .. } | InquiryError::NoKey => {
            None
        }
    };
    let remedy = match (class, error) {
        (Some(RefusalClass::Auth), _) => lang.say(
            "copy the URL anew; if that does not help, make a new inbound webhook there (Developer resources), as a user who is active",
            "скопируйте адрес заново; если не поможет, создайте новый входящий вебхук (Разработчикам) от имени работающего сотрудника",
        ),
        (Some(RefusalClass::NotSent), _) => lang.say(
            "check the portal's name in the URL, and this machine's network",
            "проверьте имя портала в адресе и сеть этой машины",
        ),
        (None, InquiryError::Unknown { unknown, .. }) if unknown.why != Doubt::Lost => lang.say(
            "check the portal's name in the URL: something else answers there",
            "проверьте имя портала в адресе: там отвечает что-то другое",
        ),
        (None, InquiryError::Unknown { .. }) => lang.say(
            "try again; if it stays so, check this machine's network",
            "повторите; если не помогает, проверьте сеть этой машины",
        ),
        (_, _) => return trouble,
    };
    remedy.clone_into(&mut trouble.remedy);
    trouble
}

fn people_unknown(problem: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("the portal's users could not be read: {problem}"),
        Lang::Ru => format!("сотрудников портала прочитать не удалось: {problem}"),
    }
}

fn responsible_by_id(lang: Lang) -> &'static str {
    lang.say(
        "the responsible person can be given by the user's id, or later in the settings",
        "ответственного можно задать номером сотрудника или позже в настройках",
    )
}

/// The portal shows the webhook's URL also as the example of a call: the call is taken away.
fn tidy(text: &str) -> String {
    let text = text.trim();
    let call = || {
        let (base, call) = text.trim_end_matches('/').rsplit_once('/')?;
        let is_call = call.starts_with("profile") || call.contains('.');
        (is_call && WebhookUrl::parse(base).is_ok()).then(|| format!("{base}/"))
    };
    call().unwrap_or_else(|| text.to_owned())
}

fn not_a_webhook(why: NotAWebhookUrl, lang: Lang) -> Trouble {
    let problem = match why {
        NotAWebhookUrl::NotAUrl => lang.say(
            "that is not a URL with https:// and a host",
            "это не адрес с https:// и именем портала",
        ),
        NotAWebhookUrl::NotHttps => lang.say(
            "the URL begins with http://, and the portal takes requests over https:// only",
            "адрес начинается с http://, а портал принимает запросы только по https://",
        ),
        NotAWebhookUrl::Extra => lang.say(
            "there is more than a webhook's URL: a `?`, a `#` or an `@`",
            "это больше, чем адрес вебхука: в нём есть `?`, `#` или `@`",
        ),
        NotAWebhookUrl::Path => lang.say(
            "that is a URL, but not a webhook's: user and code are missing in it",
            "это адрес, но не вебхука: в нём нет номера пользователя и кода",
        ),
    };
    let remedy = lang.say(
        "copy the whole line from the inbound webhook's page; it looks like https://NAME.bitrix24.com/rest/1/abc123def456/",
        "скопируйте всю строку со страницы входящего вебхука; она похожа на https://NAME.bitrix24.ru/rest/1/abc123def456/",
    );
    Trouble::usage(problem, remedy)
}

fn lacks_crm(account: &Account, host: &str, lang: Lang) -> Trouble {
    let has = account.scopes.join(", ");
    Trouble {
        exit: Exit::Refused,
        problem: match (has.is_empty(), lang) {
            (true, Lang::En) => format!("the webhook of {host} has no rights at all"),
            (true, Lang::Ru) => format!("у вебхука {host} нет никаких прав"),
            (false, Lang::En) => format!("the webhook of {host} lacks the right `crm` (it has {has})"),
            (false, Lang::Ru) => format!("у вебхука {host} нет права `crm` (есть {has})"),
        },
        remedy: lang
            .say(
                "open the inbound webhook (Developer resources), add the right CRM (crm), and save it; its URL stays the same",
                "откройте входящий вебхук (Разработчикам), добавьте право CRM (crm) и сохраните; адрес останется прежним",
            )
            .to_owned(),
    }
}

fn told(talk: Talk, found: &FoundPortal) {
    let FoundPortal {
        settings, account, ..
    } = found;
    let (host, profile) = (settings.host(), &account.profile);
    let scopes = account.scopes.join(", ");
    let number = format!("{} {}", talk.say("user", "сотрудник"), profile.id);
    let who = if profile.name.is_empty() {
        number
    } else {
        format!("{} ({number})", profile.name)
    };
    talk.good(&match (talk.lang, profile.admin) {
        (Lang::En, true) => {
            format!("{host} answers; we act as {who}, an administrator; rights: {scopes}")
        }
        (Lang::En, false) => {
            format!("{host} answers; we act as {who}, no administrator; rights: {scopes}")
        }
        (Lang::Ru, true) => {
            format!("{host} отвечает; работаем от имени: {who}, администратор; права: {scopes}")
        }
        (Lang::Ru, false) => {
            format!("{host} отвечает; работаем от имени: {who}, не администратор; права: {scopes}")
        }
    });
    if !profile.admin {
        talk.warn(
            talk.say(
                "somebody who is no administrator may not see all deals: one that is not seen is created a second time",
                "не администратор может видеть не все сделки, а невидимая сделка будет создана второй раз",
            ),
            talk.say(
                "see that this user's CRM role reads, adds and changes all deals of all funnels (CRM settings, Access permissions)",
                "проверьте, что роль этого сотрудника позволяет читать, создавать и менять все сделки во всех воронках (настройки CRM, права доступа)",
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_a_call_is_taken_from_the_end_of_a_webhook() {
        let url = "https://acme.bitrix24.com/rest/1/c0de/";
        for text in [
            url,
            " https://acme.bitrix24.com/rest/1/c0de/ ",
            "https://acme.bitrix24.com/rest/1/c0de/profile.json",
            "https://acme.bitrix24.com/rest/1/c0de/crm.deal.list",
            "https://acme.bitrix24.com/rest/1/c0de/profile/",
        ] {
            assert_eq!(tidy(text), url, "{text}");
        }
        assert_eq!(
            tidy("https://acme.bitrix24.com/crm/"),
            "https://acme.bitrix24.com/crm/"
        );
        assert_eq!(tidy("c0de"), "c0de");
    }
}
