//! `onedeal retry`, `park` and `ignore` beside a ledger that a service has open.

use kernel::{DealId, OrderId, OrderKey, ShopDomain};
use serde_json::{Value, json};
use service::operator::{Action, LogLine, LogResult};
use store::{SqliteStore, Store as _};

use crate::{order::heard_of, program::Folder};

const SHOP: &str = "acme.myshopify.com";

fn key(order: u64) -> OrderKey {
    OrderKey {
        shop: ShopDomain::parse(SHOP).unwrap(),
        order: OrderId(order),
    }
}

async fn log(ledger: &SqliteStore) -> Vec<(u64, Option<Action>, LogResult)> {
    let records = ledger.commands(None, None, 10).await.unwrap();
    records
        .into_iter()
        .map(LogLine::of)
        .map(|it| (it.order.order.0, it.action, it.result))
        .collect()
}

#[tokio::test]
async fn what_the_command_line_asks_waits_in_the_ledger_that_the_service_has_open() {
    let folder = Folder::new();
    let ledger = SqliteStore::open(&folder.path().join("onedeal.db")).unwrap();
    ledger.accept(heard_of(SHOP, 77)).await.unwrap();
    ledger.accept(heard_of(SHOP, 78)).await.unwrap();
    let ran = folder.run(&["park", "77", "--json"], &[("USER", "anna")]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let page: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(page["running"], json!(true));
    assert_eq!(page["orders"][0]["accepted"], json!(true));
    // Two clicks are one wish.
    let again = folder.run(&["park", "77"], &[("USER", "anna")]);
    assert!(again.out.contains("asked before"), "{}", again.out);
    let ran = folder.run(&["retry", "77", "78"], &[("LANG", "ru_RU.UTF-8")]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("попробовать сейчас"), "{}", ran.out);
    let want = [
        (78, Some(Action::Retry), LogResult::Waits),
        (77, Some(Action::Retry), LogResult::Waits),
        (77, Some(Action::Park), LogResult::Waits),
    ];
    assert_eq!(log(&ledger).await, want);
    let claimed = ledger.load(&key(77)).await.unwrap().unwrap();
    let names: Vec<&str> = claimed.commands.iter().map(|it| it.who.as_str()).collect();
    assert_eq!(names[0], "anna (command line)");
    assert_eq!(claimed.commands.len(), 2);
}

#[tokio::test]
async fn nothing_is_done_unless_every_order_is_known() {
    let folder = Folder::new();
    let ledger = SqliteStore::open(&folder.path().join("onedeal.db")).unwrap();
    ledger.accept(heard_of(SHOP, 77)).await.unwrap();
    let ran = folder.run(&["ignore", "77", "78"], &[]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("no order `78`"), "{}", ran.err);
    assert_eq!(log(&ledger).await, []);
    assert_eq!(ledger.linked_to(DealId(1), &key(77)).await.unwrap(), None);
}

#[tokio::test]
async fn without_a_service_it_waits_for_the_next_start() {
    let folder = Folder::new();
    let ledger = SqliteStore::open(&folder.path().join("onedeal.db")).unwrap();
    ledger.accept(heard_of(SHOP, 77)).await.unwrap();
    drop(ledger);
    let ran = folder.run(&["ignore", "77"], &[]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.out.contains("as soon as `onedeal serve` runs"),
        "{}",
        ran.out
    );
    assert_eq!(Folder::new().run(&["ignore", "77"], &[]).code, 4);
    assert_eq!(folder.run(&["retry"], &[]).code, 2);
}
