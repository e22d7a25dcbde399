//! What went wrong, and what to do about it: `application/problem+json` (RFC 9457).

use axum::{
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Chain, board::BoardError, operator::Refused};

/// What went wrong.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Problem {
    /// Says nothing more than the status: `about:blank`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// What is the matter, always the same for the same matter.
    title: String,
    /// The status.
    status: u16,
    /// What it is this time.
    detail: String,
    /// What to do.
    remedy: String,
}

impl Problem {
    pub(super) fn new(
        status: StatusCode,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            remedy: remedy.into(),
        }
    }

    pub(super) fn bad(detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail, remedy)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status);
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // Plain texts always serialise.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        (status, [(header::CONTENT_TYPE, kind)], body).into_response()
    }
}

impl From<BoardError> for Problem {
    fn from(error: BoardError) -> Self {
        let status = match &error {
            BoardError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            BoardError::UnknownOrder => StatusCode::NOT_FOUND,
            BoardError::UnreadableState | BoardError::NotReadYet => StatusCode::CONFLICT,
            BoardError::NotACursor => StatusCode::BAD_REQUEST,
            BoardError::NoOrder(_) => StatusCode::UNPROCESSABLE_ENTITY,
            BoardError::Portal(_) => StatusCode::BAD_GATEWAY,
            // Its limits are used up: asking less often helps.
            BoardError::PortalBusy => StatusCode::TOO_MANY_REQUESTS,
        };
        Self::new(status, Chain(&error).to_string(), error.remedy())
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let status = match &refused {
            Refused::UnknownOrder | Refused::UnknownDelivery => StatusCode::NOT_FOUND,
            Refused::UnreadableState | Refused::NoSuchLine | Refused::NotDone { .. } => {
                StatusCode::CONFLICT
            }
            Refused::TooManyWait => StatusCode::TOO_MANY_REQUESTS,
            Refused::TooManyOrders { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Refused::Unwritable => StatusCode::UNPROCESSABLE_ENTITY,
            Refused::NoAnswer => StatusCode::BAD_GATEWAY,
            Refused::Ledger { .. } => StatusCode::SERVICE_UNAVAILABLE,
        };
        let remedy = refused.says().en;
        Self::new(status, refused.to_string(), remedy)
    }
}

pub(super) async fn no_such_path(uri: Uri) -> Problem {
    let detail = format!("there is nothing at {}", uri.path());
    Problem::new(
        StatusCode::NOT_FOUND,
        detail,
        "GET /api/openapi.json names every path",
    )
}

pub(super) async fn no_such_method(method: Method, uri: Uri) -> Problem {
    let detail = format!("{method} does nothing at {}", uri.path());
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        detail,
        "GET /api/openapi.json names the methods of every path",
    )
}
