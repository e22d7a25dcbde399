//! `onedeal order` without a ledger and on one that knows nothing. What it shows of a real order stands in the tests of
//! `serve`.

use kernel::{Elapsed, OrderId, ShopDomain};
use store::{DeliveryKind, NewDelivery, SqliteStore, Store as _};

use crate::program::Folder;

#[test]
fn an_empty_ledger_knows_no_order() {
    let folder = Folder::new();
    drop(SqliteStore::open(&folder.path().join("onedeal.db")).unwrap());
    let ran = folder.run(&["order", "1042"], &[]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    insta::assert_snapshot!(ran.err, @"onedeal: no order `1042` is known to the ledger `onedeal.db`");
}

#[test]
fn without_a_ledger_its_path_is_named() {
    let ran = Folder::new().run(&["order", "1"], &[("ONEDEAL_DATABASE", "sqlite:else.db")]);
    assert_eq!((ran.code, ran.out.as_str()), (4, ""));
    insta::assert_snapshot!(ran.err, @"onedeal: there is no ledger at `else.db`: `onedeal serve` makes one; if it is elsewhere, set ONEDEAL_DATABASE");
}

#[test]
fn an_empty_id_is_a_usage_error() {
    assert_eq!(Folder::new().run(&["order", ""], &[]).code, 2);
}

#[tokio::test]
async fn of_several_orders_with_one_number_the_person_chooses() {
    let folder = Folder::new();
    let ledger = SqliteStore::open(&folder.path().join("onedeal.db")).unwrap();
    for shop in ["acme.myshopify.com", "zeta.myshopify.com"] {
        ledger.accept(heard_of(shop, 77)).await.unwrap();
    }
    let ran = folder.run(&["order", "77"], &[]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    insta::assert_snapshot!(ran.out);
    let ran = folder.run(&["order", "77", "--json"], &[]);
    assert!(ran.out.contains("\"zeta.myshopify.com/77\""), "{}", ran.out);
    let ran = folder.run(&["order", "zeta.myshopify.com/77"], &[]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.out.contains("heard of, not worked on yet"),
        "{}",
        ran.out
    );
}

pub(crate) fn heard_of(shop: &str, order: u64) -> NewDelivery {
    NewDelivery {
        shop: ShopDomain::parse(shop).unwrap(),
        topic: "orders/create".to_owned(),
        order: Some(OrderId(order)),
        webhook_id: String::new(),
        event_id: None,
        triggered_at_ms: None,
        received_at: Elapsed::ZERO,
        received_wall_ms: 0,
        kind: DeliveryKind::Snapshot,
        body_hash: shop.to_owned(),
        body: bytes::Bytes::new(),
    }
}
