//! In and out.

use askama::Template;
use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Request, StatusCode, header, request::Parts};
use secrecy::SecretString;

use super::{
    frame::Frame,
    preferences::local,
    show::{self, page},
};
use crate::door::{Door, Fields, LOGIN_PATH, Reason, Refusal, read_form};

#[derive(Template)]
#[template(path = "login.html")]
struct Login {
    frame: Frame,
    next: String,
    problem: Option<String>,
}

/// `GET /login`
pub(super) async fn form(State(door): State<Door>, parts: Parts) -> Response {
    let query = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let next = local(query.one("next")).to_owned();
    match door.judge(&parts) {
        Ok(_) => to(&next),
        Err(refusal) if refusal.reason() == Reason::Login => {
            let frame = Frame::outside(&parts);
            page(
                StatusCode::OK,
                &Login {
                    frame,
                    next,
                    problem: None,
                },
            )
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// `POST /login`
pub(super) async fn enter(State(door): State<Door>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let fields = match read_form(&parts, body).await {
        Ok(body) => Fields::parse(&body),
        Err(refusal) => return refusal.into_response(),
    };
    let next = local(fields.one("next")).to_owned();
    match door.login(&parts, &SecretString::from(fields.one("token"))) {
        Ok(cookie) => {
            tracing::info!("Somebody logged in to the dashboard");
            with_cookie(to(&next), cookie)
        }
        Err(refusal) => again(&parts, next, &refusal),
    }
}

/// `POST /logout`
pub(super) async fn leave(
    State(door): State<Door>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let fields = Fields::parse(&read_form(&parts, body).await?);
    let cookie = door.logout(&parts, fields.one("form_token"))?;
    Ok(with_cookie(to(LOGIN_PATH), cookie))
}

fn again(parts: &Parts, next: String, refusal: &Refusal) -> Response {
    let mut frame = Frame::outside(parts);
    frame.here = LOGIN_PATH.to_owned();
    let reason = refusal.reason();
    let (_, problem) = show::refusal(reason, &frame);
    let problem = Some(problem);
    let mut response = page(
        reason.status(),
        &Login {
            frame,
            next,
            problem,
        },
    );
    if let Reason::TooMany(wait) = reason {
        let wait = HeaderValue::from(wait.as_secs() + 1);
        response.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    response
}

fn to(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, path)]).into_response()
}

fn with_cookie(mut response: Response, cookie: HeaderValue) -> Response {
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}
