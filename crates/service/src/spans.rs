//! Spans: the work as a trace shows it, where somebody listens (`docs/tracing.md`).
//!
//! A trace has one of four roots: a delivery that arrives, a turn of an order, a request to the portal, a question to the
//! shop. A request carries commands of many orders, so it is linked to their turns and belongs to none of them. Spans
//! hold ids, methods and outcomes: no secret, no address, nothing about a person. While nobody listens they cost nothing.

use kernel::{OrderKey, command::Command};
use store::NewDelivery;
use tracing::{Span, debug_span, field::Empty};

use crate::portal;

/// A webhook delivery, from its first byte to its answer.
pub(crate) fn delivery() -> Span {
    debug_span!(
        "delivery",
        otel.kind = "server",
        shop.domain = Empty,
        topic = Empty,
        order.id = Empty,
        result = Empty,
    )
}

/// Tells a delivery's span what arrived: only what was signed.
pub(crate) fn arrived(delivery: &NewDelivery) {
    let span = Span::current();
    if span.is_disabled() {
        return;
    }
    span.record("shop.domain", delivery.shop.as_str());
    span.record("topic", delivery.topic.as_str());
    if let Some(order) = delivery.order {
        span.record("order.id", order.0);
    }
}

/// A turn of an order.
pub(crate) fn turn(key: &OrderKey, deliveries: usize) -> Span {
    debug_span!(
        parent: None,
        "turn",
        shop.domain = key.shop.as_str(),
        order.id = key.order.0,
        deliveries,
        order.phase = Empty,
    )
}

/// Within a turn: the wait for a place in a request.
pub(crate) fn wait() -> Span {
    debug_span!("wait for a place")
}

/// Within a turn: what is sent and read.
pub(crate) fn step(command: &Command) -> Span {
    debug_span!("step", portal.methods = ?portal::methods(command))
}

/// Within a turn: a write of the ledger.
pub(crate) fn save(intents: usize) -> Span {
    debug_span!("save", intents)
}

/// A request to the portal, from the first turn that was called for it to the last that got its answer.
pub(crate) fn request(host: &str, orders: usize) -> Span {
    debug_span!(parent: None, "request", portal.host = host, orders)
}

/// Within a request: one exchange over HTTP. Its address is a secret; its method is not.
pub(crate) fn http(method: &str) -> Span {
    debug_span!(
        "http",
        otel.kind = "client",
        portal.method = method,
        result = Empty,
    )
}

/// A question to the shop's Admin API.
pub(crate) fn question(shop: &str) -> Span {
    debug_span!("question", otel.kind = "client", shop.domain = shop)
}
