//! Who waits, how urgently and for how long.

mod common;

use std::time::Duration;

use common::{claim_at, delivery, key, ms, start, turn};
use kernel::Elapsed;
use store::{Commits, Fold, InlineStore, SqliteStore, Store, TimelineEntry, Turn};

const FRESH: Duration = Duration::from_secs(30);

/// An order that was folded and is due again.
async fn due_again(store: &InlineStore, order: u64, phase: &str, state: &str, due: u64) {
    let started = start(store, 0).await;
    store.accept(delivery(order, 0)).await.expect("accept");
    let claimed = store.claim(claim_at(&started, 0, 9)).await.expect("claim");
    let of_order = claimed.iter().find(|it| it.key == key(order));
    let of_order = of_order.expect("claimed");
    let saved = Turn {
        folded: vec![(of_order.deliveries[0].seq, Fold::Applied)],
        phase: phase.to_owned(),
        state: state.to_owned(),
        ..turn(order, of_order.row_version, Some(due))
    };
    store.save(saved).await.expect("save");
}

#[tokio::test]
async fn each_order_waits_in_the_class_of_what_it_waits_for() {
    let store = InlineStore::new().expect("memory");
    let doubt = r#"{"presence":{"InDoubt":{"since":7}}}"#;
    due_again(&store, 1, "in_doubt", doubt, 10_000).await;
    due_again(&store, 2, "waiting", "{}", 50_000).await;
    due_again(&store, 3, "waiting", "{}", 95_000).await;
    due_again(&store, 4, "linked", r#"{"audits":[]}"#, 60_000).await;
    due_again(&store, 5, "linked", r#"{"audits":[70000]}"#, 70_000).await;
    due_again(&store, 6, "linked", r#"{"audits":[80000]}"#, 80_000).await;
    due_again(&store, 7, "waiting", "{}", 100_001).await;
    store.accept(delivery(6, 80_500)).await.expect("accept");

    let queue = store.queue(ms(100_000), FRESH).await.expect("read");
    let shown = queue
        .classes()
        .map(|(name, it)| (name, it.orders, it.since.map(Elapsed::as_millis)));
    assert_eq!(
        shown,
        [
            ("doubt", 1, Some(10_000)),
            ("fresh", 1, Some(95_000)),
            ("update", 2, Some(60_000)),
            ("audit", 1, Some(70_000)),
            ("backlog", 1, Some(50_000)),
        ]
    );
    assert_eq!((queue.doubts.open, queue.doubts.since), (1, Some(ms(7))));
    // None of them has a history that says since when it is known.
    assert_eq!((queue.deal_since, queue.since()), (None, Some(ms(10_000))));
}

#[tokio::test]
async fn an_order_waits_for_its_deal_however_often_it_is_tried() {
    let store = InlineStore::new().expect("memory");
    let started = start(&store, 0).await;
    let since = async || store.queue(ms(9), FRESH).await.expect("read").deal_since;
    store.accept(delivery(1, 5)).await.expect("accept");
    assert_eq!(since().await, Some(ms(5)), "new");
    store.claim(claim_at(&started, 9, 9)).await.expect("claim");
    let deliveries = vec![(kernel::DeliverySeq(1), Fold::Applied)];
    let tried = |version: u64, phase: &str, due: Option<u64>| Turn {
        phase: phase.to_owned(),
        timeline: vec![arrived(5 + version)],
        ..turn(1, version, due)
    };
    let first = Turn {
        folded: deliveries,
        ..tried(0, "waiting", Some(90_000))
    };
    store.save(first).await.expect("save");
    assert_eq!(since().await, Some(ms(5)), "due later");
    store
        .save(tried(1, "in_doubt", Some(95_000)))
        .await
        .expect("save");
    assert_eq!(since().await, Some(ms(5)), "in doubt");
    store.save(tried(2, "waiting", None)).await.expect("save");
    assert_eq!(since().await, None, "it rests");
    store
        .save(tried(3, "linked", Some(99_000)))
        .await
        .expect("save");
    assert_eq!(since().await, None, "it has its deal");
}

fn arrived(at: u64) -> TimelineEntry {
    TimelineEntry {
        at: ms(at),
        wall_ms: 0,
        kind: "arrived".to_owned(),
        text: "it arrived".to_owned(),
        detail: None,
    }
}

#[tokio::test]
async fn an_order_waits_until_its_turn_is_over_and_nobody_waits_in_an_empty_ledger() {
    let store = InlineStore::new().expect("memory");
    let started = start(&store, 0).await;
    let empty = store.queue(ms(9), FRESH).await.expect("read");
    assert_eq!((empty.since(), empty.doubts.open), (None, 0));
    store.accept(delivery(1, 5)).await.expect("accept");
    let waits = store.queue(ms(9), FRESH).await.expect("read");
    assert_eq!((waits.fresh.orders, waits.since()), (1, Some(ms(5))));
    store.claim(claim_at(&started, 9, 9)).await.expect("claim");
    let in_turn = store.queue(ms(9), FRESH).await.expect("read");
    assert_eq!(in_turn.since(), Some(ms(5)));
    store.save(turn(1, 0, Some(900))).await.expect("save");
    let later = store.queue(ms(9), FRESH).await.expect("read");
    assert_eq!(later.since(), Some(ms(5)), "its delivery is not folded");
}

#[tokio::test]
async fn an_order_is_heard_of_with_the_first_line_of_its_history() {
    let store = InlineStore::new().expect("memory");
    let started = start(&store, 0).await;
    assert_eq!(store.first_heard(&key(1)).await.expect("read"), None);
    store.accept(delivery(1, 5)).await.expect("accept");
    store.claim(claim_at(&started, 9, 9)).await.expect("claim");
    let saved = Turn {
        timeline: vec![arrived(5), arrived(8)],
        ..turn(1, 0, None)
    };
    store.save(saved).await.expect("save");
    assert_eq!(store.first_heard(&key(1)).await.expect("read"), Some(ms(5)));
}

#[tokio::test]
async fn what_is_committed_together_is_counted_as_one_group() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(&folder.path().join("onedeal.db")).expect("open");
    start(&store, 0).await;
    let before = store.commits();
    let mut accepting = tokio::task::JoinSet::new();
    for order in 0..20 {
        let store = store.clone();
        accepting.spawn(async move { store.accept(delivery(order, 0)).await });
    }
    for accepted in accepting.join_all().await {
        accepted.expect("accept");
    }
    let after = store.commits();
    assert_eq!(after.jobs - before.jobs, 20);
    let groups = after.groups - before.groups;
    assert!((1..20).contains(&groups), "{groups}");
    let inline = InlineStore::new().expect("memory");
    assert_eq!(inline.commits(), Commits::default());
}
