//! Who may do what, and the extractors that ask for it.

use std::fmt;

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;

use super::{Door, Refusal};

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Look.
    Reader,
    /// Look and act.
    Operator,
}

/// How somebody was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// By a token in the header `Authorization`.
    Token,
    /// By a session of the dashboard.
    Session,
    /// By being on this machine, where no token is set.
    Loopback,
}

/// Somebody who was let in.
#[derive(Clone, PartialEq, Eq)]
pub struct Who {
    /// What they may do.
    pub role: Role,
    /// How they were let in.
    pub via: Via,
    form_token: String,
}

impl Who {
    pub(super) fn new(role: Role, via: Via, form_token: String) -> Self {
        Self {
            role,
            via,
            form_token,
        }
    }

    /// What a form of our pages carries to prove that it is ours.
    pub fn form_token(&self) -> &str {
        &self.form_token
    }

    /// Whether they may act.
    pub fn may_act(&self) -> bool {
        self.role == Role::Operator
    }
}

impl fmt::Debug for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Who")
            .field("role", &self.role)
            .field("via", &self.via)
            .finish_non_exhaustive()
    }
}

/// Somebody who may look.
#[derive(Debug, Clone)]
pub struct Reader(pub Who);

/// Somebody who may act. A request that changes something carries the form token in its header `X-Form-Token`, unless
/// it came with a token of its own.
#[derive(Debug, Clone)]
pub struct Operator(pub Who);

/// Where scripts of our pages put the form token.
pub(super) const FORM_TOKEN_HEADER: &str = "x-form-token";

impl<S: Send + Sync> FromRequestParts<S> for Reader
where
    Door: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        Door::from_ref(state).judge(parts).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Operator
where
    Door: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let door = Door::from_ref(state);
        if parts.method.is_safe() {
            return door.judge_operator(parts).map(Self);
        }
        let shown = parts.headers.get(FORM_TOKEN_HEADER);
        let shown = shown.and_then(|it| it.to_str().ok()).unwrap_or_default();
        door.judge_change(parts, shown).map(Self)
    }
}
