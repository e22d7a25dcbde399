//! Carries deliveries over real HTTP.

use super::delivery::{Delivery, TOTAL_TIMEOUT};
use super::shop::Shop;
use std::future::Future;
use std::time::Duration;
use tokio::task::JoinSet;

/// Most requests under way at once.
const MAX_CONCURRENT: usize = 32;

/// Longest wait before looking at the queue again.
const POLL: Duration = Duration::from_millis(250);

/// Posts due deliveries to a receiver and reports the outcomes.
#[derive(Clone, Debug)]
pub struct Deliverer {
    shop: Shop,
    target: String,
    client: reqwest::Client,
}

impl Deliverer {
    /// A deliverer to `target`, such as `http://127.0.0.1:8080`. Build the client with [`Deliverer::client_builder`];
    /// building needs an installed rustls provider even for plain HTTP.
    pub fn new(shop: Shop, target: impl Into<String>, client: reqwest::Client) -> Self {
        Self {
            shop,
            target: target.into(),
            client,
        }
    }

    /// A client builder with Shopify's time-outs, no redirects and no proxy (facts §1.3).
    pub fn client_builder() -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .connect_timeout(super::CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(MAX_CONCURRENT)
            .http1_only()
            .no_proxy()
    }

    /// Delivers until `stop` resolves, then waits for the requests under way.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let mut stop = std::pin::pin!(stop);
        let mut under_way = JoinSet::new();
        loop {
            for delivery in self.shop.due_up_to(MAX_CONCURRENT - under_way.len()) {
                under_way.spawn(attempt(
                    self.shop.clone(),
                    self.client.clone(),
                    self.target.clone(),
                    delivery,
                ));
            }
            let wait = self
                .shop
                .next_due()
                .map_or(POLL, |due| due.clamp(Duration::from_millis(1), POLL));
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(_) = under_way.join_next() => {}
                () = self.shop.changed(), if under_way.len() < MAX_CONCURRENT => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        while under_way.join_next().await.is_some() {}
    }
}

async fn attempt(shop: Shop, client: reqwest::Client, target: String, delivery: Delivery) {
    let url = format!("{}{}", target.trim_end_matches('/'), delivery.url_path);
    let mut request = client.post(url).body(delivery.body.clone());
    for (name, value) in &delivery.headers {
        request = request.header(name, value);
    }
    let status = match request.send().await {
        // The body counts towards the total time-out, and reading it lets the connection be used again.
        Ok(response) => {
            let status = response.status().as_u16();
            response.bytes().await.ok().map(|_| status)
        }
        Err(_) => None,
    };
    shop.report(&delivery, status);
}
