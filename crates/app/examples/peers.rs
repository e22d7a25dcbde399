//! A simulated Bitrix24 portal and a simulated Shopify shop on ports of this machine, to try onedeal by hand.
//!
//! `cargo run -p app --example peers -- 8090 8091 http://127.0.0.1:8080`; the last one is where the shop's webhooks go,
//! whatever public address they were subscribed for. `GET /deals` of the portal's port shows what the portal holds,
//! `POST /orders` of the shop's port places an order.
//!
//! `PEERS=fresh` gives a portal without the order field, `PEERS=restricted` one whose webhook belongs to nobody who
//! may make fields, `PEERS=russian` one that speaks Russian.

use std::{future::IntoFuture as _, net::Ipv4Addr};

use axum::{
    Json, Router,
    routing::{get, post},
};
use serde_json::{Value, json};
use service::clock::{Clock as _, SystemClock};
use simulators::{
    bitrix24::{Category, Language, Portal, PortalConfig, User},
    shopify::{Deliverer, OrderShape, Shop, ShopConfig, Subscriptions},
};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let mut next = |default: &str| args.next().unwrap_or_else(|| default.to_owned());
    let (portal_port, shop_port): (u16, u16) = (next("8090").parse()?, next("8091").parse()?);
    let service = next("http://127.0.0.1:8080");

    let config = portal_config(&std::env::var("PEERS").unwrap_or_default());
    let (user, code) = (config.user_id, config.code.clone());
    let shop_config = ShopConfig {
        domain: "acme.myshopify.com".to_owned(),
        epoch: SystemClock::new().wall(),
        subscriptions: Subscriptions::Shop,
        topics: Vec::new(),
        retry_scale: 0.01,
        ..ShopConfig::default()
    };
    eprintln!(
        "portal      http://127.0.0.1:{portal_port}/rest/{user}/{code}/
shop        {} with its Admin API at http://127.0.0.1:{shop_port}
client      id {}, secret {}
token       {}
webhooks go to {service}
deals       curl http://127.0.0.1:{portal_port}/deals
an order    curl -X POST http://127.0.0.1:{shop_port}/orders",
        shop_config.domain,
        shop_config.client_id,
        shop_config.secrets[0],
        shop_config.static_token.as_deref().unwrap_or("none"),
    );
    let (portal, shop) = (Portal::new(config), Shop::new(shop_config));
    // Another part of the program may have chosen the provider first; any provider will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Deliverer::client_builder().build()?;
    let deliverer = Deliverer::new(shop.clone(), service, client);
    let (shown, placed) = (portal.clone(), shop.clone());
    let portal_router: Router = portal
        .router()
        .route("/deals", get(async move || Json(deals(&shown))));
    let shop_router = shop
        .router()
        .route("/orders", post(async move || Json(place(&placed))));
    let portal_listener = TcpListener::bind((Ipv4Addr::LOCALHOST, portal_port)).await?;
    let shop_listener = TcpListener::bind((Ipv4Addr::LOCALHOST, shop_port)).await?;
    tokio::select! {
        biased;
        it = axum::serve(portal_listener, portal_router).into_future() => Ok(it?),
        it = axum::serve(shop_listener, shop_router).into_future() => Ok(it?),
        () = deliverer.run(std::future::pending()) => Ok(()),
    }
}

fn portal_config(kind: &str) -> PortalConfig {
    let standard = PortalConfig {
        scopes: vec!["crm".to_owned(), "user_brief".to_owned()],
        users: vec![
            User::new(1, "Integration", "User"),
            User::new(7, "Erika", "Muster"),
            User::new(12, "Max", "Beispiel"),
        ],
        categories: vec![
            Category::standard(0, "General"),
            Category::standard(9, "Shop"),
        ],
        ..PortalConfig::default()
    };
    match kind {
        "fresh" => PortalConfig {
            user_fields: Vec::new(),
            ..standard
        },
        "restricted" => PortalConfig {
            admin: false,
            user_fields: Vec::new(),
            ..standard
        },
        "russian" => PortalConfig {
            language: Language::Ru,
            user_fields: Vec::new(),
            ..standard
        },
        _ => standard,
    }
}

/// A paid order, delivered once somebody has subscribed.
fn place(shop: &Shop) -> Value {
    let id = shop.place_order_like(OrderShape {
        paid: Some(true),
        test: Some(false),
        ..OrderShape::default()
    });
    let order = shop.order(id);
    let subscribed = shop.subscribed();
    json!({"id": id, "total": order.map(|it| it.current_total.to_string()), "subscribed": subscribed})
}

fn deals(portal: &Portal) -> Value {
    let deals = portal.deals();
    let shown = deals.iter().filter(|it| !it.deleted).map(|it| {
        let rows = it.rows.iter();
        json!({
            "id": it.id,
            "title": it.title,
            "stage": it.stage_id,
            "amount": it.opportunity.to_string(),
            "currency": it.currency_id,
            "originator": it.originator_id,
            "origin": it.origin_id,
            "responsible": it.assigned_by,
            "user_fields": it.uf,
            "contacts": it.contact_ids,
            "rows": rows.map(|row| (row.price * row.quantity).to_string()).collect::<Vec<_>>(),
        })
    });
    json!({"deals": shown.collect::<Vec<_>>(), "contacts": portal.contacts().len()})
}
