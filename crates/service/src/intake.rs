//! Webhook intake: verify, store, ring the bell, answer. Nothing else happens before the answer (design §3.3).

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Request, StatusCode},
    routing::post,
};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use jiff::Timestamp;
use kernel::{
    OrderId, ShopDomain,
    mutants::{Mutant, planted},
};
use shopify::{Carries, Topic, WebhookHeaders, signature::Secrets};
use store::{DeliveryKind, NewDelivery, Store};
use tracing::Instrument as _;

use crate::{clock::Stopwatch, spans, transport::Transport, worker::Shared};

/// Shopify's bodies can exceed a megabyte; nothing documents a limit (facts/shopify.md §10).
pub const BODY_BYTES_MAX: usize = 10 * 1024 * 1024;

/// A body must be here within this time; Shopify itself gives up after 5 s (facts/shopify.md §1.3).
const BODY_WAIT_MAX: Duration = Duration::from_secs(10);

/// Of a signature in base64: 132 bits.
const BODY_HASH_CHARS: usize = 22;

/// The path that seed.md's system had.
const SEED_PATH: &str = "/api/webhook/shopify";

/// Our own path.
pub(crate) const PATH: &str = "/webhooks/shopify";

/// What intake needs.
pub struct Intake<S, T> {
    /// Store, clock, bell.
    pub shared: Arc<Shared<S, T>>,
    /// The shops that may deliver, and what signs their deliveries.
    pub shops: Arc<BTreeMap<ShopDomain, Secrets>>,
}

impl<S, T> Clone for Intake<S, T> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            shops: self.shops.clone(),
        }
    }
}

/// The routes of intake.
pub fn router<S: Store, T: Transport>(intake: Intake<S, T>) -> Router {
    Router::new()
        .route(PATH, post(receive::<S, T>))
        .route(SEED_PATH, post(receive::<S, T>))
        .with_state(intake)
}

/// Why a delivery is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turned {
    TooLarge,
    BrokenBody,
    EmptyBody,
    NoTopicOrShop,
    UnknownShop,
    NoSignature,
    WrongSignature,
    NotStored,
}

impl Turned {
    fn answer(self) -> (StatusCode, &'static str) {
        match self {
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "the body is larger than 10 MiB\n",
            ),
            Self::BrokenBody => (StatusCode::BAD_REQUEST, "the body did not arrive whole\n"),
            Self::EmptyBody => (StatusCode::BAD_REQUEST, "the body is empty\n"),
            Self::NoTopicOrShop => (
                StatusCode::BAD_REQUEST,
                "X-Shopify-Topic or X-Shopify-Shop-Domain is missing\n",
            ),
            Self::UnknownShop => (
                StatusCode::UNAUTHORIZED,
                "this shop is not configured here\n",
            ),
            Self::NoSignature => (
                StatusCode::UNAUTHORIZED,
                "X-Shopify-Hmac-Sha256 is missing\n",
            ),
            Self::WrongSignature => (
                StatusCode::UNAUTHORIZED,
                "the signature does not fit the body\n",
            ),
            Self::NotStored => (
                StatusCode::SERVICE_UNAVAILABLE,
                "the delivery could not be stored; deliver it again\n",
            ),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::BrokenBody => "broken",
            Self::EmptyBody => "empty",
            Self::NoTopicOrShop => "no_topic_or_shop",
            Self::UnknownShop => "unknown_shop",
            Self::NoSignature => "no_signature",
            Self::WrongSignature => "wrong_signature",
            Self::NotStored => "not_stored",
        }
    }
}

async fn receive<S: Store, T: Transport>(
    State(intake): State<Intake<S, T>>,
    request: Request<Body>,
) -> (StatusCode, &'static str) {
    let took = Stopwatch::start();
    let span = spans::delivery();
    let taken = take(&intake, request).instrument(span.clone()).await;
    let (word, answer) = match taken {
        Ok(()) => ("stored", (StatusCode::OK, "stored\n")),
        Err(turned) => (turned.word(), turned.answer()),
    };
    span.record("result", word);
    let counters = &intake.shared.counters;
    counters.delivery(word);
    counters.intake.seconds.observe(took.seconds());
    answer
}

async fn take<S: Store, T: Transport>(
    intake: &Intake<S, T>,
    request: Request<Body>,
) -> Result<(), Turned> {
    let (head, body) = request.into_parts();
    let body = whole(body).await?;
    if body.is_empty() {
        return Err(Turned::EmptyBody);
    }
    let headers = WebhookHeaders::read(&head.headers).map_err(|_| Turned::NoTopicOrShop)?;
    let shop = ShopDomain::parse(&headers.shop).map_err(|_| Turned::UnknownShop)?;
    let secrets = intake.shops.get(&shop).ok_or(Turned::UnknownShop)?;
    let signature = headers.hmac.as_deref().ok_or(Turned::NoSignature)?;
    if !secrets.verify(&body, signature) {
        return Err(Turned::WrongSignature);
    }
    let delivery = delivery(intake, shop, headers, body);
    spans::arrived(&delivery);
    if planted(Mutant::AnswerBeforeStore) {
        // A planted bug: the delivery is kept only if it is stored before the process dies.
        let shared = intake.shared.clone();
        tokio::task::yield_now().await;
        if delivery.received_at.as_millis().is_multiple_of(5) {
            return Ok(());
        }
        let _ = shared.store.accept(delivery).await;
        shared.bell.notify_one();
        return Ok(());
    }
    let (shared, bytes) = (&intake.shared, delivery.body.len());
    let received = delivery.received_wall_ms;
    let took = Stopwatch::start();
    shared.store.accept(delivery).await.map_err(|error| {
        tracing::error!(error = %crate::Chain(&error), "Failed to store a webhook delivery; Shopify will deliver it again");
        Turned::NotStored
    })?;
    let counters = &shared.counters;
    counters.ledger.write_seconds.observe(took.seconds());
    counters.intake.bytes.observe(bytes as f64);
    shared
        .notes
        .received(Timestamp::from_millisecond(received).unwrap_or_default());
    shared.bell.notify_one();
    Ok(())
}

async fn whole(body: Body) -> Result<Bytes, Turned> {
    let body = Limited::new(body, BODY_BYTES_MAX).collect();
    match tokio::time::timeout(BODY_WAIT_MAX, body).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => {
            Err(Turned::TooLarge)
        }
        Ok(Err(_)) | Err(_) => Err(Turned::BrokenBody),
    }
}

/// The delivery as it is stored: the least that files it, and the body untouched.
fn delivery<S: Store, T: Transport>(
    intake: &Intake<S, T>,
    shop: ShopDomain,
    headers: WebhookHeaders,
    body: Bytes,
) -> NewDelivery {
    let clock = &intake.shared.clock;
    let (order, kind) = filed(&headers.topic, &body);
    NewDelivery {
        shop,
        topic: headers.topic.as_str().to_owned(),
        order,
        webhook_id: headers.webhook_id.unwrap_or_default(),
        event_id: headers.event_id,
        triggered_at_ms: headers.triggered_at.map(|it| it.as_millisecond()),
        received_at: clock.now(),
        received_wall_ms: clock.wall().as_millisecond(),
        kind,
        body_hash: told_apart_by(headers.hmac.as_deref()),
        body,
    }
}

/// Tells bodies apart: the signature was computed over the body, and is true. Its beginning signs nothing by itself.
fn told_apart_by(signature: Option<&str>) -> String {
    let chars = signature.unwrap_or_default().chars();
    chars.take(BODY_HASH_CHARS).collect()
}

/// Which order a delivery is about, and how it will be read.
fn filed(topic: &Topic, body: &[u8]) -> (Option<OrderId>, DeliveryKind) {
    let kind = match topic.carries() {
        Carries::Order => DeliveryKind::Snapshot,
        Carries::OrderHint => DeliveryKind::Hint,
        Carries::Nothing => DeliveryKind::Noted,
    };
    match shopify::order_id(topic, body) {
        Ok(Some(order)) => (Some(OrderId(order)), kind),
        Ok(None) => (None, DeliveryKind::Noted),
        Err(error) => (None, DeliveryKind::Unreadable(error.to_string())),
    }
}
