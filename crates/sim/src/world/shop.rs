//! The shop's side of a universe: its settings, its Admin API, and what of it the service has heard.

use std::time::Duration;

use kernel::{OrderId, OrderKey, ShopDomain, state::OrderState};
use service::{
    admin::AdminSettings,
    reconcile::{AdminParts, mark_key},
    subscriptions::PublicUrl,
};
use shopify::{
    endpoint::{Endpoint, VERSION_DEFAULT},
    token::Credentials,
};
use simulators::shopify::{ShopConfig, Subscriptions};
use store::Store as _;

use super::World;
use crate::{
    network::Network,
    script::{AdminApi, INDEX_LAG_MS, Script},
};

/// Where the shop reaches the service.
const PUBLIC_URL: &str = "https://sync.example.com";

/// From one pass of the reconciler to the next, the product's default.
const RECONCILE_EVERY: Duration = Duration::from_secs(900);

/// Few, so that lines come on several pages.
const LINES_ON_PAGE: usize = 2;

impl World {
    pub(super) fn admin_parts(&self) -> Option<AdminParts<Network>> {
        let (public_url, every) = match self.script.admin {
            AdminApi::Off => return None,
            AdminApi::Single => (None, None),
            AdminApi::Full => (Some(PUBLIC_URL), Some(RECONCILE_EVERY)),
        };
        Some(AdminParts {
            settings: AdminSettings {
                shop: shop_domain(),
                endpoint: Endpoint::of_shop("acme-demo.myshopify.com", VERSION_DEFAULT)
                    .expect("a shop and a version"),
                credentials: Credentials::Client {
                    id: "demo-client-id".to_owned(),
                    secret: "hush-hush-secret".into(),
                },
            },
            transport: self.shop_network.clone(),
            public_url: public_url.map(|it| PublicUrl::parse(it).expect("a URL")),
            every,
        })
    }

    /// Whether the service has heard everything that the shop tells to whom asks.
    pub async fn reconciled(&self) -> bool {
        if self.script.admin == AdminApi::Off {
            return true;
        }
        let shop = shop_domain();
        let ever = kernel::Elapsed::from_millis(u64::MAX);
        let wanted = self.store.refetches(&shop, ever, 1).await;
        if !wanted.is_ok_and(|it| it.is_empty()) {
            return false;
        }
        if self.script.admin == AdminApi::Single {
            return true;
        }
        let mark = self.store.meta(&mark_key(&shop)).await.ok().flatten();
        let mark: i64 = mark.and_then(|it| it.parse().ok()).unwrap_or_default();
        let lag = i64::try_from(INDEX_LAG_MS / 1_000).unwrap_or(i64::MAX);
        let orders = self.shop.stamps();
        let newest = orders.iter().map(|it| it.updated_at.as_second()).max();
        newest.is_none_or(|newest| newest + lag < mark)
    }

    /// Notes which orders the service does not know as they are, now that everything is at rest for the first time.
    pub async fn note_behind(&self) {
        if self.script.admin != AdminApi::Full {
            return;
        }
        let mut behind = Vec::new();
        for order in self.shop.stamps().iter().filter(|it| !it.deleted) {
            let key = OrderKey {
                shop: shop_domain(),
                order: OrderId(order.id),
            };
            let record = self.store.order(&key).await.ok().flatten();
            let state = record.and_then(|it| it.state);
            let state = state.and_then(|it| serde_json::from_str::<OrderState>(&it).ok());
            let known = state
                .and_then(|it| it.newest)
                .map(|it| it.version.updated_at);
            if known != Some(order.updated_at) {
                behind.push(order.id);
            }
        }
        self.slot().behind = behind;
    }

    /// Orders that were behind when everything was at rest for the first time.
    pub fn behind(&self) -> Vec<u64> {
        self.slot().behind.clone()
    }

    /// Somebody removes the subscriptions of a topic.
    pub fn unsubscribe(&self, topic: &str) {
        let removed = self.shop.unsubscribe(topic);
        self.trace
            .say(|| format!("----- the subscription {topic} is removed ({removed})"));
        self.slot().unsubscribed += removed as u64;
    }

    /// Somebody removes all subscriptions.
    pub fn unsubscribe_all(&self) {
        for topic in service::subscriptions::TOPICS {
            self.unsubscribe(topic.as_str());
        }
    }

    /// Subscriptions that somebody removed.
    pub fn unsubscribed(&self) -> u64 {
        self.slot().unsubscribed
    }
}

/// The shop; with an Admin API, what subscribes its topics was made there and can be removed.
pub(super) fn shop_config(script: &Script) -> ShopConfig {
    let mut config = ShopConfig {
        seed: script.seed,
        customers: script.customers,
        b2b: script.b2b,
        test_orders: if script.mapped.is_some() { 0.1 } else { 0.0 },
        token_life: script.token_life.as_secs(),
        static_token: None,
        ..ShopConfig::default()
    };
    if script.admin == AdminApi::Full {
        config.subscriptions = Subscriptions::Shop;
        config.path = format!("{PUBLIC_URL}/webhooks/shopify");
        config.name = Some(service::subscriptions::NAME.to_owned());
        config.lines_on_page = LINES_ON_PAGE;
        config.cost_bucket = script.cost_bucket;
    }
    config
}

pub(super) fn shop_domain() -> ShopDomain {
    ShopDomain::parse("acme-demo.myshopify.com").expect("a well-formed shop")
}
