//! The service with a dashboard, its portal, and a browser in front of it.

use serde_json::{Value, json};
use simulators::bitrix24::Faults;

use crate::{
    browser::Browser,
    stand::{Stand, order},
};

/// Opens the dashboard to those who may act …
pub(crate) const ADMIN: &str = "the-token-of-an-operator-in-tests";

/// … and to those who may look.
pub(crate) const VIEWER: &str = "the-token-of-a-viewer-in-tests";

/// Somebody who works in the portal.
pub(crate) const PERSON: u64 = 5;

/// All pages behind the door.
pub(crate) const PAGES: [&str; 6] = [
    "/",
    "/orders",
    "/attention",
    "/duplicates",
    "/log",
    "/settings",
];

/// The house of a test.
pub(crate) struct House {
    pub(crate) stand: Stand,
    pub(crate) browser: Browser,
}

impl House {
    /// Opens it; nobody is logged in.
    pub(crate) async fn open() -> Self {
        let tokens = [
            ("ONEDEAL_ADMIN_TOKEN", ADMIN.to_owned()),
            ("ONEDEAL_VIEWER_TOKEN", VIEWER.to_owned()),
        ];
        let stand = Stand::start_with(&tokens, |_| {}).await;
        let browser = Browser::open(stand.base(), "en").await;
        Self { stand, browser }
    }

    /// Opens it for somebody who is logged in.
    pub(crate) async fn open_for(token: &str) -> Self {
        let house = Self::open().await;
        house.browser.go("/").await;
        house.login(token).await;
        house.browser.until_there("#overview").await;
        house
    }

    /// Shows a token at the login.
    pub(crate) async fn login(&self, token: &str) {
        self.browser.write("#token", token).await;
        self.browser.follow("main form button").await;
    }

    /// Tells of an order by a webhook that Shopify may have sent.
    pub(crate) async fn deliver(&self, topic: &str, number: u64, more: &[(&str, Value)]) {
        let (id, name) = (json!(order_id(number)), json!(format!("#{number}")));
        let mut changes = vec![("id", id), ("name", name), ("order_number", json!(number))];
        changes.extend(more.iter().cloned());
        let status = self.stand.deliver(topic, order(&changes)).await;
        assert_eq!(status, 200);
    }

    /// The same, and waits until it has its deal and nothing is on its way.
    pub(crate) async fn settle(&self, topic: &str, number: u64, more: &[(&str, Value)]) {
        self.deliver(topic, number, more).await;
        self.until_rests(number).await;
    }

    /// Waits until an order has its deal and nothing is on its way for it.
    pub(crate) async fn until_rests(&self, number: u64) {
        self.until_in(number, "linked").await;
    }

    /// Waits until an order is in a phase and nothing is on its way for it.
    pub(crate) async fn until_in(&self, number: u64, phase: &str) {
        let rests = |stand: &Stand| {
            let Ok(ledger) = stand.ledger() else {
                return false;
            };
            let found = ledger.find_orders(&order_id(number).to_string(), 1);
            let Some(order) = found.unwrap_or_default().pop() else {
                return false;
            };
            let open = ledger.counts().map_or(1, |it| it.open_intents);
            order.phase == phase && !order.claimed && open == 0
        };
        self.stand.until("an order that rests", rests).await;
    }

    /// Makes the portal behave.
    pub(crate) fn set_faults(&self, faults: Faults) {
        self.stand.portal.set_faults(faults);
    }

    /// The deal of an order.
    pub(crate) fn deal_of(&self, number: u64) -> u64 {
        let origin = order_id(number).to_string();
        let deals = self.stand.portal.deals();
        let found = deals
            .iter()
            .find(|it| it.origin_id == origin && !it.deleted);
        found.map(|it| it.id).unwrap()
    }

    /// The browser had nothing to complain about, and the service stops as it should.
    pub(crate) async fn close(mut self, expected: &[&str]) {
        self.browser.has_no_complaint(expected).await;
        self.browser.close().await;
        let (code, _) = self.stand.stop().await;
        assert_eq!(code, Some(0));
    }
}

/// The id of an order by the number that people call it.
pub(crate) fn order_id(number: u64) -> u64 {
    6_120_000_000_000 + number
}

/// The page of an order.
pub(crate) fn order_page(number: u64) -> String {
    format!("/orders/{}/{}", crate::stand::SHOP, order_id(number))
}
