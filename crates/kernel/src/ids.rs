//! Names of things: orders, deals, contacts, ledgers, intents. No `String` or bare integer stands for one of them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a shop's permanent name ends with.
const REAL: &str = ".myshopify.com";

/// What the name of a canary's shop ends with.
const CANARY: &str = ".canary.invalid";

/// A shop's permanent name, `acme.myshopify.com`, lower-cased: the tenant key of every webhook.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ShopDomain(String);

impl ShopDomain {
    /// Accepts `NAME.myshopify.com` in any case, and the name of a canary.
    ///
    /// # Errors
    /// Anything else, a URL or a shop's own domain among it.
    pub fn parse(text: &str) -> Result<Self, NotAShopDomain> {
        let lower = text.trim().to_ascii_lowercase();
        let name = lower
            .strip_suffix(REAL)
            .or_else(|| lower.strip_suffix(CANARY));
        match name {
            Some(name) if is_host_label(name) => Ok(Self(lower)),
            _ => Err(NotAShopDomain(text.to_owned())),
        }
    }

    /// The shop of one canary run (`check --canary`). No shop can have such a name: the ending is reserved for names that
    /// exist nowhere (RFC 6761), so the run's key is never that of a real order.
    ///
    /// # Errors
    /// `run` is not made of letters, digits and dashes.
    pub fn canary(run: &str) -> Result<Self, NotAShopDomain> {
        Self::parse(&format!("{run}{CANARY}"))
    }

    /// Whether this is the shop of a canary run.
    pub fn is_canary(&self) -> bool {
        self.0.ends_with(CANARY)
    }

    /// A shop for examples.
    pub fn sample() -> Self {
        Self("acme-demo.myshopify.com".to_owned())
    }

    /// The domain as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What `ORIGINATOR_ID` of every deal and contact of this shop says (design §3.4).
    pub fn originator(&self) -> String {
        format!("shopify:{}", self.0)
    }
}

impl fmt::Display for ShopDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ShopDomain {
    type Error = NotAShopDomain;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<ShopDomain> for String {
    fn from(shop: ShopDomain) -> Self {
        shop.0
    }
}

/// A text that is not `NAME.myshopify.com`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a shop's permanent name (it looks like acme.myshopify.com)")]
pub struct NotAShopDomain(String);

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id!(
    /// Shopify's order id, 64 bits (facts/shopify.md §3.1).
    OrderId
);
number_id!(
    /// Bitrix24's deal id.
    DealId
);
number_id!(
    /// Bitrix24's contact id.
    ContactId
);
number_id!(
    /// Bitrix24's company id.
    CompanyId
);
number_id!(
    /// A contact's or a company's id, where both are treated alike.
    PartyId
);
number_id!(
    /// Running number of an intent in the ledger: one write to the portal, written down before it is sent.
    IntentId
);
number_id!(
    /// Running number of a stored webhook delivery; ours, not Shopify's.
    DeliverySeq
);
number_id!(
    /// Running number of what an operator asked for.
    CommandSeq
);
number_id!(
    /// How often this ledger was started. It names a process: nothing known from an earlier one counts as seen by this one.
    ProcessNo
);

impl From<PartyId> for ContactId {
    fn from(id: PartyId) -> Self {
        Self(id.0)
    }
}

impl From<PartyId> for CompanyId {
    fn from(id: PartyId) -> Self {
        Self(id.0)
    }
}

impl From<ContactId> for PartyId {
    fn from(id: ContactId) -> Self {
        Self(id.0)
    }
}

impl From<CompanyId> for PartyId {
    fn from(id: CompanyId) -> Self {
        Self(id.0)
    }
}

/// The key of everything: one order of one shop.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OrderKey {
    /// The shop the order was placed in.
    pub shop: ShopDomain,
    /// The order's id within Shopify.
    pub order: OrderId,
}

impl OrderKey {
    /// What `ORIGIN_ID` of this order's deal says.
    pub fn origin(&self) -> String {
        self.order.to_string()
    }
}

impl fmt::Display for OrderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.shop, self.order)
    }
}

/// The name of one ledger, carried by every deal it creates (`onedeal:<ledger id>`, design §3.4).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LedgerId(String);

/// What precedes a ledger's name in a deal's `ADDITIONAL_INFO`.
const MARK_PREFIX: &str = "onedeal:";

impl LedgerId {
    /// Takes a name of lower-case letters, digits and dashes; anything else is dropped from it.
    pub fn new(text: &str) -> Self {
        Self(
            text.chars()
                .filter(|it| it.is_ascii_alphanumeric() || *it == '-')
                .collect(),
        )
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The mark written into each deal that this ledger creates.
    pub fn mark(&self) -> String {
        format!("{MARK_PREFIX}{}", self.0)
    }
}

/// Whose deal is it, by the mark in `ADDITIONAL_INFO`?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    /// This ledger created it.
    Ours,
    /// Another ledger created it.
    Foreign,
    /// No onedeal created it, or the mark was removed.
    None,
}

impl Mark {
    /// Reads the mark of a deal.
    pub fn read(additional_info: Option<&str>, ledger: &LedgerId) -> Self {
        match additional_info.and_then(|it| it.trim().strip_prefix(MARK_PREFIX)) {
            Some(name) if name == ledger.as_str() => Self::Ours,
            Some(_) => Self::Foreign,
            None => Self::None,
        }
    }
}

fn is_host_label(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 63
        && name
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canarys_key_is_never_that_of_a_real_shop_and_survives_the_ledger() {
        let canary = ShopDomain::canary("3f9k2m").unwrap();
        assert!(canary.is_canary());
        assert_eq!(canary.originator(), "shopify:3f9k2m.canary.invalid");
        let kept = serde_json::to_string(&canary).unwrap();
        assert_eq!(serde_json::from_str::<ShopDomain>(&kept).unwrap(), canary);
        for real in ["canary.myshopify.com", "canary-invalid.myshopify.com"] {
            let real = ShopDomain::parse(real).unwrap();
            assert!(!real.is_canary());
            assert_ne!(real.originator(), canary.originator());
        }
        for odd in ["", "a.b", "a b", "x.canary.invalid"] {
            assert!(ShopDomain::canary(odd).is_err(), "{odd}");
        }
    }
}
