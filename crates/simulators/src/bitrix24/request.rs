//! Reading a request: path, query and body as the portal reads them (facts §1.1, §1.2).

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;

use super::php::Php;
use super::query::{parse_str, url_decode};

/// Names that the portal takes out before a method sees its parameters.
const RESERVED: [&str; 7] = [
    "auth",
    "access_token",
    "aplogin",
    "ap",
    "state",
    "token",
    "auth_connector",
];

/// Parameters that carry an access token, in the order in which they are looked for.
const TOKEN_NAMES: [&str; 2] = ["auth", "access_token"];

/// A request as far as it could be read.
#[derive(Debug)]
pub(crate) struct Incoming {
    /// User and secret of the path, if it has the webhook's form.
    pub(crate) webhook: Option<(String, String)>,
    /// The access token of the header, else of the parameters.
    pub(crate) token: Option<String>,
    /// The method as written, without `.json`.
    pub(crate) method: String,
    pub(crate) params: Php,
}

impl Incoming {
    /// Reads a request; nothing comes back for paths outside `/rest/`.
    pub(crate) fn read(parts: &Parts, body: &[u8]) -> Option<Self> {
        let path = parts.uri.path().strip_prefix("/rest/")?;
        let segments: Vec<String> = path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(url_decode)
            .collect();
        let (webhook, method) = match segments.as_slice() {
            [user, code, method] => (Some((user.clone(), code.clone())), method),
            [method] => (None, method),
            _ => return None,
        };
        let mut params = parse_str(parts.uri.query().unwrap_or(""));
        for (name, value) in read_body(parts, body).pairs() {
            params.set(name, value.clone());
        }
        let token = bearer(parts).or_else(|| {
            let named = TOKEN_NAMES.iter().find_map(|name| params.get(name));
            named.filter(|it| !it.is_array()).map(Php::string)
        });
        for name in RESERVED {
            params.remove(name);
        }
        Some(Self {
            webhook,
            token,
            method: method.strip_suffix(".json").unwrap_or(method).to_owned(),
            params,
        })
    }
}

/// The token of an `Authorization: Bearer` header.
fn bearer(parts: &Parts) -> Option<String> {
    let value = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(char::is_whitespace)?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim_start().to_owned())
}

/// The parameters of the body. JSON that does not parse is ignored: the method runs without parameters.
fn read_body(parts: &Parts, body: &[u8]) -> Php {
    let content_type = parts
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let media = content_type
        .split(';')
        .next()
        .unwrap_or("")
        .trim()
        .to_ascii_lowercase();
    if media == "application/json" || media.ends_with("+json") {
        return Php::from_json(body)
            .filter(Php::is_array)
            .unwrap_or_else(Php::empty);
    }
    parse_str(&String::from_utf8_lossy(body))
}
