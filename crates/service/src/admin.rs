//! Shopify's Admin API of one shop: asks, waits as it is told to, and says what is wrong in plain words.
//!
//! Only reads and subscriptions go this way, all of which may be asked for twice: a question without an answer is asked
//! again. Invariants: at most one token is asked for at a time; no secret is part of an error or of the log.

mod error;
mod tokens;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use kernel::ShopDomain;
use secrecy::SecretString;
use serde_json::Value;
use shopify::{
    answer::{self, Failed, Page},
    endpoint::Endpoint,
    graphql,
    probe::{self, Probe},
    reply,
    token::Credentials,
};
use tracing::Instrument as _;

pub use error::AdminError;
use tokens::Tokens;

use crate::{clock::Clock, counters::Counters, spans, transport::Transport};

/// Scopes without which an order cannot be read whole (facts/shopify.md §5.3).
pub const SCOPES_NEEDED: [&str; 3] = ["read_orders", "read_customers", "read_products"];

/// The scope that opens orders older than 60 days (facts/shopify.md §5.3).
pub const SCOPE_ALL_ORDERS: &str = "read_all_orders";

/// How long an answer is waited for.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Orders on a page at first: about half of what one query may cost (facts/shopify.md §5.6).
const PAGE_ORDERS: u32 = 20;

/// How often a question is asked again after no answer or after Shopify's own fault.
const FAULTS_MAX: u32 = 3;

/// How often a question is asked again after it was throttled: each wait is as long as Shopify says.
const THROTTLED_MAX: u32 = 12;

/// The first wait after a fault; each further one is twice as long.
const FAULT_PAUSE: Duration = Duration::from_secs(1);

/// How often a token that is refused is replaced before one question: a new one may be refused by chance, not for ever.
const RENEWALS_MAX: u32 = 2;

/// Beside the wait that the bucket needs: it is told in whole points.
const THROTTLE_SPARE: Duration = Duration::from_millis(100);

/// How often an order that changes while its lines are read is read anew.
const READS_MAX: u32 = 3;

/// Where a shop's Admin API is, and what opens it.
#[derive(Debug, Clone)]
pub struct AdminSettings {
    /// The shop.
    pub shop: ShopDomain,
    /// Where.
    pub endpoint: Endpoint,
    /// What opens it.
    pub credentials: Credentials,
}

/// The Admin API of one shop.
pub struct Admin<T> {
    settings: AdminSettings,
    transport: T,
    clock: Arc<dyn Clock>,
    counters: Arc<Counters>,
    tokens: Tokens,
    page: AtomicU32,
    /// By how many milliseconds the shop's clock is ahead of ours, by its last answer.
    ahead_ms: AtomicI64,
    /// The version that answered last.
    served: Mutex<Option<String>>,
}

impl<T: Transport> Admin<T> {
    /// The Admin API of these settings. Nothing is asked yet.
    pub fn new(
        settings: AdminSettings,
        transport: T,
        clock: Arc<dyn Clock>,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            settings,
            transport,
            clock,
            counters,
            tokens: Tokens::default(),
            page: AtomicU32::new(PAGE_ORDERS),
            ahead_ms: AtomicI64::new(0),
            served: Mutex::default(),
        }
    }

    /// The shop.
    pub fn shop(&self) -> &ShopDomain {
        &self.settings.shop
    }

    /// The version that is asked for.
    pub fn version(&self) -> &str {
        self.settings.endpoint.version()
    }

    /// The version that answered last, where it was told: another one than was asked for once that has ended.
    pub fn served_version(&self) -> Option<String> {
        self.served
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// By how much the shop's clock is ahead of ours, by its last answer; whole seconds, as its answers tell no more.
    pub fn shop_ahead(&self) -> SignedDuration {
        SignedDuration::from_millis(self.ahead_ms.load(Ordering::Relaxed))
    }

    /// Now, by the shop's clock as far as it is known. It is late by the time that answers take, never early.
    pub fn shop_now(&self) -> Timestamp {
        let ahead = SignedDuration::from_millis(self.ahead_ms.load(Ordering::Relaxed));
        self.clock
            .wall()
            .checked_add(ahead)
            .unwrap_or_else(|_| self.clock.wall())
    }

    /// What the shop says of itself and of the app.
    ///
    /// # Errors
    /// No answer, or another shop's.
    pub async fn probe(&self) -> Result<Probe, AdminError> {
        let probe = self
            .ask(&probe::request(), |answer| probe::read(&answer))
            .await?;
        let same = ShopDomain::parse(&probe.domain).is_ok_and(|it| it == self.settings.shop);
        if same {
            Ok(probe)
        } else {
            Err(AdminError::OtherShop {
                found: probe.domain,
            })
        }
    }

    /// One page of the orders updated from `since` to before `until`, the longest not updated first.
    ///
    /// # Errors
    /// No answer.
    pub async fn orders_page(
        &self,
        since: Timestamp,
        until: Timestamp,
        after: Option<&str>,
    ) -> Result<Page, AdminError> {
        loop {
            let first = self.page.load(Ordering::Relaxed);
            let request = graphql::orders_page_request(since, Some(until), first, after);
            match self.ask(&request, answer::page).await {
                Err(error) if error.is_too_costly() && self.halve(first) => {}
                answered => return answered,
            }
        }
    }

    /// These orders as they are now, each at its place; `None` for one that does not exist or is not visible.
    ///
    /// # Errors
    /// No answer.
    pub async fn orders(&self, ids: &[u64]) -> Result<Vec<Option<Value>>, AdminError> {
        let mut found = Vec::new();
        while found.len() < ids.len() {
            let size = self.page.load(Ordering::Relaxed);
            let rest = &ids[found.len()..];
            let these = &rest[..rest.len().min(size as usize)];
            let request = graphql::many_orders_request(these);
            match self.ask(&request, answer::nodes).await {
                Err(error) if error.is_too_costly() && self.halve(size) => continue,
                Err(error) => return Err(error),
                Ok(mut nodes) => {
                    nodes.resize(these.len(), None);
                    found.extend(nodes);
                }
            }
        }
        Ok(found)
    }

    /// The order with all its lines; `None` if it is gone meanwhile. One that keeps changing is left with what the last
    /// reading showed, and says itself that it is not whole.
    ///
    /// # Errors
    /// No answer.
    pub async fn whole(&self, node: Value) -> Result<Option<Value>, AdminError> {
        let Some(id) = order_of(&node) else {
            return Ok(Some(node));
        };
        let mut node = node;
        for _ in 0..READS_MAX {
            if self.add_all_lines(id, &mut node).await? {
                break;
            }
            let request = graphql::one_order_request(id);
            match self.ask(&request, answer::order).await? {
                Some(again) => node = again,
                None => return Ok(None),
            }
        }
        Ok(Some(node))
    }

    /// False if the order changed while its lines were read.
    async fn add_all_lines(&self, id: u64, node: &mut Value) -> Result<bool, AdminError> {
        while let Some(cursor) = graphql::next_lines(node).map(str::to_owned) {
            let request = graphql::more_lines_request(id, &cursor);
            let more = self.ask(&request, answer::order).await?;
            if !more.is_some_and(|more| graphql::add_lines(node, &more)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Smaller pages from now on; false if they cannot be smaller.
    fn halve(&self, size: u32) -> bool {
        self.page.fetch_min((size / 2).max(1), Ordering::Relaxed);
        1 < size
    }

    /// Asks until there is an answer, or asking again is of no use for now.
    pub(crate) async fn ask<R>(
        &self,
        body: &Value,
        read: impl Fn(Value) -> Result<R, Failed>,
    ) -> Result<R, AdminError> {
        let (mut faults, mut throttled, mut renewed) = (0, 0, 0);
        loop {
            let token = self.token().await?;
            let failed = match self.once(body, &token).await {
                Ok(answer) => match read(answer) {
                    Ok(read) => {
                        self.counters.shop_request("done");
                        return Ok(read);
                    }
                    Err(failed) => AdminError::Failed(failed),
                },
                Err(error) => error,
            };
            self.counters.shop_request(failed.word());
            let renewable = matches!(self.settings.credentials, Credentials::Client { .. });
            if failed.is_unauthorized() && renewable && renewed < RENEWALS_MAX {
                self.tokens.forget(&token).await;
                renewed += 1;
                continue;
            }
            let pause = match failed.again() {
                error::Again::Throttled(wait) if throttled < THROTTLED_MAX => {
                    throttled += 1;
                    wait + THROTTLE_SPARE
                }
                error::Again::Fault(wait) if faults < FAULTS_MAX => {
                    faults += 1;
                    wait.max(FAULT_PAUSE * 2_u32.pow(faults - 1))
                }
                error::Again::Throttled(_) | error::Again::Fault(_) | error::Again::No => {
                    return Err(failed);
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn once(&self, body: &Value, token: &SecretString) -> Result<Value, AdminError> {
        let span = spans::question(self.settings.shop.as_str());
        let answer = self
            .send(self.settings.endpoint.graphql(body, token))
            .instrument(span)
            .await?;
        let told = reply::read(answer.status(), answer.headers(), answer.body());
        let told = told.map_err(AdminError::Refused)?;
        if told.version.is_some() {
            *self.served.lock().unwrap_or_else(PoisonError::into_inner) = told.version;
        }
        Ok(told.body)
    }

    async fn token(&self) -> Result<SecretString, AdminError> {
        match &self.settings.credentials {
            Credentials::Static(token) => Ok(token.clone()),
            Credentials::Client { id, secret } => {
                let request = || shopify::token::request(&self.settings.endpoint, id, secret);
                let now = || Duration::from_millis(self.clock.boot().boottime_ms);
                self.tokens.get(now, || self.send(request())).await
            }
        }
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, AdminError> {
        let answer = tokio::time::timeout(TIMEOUT, self.transport.send(request)).await;
        let answer = answer
            .map_err(|_| AdminError::NoAnswer)?
            .map_err(|_| AdminError::NoAnswer)?;
        if let Some(theirs) = reply::date(answer.headers()) {
            let ahead = theirs.duration_since(self.clock.wall()).as_millis();
            let ahead = i64::try_from(ahead).unwrap_or_default();
            self.ahead_ms.store(ahead, Ordering::Relaxed);
        }
        Ok(answer)
    }
}

/// The order that a node is about.
pub(crate) fn order_of(node: &Value) -> Option<u64> {
    node["legacyResourceId"]
        .as_str()
        .and_then(|it| it.parse().ok())
}
