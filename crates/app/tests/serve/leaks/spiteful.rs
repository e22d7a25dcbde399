//! A peer that repeats whatever it is sent, in every kind of answer that a peer can give.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::any,
};
use serde_json::json;
use tokio::task::JoinSet;

use super::listener;

/// Kinds of answers.
pub(super) const KINDS: usize = 9;

type Taken = Arc<Mutex<BTreeMap<String, Vec<String>>>>;

/// A peer at a port of this machine. The first part of a path says whom it plays.
pub(super) struct Spiteful {
    base: String,
    taken: Taken,
    _serving: JoinSet<()>,
}

impl Spiteful {
    pub(super) async fn open() -> Self {
        let listener = listener().await;
        let base = format!("http://{}", listener.local_addr().unwrap());
        let taken = Taken::default();
        let router = Router::new()
            .route("/{*path}", any(answer))
            .with_state(taken.clone());
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            base,
            taken,
            _serving: serving,
        }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }

    pub(super) fn base(&self) -> String {
        self.base.clone()
    }

    /// What this one was sent.
    pub(super) fn taken(&self, whom: &str) -> Vec<String> {
        let taken = self.taken.lock().unwrap();
        taken.get(whom).cloned().unwrap_or_default()
    }

    /// How often this one was asked.
    pub(super) fn asked(&self, whom: &str) -> usize {
        self.taken(whom).len()
    }
}

async fn answer(State(taken): State<Taken>, request: Request) -> Response {
    let path = request.uri().to_string();
    let headers = format!("{:?}", request.headers());
    let body = axum::body::to_bytes(request.into_body(), 1 << 24)
        .await
        .unwrap();
    let body = String::from_utf8_lossy(&body).into_owned();
    let whom = path
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default()
        .to_owned();
    let number = {
        let mut taken = taken.lock().unwrap();
        let bodies = taken.entry(whom.clone()).or_default();
        bodies.push(body.clone());
        bodies.len() - 1
    };
    if matches!(&whom[..], "hook" | "collector") {
        return StatusCode::OK.into_response();
    }
    repeat(number % KINDS, &format!("{path} {headers} {body}"))
}

/// Says everything again, as a result, an error, a page, a redirect or a header.
fn repeat(kind: usize, all: &str) -> Response {
    let json = |status: u16, code: &str| {
        let body =
            json!({ "error": code, "error_description": all, "message": all, "errors": all });
        (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response()
    };
    match kind {
        0 => json(400, all),
        1 => json(401, "expired_token"),
        2 => json(403, "insufficient_scope"),
        3 => json(503, "QUERY_LIMIT_EXCEEDED"),
        4 => json(200, "ERROR_CORE"),
        5 => {
            let body = json!({ "result": { "items": [{ "id": all, "title": all }], "result_error": all }, "data": all });
            axum::Json(body).into_response()
        }
        6 => {
            let page = format!("<html><body><h1>Bad gateway</h1>{all}</body></html>");
            let kind = [(header::CONTENT_TYPE, "text/html")];
            (StatusCode::BAD_GATEWAY, kind, page).into_response()
        }
        7 => {
            let mut headers = HeaderMap::new();
            let first = all.split(' ').next().unwrap_or_default();
            headers.insert(header::LOCATION, first.parse().unwrap());
            (StatusCode::FOUND, headers, all.to_owned()).into_response()
        }
        _ => (StatusCode::OK, format!("{{\"result\": \"{all}")).into_response(),
    }
}
