//! The form that a portal posts when the application is installed (facts §12). Anybody can post one: what it says is a
//! claim, and only the refresh token in it can prove anything, at the authorization server.

use percent_encoding::percent_decode_str;
use secrecy::SecretString;

use super::grant::scopes;
use crate::value;

/// The largest form that is read, in bytes; real ones have about a kilobyte.
pub const INSTALL_BYTES_MAX: usize = 64 * 1024;

/// Fields of a form that are read; real ones have about twenty.
const FIELDS_MAX: usize = 200;

/// What an install form claims. `Debug` hides the token.
#[derive(Debug, Clone)]
pub struct Install {
    /// Buys the first pair of our own.
    pub refresh: SecretString,
    /// The portal's identifier.
    pub member: String,
    /// `server_endpoint` as written: see [`Server::parse`](super::Server::parse).
    pub server: String,
    /// The portal's host.
    pub domain: String,
    /// Rights that the application was given.
    pub scopes: Vec<String>,
    /// Who installed it.
    pub user: Option<u64>,
}

/// Why a form is no install form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnInstall {
    /// Larger than [`INSTALL_BYTES_MAX`].
    #[error("it is too large")]
    TooLarge,
    /// Another event, or no event at all.
    #[error("its event is not ONAPPINSTALL")]
    OtherEvent,
    /// A field is missing that nothing works without.
    #[error("it lacks {0}")]
    Lacks(&'static str),
}

impl Install {
    /// Reads a form body.
    ///
    /// # Errors
    /// It is no install form.
    pub fn read(body: &[u8]) -> Result<Self, NotAnInstall> {
        if INSTALL_BYTES_MAX < body.len() {
            return Err(NotAnInstall::TooLarge);
        }
        let body = String::from_utf8_lossy(body);
        let fields: Vec<(String, String)> = body
            .split('&')
            .take(FIELDS_MAX)
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect();
        let field = |wanted: &str| {
            let found = fields.iter().rfind(|(name, _)| name == wanted);
            found
                .map(|(_, value)| value.as_str())
                .filter(|it| !it.is_empty())
        };
        if !field("event").is_some_and(|it| it.eq_ignore_ascii_case("ONAPPINSTALL")) {
            return Err(NotAnInstall::OtherEvent);
        }
        let needed = |name: &'static str| field(name).ok_or(NotAnInstall::Lacks(name));
        Ok(Self {
            refresh: SecretString::from(needed("auth[refresh_token]")?),
            member: needed("auth[member_id]")?.to_owned(),
            server: needed("auth[server_endpoint]")?.to_owned(),
            domain: field("auth[domain]").unwrap_or_default().to_owned(),
            scopes: scopes(field("auth[scope]").unwrap_or_default()),
            user: field("auth[user_id]").and_then(|it| value::as_id(&it.into())),
        })
    }
}

/// Undoes PHP's `http_build_query`.
fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    const FORM: &str = "event=ONAPPINSTALL&data%5BVERSION%5D=1&ts=1696527000&auth%5Baccess_token%5D=s6p6ecl\
        &auth%5Brefresh_token%5D=4s38%2B6&auth%5Bexpires_in%5D=3600&auth%5Bdomain%5D=acme.bitrix24.com\
        &auth%5Bserver_endpoint%5D=https%3A%2F%2Foauth.bitrix.info%2Frest%2F&auth%5Bscope%5D=crm+user_brief\
        &auth%5Bmember_id%5D=a223c6b3&auth%5Buser_id%5D=7&auth%5Bapplication_token%5D=51856f";

    #[test]
    fn a_form_in_php_brackets_is_read_and_its_tokens_are_hidden() {
        let install = Install::read(FORM.as_bytes()).unwrap();
        assert_eq!(install.refresh.expose_secret(), "4s38+6");
        assert_eq!(
            (
                install.member.as_str(),
                install.domain.as_str(),
                install.user
            ),
            ("a223c6b3", "acme.bitrix24.com", Some(7))
        );
        assert_eq!(install.server, "https://oauth.bitrix.info/rest/");
        assert_eq!(install.scopes, ["crm", "user_brief"]);
        assert!(!format!("{install:?}").contains("4s38"));
    }

    #[test]
    fn brackets_may_also_come_unescaped_and_the_event_in_any_case() {
        let form =
            "event=OnAppInstall&auth[refresh_token]=a&auth[member_id]=m&auth[server_endpoint]=s";
        let install = Install::read(form.as_bytes()).unwrap();
        assert_eq!((install.member.as_str(), install.user), ("m", None));
    }

    #[test]
    fn what_is_no_install_form_is_told_apart() {
        let without = |name: &str| {
            let kept = FORM.split('&').filter(|it| !it.starts_with(name));
            kept.collect::<Vec<_>>().join("&")
        };
        let rows = [
            (String::new(), NotAnInstall::OtherEvent),
            (
                "{\"event\":\"ONAPPINSTALL\"}".to_owned(),
                NotAnInstall::OtherEvent,
            ),
            (
                FORM.replace("ONAPPINSTALL", "ONAPPUNINSTALL"),
                NotAnInstall::OtherEvent,
            ),
            (
                without("auth%5Brefresh_token"),
                NotAnInstall::Lacks("auth[refresh_token]"),
            ),
            (
                without("auth%5Bmember_id"),
                NotAnInstall::Lacks("auth[member_id]"),
            ),
            (
                without("auth%5Bserver_endpoint"),
                NotAnInstall::Lacks("auth[server_endpoint]"),
            ),
            ("a".repeat(INSTALL_BYTES_MAX + 1), NotAnInstall::TooLarge),
        ];
        for (form, why) in rows {
            assert_eq!(Install::read(form.as_bytes()).unwrap_err(), why);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Install::read(&body);
        }
    }
}
