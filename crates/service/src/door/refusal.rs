//! Why somebody was not let in, said to scripts and to browsers.

use std::time::Duration;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::http::METRICS_PATH;

/// Where the login is.
pub(crate) const LOGIN_PATH: &str = "/login";

/// Below this path scripts ask, not people.
const API_PATH: &str = "/api/";

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// There is nothing to see: no token is set, and the service can be reached from elsewhere.
    Off,
    /// A request on this machine that names another host.
    Host,
    /// Nobody is logged in.
    Login,
    /// The token is wrong.
    WrongToken,
    /// Too many tokens were wrong; the next is looked at after this time.
    TooMany(Duration),
    /// They may look and not act.
    ReadOnly,
    /// It comes from another site's page.
    OtherSite,
    /// It comes from a page that was shown to somebody else, or before a restart.
    StaleForm,
    /// The form cannot be read.
    BrokenForm,
}

impl Reason {
    /// The status that goes with it.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Off | Self::Host | Self::ReadOnly | Self::OtherSite | Self::StaleForm => {
                StatusCode::FORBIDDEN
            }
            Self::Login | Self::WrongToken => StatusCode::UNAUTHORIZED,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::BrokenForm => StatusCode::BAD_REQUEST,
        }
    }

    /// What a script can do.
    fn remedy(self) -> &'static str {
        match self {
            Self::Off => "set ONEDEAL_ADMIN_TOKEN and start the service again",
            Self::Host => "ask for 127.0.0.1 or localhost, or set ONEDEAL_ADMIN_TOKEN",
            Self::Login | Self::WrongToken => {
                "send the admin token, or the viewer's, as Authorization: Bearer …"
            }
            Self::TooMany(_) => "wait as long as the header Retry-After says",
            Self::ReadOnly => "use the admin token",
            Self::OtherSite | Self::StaleForm => {
                "use a token of the header Authorization, which needs no form token"
            }
            Self::BrokenForm => "send the form as the page does",
        }
    }

    /// A sentence for scripts.
    fn says(self) -> &'static str {
        match self {
            Self::Off => "dashboard and API are off: set ONEDEAL_ADMIN_TOKEN and start again",
            Self::Host => {
                "without a token only this machine is answered: ask for 127.0.0.1 or localhost"
            }
            Self::Login => "a token is needed (Authorization: Bearer …)",
            Self::WrongToken => "the token is wrong",
            Self::TooMany(_) => {
                "too many wrong tokens: wait as long as the header Retry-After says"
            }
            Self::ReadOnly => "this token may look and not act",
            Self::OtherSite => "the request comes from another site",
            Self::StaleForm => {
                "the form token is missing or not of this session: load the page again"
            }
            Self::BrokenForm => "the form cannot be read",
        }
    }
}

/// A request that was turned away.
#[derive(Debug, Clone)]
pub struct Refusal {
    reason: Reason,
    asked: Asked,
}

/// Who asked, as far as the answer depends on it.
#[derive(Debug, Clone)]
enum Asked {
    /// A script.
    Api,
    /// A script of our pages.
    Fragment,
    /// A browser that wants a page; where it wanted to go.
    Page { path: String, from_elsewhere: bool },
}

impl Refusal {
    /// Turns a request away.
    pub fn new(reason: Reason, parts: &Parts) -> Self {
        let path = parts.uri.path();
        let asked = if path.starts_with(API_PATH) || path == METRICS_PATH {
            Asked::Api
        } else if parts.headers.contains_key("hx-request") {
            Asked::Fragment
        } else {
            let path = parts.uri.path_and_query().map_or("/", |it| it.as_str());
            Asked::Page {
                path: if parts.method.is_safe() { path } else { "/" }.to_owned(),
                from_elsewhere: is_from_elsewhere(&parts.headers),
            }
        };
        Self { reason, asked }
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        self.reason
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = match (&self.asked, self.reason) {
            (Asked::Api, reason) => problem(reason),
            (Asked::Fragment, Reason::Login) => {
                let to = [("HX-Redirect", LOGIN_PATH)];
                (StatusCode::UNAUTHORIZED, to, "log in again\n").into_response()
            }
            (
                Asked::Page {
                    path,
                    from_elsewhere,
                },
                Reason::Login,
            ) => to_login(path, *from_elsewhere),
            (Asked::Fragment | Asked::Page { .. }, reason) => {
                (reason.status(), format!("{}\n", reason.says())).into_response()
            }
        };
        if let Reason::TooMany(wait) = self.reason {
            let wait = HeaderValue::from(wait.as_secs() + 1);
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        // Pages show it in the reader's language.
        response.extensions_mut().insert(self);
        response
    }
}

fn problem(reason: Reason) -> Response {
    let status = reason.status();
    let body = serde_json::json!({
        "type": "about:blank",
        "title": status.canonical_reason(),
        "status": status.as_u16(),
        "detail": reason.says(),
        "remedy": reason.remedy(),
    });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    if status == StatusCode::UNAUTHORIZED {
        let scheme = HeaderValue::from_static("Bearer realm=\"onedeal\"");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, scheme);
    }
    response
}

/// A browser that comes by a link of another site does not show a strict cookie. It does once our own page leads it on.
fn to_login(path: &str, from_elsewhere: bool) -> Response {
    if from_elsewhere {
        let page = "<!doctype html><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"0\">\
                    <title>onedeal</title>";
        let kind = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        return (kind, page).into_response();
    }
    let next = utf8_percent_encode(path, NON_ALPHANUMERIC);
    let to = match path {
        "/" => LOGIN_PATH.to_owned(),
        _ => format!("{LOGIN_PATH}?next={next}"),
    };
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    site.is_some_and(|it| it == "cross-site" || it == "same-site")
}
