//! A simulated shop's Admin API on a port of this machine, to try a client by hand.
//!
//! `cargo run -p simulators --example shop -- 8091 acme.myshopify.com`; it opens to the client id and secret that it prints.

use simulators::shopify::{Shop, ShopConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).map_or(Ok(8091), |it| it.parse())?;
    let domain = std::env::args().nth(2);
    let config = ShopConfig {
        domain: domain.unwrap_or_else(|| "acme.myshopify.com".to_owned()),
        epoch: now(),
        ..ShopConfig::default()
    };
    let secret = config.secrets.first().cloned().unwrap_or_default();
    eprintln!(
        "{}: client id {}, secret {secret}",
        config.domain, config.client_id
    );
    let shop = Shop::new(config);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, shop.router()).await?;
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a shop that is tried by hand shows the time of day"
)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
