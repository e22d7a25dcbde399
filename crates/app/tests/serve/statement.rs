//! What the service says at its start.

use serde_json::Value;

use crate::stand::Stand;

#[tokio::test]
async fn what_is_risky_stands_in_the_log_with_its_remedy() {
    let mut stand = Stand::start().await;
    let (code, said) = stand.stop().await;
    assert_eq!(code, Some(0));
    let lines = said
        .iter()
        .filter_map(|it| serde_json::from_str::<Value>(it).ok());
    let risks: Vec<(String, bool)> = lines
        .filter(|it| it["level"] == "WARN")
        .filter_map(|it| {
            let remedy = it["remedy"].as_str().is_some_and(|it| !it.is_empty());
            Some((it["risk"].as_str()?.to_owned(), remedy))
        })
        .filter(|(risk, _)| risk != "disk")
        .collect();
    let want = [
        "short_timeout",
        "short_settle",
        "no_admin_api",
        "open_metrics",
    ];
    assert_eq!(risks, want.map(|it| (it.to_owned(), true)));
}
