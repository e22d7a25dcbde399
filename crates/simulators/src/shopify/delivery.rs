//! One webhook request, ready to send.

use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request};
use jiff::Timestamp;
use std::time::Duration;

/// How long Shopify waits for a connection (facts §1.3).
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long Shopify waits for the whole exchange (facts §1.3).
pub const TOTAL_TIMEOUT: Duration = Duration::from_secs(5);

/// One attempt of one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Identity within the simulator, the same for all attempts.
    pub id: u64,
    /// 1 for the first attempt, up to 9.
    pub attempt: u32,
    /// Topic, lower case with slash.
    pub topic: String,
    /// The order it is about, if any.
    pub order_id: Option<u64>,
    /// Path of the address it goes to, fixed at trigger time (facts §1.4).
    pub url_path: String,
    /// All headers but `Host` and `Content-Length`.
    pub headers: Vec<(String, String)>,
    /// Body as on the wire, the same for all attempts (facts §1.4).
    pub body: Bytes,
    /// `updated_at` of a full-order body.
    pub updated_at: Option<Timestamp>,
    /// `X-Shopify-Triggered-At`.
    pub triggered_at: Timestamp,
    /// False if no genuine shop would have sent it: the signature is wrong.
    pub genuine: bool,
    /// The extra fault that made this delivery, under its field name in [`super::ShopFaults`].
    pub fault: Option<&'static str>,
    /// Id of the subscription it belongs to.
    pub subscription: u64,
}

impl Delivery {
    /// The HTTP request for a receiver at `base`, such as `http://127.0.0.1:8080`; an empty base suits a router.
    pub fn request(&self, base: &str) -> Request<Body> {
        let uri = format!("{}{}", base.trim_end_matches('/'), self.url_path);
        let mut request = Request::builder().method(Method::POST).uri(uri);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request
            .header(http::header::CONTENT_LENGTH, self.body.len())
            .body(Body::from(self.body.clone()))
            .expect("the shop writes printable headers and a path of its own")
    }

    /// The value of a header, by case-insensitive name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}
