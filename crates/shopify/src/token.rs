//! Access tokens by the client-credentials grant (facts §5.2).

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::endpoint::Endpoint;

/// A day less a second, as Shopify grants, where an answer does not tell.
const LIFE_DEFAULT: Duration = Duration::from_secs(86_399);

/// What opens the Admin API. `Debug` hides what is secret.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// An app of the Dev Dashboard: each token lives for a day and is simply asked for again.
    Client {
        /// The app's client id.
        id: String,
        /// The app's client secret, which signs webhooks too.
        secret: SecretString,
    },
    /// A token that does not expire, as apps made in a shop's admin have.
    Static(SecretString),
}

/// A granted token.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The token.
    pub token: SecretString,
    /// How long it lives.
    pub life: Duration,
    /// The scopes that it has, as Shopify spells them.
    pub scopes: Vec<String>,
}

/// Why no token was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotGranted {
    /// Id or secret is wrong.
    #[error("Shopify does not know this client id with this client secret")]
    WrongClient,
    /// App and shop do not belong to the same organisation, or the app is not installed there.
    #[error("app has no access to this shop")]
    ShopNotPermitted,
    /// No shop has this name.
    #[error("there is no such shop")]
    NoSuchShop,
    /// Too many requests, or Shopify's own fault: ask again.
    #[error("Shopify gives no token for now (status {status})")]
    Later {
        /// The status.
        status: u16,
    },
    /// Refused for another reason: asking again with the same credentials does not help.
    #[error("Shopify refuses a token (status {status})")]
    Refused {
        /// The status.
        status: u16,
    },
    /// Status 200, and no token in it.
    #[error("answer holds no token")]
    NotUnderstood,
}

/// The request for a token. It carries the secret in its body: do not print it.
pub fn request(endpoint: &Endpoint, id: &str, secret: &SecretString) -> Request<Bytes> {
    let body = json!({
        "client_id": id,
        "client_secret": secret.expose_secret(),
        "grant_type": "client_credentials",
    });
    endpoint.post("/admin/oauth/access_token", &body)
}

/// The answer to it.
///
/// # Errors
/// No token was granted.
pub fn read(status: StatusCode, body: &[u8]) -> Result<Grant, NotGranted> {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    match status.as_u16() {
        200 => {}
        404 => return Err(NotGranted::NoSuchShop),
        status @ (429 | 500..=599) => return Err(NotGranted::Later { status }),
        status => {
            return Err(match value["error"].as_str() {
                Some("invalid_client" | "application_cannot_be_found") => NotGranted::WrongClient,
                Some("shop_not_permitted") => NotGranted::ShopNotPermitted,
                Some(_) | None => NotGranted::Refused { status },
            });
        }
    }
    let token = value["access_token"].as_str().filter(|it| !it.is_empty());
    let token = token.ok_or(NotGranted::NotUnderstood)?;
    let scopes = value["scope"].as_str().unwrap_or_default();
    Ok(Grant {
        token: SecretString::from(token),
        life: value["expires_in"]
            .as_u64()
            .map_or(LIFE_DEFAULT, Duration::from_secs),
        scopes: scopes
            .split(',')
            .map(|it| it.trim().to_owned())
            .filter(|it| !it.is_empty())
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, body: &str) -> NotGranted {
        read(StatusCode::from_u16(status).unwrap(), body.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_token_is_asked_for_by_client_credentials() {
        let endpoint = Endpoint::of_shop("acme.myshopify.com", "2026-10").unwrap();
        let request = request(&endpoint, "id", &"hush".into());
        assert_eq!(request.uri().path(), "/admin/oauth/access_token");
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(body["grant_type"], "client_credentials");
        assert_eq!(
            (&body["client_id"], &body["client_secret"]),
            (&json!("id"), &json!("hush"))
        );
    }

    #[test]
    fn a_grant_tells_token_life_and_scopes() {
        let body = br#"{"access_token":"shpat_1","scope":"read_orders, read_customers","expires_in":86399}"#;
        let grant = read(StatusCode::OK, body).unwrap();
        assert_eq!(grant.token.expose_secret(), "shpat_1");
        assert_eq!(
            (grant.life, grant.scopes),
            (
                LIFE_DEFAULT,
                vec!["read_orders".to_owned(), "read_customers".to_owned()]
            )
        );
        assert!(!format!("{:?}", read(StatusCode::OK, body)).contains("shpat_1"));
    }

    #[test]
    fn each_refusal_has_its_reason() {
        assert_eq!(
            refused(400, r#"{"error":"invalid_client"}"#),
            NotGranted::WrongClient
        );
        assert_eq!(
            refused(400, r#"{"error":"shop_not_permitted"}"#),
            NotGranted::ShopNotPermitted
        );
        assert_eq!(refused(400, "<html>"), NotGranted::Refused { status: 400 });
        assert_eq!(refused(404, ""), NotGranted::NoSuchShop);
        assert_eq!(refused(503, ""), NotGranted::Later { status: 503 });
        assert_eq!(refused(200, "{}"), NotGranted::NotUnderstood);
    }
}
