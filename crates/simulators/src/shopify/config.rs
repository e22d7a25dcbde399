//! What a shop is like: its fixed settings, and the wishes for one order.

use jiff::Timestamp;

/// Settings of a simulated shop; they do not change during its life.
#[derive(Clone, Debug)]
pub struct ShopConfig {
    /// Seed of the shop's only source of chance.
    pub seed: u64,
    /// The `*.myshopify.com` name, sent in `X-Shopify-Shop-Domain` (facts §1.1).
    pub domain: String,
    /// App client secrets. The first signs; the second signs where the `old_secret` fault strikes (facts §1.2).
    pub secrets: Vec<String>,
    /// Wall time at construction; later times add tokio's elapsed time.
    pub epoch: Timestamp,
    /// The shop's zone as whole hours east of UTC; timestamps in bodies carry it (facts §3.1).
    pub offset_hours: i8,
    /// The shop currency, ISO 4217. `JPY` and its like print without decimals (facts §3.2).
    pub currency: String,
    /// Where deliveries go: the path part of the subscription address.
    pub path: String,
    /// Factor on the retry gaps; 1.0 is four hours in all, 0.001 suits a demonstration (facts §9).
    pub retry_scale: f64,
    /// Whether a retry keeps its `X-Shopify-Webhook-Id` (facts §1.5 leaves it open).
    pub webhook_id_on_retry: WebhookIdOnRetry,
    /// How long after its trigger an ordinary delivery leaves, in milliseconds, both ends included.
    pub delay_ms: (u64, u64),
    /// Subscription name, sent in `X-Shopify-Name` if present (facts §1.1).
    pub name: Option<String>,
    /// The API version named in headers (facts §5.1).
    pub api_version: String,
    /// Id of the first order; later ones follow with random gaps.
    pub first_order_id: u64,
    /// Number shown in the first order's name, such as 1001 in `#1001`.
    pub first_order_number: u64,
    /// How many distinct customers order here; at least one.
    pub customers: usize,
    /// Share of orders whose prices include tax.
    pub taxes_included: f64,
    /// Share of orders without a customer (point-of-sale walk-ins, facts §3.6).
    pub walk_ins: f64,
    /// Share of orders the buyer saw in another currency than the shop's (facts §3.2).
    pub presentment: f64,
    /// Share of test orders.
    pub test_orders: f64,
    /// Whether some customers buy for a company (facts §3.1, `company`).
    pub b2b: bool,
    /// Who made the subscriptions, which decides whether failures remove them (facts §1.4).
    pub subscriptions: Subscriptions,
    /// Topics subscribed at the start; [`ShopConfig::default`] holds all that order actions emit.
    pub topics: Vec<String>,
    /// Client id the fake token endpoint accepts, together with any of `secrets` (facts §5.2).
    pub client_id: String,
    /// A token that never expires, as admin-created apps have (facts §5.2).
    pub static_token: Option<String>,
    /// Life of an access token in seconds (facts §5.2: 86399).
    pub token_life: u64,
    /// Size and refill per second of the fake cost bucket (facts §5.6).
    pub cost_bucket: (f64, f64),
    /// The app's scopes; what a missing one opens is denied, orders older than 60 days without `read_all_orders` are not
    /// there (facts §5.3).
    pub scopes: Vec<String>,
    /// Lines of an order that one page of the Admin API holds (facts §5.5: as many as asked for, here fewer on purpose).
    pub lines_on_page: usize,
}

/// Whether a retried delivery keeps its webhook id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookIdOnRetry {
    /// The id stays, as the documentation implies.
    Same,
    /// Each attempt has an id of its own, as some observers claim.
    New,
}

/// How the subscriptions came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subscriptions {
    /// In the app's TOML: failures never remove them and the Admin API does not list them.
    App,
    /// By the Admin API: listed there, and removed after eight failed retries.
    Shop,
}

/// Wishes for one order; what is `None` is drawn.
#[derive(Clone, Debug, Default)]
pub struct OrderShape {
    /// Number of line items, at least one.
    pub lines: Option<usize>,
    /// Paid at once, or left pending.
    pub paid: Option<bool>,
    /// Index of the customer (modulo their number).
    pub customer: Option<usize>,
    /// No customer at all.
    pub walk_in: Option<bool>,
    /// Prices include tax.
    pub taxes_included: Option<bool>,
    /// Any discount at all.
    pub discounted: Option<bool>,
    /// Number of shipping lines.
    pub shipping_lines: Option<usize>,
    /// A tip is given.
    pub tip: Option<bool>,
    /// The buyer's note.
    pub note: Option<String>,
    /// A test order.
    pub test: Option<bool>,
    /// Age in days: above zero the order was created that long ago and only now shows up, as an update (facts §4).
    pub days_old: Option<u32>,
}

impl Default for ShopConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            domain: "acme-demo.myshopify.com".to_owned(),
            secrets: vec![
                "hush-hush-secret".to_owned(),
                "former-hush-secret".to_owned(),
            ],
            epoch: Timestamp::constant(1_795_424_400, 0),
            offset_hours: 1,
            currency: "EUR".to_owned(),
            path: "/webhooks/shopify".to_owned(),
            retry_scale: 1.0,
            webhook_id_on_retry: WebhookIdOnRetry::Same,
            delay_ms: (200, 3_000),
            name: Some("crm-sync".to_owned()),
            api_version: "2026-10".to_owned(),
            first_order_id: 6_120_000_000_001,
            first_order_number: 1_001,
            customers: 40,
            taxes_included: 0.6,
            walk_ins: 0.08,
            presentment: 0.1,
            test_orders: 0.0,
            b2b: false,
            subscriptions: Subscriptions::App,
            topics: TOPICS.iter().map(|topic| (*topic).to_owned()).collect(),
            client_id: "demo-client-id".to_owned(),
            static_token: Some("shpat_demo".to_owned()),
            token_life: 86_399,
            cost_bucket: (2_000.0, 100.0),
            scopes: SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
            lines_on_page: 50,
        }
    }
}

/// What a connector of this kind asks a merchant for.
const SCOPES: [&str; 4] = [
    "read_orders",
    "read_all_orders",
    "read_customers",
    "read_products",
];

/// Everything the state model of facts §9 emits.
const TOPICS: [&str; 11] = [
    "orders/create",
    "orders/updated",
    "orders/paid",
    "orders/cancelled",
    "orders/fulfilled",
    "orders/partially_fulfilled",
    "orders/delete",
    "orders/edited",
    "refunds/create",
    "order_transactions/create",
    "fulfillments/create",
];
