//! The way between the process and the portal: it delays, breaks and loses, and what it carried goes on without us.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use service::transport::{SendError, Transport};
use store::InlineStore;
use tokio::{sync::oneshot, time::Instant};
use tower::ServiceExt as _;

use self::{asked::Asked, tokens::Tokens};
use crate::{script::NetworkFaults, trace::Trace};

mod asked;
mod tokens;

/// What a portal says of a create whose content it does not take.
const CONTENT_REFUSED: &str =
    r#"{"error":"CRM_FIELD_ERROR_VALUE_NOT_VALID","error_description":"Поле заполнено неверно"}"#;

/// What seed.md believes that a portal says of a second deal.
const SAYS_DUPLICATE: &str = r#"{"error":"DUPLICATE","error_description":"Сделка уже существует"}"#;

/// A network to one portal. A clone is the same network.
#[derive(Clone)]
pub struct Network {
    inner: Arc<Inner>,
}

struct Inner {
    portal: Router,
    state: Mutex<State>,
    writes: AtomicU64,
    born: Instant,
    trace: Trace,
}

struct State {
    rng: ChaCha8Rng,
    faults: NetworkFaults,
    /// Requests that name one of these and create something never come through: the portal fails on them.
    poison: Option<u64>,
    /// Requests that name one of these and create something are refused for their content.
    refused: Option<u64>,
    says_duplicate: f64,
    struck: BTreeMap<&'static str, u64>,
    poisoned: u64,
    /// What requests carried, for the report.
    met: BTreeMap<String, u64>,
    /// What is being written by requests that our side still waits for.
    under_way: BTreeMap<String, u64>,
    twice: Vec<String>,
    /// When the first request that creates a deal of an order left.
    first_creates: BTreeMap<u64, u64>,
    tokens: Tokens,
    /// Requests for tokens that our side waits for; more than one at a time is a mistake.
    tokens_under_way: u64,
    tokens_at_once: u64,
    /// The ledger that must keep each token before it is shown.
    ledger: Option<InlineStore>,
}

/// What the network does with one request.
enum Fate {
    Refused,
    Broken,
    Answered(StatusCode, &'static str),
    Carried {
        there: Duration,
        back: Duration,
        lost: bool,
    },
}

/// Of a request or an answer, the trace shows so many characters.
const WORDS_MAX: usize = 40_000;

/// How long a fault takes to show.
const FAULT_SHOWS: Duration = Duration::from_millis(40);

impl Network {
    /// A network with these faults.
    pub fn new(
        portal: Router,
        seed: u64,
        faults: NetworkFaults,
        says_duplicate: f64,
        trace: Trace,
    ) -> Self {
        let state = State {
            rng: ChaCha8Rng::seed_from_u64(seed ^ 0x6e65_7477_6f72_6b00),
            faults,
            poison: None,
            refused: None,
            says_duplicate,
            struck: BTreeMap::new(),
            poisoned: 0,
            met: BTreeMap::new(),
            under_way: BTreeMap::new(),
            twice: Vec::new(),
            first_creates: BTreeMap::new(),
            tokens: Tokens::default(),
            tokens_under_way: 0,
            tokens_at_once: 0,
            ledger: None,
        };
        Self {
            inner: Arc::new(Inner {
                portal,
                state: Mutex::new(state),
                writes: AtomicU64::new(0),
                born: Instant::now(),
                trace,
            }),
        }
    }

    /// All faults end; poison and refusals stay.
    pub fn calm(&self) {
        let mut state = self.state();
        state.faults = NetworkFaults {
            delay_ms: 30,
            ..NetworkFaults::default()
        };
        state.says_duplicate = 0.0;
    }

    /// Requests that create a deal of this order make the portal fail.
    pub fn poison(&self, order: Option<u64>) {
        self.state().poison = order;
    }

    /// Requests that create a deal of this order are refused for their content.
    pub fn refuse(&self, order: Option<u64>) {
        self.state().refused = order;
    }

    /// Writes handed over so far.
    pub fn writes(&self) -> u64 {
        self.inner.writes.load(Ordering::Relaxed)
    }

    /// Faults by kind.
    pub fn struck(&self) -> BTreeMap<&'static str, u64> {
        self.state().struck.clone()
    }

    /// Creates of the poisonous order.
    pub fn poisoned(&self) -> u64 {
        self.state().poisoned
    }

    /// What requests carried.
    pub fn met(&self) -> BTreeMap<String, u64> {
        self.state().met.clone()
    }

    /// Watches that each token is in the ledger before it is shown.
    pub fn watch_tokens(&self, ledger: InlineStore) {
        self.state().ledger = Some(ledger);
    }

    /// Requests for tokens so far.
    pub fn token_requests(&self) -> u64 {
        self.state().tokens.requests()
    }

    /// Pairs of tokens that were issued and reached nobody.
    pub fn tokens_lost(&self) -> u64 {
        self.state().tokens.lost()
    }

    /// Tokens that were shown to the portal before they were in the ledger.
    pub fn tokens_unsaved(&self) -> Vec<String> {
        self.state().tokens.unsaved()
    }

    /// The most requests for tokens that were under way at once.
    pub fn tokens_at_once(&self) -> u64 {
        self.state().tokens_at_once
    }

    /// What two writes were under way for at once.
    pub fn twice(&self) -> Vec<String> {
        self.state().twice.clone()
    }

    /// When the first request that creates a deal of an order left, in milliseconds since the beginning.
    pub fn first_creates(&self) -> BTreeMap<u64, u64> {
        self.state().first_creates.clone()
    }

    /// Writes down what a request carries, for as long as its sender waits.
    fn board(&self, asked: &Asked) -> Aboard<'_> {
        let subjects = asked.subjects();
        let mut state = self.state();
        for what in asked.kinds(state.poison) {
            *state.met.entry(what).or_default() += 1;
        }
        let now = u64::try_from(self.inner.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        for order in asked.orders_created() {
            state.first_creates.entry(order).or_insert(now);
        }
        for subject in &subjects {
            let count = state.under_way.entry(subject.clone()).or_default();
            *count += 1;
            if 1 < *count {
                state.twice.push(subject.clone());
            }
        }
        let tokens = asked.is_for_tokens();
        if tokens {
            state.tokens.asked();
            state.tokens_under_way += 1;
            state.tokens_at_once = state.tokens_at_once.max(state.tokens_under_way);
        }
        Aboard {
            network: self,
            subjects,
            tokens,
        }
    }

    fn fate(&self, request: &mut Asked) -> Fate {
        let mut state = self.state();
        let state = &mut *state;
        if request.creates(state.poison) {
            state.poisoned += 1;
            *state.struck.entry("poison").or_default() += 1;
            return Fate::Answered(
                StatusCode::INTERNAL_SERVER_ERROR,
                r#"{"error":"INTERNAL_SERVER_ERROR","error_description":"Internal server error"}"#,
            );
        }
        let refused = request.refuse(|order| {
            if Some(order) == state.refused {
                *state.struck.entry("content_refused").or_default() += 1;
                return Some(CONTENT_REFUSED);
            }
            let duplicate = state.rng.random_bool(state.says_duplicate);
            if duplicate {
                *state.struck.entry("says_duplicate").or_default() += 1;
            }
            duplicate.then_some(SAYS_DUPLICATE)
        });
        if let Some(error) = refused {
            return Fate::Answered(StatusCode::BAD_REQUEST, error);
        }
        let faults = state.faults;
        if state.rng.random_bool(faults.refused) {
            *state.struck.entry("refused").or_default() += 1;
            return Fate::Refused;
        }
        if state.rng.random_bool(faults.broken) {
            *state.struck.entry("broken").or_default() += 1;
            return Fate::Broken;
        }
        let mut delay =
            || Duration::from_millis(state.rng.random_range(1..=faults.delay_ms.max(2)));
        let (there, back) = (delay(), delay());
        let lost = state.rng.random_bool(faults.lost);
        if lost {
            *state.struck.entry("answer_lost").or_default() += 1;
        }
        Fate::Carried { there, back, lost }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a request writes, while its sender waits for the answer.
struct Aboard<'a> {
    network: &'a Network,
    subjects: Vec<String>,
    tokens: bool,
}

impl Drop for Aboard<'_> {
    fn drop(&mut self) {
        let mut state = self.network.state();
        state.tokens_under_way -= u64::from(self.tokens);
        for subject in &self.subjects {
            if let Some(count) = state.under_way.get_mut(subject) {
                *count -= 1;
            }
        }
    }
}

impl Transport for Network {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let asked = Asked::read(request);
        let name = asked.name();
        self.inner
            .trace
            .say(|| format!("      > {name} {}", asked.words()));
        self.watch(&asked).await;
        let (tokens, commands) = (asked.is_for_tokens(), asked.commands());
        let sent = self.deliver(asked).await;
        if tokens {
            self.state().tokens.arrives(&sent);
        } else {
            self.note_expired(commands, &sent);
        }
        self.inner
            .trace
            .say(|| format!("      < {name} {}", words_of(&sent)));
        sent
    }
}

impl Network {
    /// A token that is shown must be in the ledger, or one that came later.
    async fn watch(&self, asked: &Asked) {
        let ledger = self.state().ledger.clone();
        if let (Some(ledger), Some(token)) = (ledger, asked.token()) {
            let kept = tokens::kept(&ledger).await;
            self.state().tokens.shown(&token, kept.as_deref());
        }
    }

    fn note_expired(&self, commands: usize, sent: &Result<Response<Bytes>, SendError>) {
        let Ok(answer) = sent else { return };
        let body = String::from_utf8_lossy(answer.body());
        if body.starts_with(r#"{"result":"#) && body.contains(r#""error":"expired_token""#) {
            let name = "application: a token ended within a batch".to_owned();
            *self.state().met.entry(name).or_default() += 1;
        }
        if body.starts_with(r#"{"error":"expired_token""#) {
            let name = match commands {
                0 | 1 => "application: a request met an expired token",
                _ => "application: a batch met an expired token",
            };
            *self.state().met.entry(name.to_owned()).or_default() += 1;
        }
    }

    /// An answer with tokens reached nobody.
    fn note_unheard(&self, died: bool, answer: &Result<Response<Bytes>, SendError>) {
        let mut state = self.state();
        if state.tokens.misses(answer) {
            let name = if died {
                "application: a pair was lost in a crash"
            } else {
                "application: a pair was lost on its way"
            };
            *state.met.entry(name.to_owned()).or_default() += 1;
        }
    }

    async fn deliver(&self, mut asked: Asked) -> Result<Response<Bytes>, SendError> {
        let _aboard = self.board(&asked);
        let fate = self.fate(&mut asked);
        self.inner
            .writes
            .fetch_add(asked.writes(), Ordering::Relaxed);
        match fate {
            Fate::Refused => {
                tokio::time::sleep(FAULT_SHOWS).await;
                Err(SendError::NotSent)
            }
            Fate::Broken => {
                tokio::time::sleep(FAULT_SHOWS).await;
                Err(SendError::Lost)
            }
            Fate::Answered(status, text) => {
                tokio::time::sleep(FAULT_SHOWS).await;
                let mut answer = Response::new(Bytes::from_static(text.as_bytes()));
                *answer.status_mut() = status;
                Ok(answer)
            }
            Fate::Carried { there, back, lost } => {
                let (tell, told) = oneshot::channel();
                let portal = self.inner.portal.clone();
                let (network, tokens) = (self.clone(), asked.is_for_tokens());
                let begin = tokio::time::Instant::now();
                // What is on its way arrives whether its sender lives or not.
                tokio::spawn(async move {
                    tokio::time::sleep(there).await;
                    let (request, errors) = asked.into_request();
                    let answer = carry(portal, request).await.map(|it| errors.put_into(it));
                    tokio::time::sleep(back).await;
                    if tokens && lost {
                        network.note_unheard(false, &answer);
                    }
                    let told = if lost { Err(SendError::Lost) } else { answer };
                    if let Err(answer) = tell.send(told)
                        && tokens
                    {
                        network.note_unheard(tokens::has_died(begin.elapsed()), &answer);
                    }
                });
                told.await.unwrap_or(Err(SendError::Lost))
            }
        }
    }
}

/// An answer, for the trace.
fn words_of(sent: &Result<Response<Bytes>, SendError>) -> String {
    match sent {
        Ok(answer) => {
            let body = String::from_utf8_lossy(answer.body());
            let short: String = body.chars().take(WORDS_MAX).collect();
            format!("{} {short}", answer.status().as_u16())
        }
        Err(error) => format!("{error:?}"),
    }
}

async fn carry(portal: Router, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
    let answer = portal
        .oneshot(request.map(Body::from))
        .await
        .map_err(|_| SendError::Lost)?;
    let (head, body) = answer.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|_| SendError::Lost)?
        .to_bytes();
    Ok(Response::from_parts(head, body))
}
