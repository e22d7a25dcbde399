//! `onedeal check` beside the running service, on the ledger's orders.

use serde_json::json;

use crate::stand::{ORDER, Stand, order};

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
