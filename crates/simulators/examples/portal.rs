//! A simulated Bitrix24 portal on a port of this machine, to try a client by hand.
//!
//! `cargo run -p simulators --example portal -- 8090`; then `GET /deals` shows what it holds. With `restless` as another
//! argument a robot sees to each new deal, lists lag, and some answers get lost.

use axum::{Json, Router, routing::get};
use serde_json::{Value, json};
use simulators::bitrix24::{Faults, Portal, PortalConfig, Robot};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).map_or(Ok(8090), |it| it.parse())?;
    let restless = std::env::args().nth(2).is_some_and(|it| it == "restless");
    let robot = Robot {
        user: 9,
        after_ms: (200, 800),
        stage: Some("PREPARATION".to_owned()),
        comments: Some("The robot called.".to_owned()),
    };
    let config = PortalConfig {
        epoch: now(),
        robot: restless.then_some(robot),
        ..PortalConfig::default()
    };
    let webhook = format!(
        "http://127.0.0.1:{port}/rest/{}/{}/",
        config.user_id, config.code
    );
    let portal = Portal::new(config);
    if restless {
        portal.set_faults(Faults {
            list_lag: 1.0,
            lag_ms: (500, 3_000),
            lose_answer: 0.05,
            ..Faults::default()
        });
    }
    let shown = portal.clone();
    let router: Router = portal
        .router()
        .route("/deals", get(async move || Json(deals(&shown))));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    eprintln!("inbound webhook: {webhook}");
    axum::serve(listener, router).await?;
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a portal that is tried by hand shows the time of day"
)]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

fn deals(portal: &Portal) -> Value {
    let deals = portal.deals();
    let shown = deals.iter().filter(|it| !it.deleted).map(|it| {
        json!({
            "id": it.id,
            "title": it.title,
            "stage": it.stage_id,
            "amount": it.opportunity.to_string(),
            "currency": it.currency_id,
            "origin": it.origin_id,
            "contacts": it.contact_ids,
            "rows": it.rows.iter().map(|row| (row.price * row.quantity).to_string()).collect::<Vec<_>>(),
        })
    });
    json!({"deals": shown.collect::<Vec<_>>(), "contacts": portal.contacts().len()})
}
