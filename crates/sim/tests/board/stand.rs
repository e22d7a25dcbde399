//! A shop, a portal and the service between them, seen through its API.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body};
use bitrix24::WebhookUrl;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use kernel::{
    LedgerId, OrderId, OrderKey, ShopDomain,
    mapping::{Mapping, ORDER_FIELD_DEFAULT},
    rules::Rules,
};
use serde_json::Value;
use service::{
    Parts, Service,
    api::{self, Api},
    board::Board,
    clock::{Clock as _, LedgerClock},
    door::{AdminAccess, Door, Tokens},
    portal::{Credential, PortalSettings},
    transport::{SendError, Transport},
};
use shopify::signature::Secrets;
use sim::clock::SimClock;
use simulators::{
    bitrix24::{Faults, Portal, PortalConfig},
    shopify::{Shop, ShopConfig},
};
use store::InlineStore;
use tower::ServiceExt as _;

/// A shop, a portal and a running service.
pub(crate) struct Stand {
    pub(crate) shop: Shop,
    pub(crate) portal: Portal,
    pub(crate) service: Arc<Service<InlineStore, Way>>,
    way: Way,
    api: Router,
}

impl Stand {
    /// A service that has looked at its portal.
    pub(crate) async fn start() -> Self {
        let portal = Portal::new(PortalConfig::default());
        let way = Way {
            portal: portal.router(),
            loses_a_create: Arc::default(),
        };
        let url = WebhookUrl::parse("https://portal.bitrix24.com/rest/1/webhookcode/");
        let clock = Arc::new(SimClock::new(ShopConfig::default().epoch));
        let boot = clock.boot();
        let parts = Parts {
            store: InlineStore::new().expect("memory"),
            transport: way.clone(),
            clock: clock.clone(),
            fresh_ledger: LedgerId::new("ledger"),
            portal: PortalSettings {
                credential: Credential::Webhook(url.expect("a URL")),
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
            mapping: Mapping::with_order_field(ORDER_FIELD_DEFAULT.to_owned()),
            admin: AdminAccess::Off,
            shopify: None,
        };
        let service = Arc::new(Service::start(parts).await.expect("the ledger starts"));
        let ledger_clock = LedgerClock::new(clock, &service.started, &boot);
        let running = service.clone();
        tokio::spawn(async move { running.run(std::future::pending()).await });
        let stand = Self {
            shop: Shop::new(ShopConfig::default()),
            portal,
            api: api::router(Api {
                door: Door::new(AdminAccess::Token(tokens()), [7; 32], None, ledger_clock),
                board: service.board(),
                operators: service.operators(),
            }),
            service,
            way,
        };
        stand.pass(60).await;
        stand
    }

    pub(crate) fn board(&self) -> Board<InlineStore, Way> {
        self.service.board()
    }

    pub(crate) async fn pass(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    /// Everything that Shopify has to deliver is delivered, and answered 200.
    pub(crate) async fn deliver(&self) {
        self.pass(5).await;
        for delivery in self.shop.due() {
            let request = delivery.request("http://127.0.0.1:8080");
            let answer = self.service.router().oneshot(request).await;
            assert_eq!(answer.expect("an answer").status(), StatusCode::OK);
            self.shop.report(&delivery, Some(200));
        }
    }

    /// An order that has its deal.
    pub(crate) async fn order(&self) -> OrderKey {
        let order = self.shop.place_order();
        self.deliver().await;
        self.pass(60).await;
        key(order)
    }

    /// The answer to the next create is lost.
    pub(crate) fn lose_a_create(&self) {
        self.way.loses_a_create.store(true, Ordering::Relaxed);
    }

    pub(crate) fn faults(&self, change: impl FnOnce(&mut Faults)) {
        let mut faults = Faults::default();
        change(&mut faults);
        self.portal.set_faults(faults);
    }

    /// A question as a script asks it.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(
            asking(path, OPERATOR)
                .body(Body::empty())
                .expect("a request"),
        )
        .await
    }

    /// A wish as a script posts it.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let wish = asking(path, OPERATOR).method(Method::POST);
        self.ask(wish.body(Body::from(body.to_string())).expect("a request"))
            .await
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        let answer = self.api.clone().oneshot(request).await.expect("an answer");
        let (head, body) = answer.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        let kind = head.headers.get(http::header::CONTENT_TYPE);
        Answer {
            status: head.status.as_u16(),
            kind: kind
                .and_then(|it| it.to_str().ok())
                .unwrap_or_default()
                .to_owned(),
            body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        }
    }

    /// The answer as it begins, for one that never ends.
    pub(crate) async fn open(&self, path: &str) -> Response<Body> {
        let request = asking(path, OPERATOR)
            .body(Body::empty())
            .expect("a request");
        self.api.clone().oneshot(request).await.expect("an answer")
    }
}

/// What the API answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) kind: String,
    pub(crate) body: Value,
}

impl Answer {
    /// Asserts that it is a problem that names a remedy.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16) {
        assert_eq!(
            (self.status, self.kind.as_str()),
            (status, "application/problem+json"),
            "{}",
            self.body
        );
        assert_eq!(self.body["status"], status, "{}", self.body);
        for word in ["type", "title", "detail", "remedy"] {
            let text = self.body[word].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{word}: {}", self.body);
        }
    }
}

/// Who may look and act.
pub(crate) const OPERATOR: &str = "operator-token-of-the-test";

/// Who may look.
pub(crate) const VIEWER: &str = "viewer-token-of-the-test";

fn tokens() -> Tokens {
    Tokens {
        operator: OPERATOR.into(),
        viewer: Some(VIEWER.into()),
    }
}

pub(crate) fn asking(path: &str, token: &str) -> http::request::Builder {
    Request::builder()
        .uri(path)
        .header(http::header::AUTHORIZATION, format!("Bearer {token}"))
}

pub(crate) fn key(order: u64) -> OrderKey {
    OrderKey {
        shop: ShopDomain::sample(),
        order: OrderId(order),
    }
}

/// Straight into the portal's routes; the answer to one create can be lost on its way back.
#[derive(Clone)]
pub(crate) struct Way {
    portal: Router,
    loses_a_create: Arc<AtomicBool>,
}

impl Transport for Way {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let creates = String::from_utf8_lossy(request.body()).contains("crm.item.add");
        let answer = self.portal.clone().oneshot(request.map(Body::from)).await;
        if creates && self.loses_a_create.swap(false, Ordering::Relaxed) {
            return Err(SendError::Lost);
        }
        let (head, body) = answer.map_err(|_| SendError::Lost)?.into_parts();
        let body = body.collect().await.map_err(|_| SendError::Lost)?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}
