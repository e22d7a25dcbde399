//! Who is asking: tokens, sessions of the dashboard, and what a browser has to show before it may change anything.
//!
//! Invariants: tokens are compared in constant time; sessions live in memory, in bounded number and for a bounded time, and
//! are gone at a restart; whoever is let in by something that a browser sends by itself (a cookie, or being on this
//! machine) changes nothing without a form token from one of our own pages.

mod attempts;
mod origin;
mod posted;
mod refusal;
mod sessions;
mod tokens;
mod who;

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{HeaderMap, HeaderValue, header, request::Parts};
use kernel::Elapsed;
use secrecy::{ExposeSecret as _, SecretString};

use self::{
    attempts::Attempts,
    sessions::{Sessions, fingerprint},
};
pub use self::{
    attempts::Caller,
    posted::{Fields, Posted},
    refusal::{Reason, Refusal},
    tokens::Tokens,
    who::{Operator, Reader, Role, Via, Who},
};
pub(crate) use self::{posted::read as read_form, refusal::LOGIN_PATH};
use crate::{clock::LedgerClock, subscriptions::PublicUrl};

/// Headers that a proxy adds: with one of them a request on loopback may come from anywhere.
const FORWARDING: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

/// Carries the name of a session.
const COOKIE: &str = "onedeal_session";

/// Who may see metrics, dashboard and API.
#[derive(Debug, Clone)]
pub enum AdminAccess {
    /// Whoever shows a token.
    Token(Tokens),
    /// Whoever asks on this machine without a proxy in between.
    LoopbackOnly,
    /// Nobody.
    Off,
}

impl AdminAccess {
    /// What a request has to show, as the value of its header `Authorization`; `None` where nothing helps or is needed.
    pub fn header(&self) -> Option<HeaderValue> {
        match self {
            Self::Token(tokens) => {
                let bearer = format!("Bearer {}", tokens.operator.expose_secret());
                let mut value = HeaderValue::from_str(&bearer).ok()?;
                value.set_sensitive(true);
                Some(value)
            }
            Self::LoopbackOnly | Self::Off => None,
        }
    }
}

/// The door of one process. A clone is the same door.
#[derive(Clone)]
pub struct Door {
    inner: Arc<Inner>,
}

struct Inner {
    access: AdminAccess,
    /// The authority of our public address, where that is known and differs from what a proxy tells.
    public: Option<String>,
    https: bool,
    clock: LedgerClock,
    sessions: Mutex<Sessions>,
    attempts: Mutex<Attempts>,
}

impl Door {
    /// A door with nobody inside. `seed` has to be unguessable and new for each process: the names of sessions and the form
    /// tokens come from it.
    pub fn new(
        access: AdminAccess,
        seed: [u8; 32],
        public: Option<&PublicUrl>,
        clock: LedgerClock,
    ) -> Self {
        let uri = public.and_then(|it| it.as_str().parse::<http::Uri>().ok());
        let https = uri
            .as_ref()
            .is_some_and(|it| it.scheme_str() == Some("https"));
        let authority = uri.and_then(|it| it.authority().map(ToString::to_string));
        Self {
            inner: Arc::new(Inner {
                access,
                public: authority,
                https,
                clock,
                sessions: Mutex::new(Sessions::new(seed)),
                attempts: Mutex::default(),
            }),
        }
    }

    /// Whether there is a token to log in with.
    pub fn has_login(&self) -> bool {
        matches!(self.inner.access, AdminAccess::Token(_))
    }

    /// Lets in whoever shows a token, and returns the cookie that names the new session.
    ///
    /// # Errors
    /// The token is wrong, too many were, or the form came from another site.
    pub fn login(&self, parts: &Parts, shown: &SecretString) -> Result<HeaderValue, Refusal> {
        let refuse = |reason| Refusal::new(reason, parts);
        let AdminAccess::Token(tokens) = &self.inner.access else {
            return Err(refuse(Reason::Off));
        };
        if !origin::is_ours(parts, self.inner.public.as_deref()) {
            return Err(refuse(Reason::OtherSite));
        }
        let role = self.token(parts, tokens, shown.expose_secret().trim())?;
        let (name, life) = self.sessions().open(role, self.now());
        cookie(&name, life, self.is_https(&parts.headers)).ok_or_else(|| refuse(Reason::Login))
    }

    /// Ends the session of this request, and returns the cookie that makes the browser forget it; `shown` is the form token
    /// that came with it.
    ///
    /// # Errors
    /// Nobody was inside, or the form is not one of ours.
    pub fn logout(&self, parts: &Parts, shown: &str) -> Result<HeaderValue, Refusal> {
        let who = self.judge(parts)?;
        self.check_form(parts, &who, shown)?;
        if let Some(name) = session_name(&parts.headers) {
            self.sessions().close(&fingerprint(name));
        }
        let cookie = cookie("", Duration::ZERO, self.is_https(&parts.headers));
        cookie.ok_or_else(|| Refusal::new(Reason::Login, parts))
    }

    /// Who a request comes from.
    ///
    /// # Errors
    /// From nobody who may see anything.
    pub fn judge(&self, parts: &Parts) -> Result<Who, Refusal> {
        let refuse = |reason| Err(Refusal::new(reason, parts));
        match &self.inner.access {
            AdminAccess::Off => refuse(Reason::Off),
            AdminAccess::LoopbackOnly if is_forwarded(&parts.headers) => refuse(Reason::Off),
            // A name that a stranger's site let lead to this machine must not open anything.
            AdminAccess::LoopbackOnly if !origin::is_loopback_host(&parts.headers) => {
                refuse(Reason::Host)
            }
            AdminAccess::LoopbackOnly => {
                let form_token = self.sessions().form_token(b"loopback");
                Ok(Who::new(Role::Operator, Via::Loopback, form_token))
            }
            AdminAccess::Token(tokens) => {
                if let Some(shown) = bearer(&parts.headers) {
                    let role = self.token(parts, tokens, shown)?;
                    return Ok(Who::new(role, Via::Token, String::new()));
                }
                let Some(name) = session_name(&parts.headers) else {
                    return refuse(Reason::Login);
                };
                let (key, now) = (fingerprint(name), self.now());
                let mut sessions = self.sessions();
                match sessions.find(&key, now) {
                    Some(role) => Ok(Who::new(role, Via::Session, sessions.form_token(&key))),
                    None => refuse(Reason::Login),
                }
            }
        }
    }

    /// Who a request comes from that is about to change something; `shown` is the form token that came with it.
    ///
    /// # Errors
    /// From nobody who may do that, or not from one of our own pages.
    pub(crate) fn judge_change(&self, parts: &Parts, shown: &str) -> Result<Who, Refusal> {
        let who = self.judge_operator(parts)?;
        self.check_form(parts, &who, shown)?;
        Ok(who)
    }

    fn check_form(&self, parts: &Parts, who: &Who, shown: &str) -> Result<(), Refusal> {
        let from_ours = origin::is_ours(parts, self.inner.public.as_deref());
        match who.via {
            // Nothing that a browser sends by itself let it in: there is nothing to forge.
            Via::Token => Ok(()),
            Via::Session | Via::Loopback if !from_ours => {
                Err(Refusal::new(Reason::OtherSite, parts))
            }
            Via::Session | Via::Loopback if !tokens::same_text(shown, who.form_token()) => {
                Err(Refusal::new(Reason::StaleForm, parts))
            }
            Via::Session | Via::Loopback => Ok(()),
        }
    }

    fn judge_operator(&self, parts: &Parts) -> Result<Who, Refusal> {
        let who = self.judge(parts)?;
        match who.role {
            Role::Operator => Ok(who),
            Role::Reader => Err(Refusal::new(Reason::ReadOnly, parts)),
        }
    }

    /// The role of a token; a wrong one counts against whoever showed it.
    fn token(&self, parts: &Parts, tokens: &Tokens, shown: &str) -> Result<Role, Refusal> {
        let (now, caller) = (self.now(), caller(parts));
        let mut attempts = self
            .inner
            .attempts
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(wait) = attempts.wait(caller, now) {
            return Err(Refusal::new(Reason::TooMany(wait), parts));
        }
        let Some(role) = tokens.role_of(shown) else {
            attempts.failed(caller, now);
            return Err(Refusal::new(Reason::WrongToken, parts));
        };
        attempts.passed(caller);
        Ok(role)
    }

    fn is_https(&self, headers: &HeaderMap) -> bool {
        let says = |name: &str, word: &str| {
            let value = headers.get(name).and_then(|it| it.to_str().ok());
            value.is_some_and(|it| it.to_ascii_lowercase().contains(word))
        };
        self.inner.https || says("x-forwarded-proto", "https") || says("forwarded", "proto=https")
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.inner
            .sessions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Elapsed {
        self.inner.clock.now()
    }
}

/// Who a failed attempt counts against: what the nearest proxy says where one of this network speaks for others.
fn caller(parts: &Parts) -> IpAddr {
    let peer = parts.extensions.get::<Caller>();
    let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |it| it.0);
    let forwarded = parts.headers.get_all("x-forwarded-for").iter().next_back();
    let forwarded = forwarded.and_then(|it| it.to_str().ok());
    let client = forwarded.and_then(|it| it.rsplit(',').next()?.trim().parse().ok());
    match client {
        Some(client) if origin::is_near(peer) => client,
        Some(_) | None => peer,
    }
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    FORWARDING.iter().any(|it| headers.contains_key(*it))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

fn session_name(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    cookies
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(';'))
        .filter_map(|it| it.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}

fn cookie(name: &str, life: Duration, secure: bool) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    let life = life.as_secs();
    let text =
        format!("{COOKIE}={name}; Path=/; Max-Age={life}; HttpOnly; SameSite=Strict{secure}");
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests;
