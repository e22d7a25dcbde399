//! `onedeal check` beside the running service, its ledger and its orders.

use serde_json::{Value, json};

use crate::stand::{ORDER, Stand, order, the_one_deal};

#[tokio::test]
async fn orders_in_a_currency_that_the_portal_lacks_are_a_problem() {
    let mut stand = Stand::start().await;
    let body = order(&[("currency", json!("CHF"))]);
    assert_eq!(stand.deliver("orders/create", body).await, 200);
    stand
        .until("the order in the ledger", |it| {
            let found = it.ledger().map(|it| it.find_orders(&ORDER.to_string(), 1));
            found.is_ok_and(|it| it.is_ok_and(|it| it.first().is_some_and(|it| it.state.is_some())))
        })
        .await;
    let output = stand.run_beside(&["check"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    for words in ["orders are in CHF", "add CHF in CRM settings, Currencies"] {
        assert!(text.contains(words), "{text}");
    }
    stand.stop().await;
}

#[tokio::test]
async fn a_check_sees_the_service_that_runs_and_does_not_disturb_it() {
    let mut stand = Stand::start().await;
    assert_eq!(stand.deliver("orders/create", order(&[])).await, 200);
    stand.until_settled(1).await;
    let output = stand.run_beside(&["check", "--json"]).await;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let says = |check: &str| {
        let lines = report["checks"].as_array().unwrap();
        let line = lines.iter().find(|it| it["check"] == check).unwrap();
        line["says"].as_str().unwrap().to_owned()
    };
    let ledger = says("database");
    assert!(ledger.contains("1 orders"), "{ledger}");
    assert!(
        ledger.ends_with("read through and whole; a running service has it"),
        "{ledger}"
    );
    assert_eq!(says("deliveries"), "the last one came 0 min ago");
    // It goes on, and ends as one that nobody touched.
    let later = order(&[
        ("updated_at", json!("2026-11-23T11:00:00+01:00")),
        ("total_price", json!("1.00")),
    ]);
    assert_eq!(stand.deliver("orders/updated", later).await, 200);
    stand.until_settled(2).await;
    let (code, said) = stand.stop().await;
    assert_eq!(code, Some(0), "{said:?}");
    assert_eq!(the_one_deal(&stand.portal).origin_id, ORDER.to_string());
}

#[tokio::test]
async fn a_canary_beside_a_running_service_disturbs_neither_it_nor_its_ledger() {
    let mut stand = Stand::start().await;
    assert_eq!(stand.deliver("orders/create", order(&[])).await, 200);
    stand.until_settled(1).await;
    let before = stand.portal.standing();
    let output = stand
        .run_beside(&["check", "--canary", "--yes", "--json"])
        .await;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["canary"]["verdict"], "right", "{report:#}");
    assert_eq!(stand.portal.standing(), before);
    // The real ledger knows nothing of it and is as warm as ever: a new order gets its deal at once.
    let counts = stand.ledger().unwrap().counts().unwrap();
    assert_eq!((counts.orders, counts.deliveries), (1, 1));
    let other = order(&[
        ("id", json!(6_120_000_000_777_u64)),
        ("name", json!("#1777")),
    ]);
    assert_eq!(stand.deliver("orders/create", other).await, 200);
    stand
        .until("its deal", |it| {
            it.portal
                .deals()
                .iter()
                .any(|it| it.origin_id == "6120000000777")
        })
        .await;
    let (code, said) = stand.stop().await;
    assert_eq!(code, Some(0));
    for words in ["forgotten", "another onedeal", "nothing is created before"] {
        assert!(!said.iter().any(|it| it.contains(words)), "{words}");
    }
}
