//! The authorization server of the portal's region (facts §12): `GET /oauth/token/`, its faults and its errors.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{RawQuery, State as Shared};
use axum::response::Response;
use axum::routing::get;
use tokio::time::sleep;

use super::app::{Denial, Pair};
use super::door::Door;
use super::faults::Revoked;
use super::http::{broken, html, json_response};
use super::php::Php;
use super::portal::Inner;
use super::query::parse_str;
use super::state::State;

/// What goes wrong with a request for tokens.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    None,
    DropBefore,
    LoseAnswer,
    Html,
    /// The answer comes so late; the work is done before the wait or after it.
    Late {
        wait: Duration,
        works_first: bool,
    },
}

pub(crate) fn router(inner: Arc<Inner>) -> Router {
    Router::new()
        .route("/oauth/token/", get(token))
        .route("/oauth/token", get(token))
        .with_state(inner)
}

async fn token(Shared(inner): Shared<Arc<Inner>>, RawQuery(query): RawQuery) -> Response {
    let query = parse_str(&query.unwrap_or_default());
    let trouble = draw(&mut inner.lock());
    match trouble {
        Trouble::DropBefore => broken(&inner),
        Trouble::Html => html(&inner, 502),
        Trouble::None => answer(&inner, &query),
        Trouble::LoseAnswer => {
            answer(&inner, &query);
            broken(&inner)
        }
        Trouble::Late { wait, works_first } => {
            // The caller may be gone; the work is done all the same.
            let work = tokio::spawn(async move {
                if works_first {
                    let answer = answer(&inner, &query);
                    sleep(wait).await;
                    answer
                } else {
                    sleep(wait).await;
                    answer(&inner, &query)
                }
            });
            let lost = || json_response(500, String::new());
            work.await.unwrap_or_else(|_| lost())
        }
    }
}

fn draw(state: &mut State) -> Trouble {
    let faults = state.faults.clone();
    let mut strikes = |name: &str, probability: f64| {
        let strikes = state.app.chance(probability);
        if strikes {
            state.count_fault(name);
        }
        strikes
    };
    if strikes("oauth_drop_before", faults.oauth_drop_before) {
        return Trouble::DropBefore;
    }
    if strikes("oauth_lose_answer", faults.oauth_lose_answer) {
        return Trouble::LoseAnswer;
    }
    if strikes("oauth_html", faults.oauth_html) {
        return Trouble::Html;
    }
    if strikes("oauth_late", faults.oauth_late) {
        let wait = Duration::from_millis(state.app.between(faults.oauth_late_ms));
        let works_first = state.app.chance(faults.executed_share);
        return Trouble::Late { wait, works_first };
    }
    Trouble::None
}

fn answer(inner: &Inner, query: &Php) -> Response {
    let mut state = inner.lock();
    let state = &mut *state;
    let outcome = grant(state, query);
    let class = match &outcome {
        Ok((kind, _)) => *kind,
        Err(denial) => *denial,
    };
    *state.stats.oauth.entry(class.to_owned()).or_default() += 1;
    match outcome {
        Ok((_, pair)) => json_response(200, pair_body(state, &pair).to_json()),
        Err(denial) => {
            let status = state.app.config.error_status;
            json_response(status, denial_body(denial).to_json())
        }
    }
}

fn grant(state: &mut State, query: &Php) -> Result<(&'static str, Pair), Denial> {
    let field = |name: &str| query.get(name).map(Php::string).unwrap_or_default();
    let config = &state.app.config;
    if field("client_id") != config.client_id || field("client_secret") != config.client_secret {
        return Err("invalid_client");
    }
    match state.revoked(Door::App) {
        Some(Revoked::Credential) => return Err("invalid_client"),
        Some(Revoked::Plan) => return Err("PAYMENT_REQUIRED"),
        Some(Revoked::Owner) | None => {}
    }
    let now = state.now;
    match field("grant_type").as_str() {
        "refresh_token" => {
            let pair = state.app.refresh(now, &field("refresh_token"))?;
            Ok(("refreshed", pair))
        }
        "authorization_code" => Ok(("exchanged", state.app.exchange(now, &field("code"))?)),
        _ => Err("invalid_request"),
    }
}

/// A pair as the authorization server tells it; `domain` is the server's own.
fn pair_body(state: &State, pair: &Pair) -> Php {
    let config = &state.app.config;
    let life = i64::try_from(config.access_life_s).unwrap_or(i64::MAX);
    let server = config.server.trim_start_matches("https://");
    Php::map([
        ("access_token", Php::text(&pair.access)),
        ("expires", Php::Int(state.clock.unix_s(state.now) + life)),
        ("expires_in", Php::Int(life)),
        ("scope", Php::text(pair.scopes.join(","))),
        ("domain", Php::text(server)),
        (
            "server_endpoint",
            Php::text(format!("{}/rest/", config.server)),
        ),
        ("status", Php::text("L")),
        (
            "client_endpoint",
            Php::text(state.app.client_endpoint(&state.config.host)),
        ),
        ("member_id", Php::text(&config.member_id)),
        ("user_id", Php::id(pair.user)),
        ("refresh_token", Php::text(&pair.refresh)),
    ])
}

fn denial_body(denial: Denial) -> Php {
    let text = match denial {
        "invalid_client" => "Invalid client data was provided",
        "invalid_grant" => "Invalid grant",
        "PAYMENT_REQUIRED" => "Payment required",
        "wrong_client" => "Wrong client",
        _ => "Invalid request",
    };
    Php::map([
        ("error", Php::text(denial)),
        ("error_description", Php::text(text)),
    ])
}
