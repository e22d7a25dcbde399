//! Where requests go: the portal's REST endpoint, and the authorization server of its region.

use std::str::FromStr;

use http::Uri;
use http::uri::Authority;

use crate::request::is_loopback;

/// Bitrix24's authorization servers (facts §12). A client secret goes to these and to subdomains of theirs, nowhere else.
const SERVERS: [&str; 2] = ["oauth.bitrix.info", "oauth.bitrix24.tech"];

/// Longer texts are not URLs of endpoints.
const URL_BYTES_MAX: usize = 512;

/// Where a portal takes an application's requests: `https://host/rest/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    base: String,
    host: String,
}

/// An authorization server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    origin: String,
}

/// Why a text names no place that requests may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAPlace {
    /// Not a URL with a host, or too long to be one.
    #[error("it is not a url")]
    NotAUrl,
    /// Plain http, which is accepted for loopback addresses only.
    #[error("it is not https")]
    NotHttps,
    /// A name or password before the host, something after `?` or `#`, or another path.
    #[error("it is more than a host, or another path")]
    Extra,
    /// Not an authorization server of Bitrix24.
    #[error("it is not an authorization server of Bitrix24")]
    Foreign,
    /// Not a loopback address.
    #[error("it is not a loopback address with http://")]
    NotLoopback,
}

impl Endpoint {
    /// Reads a `client_endpoint`, such as `https://acme.bitrix24.com/rest/`.
    ///
    /// # Errors
    /// The text is no such URL, or not https (loopback excepted).
    pub fn parse(text: &str) -> Result<Self, NotAPlace> {
        let (scheme, authority, path) = parts(text)?;
        if !matches!(path.as_str(), "/rest" | "/rest/") {
            return Err(NotAPlace::Extra);
        }
        let host = authority.as_str().to_ascii_lowercase();
        Ok(Self {
            base: format!("{scheme}://{host}/rest/"),
            host,
        })
    }

    /// The host in lower case, with the port if one was given.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The whole URL, ending with a slash.
    pub fn as_str(&self) -> &str {
        &self.base
    }
}

impl Server {
    /// Reads a `server_endpoint`, such as `https://oauth.bitrix.info/rest/`. Whoever posts an install form chooses this
    /// text, and the client secret is sent there: so only Bitrix24's own servers are accepted.
    ///
    /// # Errors
    /// The text is no https URL of such a server.
    pub fn parse(text: &str) -> Result<Self, NotAPlace> {
        let (scheme, authority, _) = parts(text)?;
        let host = authority.host().to_ascii_lowercase();
        let own = |it: &str| {
            let below = host.strip_suffix(it);
            host == it || below.is_some_and(|rest| rest.ends_with('.') && 1 < rest.len())
        };
        let usual_port = matches!(authority.port_u16(), None | Some(443));
        if scheme != "https" || !usual_port || !SERVERS.into_iter().any(own) {
            return Err(NotAPlace::Foreign);
        }
        Ok(Self {
            origin: format!("https://{host}"),
        })
    }

    /// A server on this machine, which a test puts in the place of Bitrix24's.
    ///
    /// # Errors
    /// The text is more than `http://`, a loopback address and a port.
    pub fn loopback(origin: &str) -> Result<Self, NotAPlace> {
        let (scheme, authority, path) = parts(origin)?;
        if scheme != "http" || !is_loopback(authority.host()) {
            return Err(NotAPlace::NotLoopback);
        }
        if path != "/" {
            return Err(NotAPlace::Extra);
        }
        Ok(Self {
            origin: format!("http://{authority}"),
        })
    }

    /// Scheme and host.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

/// Scheme, authority and path of an http(s) URL without anything else.
fn parts(text: &str) -> Result<(&'static str, Authority, String), NotAPlace> {
    let text = text.trim();
    if URL_BYTES_MAX < text.len() {
        return Err(NotAPlace::NotAUrl);
    }
    if text.contains(['?', '#', '@']) {
        return Err(NotAPlace::Extra);
    }
    let uri = Uri::from_str(text).map_err(|_| NotAPlace::NotAUrl)?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(NotAPlace::NotAUrl);
    };
    let scheme = match scheme {
        "https" => "https",
        "http" if is_loopback(authority.host()) => "http",
        _ => return Err(NotAPlace::NotHttps),
    };
    Ok((scheme, authority.clone(), uri.path().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portals_endpoint_is_its_host_and_rest() {
        let endpoint = Endpoint::parse("https://Acme.bitrix24.com/rest").unwrap();
        assert_eq!(
            (endpoint.host(), endpoint.as_str()),
            ("acme.bitrix24.com", "https://acme.bitrix24.com/rest/")
        );
        let loopback = Endpoint::parse("http://127.0.0.1:80/rest/").unwrap();
        assert_eq!(loopback.host(), "127.0.0.1:80");
        let rows = [
            ("http://acme.bitrix24.com/rest/", NotAPlace::NotHttps),
            ("https://acme.bitrix24.com/", NotAPlace::Extra),
            ("https://acme.bitrix24.com/rest/1/code/", NotAPlace::Extra),
            ("https://me@acme.bitrix24.com/rest/", NotAPlace::Extra),
            ("https://acme.bitrix24.com/rest/?a=1", NotAPlace::Extra),
            ("acme.bitrix24.com/rest/", NotAPlace::NotAUrl),
            ("", NotAPlace::NotAUrl),
        ];
        for (text, why) in rows {
            assert_eq!(Endpoint::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn the_secret_goes_to_bitrix24s_own_servers_only() {
        let own = [
            (
                "https://oauth.bitrix.info/rest/",
                "https://oauth.bitrix.info",
            ),
            ("https://OAuth.Bitrix24.Tech", "https://oauth.bitrix24.tech"),
            (
                "https://oauth.bitrix.info:443/rest/",
                "https://oauth.bitrix.info",
            ),
            (
                "https://eu.oauth.bitrix.info/rest/",
                "https://eu.oauth.bitrix.info",
            ),
        ];
        for (text, origin) in own {
            assert_eq!(Server::parse(text).unwrap().origin(), origin);
        }
        let foreign = [
            "http://127.0.0.1:9/rest/",
            "https://oauth.bitrix.info.example.org/rest/",
            "https://evil-oauth.bitrix.info/rest/",
            "https://.oauth.bitrix.info/rest/",
            "https://oauth.bitrix.info:8443/rest/",
            "https://oauth.bitrix.info./rest/",
            "https://bitrix.info/rest/",
            "https://example.org/oauth.bitrix.info",
        ];
        for text in foreign {
            let refused = Server::parse(text).unwrap_err();
            assert!(
                matches!(refused, NotAPlace::Foreign | NotAPlace::NotAUrl),
                "{text} {refused:?}"
            );
        }
        assert_eq!(
            Server::parse("https://oauth.bitrix.info@example.org/rest/"),
            Err(NotAPlace::Extra)
        );
        assert_eq!(
            Server::parse("http://oauth.bitrix.info/rest/"),
            Err(NotAPlace::NotHttps)
        );
    }

    #[test]
    fn a_test_puts_this_machine_in_their_place_and_no_other() {
        assert_eq!(
            Server::loopback("http://127.0.0.1:9/").unwrap().origin(),
            "http://127.0.0.1:9"
        );
        assert_eq!(
            Server::loopback("https://oauth.bitrix.info"),
            Err(NotAPlace::NotLoopback)
        );
        assert_eq!(
            Server::loopback("http://10.0.0.1:9"),
            Err(NotAPlace::NotHttps)
        );
        assert_eq!(Server::loopback("http://[::1]:9/x"), Err(NotAPlace::Extra));
    }
}
