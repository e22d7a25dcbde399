//! The HTTP request of a call or a batch, whatever opens the portal.

use std::net::IpAddr;
use std::str::FromStr;

use bytes::Bytes;
use http::{HeaderValue, Request, Uri, header};
use serde::Serialize;

use crate::encode;

pub(crate) const USER_AGENT: &str = concat!("bitrix24-rs/", env!("CARGO_PKG_VERSION"));

/// A JSON request to a method below `base`, which ends with a slash.
pub(crate) fn post(base: &str, method: &str, body: &impl Serialize) -> Request<Bytes> {
    let uri = format!("{base}{}", encode::escape(method));
    let uri = Uri::from_str(&uri).expect("a parsed base and an escaped method make a uri");
    let body = serde_json::to_vec(body).expect("values with text keys serialise into memory");
    let mut request = Request::new(Bytes::from(body));
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = uri;
    let headers = request.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json.clone());
    headers.insert(header::ACCEPT, json);
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    request
}

/// Whether a host is this machine: only there is plain http accepted.
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || IpAddr::from_str(bare).is_ok_and(|address| address.is_loopback())
}
