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
    let Pasted {
        shop,
        uri,
        app,
        page,
        version,
    } = Pasted::of(of);
    let names = names();
    format!(
        "Webhooks of {shop} have to come to
  {uri}

One of two ways:

A. The app's own configuration (Shopify CLI). Paste this into shopify.app.toml, then run `shopify app deploy`:

{app}
   Set ONEDEAL_SHOPIFY_SECRET to the app's client secret.

B. By hand in the shop's admin, without an app:
   {page}
   Make one webhook for each of these events, format JSON, URL {uri}, version {version}:
     {names}
   Set ONEDEAL_SHOPIFY_SECRET to the secret that stands below the list.

Not both: every event would come twice.
"
    )
}

/// The same in Russian. Shopify's own words stay as its English admin has them.
pub fn manual_in_russian(of: Manual<'_>) -> String {
    let Pasted {
        shop,
        uri,
        app,
        page,
        version,
    } = Pasted::of(of);
    let names = names();
    format!(
        "Вебхуки магазина {shop} должны приходить на
  {uri}

Один из двух способов:

А. В настройках самого приложения (Shopify CLI). Вставьте это в shopify.app.toml и выполните `shopify app deploy`:

{app}
   В ONEDEAL_SHOPIFY_SECRET задайте client secret приложения.

Б. Вручную в админке магазина, без приложения:
   {page}
   Создайте по вебхуку на каждое из этих событий, формат JSON, адрес {uri}, версия {version}:
     {names}
   В ONEDEAL_SHOPIFY_SECRET задайте секрет, который стоит под списком.

Не оба сразу: иначе каждое событие придёт дважды.
"
    )
}

/// What is pasted, whatever the language.
struct Pasted<'a> {
    shop: &'a ShopDomain,
    uri: String,
    /// The part of the app's configuration.
    app: String,
    /// The page of the shop's admin.
    page: String,
    version: &'a str,
}

impl<'a> Pasted<'a> {
    fn of(
        Manual {
            shop,
            public_url,
            version,
        }: Manual<'a>,
    ) -> Self {
        let uri = public_url.map_or_else(|| format!("{NO_ADDRESS}{PATH}"), PublicUrl::webhooks);
        let store = shop.as_str().trim_end_matches(".myshopify.com");
        let topics: Vec<String> = TOPICS.iter().map(|it| format!("\"{it}\"")).collect();
        let topics = topics.join(", ");
        Self {
            shop,
            app: format!(
                "[webhooks]
api_version = \"{version}\"
[[webhooks.subscriptions]]
topics = [{topics}]
uri = \"{uri}\"
"
            ),
            page: format!(
                "https://admin.shopify.com/store/{store}/settings/notifications/webhooks"
            ),
            uri,
            version,
        }
    }
}

fn names() -> String {
    NOTIFICATIONS.join("\n     ")
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

    #[test]
    fn both_languages_paste_the_same() {
        let shop = ShopDomain::sample();
        let of = Manual {
            shop: &shop,
            public_url: None,
            version: "2026-10",
        };
        let (english, russian) = (manual(of), manual_in_russian(of));
        let pasted = Pasted::of(of);
        for text in [&pasted.uri, &pasted.app, &pasted.page, &names()] {
            assert!(english.contains(text) && russian.contains(text), "{text}");
        }
        assert!(russian.contains("должны приходить"), "{russian}");
    }
}
