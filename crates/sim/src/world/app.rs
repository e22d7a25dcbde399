//! A local application in a universe: its settings, and the people who install it, again where they are told to.

use std::time::Duration;

use axum::body::Body;
use bitrix24::oauth::{Client, Endpoint};
use http::Request;
use rand::RngExt as _;
use service::access::{AppSettings, Condition, Credential, INSTALL_PATH};
use simulators::bitrix24::AppConfig;
use tower::ServiceExt as _;

use super::{World, portal_url};
use crate::script::{AppScript, Script};

/// The portal's user who installs the application: the one that the webhook belongs to elsewhere.
const INSTALLER: u64 = 1;

/// How often people look whether onedeal asks them for something.
const LOOKS_EVERY: Duration = Duration::from_secs(5);

/// How soon people press the button again where the first time had no effect.
const PRESSED_AGAIN: Duration = Duration::from_secs(60);

/// Bitrix24 waits no longer than this for an answer to its form.
const FORM_TIMEOUT: Duration = Duration::from_secs(30);

/// What opens the portal of a script.
pub(super) fn credential(script: &Script) -> Credential {
    if script.app.is_none() {
        return Credential::Webhook(portal_url());
    }
    let config = AppConfig::default();
    Credential::App(AppSettings {
        client: Client {
            id: config.client_id,
            secret: config.client_secret.into(),
        },
        portal: Endpoint::parse("https://portal.bitrix24.com/rest/").expect("an endpoint"),
        server: None,
        install_url: None,
        ledger: std::path::PathBuf::new(),
    })
}

/// The application as the portal knows it.
pub(super) fn config(app: &AppScript) -> AppConfig {
    AppConfig {
        access_life_s: app.life_s,
        old_access_lives: app.old_lives,
        checks_each_command: app.checks_each_command,
        error_status: app.error_status,
        ..AppConfig::default()
    }
}

impl World {
    /// People install the application, somebody may remove it, and they install it again when onedeal asks them to.
    pub async fn installers(self) {
        let Some(app) = self.script.app else { return };
        let mut rng = self.chance(6);
        tokio::time::sleep(app.installed_after).await;
        self.press_until_taken().await;
        let begin = tokio::time::Instant::now();
        let mut removed = app.removed_after;
        loop {
            tokio::time::sleep(LOOKS_EVERY).await;
            if removed.is_some_and(|it| it < begin.elapsed()) {
                removed = None;
                self.portal.remove_app();
                self.trace
                    .say(|| "----- the application is removed".to_owned());
                self.slot().removals += 1;
            }
            if self.asks_for_people() {
                let (shortest, longest) = app.notice_ms;
                let notice = Duration::from_millis(rng.random_range(shortest..longest));
                tokio::time::sleep(notice).await;
                // It may have passed meanwhile.
                if self.asks_for_people() {
                    self.press_until_taken().await;
                }
                // Nobody removes what was installed again just now.
                removed = removed.filter(|it| begin.elapsed() < *it);
            }
        }
    }

    /// Whether onedeal says that somebody has to act in Bitrix24.
    fn asks_for_people(&self) -> bool {
        let condition = self.service().and_then(|it| it.portal_condition());
        match condition {
            Some(Condition::NotInstalled { .. } | Condition::Refused { .. }) => true,
            Some(Condition::NoToken(why)) => why.is_final(),
            Some(Condition::Unreachable) | None => false,
        }
    }

    /// People press Reinstall until onedeal says that it has what it needs.
    async fn press_until_taken(&self) {
        loop {
            let form = self.portal.install_app(INSTALLER);
            let answer = self.post_form(form).await;
            self.trace
                .say(|| format!("----- the application is installed -> {answer:?}"));
            self.slot().installs += 1;
            if answer == Some(200) {
                return;
            }
            tokio::time::sleep(PRESSED_AGAIN).await;
        }
    }

    async fn post_form(&self, form: String) -> Option<u16> {
        let (router, mut died) = {
            let slot = self.slot();
            (slot.router.clone()?, slot.died.clone()?)
        };
        let request = Request::post(INSTALL_PATH)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .expect("a form");
        tokio::select! {
            biased;
            _ = died.wait_for(|it| *it) => None,
            answer = tokio::time::timeout(FORM_TIMEOUT, router.oneshot(request)) => {
                Some(answer.ok()?.ok()?.status().as_u16())
            }
        }
    }

    /// Notes what the service says of its access, now that everything is at rest.
    pub fn note_condition(&self) {
        let condition = self.service().and_then(|it| it.portal_condition());
        if self.script.app.is_some() {
            self.slot().condition = condition.map(|it| it.word().to_owned());
        }
    }

    /// What the service said of its access at rest.
    pub fn condition(&self) -> Option<String> {
        self.slot().condition.clone()
    }

    /// How often the application was installed, and removed.
    pub fn installs(&self) -> (u64, u64) {
        let slot = self.slot();
        (slot.installs, slot.removals)
    }
}
