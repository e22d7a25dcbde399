//! Access by a local application: its tokens, asked for and read without sockets (facts §12).
//!
//! An access token lives for an hour; a refresh token buys the next pair, once: the old one is dead from then on, whether
//! the answer arrives or not. So a program must keep the new pair on disk before it uses it, and must never ask twice at
//! the same time.
//!
//! ```
//! use bitrix24::oauth::{Client, Install, Server, read, refresh_request};
//!
//! // What the portal posts when the application is installed:
//! let form = b"event=ONAPPINSTALL&auth%5Brefresh_token%5D=4s386p3q0tr8&auth%5Bmember_id%5D=a223c6b3\
//!     &auth%5Bserver_endpoint%5D=https%3A%2F%2Foauth.bitrix.info%2Frest%2F";
//! let install = Install::read(form)?;
//! // Anybody can post such a form. The secret goes to Bitrix24's own servers only, and their answer is the proof.
//! let server = Server::parse(&install.server)?;
//! let client = Client { id: "local.6745af".to_owned(), secret: "hush".into() };
//! let request = refresh_request(&server, &client, &install.refresh);
//! assert_eq!(request.uri().host(), Some("oauth.bitrix.info"));
//! assert!(read(bitrix24::Reply::Lost).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod grant;
mod install;
mod place;

use std::str::FromStr;

use bytes::Bytes;
use http::{HeaderValue, Request, Uri, header};
use secrecy::{ExposeSecret, SecretString};

use crate::encode;
use crate::request::USER_AGENT;

pub use grant::{Grant, NotGranted, read};
pub use install::{INSTALL_BYTES_MAX, Install, NotAnInstall};
pub use place::{Endpoint, NotAPlace, Server};

/// Id and secret of an application, as the portal shows them beside it. `Debug` hides the secret.
#[derive(Debug, Clone)]
pub struct Client {
    /// `client_id`, such as `local.6745af0c1d2e33.12345678`.
    pub id: String,
    /// `client_secret`.
    pub secret: SecretString,
}

/// The request for the next pair. Its URI carries client secret and refresh token: do not print it.
pub fn refresh_request(server: &Server, client: &Client, refresh: &SecretString) -> Request<Bytes> {
    request(server, client, "refresh_token", ("refresh_token", refresh))
}

/// The request for the first pair, with the code that the portal's redirect brought; a code lives for 30 seconds. Its
/// URI carries the client secret: do not print it.
pub fn exchange_request(server: &Server, client: &Client, code: &SecretString) -> Request<Bytes> {
    request(server, client, "authorization_code", ("code", code))
}

fn request(
    server: &Server,
    client: &Client,
    kind: &str,
    (name, value): (&str, &SecretString),
) -> Request<Bytes> {
    let (id, secret) = (
        encode::escape(&client.id),
        encode::escape(client.secret.expose_secret()),
    );
    let value = encode::escape(value.expose_secret());
    let uri = format!(
        "{}/oauth/token/?grant_type={kind}&client_id={id}&client_secret={secret}&{name}={value}",
        server.origin()
    );
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() =
        Uri::from_str(&uri).expect("a parsed origin and escaped values make a uri");
    let headers = request.headers_mut();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Client {
        Client {
            id: "local.1".to_owned(),
            secret: "hu&sh".into(),
        }
    }

    #[test]
    fn a_refresh_names_client_secret_and_token() {
        let server = Server::parse("https://oauth.bitrix24.tech/rest/").unwrap();
        let request = refresh_request(&server, &client(), &"old/one".into());
        assert_eq!(request.method(), http::Method::GET);
        assert_eq!(
            request.uri(),
            "https://oauth.bitrix24.tech/oauth/token/?grant_type=refresh_token&client_id=local.1\
             &client_secret=hu%26sh&refresh_token=old%2Fone"
        );
    }

    #[test]
    fn a_code_is_exchanged_at_the_same_place() {
        let server = Server::loopback("http://127.0.0.1:9").unwrap();
        let request = exchange_request(&server, &client(), &"c0de".into());
        let query = request.uri().query().unwrap();
        assert!(
            query.starts_with("grant_type=authorization_code&"),
            "{query}"
        );
        assert!(query.ends_with("&code=c0de"), "{query}");
        assert!(!format!("{:?}", client()).contains("hu&sh"));
    }
}
