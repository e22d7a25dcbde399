//! Operators' wishes: in the log and waiting in one transaction, over when the turn that fulfilled them is saved.

mod common;

use common::{claim_at, delivery, key, ms, start, turn};
use kernel::{CommandSeq, DealId, DeliverySeq};
use store::{
    COMMAND_DONE, COMMAND_REFUSED, COMMANDS_WAITING_MAX, CommandChange, Commanded, Db, Fold,
    InlineStore, NewCommand, SqliteStore, Started, Store, StoreError, Then, Turn,
};

fn wish(order: u64, action: &str) -> NewCommand {
    NewCommand {
        key: key(order),
        who: "anna".into(),
        action: action.into(),
        wall_ms: 1_700_000_000_000,
        due: ms(50),
        claims: None,
        replays: None,
    }
}

fn claims(order: u64, deal: u64) -> NewCommand {
    NewCommand {
        claims: Some(DealId(deal)),
        ..wish(order, &format!("choose {deal}"))
    }
}

fn settled(seq: CommandSeq) -> CommandChange {
    CommandChange::Settled {
        seq,
        outcome: COMMAND_DONE,
        why: None,
        wall_ms: 1,
    }
}

/// A ledger with the orders 1 and 2, saved and at rest.
async fn rested() -> (InlineStore, Started) {
    let store = InlineStore::new().expect("the ledger works");
    let started = start(&store, 0).await;
    for order in [1, 2] {
        store
            .accept(delivery(order, 1))
            .await
            .expect("the ledger works");
    }
    for claimed in store
        .claim(claim_at(&started, 10, 10))
        .await
        .expect("the ledger works")
    {
        let folded = claimed.deliveries.iter().map(|it| (it.seq, Fold::Applied));
        let saved = Turn {
            folded: folded.collect(),
            ..turn(claimed.key.order.0, claimed.row_version, None)
        };
        store.save(saved).await.expect("the ledger works");
    }
    assert_eq!(store.next_due().await.expect("the ledger works"), None);
    (store, started)
}

async fn accepted(store: &impl Store, wish: NewCommand) -> CommandSeq {
    let commanded = store.command(wish).await.expect("the ledger works");
    let Commanded::Accepted(seq) = commanded else {
        panic!("{commanded:?}");
    };
    seq
}

async fn outcomes(store: &impl Store) -> Vec<(u64, Option<String>)> {
    let log = store
        .commands(None, None, 100)
        .await
        .expect("the ledger works");
    log.into_iter().map(|it| (it.seq.0, it.outcome)).collect()
}

#[tokio::test]
async fn a_wish_makes_its_order_due_and_waits_until_the_turn_that_fulfils_it_is_saved() {
    let (store, started) = rested().await;
    let seq = accepted(&store, wish(1, "park")).await;
    assert_eq!(store.next_due().await.unwrap(), Some(ms(50)));
    let claimed = store.claim(claim_at(&started, 60, 10)).await.unwrap();
    let [claimed] = claimed.as_slice() else {
        panic!("{claimed:?}")
    };
    assert_eq!(claimed.commands[0].action, "park");
    assert_eq!(claimed.commands[0].who, "anna");
    let saved = Turn {
        commands: vec![settled(seq)],
        ..turn(1, claimed.row_version, None)
    };
    store.save(saved).await.unwrap();
    assert_eq!(store.next_due().await.unwrap(), None);
    assert_eq!(outcomes(&store).await, [(1, Some("done".into()))]);
}

#[tokio::test]
async fn a_wish_survives_a_turn_that_was_not_saved_and_a_start() {
    let (store, started) = rested().await;
    accepted(&store, wish(1, "park")).await;
    store.claim(claim_at(&started, 60, 10)).await.unwrap();
    let started = start(&store, 100).await;
    let claimed = store.claim(claim_at(&started, 200, 10)).await.unwrap();
    assert_eq!(claimed[0].commands.len(), 1);
}

#[tokio::test]
async fn a_wish_that_comes_during_a_turn_makes_the_order_due_when_the_turn_ends() {
    let (store, started) = rested().await;
    store.wake("linked", ms(20)).await.unwrap();
    let claimed = store.claim(claim_at(&started, 30, 1)).await.unwrap();
    let order = claimed[0].key.order.0;
    accepted(&store, wish(order, "park")).await;
    let rests = turn(order, claimed[0].row_version, None);
    store.save(rests).await.unwrap();
    let claimed = store.claim(claim_at(&started, 60, 10)).await.unwrap();
    let commands: usize = claimed.iter().map(|it| it.commands.len()).sum();
    assert_eq!(commands, 1);
}

#[tokio::test]
async fn a_wish_is_over_once_and_with_the_whole_turn_only() {
    let (store, _) = rested().await;
    let seq = accepted(&store, wish(1, "park")).await;
    let claimed = store.load(&key(1)).await.unwrap().unwrap();
    let stale = Turn {
        commands: vec![settled(seq)],
        ..turn(1, claimed.row_version + 1, None)
    };
    assert!(matches!(
        store.save(stale).await,
        Err(StoreError::Conflict { .. })
    ));
    assert_eq!(outcomes(&store).await, [(1, None)]);
    let twice = Turn {
        commands: vec![settled(seq), settled(seq)],
        ..turn(1, claimed.row_version, None)
    };
    assert!(matches!(
        store.save(twice).await,
        Err(StoreError::Conflict { .. })
    ));
    assert_eq!(outcomes(&store).await, [(1, None)]);
}

#[tokio::test]
async fn a_wish_that_was_taken_waits_no_more_and_is_settled_later() {
    let (store, _) = rested().await;
    let seq = accepted(&store, claims(1, 17)).await;
    let claimed = store.load(&key(1)).await.unwrap().unwrap();
    let taken = Turn {
        commands: vec![CommandChange::Taken(seq)],
        then: Then::Release { due: Some(ms(500)) },
        ..turn(1, claimed.row_version, None)
    };
    store.save(taken).await.unwrap();
    assert_eq!(store.next_due().await.unwrap(), Some(ms(500)));
    assert_eq!(outcomes(&store).await, [(1, None)]);
    let claimed = store.load(&key(1)).await.unwrap().unwrap();
    assert!(claimed.commands.is_empty());
    let refused = CommandChange::Settled {
        seq,
        outcome: COMMAND_REFUSED,
        why: Some("\"missing\"".into()),
        wall_ms: 9,
    };
    let saved = Turn {
        commands: vec![refused],
        ..turn(1, claimed.row_version, None)
    };
    store.save(saved).await.unwrap();
    let log = store.commands(Some(&key(1)), None, 10).await.unwrap();
    assert_eq!(log[0].why.as_deref(), Some("\"missing\""));
    assert_eq!(log[0].settled_wall_ms, Some(9));
}

#[tokio::test]
async fn two_clicks_are_one_wish_and_another_wish_in_between_makes_them_two() {
    let (store, _) = rested().await;
    let first = accepted(&store, wish(1, "park")).await;
    let again = store.command(wish(1, "park")).await.unwrap();
    assert_eq!(again, Commanded::Already(first));
    accepted(&store, wish(1, "retry")).await;
    accepted(&store, wish(1, "park")).await;
    accepted(&store, wish(2, "park")).await;
}

#[tokio::test]
async fn one_order_at_most_claims_a_deal() {
    let (store, _) = rested().await;
    let seq = accepted(&store, claims(1, 17)).await;
    let second = store.command(claims(2, 17)).await.unwrap();
    assert_eq!(second, Commanded::Claimed(key(1)));
    accepted(&store, claims(2, 18)).await;
    // Linked, it stays the first one's; given up, it is free.
    let claimed = store.load(&key(1)).await.unwrap().unwrap();
    let linked = Turn {
        deal: Some(DealId(17)),
        commands: vec![settled(seq)],
        ..turn(1, claimed.row_version, None)
    };
    store.save(linked).await.unwrap();
    let third = store.command(claims(2, 17)).await.unwrap();
    assert_eq!(third, Commanded::Claimed(key(1)));
    assert_eq!(
        store.linked_to(DealId(17), &key(2)).await.unwrap(),
        Some(key(1))
    );
    assert_eq!(store.linked_to(DealId(17), &key(1)).await.unwrap(), None);
}

#[tokio::test]
async fn a_replayed_delivery_is_folded_once_more_and_only_the_orders_own() {
    let (store, started) = rested().await;
    let replay = |order, seq| NewCommand {
        replays: Some(DeliverySeq(seq)),
        ..wish(order, &format!("replay {seq}"))
    };
    let foreign = store.command(replay(1, 2)).await.unwrap();
    assert_eq!(foreign, Commanded::UnknownDelivery);
    assert_eq!(store.next_due().await.unwrap(), None);
    accepted(&store, replay(1, 1)).await;
    let claimed = store.claim(claim_at(&started, 60, 10)).await.unwrap();
    assert_eq!(claimed[0].deliveries[0].seq, DeliverySeq(1));
}

#[tokio::test]
async fn an_unknown_order_and_too_many_wishes_are_told() {
    let (store, _) = rested().await;
    let unknown = store.command(wish(9, "park")).await.unwrap();
    assert_eq!(unknown, Commanded::UnknownOrder);
    for number in 0..COMMANDS_WAITING_MAX {
        accepted(&store, wish(1, &format!("wish {number}"))).await;
    }
    let one_more = store.command(wish(1, "one more")).await.unwrap();
    assert_eq!(one_more, Commanded::TooMany);
    accepted(&store, wish(2, "one more")).await;
}

#[tokio::test]
async fn the_log_is_read_in_pages_the_newest_first() {
    let (store, _) = rested().await;
    for number in 0..5 {
        accepted(&store, wish(1, &format!("wish {number}"))).await;
        accepted(&store, wish(2, &format!("wish {number}"))).await;
    }
    let page = store.commands(None, None, 3).await.unwrap();
    let seqs: Vec<u64> = page.iter().map(|it| it.seq.0).collect();
    assert_eq!(seqs, [10, 9, 8]);
    assert_eq!(page[0].name.as_deref(), Some("#1002"));
    let before = Some(page[2].seq);
    let of_one = store.commands(Some(&key(1)), before, 10).await.unwrap();
    let seqs: Vec<u64> = of_one.iter().map(|it| it.seq.0).collect();
    assert_eq!(seqs, [7, 5, 3, 1]);
}

#[tokio::test]
async fn a_wish_is_written_beside_the_service_that_has_the_ledger_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let store = SqliteStore::open(&path).unwrap();
    let started = start(&store, 0).await;
    store.accept(delivery(1, 1)).await.unwrap();
    let beside = Db::open_beside(&path).unwrap();
    let commanded = beside
        .atomically(|db| db.command(&wish(1, "park")))
        .unwrap();
    assert_eq!(commanded, Commanded::Accepted(CommandSeq(1)));
    store.accept(delivery(2, 2)).await.unwrap();
    let claimed = store.claim(claim_at(&started, 60, 10)).await.unwrap();
    let wishes: usize = claimed.iter().map(|it| it.commands.len()).sum();
    assert_eq!((claimed.len(), wishes), (2, 1));
}

/// Both write at once: SQLite lets one wait for the other, and nothing is lost.
#[tokio::test]
async fn wishes_and_deliveries_that_are_written_at_once_are_all_kept() {
    const EACH: u64 = 40;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let store = SqliteStore::open(&path).unwrap();
    start(&store, 0).await;
    store.accept(delivery(1, 1)).await.unwrap();
    let beside = Db::open_beside(&path).unwrap();
    let writer = std::thread::spawn(move || {
        for number in 0..EACH {
            let wish = match number % 2 {
                0 => wish(1, "park"),
                _ => wish(1, "retry"),
            };
            beside.atomically(|db| db.command(&wish)).unwrap();
        }
    });
    for at in 2..EACH + 2 {
        store.accept(delivery(at, at)).await.unwrap();
    }
    writer.join().unwrap();
    let counts = store.counts().await.unwrap();
    assert_eq!(counts.deliveries, EACH + 1);
    let log = store.commands(None, None, 100).await.unwrap();
    assert_eq!(log.len(), COMMANDS_WAITING_MAX);
}
