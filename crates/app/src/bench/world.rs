//! A service, a portal and a clock in virtual time: nothing waits in reality, and nothing but portal and waits costs time.

use std::{collections::BTreeMap, future::Future, sync::Arc, time::Duration};

use anyhow::Context as _;
use axum::{Router, body::Body};
use bitrix24::WebhookUrl;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use kernel::{LedgerId, ShopDomain, mapping::Mapping, rules::Rules};
use service::{
    Parts, Service,
    board::Board,
    clock::Clock,
    http::AdminAccess,
    portal::{Credential, PortalSettings},
    transport::{SendError, Transport},
};
use shopify::signature::Secrets;
use simulators::bitrix24::{ChangeKind, Portal, PortalConfig};
use store::{BootClock, InlineStore, Store};
use tokio::time::{Instant, sleep};
use tower::ServiceExt as _;

use super::order::{self, BenchOrder, SECRET, SHOP};

/// The webhook of the simulated portal.
pub const PORTAL_URL: &str = "https://portal.bitrix24.com/rest/1/webhookcode/";

/// Our client's timeout, the product's default.
const TIMEOUT: Duration = Duration::from_secs(70);

/// A new process trusts the portal's bucket only after this long.
const SETTLE_IN: Duration = Duration::from_secs(60);

/// Runs a benchmark on one thread under a clock that moves only when everybody waits.
///
/// # Errors
/// What `work` fails with, or no runtime is to be had.
pub fn in_virtual_time<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .context("failed to start a runtime")?
        .block_on(work)
}

/// The way to the portal: so long there and back, and nothing lost.
#[derive(Clone)]
pub struct Wire {
    portal: Router,
    one_way: Duration,
}

impl Wire {
    /// A way to a portal, there and back in `round_trip`.
    pub fn new(portal: &Portal, round_trip: Duration) -> Self {
        Self {
            portal: portal.router(),
            one_way: round_trip / 2,
        }
    }
}

impl Transport for Wire {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        sleep(self.one_way).await;
        let answer = self.portal.clone().oneshot(request.map(Body::from)).await;
        let (head, body) = answer.map_err(|_| SendError::Lost)?.into_parts();
        let body = body.collect().await.map_err(|_| SendError::Lost)?;
        sleep(self.one_way).await;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

/// Virtual time under the name of the machine's clock.
struct VirtualClock {
    begin: Instant,
}

impl Clock for VirtualClock {
    fn boot(&self) -> BootClock {
        let passed = self.begin.elapsed().as_millis();
        BootClock {
            boot_id: "virtual".to_owned(),
            boottime_ms: u64::try_from(passed).unwrap_or(u64::MAX),
        }
    }

    fn wall(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.begin.elapsed()
    }
}

/// A service on a portal, before and while it works.
pub struct World<S> {
    /// The portal.
    pub portal: Portal,
    service: Service<S, Wire>,
    intake: Router,
}

impl World<InlineStore> {
    /// A started service with an empty ledger in memory, in virtual time.
    ///
    /// # Errors
    /// The ledger in memory could not be made.
    pub async fn start(config: PortalConfig, round_trip: Duration) -> anyhow::Result<Self> {
        let clock = VirtualClock {
            begin: Instant::now(),
        };
        Self::open(InlineStore::new()?, Arc::new(clock), config, round_trip).await
    }
}

impl<S: Store> World<S> {
    /// A started service on a portal.
    ///
    /// # Errors
    /// The ledger did not start.
    pub async fn open(
        store: S,
        clock: Arc<dyn Clock>,
        config: PortalConfig,
        round_trip: Duration,
    ) -> anyhow::Result<Self> {
        let settings = PortalSettings {
            credential: Credential::Webhook(WebhookUrl::parse(PORTAL_URL)?),
            per_second: config.per_second,
            burst: config.burst,
            timeout: TIMEOUT,
        };
        let portal = Portal::new(config);
        let secrets = Secrets::parse(SECRET)?;
        let parts = Parts {
            store,
            transport: Wire::new(&portal, round_trip),
            clock,
            fresh_ledger: LedgerId::new("bench"),
            portal: settings,
            shops: BTreeMap::from([(ShopDomain::parse(SHOP)?, secrets)]),
            rules: Rules::default(),
            mapping: Mapping::default(),
            admin: AdminAccess::Off,
            shopify: None,
        };
        let service = Service::start(parts).await?;
        let intake = service.router();
        Ok(Self {
            portal,
            service,
            intake,
        })
    }

    /// The ledger.
    pub fn store(&self) -> &S {
        self.service.store()
    }

    /// What people may know.
    pub(super) fn board(&self) -> Board<S, Wire> {
        self.service.board()
    }

    /// Delivers a webhook.
    ///
    /// # Errors
    /// It was not taken.
    pub(super) async fn deliver(
        &self,
        topic: &'static str,
        order: &BenchOrder,
    ) -> anyhow::Result<()> {
        let body = order.body();
        let mut request = Request::post("/webhooks/shopify").body(Body::from(body.clone()))?;
        *request.headers_mut() = order::headers(topic, &body);
        let answer = self.intake.clone().oneshot(request).await?;
        anyhow::ensure!(
            answer.status() == StatusCode::OK,
            "a webhook was answered with {}",
            answer.status()
        );
        Ok(())
    }

    /// Lets the service work while `play` goes on, once it has looked at the portal and may use its whole bucket.
    ///
    /// # Errors
    /// What `play` fails with, or the service ended.
    pub async fn working<T>(
        &self,
        play: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let play = async {
            sleep(SETTLE_IN).await;
            play.await
        };
        self.working_at_once(play).await
    }

    /// Lets the service work while `play` goes on.
    ///
    /// # Errors
    /// What `play` fails with, or the service ended.
    pub async fn working_at_once<T>(
        &self,
        play: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        tokio::select! {
            biased;
            ended = play => ended,
            () = Box::pin(self.service.run(std::future::pending())) => anyhow::bail!("the service stopped working"),
        }
    }
}

/// What appeared on a portal and when, in milliseconds since it was built. Each call adds what is new.
#[derive(Debug, Default)]
pub struct Appeared {
    read: usize,
    /// When deals were created, by the order's id.
    pub created: BTreeMap<String, Vec<u64>>,
    /// How many deals got their rows.
    pub with_rows: usize,
    /// When anything was last written.
    pub last_ms: u64,
}

impl Appeared {
    /// Reads on in the portal's journal.
    pub fn read_on(&mut self, portal: &Portal) {
        let news = portal.journal_since(self.read);
        self.read += news.len();
        for change in news {
            self.last_ms = self.last_ms.max(change.at);
            match (&change.kind, change.after) {
                (ChangeKind::Created, Some(deal)) => {
                    self.created
                        .entry(deal.origin_id)
                        .or_default()
                        .push(change.at);
                }
                (ChangeKind::RowsSet, _) => self.with_rows += 1,
                (_, _) => {}
            }
        }
    }
}
