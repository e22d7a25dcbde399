//! Extra deliveries that no receiver may turn into a deal: forged, empty of content, or unreadable.

use super::generate::pick;
use super::wire::{digest, sign};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use bytes::Bytes;
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// A tempting body: the order as it is, but newer and nearly for free, so that accepting it shows.
pub(super) fn forged_body(genuine: &Value) -> Value {
    let mut body = genuine.clone();
    body["current_total_price"] = json!("1.00");
    body["total_price"] = json!("1.00");
    body["financial_status"] = json!("paid");
    body["updated_at"] = json!("2038-01-01T00:00:00+00:00");
    body["note"] = json!("forged");
    body
}

/// A signature that must not be accepted; `None` leaves the header out (facts §7, negative cases).
pub(super) fn wrong_signature(rng: &mut ChaCha8Rng, secret: &str, body: &[u8]) -> Option<String> {
    let raw = digest(secret, body);
    match rng.random_range(0..7) {
        0 => None,
        1 => Some(String::new()),
        2 => Some(raw.iter().map(|byte| format!("{byte:02x}")).collect()),
        3 => Some(STANDARD.encode(&raw[..16])),
        // The other alphabet; where both alphabets agree, a changed byte makes it wrong all the same.
        4 => {
            let mut other = raw.clone();
            other[0] ^= 0xff;
            Some(URL_SAFE.encode(&other))
        }
        5 => Some(sign(secret, b"another body")),
        _ => Some(sign("a secret of somebody else", body)),
    }
}

/// A body that is signed but no order.
pub(super) fn unreadable_body(rng: &mut ChaCha8Rng) -> Bytes {
    let bodies: [&'static [u8]; 10] = [
        b"[]",
        b"null",
        b"{}",
        b"\"text\"",
        b"{\"id\":\"abc\"}",
        b"{\"id\":-1,\"updated_at\":\"yesterday\"}",
        b"{\"id\":6120000000001,\"updated_at\":\"2026-11-23T10:15:4",
        b"\xff\xfe{\x00",
        b"<html>service unavailable<\\/html>",
        b"{\"id\":1e400}",
    ];
    Bytes::from_static(pick(rng, &bodies))
}
