//! Does the portal answer, and does what opens it have the right `crm`?

use kernel::mapping::Directory;
use service::{access::Opener, config::Settings};

use super::report::{Line, Report};
use crate::{
    exit::Failure,
    lang::Lang,
    peer::{self, Hindrance},
};

/// What the portal offers; `None` if it does not answer as it should.
pub(super) async fn directory(
    settings: &Settings,
    report: &mut Report,
    lang: Lang,
) -> Result<Option<Directory>, Failure> {
    let inquiry = peer::inquiry(&settings.portal)?;
    match inquiry.directory().await {
        Ok(directory) => {
            let host = settings.portal.host();
            let opener = match settings.portal.credential.opener() {
                Opener::Webhook => lang.say("webhook", "вебхука"),
                Opener::App => lang.say("application", "приложения"),
            };
            let says = match lang {
                Lang::En => format!("{host} answers, and the {opener} has the right `crm`"),
                Lang::Ru => format!("{host} отвечает, у {opener} есть право `crm`"),
            };
            report.add(Line::fine("portal", says));
            Ok(Some(directory))
        }
        Err(error) => {
            let Hindrance { problem, remedy } = Hindrance::of(&error, &settings.portal, lang);
            report.add(Line::problem("portal", problem, Some(remedy)));
            Ok(None)
        }
    }
}
