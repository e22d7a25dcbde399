//! The headers of a webhook delivery (facts §1.1).
//!
//! The signature covers the body alone: nothing in these headers is authenticated.

use http::HeaderMap;
use jiff::Timestamp;

use crate::{Topic, read};

/// Longest header value that is read, in bytes. The longest documented one, the signature, has 44.
pub const HEADER_BYTES_MAX: usize = 512;

/// What the headers of one delivery say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookHeaders {
    /// `X-Shopify-Topic`.
    pub topic: Topic,
    /// `X-Shopify-Shop-Domain`, in lower case: always the `*.myshopify.com` name.
    pub shop: String,
    /// `X-Shopify-Hmac-Sha256`, as received.
    pub hmac: Option<String>,
    /// `X-Shopify-Webhook-Id`: probably stable over retries, never relied upon (facts §1.5).
    pub webhook_id: Option<String>,
    /// `X-Shopify-Event-Id`: shared by all deliveries of one action, never a dedupe key (facts §1.5).
    pub event_id: Option<String>,
    /// `X-Shopify-Triggered-At`, with nanoseconds.
    pub triggered_at: Option<Timestamp>,
    /// `X-Shopify-API-Version`: the version the body claims to be written in (facts §1.9).
    pub api_version: Option<String>,
    /// `X-Shopify-Name`: the name of the subscription, if it has one.
    pub name: Option<String>,
    /// `X-Shopify-Order-Id`, undocumented.
    pub order_id: Option<u64>,
    /// `X-Shopify-Test`, undocumented.
    pub test: Option<bool>,
}

/// A header without which a delivery is refused with 400. One that is repeated, longer than [`HEADER_BYTES_MAX`] or
/// not visible ASCII counts as missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MissingHeader {
    /// No usable `X-Shopify-Topic`.
    #[error("delivery has no usable `X-Shopify-Topic` header")]
    Topic,
    /// No usable `X-Shopify-Shop-Domain`.
    #[error("delivery has no usable `X-Shopify-Shop-Domain` header")]
    Shop,
}

impl WebhookHeaders {
    /// Reads the headers of a delivery. Optional headers that cannot be read count as absent.
    pub fn read(headers: &HeaderMap) -> Result<Self, MissingHeader> {
        let owned = |name| one(headers, name).map(str::to_owned);
        Ok(Self {
            topic: one(headers, "x-shopify-topic")
                .map(Topic::parse)
                .ok_or(MissingHeader::Topic)?,
            shop: one(headers, "x-shopify-shop-domain")
                .map(str::to_ascii_lowercase)
                .ok_or(MissingHeader::Shop)?,
            hmac: owned("x-shopify-hmac-sha256"),
            webhook_id: owned("x-shopify-webhook-id"),
            event_id: owned("x-shopify-event-id"),
            triggered_at: one(headers, "x-shopify-triggered-at").and_then(|it| it.parse().ok()),
            api_version: owned("x-shopify-api-version"),
            name: owned("x-shopify-name"),
            order_id: one(headers, "x-shopify-order-id").and_then(read::id_in_text),
            test: one(headers, "x-shopify-test").and_then(|it| it.parse().ok()),
        })
    }
}

/// The only value of a header. Two values are ambiguous, and a proxy may have looked at the other one.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() || HEADER_BYTES_MAX < value.len() {
        return None;
    }
    value.to_str().ok().filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_full_set_of_headers_is_read() {
        let headers = WebhookHeaders::read(&full()).unwrap();
        assert_eq!(headers.topic, Topic::OrdersUpdated);
        assert_eq!(headers.shop, "acme-demo.myshopify.com");
        assert_eq!(
            headers.hmac.as_deref(),
            Some("0mD7u5aHYsoEdRgoJQMlha7Gf+neSR68KbPW5HhA+3g=")
        );
        assert_eq!(
            headers.webhook_id.as_deref(),
            Some("8f6a1d4e-0c55-4c86-9d0e-6d3f5c0b7a11")
        );
        assert_eq!(
            headers.event_id.as_deref(),
            Some("2f0c2b5e-9c36-4d0a-8a55-3a9cf9d0be77")
        );
        assert_eq!(
            headers.triggered_at,
            "2026-11-23T09:15:48.556612022Z".parse().ok()
        );
        assert_eq!(headers.api_version.as_deref(), Some("2026-10"));
        assert_eq!(headers.name.as_deref(), Some("crm-orders"));
        assert_eq!(headers.order_id, Some(5_236_620_492_969));
        assert_eq!(headers.test, Some(false));
    }

    #[test]
    fn topic_and_shop_are_required_and_nothing_else() {
        let mut headers = HeaderMap::new();
        assert_eq!(WebhookHeaders::read(&headers), Err(MissingHeader::Topic));
        headers.insert("x-shopify-topic", HeaderValue::from_static("orders/paid"));
        assert_eq!(WebhookHeaders::read(&headers), Err(MissingHeader::Shop));
        headers.insert(
            "x-shopify-shop-domain",
            HeaderValue::from_static("a.myshopify.com"),
        );
        let read = WebhookHeaders::read(&headers).unwrap();
        assert_eq!(
            (read.hmac, read.triggered_at, read.test),
            (None, None, None)
        );
    }

    #[test]
    fn an_overlong_header_counts_as_missing() {
        let long = HeaderValue::from_str(&"a".repeat(HEADER_BYTES_MAX + 1)).unwrap();
        let mut headers = full();
        headers.insert("x-shopify-webhook-id", long.clone());
        assert_eq!(WebhookHeaders::read(&headers).unwrap().webhook_id, None);
        headers.insert("x-shopify-topic", long);
        assert_eq!(WebhookHeaders::read(&headers), Err(MissingHeader::Topic));
    }

    #[test]
    fn a_repeated_header_counts_as_missing() {
        let mut headers = full();
        headers.append(
            "x-shopify-shop-domain",
            HeaderValue::from_static("other.myshopify.com"),
        );
        assert_eq!(WebhookHeaders::read(&headers), Err(MissingHeader::Shop));
    }

    #[test]
    fn unreadable_optional_headers_count_as_absent() {
        let mut headers = full();
        headers.insert(
            "x-shopify-triggered-at",
            HeaderValue::from_static("yesterday"),
        );
        headers.insert("x-shopify-order-id", HeaderValue::from_static("-1"));
        headers.insert(
            "x-shopify-name",
            HeaderValue::from_bytes(b"caf\xc3\xa9").unwrap(),
        );
        let read = WebhookHeaders::read(&headers).unwrap();
        assert_eq!(
            (read.triggered_at, read.order_id, read.name),
            (None, None, None)
        );
    }

    fn full() -> HeaderMap {
        [
            ("X-Shopify-Topic", "orders/updated"),
            (
                "X-Shopify-Hmac-Sha256",
                "0mD7u5aHYsoEdRgoJQMlha7Gf+neSR68KbPW5HhA+3g=",
            ),
            ("X-Shopify-Shop-Domain", "Acme-Demo.myshopify.com"),
            ("X-Shopify-API-Version", "2026-10"),
            (
                "X-Shopify-Webhook-Id",
                "8f6a1d4e-0c55-4c86-9d0e-6d3f5c0b7a11",
            ),
            ("X-Shopify-Event-Id", "2f0c2b5e-9c36-4d0a-8a55-3a9cf9d0be77"),
            ("X-Shopify-Triggered-At", "2026-11-23T09:15:48.556612022Z"),
            ("X-Shopify-Name", "crm-orders"),
            ("X-Shopify-Order-Id", "5236620492969"),
            ("X-Shopify-Test", "false"),
        ]
        .into_iter()
        .map(|(name, value)| {
            (
                name.parse::<HeaderName>().unwrap(),
                HeaderValue::from_static(value),
            )
        })
        .collect()
    }
}
