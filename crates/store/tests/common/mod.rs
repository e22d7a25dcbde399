//! Builders shared by the tests.

use std::time::Duration;

use bytes::Bytes;
use kernel::{Elapsed, LedgerId, OrderId, OrderKey, ShopDomain};
use store::{BootClock, Claim, DeliveryKind, Duplicates, NewDelivery, Started, Store, Then, Turn};

pub(crate) fn shop() -> ShopDomain {
    ShopDomain::parse("acme.myshopify.com").expect("a shop")
}

pub(crate) fn key(order: u64) -> OrderKey {
    OrderKey {
        shop: shop(),
        order: OrderId(order),
    }
}

pub(crate) fn ms(millis: u64) -> Elapsed {
    Elapsed::from_millis(millis)
}

pub(crate) fn delivery(order: u64, at: u64) -> NewDelivery {
    NewDelivery {
        shop: shop(),
        topic: "orders/create".into(),
        order: Some(OrderId(order)),
        webhook_id: format!("w{order}-{at}"),
        event_id: None,
        triggered_at_ms: Some(1_700_000_000_000),
        received_at: ms(at),
        received_wall_ms: 1_700_000_000_000,
        kind: DeliveryKind::Snapshot,
        body_hash: "hash".into(),
        body: Bytes::from_static(b"{}"),
    }
}

pub(crate) fn turn(order: u64, row_version: u64, due: Option<u64>) -> Turn {
    Turn {
        key: key(order),
        row_version,
        state: "{}".into(),
        phase: "linked".into(),
        name: Some(format!("#{}", order + 1000)),
        email: None,
        deal: None,
        attention: None,
        duplicates: Duplicates::default(),
        refetch: None,
        folded: Vec::new(),
        intents: Vec::new(),
        contacts: Vec::new(),
        contact_key: None,
        timeline: Vec::new(),
        commands: Vec::new(),
        then: Then::Release { due: due.map(ms) },
    }
}

pub(crate) fn claim_at(started: &Started, now: u64, limit: usize) -> Claim {
    Claim {
        process: started.process,
        now: ms(now),
        limit,
        newest_since: None,
        exclude: Vec::new(),
    }
}

pub(crate) async fn start(store: &impl Store, boottime_ms: u64) -> Started {
    let boot = BootClock {
        boot_id: "boot".into(),
        boottime_ms,
    };
    store
        .start(boot, LedgerId::new("test"), Duration::from_secs(210))
        .await
        .expect("start")
}
