//! Access tokens by client credentials (facts §5.2), and the cost bucket they draw on.

use super::super::shop::Shop;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::time::Duration;

/// Most tokens remembered; the oldest is forgotten first.
const MAX_TOKENS: usize = 100;

/// Separates the chance of the API from that of the shop: what the merchant does must not depend on who asks.
const RNG_SALT: u64 = 0x6164_6d69_6e00;

/// Tokens with their end of life, and what is left in the cost bucket.
pub(in super::super) struct Admin {
    tokens: Vec<(String, Duration)>,
    available: f64,
    refilled: Duration,
    rng: ChaCha8Rng,
}

impl Admin {
    pub(in super::super) fn new(available: f64, seed: u64) -> Self {
        Self {
            tokens: Vec::new(),
            available,
            refilled: Duration::ZERO,
            rng: ChaCha8Rng::seed_from_u64(seed ^ RNG_SALT),
        }
    }

    pub(in super::super) fn chance(&mut self, probability: f64) -> bool {
        0.0 < probability && self.rng.random_bool(probability.min(1.0))
    }

    pub(in super::super) fn between(&mut self, (from, to): (u64, u64)) -> u64 {
        if to <= from {
            from
        } else {
            self.rng.random_range(from..=to)
        }
    }

    pub(in super::super) fn forget_tokens(&mut self) {
        self.tokens.clear();
    }

    pub(super) fn knows(&self, token: &str, now: Duration, fixed: Option<&str>) -> bool {
        fixed == Some(token)
            || self
                .tokens
                .iter()
                .any(|(known, end)| known == token && now < *end)
    }

    pub(super) fn available(&self) -> f64 {
        self.available
    }

    /// Takes the requested cost out of the bucket, if it holds as much.
    pub(super) fn afford(&mut self, now: Duration, cost: u32, (size, rate): (f64, f64)) -> bool {
        let restored = now.saturating_sub(self.refilled).as_secs_f64() * rate;
        self.available = (self.available + restored).min(size);
        self.refilled = now;
        let enough = f64::from(cost) <= self.available;
        if enough {
            self.available -= f64::from(cost);
        }
        enough
    }

    /// Gives back what a query did not use.
    pub(super) fn refund(&mut self, unused: u32, (size, _): (f64, f64)) {
        self.available = (self.available + f64::from(unused)).min(size);
    }
}

/// `POST /admin/oauth/access_token`, JSON or form.
pub(super) async fn grant(Extract(shop): Extract<Shop>, body: Bytes) -> Response {
    let field = |name: &str| match serde_json::from_slice::<Value>(&body) {
        Ok(value) => value[name].as_str().map(str::to_owned),
        Err(_) => form_field(&body, name),
    };
    let (id, secret, kind) = (
        field("client_id"),
        field("client_secret"),
        field("grant_type"),
    );
    shop.change(|state, now| {
        let known = secret.is_some_and(|secret| state.config.secrets.contains(&secret));
        if kind.as_deref() != Some("client_credentials") {
            return refusal("unsupported_grant_type");
        }
        if !known || id.as_deref() != Some(&state.config.client_id) {
            return refusal("invalid_client");
        }
        let token = uuid::Builder::from_random_bytes(state.admin.rng.random()).into_uuid();
        let token = format!("shpat_{}", token.simple());
        state.admin.tokens.push((
            token.clone(),
            now + Duration::from_secs(state.config.token_life),
        ));
        if MAX_TOKENS < state.admin.tokens.len() {
            state.admin.tokens.remove(0);
        }
        let scope = state.config.scopes.join(",");
        Json(json!({"access_token": token, "scope": scope, "expires_in": state.config.token_life}))
            .into_response()
    })
}

fn refusal(error: &str) -> Response {
    (
        StatusCode::BAD_REQUEST,
        Json(json!({"error": error, "error_description": error})),
    )
        .into_response()
}

/// One field of a form body; its values here are plain letters, so only `+` and `%XX` of ASCII are decoded.
fn form_field(body: &[u8], name: &str) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let pair = text
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)?;
    let mut parts = pair.1.split('%');
    let mut value = parts.next()?.replace('+', " ");
    for part in parts {
        let code = u8::from_str_radix(part.get(..2)?, 16).ok()?;
        value.push(char::from(code));
        value.push_str(&part.get(2..)?.replace('+', " "));
    }
    Some(value)
}
