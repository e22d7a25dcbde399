//! Alerts of a whole service, in simulated time: told once, called off once, across restarts, whatever a place does.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Body, http::StatusCode, routing::post};
use bitrix24::WebhookUrl;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use kernel::{LedgerId, ShopDomain, mapping::Mapping, rules::Rules};
use serde_json::Value;
use service::{
    Parts, Service,
    alerts::{Address, AlertParts, AlertSettings, Channel, Language},
    http::AdminAccess,
    portal::{Credential, PortalSettings},
    transport::{SendError, Transport},
};
use shopify::signature::Secrets;
use sim::{clock::SimClock, trace::Trace};
use simulators::{
    bitrix24::{Faults, Portal, PortalConfig},
    shopify::{Delivery, Shop, ShopConfig},
};
use store::InlineStore;
use tokio::sync::oneshot;
use tower::ServiceExt as _;

#[tokio::test(start_paused = true)]
async fn a_portal_that_is_down_is_told_once_and_called_off_once() {
    let stand = Stand::new(&[HOOK]);
    let running = stand.start().await;
    stand.order(&running).await;
    stand.close_portal();
    stand.order(&running).await;
    minutes(60).await;
    assert_eq!(stand.told(), ["portal_closed raised", "queue_old raised"]);
    stand.open_portal();
    minutes(60).await;
    assert_eq!(
        stand.told(),
        [
            "portal_closed raised",
            "queue_old raised",
            "portal_closed cleared",
            "queue_old cleared"
        ]
    );
    assert!(running.counted("alert_letters_total{channel=\"webhook\",result=\"told\"} 4"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn restarts_neither_repeat_nor_lose_an_alert() {
    let stand = Stand::new(&[HOOK]);
    let running = stand.start().await;
    stand.close_portal();
    stand.order(&running).await;
    minutes(60).await;
    running.stop().await;
    for _ in 0..5 {
        let running = stand.start().await;
        minutes(7).await;
        running.stop().await;
    }
    assert_eq!(stand.told(), ["portal_closed raised", "queue_old raised"]);
    stand.open_portal();
    let running = stand.start().await;
    minutes(60).await;
    assert_eq!(stand.told().len(), 4, "{:?}", stand.told());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_told_before_a_restart_is_told_after_it() {
    let stand = Stand::new(&[HOOK]);
    stand.answer(500);
    let running = stand.start().await;
    stand.close_portal();
    stand.order(&running).await;
    minutes(60).await;
    running.stop().await;
    stand.forget_told();
    stand.answer(200);
    let running = stand.start().await;
    minutes(70).await;
    assert_eq!(stand.told(), ["portal_closed raised", "queue_old raised"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_place_that_hangs_holds_up_neither_another_place_nor_an_order() {
    let stand = Stand::new(&[HANGS, HOOK]);
    let running = stand.start().await;
    stand.close_portal();
    stand.order(&running).await;
    minutes(30).await;
    assert_eq!(stand.told(), ["portal_closed raised", "queue_old raised"]);
    stand.open_portal();
    minutes(10).await;
    assert_eq!(stand.deals(), 1);
    assert!(running.counted("alert_letters_total{channel=\"slack\",result=\"told\"} 0"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_user_of_the_portal_is_notified_once_the_portal_answers() {
    let stand = Stand::new(&[NOTIFIES]);
    let running = stand.start().await;
    stand.close_portal();
    stand.order(&running).await;
    minutes(20).await;
    stand.open_portal();
    minutes(60).await;
    // What is over takes the place of what began.
    let shown = stand.portal.notifications();
    let over = |it: &str| it.contains(": Over: ");
    assert!(
        shown.iter().all(|it| it.user == USER && over(&it.message)),
        "{shown:#?}"
    );
    let mut tags: Vec<_> = shown.iter().map(|it| it.tag.as_str()).collect();
    tags.sort_unstable();
    assert_eq!(tags, ["onedeal|portal_closed", "onedeal|queue_old"]);
    assert_eq!(stand.deals(), 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_missing_right_for_notifications_does_not_close_the_portal() {
    let stand = Stand::with_scopes(&[NOTIFIES, HOOK], &["crm"]);
    let running = stand.start().await;
    stand.close_portal();
    stand.order(&running).await;
    minutes(20).await;
    stand.open_portal();
    minutes(60).await;
    stand.order(&running).await;
    minutes(5).await;
    assert_eq!(stand.deals(), 2);
    assert_eq!(stand.told().len(), 4, "{:?}", stand.told());
    assert_eq!(stand.portal.notifications(), []);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_takes_no_writes_is_asked_once_a_second_and_no_more() {
    let stand = Stand::new(&[]);
    let running = stand.start().await;
    stand.order(&running).await;
    minutes(1).await;
    let trace = Trace::new(true);
    let said = tracing::subscriber::set_default(trace.clone());
    let forbid = |it| stand.store.forbid_writes(it).expect("the database is told");
    forbid(true);
    // The order is due again meanwhile, for a late look.
    minutes(60).await;
    drop(said);
    let mut errors = trace.errors();
    errors.retain(|it| it.contains("Failed to take due orders"));
    assert!(errors.len() <= 60 * 60, "{}", errors.len());
    forbid(false);
    stand.order(&running).await;
    minutes(5).await;
    assert_eq!(stand.deals(), 2);
    running.stop().await;
}

const USER: u64 = 7;

/// A place that takes JSON.
const HOOK: fn() -> Channel = || Channel::Webhook(address("hook"));

/// A place that never answers.
const HANGS: fn() -> Channel = || Channel::Slack(address("hang"));

/// A user of the portal.
const NOTIFIES: fn() -> Channel = || Channel::Bitrix24 { user: USER };

fn address(path: &str) -> Address {
    Address::parse(&format!("http://127.0.0.1:9/{path}")).expect("a URL")
}

async fn minutes(count: u64) {
    tokio::time::sleep(Duration::from_secs(60 * count)).await;
}

struct Stand {
    shop: Shop,
    portal: Portal,
    store: InlineStore,
    clock: Arc<SimClock>,
    channels: Vec<fn() -> Channel>,
    told: Arc<Mutex<Vec<String>>>,
    status: Arc<Mutex<StatusCode>>,
}

impl Stand {
    fn new(channels: &[fn() -> Channel]) -> Self {
        Self::with_scopes(channels, &["crm", "im"])
    }

    fn with_scopes(channels: &[fn() -> Channel], scopes: &[&str]) -> Self {
        let scopes = scopes.iter().map(|it| (*it).to_owned()).collect();
        Self {
            shop: Shop::new(ShopConfig::default()),
            portal: Portal::new(PortalConfig {
                scopes,
                ..PortalConfig::default()
            }),
            store: InlineStore::new().expect("memory"),
            clock: Arc::new(SimClock::new(ShopConfig::default().epoch)),
            channels: channels.to_vec(),
            told: Arc::default(),
            status: Arc::new(Mutex::new(StatusCode::OK)),
        }
    }

    fn office(&self) -> Router {
        let (told, status) = (self.told.clone(), self.status.clone());
        let hook = move |body: Bytes| async move {
            let said: Value = serde_json::from_slice(&body).expect("JSON");
            let word = |name: &str| said[name].as_str().expect("a word").to_owned();
            let line = format!("{} {}", word("condition"), word("state"));
            told.lock().expect("whole").push(line);
            *status.lock().expect("whole")
        };
        let hang = || async {
            std::future::pending::<()>().await;
        };
        Router::new()
            .route("/hook", post(hook))
            .route("/hang", post(hang))
    }

    async fn start(&self) -> Running {
        let way = Way {
            portal: self.portal.router(),
            office: self.office(),
        };
        let shop = ShopDomain::sample();
        let url = WebhookUrl::parse("https://portal.bitrix24.com/rest/1/webhookcode/");
        let secrets = Secrets::parse("hush-hush-secret").expect("a secret");
        let parts = Parts {
            store: self.store.clone(),
            transport: way.clone(),
            clock: self.clock.clone(),
            fresh_ledger: LedgerId::new("ledger"),
            portal: PortalSettings {
                credential: Credential::Webhook(url.expect("a URL")),
                per_second: 2.0,
                burst: 50.0,
                timeout: Duration::from_secs(70),
            },
            shops: BTreeMap::from([(shop.clone(), secrets)]),
            rules: Rules {
                settle: Duration::from_secs(210),
            },
            mapping: Mapping::default(),
            admin: AdminAccess::Off,
            shopify: None,
        };
        let alerts = AlertParts {
            settings: AlertSettings {
                queue: Duration::from_secs(900),
                language: Language::English,
                channels: self.channels.iter().map(|it| it()).collect(),
                link: None,
                shop: shop.to_string(),
            },
            transport: way,
        };
        let service = Service::start(parts).await.expect("the ledger starts");
        let service = Arc::new(service.with_alerts(alerts).await);
        let (stop, stopped) = oneshot::channel();
        let running = service.clone();
        let work = tokio::spawn(async move {
            running
                .run(async {
                    let _ = stopped.await;
                })
                .await;
        });
        Running {
            service,
            stop,
            work,
        }
    }

    /// Places an order and delivers what the shop has to say of it.
    async fn order(&self, running: &Running) {
        self.shop.place_order();
        tokio::time::sleep(Duration::from_secs(5)).await;
        for delivery in self.shop.due() {
            running.deliver(&self.shop, &delivery).await;
        }
        tokio::time::sleep(Duration::from_secs(30)).await;
    }

    /// From now on the portal refuses everything.
    fn close_portal(&self) {
        self.portal.set_faults(Faults {
            revoked_ms: Some((0, u64::MAX)),
            ..Faults::default()
        });
    }

    fn open_portal(&self) {
        self.portal.set_faults(Faults::default());
    }

    fn answer(&self, status: u16) {
        *self.status.lock().expect("whole") = StatusCode::from_u16(status).expect("a status");
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().expect("whole").clone()
    }

    fn forget_told(&self) {
        self.told.lock().expect("whole").clear();
    }

    fn deals(&self) -> usize {
        self.portal.deals().len()
    }
}

struct Running {
    service: Arc<Service<InlineStore, Way>>,
    stop: oneshot::Sender<()>,
    work: tokio::task::JoinHandle<()>,
}

impl Running {
    async fn deliver(&self, shop: &Shop, delivery: &Delivery) {
        let request = delivery.request("http://127.0.0.1:8080");
        let router = self.service.router();
        let answer = router.oneshot(request).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        shop.report(delivery, Some(200));
    }

    fn counted(&self, line: &str) -> bool {
        let page = self.service.counters().page();
        page.lines().any(|it| it == format!("onedeal_{line}"))
    }

    async fn stop(self) {
        let _ = self.stop.send(());
        self.work.await.expect("it stops");
    }
}

/// Straight into the routes of whom a request is for.
#[derive(Clone)]
struct Way {
    portal: Router,
    office: Router,
}

impl Transport for Way {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let here = request.uri().host() == Some("127.0.0.1");
        let router = if here { &self.office } else { &self.portal };
        let answer = router.clone().oneshot(request.map(Body::from)).await;
        let (head, body) = answer.map_err(|_| SendError::Lost)?.into_parts();
        let body = body.collect().await.map_err(|_| SendError::Lost)?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}
