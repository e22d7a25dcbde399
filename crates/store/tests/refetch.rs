//! Orders that the shop has to be asked for.

mod common;

use common::{claim_at, delivery, key, ms, shop, start, turn};
use store::{DeliveryKind, InlineStore, NewDelivery, Refetch, Store, Turn};

#[tokio::test]
async fn a_hint_asks_for_its_order_and_other_deliveries_do_not() {
    let store = InlineStore::new().expect("memory");
    start(&store, 0).await;
    for (order, kind) in [
        (1, DeliveryKind::Snapshot),
        (2, DeliveryKind::Hint),
        (3, DeliveryKind::Answer),
        (4, DeliveryKind::Noted),
    ] {
        store
            .accept(of_kind(order, 10, kind))
            .await
            .expect("accept");
    }
    assert_eq!(wanted(&store, 9).await, []);
    assert_eq!(wanted(&store, 10).await, [(2, 10)]);
}

#[tokio::test]
async fn a_hint_for_an_order_that_is_due_already_asks_too() {
    let store = InlineStore::new().expect("memory");
    start(&store, 0).await;
    store.accept(delivery(1, 5)).await.expect("accept");
    store
        .accept(of_kind(1, 10, DeliveryKind::Hint))
        .await
        .expect("accept");
    assert_eq!(wanted(&store, 99).await, [(1, 10)]);
}

#[tokio::test]
async fn a_turn_asks_and_a_later_turn_leaves_the_wish_alone() {
    let store = InlineStore::new().expect("memory");
    let started = start(&store, 0).await;
    store.accept(delivery(1, 5)).await.expect("accept");
    store.claim(claim_at(&started, 5, 9)).await.expect("claim");
    let asks = Turn {
        refetch: Some(ms(7)),
        ..turn(1, 0, None)
    };
    store.save(asks).await.expect("save");
    store.save(turn(1, 1, None)).await.expect("save");
    assert_eq!(wanted(&store, 99).await, [(1, 7)]);
}

#[tokio::test]
async fn a_wish_that_was_renewed_outlives_the_answer_to_the_older_one() {
    let store = InlineStore::new().expect("memory");
    start(&store, 0).await;
    store
        .accept(of_kind(1, 10, DeliveryKind::Hint))
        .await
        .expect("accept");
    let older = store
        .refetches(&shop(), ms(99), 9)
        .await
        .expect("read")
        .remove(0);
    store
        .accept(of_kind(1, 20, DeliveryKind::Hint))
        .await
        .expect("accept");
    store.refetched(&older, None).await.expect("write");
    assert_eq!(wanted(&store, 99).await, [(1, 20)]);
    let newer = Refetch {
        key: key(1),
        since: ms(20),
    };
    store.refetched(&newer, Some(ms(30))).await.expect("write");
    assert_eq!(
        (wanted(&store, 29).await, wanted(&store, 30).await),
        (vec![], vec![(1, 30)])
    );
    let put_off = Refetch {
        since: ms(30),
        ..newer
    };
    store.refetched(&put_off, None).await.expect("write");
    assert_eq!(wanted(&store, 99).await, []);
}

#[tokio::test]
async fn an_answer_is_given_out_as_one() {
    let store = InlineStore::new().expect("memory");
    let started = start(&store, 0).await;
    store
        .accept(of_kind(1, 5, DeliveryKind::Answer))
        .await
        .expect("accept");
    let claimed = store.claim(claim_at(&started, 5, 9)).await.expect("claim");
    assert_eq!(claimed[0].deliveries[0].kind, DeliveryKind::Answer);
}

async fn wanted(store: &InlineStore, until: u64) -> Vec<(u64, u64)> {
    let found = store.refetches(&shop(), ms(until), 9).await.expect("read");
    found
        .iter()
        .map(|it| (it.key.order.0, it.since.as_millis()))
        .collect()
}

fn of_kind(order: u64, at: u64, kind: DeliveryKind) -> NewDelivery {
    NewDelivery {
        kind,
        ..delivery(order, at)
    }
}
