//! The one who asks for tokens: renews the pair when its access token has expired, and takes installations.
//!
//! A refresh token is used up by its first use, whether the answer arrives or not. So there is one request at a time, the
//! new pair is on disk before anybody uses it, and a pair that was lost on the way is asked for by a person: who installs
//! the application again.

use std::time::Duration;

use bitrix24::{
    Reply,
    oauth::{self, Grant, Install, NotGranted, Server},
};
use futures_util::future::join;
use kernel::{
    Elapsed,
    mutants::{Mutant, planted},
};
use secrecy::SecretString;
use store::{Store, StoreError};

use super::{
    AppSettings, Condition, Credential, RECORD, Record,
    proof::Unproven,
    reception::{Arrival, Verdict},
};
use crate::{
    Chain,
    transport::{SendError, Transport},
    worker::Shared,
};

/// How long the authorization server's answer is awaited. What is given up may have used the token up: longer is better.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

/// The first pause after it gave no token; each further one is twice as long.
const PAUSE_FIRST: Duration = Duration::from_secs(2);

/// The longest of them.
const PAUSE_MAX: Duration = Duration::from_secs(300);

/// How often an installation is tried to be confirmed while the authorization server does not answer.
const PROOFS_MAX: u32 = 20;

/// The pause after an installation that was refused: forms that anybody can post must not make us ask without end.
const REFUSED_PAUSE: Duration = Duration::from_secs(1);

/// The pause before a pair is tried to be saved again.
const SAVE_PAUSE: Duration = Duration::from_secs(1);

/// Takes the pair that the ledger keeps into use. Says what a person has to do if there is none.
///
/// # Errors
/// The store failed.
pub(crate) async fn recall<S: Store, T: Transport>(
    shared: &Shared<S, T>,
) -> Result<(), StoreError> {
    let Credential::App(app) = &shared.portal.settings().credential else {
        return Ok(());
    };
    if let Some(record) = kept(shared, app).await? {
        let access = record.opens();
        shared.portal.keys().replace(access, record.users);
    }
    Ok(())
}

/// Says once what a person has to do first.
pub(crate) fn announce<S: Store, T: Transport>(shared: &Shared<S, T>) {
    if let Credential::App(app) = &shared.portal.settings().credential
        && shared.portal.keys().at_hand().is_none()
    {
        let install_url = app.install_url.clone();
        shared
            .portal
            .tell(Some(Condition::NotInstalled { install_url }));
    }
}

/// Renews and takes installations, for as long as the service runs.
pub(crate) async fn keep<S: Store, T: Transport>(shared: &Shared<S, T>) {
    let Credential::App(app) = &shared.portal.settings().credential else {
        return std::future::pending().await;
    };
    let record = loop {
        match kept(shared, app).await {
            Ok(record) => break record,
            Err(error) => {
                tracing::error!(error = %Chain(&error), "Failed to read the portal's tokens from the ledger; tried again");
                tokio::time::sleep(SAVE_PAUSE).await;
            }
        }
    };
    let mut keeper = Keeper {
        shared,
        app,
        record,
        refused: None,
        unproven: None,
    };
    loop {
        let errand = tokio::select! {
            biased;
            () = keeper.renewal_due() => Errand::Renew,
            arrival = shared.reception.next() => Errand::Take(arrival),
            () = keeper.proof_due() => Errand::ProveAgain,
        };
        shared.portal.keys().asked_for(true);
        match errand {
            Errand::Renew => keeper.renew().await,
            Errand::Take(arrival) => keeper.take(arrival).await,
            Errand::ProveAgain => keeper.prove_again().await,
        }
        shared.portal.keys().asked_for(false);
    }
}

async fn kept<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    app: &AppSettings,
) -> Result<Option<Record>, StoreError> {
    let text = shared.store.meta(RECORD).await?;
    let record = text.as_deref().and_then(|it| Record::read(it, app));
    if text.is_some() && record.is_none() {
        tracing::warn!("The portal's tokens in the ledger cannot be read: they count as none");
    }
    Ok(record)
}

pub(super) struct Keeper<'a, S, T> {
    pub(super) shared: &'a Shared<S, T>,
    pub(super) app: &'a AppSettings,
    pub(super) record: Option<Record>,
    /// Why there is no new pair, where the last request for one failed.
    refused: Option<Trial<NotGranted>>,
    /// An installation that the authorization server neither confirmed nor denied yet.
    unproven: Option<Trial<Install>>,
}

/// What the keeper asks tokens for.
enum Errand {
    Renew,
    Take(Arrival),
    ProveAgain,
}

/// Something that is tried again after ever longer pauses.
struct Trial<W> {
    what: W,
    tries: u32,
    again: Elapsed,
}

impl<S: Store, T: Transport> Keeper<'_, S, T> {
    async fn renewal_due(&self) {
        match &self.refused {
            None => self.shared.portal.keys().wanted().await,
            Some(refused) if refused.what.is_final() => std::future::pending().await,
            Some(refused) => self.shared.clock.sleep_until(refused.again).await,
        }
    }

    async fn proof_due(&self) {
        match &self.unproven {
            None => std::future::pending().await,
            Some(unproven) => self.shared.clock.sleep_until(unproven.again).await,
        }
    }

    /// Buys the next pair.
    async fn renew(&mut self) {
        let Some(record) = &self.record else {
            // Without a pair there is no key that could have expired.
            return self.shared.portal.keys().close();
        };
        let (server, refresh) = (record.server.clone(), record.refresh.clone());
        let granted = if planted(Mutant::RefreshNotSingle) {
            // A planted bug: whoever finds the token expired asks for the next one.
            let (one, other) = join(self.ask(&server, &refresh), self.ask(&server, &refresh)).await;
            one.and(other)
        } else {
            self.ask(&server, &refresh).await
        };
        match granted {
            Ok(grant) => {
                self.adopt(grant, &server, false).await;
                self.shared.counters.token("renewed");
            }
            Err(why) => {
                self.shared.counters.token(word(&why));
                self.shared.portal.keys().close();
                self.shared
                    .portal
                    .tell(Some(Condition::NoToken(told(&why))));
                let tries = self.refused.as_ref().map_or(0, |it| it.tries);
                self.refused = Some(self.trial(why, tries));
            }
        }
    }

    async fn take(&mut self, arrival: Arrival) {
        let verdict = self.prove(arrival.install.clone(), 0).await;
        // Whoever asked may be gone.
        let _ = arrival.answer.send(verdict);
        if verdict == Verdict::Refused {
            tokio::time::sleep(REFUSED_PAUSE).await;
        }
    }

    async fn prove_again(&mut self) {
        if let Some(Trial { what, tries, .. }) = self.unproven.take() {
            self.prove(what, tries).await;
        }
    }

    /// Believes an installation if its token buys a pair of our own application, in our own portal.
    async fn prove(&mut self, install: Install, tries: u32) -> Verdict {
        let unproven = match self.proof(&install, 0 < tries).await {
            Ok((grant, server)) => {
                self.unproven = None;
                self.adopt(grant, &server, true).await;
                self.shared.counters.token("installed");
                let host = self.app.portal.host();
                tracing::info!(
                    portal.host = host,
                    "The application is installed in {host}: orders are worked on"
                );
                return Verdict::Taken;
            }
            Err(unproven) => unproven,
        };
        match unproven {
            Unproven::Refused => Verdict::Refused,
            Unproven::Later(why) if tries < PROOFS_MAX => {
                tracing::warn!(
                    "The application was installed, but Bitrix24's authorization server does not confirm it ({why}); asked again"
                );
                self.unproven = Some(self.trial(install, tries));
                Verdict::Waits
            }
            Unproven::Later(_) => {
                tracing::warn!(
                    "Bitrix24's authorization server did not confirm the installation; press Reinstall in the application's menu once it can be reached"
                );
                Verdict::Refused
            }
        }
    }

    /// Keeps a pair, then puts it into use.
    async fn adopt(&mut self, grant: Grant, asked: &Server, installed: bool) {
        let record = Record::of(grant, asked, self.app, self.record.as_ref());
        let before = self.record.as_ref().map(|it| it.endpoint.host().to_owned());
        let host = record.endpoint.host();
        if before.is_some_and(|it| it != host) {
            tracing::info!(portal.host = host, "The portal's address is {host} now");
        }
        if planted(Mutant::TokenBeforeSave) {
            // A planted bug: the pair is in use before it is on disk.
            self.shared
                .portal
                .keys()
                .replace(record.opens(), record.users.clone());
            tokio::time::sleep(SAVE_PAUSE).await;
        }
        let text = record.write();
        while let Err(error) = self.shared.store.set_meta(RECORD, &text).await {
            tracing::error!(error = %Chain(&error),
                "Failed to save the portal's new tokens; nothing is sent before they are saved");
            tokio::time::sleep(SAVE_PAUSE).await;
        }
        let (access, users) = (record.opens(), record.users.clone());
        self.record = Some(record);
        self.refused = None;
        self.shared.portal.keys().replace(access, users);
        self.shared.portal.has_token(installed);
    }

    pub(super) async fn ask(
        &self,
        server: &Server,
        refresh: &SecretString,
    ) -> Result<Grant, NotGranted> {
        let request = oauth::refresh_request(server, &self.app.client, refresh);
        let sending = self.shared.portal.transport().send(request);
        match tokio::time::timeout(TIMEOUT, sending).await {
            Ok(Ok(answer)) => oauth::read(Reply::Answer {
                status: answer.status(),
                body: answer.body(),
            }),
            Ok(Err(SendError::NotSent)) => oauth::read(Reply::NotSent),
            Ok(Err(SendError::Lost)) | Err(_) => oauth::read(Reply::Lost),
        }
    }

    fn trial<W>(&self, what: W, tries: u32) -> Trial<W> {
        let pause = PAUSE_FIRST.saturating_mul(2_u32.saturating_pow(tries.min(16)));
        Trial {
            what,
            tries: tries + 1,
            again: self.shared.clock.now() + pause.min(PAUSE_MAX),
        }
    }
}

/// People are told once that there is no answer, whichever way it is missing.
fn told(why: &NotGranted) -> NotGranted {
    match why {
        NotGranted::NotSent => NotGranted::NoAnswer,
        NotGranted::InstallAgain { .. }
        | NotGranted::UnknownClient { .. }
        | NotGranted::Scope { .. }
        | NotGranted::Payment { .. }
        | NotGranted::Refused { .. }
        | NotGranted::NoAnswer => why.clone(),
    }
}

pub(super) fn word(why: &NotGranted) -> &'static str {
    match why {
        NotGranted::InstallAgain { .. } => "install_again",
        NotGranted::UnknownClient { .. } => "unknown_client",
        NotGranted::Scope { .. } => "scope",
        NotGranted::Payment { .. } => "payment",
        NotGranted::Refused { .. } => "refused",
        NotGranted::NoAnswer => "no_answer",
        NotGranted::NotSent => "not_sent",
    }
}
