//! Lists, searches and numbers as people ask for them.

mod common;

use common::{claim_at, delivery, key, ms, shop, start, turn};
use kernel::{DealId, DeliverySeq, OrderKey};
use store::{
    ContactSave, Duplicates, Fold, InlineStore, Listing, Search, Store, TimelineEntry, Turn,
};

/// A ledger with these orders, each after one delivery.
async fn ledger(turns: Vec<Turn>) -> InlineStore {
    let store = InlineStore::new().expect("memory");
    let started = start(&store, 0).await;
    for turn in turns {
        let arrived = delivery(turn.key.order.0, 1);
        store.accept(arrived).await.expect("accept");
        let claimed = store.claim(claim_at(&started, 1, 1)).await.expect("claim");
        let folded = claimed[0].deliveries.iter();
        let folded = folded.map(|it| (it.seq, Fold::Applied)).collect();
        store.save(Turn { folded, ..turn }).await.expect("save");
    }
    store
}

fn in_phase(order: u64, phase: &str) -> Turn {
    Turn {
        phase: phase.into(),
        ..turn(order, 0, None)
    }
}

fn numbers(found: &[store::OrderRecord]) -> Vec<u64> {
    found.iter().map(|it| it.key.order.0).collect()
}

async fn listed(store: &InlineStore, listing: Listing) -> Vec<u64> {
    numbers(&store.list_orders(listing).await.expect("list"))
}

async fn searched(store: &InlineStore, search: Search) -> Vec<u64> {
    let search = Search { limit: 9, ..search };
    numbers(&store.search_orders(search).await.expect("search"))
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repeat() {
    let phases = ["linked", "parked", "waiting"];
    let orders = (1..=11).map(|it| in_phase(it, phases[it as usize % 3]));
    let store = ledger(orders.collect()).await;
    let filters: [(&[&str], Vec<u64>); 3] = [
        (&[], (1..=11).rev().collect()),
        (&["linked", "waiting"], vec![11, 9, 8, 6, 5, 3, 2]),
        (&["parked"], vec![10, 7, 4, 1]),
    ];
    for (phases, wanted) in filters {
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = Listing {
                phases: phases.iter().map(|it| (*it).to_owned()).collect(),
                before,
                limit: 2,
                ..Listing::default()
            };
            let page = store.list_orders(page).await.expect("list");
            let Some(last) = page.last() else { break };
            before = Some(last.row);
            seen.extend(numbers(&page));
        }
        assert_eq!(seen, wanted, "{phases:?}");
    }
}

#[tokio::test]
async fn a_list_can_be_narrowed_to_what_needs_a_person_and_to_second_deals() {
    let noticed = |order, phase| Turn {
        attention: Some("look".into()),
        ..in_phase(order, phase)
    };
    let doubled = |turn| Turn {
        duplicates: Duplicates {
            known: 2,
            flagged: 1,
            open: 1,
        },
        ..turn
    };
    let store = ledger(vec![
        in_phase(1, "linked"),
        noticed(2, "linked"),
        noticed(3, "parked"),
        doubled(in_phase(4, "linked")),
        doubled(noticed(5, "linked")),
    ])
    .await;
    let narrowed = |attention, duplicates, phases: &[&str]| Listing {
        phases: phases.iter().map(|it| (*it).to_owned()).collect(),
        attention,
        duplicates,
        before: None,
        limit: 9,
    };
    assert_eq!(listed(&store, narrowed(true, false, &[])).await, [5, 3, 2]);
    assert_eq!(
        listed(&store, narrowed(true, false, &["parked"])).await,
        [3]
    );
    assert_eq!(listed(&store, narrowed(false, true, &[])).await, [5, 4]);
    assert_eq!(listed(&store, narrowed(true, true, &[])).await, [5]);
    assert_eq!(numbers(&store.attention(2).await.expect("list")), [5, 3]);

    let tally = store.tally(ms(9)).await.expect("tally");
    assert_eq!((tally.orders, tally.attention), (5, 3));
    assert_eq!(tally.by_phase["linked"], 4);
    assert_eq!(tally.by_phase["parked"], 1);
    assert_eq!(tally.by_phase.values().sum::<u64>(), tally.orders);
    assert_eq!((tally.duplicates.known, tally.duplicates.flagged), (4, 2));
    assert_eq!(tally.duplicates_open_orders, 2);
    assert_eq!(tally.last_delivery_ms, Some(1_700_000_000_000));
}

#[tokio::test]
async fn orders_are_found_by_number_name_deal_email_and_contact() {
    let store = ledger(vec![
        Turn {
            name: Some("#1042".into()),
            deal: Some(DealId(9_996)),
            email: Some("erika@example.com".into()),
            contact_key: Some("customer:7".into()),
            contacts: vec![ContactSave {
                contact_key: "customer:7".into(),
                aliases: Vec::new(),
                state: "{}".into(),
                portal_id: Some(311),
                row_version: None,
            }],
            ..turn(61, 0, None)
        },
        Turn {
            name: Some("#1043".into()),
            deal: Some(DealId(61)),
            email: Some("max@example.com".into()),
            contact_key: Some("customer:7".into()),
            ..turn(62, 0, None)
        },
    ])
    .await;
    let number = |number| Search {
        number: Some(number),
        ..Search::default()
    };
    let names = |name: &str| Search {
        names: vec![name.to_owned(), format!("#{name}")],
        ..Search::default()
    };
    let email = |email: &str| Search {
        email: Some(email.to_owned()),
        ..Search::default()
    };
    // The number of one order is the deal of another: both are shown.
    assert_eq!(searched(&store, number(61)).await, [62, 61]);
    assert_eq!(searched(&store, number(9_996)).await, [61]);
    assert_eq!(searched(&store, number(311)).await, [62, 61]);
    assert_eq!(searched(&store, number(5)).await, [] as [u64; 0]);
    assert_eq!(searched(&store, names("1042")).await, [61]);
    assert_eq!(searched(&store, email("max@example.com")).await, [62]);
    assert_eq!(
        searched(&store, email("nobody@example.com")).await,
        [] as [u64; 0]
    );
    let exactly = Search {
        key: Some(key(62)),
        ..Search::default()
    };
    assert_eq!(searched(&store, exactly).await, [62]);
    let page = Search {
        before: Some(2),
        ..number(311)
    };
    assert_eq!(searched(&store, page).await, [61]);
}

#[tokio::test]
async fn a_number_beyond_all_is_no_error() {
    let store = ledger(vec![turn(1, 0, None)]).await;
    let most = Search {
        number: Some(u64::MAX),
        before: Some(u64::MAX),
        ..Search::default()
    };
    assert_eq!(searched(&store, most).await, [] as [u64; 0]);
    let listing = Listing {
        before: Some(u64::MAX),
        limit: 9,
        ..Listing::default()
    };
    assert_eq!(listed(&store, listing).await, [1]);
    let none = store.deliveries(vec![DeliverySeq(u64::MAX), DeliverySeq(0)]);
    assert_eq!(none.await.expect("read"), []);
    let unreadable = store.unreadable_before(Some(DeliverySeq(u64::MAX)), 9);
    assert_eq!(unreadable.await.expect("read"), []);
}

#[tokio::test]
async fn what_arrived_is_shown_with_what_became_of_it() {
    let store = ledger(Vec::new()).await;
    let first = store.accept(delivery(1, 1)).await.expect("accept");
    store.load(&key(1)).await.expect("load").expect("known");
    let fold = Fold::Unreadable("no id".into());
    let folded = Turn {
        folded: vec![(first, fold.clone())],
        ..turn(1, 0, None)
    };
    store.save(folded).await.expect("save");
    let second = store.accept(delivery(1, 2)).await.expect("accept");

    let shown = store.deliveries(vec![second, first]).await.expect("read");
    let shown: Vec<_> = shown.into_iter().map(|it| (it.seq, it.fold)).collect();
    assert_eq!(shown, [(first, Some(fold)), (second, None)]);
    let waiting = store.waiting_deliveries(&key(1), 9).await.expect("read");
    assert_eq!(waiting.len(), 1);
    let unreadable = store.unreadable_before(None, 9).await.expect("read");
    assert_eq!(unreadable[0].seq, first);
    let before = store.unreadable_before(Some(first), 9).await.expect("read");
    assert_eq!(before, []);
}

#[tokio::test]
async fn the_oldest_that_waits_is_known_with_its_beginning() {
    let said = |order, wall_ms| Turn {
        timeline: vec![TimelineEntry {
            at: ms(1),
            wall_ms,
            kind: "arrived".into(),
            text: "it".into(),
            detail: None,
        }],
        ..in_phase(order, "waiting")
    };
    let store = ledger(vec![in_phase(1, "linked"), said(2, 5), said(3, 4)]).await;
    let oldest = |phases: &[&str]| {
        let phases = phases.iter().map(|it| (*it).to_owned()).collect();
        store.oldest_in(phases)
    };
    let (order, since) = oldest(&["new", "waiting"])
        .await
        .expect("read")
        .expect("one");
    assert_eq!((order.key, since), (key(2), Some(5)));
    assert_eq!(oldest(&["parked"]).await.expect("read"), None);
    // One that was only heard of has its delivery.
    store.accept(delivery(9, 1)).await.expect("accept");
    let (order, since) = oldest(&["new"]).await.expect("read").expect("one");
    let wanted = OrderKey {
        shop: shop(),
        order: kernel::OrderId(9),
    };
    assert_eq!((order.key, since), (wanted, Some(1_700_000_000_000)));
}
