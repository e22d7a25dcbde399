//! Does the portal answer, whom does the credential act as, and is that person shown all deals (A-V)?

use bitrix24::account::Profile;
use kernel::{DealId, mapping::Directory};
use service::{
    access::Opener,
    inquiry::{Inquiry, InquiryError, Sight},
    setup::Account,
    transport::HttpTransport,
};

use super::{
    Subject,
    ledger::Ledger,
    report::{Line, Report},
};
use crate::{exit::Exit, lang::Lang, peer::Hindrance};

/// Hidden deals that are named; the first ones say enough.
const NAMED_MAX: usize = 5;

/// What the portal told.
pub(super) struct Answers {
    pub(super) account: Account,
    pub(super) directory: Directory,
    pub(super) sight: Option<Sight>,
}

/// Asks the portal; `None` if it does not answer as it should.
pub(super) async fn ask(
    subject: &Subject,
    inquiry: &Inquiry<HttpTransport>,
    ledger: &Ledger,
    report: &mut Report,
) -> Option<Answers> {
    let lang = subject.lang;
    let asked = async {
        let account = inquiry.account().await?;
        let directory = inquiry.directory().await?;
        Ok((account, directory))
    };
    let (account, directory) = match asked.await {
        Ok(answers) => answers,
        Err(error) => {
            report.add(refused("portal", &error, subject));
            return None;
        }
    };
    let host = subject.settings.portal.host();
    let scopes = account.scopes.join(", ");
    let opener = match subject.settings.portal.credential.opener() {
        Opener::Webhook => lang.say("webhook", "вебхука"),
        Opener::App => lang.say("application", "приложения"),
    };
    report.add(Line::fine(
        "portal",
        match lang {
            Lang::En => {
                format!("{host} answers, and the {opener} has the right `crm` (of: {scopes})")
            }
            Lang::Ru => format!("{host} отвечает, у {opener} есть право `crm` (всего: {scopes})"),
        },
    ));
    report.add(user(&account.profile, subject.settings.portal.user(), lang));
    let sight = match inquiry.sight(&account.profile, &ledger.deals).await {
        Ok(sight) => {
            report.add(seen(&sight, &account.profile, lang));
            Some(sight)
        }
        Err(error) => {
            report.add(refused("deals_seen", &error, subject));
            None
        }
    };
    Some(Answers {
        account,
        directory,
        sight,
    })
}

fn refused(check: &'static str, error: &InquiryError, subject: &Subject) -> Line {
    let Hindrance { problem, remedy } =
        Hindrance::of(error, &subject.settings.portal, subject.lang);
    Line::problem(check, problem, Some(remedy)).ending(Exit::Refused)
}

/// Whom the credential acts as.
fn user(profile: &Profile, named: Option<u64>, lang: Lang) -> Line {
    let Profile { id, name, admin } = profile;
    if let Some(named) = named.filter(|it| it != id) {
        let says = match lang {
            Lang::En => format!(
                "the webhook's address names user {named}, the portal says that it acts as {name} ({id}): \
                 our own writes would look like a person's"
            ),
            Lang::Ru => format!(
                "адрес вебхука называет сотрудника {named}, а портал отвечает, что он действует от {name} ({id}): \
                 наши записи выглядели бы как чужие"
            ),
        };
        let remedy = lang.say(
            "copy the whole address of the inbound webhook again",
            "скопируйте адрес входящего вебхука целиком ещё раз",
        );
        return Line::problem("portal_user", says, Some(remedy.to_owned()));
    }
    let says = match (admin, lang) {
        (true, Lang::En) => format!(
            "acts as {name} ({id}), an administrator; nobody else should work under that account (A-U)"
        ),
        (true, Lang::Ru) => format!(
            "действует от {name} ({id}), это администратор; под этим именем не должен работать больше никто (A-U)"
        ),
        (false, Lang::En) => format!(
            "acts as {name} ({id}), no administrator; nobody else should work under that account (A-U)"
        ),
        (false, Lang::Ru) => format!(
            "действует от {name} ({id}), не администратор; под этим именем не должен работать больше никто (A-U)"
        ),
    };
    Line::fine("portal_user", says)
}

/// Whether all deals are shown. Only an administrator is sure to be; of anybody else it can be disproved, not proved.
fn seen(sight: &Sight, profile: &Profile, lang: Lang) -> Line {
    const CHECK: &str = "deals_seen";
    let Sight {
        shown,
        of_others,
        probed,
        hidden,
    } = sight;
    let rights = || {
        lang.say(
            "in CRM, Settings, Access permissions, let the role of this person read all deals of all funnels; \
             or make the webhook as an administrator",
            "CRM, Настройки, Права доступа: дайте роли этого сотрудника чтение всех сделок во всех воронках; \
             или создайте вебхук от имени администратора",
        )
        .to_owned()
    };
    if !hidden.is_empty() {
        let named = named(hidden.iter(), lang);
        let says = match lang {
            Lang::En => format!(
                "{named} exist and are not shown to {}: an order that has such a deal would get a second one (A-V)",
                profile.name
            ),
            Lang::Ru => format!(
                "{named} есть, но {} их не видит: заказ с такой сделкой получил бы вторую (A-V)",
                profile.name
            ),
        };
        return Line::problem(CHECK, says, Some(rights()));
    }
    if profile.admin {
        let says = match lang {
            Lang::En => format!("all of them: an administrator is shown every deal ({shown} now)"),
            Lang::Ru => format!("все: администратору видны все сделки (сейчас {shown})"),
        };
        return Line::fine(CHECK, says);
    }
    if 0 < *of_others {
        let says = match lang {
            Lang::En => format!(
                "{shown}, {of_others} of them other people's; of {probed} ids that are not shown none is hidden. \
                 That is evidence, no proof: only an administrator is sure to see all (A-V)"
            ),
            Lang::Ru => format!(
                "{shown}, из них чужих {of_others}; из {probed} невидимых номеров ни один не скрыт. \
                 Это признак, а не доказательство: наверняка всё видит только администратор (A-V)"
            ),
        };
        return Line::fine(CHECK, says);
    }
    let says = match lang {
        Lang::En => format!(
            "{shown}, none of them another person's; of {probed} ids that are not shown none is hidden. \
             Whether deals of others would be shown cannot be told (A-V)"
        ),
        Lang::Ru => format!(
            "{shown}, среди них нет чужих; из {probed} невидимых номеров ни один не скрыт. \
             Видны ли чужие сделки, сказать нельзя (A-V)"
        ),
    };
    Line::warning(CHECK, says, rights())
}

fn named<'a>(hidden: impl Iterator<Item = &'a DealId>, lang: Lang) -> String {
    let all: Vec<String> = hidden.map(|it| format!("#{it}")).collect();
    let first = all[..all.len().min(NAMED_MAX)].join(", ");
    let rest = all.len().saturating_sub(NAMED_MAX);
    match (rest, lang) {
        (0, Lang::En) => format!("deals {first}"),
        (0, Lang::Ru) => format!("сделки {first}"),
        (_, Lang::En) => format!("deals {first} and {rest} more"),
        (_, Lang::Ru) => format!("сделки {first} и ещё {rest}"),
    }
}
