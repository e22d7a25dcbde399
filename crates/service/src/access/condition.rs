//! Why nothing can be sent to a portal, in words for people.

use bitrix24::{RefusalClass, oauth::NotGranted};

/// Where people find webhooks and applications in Bitrix24.
const RESOURCES: &str = "Developer resources, Integrations";

/// Which kind of credential a portal is opened by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opener {
    /// An inbound webhook.
    Webhook,
    /// A local application.
    App,
}

/// Why nothing can be sent to a portal at present. Nothing is lost meanwhile: orders wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// There is no connection to it.
    Unreachable,
    /// The portal refuses access.
    Refused {
        /// Why, by kind.
        class: RefusalClass,
        /// The portal's code.
        code: String,
    },
    /// The application was not installed yet.
    NotInstalled {
        /// The address for Bitrix24 to post the install form to, if our own is known.
        install_url: Option<String>,
    },
    /// There is no access token, and the authorization server gives no new one.
    NoToken(NotGranted),
}

impl Condition {
    /// In one word, for metrics and for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Refused { .. } => "no_access",
            Self::NotInstalled { .. } => "not_installed",
            Self::NoToken(why) if why.is_final() => "install_again",
            Self::NoToken(_) => "no_token",
        }
    }

    /// The peer's code, if it gave one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            Self::NoToken(why) => why.code(),
            Self::Unreachable | Self::NotInstalled { .. } => None,
        }
    }

    /// What is wrong.
    pub fn problem(&self, host: &str) -> String {
        match self {
            Self::Unreachable => format!("The portal {host} cannot be reached"),
            Self::Refused { code, .. } => format!("The portal {host} refuses access ({code})"),
            Self::NotInstalled { .. } => {
                format!("The application is not installed in {host} yet")
            }
            Self::NoToken(NotGranted::NoAnswer | NotGranted::NotSent) => format!(
                "The access token for {host} has expired, and Bitrix24's authorization server does not answer"
            ),
            Self::NoToken(why) => format!(
                "The access token for {host} has expired, and Bitrix24's authorization server gives no new one ({})",
                why.code().unwrap_or_default()
            ),
        }
    }

    /// What a person can do: the right to grant, the button to press.
    pub fn remedy(&self, opener: Opener) -> String {
        match self {
            Self::Unreachable => "check its address and the network".to_owned(),
            Self::Refused { class, code } => refused(*class, code, opener),
            Self::NotInstalled { install_url } => install(install_url.as_deref()),
            Self::NoToken(why) => no_token(why),
        }
    }
}

fn refused(class: RefusalClass, code: &str, opener: Opener) -> String {
    let text = match (class, opener) {
        (RefusalClass::Auth, _) if code == "authorization_error" => {
            "the user behind it was dismissed or blocked; make that user active again in Bitrix24, or {again}"
        }
        (RefusalClass::Auth, _) if code == "user_access_error" => {
            "the user behind it may not use the application; give that user access to it in Bitrix24"
        }
        (RefusalClass::Auth, Opener::Webhook) => {
            "the inbound webhook was removed or has expired; {again}"
        }
        (RefusalClass::Auth, Opener::App) => {
            "the application was removed or switched off in Bitrix24; {again}"
        }
        (RefusalClass::Scope, Opener::Webhook) => {
            "the inbound webhook lacks the right CRM (crm); open it in Bitrix24 under {resources}, tick CRM (crm), and save"
        }
        (RefusalClass::Scope, Opener::App) => {
            "the application lacks the right CRM (crm); open it in Bitrix24 under {resources}, tick CRM (crm), save, and press Reinstall in its menu"
        }
        (RefusalClass::Subscription, _) => {
            "this portal's plan does not include the REST API; renew the subscription, or choose a plan with REST"
        }
        (RefusalClass::Method, _) => {
            "this portal does not know the method; is it a Bitrix24 with CRM?"
        }
        (
            RefusalClass::RateLimit
            | RefusalClass::OperatingLimit
            | RefusalClass::Overload
            | RefusalClass::AccessDenied
            | RefusalClass::Invalid
            | RefusalClass::NotFound
            | RefusalClass::Halted
            | RefusalClass::NotSent,
            _,
        ) => "try again later",
    };
    let again = match opener {
        Opener::Webhook => {
            "make a new inbound webhook as a user who is active ({resources}) and set ONEDEAL_BITRIX24_WEBHOOK_URL"
        }
        Opener::App => {
            "open {resources} and press Reinstall in the application's menu as a user who is active; if it is gone, add it anew and set ONEDEAL_BITRIX24_CLIENT_ID and ONEDEAL_BITRIX24_CLIENT_SECRET"
        }
    };
    text.replace("{again}", again)
        .replace("{resources}", RESOURCES)
}

fn install(install_url: Option<&str>) -> String {
    let example = "https://YOUR-HOST/bitrix24/install";
    let url = install_url.unwrap_or(example);
    format!(
        "in Bitrix24, open {RESOURCES} and the local application, tick `Application uses API only` and the right CRM (crm), \
         paste {url} both as its handler path and as its path for initial installation, save, and press Reinstall in its menu"
    )
}

fn no_token(why: &NotGranted) -> String {
    match why {
        NotGranted::InstallAgain { .. } => format!(
            "its refresh token was used up or is too old; install the application again: in Bitrix24, open {RESOURCES} and press Reinstall in the application's menu"
        ),
        NotGranted::UnknownClient { .. } => format!(
            "check ONEDEAL_BITRIX24_CLIENT_ID and ONEDEAL_BITRIX24_CLIENT_SECRET against the application ({RESOURCES}); if it was removed there, add it anew"
        ),
        NotGranted::Scope { .. } => format!(
            "the application lacks a right; open it in Bitrix24 under {RESOURCES}, tick CRM (crm), save, and press Reinstall in its menu"
        ),
        NotGranted::Payment { .. } => {
            "the paid time of the portal or of the application is over; renew it in Bitrix24"
                .to_owned()
        }
        NotGranted::Refused { .. } => {
            "asked again until it does; if it stays so, report this".to_owned()
        }
        NotGranted::NoAnswer | NotGranted::NotSent => {
            "asked again until it does; check the network".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(condition: &Condition, opener: Opener) -> String {
        let problem = condition.problem("acme.bitrix24.com");
        format!("{problem}: {}", condition.remedy(opener))
    }

    fn by_portal(class: RefusalClass, code: &str) -> Condition {
        let code = code.to_owned();
        Condition::Refused { class, code }
    }

    #[test]
    fn a_webhook_that_is_refused_is_told_with_its_remedy() {
        let rows = [
            by_portal(RefusalClass::Auth, "INVALID_CREDENTIALS"),
            by_portal(RefusalClass::Auth, "authorization_error"),
            by_portal(RefusalClass::Scope, "insufficient_scope"),
            by_portal(RefusalClass::Subscription, "ACCESS_DENIED"),
        ];
        let said: Vec<_> = rows.iter().map(|it| said(it, Opener::Webhook)).collect();
        insta::assert_snapshot!(said.join("\n"), @r#"
The portal acme.bitrix24.com refuses access (INVALID_CREDENTIALS): the inbound webhook was removed or has expired; make a new inbound webhook as a user who is active (Developer resources, Integrations) and set ONEDEAL_BITRIX24_WEBHOOK_URL
The portal acme.bitrix24.com refuses access (authorization_error): the user behind it was dismissed or blocked; make that user active again in Bitrix24, or make a new inbound webhook as a user who is active (Developer resources, Integrations) and set ONEDEAL_BITRIX24_WEBHOOK_URL
The portal acme.bitrix24.com refuses access (insufficient_scope): the inbound webhook lacks the right CRM (crm); open it in Bitrix24 under Developer resources, Integrations, tick CRM (crm), and save
The portal acme.bitrix24.com refuses access (ACCESS_DENIED): this portal's plan does not include the REST API; renew the subscription, or choose a plan with REST
"#);
    }

    #[test]
    fn an_application_that_is_refused_is_told_with_its_remedy() {
        let code = |it: &str| it.to_owned();
        let rows = [
            Condition::NotInstalled { install_url: None },
            Condition::NotInstalled {
                install_url: Some("https://sync.example.com/bitrix24/install".to_owned()),
            },
            by_portal(RefusalClass::Auth, "APPLICATION_NOT_FOUND"),
            by_portal(RefusalClass::Auth, "authorization_error"),
            by_portal(RefusalClass::Auth, "user_access_error"),
            by_portal(RefusalClass::Scope, "insufficient_scope"),
            Condition::NoToken(NotGranted::InstallAgain {
                code: code("invalid_grant"),
            }),
            Condition::NoToken(NotGranted::UnknownClient {
                code: code("invalid_client"),
            }),
            Condition::NoToken(NotGranted::Scope {
                code: code("invalid_scope"),
            }),
            Condition::NoToken(NotGranted::Payment {
                code: code("PAYMENT_REQUIRED"),
            }),
            Condition::NoToken(NotGranted::Refused {
                code: code("invalid_request"),
            }),
            Condition::NoToken(NotGranted::NoAnswer),
        ];
        let said: Vec<_> = rows.iter().map(|it| said(it, Opener::App)).collect();
        insta::assert_snapshot!(said.join("\n"), @r#"
The application is not installed in acme.bitrix24.com yet: in Bitrix24, open Developer resources, Integrations and the local application, tick `Application uses API only` and the right CRM (crm), paste https://YOUR-HOST/bitrix24/install both as its handler path and as its path for initial installation, save, and press Reinstall in its menu
The application is not installed in acme.bitrix24.com yet: in Bitrix24, open Developer resources, Integrations and the local application, tick `Application uses API only` and the right CRM (crm), paste https://sync.example.com/bitrix24/install both as its handler path and as its path for initial installation, save, and press Reinstall in its menu
The portal acme.bitrix24.com refuses access (APPLICATION_NOT_FOUND): the application was removed or switched off in Bitrix24; open Developer resources, Integrations and press Reinstall in the application's menu as a user who is active; if it is gone, add it anew and set ONEDEAL_BITRIX24_CLIENT_ID and ONEDEAL_BITRIX24_CLIENT_SECRET
The portal acme.bitrix24.com refuses access (authorization_error): the user behind it was dismissed or blocked; make that user active again in Bitrix24, or open Developer resources, Integrations and press Reinstall in the application's menu as a user who is active; if it is gone, add it anew and set ONEDEAL_BITRIX24_CLIENT_ID and ONEDEAL_BITRIX24_CLIENT_SECRET
The portal acme.bitrix24.com refuses access (user_access_error): the user behind it may not use the application; give that user access to it in Bitrix24
The portal acme.bitrix24.com refuses access (insufficient_scope): the application lacks the right CRM (crm); open it in Bitrix24 under Developer resources, Integrations, tick CRM (crm), save, and press Reinstall in its menu
The access token for acme.bitrix24.com has expired, and Bitrix24's authorization server gives no new one (invalid_grant): its refresh token was used up or is too old; install the application again: in Bitrix24, open Developer resources, Integrations and press Reinstall in the application's menu
The access token for acme.bitrix24.com has expired, and Bitrix24's authorization server gives no new one (invalid_client): check ONEDEAL_BITRIX24_CLIENT_ID and ONEDEAL_BITRIX24_CLIENT_SECRET against the application (Developer resources, Integrations); if it was removed there, add it anew
The access token for acme.bitrix24.com has expired, and Bitrix24's authorization server gives no new one (invalid_scope): the application lacks a right; open it in Bitrix24 under Developer resources, Integrations, tick CRM (crm), save, and press Reinstall in its menu
The access token for acme.bitrix24.com has expired, and Bitrix24's authorization server gives no new one (PAYMENT_REQUIRED): the paid time of the portal or of the application is over; renew it in Bitrix24
The access token for acme.bitrix24.com has expired, and Bitrix24's authorization server gives no new one (invalid_request): asked again until it does; if it stays so, report this
The access token for acme.bitrix24.com has expired, and Bitrix24's authorization server does not answer: asked again until it does; check the network
"#);
    }
}
