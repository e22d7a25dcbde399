//! The JSON API of the dashboard: the views of [`crate::board`] and the actions of [`crate::operator`], below `/api/v1`, and
//! the document that describes them.
//!
//! Invariants: every answer that is no success is a problem (RFC 9457) that names a remedy; every route is in the document,
//! and every path of the document is a route.

mod actions;
mod document;
mod problem;
mod read;
mod views;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, FromRef},
    routing::{any, get, post},
};
use store::Store;

pub use self::document::{ActionSchema, document};
use crate::{board::Board, door::Door, operator::Operators, transport::Transport};

/// The largest order that the mapping is tried on here.
const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// What the API answers from.
pub struct Api<S, T> {
    /// Who is asking.
    pub door: Door,
    /// What they may know.
    pub board: Board<S, T>,
    /// What they may do.
    pub operators: Operators<S, T>,
}

impl<S, T> Clone for Api<S, T> {
    fn clone(&self) -> Self {
        Self {
            door: self.door.clone(),
            board: self.board.clone(),
            operators: self.operators.clone(),
        }
    }
}

impl<S, T> FromRef<Api<S, T>> for Door {
    fn from_ref(api: &Api<S, T>) -> Self {
        api.door.clone()
    }
}

/// All routes below `/api/v1`, and `/api/openapi.json`.
pub fn router<S: Store, T: Transport>(api: Api<S, T>) -> Router {
    // Whole paths: whoever turns a request away looks at the path to tell scripts from browsers.
    Router::new()
        .route("/api/v1/overview", get(views::overview::<S, T>))
        .route("/api/v1/events", get(views::events::<S, T>))
        .route("/api/v1/orders", get(views::orders::<S, T>))
        .route("/api/v1/orders/{shop}/{id}", get(views::order::<S, T>))
        .route(
            "/api/v1/orders/{shop}/{id}/timeline",
            get(views::timeline::<S, T>),
        )
        .route(
            "/api/v1/orders/{shop}/{id}/mapping",
            get(views::mapping_of::<S, T>),
        )
        .route(
            "/api/v1/orders/{shop}/{id}/actions",
            post(actions::perform::<S, T>),
        )
        .route("/api/v1/actions", post(actions::perform_all::<S, T>))
        .route("/api/v1/attention", get(views::attention::<S, T>))
        .route("/api/v1/unreadable", get(views::unreadable::<S, T>))
        .route("/api/v1/duplicates", get(views::duplicates::<S, T>))
        .route("/api/v1/settings", get(views::settings::<S, T>))
        .route("/api/v1/mapping/try", post(views::try_mapping::<S, T>))
        .route("/api/v1/log", get(actions::log::<S, T>))
        .route("/api/openapi.json", get(openapi))
        .route("/api/v1/{*rest}", any(problem::no_such_path))
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(api)
}

/// The document that describes this API.
async fn openapi(_: crate::door::Reader) -> Json<utoipa::openapi::OpenApi> {
    Json(document())
}
