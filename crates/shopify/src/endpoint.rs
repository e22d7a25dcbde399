//! Where a shop's Admin API is, and the requests that go there (facts §5.1).

use std::net::IpAddr;
use std::str::FromStr as _;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Uri, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

/// The version of the Admin API that the documents of this crate were validated against.
pub const VERSION_DEFAULT: &str = "2026-10";

/// The newest version that is not stable.
const UNSTABLE: &str = "unstable";

const USER_AGENT: &str = concat!("shopify-rs/", env!("CARGO_PKG_VERSION"));

/// The header that carries an access token.
const TOKEN: &str = "x-shopify-access-token";

/// The Admin API of one shop, in one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `https://acme.myshopify.com`, without a path.
    origin: String,
    version: String,
}

/// Why there is no such endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEndpoint {
    /// Not a URL with a host.
    #[error("it is not a URL")]
    NotAUrl,
    /// Plain http, which is accepted for loopback addresses only.
    #[error("it is not https")]
    NotHttps,
    /// A path, a query, a name or a password.
    #[error("it is more than https:// and a host")]
    Extra,
    /// Not a version such as `2026-10`.
    #[error("it is not a version of the Admin API")]
    Version,
}

impl Endpoint {
    /// The endpoint of a shop by its permanent name.
    ///
    /// # Errors
    /// The name is none, or the version is not `YYYY-MM` or `unstable`.
    pub fn of_shop(domain: &str, version: &str) -> Result<Self, NotAnEndpoint> {
        Self::parse(&format!("https://{domain}"), version)
    }

    /// The endpoint at another origin, which a test puts in the shop's place.
    ///
    /// # Errors
    /// The origin is more than scheme and host, not https (loopback excepted), or the version is none.
    pub fn parse(origin: &str, version: &str) -> Result<Self, NotAnEndpoint> {
        let origin = origin.trim().trim_end_matches('/');
        if origin.contains(['?', '#', '@']) {
            return Err(NotAnEndpoint::Extra);
        }
        let uri = Uri::from_str(origin).map_err(|_| NotAnEndpoint::NotAUrl)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(NotAnEndpoint::NotAUrl);
        };
        if scheme != "https" && !(scheme == "http" && is_loopback(authority.host())) {
            return Err(NotAnEndpoint::NotHttps);
        }
        if uri.path() != "/" && !uri.path().is_empty() {
            return Err(NotAnEndpoint::Extra);
        }
        if !is_version(version) {
            return Err(NotAnEndpoint::Version);
        }
        Ok(Self {
            origin: format!("{scheme}://{}", authority.as_str().to_ascii_lowercase()),
            version: version.to_owned(),
        })
    }

    /// The version that requests ask for.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Scheme and host.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The request for a GraphQL body. It carries the token: do not print its headers.
    pub fn graphql(&self, body: &Value, token: &SecretString) -> Request<Bytes> {
        let path = format!("/admin/api/{}/graphql.json", self.version);
        let mut request = self.post(&path, body);
        // A token that no header can carry is none: the shop says so.
        let mut value = HeaderValue::from_str(token.expose_secret())
            .unwrap_or_else(|_| HeaderValue::from_static(""));
        value.set_sensitive(true);
        request.headers_mut().insert(TOKEN, value);
        request
    }

    /// A JSON request to a path of this origin.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Request<Bytes> {
        let uri = format!("{}{path}", self.origin);
        let mut request = Request::new(Bytes::from(body.to_string()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() =
            Uri::from_str(&uri).expect("a parsed origin and a plain path make a uri");
        let headers = request.headers_mut();
        let json = HeaderValue::from_static("application/json");
        headers.insert(header::CONTENT_TYPE, json.clone());
        headers.insert(header::ACCEPT, json);
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        request
    }
}

fn is_version(text: &str) -> bool {
    let dated = text.split_once('-').is_some_and(|(year, month)| {
        let digits =
            |it: &str, count| it.len() == count && it.bytes().all(|it| it.is_ascii_digit());
        digits(year, 4) && digits(month, 2)
    });
    dated || text == UNSTABLE
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || IpAddr::from_str(bare).is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_query_goes_to_the_version_of_the_shop_with_a_hidden_token() {
        let endpoint = Endpoint::of_shop("acme.myshopify.com", "2026-10").unwrap();
        let request = endpoint.graphql(&json!({"query": "{ shop { id } }"}), &"shpat_x".into());
        let uri = "https://acme.myshopify.com/admin/api/2026-10/graphql.json";
        assert_eq!(request.uri().to_string(), uri);
        assert_eq!(request.headers()[TOKEN], "shpat_x");
        assert!(!format!("{request:?}").contains("shpat_x"));
    }

    #[test]
    fn only_this_machine_may_be_asked_without_encryption() {
        let parse = |origin| Endpoint::parse(origin, VERSION_DEFAULT);
        assert_eq!(
            parse("http://127.0.0.1:9000/").unwrap().origin(),
            "http://127.0.0.1:9000"
        );
        assert!(parse("http://[::1]:9000").is_ok());
        assert_eq!(
            parse("http://acme.myshopify.com"),
            Err(NotAnEndpoint::NotHttps)
        );
        assert_eq!(parse("https://a.example/admin"), Err(NotAnEndpoint::Extra));
        assert_eq!(parse("https://me:x@a.example"), Err(NotAnEndpoint::Extra));
        assert_eq!(parse("acme.myshopify.com"), Err(NotAnEndpoint::NotAUrl));
    }

    #[test]
    fn a_version_is_a_year_and_a_month() {
        let parse = |version| Endpoint::of_shop("acme.myshopify.com", version);
        assert!(parse("2027-01").is_ok() && parse("unstable").is_ok());
        for version in ["", "latest", "2026", "2026-1", "26-10", "2026-10/x"] {
            assert_eq!(parse(version), Err(NotAnEndpoint::Version), "{version}");
        }
    }
}
