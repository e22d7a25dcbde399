//! What keeps Shopify from answering, and what to do about it.

use std::time::Duration;

use shopify::{answer::Failed, reply::Refused, token::NotGranted};

/// Why the Admin API gave nothing. It holds no secret and nothing of the answer's texts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    /// No answer came back; a mutation may have been executed.
    #[error("no answer came back from Shopify")]
    NoAnswer,
    /// There is no token to ask with.
    #[error("Shopify gave no access token")]
    Token(#[source] NotGranted),
    /// Refused by its HTTP status.
    #[error("Shopify refused the request")]
    Refused(#[source] Refused),
    /// Answered, and without the data that was asked for.
    #[error("Shopify answered without data")]
    Failed(#[source] Failed),
    /// The credentials open another shop than the one that is configured.
    #[error("the credentials open the shop `{found}`, not the one that is configured")]
    OtherShop {
        /// Whose.
        found: String,
    },
}

/// Whether asking once more at once may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// After this wait there is enough in the bucket.
    Throttled(Duration),
    /// Perhaps, after this wait at least.
    Fault(Duration),
    /// Not for now.
    No,
}

impl AdminError {
    /// What a person has to do; `None` where it passes by itself.
    pub fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::NoAnswer => return None,
            Self::Token(error) => match error {
                NotGranted::Later { .. } => return None,
                NotGranted::WrongClient => {
                    "copy ONEDEAL_SHOPIFY_CLIENT_ID and ONEDEAL_SHOPIFY_CLIENT_SECRET from the app's settings in Shopify's Dev Dashboard"
                }
                NotGranted::ShopNotPermitted => {
                    "install the app in this shop; app and shop must belong to the same organisation in Shopify's Dev Dashboard"
                }
                NotGranted::NoSuchShop => {
                    "check ONEDEAL_SHOP: it is the name that ends in .myshopify.com"
                }
                NotGranted::Refused { .. } | NotGranted::NotUnderstood => {
                    "check ONEDEAL_SHOP, ONEDEAL_SHOPIFY_CLIENT_ID and ONEDEAL_SHOPIFY_CLIENT_SECRET"
                }
            },
            Self::Refused(refused) => match refused {
                Refused::TooMany { .. } | Refused::ServerFault { .. } | Refused::NotJson => {
                    return None;
                }
                Refused::Unauthorized => {
                    "the token is wrong or the app was removed from the shop: install the app again and copy its credentials"
                }
                Refused::Frozen => "the shop's plan has to be paid in Shopify's admin",
                Refused::Forbidden => {
                    "Shopify forbids this app to work in the shop: look at the app's page in Shopify's admin"
                }
                Refused::NotFound => "check ONEDEAL_SHOP and ONEDEAL_SHOPIFY_API_VERSION",
                Refused::Locked => "the shop is locked: its owner has to ask Shopify's support",
                Refused::Unexpected { .. } => {
                    "check ONEDEAL_SHOPIFY_API_URL, and whether a proxy stands in between"
                }
            },
            Self::Failed(failed) => match failed {
                Failed::Throttled { .. } | Failed::ServerFault => return None,
                Failed::AccessDenied { scope } => {
                    let scopes = scope.unwrap_or("read_orders, read_customers, read_products");
                    return Some(format!(
                        "give the app the scope {scopes} in Shopify's Dev Dashboard, release that version, and let the shop accept it"
                    ));
                }
                Failed::ShopInactive => "the shop is closed: open it in Shopify's admin",
                Failed::TooCostly | Failed::Refused | Failed::NoData { .. } => {
                    "try ONEDEAL_SHOPIFY_API_VERSION=2026-10, the version that onedeal was made for"
                }
            },
            Self::OtherShop { .. } => "set ONEDEAL_SHOP and the credentials of the same shop",
        };
        Some(text.to_owned())
    }

    /// A word for counting.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::NoAnswer => "no_answer",
            Self::Token(_) => "no_token",
            Self::Refused(Refused::Unauthorized) => "unauthorized",
            Self::Refused(Refused::TooMany { .. }) => "too_many",
            Self::Refused(_) => "refused",
            Self::Failed(Failed::Throttled { .. }) => "throttled",
            Self::Failed(Failed::TooCostly) => "too_costly",
            Self::Failed(Failed::AccessDenied { .. }) => "denied",
            Self::Failed(_) => "failed",
            Self::OtherShop { .. } => "other_shop",
        }
    }

    pub(super) fn is_unauthorized(&self) -> bool {
        *self == Self::Refused(Refused::Unauthorized)
    }

    pub(super) fn is_too_costly(&self) -> bool {
        *self == Self::Failed(Failed::TooCostly)
    }

    pub(super) fn again(&self) -> Again {
        match self {
            Self::NoAnswer | Self::Failed(Failed::ServerFault) => Again::Fault(Duration::ZERO),
            Self::Failed(Failed::Throttled { wait }) => Again::Throttled(wait.unsigned_abs()),
            Self::Refused(Refused::TooMany { wait } | Refused::ServerFault { wait, .. }) => {
                Again::Fault(wait.map_or(Duration::ZERO, |it| it.unsigned_abs()))
            }
            Self::Token(_) | Self::Refused(_) | Self::Failed(_) | Self::OtherShop { .. } => {
                Again::No
            }
        }
    }
}
