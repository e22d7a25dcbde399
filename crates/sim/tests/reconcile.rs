//! The reconciler in a whole service, between a simulated shop and a simulated portal.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use bitrix24::WebhookUrl;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use kernel::{
    Elapsed, LedgerId, OrderId, OrderKey, ShopDomain,
    mapping::{Mapping, ORDER_FIELD_DEFAULT},
    rules::Rules,
    state::OrderState,
};
use service::{
    Parts, Service,
    admin::AdminSettings,
    http::AdminAccess,
    portal::{Credential, PortalSettings},
    reconcile::{AdminParts, LOOK_BACK, mark_key},
    subscriptions::{NAME, PublicUrl, TOPICS},
    transport::{SendError, Transport},
};
use shopify::{
    endpoint::{Endpoint, VERSION_DEFAULT},
    signature::Secrets,
    token::Credentials,
};
use sim::clock::SimClock;
use simulators::{
    bitrix24::{Portal, PortalConfig},
    shopify::{Delivery, OrderShape, Shop, ShopConfig, ShopFaults, Subscriptions},
};
use store::{InlineStore, Store as _};
use tokio::sync::oneshot;
use tower::ServiceExt as _;

const PUBLIC_URL: &str = "https://sync.example.com";

#[tokio::test(start_paused = true)]
async fn an_order_whose_webhooks_were_all_lost_gets_its_deal() {
    let stand = Stand::new(|_| {});
    let running = stand.start().await;
    let order = stand.shop.place_order();
    let _lost = stand.shop.due();
    minutes(40).await;
    assert_eq!(stand.deals_of(order), 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_state_that_is_known_costs_no_delivery() {
    let stand = Stand::new(|_| {});
    let running = stand.start().await;
    stand.shop.place_order();
    for delivery in stand.arrived().await {
        running.deliver(&stand.shop, &delivery).await;
    }
    let before = stand.deliveries().await;
    assert!(0 < before);
    // Several passes read the order again: their windows overlap.
    minutes(60).await;
    assert_eq!(stand.deliveries().await, before);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_mark_stays_until_a_pass_is_whole() {
    let stand = Stand::new(|_| {});
    let running = stand.start().await;
    minutes(5).await;
    let before = stand.mark().await;
    stand.shop.set_faults(ShopFaults {
        api_down_ms: Some((0, u64::MAX)),
        ..ShopFaults::default()
    });
    let order = stand.shop.place_order();
    let _lost = stand.shop.due();
    minutes(120).await;
    assert_eq!(stand.mark().await, before);
    stand.shop.set_faults(ShopFaults::default());
    minutes(40).await;
    assert!(before < stand.mark().await);
    assert_eq!(stand.deals_of(order), 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_mark_never_passes_the_last_minute() {
    let stand = Stand::new(|_| {});
    let running = stand.start().await;
    minutes(100).await;
    let now = stand.shop.wall().as_second();
    let mark = stand.mark().await;
    assert!(mark <= now - 60 && now - 20 * 60 < mark, "{mark} at {now}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_new_ledger_leaves_history_alone_and_one_that_forgot_reads_it() {
    let stand = Stand::new(|_| {});
    let old = stand.shop.place_order();
    let _lost = stand.shop.due();
    minutes(120).await;
    let running = stand.start().await;
    minutes(40).await;
    assert_eq!(stand.deals_of(old), 0);
    running.stop().await;
    stand.store.forget().expect("memory");
    let running = stand.start().await;
    let begun = stand.mark().await;
    let since = stand.shop.wall().as_second() - LOOK_BACK.as_secs();
    assert!((begun - since).abs() < 60, "{begun} and {since}");
    minutes(40).await;
    assert_eq!(stand.deals_of(old), 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_hint_brings_an_order_that_nothing_else_brought() {
    let stand = Stand::new(|config| {
        config.topics = vec!["orders/edited".to_owned()];
    })
    .without_passes();
    let running = stand.start().await;
    let order = stand.shop.place_order_like(OrderShape {
        paid: Some(false),
        ..OrderShape::default()
    });
    assert!(stand.shop.edit(order));
    for delivery in stand.arrived().await {
        assert_eq!(delivery.topic, "orders/edited");
        running.deliver(&stand.shop, &delivery).await;
    }
    minutes(3).await;
    assert_eq!(stand.deals_of(order), 1);
    let (domain, ever) = (ShopDomain::sample(), Elapsed::from_millis(u64::MAX));
    let wanted = stand.store.refetches(&domain, ever, 9);
    assert_eq!(wanted.await.expect("read"), []);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn two_states_of_one_second_are_settled_by_the_shop() {
    let stand =
        Stand::new(|config| config.topics = vec!["orders/updated".to_owned()]).without_passes();
    let running = stand.start().await;
    let order = stand.shop.place_order_like(OrderShape {
        paid: Some(false),
        ..OrderShape::default()
    });
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(stand.shop.edit_same_second(order));
    for delivery in stand.arrived().await {
        running.deliver(&stand.shop, &delivery).await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(
        stand
            .state(order)
            .await
            .newest
            .is_some_and(|it| it.contested)
    );
    minutes(3).await;
    let newest = stand.state(order).await.newest.expect("it is known");
    let truth = stand.shop.order(order).expect("it is there");
    assert!(!newest.contested);
    assert_eq!(
        (newest.version.updated_at, newest.order.total),
        (truth.updated_at, truth.current_total)
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn subscriptions_are_made_repaired_and_made_again_and_foreign_ones_stay() {
    let stand = Stand::new(|config| {
        config.subscriptions = Subscriptions::Shop;
        config.topics = vec!["orders/paid".to_owned()];
        // Ours by its name, at an address that is no longer ours.
        config.path = "https://old.example.com/webhooks/shopify".to_owned();
        config.name = Some(NAME.to_owned());
    });
    stand
        .shop
        .subscribe("orders/create", "https://warehouse.example.com/hook");
    let running = stand.start().await;
    minutes(2).await;
    let count = |topic: &str| {
        stand
            .shop
            .subscribed()
            .iter()
            .filter(|it| *it == topic)
            .count()
    };
    for topic in &TOPICS {
        let foreign = usize::from(topic.as_str() == "orders/create");
        assert_eq!(count(topic.as_str()), 1 + foreign, "{topic}");
    }
    assert_eq!(running.counted("subscriptions_total{kind=\"made\"}"), 9);
    assert_eq!(running.counted("subscriptions_total{kind=\"repaired\"}"), 1);
    assert_eq!(stand.shop.unsubscribe("orders/updated"), 1);
    minutes(20).await;
    assert_eq!(count("orders/updated"), 1);
    assert_eq!(
        running.counted("subscriptions_total{kind=\"made_again\"}"),
        1
    );
    running.stop().await;
}

async fn minutes(count: u64) {
    tokio::time::sleep(Duration::from_secs(60 * count)).await;
}

struct Stand {
    shop: Shop,
    portal: Portal,
    store: InlineStore,
    clock: Arc<SimClock>,
    every: Option<Duration>,
}

impl Stand {
    fn new(change: impl FnOnce(&mut ShopConfig)) -> Self {
        let mut config = ShopConfig::default();
        change(&mut config);
        Self {
            shop: Shop::new(config),
            portal: Portal::new(PortalConfig::default()),
            store: InlineStore::new().expect("memory"),
            clock: Arc::new(SimClock::new(ShopConfig::default().epoch)),
            every: Some(Duration::from_secs(900)),
        }
    }

    fn without_passes(mut self) -> Self {
        self.every = None;
        self
    }

    async fn start(&self) -> Running {
        let way = Way {
            portal: self.portal.router(),
            shop: self.shop.router(),
        };
        let shop = ShopDomain::sample();
        let secrets = Secrets::parse("hush-hush-secret").expect("a secret");
        let url = WebhookUrl::parse("https://portal.bitrix24.com/rest/1/webhookcode/");
        let endpoint = Endpoint::of_shop(shop.as_str(), VERSION_DEFAULT);
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
            mapping: Mapping::with_order_field(ORDER_FIELD_DEFAULT.to_owned()),
            admin: AdminAccess::Off,
            shopify: Some(AdminParts {
                settings: AdminSettings {
                    shop,
                    endpoint: endpoint.expect("a shop and a version"),
                    credentials: Credentials::Static("shpat_demo".into()),
                },
                transport: way,
                public_url: self
                    .every
                    .map(|_| PublicUrl::parse(PUBLIC_URL).expect("a URL")),
                every: self.every,
            }),
        };
        let service = Arc::new(Service::start(parts).await.expect("the ledger starts"));
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

    /// Waits until all that the shop sends is on its way.
    async fn arrived(&self) -> Vec<Delivery> {
        tokio::time::sleep(Duration::from_secs(5)).await;
        self.shop.due()
    }

    fn deals_of(&self, order: u64) -> usize {
        let origin = order.to_string();
        let deals = self.portal.deals();
        deals
            .iter()
            .filter(|it| it.origin_id == origin && !it.deleted)
            .count()
    }

    async fn deliveries(&self) -> u64 {
        self.store.counts().await.expect("read").deliveries
    }

    async fn mark(&self) -> i64 {
        let mark = self.store.meta(&mark_key(&ShopDomain::sample())).await;
        let mark = mark.expect("read").expect("a mark");
        mark.parse().expect("seconds")
    }

    async fn state(&self, order: u64) -> OrderState {
        let key = OrderKey {
            shop: ShopDomain::sample(),
            order: OrderId(order),
        };
        let record = self.store.order(&key).await.expect("read").expect("known");
        serde_json::from_str(&record.state.expect("saved")).expect("a state")
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
        let answer = self
            .service
            .router()
            .oneshot(request)
            .await
            .expect("an answer");
        assert_eq!(answer.status().as_u16(), 200);
        shop.report(delivery, Some(200));
    }

    fn counted(&self, line: &str) -> u64 {
        let page = self.service.counters().page();
        let found = page
            .lines()
            .find_map(|it| it.strip_prefix("onedeal_")?.strip_prefix(line));
        found
            .and_then(|it| it.trim().parse().ok())
            .unwrap_or_default()
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
    shop: Router,
}

impl Transport for Way {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let to_shop = request.uri().path().starts_with("/admin/");
        let router = if to_shop { &self.shop } else { &self.portal };
        let answer = router.clone().oneshot(request.map(Body::from)).await;
        let (head, body) = answer.map_err(|_| SendError::Lost)?.into_parts();
        let body = body.collect().await.map_err(|_| SendError::Lost)?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}
