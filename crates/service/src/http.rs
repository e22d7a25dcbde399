//! The HTTP face: intake, health, metrics.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use constant_time::same_text;
use secrecy::{ExposeSecret as _, SecretString};
use store::Store;

use crate::{
    intake::{self, Intake},
    transport::Transport,
    worker::Shared,
};

/// Headers that a proxy adds: with one of them a request on loopback may come from anywhere.
const FORWARDING: [&str; 3] = ["forwarded", "x-forwarded-for", "x-real-ip"];

/// Who may see metrics.
#[derive(Debug, Clone)]
pub enum AdminAccess {
    /// Whoever shows this token.
    Token(SecretString),
    /// Whoever asks on this machine without a proxy in between.
    LoopbackOnly,
    /// Nobody.
    Off,
}

impl AdminAccess {
    /// What a request has to show, as the value of its header `Authorization`; `None` where nothing helps or is needed.
    pub fn header(&self) -> Option<HeaderValue> {
        match self {
            Self::Token(token) => {
                let mut value =
                    HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())).ok()?;
                value.set_sensitive(true);
                Some(value)
            }
            Self::LoopbackOnly | Self::Off => None,
        }
    }
}

struct Face<S, T> {
    shared: Arc<Shared<S, T>>,
    admin: AdminAccess,
    healthy: tokio::sync::watch::Receiver<bool>,
}

impl<S, T> Clone for Face<S, T> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            admin: self.admin.clone(),
            healthy: self.healthy.clone(),
        }
    }
}

/// All routes.
pub fn router<S: Store, T: Transport>(
    intake: Intake<S, T>,
    admin: AdminAccess,
    healthy: tokio::sync::watch::Receiver<bool>,
) -> Router {
    let face = Face {
        shared: intake.shared.clone(),
        admin,
        healthy,
    };
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready::<S, T>))
        .route("/metrics", get(metrics::<S, T>))
        .with_state(face)
        .merge(intake::router(intake))
}

/// Ready while deliveries can be stored and the worker turns; a portal that is down changes nothing.
async fn ready<S: Store, T: Transport>(
    State(face): State<Face<S, T>>,
) -> (StatusCode, &'static str) {
    if !*face.healthy.borrow() {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "the worker does not turn\n",
        );
    }
    match face.shared.store.healthy().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the store takes no writes\n",
        ),
    }
}

async fn metrics<S: Store, T: Transport>(
    State(face): State<Face<S, T>>,
    headers: HeaderMap,
) -> Response {
    if !allowed(&face.admin, &headers) {
        return (
            StatusCode::UNAUTHORIZED,
            "metrics need the admin token (Authorization: Bearer …)\n",
        )
            .into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], face.shared.counters.page()).into_response()
}

fn allowed(admin: &AdminAccess, headers: &HeaderMap) -> bool {
    match admin {
        AdminAccess::Off => false,
        AdminAccess::LoopbackOnly => FORWARDING.iter().all(|it| !headers.contains_key(*it)),
        AdminAccess::Token(token) => {
            let shown = headers
                .get(header::AUTHORIZATION)
                .and_then(|it| it.to_str().ok());
            let shown = shown
                .and_then(|it| it.strip_prefix("Bearer "))
                .unwrap_or_default();
            same_text(shown, token.expose_secret())
        }
    }
}

/// Comparison that takes the same time wherever two texts differ.
mod constant_time {
    use sha2::{Digest as _, Sha256};

    /// Compares fingerprints bit by bit, so that neither length nor content shows in the time it takes.
    pub(super) fn same_text(one: &str, other: &str) -> bool {
        let (one, other) = (
            Sha256::digest(one.as_bytes()),
            Sha256::digest(other.as_bytes()),
        );
        one.iter()
            .zip(other.iter())
            .fold(0_u8, |diff, (one, other)| diff | (one ^ other))
            == 0
    }
}
