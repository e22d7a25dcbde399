//! The access token of an app: asked for once, renewed before it ends.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use http::Response;
use secrecy::{ExposeSecret as _, SecretString};
use shopify::token::{self, NotGranted};
use tokio::sync::Mutex;

use super::AdminError;

/// A token is renewed once this much of its life has passed, in hundredths (facts/shopify.md §5.2).
const RENEW_AFTER: u32 = 80;

/// How often a token is asked for in a row.
const ASKED_MAX: u32 = 3;

/// The pause between two of them.
const PAUSE: Duration = Duration::from_secs(1);

/// The token that is held. Whoever needs one while it is renewed waits for the same one.
#[derive(Default)]
pub(super) struct Tokens {
    held: Mutex<Option<Held>>,
}

struct Held {
    token: SecretString,
    /// On the machine's boot clock.
    renew_at: Duration,
    ends_at: Duration,
}

impl Tokens {
    /// A token that is good by our clock: the one at hand, or a new one. While no new one can be had, the old one is
    /// good to its end.
    pub(super) async fn get<F>(
        &self,
        now: impl Fn() -> Duration,
        ask: impl Fn() -> F,
    ) -> Result<SecretString, AdminError>
    where
        F: Future<Output = Result<Response<Bytes>, AdminError>>,
    {
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_ref()
            && now() < held.renew_at
        {
            return Ok(held.token.clone());
        }
        match granted(ask).await {
            Ok(grant) => {
                let now = now();
                let token = grant.token;
                *held = Some(Held {
                    token: token.clone(),
                    renew_at: now + grant.life * RENEW_AFTER / 100,
                    ends_at: now + grant.life,
                });
                Ok(token)
            }
            Err(error) => match held.as_ref() {
                Some(held) if now() < held.ends_at => Ok(held.token.clone()),
                Some(_) | None => Err(error),
            },
        }
    }

    /// Drops a token that was not accepted. A newer one that somebody got meanwhile stays.
    pub(super) async fn forget(&self, refused: &SecretString) {
        let mut held = self.held.lock().await;
        let token = held.as_ref().map(|it| it.token.expose_secret());
        if token == Some(refused.expose_secret()) {
            *held = None;
        }
    }
}

async fn granted<F>(ask: impl Fn() -> F) -> Result<token::Grant, AdminError>
where
    F: Future<Output = Result<Response<Bytes>, AdminError>>,
{
    let mut asked = 0;
    loop {
        asked += 1;
        let error = match ask().await {
            Ok(answer) => match token::read(answer.status(), answer.body()) {
                Ok(grant) => return Ok(grant),
                Err(error) => AdminError::Token(error),
            },
            Err(error) => error,
        };
        let passes = matches!(
            error,
            AdminError::NoAnswer | AdminError::Token(NotGranted::Later { .. })
        );
        if !passes || asked == ASKED_MAX {
            return Err(error);
        }
        tokio::time::sleep(PAUSE * asked).await;
    }
}
