//! What an answer of the Admin API is by its HTTP status, before GraphQL is looked at (facts §5.6).

use http::{HeaderMap, StatusCode, header};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use serde_json::Value;

/// Longest wait that is read out of `Retry-After`.
pub const RETRY_AFTER_MAX: SignedDuration = SignedDuration::from_secs(120);

/// The header that names the version which really answered.
const SERVED_VERSION: &str = "x-shopify-api-version";

/// An answer with status 200.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The body.
    pub body: Value,
    /// The version that answered, where it is told: not the one asked for once that has ended (facts §5.1).
    pub version: Option<String>,
}

/// An answer that gives nothing by its status alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// 401: the token is wrong, has expired, or the app was removed.
    #[error("Shopify does not accept the access token")]
    Unauthorized,
    /// 402: the shop is frozen until its bill is paid.
    #[error("shop is frozen")]
    Frozen,
    /// 403: the app may not do this, or the shop is under review.
    #[error("Shopify forbids access to the shop")]
    Forbidden,
    /// 404: no shop has this name, or no such version.
    #[error("there is no such shop or version of the Admin API")]
    NotFound,
    /// 423: the shop is locked.
    #[error("shop is locked")]
    Locked,
    /// 429: too many requests.
    #[error("Shopify refuses more requests for now")]
    TooMany {
        /// When it may be asked again, if the answer says so; at most [`RETRY_AFTER_MAX`].
        wait: Option<SignedDuration>,
    },
    /// 5xx: Shopify's own fault. A mutation may have been executed.
    #[error("Shopify failed with status {status}")]
    ServerFault {
        /// Which.
        status: u16,
        /// When it may be asked again, if the answer says so; at most [`RETRY_AFTER_MAX`].
        wait: Option<SignedDuration>,
    },
    /// Any other status but 200.
    #[error("Shopify answered with status {status}")]
    Unexpected {
        /// Which.
        status: u16,
    },
    /// Status 200, and the body is not JSON: something between us and Shopify answered.
    #[error("answer is not JSON")]
    NotJson,
}

/// Reads an answer up to where GraphQL begins.
///
/// # Errors
/// The status says that nothing was answered, or the body is not JSON.
pub fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Result<Told, Refused> {
    match status.as_u16() {
        200 => {}
        401 => return Err(Refused::Unauthorized),
        402 => return Err(Refused::Frozen),
        403 => return Err(Refused::Forbidden),
        404 => return Err(Refused::NotFound),
        423 => return Err(Refused::Locked),
        429 => {
            return Err(Refused::TooMany {
                wait: retry_after(headers),
            });
        }
        status @ 500..=599 => {
            return Err(Refused::ServerFault {
                status,
                wait: retry_after(headers),
            });
        }
        status => return Err(Refused::Unexpected { status }),
    }
    let version = headers.get(SERVED_VERSION).and_then(|it| it.to_str().ok());
    Ok(Told {
        body: serde_json::from_slice(body).map_err(|_| Refused::NotJson)?,
        version: version.map(str::to_owned),
    })
}

/// The time of day at the sender of an answer.
pub fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(header::DATE)?.to_str().ok()?;
    rfc2822::parse(text).ok().map(|it| it.timestamp())
}

/// `Retry-After` in seconds, with or without decimals; its other form, a date, is not used by Shopify.
fn retry_after(headers: &HeaderMap) -> Option<SignedDuration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    let seconds: f64 = text.trim().parse().ok()?;
    let wait = seconds.clamp(0.0, RETRY_AFTER_MAX.as_secs_f64());
    SignedDuration::try_from_secs_f64(wait).ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn status(code: u16) -> Refused {
        let status = StatusCode::from_u16(code).unwrap();
        read(status, &HeaderMap::new(), b"{}").unwrap_err()
    }

    #[test]
    fn each_status_has_its_class() {
        assert_eq!(status(401), Refused::Unauthorized);
        assert_eq!(status(402), Refused::Frozen);
        assert_eq!(status(403), Refused::Forbidden);
        assert_eq!(status(404), Refused::NotFound);
        assert_eq!(status(423), Refused::Locked);
        assert_eq!(status(429), Refused::TooMany { wait: None });
        let fault = |status| Refused::ServerFault { status, wait: None };
        assert_eq!((status(500), status(503)), (fault(500), fault(503)));
        // A redirect leads to a page for people.
        assert_eq!(status(302), Refused::Unexpected { status: 302 });
        assert_eq!(status(400), Refused::Unexpected { status: 400 });
    }

    #[test]
    fn a_page_for_people_is_no_answer() {
        let page = read(StatusCode::OK, &HeaderMap::new(), b"<html>");
        assert_eq!(page, Err(Refused::NotJson));
    }

    #[test]
    fn the_wait_is_read_and_bounded() {
        for (text, millis) in [
            ("2.0", Some(2_000)),
            ("7", Some(7_000)),
            ("1e9", Some(120_000)),
            ("-1", Some(0)),
            ("soon", None),
            ("NaN", None),
        ] {
            let headers =
                HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static(text))]);
            let wait = millis.map(SignedDuration::from_millis);
            assert_eq!(
                read(StatusCode::TOO_MANY_REQUESTS, &headers, b""),
                Err(Refused::TooMany { wait }),
                "{text}"
            );
        }
    }

    #[test]
    fn version_and_time_of_the_sender_are_read() {
        let mut headers = HeaderMap::new();
        headers.insert("x-shopify-api-version", HeaderValue::from_static("2026-07"));
        headers.insert(
            "date",
            HeaderValue::from_static("Mon, 23 Nov 2026 09:15:48 GMT"),
        );
        let told = read(StatusCode::OK, &headers, b"{}").unwrap();
        assert_eq!(told.version.as_deref(), Some("2026-07"));
        assert_eq!(
            date(&headers),
            Some("2026-11-23T09:15:48Z".parse().unwrap())
        );
        assert_eq!(date(&HeaderMap::new()), None);
    }
}
