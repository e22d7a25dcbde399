//! What to do by hand where there is no Admin API, or no public address to register.

use kernel::ShopDomain;

use super::{PublicUrl, TOPICS};
use crate::intake::PATH;

/// Stands for an address that is not known yet.
const NO_ADDRESS: &str = "https://YOUR-PUBLIC-ADDRESS";

/// What is known of the shop's set-up.
#[derive(Debug, Clone, Copy)]
pub struct Manual<'a> {
    /// The shop.
    pub shop: &'a ShopDomain,
    /// Where Shopify reaches us, if that is known.
    pub public_url: Option<&'a PublicUrl>,
    /// The version of the API.
    pub version: &'a str,
}

/// Exactly what to paste where, so that the shop's webhooks come to this service.
pub fn manual(of: Manual<'_>) -> String {
    let Manual {
        shop,
        public_url,
        version,
    } = of;
    let uri = public_url.map_or_else(|| format!("{NO_ADDRESS}{PATH}"), PublicUrl::webhooks);
    let store = shop.as_str().trim_end_matches(".myshopify.com");
    let topics: Vec<String> = TOPICS.iter().map(|it| format!("\"{it}\"")).collect();
    let topics = topics.join(", ");
    let names: Vec<&str> = NOTIFICATIONS.to_vec();
    let names = names.join("\n     ");
    format!(
        "Webhooks of {shop} have to come to
  {uri}

One of two ways:

A. The app's own configuration (Shopify CLI). Paste this into shopify.app.toml, then run `shopify app deploy`:

[webhooks]
api_version = \"{version}\"
[[webhooks.subscriptions]]
topics = [{topics}]
uri = \"{uri}\"

   Set ONEDEAL_SHOPIFY_SECRET to the app's client secret.

B. By hand in the shop's admin, without an app:
   https://admin.shopify.com/store/{store}/settings/notifications/webhooks
   Make one webhook for each of these events, format JSON, URL {uri}, version {version}:
     {names}
   Set ONEDEAL_SHOPIFY_SECRET to the secret that stands below the list.

Not both: every event would come twice.
"
    )
}

/// The events of [`TOPICS`] as the shop's admin names them.
const NOTIFICATIONS: [&str; 9] = [
    "Order creation",
    "Order update",
    "Order payment",
    "Order cancellation",
    "Order fulfillment",
    "Order partial fulfillment",
    "Order deletion",
    "Order edit",
    "Refund creation",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_can_be_pasted_as_it_is() {
        let shop = ShopDomain::sample();
        let url = PublicUrl::parse("https://sync.example.com").expect("a URL");
        let text = manual(Manual {
            shop: &shop,
            public_url: Some(&url),
            version: "2026-10",
        });
        insta::assert_snapshot!(text);
    }

    #[test]
    fn without_an_address_the_place_for_it_is_marked() {
        let shop = ShopDomain::sample();
        let text = manual(Manual {
            shop: &shop,
            public_url: None,
            version: "2026-10",
        });
        assert!(
            text.contains("https://YOUR-PUBLIC-ADDRESS/webhooks/shopify"),
            "{text}"
        );
    }
}
