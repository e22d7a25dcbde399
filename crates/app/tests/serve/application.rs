//! A local application in the webhook's place: installed while the service runs, its tokens renewed and never printed.

use serde_json::{Value, json};
use std::time::Duration;

use crate::stand::{Stand, order, the_one_deal};

#[tokio::test]
async fn orders_wait_for_the_installation_and_then_get_their_deal_without_a_restart() {
    let mut stand = Stand::start_app(3_600).await;
    assert_eq!(stand.deliver("orders/create", order(&[])).await, 200);
    stand
        .until("what to do", |it| {
            it.said()
                .iter()
                .any(|line| line.contains("is not installed in"))
        })
        .await;
    assert_eq!(stand.get("/readyz").await.0, 200);
    assert!(stand.portal.deals().is_empty());
    assert_eq!(stand.install().await, 200);
    stand.until_settled(1).await;
    the_one_deal(&stand.portal);
    let tokens = kept_tokens(&stand);
    let (code, said) = stand.stop().await;
    assert_eq!(code, Some(0));
    let told = said
        .iter()
        .find(|line| tokens.iter().any(|it| line.contains(it)));
    assert_eq!(told, None, "a token was printed");
}

#[tokio::test]
async fn an_expired_token_is_renewed_by_the_service_and_only_read_by_commands_beside_it() {
    let mut stand = Stand::start_app(2).await;
    assert_eq!(stand.install().await, 200);
    assert_eq!(stand.deliver("orders/create", order(&[])).await, 200);
    stand.until_settled(1).await;
    tokio::time::sleep(Duration::from_secs(3)).await;

    let output = stand.run_beside(&["check"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{text}");
    let remedy = "only `onedeal serve` renews it";
    assert!(
        text.contains("has expired") && text.contains(remedy),
        "{text}"
    );

    let refreshed = |stand: &Stand| stand.portal.stats().oauth["refreshed"];
    let before = refreshed(&stand);
    let newer = order(&[
        ("updated_at", json!("2026-11-23T12:00:00+01:00")),
        ("note", json!("ring twice")),
    ]);
    assert_eq!(stand.deliver("orders/updated", newer).await, 200);
    stand
        .until("another pair", |it| before < refreshed(it))
        .await;
    stand.until_settled(2).await;
    the_one_deal(&stand.portal);
    let (code, said) = stand.stop().await;
    assert_eq!(code, Some(0));
    let warns = said.iter().filter(|it| it.contains("\"level\":\"WARN\""));
    // The stand's waits are scaled, which is risky with a real portal, and it has no Admin API.
    let expected = |it: &&String| it.contains("is not installed in") || it.contains("\"risk\":");
    assert_eq!(warns.filter(|it| !expected(it)).count(), 0, "{said:#?}");
}

#[tokio::test]
async fn check_says_that_the_application_has_its_right() {
    let mut stand = Stand::start_app(3_600).await;
    let output = stand.run_beside(&["check"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("is not installed in"), "{text}");
    assert_eq!(stand.install().await, 200);
    let output = stand.run_beside(&["check"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("the application has the right `crm`"),
        "{text}"
    );
    stand.stop().await;
}

/// Both tokens that the ledger keeps.
pub(crate) fn kept_tokens(stand: &Stand) -> Vec<String> {
    let kept = stand.ledger().unwrap().meta("bitrix24_application");
    let kept: Value = serde_json::from_str(&kept.unwrap().unwrap()).unwrap();
    ["access", "refresh"]
        .map(|it| kept[it].as_str().unwrap().to_owned())
        .to_vec()
}
