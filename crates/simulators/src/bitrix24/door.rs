//! The two doors of the portal, the inbound webhook and the local application: who is let in, and why not (facts §6).

use super::error::RestError;
use super::faults::Revoked;
use super::state::State;
use super::text::Text;

/// By which door a request came in; each has rights and operating time of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Door {
    Webhook,
    App,
}

/// Who sent a request that was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) door: Door,
    pub(crate) user: u64,
    /// When its token ends, in milliseconds since the portal was built.
    pub(crate) until: Option<u64>,
}

impl State {
    /// The webhook's owner, if user and secret are its own.
    pub(crate) fn caller_by_webhook(
        &mut self,
        user: &str,
        code: &str,
    ) -> Result<Caller, RestError> {
        match self.revoked(Door::Webhook) {
            Some(Revoked::Credential) => return Err(RestError::invalid_credentials()),
            Some(Revoked::Owner) => return Err(RestError::owner()),
            Some(Revoked::Plan) => return Err(RestError::subscription()),
            None => {}
        }
        if user != self.config.user_id.to_string() || code != self.config.code {
            return Err(RestError::invalid_credentials());
        }
        Ok(Caller {
            door: Door::Webhook,
            user: self.config.user_id,
            until: None,
        })
    }

    /// Who a token stands for, in the order of the portal's checks: known, installed, in time (facts §6).
    pub(crate) fn caller_by_token(&mut self, token: &str) -> Result<Caller, RestError> {
        let probability = self.faults.oauth_connection;
        if self.app.chance(probability) {
            self.count_fault("oauth_connection");
            return Err(RestError::connection());
        }
        let Some(holder) = self.app.holder(token) else {
            return Err(RestError::invalid_token());
        };
        if !holder.installed {
            return Err(RestError::application_not_found());
        }
        if let Some(how) = self.revoked(Door::App) {
            return Err(match how {
                Revoked::Credential => RestError::application_not_found(),
                Revoked::Owner => RestError::owner(),
                Revoked::Plan => RestError::subscription(),
            });
        }
        if holder.until <= self.now {
            return Err(RestError::expired_token());
        }
        Ok(Caller {
            door: Door::App,
            user: holder.user,
            until: Some(holder.until),
        })
    }

    /// The command of a batch before which the caller's token ends, if it does.
    pub(crate) fn token_end(&mut self, caller: Caller, commands: usize) -> Option<usize> {
        let probability = self.faults.oauth_ends_in_batch;
        let may = caller.door == Door::App && self.app.config.checks_each_command && 1 < commands;
        if !may || !self.app.chance(probability) {
            return None;
        }
        self.count_fault("oauth_ends_in_batch");
        let last = commands as u64 - 1;
        usize::try_from(self.app.between((1, last))).ok()
    }

    /// Looks at a caller's token again, where the portal does so before each command of a batch.
    pub(crate) fn still_in_time(&self, caller: Caller) -> Result<(), RestError> {
        let over = caller.until.is_some_and(|it| it <= self.now);
        if over && self.app.config.checks_each_command {
            return Err(RestError::expired_token());
        }
        Ok(())
    }

    /// How access is revoked at present; installing the application anew ends it for the application.
    pub(crate) fn revoked(&mut self, door: Door) -> Option<Revoked> {
        let (from, to) = self.faults.revoked_ms?;
        if !self.reaches(door, from, to) {
            return None;
        }
        self.count_fault("revoked_ms");
        Some(self.faults.revoked_as)
    }

    /// The rights behind a door at present.
    pub(crate) fn scopes(&self, door: Door) -> Vec<String> {
        let mut scopes = match door {
            Door::Webhook => self.config.scopes.clone(),
            Door::App => self.app.config.scopes.clone(),
        };
        if self.is_narrow(door) {
            scopes.retain(|it| it != "crm");
        }
        scopes
    }

    /// Whether the right `crm` is missing at present.
    pub(crate) fn is_narrow(&self, door: Door) -> bool {
        let narrow = self.faults.narrow_ms;
        narrow.is_some_and(|(from, to)| self.reaches(door, from, to))
    }

    fn reaches(&self, door: Door, from: u64, to: u64) -> bool {
        let anew = door == Door::App && self.app.installed_after(from);
        (from..to).contains(&self.now) && !anew
    }
}

impl RestError {
    fn expired_token() -> Self {
        let text = "The access token provided has expired";
        Self::new(401, "expired_token", Text::Fixed(text))
    }

    fn invalid_token() -> Self {
        let text = "The access token provided is not a valid token";
        Self::new(401, "invalid_token", Text::Fixed(text))
    }

    fn application_not_found() -> Self {
        let text = Text::Fixed("Application not found");
        Self::new(401, "APPLICATION_NOT_FOUND", text)
    }

    fn connection() -> Self {
        let text = "Error connecting to authorization server";
        Self::new(401, "CONNECTION_ERROR", Text::Fixed(text))
    }

    pub(crate) fn owner() -> Self {
        let text = Text::Fixed("Unable to authorize user");
        Self::new(401, "authorization_error", text)
    }

    pub(crate) fn subscription() -> Self {
        let text = Text::Fixed("REST is available only by subscription.");
        Self::new(401, "ACCESS_DENIED", text)
    }
}
