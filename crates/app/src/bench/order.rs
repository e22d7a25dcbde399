//! Orders for benchmarks: the composed order of the shop simulator, under other numbers.

use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use simulators::shopify::{composed_order, sign, wire_bytes};

/// The shop that sends them.
pub(super) const SHOP: &str = "bench.myshopify.com";

/// What signs them.
pub(super) const SECRET: &str = "a-secret-for-benchmarks";

/// The first order's id.
pub(super) const FIRST_ID: u64 = 6_130_000_000_001;

/// The first customer's id.
pub(super) const FIRST_CUSTOMER: u64 = 7_130_000_000_000;

/// An order in the shop.
#[derive(Debug, Clone)]
pub(super) struct BenchOrder {
    value: Value,
}

impl BenchOrder {
    /// The `n`-th order; without a customer unless one is given.
    pub(super) fn new(n: u64, customer: Option<u64>) -> Self {
        let mut value = composed_order();
        value["id"] = json!(FIRST_ID + n);
        value["name"] = json!(format!("#{}", 10_000 + n));
        match customer {
            Some(customer) => {
                let email = format!("buyer{customer}@example.com");
                value["customer"]["id"] = json!(FIRST_CUSTOMER + customer);
                value["customer"]["email"] = json!(email);
                value["email"] = json!(email);
                value["contact_email"] = json!(email);
            }
            None => {
                for name in [
                    "customer",
                    "email",
                    "contact_email",
                    "phone",
                    "billing_address",
                    "shipping_address",
                ] {
                    value[name] = Value::Null;
                }
            }
        }
        Self { value }
    }

    /// The same with a note, so that bodies differ in length as real ones do.
    pub(super) fn padded(mut self, n: u64) -> Self {
        let words = usize::try_from(n % 400).unwrap_or(0);
        self.value["note"] = json!("please ring ".repeat(words));
        self
    }

    /// The same as the body of a topic that names its order in `order_id`.
    pub(super) fn fulfilled(mut self) -> Self {
        self.value["order_id"] = self.value["id"].clone();
        self
    }

    /// Its id, as text.
    pub(super) fn id(&self) -> String {
        self.value["id"].to_string()
    }

    /// Changes a field.
    pub(super) fn set(&mut self, name: &str, value: Value) -> &mut Self {
        self.value[name] = value;
        self
    }

    /// What the deal's amount should be.
    pub(super) fn total(&self) -> &str {
        self.value["current_total_price"]
            .as_str()
            .unwrap_or_default()
    }

    /// The body of its webhook. A shop writes the id first (facts/shopify.md §3.9), which JSON values here do not keep.
    pub(super) fn body(&self) -> bytes::Bytes {
        let mut rest = self.value.clone();
        let id = rest.as_object_mut().and_then(|it| it.remove("id"));
        let (id, rest) = (id.unwrap_or_default(), wire_bytes(&rest));
        [
            format!("{{\"id\":{id},").as_bytes(),
            rest.get(1..).unwrap_or_default(),
        ]
        .concat()
        .into()
    }
}

/// The headers of a signed webhook.
pub(super) fn headers(topic: &'static str, body: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("x-shopify-topic", HeaderValue::from_static(topic));
    headers.insert("x-shopify-shop-domain", HeaderValue::from_static(SHOP));
    if let Ok(signature) = HeaderValue::try_from(sign(SECRET, body)) {
        headers.insert("x-shopify-hmac-sha256", signature);
    }
    headers
}
