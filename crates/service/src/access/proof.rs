//! Whether an installation is of our own application, in our own portal. The form only claims it; the pair that its token
//! buys proves it.

use bitrix24::oauth::{Grant, Install, NotGranted, Server};
use store::Store;

use super::keeper::{Keeper, word};
use crate::transport::Transport;

/// Why an installation is not taken.
pub(super) enum Unproven {
    /// The authorization server does not answer.
    Later(NotGranted),
    /// It is not ours.
    Refused,
}

impl<S: Store, T: Transport> Keeper<'_, S, T> {
    /// The pair that an installation's token buys, and where; `again` says that it was asked for before, without an answer.
    pub(super) async fn proof(
        &self,
        install: &Install,
        again: bool,
    ) -> Result<(Grant, Server), Unproven> {
        // A linked portal's own address counts, and may have changed since the settings were written.
        let endpoint = self.record.as_ref().map(|it| &it.endpoint);
        let ours = endpoint.unwrap_or(&self.app.portal).host();
        let theirs = shown(&install.domain);
        let linked = self.record.as_ref().map(|it| it.member.as_str());
        if linked.is_some_and(|it| it != install.member) {
            tracing::warn!(
                "An installation in another portal (it says: {theirs}) was refused: this ledger belongs to {ours}, and a second portal needs a ledger of its own"
            );
            return Err(Unproven::Refused);
        }
        let server = match &self.app.server {
            Some(server) => server.clone(),
            None => Server::parse(&install.server).map_err(|why| {
                let named = shown(&install.server);
                tracing::warn!(
                    "An installation was refused: it names {named} as Bitrix24's authorization server, and {why}"
                );
                Unproven::Refused
            })?,
        };
        let grant = match self.ask(&server, &install.refresh).await {
            Ok(grant) => grant,
            Err(why @ (NotGranted::NoAnswer | NotGranted::NotSent)) => {
                self.shared.counters.token(word(&why));
                return Err(Unproven::Later(why));
            }
            Err(why) => {
                self.shared.counters.token(word(&why));
                let remedy = not_confirmed(&why, again);
                tracing::warn!(
                    "An installation (it says: {theirs}) was refused, as Bitrix24's authorization server does not confirm it ({}): {remedy}",
                    why.code().unwrap_or_default()
                );
                return Err(Unproven::Refused);
            }
        };
        let found = grant.endpoint.host();
        let ours_too = match linked {
            Some(member) => member == grant.member,
            None => found == ours,
        };
        if !ours_too {
            tracing::warn!(
                "The application was installed in {found}, and not in {ours}: set ONEDEAL_BITRIX24_PORTAL to {found} if that is the right portal, and press Reinstall there; a ledger keeps to one portal"
            );
            return Err(Unproven::Refused);
        }
        Ok((grant, server))
    }
}

fn not_confirmed(why: &NotGranted, again: bool) -> &'static str {
    match why {
        NotGranted::InstallAgain { .. } if again => {
            "an earlier answer was lost and used it up; press Reinstall in the application's menu"
        }
        NotGranted::InstallAgain { .. } => {
            "it is not of our application; check that ONEDEAL_BITRIX24_CLIENT_ID names the application that was installed"
        }
        NotGranted::UnknownClient { .. } => {
            "check ONEDEAL_BITRIX24_CLIENT_ID and ONEDEAL_BITRIX24_CLIENT_SECRET against the application, then press Reinstall in its menu"
        }
        NotGranted::Payment { .. } => "the paid time of the portal or of the application is over",
        NotGranted::Scope { .. }
        | NotGranted::Refused { .. }
        | NotGranted::NoAnswer
        | NotGranted::NotSent => "press Reinstall in the application's menu once more",
    }
}

/// What a stranger wrote, short and without tricks.
fn shown(text: &str) -> String {
    const SHOWN_MAX: usize = 80;
    let plain = |it: &char| it.is_ascii_alphanumeric() || ".:/-_".contains(*it);
    text.chars().filter(plain).take(SHOWN_MAX).collect()
}
