//! The inbound webhook's URL: a credential, so it never shows (facts §1.1).

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use http::{Request, Uri};
use secrecy::{ExposeSecret, SecretString};

use crate::batch::Batch;
use crate::call::Call;
use crate::request::{self, is_loopback};

/// An inbound webhook: portal, owner and code. Whoever has it acts as its owner, so `Debug` and `Display` show only
/// `https://host/rest/***`. The requests it builds carry the code in their URI: do not print those.
#[derive(Clone)]
pub struct WebhookUrl {
    /// `https://host/rest/1/code/`, normalised.
    base: SecretString,
    scheme: &'static str,
    host: String,
    user: u64,
}

/// Why a text is not the URL of a webhook. Holds nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAWebhookUrl {
    /// Not a URL with a host, or too long to be one.
    #[error("reading a webhook url: not a url")]
    NotAUrl,
    /// Plain http, which is accepted for loopback addresses only.
    #[error("reading a webhook url: not https")]
    NotHttps,
    /// A name or password before the host, or something after `?` or `#`.
    #[error("reading a webhook url: more than a host and a path")]
    Extra,
    /// Not `/rest/USER/CODE/`.
    #[error("reading a webhook url: path is not /rest/<user id>/<code>/")]
    Path,
}

/// Longer texts are not URLs of webhooks.
const URL_BYTES_MAX: usize = 1024;

impl WebhookUrl {
    /// Reads a webhook's URL as the portal shows it, with or without the last slash.
    ///
    /// # Errors
    /// The text is not such a URL, or not https. The error never holds any of the text.
    pub fn parse(text: &str) -> Result<Self, NotAWebhookUrl> {
        let text = text.trim();
        if text.len() > URL_BYTES_MAX {
            return Err(NotAWebhookUrl::NotAUrl);
        }
        if text.contains(['?', '#', '@']) {
            return Err(NotAWebhookUrl::Extra);
        }
        let uri = Uri::from_str(text).map_err(|_| NotAWebhookUrl::NotAUrl)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(NotAWebhookUrl::NotAUrl);
        };
        let scheme = match scheme {
            "https" => "https",
            "http" if is_loopback(authority.host()) => "http",
            _ => return Err(NotAWebhookUrl::NotHttps),
        };
        let (user, code) = owner_and_code(uri.path()).ok_or(NotAWebhookUrl::Path)?;
        let host = authority.as_str().to_ascii_lowercase();
        Ok(Self {
            base: format!("{scheme}://{host}/rest/{user}/{code}/").into(),
            scheme,
            host,
            user,
        })
    }

    /// The portal's host in lower case, with the port if one was given.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The id of the webhook's owner: what the portal writes into `createdBy` and `updatedBy`.
    pub fn user(&self) -> u64 {
        self.user
    }

    /// The request for one call.
    pub fn request(&self, call: &Call) -> Request<Bytes> {
        request::post(self.base.expose_secret(), call.method, &call.params)
    }

    /// The request for a batch.
    pub fn batch(&self, batch: &Batch) -> Request<Bytes> {
        request::post(self.base.expose_secret(), "batch", batch)
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}/rest/***", self.scheme, self.host)
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({self})")
    }
}

fn owner_and_code(path: &str) -> Option<(u64, &str)> {
    let (user, code) = path.strip_prefix("/rest/")?.split_once('/')?;
    let code = code.strip_suffix('/').unwrap_or(code);
    let plain =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let user = user
        .parse()
        .ok()
        .filter(|_| user.bytes().all(|byte| byte.is_ascii_digit()))?;
    plain(code).then_some((user, code))
}

#[cfg(test)]
mod tests {
    use http::header;
    use serde_json::json;

    use super::*;
    use crate::batch::Halt;

    const CODE: &str = "abc123secret";

    #[test]
    fn webhook_urls_are_read_as_the_portal_shows_them() {
        let rows = [
            (
                "https://X.bitrix24.com/rest/1/abc123secret/",
                "https://x.bitrix24.com/rest/***",
            ),
            (
                " https://x.bitrix24.com/rest/17/abc123secret ",
                "https://x.bitrix24.com/rest/***",
            ),
            (
                "https://crm.example.org:8443/rest/1/abc123secret",
                "https://crm.example.org:8443/rest/***",
            ),
            (
                "http://127.0.0.1:8080/rest/1/abc123secret/",
                "http://127.0.0.1:8080/rest/***",
            ),
            (
                "http://localhost/rest/1/abc123secret/",
                "http://localhost/rest/***",
            ),
            (
                "http://[::1]:9/rest/1/abc123secret/",
                "http://[::1]:9/rest/***",
            ),
        ];
        for (text, shown) in rows {
            let url = WebhookUrl::parse(text).unwrap();
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("WebhookUrl({shown})"));
        }
    }

    #[test]
    fn other_urls_are_refused_without_being_repeated() {
        let rows = [
            ("", NotAWebhookUrl::NotAUrl),
            ("abc123secret", NotAWebhookUrl::NotAUrl),
            ("/rest/1/abc123secret/", NotAWebhookUrl::NotAUrl),
            ("https:///rest/1/abc123secret/", NotAWebhookUrl::NotAUrl),
            (
                "http://x.bitrix24.com/rest/1/abc123secret/",
                NotAWebhookUrl::NotHttps,
            ),
            (
                "http://localhost.example.org/rest/1/abc123secret/",
                NotAWebhookUrl::NotHttps,
            ),
            (
                "ftp://127.0.0.1/rest/1/abc123secret/",
                NotAWebhookUrl::NotHttps,
            ),
            (
                "https://me@x.bitrix24.com/rest/1/abc123secret/",
                NotAWebhookUrl::Extra,
            ),
            (
                "https://x.bitrix24.com/rest/1/abc123secret/?a=1",
                NotAWebhookUrl::Extra,
            ),
            (
                "https://x.bitrix24.com/rest/1/abc123secret/#a",
                NotAWebhookUrl::Extra,
            ),
            ("https://x.bitrix24.com/", NotAWebhookUrl::Path),
            (
                "https://x.bitrix24.com/rest/abc123secret/",
                NotAWebhookUrl::Path,
            ),
            (
                "https://x.bitrix24.com/rest/+1/abc123secret/",
                NotAWebhookUrl::Path,
            ),
            (
                "https://x.bitrix24.com/rest/me/abc123secret/",
                NotAWebhookUrl::Path,
            ),
            (
                "https://x.bitrix24.com/rest/1/abc123secret/profile",
                NotAWebhookUrl::Path,
            ),
            (
                "https://x.bitrix24.com/rest/1/abc123secret//",
                NotAWebhookUrl::Path,
            ),
            ("https://x.bitrix24.com/rest/1//", NotAWebhookUrl::Path),
        ];
        for (text, why) in rows {
            let refused = WebhookUrl::parse(text).unwrap_err();
            assert_eq!(refused, why, "{text}");
            assert!(!format!("{refused} {refused:?}").contains(CODE));
        }
    }

    #[test]
    fn a_request_posts_json_to_the_method() {
        let url = WebhookUrl::parse("https://x.bitrix24.com/rest/17/abc123secret").unwrap();
        assert_eq!((url.host(), url.user()), ("x.bitrix24.com", 17));
        let request = url.request(&Call::new(
            "crm.item.get",
            json!({"entityTypeId": 2, "id": 812}),
        ));
        assert_eq!(request.method(), http::Method::POST);
        assert_eq!(
            request.uri(),
            "https://x.bitrix24.com/rest/17/abc123secret/crm.item.get"
        );
        assert_eq!(request.headers()[header::CONTENT_TYPE], "application/json");
        assert_eq!(request.body(), r#"{"entityTypeId":2,"id":812}"#);
    }

    #[test]
    fn a_batch_runs_its_commands_in_the_order_of_its_body() {
        let url = WebhookUrl::parse("https://x.bitrix24.com/rest/1/abc123secret").unwrap();
        let mut batch = Batch::new(Halt::AtFirstError);
        for id in 1..=12 {
            batch
                .push(Call::new("crm.item.get", json!({"id": id})))
                .unwrap();
        }
        let request = url.batch(&batch);
        assert_eq!(request.uri().path(), "/rest/1/abc123secret/batch");
        let body = std::str::from_utf8(request.body()).unwrap();
        assert!(body.starts_with(
            r#"{"halt":1,"cmd":{"c00":"crm.item.get?id=1","c01":"crm.item.get?id=2","#
        ));
        let places: Vec<_> = (1..=12)
            .map(|id| body.find(&format!("?id={id}\"")).unwrap())
            .collect();
        assert!(places.is_sorted());
        let sorted: serde_json::Value = serde_json::from_str(body).unwrap();
        let ids: Vec<_> = sorted["cmd"]
            .as_object()
            .unwrap()
            .values()
            .cloned()
            .collect();
        assert_eq!(ids[10], "crm.item.get?id=11");
    }
}
