//! A shop, a portal with its authorization server, and the service between them, for one story.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Body};
use bitrix24::{
    WebhookUrl,
    oauth::{Client, Endpoint},
};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use kernel::{
    LedgerId, OrderId, OrderKey, ShopDomain,
    mapping::{Mapping, ORDER_FIELD_DEFAULT},
    rules::Rules,
};
use service::{
    Parts, Service,
    access::{AppSettings, INSTALL_PATH, RECORD},
    http::AdminAccess,
    portal::{Credential, PortalSettings},
    transport::{SendError, Transport},
};
use shopify::signature::Secrets;
use sim::{clock::SimClock, trace::Trace};
use simulators::{
    bitrix24::{AppConfig, Faults, Portal, PortalConfig, Revoked},
    shopify::{Shop, ShopConfig},
};
use store::{InlineStore, Store as _};
use tokio::sync::oneshot;
use tower::ServiceExt as _;
use tracing::subscriber::DefaultGuard;

/// A shop, a portal, a ledger and the log of everything.
pub(crate) struct Stand {
    pub(crate) shop: Shop,
    pub(crate) portal: Portal,
    pub(crate) way: Way,
    pub(crate) store: InlineStore,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) trace: Trace,
    pub(crate) opened_by_app: bool,
    pub(crate) host: String,
    pub(crate) secret: String,
    pub(crate) mapping: Mapping,
    _log: DefaultGuard,
}

impl Stand {
    pub(crate) fn app(change: impl FnOnce(&mut AppConfig)) -> Self {
        let mut app = AppConfig::default();
        change(&mut app);
        Self::new(app, true)
    }

    pub(crate) fn webhook() -> Self {
        Self::new(AppConfig::default(), false)
    }

    pub(crate) fn new(app: AppConfig, opened_by_app: bool) -> Self {
        let trace = Trace::new(true);
        let log = tracing::subscriber::set_default(trace.clone());
        let secret = app.client_secret.clone();
        let portal = Portal::new(PortalConfig {
            app,
            ..PortalConfig::default()
        });
        let way = Way {
            portal: portal.oauth_router().fallback_service(portal.router()),
            servers: Arc::default(),
        };
        Self {
            shop: Shop::new(ShopConfig::default()),
            portal,
            way,
            store: InlineStore::new().expect("memory"),
            clock: Arc::new(SimClock::new(ShopConfig::default().epoch)),
            trace,
            opened_by_app,
            host: "portal.bitrix24.com".to_owned(),
            secret,
            mapping: Mapping::with_order_field(ORDER_FIELD_DEFAULT.to_owned()),
            _log: log,
        }
    }

    pub(crate) fn credential(&self) -> Credential {
        if !self.opened_by_app {
            let url = WebhookUrl::parse("https://portal.bitrix24.com/rest/1/webhookcode/");
            return Credential::Webhook(url.expect("a URL"));
        }
        let portal = Endpoint::parse(&format!("https://{}/rest/", self.host));
        Credential::App(AppSettings {
            client: Client {
                id: AppConfig::default().client_id,
                secret: self.secret.as_str().into(),
            },
            portal: portal.expect("an endpoint"),
            server: None,
            install_url: None,
            ledger: PathBuf::new(),
        })
    }

    pub(crate) async fn start(&self) -> Running {
        let parts = Parts {
            store: self.store.clone(),
            transport: self.way.clone(),
            clock: self.clock.clone(),
            fresh_ledger: LedgerId::new("ledger"),
            portal: PortalSettings {
                credential: self.credential(),
                per_second: 2.0,
                burst: 50.0,
                timeout: Duration::from_secs(70),
            },
            shops: BTreeMap::from([(
                ShopDomain::sample(),
                Secrets::parse("hush-hush-secret").expect("a secret"),
            )]),
            rules: Rules {
                settle: Duration::from_secs(210),
            },
            mapping: self.mapping.clone(),
            admin: AdminAccess::Off,
            shopify: None,
        };
        let service = Arc::new(Service::start(parts).await.expect("the ledger starts"));
        let (stop, stopped) = oneshot::channel();
        let running = service.clone();
        let work = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            running.run(stopped).await;
        });
        Running {
            service,
            stop,
            work,
        }
    }

    /// Starts, and has the application installed before anything is written down of what is said.
    pub(crate) async fn start_installed(&self) -> Running {
        let running = self.start().await;
        assert_eq!(self.install(&running).await, 200);
        self.trace.forget();
        running
    }

    pub(crate) async fn install(&self, running: &Running) -> u16 {
        running.post(self.portal.install_app(1)).await
    }

    /// An order whose webhooks are all answered 200.
    pub(crate) async fn order(&self, running: &Running) -> u64 {
        let order = self.shop.place_order();
        tokio::time::sleep(Duration::from_secs(5)).await;
        for delivery in self.shop.due() {
            let request = delivery.request("http://127.0.0.1:8080");
            let answer = running.service.router().oneshot(request).await;
            assert_eq!(answer.expect("an answer").status().as_u16(), 200);
            self.shop.report(&delivery, Some(200));
        }
        order
    }

    pub(crate) fn faults(&self, change: impl FnOnce(&mut Faults)) {
        let mut faults = Faults::default();
        change(&mut faults);
        self.portal.set_faults(faults);
    }

    pub(crate) fn revoked_for(&self, time: Duration, how: Revoked) {
        let until = u64::try_from(time.as_millis()).expect("hours");
        self.faults(|faults| {
            faults.revoked_ms = Some((0, until));
            faults.revoked_as = how;
        });
    }

    pub(crate) fn deals_of(&self, order: u64) -> usize {
        let origin = order.to_string();
        let deals = self.portal.deals();
        deals
            .iter()
            .filter(|it| it.origin_id == origin && !it.deleted)
            .count()
    }

    pub(crate) async fn outcomes(&self, order: u64) -> Vec<String> {
        let key = OrderKey {
            shop: ShopDomain::sample(),
            order: OrderId(order),
        };
        let intents = self.store.intents(&key).await.expect("read");
        intents.into_iter().filter_map(|it| it.outcome).collect()
    }

    pub(crate) fn asked_for_tokens(&self) -> usize {
        self.way.servers().len()
    }

    /// What the ledger keeps of the application.
    pub(crate) async fn kept(&self, name: &str) -> String {
        let record = self
            .store
            .meta(RECORD)
            .await
            .expect("read")
            .expect("a pair");
        let record: serde_json::Value = serde_json::from_str(&record).expect("a record");
        record[name].as_str().expect("a text").to_owned()
    }

    /// Warnings, and the all-clear, as people read them: without times and without the fields behind the words.
    pub(crate) fn told(&self) -> String {
        self.told_after(0)
    }

    pub(crate) fn told_after(&self, known: usize) -> String {
        let lines = self.trace.lines();
        let told = lines.iter().filter_map(|it| {
            let (_, said) = it.trim_start().split_once(' ')?;
            let warns = said.starts_with("WARN") || said.starts_with("ERROR");
            let clears = ["answers again", "is installed in", "tokens for"];
            let clears = said.starts_with("INFO") && clears.iter().any(|it| said.contains(it));
            let words = said.split(" portal.host=").next().unwrap_or_default();
            (warns || clears).then(|| words.to_owned())
        });
        told.skip(known).collect::<Vec<_>>().join("\n")
    }
}

pub(crate) struct Running {
    pub(crate) service: Arc<Service<InlineStore, Way>>,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) work: tokio::task::JoinHandle<()>,
}

impl Running {
    pub(crate) async fn post(&self, form: String) -> u16 {
        post(&self.service, form).await
    }

    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        self.work.await.expect("it stops");
    }
}

/// Posts the form of an installation.
pub(crate) async fn post(service: &Service<InlineStore, Way>, form: String) -> u16 {
    let request = Request::post(INSTALL_PATH)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form))
        .expect("a form");
    let answer = service.router().oneshot(request).await;
    answer.expect("an answer").status().as_u16()
}

/// Straight into the routes of portal and authorization server.
#[derive(Clone)]
pub(crate) struct Way {
    pub(crate) portal: Router,
    pub(crate) servers: Arc<Mutex<Vec<String>>>,
}

impl Way {
    /// The hosts that were asked for tokens.
    pub(crate) fn servers(&self) -> Vec<String> {
        self.servers.lock().expect("no panic").clone()
    }
}

impl Transport for Way {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        if request.uri().path().starts_with("/oauth/") {
            let host = request.uri().host().unwrap_or_default().to_owned();
            self.servers.lock().expect("no panic").push(host);
        }
        let answer = self.portal.clone().oneshot(request.map(Body::from)).await;
        let (head, body) = answer.map_err(|_| SendError::Lost)?.into_parts();
        let body = body.collect().await.map_err(|_| SendError::Lost)?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}
