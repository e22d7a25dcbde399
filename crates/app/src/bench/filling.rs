//! Ledgers of many orders that rest, as they are after their bodies were cleared.

use std::path::Path;

use anyhow::Context as _;
use futures_util::{StreamExt as _, stream};
use indicatif::ProgressBar;
use kernel::{DealId, Elapsed, LedgerId, OrderId, OrderKey, ShopDomain};
use service::clock::{Clock as _, SystemClock};
use simulators::bitrix24::PortalConfig;
use store::{
    ContactSave, DeliveryKind, Duplicates, Fold, NewDelivery, OrderRecord, SqliteStore, Store,
    Then, TimelineEntry, Turn,
};

use super::{
    order::{BenchOrder, FIRST_CUSTOMER, FIRST_ID, SHOP},
    world::{World, in_virtual_time},
};

/// Orders filled in side by side.
const SIDE_BY_SIDE: usize = 512;

/// Lines of an order's history beside the delivery.
const LINES: usize = 40;

/// Fills an empty ledger with so many orders that are done.
pub(super) fn fill(path: &Path, orders: u64, bar: &ProgressBar) -> anyhow::Result<()> {
    let model = in_virtual_time(model())?;
    bar.set_length(orders);
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let store = SqliteStore::open(path)?;
            let clock = SystemClock::new();
            let settle = kernel::rules::SETTLE_DEFAULT;
            store
                .start(clock.boot(), LedgerId::new("bench"), settle)
                .await?;
            // A ledger that has looked at its portal.
            store.set_meta("portal_checked", "0").await?;
            let (store_of, model_of) = (&store, &model);
            let mut filled = stream::iter(0..orders)
                .map(|n| one(store_of, model_of, n))
                .buffer_unordered(SIDE_BY_SIDE);
            while let Some(done) = filled.next().await {
                done?;
                bar.inc(1);
            }
            store.stopped_cleanly().await?;
            anyhow::Ok(())
        })
}

/// What a finished order looks like in a ledger: taken from one that was worked on.
struct Model {
    record: OrderRecord,
    timeline: Vec<TimelineEntry>,
}

async fn model() -> anyhow::Result<Model> {
    let world = World::start(PortalConfig::default(), std::time::Duration::from_millis(1)).await?;
    let key = key(0)?;
    world
        .working(async {
            let order = BenchOrder::new(0, Some(0));
            world.deliver("orders/create", &order).await?;
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
            let record = world.store().order(&key).await?;
            Ok(Model {
                record: record.context("the model order")?,
                timeline: world.store().timeline(&key, LINES).await?,
            })
        })
        .await
}

fn key(n: u64) -> anyhow::Result<OrderKey> {
    Ok(OrderKey {
        shop: ShopDomain::parse(SHOP)?,
        order: OrderId(FIRST_ID + n),
    })
}

async fn one(store: &SqliteStore, model: &Model, n: u64) -> anyhow::Result<()> {
    let key = key(n)?;
    let seq = store
        .accept(NewDelivery {
            shop: key.shop.clone(),
            topic: "orders/create".to_owned(),
            order: Some(key.order),
            webhook_id: format!("b54557e4-bdd9-4b37-8a5f-{n:012}"),
            event_id: None,
            triggered_at_ms: Some(0),
            received_at: Elapsed::ZERO,
            received_wall_ms: 0,
            kind: DeliveryKind::Noted,
            body_hash: format!("{n:064x}"),
            // Past retention.
            body: bytes::Bytes::new(),
        })
        .await?;
    let claimed = store.load(&key).await?.context("an accepted order")?;
    let contact = format!("customer:{}", FIRST_CUSTOMER + n);
    let state = model.record.state.clone().unwrap_or_default();
    let (name, email) = (format!("#{}", 10_000 + n), format!("buyer{n}@example.com"));
    // A turn that follows writes again what the state says.
    let state = state
        .replace(&FIRST_ID.to_string(), &key.order.to_string())
        .replace(
            &FIRST_CUSTOMER.to_string(),
            &(FIRST_CUSTOMER + n).to_string(),
        )
        .replace("\"#10000\"", &format!("\"{name}\""))
        .replace("buyer0@example.com", &email);
    store
        .save(Turn {
            state,
            key,
            row_version: claimed.row_version,
            phase: model.record.phase.clone(),
            name: Some(name),
            email: Some(email),
            deal: Some(DealId(n + 1)),
            attention: None,
            duplicates: Duplicates::default(),
            refetch: None,
            folded: vec![(seq, Fold::Applied)],
            intents: Vec::new(),
            contacts: vec![ContactSave {
                contact_key: contact.clone(),
                aliases: Vec::new(),
                state: String::new(),
                portal_id: Some(n + 1),
                row_version: None,
            }],
            contact_key: Some(contact),
            timeline: model.timeline.clone(),
            commands: Vec::new(),
            then: Then::Release { due: None },
        })
        .await?;
    Ok(())
}
