//! The HTTP face: intake, health, metrics.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use store::Store;

pub use crate::door::AdminAccess;
use crate::{
    intake::{self, Intake},
    transport::Transport,
    worker::Shared,
};

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
    if !face.admin.shows_metrics(&headers) {
        return (
            StatusCode::UNAUTHORIZED,
            "metrics need the admin token (Authorization: Bearer …)\n",
        )
            .into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], face.shared.counters.page()).into_response()
}
