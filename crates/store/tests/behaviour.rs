//! What the service may rely on.

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{claim_at, delivery, key, ms, shop, start, turn};
use kernel::{DealId, Elapsed, IntentId, LedgerId};
use store::{
    BootClock, ContactSave, DeliveryKind, FOLD_MAX, Fold, InlineStore, IntentChange, IntentSubject,
    NewDelivery, Store, StoreError, TIMELINE_MAX, Then, TimelineEntry, Turn,
};

#[tokio::test]
async fn a_claimed_order_is_given_to_nobody_else_until_it_is_released() {
    let store = inline();
    let started = start(&store, 0).await;
    store.accept(delivery(1, 5)).await.expect("accept");
    assert!(
        store
            .claim(claim_at(&started, 4, 9))
            .await
            .expect("claim")
            .is_empty(),
        "not due yet"
    );
    let claimed = store.claim(claim_at(&started, 5, 9)).await.expect("claim");
    assert_eq!(claimed.len(), 1);
    assert!(
        store
            .claim(claim_at(&started, 9, 9))
            .await
            .expect("claim")
            .is_empty()
    );
    assert_eq!(store.next_due().await.expect("due"), None);
    assert!(matches!(
        store.load(&key(1)).await,
        Err(StoreError::InTurn { .. })
    ));

    let folded = vec![(claimed[0].deliveries[0].seq, Fold::Applied)];
    let kept = Turn {
        folded,
        then: Then::Keep,
        ..turn(1, 0, None)
    };
    assert_eq!(store.save(kept).await.expect("save"), 1);
    assert!(
        store
            .claim(claim_at(&started, 9, 9))
            .await
            .expect("claim")
            .is_empty(),
        "a kept order stays claimed"
    );
    assert_eq!(store.save(turn(1, 1, Some(20))).await.expect("save"), 2);
    assert_eq!(store.next_due().await.expect("due"), Some(ms(20)));
    assert_eq!(
        store
            .claim(claim_at(&started, 20, 9))
            .await
            .expect("claim")
            .len(),
        1
    );
}

#[tokio::test]
async fn claims_of_an_earlier_process_are_void_and_the_order_is_due() {
    let store = inline();
    let first = start(&store, 0).await;
    store.accept(delivery(1, 0)).await.expect("accept");
    let claimed = store.claim(claim_at(&first, 0, 9)).await.expect("claim");
    let folded = vec![(claimed[0].deliveries[0].seq, Fold::Applied)];
    store
        .save(Turn {
            folded,
            ..turn(1, 0, None)
        })
        .await
        .expect("save");
    assert_eq!(store.next_due().await.expect("due"), None, "it rests");
    store.load(&key(1)).await.expect("load").expect("known");

    let second = start(&store, 7).await;
    assert_eq!(
        store.next_due().await.expect("due"),
        Some(ms(7)),
        "what was in a turn is looked at again"
    );
    assert_eq!(
        store
            .claim(claim_at(&second, 7, 9))
            .await
            .expect("claim")
            .len(),
        1
    );
}

#[tokio::test]
async fn a_reboot_that_sets_the_clock_back_postpones_no_delivery() {
    let store = inline();
    start(&store, 0).await;
    store.accept(delivery(1, 50_000)).await.expect("accept");
    let boot = BootClock {
        boot_id: "after".into(),
        boottime_ms: 3,
    };
    let started = store
        .start(boot, LedgerId::new("test"), Duration::ZERO)
        .await
        .expect("start");
    assert_eq!(started.elapsed, Elapsed::ZERO, "no checkpoint was taken");
    assert_eq!(store.next_due().await.expect("due"), Some(Elapsed::ZERO));
}

#[tokio::test]
async fn orders_are_claimed_by_due_time_then_key_without_the_excluded() {
    let store = inline();
    let started = start(&store, 0).await;
    for (order, at) in [(3, 1), (2, 2), (1, 2), (4, 0), (5, 3)] {
        store.accept(delivery(order, at)).await.expect("accept");
    }
    let mut claim = claim_at(&started, 3, 3);
    claim.exclude = vec![key(3)];
    let claimed = store.claim(claim).await.expect("claim");
    assert_eq!(
        claimed.iter().map(|it| it.key.order.0).collect::<Vec<_>>(),
        [4, 1, 2]
    );
}

#[tokio::test]
async fn a_delivery_that_arrives_during_a_turn_wakes_the_order() {
    let store = inline();
    let started = start(&store, 0).await;
    store.accept(delivery(1, 1)).await.expect("accept");
    let claimed = store.claim(claim_at(&started, 1, 9)).await.expect("claim");
    store.accept(delivery(1, 2)).await.expect("accept");
    let folded = vec![(claimed[0].deliveries[0].seq, Fold::Applied)];
    store
        .save(Turn {
            folded,
            ..turn(1, 0, Some(99_999))
        })
        .await
        .expect("save");
    assert_eq!(store.next_due().await.expect("due"), Some(ms(2)));
    let claimed = store.claim(claim_at(&started, 2, 9)).await.expect("claim");
    assert_eq!(claimed[0].deliveries.len(), 1);
}

#[tokio::test]
async fn a_turn_on_an_old_version_writes_nothing() {
    let store = inline();
    start(&store, 0).await;
    let seq = store.accept(delivery(1, 1)).await.expect("accept");
    store
        .save(Turn {
            then: Then::Keep,
            ..turn(1, 0, None)
        })
        .await
        .expect("save");
    let before = store.order(&key(1)).await.expect("read");
    let stale = Turn {
        folded: vec![(seq, Fold::Applied)],
        intents: vec![open(1, IntentSubject::Order)],
        contacts: vec![contact("c", None)],
        timeline: vec![line(0)],
        ..turn(1, 0, None)
    };
    assert!(matches!(
        store.save(stale).await,
        Err(StoreError::Conflict { .. })
    ));
    assert_eq!(store.order(&key(1)).await.expect("read"), before);
    assert_eq!(store.open_intents().await.expect("read"), []);
    assert_eq!(store.contact(&shop(), "c").await.expect("read"), None);
    assert_eq!(store.timeline(&key(1), 9).await.expect("read"), []);
}

#[tokio::test]
async fn a_late_failure_within_a_turn_undoes_all_of_it() {
    let store = inline();
    start(&store, 0).await;
    let seq = store.accept(delivery(1, 1)).await.expect("accept");
    let before = store.order(&key(1)).await.expect("read");
    for wrong in [
        Turn {
            contacts: vec![contact("c", Some(4))],
            folded: vec![(seq, Fold::Applied)],
            ..turn(1, 0, None)
        },
        Turn {
            folded: vec![(seq, Fold::Applied), (seq, Fold::Repeat)],
            ..turn(1, 0, None)
        },
        Turn {
            intents: vec![open(1, IntentSubject::Order), close(2)],
            ..turn(1, 0, None)
        },
    ] {
        store.save(wrong).await.expect_err("refused");
        assert_eq!(store.order(&key(1)).await.expect("read"), before);
        assert_eq!(store.open_intents().await.expect("read"), []);
    }
}

#[tokio::test]
async fn a_second_open_intent_for_an_order_or_a_contact_is_refused() {
    let store = inline();
    start(&store, 0).await;
    for order in 1..=3 {
        store.accept(delivery(order, 1)).await.expect("accept");
    }
    let person = || IntentSubject::Contact("mail:a".into());
    store
        .save(with_intents(1, 0, vec![open(1, IntentSubject::Order)]))
        .await
        .expect("first");
    refused(
        &store,
        with_intents(1, 1, vec![open(2, IntentSubject::Order)]),
    )
    .await;
    store
        .save(with_intents(2, 0, vec![open(3, person())]))
        .await
        .expect("a contact");
    refused(&store, with_intents(3, 0, vec![open(4, person())])).await;
    store
        .save(with_intents(2, 1, vec![close(3)]))
        .await
        .expect("close");
    store
        .save(with_intents(3, 0, vec![open(4, person())]))
        .await
        .expect("the contact is free");
    store
        .save(with_intents(
            1,
            1,
            vec![close(1), open(5, IntentSubject::Order)],
        ))
        .await
        .expect("one after the other");
    assert!(matches!(
        store.save(with_intents(1, 2, vec![close(1)])).await,
        Err(StoreError::NotOpen {
            intent: IntentId(1),
            ..
        })
    ));
    let open: Vec<_> = store
        .open_intents()
        .await
        .expect("read")
        .iter()
        .map(|it| it.intent.0)
        .collect();
    assert_eq!(open, [4, 5]);
    let all = store.intents(&key(1)).await.expect("read");
    assert_eq!(
        all.iter()
            .map(|it| it.outcome.is_some())
            .collect::<Vec<_>>(),
        [true, false]
    );
}

#[tokio::test]
async fn intent_numbers_go_on_after_a_restart() {
    let store = inline();
    start(&store, 0).await;
    store.accept(delivery(1, 1)).await.expect("accept");
    assert_eq!(
        (store.new_intent(), store.new_intent()),
        (IntentId(1), IntentId(2))
    );
    store
        .save(with_intents(1, 0, vec![open(2, IntentSubject::Order)]))
        .await
        .expect("save");
    start(&store, 1).await;
    assert_eq!(store.new_intent(), IntentId(3));
}

#[tokio::test]
async fn many_deliveries_of_one_order_come_in_portions() {
    let store = inline();
    let started = start(&store, 0).await;
    for at in 0..=FOLD_MAX as u64 {
        store.accept(delivery(1, at)).await.expect("accept");
    }
    let claimed = store
        .claim(claim_at(&started, 999, 9))
        .await
        .expect("claim")
        .remove(0);
    assert_eq!((claimed.deliveries.len(), claimed.more), (FOLD_MAX, true));
    let folded = claimed
        .deliveries
        .iter()
        .map(|it| (it.seq, Fold::Stale))
        .collect();
    store
        .save(Turn {
            folded,
            ..turn(1, 0, None)
        })
        .await
        .expect("save");
    let claimed = store
        .claim(claim_at(&started, 999, 9))
        .await
        .expect("claim")
        .remove(0);
    assert_eq!((claimed.deliveries.len(), claimed.more), (1, false));
}

#[tokio::test]
async fn a_delivery_without_an_order_is_only_kept() {
    let store = inline();
    start(&store, 0).await;
    let noted = NewDelivery {
        order: None,
        kind: DeliveryKind::Noted,
        ..delivery(1, 1)
    };
    let unreadable = NewDelivery {
        order: None,
        kind: DeliveryKind::Unreadable("no id".into()),
        ..delivery(1, 1)
    };
    store.accept(noted).await.expect("accept");
    store.accept(unreadable).await.expect("accept");
    let counts = store.counts().await.expect("count");
    assert_eq!(
        (counts.deliveries, counts.unreadable, counts.orders),
        (2, 1, 0)
    );
    let listed = store.unreadable(9).await.expect("list");
    assert_eq!(
        listed
            .iter()
            .map(|it| it.reason.as_str())
            .collect::<Vec<_>>(),
        ["no id"]
    );
    assert_eq!(store.next_due().await.expect("due"), None);
}

#[tokio::test]
async fn orders_are_found_by_id_name_deal_and_key() {
    let store = inline();
    start(&store, 0).await;
    store.accept(delivery(42, 1)).await.expect("accept");
    store
        .save(Turn {
            deal: Some(DealId(7)),
            ..turn(42, 0, None)
        })
        .await
        .expect("save");
    store.accept(delivery(43, 1)).await.expect("accept");
    for (query, found) in [
        ("42", vec![42]),
        ("#1042", vec![42]),
        (" 1042 ", vec![42]),
        ("7", vec![42]),
        ("#7", vec![]),
        ("acme.myshopify.com/43", vec![43]),
        ("nothing", vec![]),
        ("%", vec![]),
        ("", vec![43, 42]),
    ] {
        let orders: Vec<_> = store
            .find_orders(query, 9)
            .await
            .expect("find")
            .iter()
            .map(|it| it.key.order.0)
            .collect();
        assert_eq!(orders, found, "{query:?}");
    }
    assert!(store.has_deals().await.expect("read"));
}

#[tokio::test]
async fn a_history_keeps_its_newest_lines() {
    let store = inline();
    start(&store, 0).await;
    store.accept(delivery(1, 1)).await.expect("accept");
    let lines = (0..TIMELINE_MAX as u64 + 20).map(line).collect();
    store
        .save(Turn {
            timeline: lines,
            ..turn(1, 0, None)
        })
        .await
        .expect("save");
    let kept = store.timeline(&key(1), usize::MAX).await.expect("read");
    assert_eq!((kept.len(), kept[0].at), (TIMELINE_MAX, ms(20)));
    let newest = store.timeline(&key(1), 2).await.expect("read");
    assert_eq!(
        newest.iter().map(|it| it.at).collect::<Vec<_>>(),
        [ms(518), ms(519)]
    );
}

#[tokio::test]
async fn a_nul_in_a_text_is_replaced_and_a_body_stays_as_it_is() {
    let store = inline();
    let started = start(&store, 0).await;
    let strange = NewDelivery {
        topic: "a\0b".into(),
        body: Bytes::from_static(b"\0\xff"),
        ..delivery(1, 1)
    };
    store.accept(strange).await.expect("accept");
    let claimed = store
        .claim(claim_at(&started, 1, 1))
        .await
        .expect("claim")
        .remove(0);
    assert_eq!(claimed.deliveries[0].topic, "a\u{FFFD}b");
    assert_eq!(claimed.deliveries[0].body, b"\0\xff");
    store
        .save(Turn {
            contacts: vec![contact("k\0", None)],
            ..turn(1, 0, None)
        })
        .await
        .expect("save");
    assert!(store.contact(&shop(), "k\0").await.expect("read").is_some());
}

#[tokio::test]
async fn the_numbers_add_up() {
    let store = inline();
    start(&store, 0).await;
    for order in 1..=4 {
        store.accept(delivery(order, 1)).await.expect("accept");
    }
    store
        .save(Turn {
            phase: "in_doubt".into(),
            ..turn(1, 0, Some(9))
        })
        .await
        .expect("save");
    store
        .save(Turn {
            phase: "parked".into(),
            attention: Some("look".into()),
            ..turn(2, 0, None)
        })
        .await
        .expect("save");
    store
        .save(Turn {
            phase: "tombstone".into(),
            deal: Some(DealId(1)),
            ..turn(3, 0, None)
        })
        .await
        .expect("save");
    let counts = store.counts().await.expect("count");
    assert_eq!(
        (
            counts.orders,
            counts.in_doubt,
            counts.parked,
            counts.tombstones
        ),
        (4, 1, 1, 1)
    );
    assert_eq!(
        (counts.linked, counts.attention, counts.by_phase["new"]),
        (1, 1, 1)
    );
    assert_eq!(store.attention(9).await.expect("list").len(), 1);
}

#[tokio::test]
async fn a_restored_or_lost_ledger_starts_cold() {
    let store = inline();
    let first = start(&store, 0).await;
    store.accept(delivery(1, 1)).await.expect("accept");
    let backup = store.backup().expect("backup");
    store.accept(delivery(2, 1)).await.expect("accept");
    store.restore(&backup).expect("restore");
    let second = start(&store, 5).await;
    assert!(second.cold_until.is_some());
    assert_eq!(
        (
            second.ledger.clone(),
            store.counts().await.expect("count").orders
        ),
        (first.ledger, 1)
    );
    store.forget().expect("forget");
    let third = start(&store, 9).await;
    assert!(third.cold_until.is_some() && !third.fresh);
    assert_eq!(third.ledger, second.ledger);
    assert!(second.process < third.process);
}

fn inline() -> InlineStore {
    InlineStore::new().expect("open")
}

async fn refused(store: &InlineStore, turn: Turn) {
    assert!(matches!(
        store.save(turn).await,
        Err(StoreError::SecondIntent { .. })
    ));
}

fn with_intents(order: u64, row_version: u64, intents: Vec<IntentChange>) -> Turn {
    Turn {
        intents,
        then: Then::Keep,
        ..turn(order, row_version, None)
    }
}

fn open(intent: u64, subject: IntentSubject) -> IntentChange {
    let (intent, kind) = (IntentId(intent), "create".to_owned());
    IntentChange::Open {
        intent,
        kind,
        subject,
        at: ms(1),
        evidence: "{}".into(),
    }
}

fn close(intent: u64) -> IntentChange {
    IntentChange::Close {
        intent: IntentId(intent),
        outcome: "done".into(),
        at: ms(2),
    }
}

fn contact(contact_key: &str, row_version: Option<u64>) -> ContactSave {
    ContactSave {
        contact_key: contact_key.into(),
        aliases: Vec::new(),
        state: "{}".into(),
        portal_id: None,
        row_version,
    }
}

fn line(at: u64) -> TimelineEntry {
    TimelineEntry {
        at: ms(at),
        wall_ms: 0,
        kind: "sent".into(),
        text: "line".into(),
        detail: None,
    }
}
