//! What opens a portal, ready for use: an inbound webhook, or an application's access token.

use std::fmt;

use bytes::Bytes;
use http::{HeaderValue, Request, header};
use secrecy::{ExposeSecret, SecretString};

use crate::batch::Batch;
use crate::call::Call;
use crate::oauth::Endpoint;
use crate::request;
use crate::url::WebhookUrl;

/// What opens a portal. `Debug` and `Display` hide its secret.
#[derive(Debug, Clone)]
pub enum Access {
    /// An inbound webhook: its code is part of each request's path.
    Webhook(WebhookUrl),
    /// An application: its token is a header of each request, never a part of the URL.
    App {
        /// Where the portal takes requests.
        endpoint: Endpoint,
        /// The access token.
        token: SecretString,
        /// The user whom the application acts as, if that is known.
        user: Option<u64>,
    },
}

impl Access {
    /// The portal's host in lower case, with the port if one was given.
    pub fn host(&self) -> &str {
        match self {
            Self::Webhook(url) => url.host(),
            Self::App { endpoint, .. } => endpoint.host(),
        }
    }

    /// Whom it acts as: what the portal writes into `createdBy` and `updatedBy`.
    pub fn user(&self) -> Option<u64> {
        match self {
            Self::Webhook(url) => Some(url.user()),
            Self::App { user, .. } => *user,
        }
    }

    /// The request for one call.
    pub fn request(&self, call: &Call) -> Request<Bytes> {
        match self {
            Self::Webhook(url) => url.request(call),
            Self::App {
                endpoint, token, ..
            } => with_token(
                request::post(endpoint.as_str(), call.method, &call.params),
                token,
            ),
        }
    }

    /// The request for a batch.
    pub fn batch(&self, batch: &Batch) -> Request<Bytes> {
        match self {
            Self::Webhook(url) => url.batch(batch),
            Self::App {
                endpoint, token, ..
            } => with_token(request::post(endpoint.as_str(), "batch", batch), token),
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Webhook(url) => url.fmt(f),
            Self::App { endpoint, .. } => endpoint.as_str().fmt(f),
        }
    }
}

fn with_token(mut request: Request<Bytes>, token: &SecretString) -> Request<Bytes> {
    let bearer = format!("Bearer {}", token.expose_secret());
    // A token that no header can carry is none: the portal says so.
    let mut value =
        HeaderValue::from_str(&bearer).unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
    value.set_sensitive(true);
    request.headers_mut().insert(header::AUTHORIZATION, value);
    request
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::batch::Halt;

    fn app() -> Access {
        Access::App {
            endpoint: Endpoint::parse("https://Acme.bitrix24.com/rest/").unwrap(),
            token: "t0k3n".into(),
            user: Some(7),
        }
    }

    #[test]
    fn an_applications_token_is_a_hidden_header_and_no_part_of_the_url() {
        let request = app().request(&Call::new("crm.item.get", json!({"id": 812})));
        assert_eq!(request.uri(), "https://acme.bitrix24.com/rest/crm.item.get");
        assert_eq!(request.headers()[header::AUTHORIZATION], "Bearer t0k3n");
        assert_eq!(request.body(), r#"{"id":812}"#);
        assert!(!format!("{request:?} {:?} {}", app(), app()).contains("t0k3n"));
        let batch = app().batch(&Batch::new(Halt::Never));
        assert_eq!(batch.uri().path(), "/rest/batch");
        assert_eq!(batch.headers()[header::AUTHORIZATION], "Bearer t0k3n");
    }

    #[test]
    fn a_webhook_is_used_as_it_is() {
        let url = WebhookUrl::parse("https://x.bitrix24.com/rest/17/abc123secret/").unwrap();
        let access = Access::Webhook(url);
        assert_eq!((access.host(), access.user()), ("x.bitrix24.com", Some(17)));
        let request = access.request(&Call::new("profile", json!({})));
        assert_eq!(request.uri().path(), "/rest/17/abc123secret/profile");
        assert!(!request.headers().contains_key(header::AUTHORIZATION));
    }

    #[test]
    fn a_token_that_no_header_can_carry_is_sent_as_none() {
        let access = Access::App {
            endpoint: Endpoint::parse("https://acme.bitrix24.com/rest/").unwrap(),
            token: "a\nb".into(),
            user: None,
        };
        let request = access.request(&Call::new("profile", json!({})));
        assert_eq!(request.headers()[header::AUTHORIZATION], "Bearer");
    }
}
