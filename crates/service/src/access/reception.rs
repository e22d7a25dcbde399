//! `POST /bitrix24/install`: what Bitrix24 posts when the application is installed, handed to the keeper.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Request, StatusCode},
    routing::post,
};
use bitrix24::oauth::{INSTALL_BYTES_MAX, Install, NotAnInstall};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use store::Store;
use tokio::sync::{Mutex, mpsc, oneshot};

use super::INSTALL_PATH;
use crate::{transport::Transport, worker::Shared};

/// Forms that wait for the keeper at most; anybody can post one.
const WAITING_MAX: usize = 4;

/// A form must be here within this time.
const BODY_WAIT_MAX: Duration = Duration::from_secs(10);

/// How long Bitrix24 is kept waiting for what comes of its form.
const VERDICT_WAIT_MAX: Duration = Duration::from_secs(10);

/// A form, and whom to tell what came of it.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(super) install: Install,
    pub(super) answer: oneshot::Sender<Verdict>,
}

/// What came of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The application is installed.
    Taken,
    /// Not confirmed yet.
    Waits,
    /// It is not ours.
    Refused,
}

/// Between the HTTP side and the keeper.
#[derive(Debug)]
pub(crate) struct Reception {
    forms: mpsc::Sender<Arrival>,
    taken: Mutex<mpsc::Receiver<Arrival>>,
}

impl Default for Reception {
    fn default() -> Self {
        let (forms, taken) = mpsc::channel(WAITING_MAX);
        Self {
            forms,
            taken: Mutex::new(taken),
        }
    }
}

impl Reception {
    pub(super) async fn next(&self) -> Arrival {
        match self.taken.lock().await.recv().await {
            Some(arrival) => arrival,
            // The sender lives as long as this.
            None => std::future::pending().await,
        }
    }
}

/// The route.
pub(crate) fn router<S: Store, T: Transport>(shared: Arc<Shared<S, T>>) -> Router {
    Router::new()
        .route(INSTALL_PATH, post(receive::<S, T>))
        .with_state(shared)
}

async fn receive<S: Store, T: Transport>(
    State(shared): State<Arc<Shared<S, T>>>,
    request: Request<Body>,
) -> (StatusCode, &'static str) {
    let body = Limited::new(request.into_body(), INSTALL_BYTES_MAX).collect();
    let body = match tokio::time::timeout(BODY_WAIT_MAX, body).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => {
            return too_large();
        }
        Ok(Err(_)) | Err(_) => {
            return (StatusCode::BAD_REQUEST, "the form did not arrive whole\n");
        }
    };
    let install = match Install::read(&body) {
        Ok(install) => install,
        Err(NotAnInstall::TooLarge) => return too_large(),
        Err(NotAnInstall::OtherEvent | NotAnInstall::Lacks(_)) => {
            return (
                StatusCode::BAD_REQUEST,
                "not the form that Bitrix24 posts when an application is installed\n",
            );
        }
    };
    let (answer, answered) = oneshot::channel();
    if shared
        .reception
        .forms
        .try_send(Arrival { install, answer })
        .is_err()
    {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "too many installations at once; press Reinstall again\n",
        );
    }
    match tokio::time::timeout(VERDICT_WAIT_MAX, answered).await {
        Ok(Ok(Verdict::Taken)) => (StatusCode::OK, "installed\n"),
        Ok(Ok(Verdict::Refused)) => (
            StatusCode::FORBIDDEN,
            "refused; the log of onedeal says why\n",
        ),
        Ok(Ok(Verdict::Waits) | Err(_)) | Err(_) => (
            StatusCode::ACCEPTED,
            "not confirmed yet; the log of onedeal says what comes of it\n",
        ),
    }
}

fn too_large() -> (StatusCode, &'static str) {
    (
        StatusCode::PAYLOAD_TOO_LARGE,
        "the form is larger than 64 KiB\n",
    )
}
