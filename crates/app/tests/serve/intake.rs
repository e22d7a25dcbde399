//! What intake answers, and what it keeps (design §3.3).

use reqwest::StatusCode;
use simulators::shopify::sign;

use crate::stand::{ORDER, SECRET, SHOP, Stand, order};

const TOPIC: (&str, &str) = ("X-Shopify-Topic", "orders/create");
const FROM: (&str, &str) = ("X-Shopify-Shop-Domain", SHOP);
const HMAC: &str = "X-Shopify-Hmac-Sha256";

/// What it is, what it is answered, its headers and its body.
type Case<'a> = (&'a str, u16, &'a [(&'static str, &'a str)], &'a [u8]);

#[tokio::test]
async fn what_is_not_a_genuine_delivery_is_turned_away_and_leaves_no_trace() {
    let mut stand = Stand::start().await;
    let body = order(&[]);
    let signature = sign(SECRET, &body);
    let (wrong, empty) = (sign("another secret", &body), sign(SECRET, b""));
    let other = ("X-Shopify-Shop-Domain", "other.myshopify.com");
    let signed = (HMAC, signature.as_str());
    let cases: [Case<'_>; 8] = [
        ("unsigned", 401, &[TOPIC, FROM], &body),
        ("wrongly signed", 401, &[TOPIC, FROM, (HMAC, &wrong)], &body),
        (
            "signed with nothing",
            401,
            &[TOPIC, FROM, (HMAC, "")],
            &body,
        ),
        ("empty", 400, &[TOPIC, FROM, (HMAC, &empty)], b""),
        ("no topic", 400, &[FROM, signed], &body),
        ("no shop", 400, &[TOPIC, signed], &body),
        ("unknown shop", 401, &[TOPIC, other, signed], &body),
        ("changed", 401, &[TOPIC, FROM, signed], b"{}"),
    ];
    for (what, code, headers, body) in cases {
        let status = stand.request(headers, body.to_vec()).await;
        assert_eq!(status.as_u16(), code, "{what}");
    }
    let large = vec![b' '; 11 * 1024 * 1024];
    let signature = sign(SECRET, &large);
    let status = stand
        .request(&[TOPIC, FROM, (HMAC, &signature)], large)
        .await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let counts = stand.ledger().unwrap().counts().unwrap();
    assert_eq!((counts.deliveries, counts.orders), (0, 0));
    stand.stop().await;
    assert!(stand.portal.deals().is_empty());
}

#[tokio::test]
async fn a_signed_body_that_cannot_be_understood_is_kept_as_unreadable() {
    let mut stand = Stand::start().await;
    let whole = order(&[]);
    let truncated = whole[..whole.len() / 2].to_vec();
    for body in [truncated, b"not JSON at all".to_vec(), b"[]".to_vec()] {
        assert_eq!(stand.deliver("orders/create", body).await, 200);
    }
    // The worker keeps on: a good delivery after the bad ones becomes a deal. The half body names its order too.
    assert_eq!(stand.deliver("orders/create", whole).await, 200);
    stand.until_settled(2).await;
    let ledger = stand.ledger().unwrap();
    assert_eq!(ledger.counts().unwrap().unreadable, 3);
    let kept = ledger.unreadable(10).unwrap();
    assert_eq!(kept.len(), 3, "{kept:#?}");
    assert!(
        kept.iter().all(|it| it.reason.contains("body is not")),
        "{kept:#?}"
    );
    stand.stop().await;
}

#[tokio::test]
async fn the_seeds_path_is_served_beside_our_own() {
    let mut stand = Stand::start().await;
    assert_eq!(stand.get("/api/webhook/shopify").await.0, 405);
    assert_eq!(stand.get("/webhooks/shopify").await.0, 405);
    assert_eq!(stand.get("/healthz").await.0, 200);
    assert_eq!(stand.get("/readyz").await.0, 200);
    let (status, page) = stand.get("/metrics").await;
    assert_eq!(status, 200);
    assert!(page.ends_with("# EOF\n"), "{page}");
    assert!(!page.contains(&ORDER.to_string()));
    stand.stop().await;
}
