//! The servers under load, each in a thread of its own like `onedeal serve`.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
};

use anyhow::Context as _;
use axum::{Router, body::Body, http::Request, http::StatusCode, routing::post};
use bitrix24::WebhookUrl;
use http_body_util::BodyExt as _;
use kernel::{LedgerId, ShopDomain, mapping::Mapping, rules::Rules};
use service::{
    Parts, Service,
    clock::SystemClock,
    http::AdminAccess,
    portal::{Credential, PortalSettings},
    transport::HttpTransport,
};
use shopify::signature::Secrets;
use store::SqliteStore;
use tokio::sync::oneshot;

use crate::bench::{
    order::{SECRET, SHOP},
    world::PORTAL_URL,
};

/// Clock ticks per second in /proc; the same on every Linux that we run on.
const TICKS_PER_SECOND: f64 = 100.0;

/// Routes, and what is asked once the server stopped: how much it stored.
type Opened = (Router, Box<dyn FnOnce() -> anyhow::Result<u64>>);

/// What a server serves.
pub(super) trait Serves: Send + 'static {
    /// Sets it up.
    fn open(self) -> impl Future<Output = anyhow::Result<Opened>>;

    /// The name of its thread.
    const NAME: &'static str;
}

/// A running server.
pub(super) struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: thread::JoinHandle<anyhow::Result<u64>>,
}

impl Server {
    /// Starts one on a free port.
    pub(super) fn start<S: Serves>(serves: S) -> anyhow::Result<Self> {
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?
                .block_on(async {
                    let (router, count) = serves.open().await?;
                    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
                    tell.send(listener.local_addr()?)?;
                    let ended = async {
                        // Either it was asked to stop, or nobody is left to ask.
                        let _ = stopped.await;
                    };
                    tokio::select! {
                        biased;
                        () = ended => {}
                        served = axum::serve(listener, router).into_future() => served?,
                    }
                    count()
                })
        };
        let thread = thread::Builder::new()
            .name(S::NAME.to_owned())
            .spawn(serve)?;
        match told.recv() {
            Ok(address) => Ok(Self {
                address,
                stop,
                thread,
            }),
            Err(_) => Err(ended(thread.join())
                .err()
                .unwrap_or_else(|| anyhow::anyhow!("the server ended before it listened"))),
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops it and says how much it stored.
    pub(super) fn stop(self) -> anyhow::Result<u64> {
        // A server that ended by itself says why.
        let _ = self.stop.send(());
        ended(self.thread.join())
    }
}

fn ended(joined: thread::Result<anyhow::Result<u64>>) -> anyhow::Result<u64> {
    joined.map_err(|_| anyhow::anyhow!("a server failed"))?
}

/// The product's own routes on a ledger in a file. Its worker does not run: orders wait.
pub(super) struct Product {
    database: PathBuf,
}

impl Product {
    pub(super) fn new(database: &Path) -> Self {
        Self {
            database: database.to_owned(),
        }
    }
}

impl Serves for Product {
    const NAME: &'static str = "intake";

    async fn open(self) -> anyhow::Result<Opened> {
        let store = SqliteStore::open(&self.database)?;
        let parts = Parts {
            store: store.clone(),
            transport: HttpTransport::new()?,
            clock: Arc::new(SystemClock::new()),
            fresh_ledger: LedgerId::new("bench"),
            portal: PortalSettings {
                credential: Credential::Webhook(WebhookUrl::parse(PORTAL_URL)?),
                per_second: 2.0,
                burst: 50.0,
                timeout: std::time::Duration::from_secs(70),
            },
            shops: BTreeMap::from([(ShopDomain::parse(SHOP)?, Secrets::parse(SECRET)?)]),
            rules: Rules::default(),
            mapping: Mapping::default(),
            admin: AdminAccess::Off,
            shopify: None,
        };
        let service = Service::start(parts).await?;
        let router = service.router();
        let database = self.database;
        let count = move || {
            drop((service, store));
            Ok(store::Db::open_to_read(&database)?.counts()?.deliveries)
        };
        Ok((router, Box::new(count)))
    }
}

/// A handler that reads the body and checks its signature.
pub(super) struct Bare;

impl Serves for Bare {
    const NAME: &'static str = "bare";

    async fn open(self) -> anyhow::Result<Opened> {
        let secrets = Arc::new(Secrets::parse(SECRET)?);
        let handler = move |request: Request<Body>| {
            let secrets = secrets.clone();
            async move {
                let (head, body) = request.into_parts();
                let Ok(body) = body.collect().await else {
                    return StatusCode::BAD_REQUEST;
                };
                let signature = head.headers.get("x-shopify-hmac-sha256");
                let signature = signature
                    .and_then(|it| it.to_str().ok())
                    .unwrap_or_default();
                if secrets.verify(&body.to_bytes(), signature) {
                    StatusCode::OK
                } else {
                    StatusCode::UNAUTHORIZED
                }
            }
        };
        let router = Router::new().route("/webhooks/shopify", post(handler));
        Ok((router, Box::new(|| Ok(0))))
    }
}

/// Processor time of each thread of this process so far, in seconds, by name.
pub(super) fn thread_times() -> anyhow::Result<BTreeMap<String, f64>> {
    let mut times = BTreeMap::new();
    for entry in std::fs::read_dir("/proc/self/task")? {
        let stat = std::fs::read_to_string(entry?.path().join("stat"));
        // A thread may end while it is read.
        let Ok(stat) = stat else { continue };
        let (name, seconds) = thread_time(&stat).context("reading /proc/self/task")?;
        *times.entry(name).or_default() += seconds;
    }
    Ok(times)
}

/// Name and processor time in a line of /proc/…/stat.
fn thread_time(stat: &str) -> Option<(String, f64)> {
    let (before, after) = stat.rsplit_once(") ")?;
    let (_, name) = before.split_once('(')?;
    let mut fields = after.split(' ').skip(11);
    let ticks: f64 = fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?;
    Some((name.to_owned(), ticks / TICKS_PER_SECOND))
}

/// Shares of a core that threads used between two looks, the busiest first.
pub(super) fn shares(
    before: &BTreeMap<String, f64>,
    after: &BTreeMap<String, f64>,
    seconds: f64,
) -> Vec<(String, f64)> {
    let mut shares: Vec<_> = after
        .iter()
        .map(|(name, time)| {
            let spent = time - before.get(name).copied().unwrap_or(0.0);
            (name.clone(), spent / seconds)
        })
        .filter(|(_, share)| 0.01 <= *share)
        .collect();
    shares.sort_by(|one, other| other.1.total_cmp(&one.1));
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_behind_any_name() {
        let stat = "12 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20";
        assert_eq!(thread_time(stat), Some(("a (b) c".to_owned(), 3.0)));
    }
}
