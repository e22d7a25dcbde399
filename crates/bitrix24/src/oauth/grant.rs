//! The authorization server's answer: a pair of tokens, or why there is none (facts §12).

use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;

use super::place::{Endpoint, Server};
use crate::envelope::{ANSWER_BYTES_MAX, Reply};
use crate::value;

/// The life of an access token where the answer does not tell it.
const LIFE_DEFAULT: Duration = Duration::from_secs(3_600);

/// A pair of tokens. `Debug` hides both.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Opens the portal.
    pub access: SecretString,
    /// Buys the next pair, once.
    pub refresh: SecretString,
    /// How long the access token lives.
    pub life: Duration,
    /// Where the portal takes requests.
    pub endpoint: Endpoint,
    /// The authorization server to ask next time, if the answer names one of Bitrix24's own.
    pub server: Option<Server>,
    /// The portal's own identifier, which stays when its address changes.
    pub member: String,
    /// The rights that the application has.
    pub scopes: Vec<String>,
    /// The user whom it acts as.
    pub user: Option<u64>,
}

/// Why there is no pair. The code decides; holds nothing of the answer's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotGranted {
    /// `invalid_grant` or `wrong_client`: this token was used up, is too old, or belongs to another application. It will
    /// never buy anything: the application has to be installed again.
    #[error("token is not valid any more ({code})")]
    InstallAgain {
        /// The server's code.
        code: String,
    },
    /// `invalid_client`: id or secret is wrong, or the application was removed from the portal. The token is not used up.
    #[error("application is not known ({code})")]
    UnknownClient {
        /// The server's code.
        code: String,
    },
    /// `insufficient_scope` or `invalid_scope`: the application lacks rights.
    #[error("application lacks rights ({code})")]
    Scope {
        /// The server's code.
        code: String,
    },
    /// `PAYMENT_REQUIRED`: the application's or the portal's paid time is over.
    #[error("payment is due ({code})")]
    Payment {
        /// The server's code.
        code: String,
    },
    /// Another code: not one that says that the token is used up.
    #[error("refused ({code})")]
    Refused {
        /// The server's code.
        code: String,
    },
    /// No answer, or none that can be understood. The token may be used up all the same.
    #[error("no usable answer")]
    NoAnswer,
    /// Nothing left this machine.
    #[error("the authorization server cannot be reached")]
    NotSent,
}

impl NotGranted {
    /// Whether the same token will never buy a pair, however often it is tried.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::InstallAgain { .. })
    }

    /// The server's code, if it gave one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::InstallAgain { code }
            | Self::UnknownClient { code }
            | Self::Scope { code }
            | Self::Payment { code }
            | Self::Refused { code } => Some(code),
            Self::NoAnswer | Self::NotSent => None,
        }
    }
}

/// Reads the answer to a request for tokens.
///
/// # Errors
/// There is no pair in it.
pub fn read(reply: Reply<'_>) -> Result<Grant, NotGranted> {
    let body = match reply {
        Reply::Answer { body, .. } if body.len() <= ANSWER_BYTES_MAX => body,
        Reply::Answer { .. } | Reply::Lost => return Err(NotGranted::NoAnswer),
        Reply::NotSent => return Err(NotGranted::NotSent),
    };
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(code) = answer["error"].as_str() {
        return Err(refused(code));
    }
    grant(&answer).ok_or(NotGranted::NoAnswer)
}

fn refused(code: &str) -> NotGranted {
    let owned = code.to_owned();
    match code {
        "invalid_grant" | "wrong_client" => NotGranted::InstallAgain { code: owned },
        "invalid_client" => NotGranted::UnknownClient { code: owned },
        "insufficient_scope" | "invalid_scope" => NotGranted::Scope { code: owned },
        "PAYMENT_REQUIRED" => NotGranted::Payment { code: owned },
        _ => NotGranted::Refused { code: owned },
    }
}

fn grant(answer: &Value) -> Option<Grant> {
    let text = |name: &str| answer[name].as_str().filter(|it| !it.is_empty());
    let life = value::as_id(&answer["expires_in"]);
    Some(Grant {
        access: SecretString::from(text("access_token")?),
        refresh: SecretString::from(text("refresh_token")?),
        life: life.map_or(LIFE_DEFAULT, Duration::from_secs),
        endpoint: Endpoint::parse(text("client_endpoint")?).ok()?,
        server: text("server_endpoint").and_then(|it| Server::parse(it).ok()),
        member: text("member_id")?.to_owned(),
        scopes: scopes(text("scope").unwrap_or_default()),
        user: value::as_id(&answer["user_id"]),
    })
}

/// Rights as the portal lists them: with commas in one place, with spaces in another.
pub(super) fn scopes(text: &str) -> Vec<String> {
    text.split([',', ' '])
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    const PAIR: &str = r#"{"access_token":"s1morf60","client_endpoint":"https://portal.bitrix24.com/rest/",
        "domain":"oauth.bitrix.info","expires_in":3600,"member_id":"a223c6b3","refresh_token":"4f9k4jpm",
        "scope":"crm,user_brief","server_endpoint":"https://oauth.bitrix.info/rest/","status":"T","user_id":7}"#;

    fn answered(status: u16, body: &str) -> Result<Grant, NotGranted> {
        read(Reply::Answer {
            status: StatusCode::from_u16(status).unwrap(),
            body: body.as_bytes(),
        })
    }

    #[test]
    fn a_pair_is_read_and_hidden() {
        let grant = answered(200, PAIR).unwrap();
        assert_eq!(grant.endpoint.host(), "portal.bitrix24.com");
        assert_eq!(
            grant.server.as_ref().map(Server::origin),
            Some("https://oauth.bitrix.info")
        );
        assert_eq!(
            (grant.life.as_secs(), grant.member.as_str(), grant.user),
            (3_600, "a223c6b3", Some(7))
        );
        assert_eq!(grant.scopes, ["crm", "user_brief"]);
        let shown = format!("{grant:?}");
        assert!(!shown.contains("s1morf60") && !shown.contains("4f9k4jpm"));
    }

    #[test]
    fn a_pair_may_lack_what_can_be_done_without() {
        let body = r#"{"access_token":"a","refresh_token":"b","client_endpoint":"https://x.bitrix24.com/rest/","member_id":"m","expires_in":"60","server_endpoint":"https://evil.example/"}"#;
        let grant = answered(200, body).unwrap();
        assert_eq!((grant.life.as_secs(), grant.user), (60, None));
        assert!(grant.server.is_none() && grant.scopes.is_empty());
    }

    #[test]
    fn the_code_decides_whatever_the_status() {
        for status in [200, 400, 401, 500] {
            let of = |code: &str| {
                answered(
                    status,
                    &format!(r#"{{"error":"{code}","error_description":"…"}}"#),
                )
                .unwrap_err()
            };
            for code in ["invalid_grant", "wrong_client"] {
                assert!(of(code).is_final(), "{code}");
            }
            let passing = [
                "invalid_client",
                "insufficient_scope",
                "invalid_scope",
                "PAYMENT_REQUIRED",
                "invalid_request",
                "INTERNAL_SERVER_ERROR",
                "",
            ];
            for code in passing {
                assert!(!of(code).is_final(), "{code}");
                assert_eq!(of(code).code(), Some(code));
            }
            assert!(matches!(of("PAYMENT_REQUIRED"), NotGranted::Payment { .. }));
            assert!(matches!(
                of("invalid_client"),
                NotGranted::UnknownClient { .. }
            ));
        }
    }

    #[test]
    fn without_a_whole_pair_nothing_is_known() {
        let bodies = [
            "",
            "<html>",
            "[]",
            "{}",
            r#"{"access_token":"a"}"#,
            r#"{"access_token":"a","refresh_token":"b","member_id":"m"}"#,
            r#"{"access_token":"a","refresh_token":"b","member_id":"m","client_endpoint":"http://x.bitrix24.com/rest/"}"#,
        ];
        for body in bodies {
            assert_eq!(
                answered(200, body).unwrap_err(),
                NotGranted::NoAnswer,
                "{body}"
            );
        }
        assert_eq!(answered(502, "<html>").unwrap_err(), NotGranted::NoAnswer);
        assert_eq!(read(Reply::Lost).unwrap_err(), NotGranted::NoAnswer);
        assert_eq!(read(Reply::NotSent).unwrap_err(), NotGranted::NotSent);
    }
}
