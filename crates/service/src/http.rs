//! The HTTP face: intake and health for everybody, metrics for whom the door lets in.

use std::sync::Arc;

use axum::{
    Router,
    extract::{FromRef, State},
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use store::Store;

pub use crate::door::AdminAccess;
use crate::{
    counters::Counters,
    door::{Door, Reader},
    intake::{self, Intake},
    transport::Transport,
    worker::Shared,
};

struct Face<S, T> {
    shared: Arc<Shared<S, T>>,
    healthy: tokio::sync::watch::Receiver<bool>,
}

impl<S, T> Clone for Face<S, T> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            healthy: self.healthy.clone(),
        }
    }
}

/// The routes that need no token.
pub fn router<S: Store, T: Transport>(
    intake: Intake<S, T>,
    healthy: tokio::sync::watch::Receiver<bool>,
) -> Router {
    let face = Face {
        shared: intake.shared.clone(),
        healthy,
    };
    Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready::<S, T>))
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

/// Where the metrics are.
pub(crate) const METRICS_PATH: &str = "/metrics";

#[derive(Clone)]
struct Watched {
    door: Door,
    counters: Arc<Counters>,
}

impl FromRef<Watched> for Door {
    fn from_ref(watched: &Watched) -> Self {
        watched.door.clone()
    }
}

/// The metrics, behind the door of everything else that is not for everybody.
pub(crate) fn metrics(door: Door, counters: Arc<Counters>) -> Router {
    let page = async |Reader(_): Reader, State(it): State<Watched>| {
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        ([(header::CONTENT_TYPE, kind)], it.counters.page()).into_response()
    };
    Router::new()
        .route(METRICS_PATH, get(page))
        .with_state(Watched { door, counters })
}
