//! The road between the shop and the service: a relay that repeats deliveries and loses answers.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::{sync::mpsc, task::JoinSet};

use super::scale::RoadFaults;

/// The largest delivery that is carried; the service refuses smaller ones already.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Repeats that wait for their time; further ones do not happen.
const REPEATS_MAX: usize = 10_000;

/// The header that the same delivery repeats and another delivery does not.
const WEBHOOK_ID: &str = "x-shopify-webhook-id";

/// A relay. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Road {
    inner: Arc<Inner>,
}

/// What happened on the road so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RoadStats {
    /// Deliveries carried a second time.
    pub repeated: u64,
    /// Answers of the service that did not come back.
    pub lost_answers: u64,
    /// Deliveries that did not reach the service.
    pub refused: u64,
}

#[derive(Debug)]
struct Inner {
    target: String,
    client: reqwest::Client,
    chance: Mutex<(ChaCha8Rng, RoadFaults)>,
    repeats: mpsc::Sender<Parcel>,
    under_way: AtomicUsize,
    repeated: AtomicU64,
    lost_answers: AtomicU64,
    refused: AtomicU64,
}

/// A delivery on its way, and when it leaves.
#[derive(Debug, Clone)]
struct Parcel {
    path: String,
    headers: HeaderMap,
    body: Bytes,
    after: Duration,
}

/// Carries the repeats; see [`Repeater::run`].
#[derive(Debug)]
pub struct Repeater {
    road: Road,
    repeats: mpsc::Receiver<Parcel>,
}

impl Road {
    /// A road to `target`, such as `http://127.0.0.1:8080`, without faults yet.
    pub fn new(target: String, client: reqwest::Client, seed: u64) -> (Self, Repeater) {
        let (sender, repeats) = mpsc::channel(REPEATS_MAX);
        let rng = ChaCha8Rng::seed_from_u64(seed);
        let road = Self {
            inner: Arc::new(Inner {
                target,
                client,
                chance: Mutex::new((rng, RoadFaults::default())),
                repeats: sender,
                under_way: AtomicUsize::new(0),
                repeated: AtomicU64::new(0),
                lost_answers: AtomicU64::new(0),
                refused: AtomicU64::new(0),
            }),
        };
        let repeater = Repeater {
            road: road.clone(),
            repeats,
        };
        (road, repeater)
    }

    /// Takes every path.
    pub fn router(&self) -> Router {
        Router::new().fallback(relay).with_state(self.clone())
    }

    /// Sets what goes wrong from the next delivery on.
    pub fn set_faults(&self, faults: RoadFaults) {
        self.chance().1 = faults;
    }

    /// Repeats that have not arrived yet.
    pub fn under_way(&self) -> usize {
        self.inner.under_way.load(Ordering::Relaxed)
    }

    /// What happened so far.
    pub fn stats(&self) -> RoadStats {
        RoadStats {
            repeated: self.inner.repeated.load(Ordering::Relaxed),
            lost_answers: self.inner.lost_answers.load(Ordering::Relaxed),
            refused: self.inner.refused.load(Ordering::Relaxed),
        }
    }

    async fn carry(&self, parcel: Parcel) -> Option<(StatusCode, Bytes)> {
        let url = format!("{}{}", self.inner.target, parcel.path);
        let request = self.inner.client.post(url);
        let sent = request
            .headers(parcel.headers)
            .body(parcel.body)
            .send()
            .await;
        let Ok(answer) = sent else {
            self.inner.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        let status = answer.status();
        let body = answer.bytes().await.ok()?;
        Some((status, body))
    }

    fn repeat(&self, parcel: Parcel) {
        self.inner.under_way.fetch_add(1, Ordering::Relaxed);
        if self.inner.repeats.try_send(parcel).is_err() {
            self.inner.under_way.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn chance(&self) -> std::sync::MutexGuard<'_, (ChaCha8Rng, RoadFaults)> {
        // A panic elsewhere leaves the numbers usable.
        self.inner
            .chance
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Repeater {
    /// Carries repeats when their time has come, for as long as it is polled.
    pub async fn run(mut self) {
        let mut under_way = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                Some(_) = under_way.join_next() => {}
                Some(parcel) = self.repeats.recv() => {
                    under_way.spawn(deliver_again(self.road.clone(), parcel));
                }
                else => return,
            }
        }
    }
}

async fn deliver_again(road: Road, parcel: Parcel) {
    tokio::time::sleep(parcel.after).await;
    if road.carry(parcel).await.is_some() {
        road.inner.repeated.fetch_add(1, Ordering::Relaxed);
    }
    road.inner.under_way.fetch_sub(1, Ordering::Relaxed);
}

async fn relay(State(road): State<Road>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return answer(StatusCode::PAYLOAD_TOO_LARGE, Bytes::new());
    };
    let parcel = parcel(&parts, body);
    let (copies, loses) = draw(&road, &parcel);
    for copy in copies {
        road.repeat(copy);
    }
    match road.carry(parcel).await {
        None => answer(StatusCode::BAD_GATEWAY, Bytes::new()),
        Some(_) if loses => {
            road.inner.lost_answers.fetch_add(1, Ordering::Relaxed);
            answer(StatusCode::GATEWAY_TIMEOUT, Bytes::new())
        }
        Some((status, body)) => answer(status, body),
    }
}

fn parcel(parts: &Parts, body: Bytes) -> Parcel {
    let mut headers = parts.headers.clone();
    // These belong to the connection, not to the delivery.
    for name in [header::HOST, header::CONTENT_LENGTH, header::CONNECTION] {
        headers.remove(name);
    }
    Parcel {
        path: parts.uri.path().to_owned(),
        headers,
        body,
        after: Duration::ZERO,
    }
}

fn draw(road: &Road, parcel: &Parcel) -> (Vec<Parcel>, bool) {
    let mut chance = road.chance();
    let (rng, faults) = &mut *chance;
    let mut copies = Vec::new();
    for (probability, new_id) in [(faults.repeat_same_id, false), (faults.repeat_new_id, true)] {
        if !rng.random_bool(probability) {
            continue;
        }
        let mut copy = parcel.clone();
        copy.after = Duration::from_millis(rng.random_range(0..=faults.within_ms));
        if new_id {
            let id = format!("again-{:032x}", rng.random::<u128>());
            if let Ok(id) = HeaderValue::from_str(&id) {
                copy.headers.insert(WEBHOOK_ID, id);
            }
        }
        copies.push(copy);
    }
    (copies, rng.random_bool(faults.lose_answer))
}

fn answer(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
}
