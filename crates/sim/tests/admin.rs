//! The service's side of the Admin API against the simulated shop.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Body};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use kernel::{
    ShopDomain,
    version::{Source, Version},
};
use service::{
    admin::{Admin, AdminError, AdminSettings},
    clock::Clock,
    convert,
    counters::Counters,
    transport::{SendError, Transport},
};
use shopify::{
    answer::Failed,
    endpoint::{Endpoint, VERSION_DEFAULT},
    reply::Refused,
    token::{Credentials, NotGranted},
};
use sim::clock::SimClock;
use simulators::shopify::{OrderShape, Shop, ShopConfig, ShopFaults};
use tower::ServiceExt as _;

const SECRET: &str = "hush-hush-secret";

#[tokio::test(start_paused = true)]
async fn a_token_is_asked_for_once_and_renewed_before_it_ends() {
    let stand = Stand::new(|config| config.token_life = 1_000);
    stand.admin.probe().await.expect("the shop answers");
    stand.admin.probe().await.expect("the shop answers");
    assert_eq!(stand.sent("access_token"), 1);
    tokio::time::sleep(Duration::from_secs(799)).await;
    stand.admin.probe().await.expect("the shop answers");
    assert_eq!(stand.sent("access_token"), 1);
    tokio::time::sleep(Duration::from_secs(2)).await;
    stand.admin.probe().await.expect("the shop answers");
    assert_eq!(stand.sent("access_token"), 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_needs_a_token_at_once_shares_it() {
    let stand = Stand::new(|_| {});
    let (one, other, third) = tokio::join!(
        stand.admin.probe(),
        stand.admin.probe(),
        stand.admin.probe()
    );
    assert!(one.is_ok() && other.is_ok() && third.is_ok());
    assert_eq!(stand.sent("access_token"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_twice_and_then_told() {
    let stand = Stand::new(|_| {});
    stand.admin.probe().await.expect("the shop answers");
    stand.shop.revoke_tokens();
    stand.admin.probe().await.expect("a new token opens it");
    assert_eq!(stand.sent("access_token"), 2);
    stand.shop.set_faults(ShopFaults {
        api_revoked_ms: Some((0, u64::MAX)),
        ..ShopFaults::default()
    });
    let error = stand.admin.probe().await.expect_err("no token is good");
    assert_eq!(error, AdminError::Refused(Refused::Unauthorized));
    assert_eq!(stand.sent("access_token"), 4);
    assert!(
        error
            .remedy()
            .is_some_and(|it| it.contains("install the app"))
    );
}

#[tokio::test(start_paused = true)]
async fn wrong_credentials_are_said_without_repeating_them() {
    let shop = Shop::new(ShopConfig::default());
    let stand = Stand::of(shop, "not-the-secret");
    let error = stand.admin.probe().await.expect_err("no token");
    assert_eq!(error, AdminError::Token(NotGranted::WrongClient));
    let remedy = error.remedy().expect("a remedy");
    assert!(remedy.contains("ONEDEAL_SHOPIFY_CLIENT_SECRET"), "{remedy}");
    for text in [
        format!("{error} {remedy}"),
        format!("{error:?}"),
        format!("{:?}", stand.settings),
    ] {
        assert!(!text.contains("not-the-secret"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_shops_answer_is_not_taken() {
    let stand = Stand::new(|config| config.domain = "other.myshopify.com".to_owned());
    let error = stand.admin.probe().await.expect_err("another shop");
    assert_eq!(
        error,
        AdminError::OtherShop {
            found: "other.myshopify.com".to_owned()
        }
    );
}

#[tokio::test(start_paused = true)]
async fn a_missing_scope_is_named_with_what_to_do() {
    let stand = Stand::new(|config| config.scopes.retain(|it| it != "read_customers"));
    stand.shop.place_order();
    let error = stand.all_orders().await.expect_err("denied");
    let scope = Some("read_customers");
    assert_eq!(error, AdminError::Failed(Failed::AccessDenied { scope }));
    let remedy = error.remedy().expect("a remedy");
    assert!(remedy.contains("the scope read_customers"), "{remedy}");
}

#[tokio::test(start_paused = true)]
async fn pages_grow_smaller_until_shopify_takes_them() {
    let stand = Stand::new(|_| {});
    for _ in 0..70 {
        stand.shop.place_order();
    }
    // Twenty orders cost 362 points here; 60 would exceed what one query may cost.
    let orders = stand.all_orders().await.expect("the shop answers");
    assert_eq!(orders.len(), 70);
    let ids: Vec<u64> = stand.shop.orders().iter().map(|it| it.id).collect();
    let many = stand.admin.orders(&ids).await.expect("the shop answers");
    assert_eq!(many.iter().flatten().count(), 70);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_query_waits_as_long_as_the_bucket_needs() {
    let stand = Stand::new(|config| config.cost_bucket = (400.0, 10.0));
    for _ in 0..60 {
        stand.shop.place_order();
    }
    let begin = tokio::time::Instant::now();
    let orders = stand.all_orders().await.expect("the shop answers");
    assert_eq!(orders.len(), 60);
    let took = begin.elapsed();
    assert!(
        Duration::from_secs(10) < took && took < Duration::from_secs(60),
        "{took:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn passing_faults_are_waited_out_and_lasting_ones_are_not() {
    let stand = Stand::new(|_| {});
    stand.admin.probe().await.expect("the shop answers");
    for (faults, asked) in [
        (
            ShopFaults {
                api_500: 1.0,
                ..ShopFaults::default()
            },
            4,
        ),
        (
            ShopFaults {
                api_429: 1.0,
                ..ShopFaults::default()
            },
            4,
        ),
        (
            ShopFaults {
                api_internal: 1.0,
                ..ShopFaults::default()
            },
            4,
        ),
        (
            ShopFaults {
                api_lost: 1.0,
                ..ShopFaults::default()
            },
            4,
        ),
    ] {
        let before = stand.sent("graphql");
        stand.shop.set_faults(faults.clone());
        let error = stand.admin.probe().await.expect_err("a fault");
        assert_eq!(stand.sent("graphql") - before, asked, "{faults:?}");
        assert_eq!(error.remedy(), None, "{error}");
    }
    stand.shop.set_faults(ShopFaults::default());
    stand.admin.probe().await.expect("the shop answers again");
}

#[tokio::test(start_paused = true)]
async fn lines_after_the_first_page_are_read_too() {
    let stand = Stand::new(|config| config.lines_on_page = 2);
    let id = stand.shop.place_order_like(OrderShape {
        lines: Some(5),
        ..OrderShape::default()
    });
    let node = stand
        .admin
        .orders(&[id])
        .await
        .expect("the shop answers")
        .remove(0);
    let node = stand
        .admin
        .whole(node.expect("it is there"))
        .await
        .expect("the shop answers");
    let lines = node.expect("it is there")["lineItems"]["nodes"]
        .as_array()
        .map(Vec::len);
    assert_eq!(lines, Some(5));
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_gone_keeps_its_place() {
    let stand = Stand::new(|_| {});
    let id = stand.shop.place_order();
    let orders = stand
        .admin
        .orders(&[5, id])
        .await
        .expect("the shop answers");
    assert!(orders[0].is_none() && orders[1].is_some());
}

/// What the simulated shop says of an order by webhook and by API is the same to us: the same version, so that an answer
/// costs no delivery where a webhook came.
#[tokio::test(start_paused = true)]
async fn webhook_and_answer_are_the_same_order_through_its_life() {
    let stand = Stand::new(|config| config.presentment = 0.3);
    for _ in 0..30 {
        stand.shop.place_order();
    }
    for _ in 0..120 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        stand.shop.act();
    }
    let domain = ShopDomain::sample();
    let mut nodes = BTreeMap::new();
    for node in stand.all_orders().await.expect("the shop answers") {
        let bytes = serde_json::to_vec(&node).expect("JSON");
        let order = convert::answer(&domain, &bytes).expect("it is an order");
        nodes.insert(order.key.order.0, order);
    }
    let mut compared = 0;
    for truth in stand.shop.orders().iter().filter(|it| !it.deleted) {
        let body = serde_json::to_vec(&truth.body_json).expect("JSON");
        let wire = shopify::order::from_webhook(&body).expect("it is an order");
        let hook = convert::order(&domain, &wire).expect("it can be a deal");
        let api = nodes.get(&truth.id).expect("the API shows it");
        assert_eq!(hook, *api);
        assert_eq!(
            Version::of(&hook, Source::Api),
            Version::of(api, Source::Api)
        );
        compared += 1;
    }
    assert!(20 < compared);
}

/// The shop, its API, and what was sent there.
struct Stand {
    shop: Shop,
    settings: AdminSettings,
    admin: Admin<Way>,
    way: Way,
}

impl Stand {
    fn new(change: impl FnOnce(&mut ShopConfig)) -> Self {
        let mut config = ShopConfig::default();
        change(&mut config);
        Self::of(Shop::new(config), SECRET)
    }

    fn of(shop: Shop, secret: &str) -> Self {
        let way = Way {
            router: shop.router(),
            sent: Arc::default(),
        };
        let settings = AdminSettings {
            shop: ShopDomain::sample(),
            endpoint: Endpoint::of_shop("acme-demo.myshopify.com", VERSION_DEFAULT)
                .expect("a shop and a version"),
            credentials: Credentials::Client {
                id: "demo-client-id".to_owned(),
                secret: secret.into(),
            },
        };
        let clock: Arc<dyn Clock> = Arc::new(SimClock::new(ShopConfig::default().epoch));
        let admin = Admin::new(
            settings.clone(),
            way.clone(),
            clock,
            Arc::new(Counters::default()),
        );
        Self {
            shop,
            settings,
            admin,
            way,
        }
    }

    /// Every order, page by page.
    async fn all_orders(&self) -> Result<Vec<serde_json::Value>, AdminError> {
        let (since, until) = (
            jiff::Timestamp::UNIX_EPOCH,
            "2030-01-01T00:00:00Z".parse().expect("a time"),
        );
        let (mut all, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = self
                .admin
                .orders_page(since, until, after.as_deref())
                .await?;
            all.extend(page.nodes);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// Requests whose path has this part.
    fn sent(&self, part: &str) -> usize {
        let sent = self.way.sent.lock().expect("no panic holds it");
        sent.iter().filter(|it| it.contains(part)).count()
    }
}

/// Straight into the shop's routes.
#[derive(Clone)]
struct Way {
    router: Router,
    sent: Arc<Mutex<Vec<String>>>,
}

impl Transport for Way {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let path = request.uri().path().to_owned();
        self.sent.lock().expect("no panic holds it").push(path);
        let answer = self.router.clone().oneshot(request.map(Body::from)).await;
        let (head, body) = answer.map_err(|_| SendError::Lost)?.into_parts();
        let body = body.collect().await.map_err(|_| SendError::Lost)?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}
