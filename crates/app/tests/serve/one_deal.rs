//! Whatever arrives, in whatever order, however often: one deal, and the newest state in it.

use kernel::{OrderId, OrderKey, ShopDomain};
use rand::{SeedableRng as _, seq::SliceRandom as _};
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::stand::{ORDER, SHOP, Stand, order, rows_total, the_one_deal};

#[tokio::test]
async fn twenty_deliveries_at_once_make_one_deal_with_its_rows_and_one_contact() {
    let mut stand = Stand::start().await;
    let mut posts = JoinSet::new();
    for _ in 0..20 {
        posts.spawn(stand.deliver("orders/create", order(&[])));
    }
    for status in posts.join_all().await {
        assert_eq!(status, 200);
    }
    stand.until_settled(20).await;
    let deal = the_one_deal(&stand.portal);
    assert_eq!(deal.opportunity, Decimal::new(11_272, 2));
    assert_eq!(deal.currency_id, "EUR");
    assert!(deal.is_manual_opportunity);
    assert_eq!(
        rows_total(&deal),
        Decimal::new(11_272, 2),
        "{:#?}",
        deal.rows
    );
    assert_eq!(deal.originator_id, format!("shopify:{SHOP}"));
    assert_eq!(deal.origin_id, ORDER.to_string());
    assert_eq!(deal.title, "Order #1042");
    assert_eq!(deal.stage_id, "NEW");
    assert_eq!(
        deal.uf.get("UF_CRM_1742556489"),
        Some(&json!(ORDER.to_string()))
    );
    let contacts = stand.portal.contacts();
    assert_eq!(contacts.len(), 1, "{contacts:#?}");
    assert_eq!(deal.contact_ids, [contacts[0].id]);
    assert_eq!(
        (
            contacts[0].name.as_str(),
            contacts[0].emails[0].value.as_str()
        ),
        ("Erika", "buyer@example.com")
    );
    shows_the_order(&stand, deal.id);
    let (code, _) = stand.stop().await;
    assert_eq!(code, Some(0));
    the_one_deal(&stand.portal);
}

#[tokio::test]
async fn events_in_any_order_leave_one_deal_in_the_newest_state() {
    for seed in [7, 8] {
        let mut stand = Stand::start().await;
        let mut events = history();
        events.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        all_at_once(&stand, events).await;
        ends_in_the_newest_state(&mut stand, history().len()).await;
    }
}

#[tokio::test]
async fn events_in_any_order_after_the_create_bring_the_deal_to_the_newest_state() {
    let mut stand = Stand::start().await;
    let mut events = history();
    let (topic, body) = events.remove(0);
    assert_eq!(stand.deliver(topic, body).await, 200);
    stand.until_settled(1).await;
    let deal = the_one_deal(&stand.portal);
    assert_eq!(deal.opportunity, Decimal::new(11_272, 2));
    events.shuffle(&mut ChaCha8Rng::seed_from_u64(9));
    all_at_once(&stand, events).await;
    ends_in_the_newest_state(&mut stand, history().len()).await;
}

async fn all_at_once(stand: &Stand, events: Vec<(&'static str, Vec<u8>)>) {
    let mut posts = JoinSet::new();
    for (topic, body) in events {
        posts.spawn(stand.deliver(topic, body));
    }
    for status in posts.join_all().await {
        assert_eq!(status, 200);
    }
}

async fn ends_in_the_newest_state(stand: &mut Stand, deliveries: usize) {
    let newest = Decimal::new(10_782, 2);
    stand
        .until("the newest amount and stage", |it| {
            let deals = it.portal.deals();
            deals
                .iter()
                .any(|deal| rows_total(deal) == newest && deal.stage_id == "WON")
        })
        .await;
    stand.until_settled(deliveries).await;
    let (code, _) = stand.stop().await;
    assert_eq!(code, Some(0));
    let deal = the_one_deal(&stand.portal);
    assert_eq!((deal.opportunity, rows_total(&deal)), (newest, newest));
    assert_eq!(deal.stage_id, "WON");
    assert_eq!(stand.portal.contacts().len(), 1);
}

/// `orders/create`, then payment, an edit that removes the shipping, fulfilment; each told as `orders/updated` too.
fn history() -> Vec<(&'static str, Vec<u8>)> {
    let at = |second: u32| {
        (
            "updated_at",
            json!(format!("2026-11-23T10:16:{second:02}+01:00")),
        )
    };
    let paid = ("financial_status", json!("paid"));
    let no_shipping: [(&str, Value); 3] = [
        ("current_total_price", json!("107.82")),
        (
            "current_total_price_set",
            json!({"shop_money": {"amount": "107.82", "currency_code": "EUR"}}),
        ),
        ("shipping_lines", json!([])),
    ];
    let states: [(&str, Vec<(&str, Value)>); 4] = [
        (
            "orders/create",
            vec![at(1), ("financial_status", json!("pending"))],
        ),
        ("orders/paid", vec![at(2), paid.clone()]),
        (
            "orders/updated",
            [vec![at(3), paid.clone()], no_shipping.to_vec()].concat(),
        ),
        (
            "orders/fulfilled",
            [
                vec![at(4), paid, ("fulfillment_status", json!("fulfilled"))],
                no_shipping.to_vec(),
            ]
            .concat(),
        ),
    ];
    states
        .iter()
        .flat_map(|(topic, changes)| [(*topic, order(changes)), ("orders/updated", order(changes))])
        .collect()
}

/// What `onedeal order` shows beside the running service.
#[track_caller]
fn shows_the_order(stand: &Stand, deal: u64) {
    let full = format!("{SHOP}/{ORDER}");
    for id in [
        "1042",
        "#1042",
        &ORDER.to_string(),
        &deal.to_string(),
        &full,
    ] {
        let ran = stand.run(&["order", id, "--json"]);
        assert_eq!(ran.status.code(), Some(0), "{id}: {ran:?}");
        let page: Value = serde_json::from_slice(&ran.stdout).unwrap();
        assert_eq!(
            (&page["id"], &page["deal"], &page["phase"]),
            (&json!(ORDER), &json!(deal), &json!("linked"))
        );
        assert_eq!(
            page["amount_last_sent"],
            json!({"amount": "112.72", "currency": "EUR"})
        );
        assert_eq!(page["deliveries"], json!(20));
    }
    let ran = stand.run(&["order", "1042"]);
    let text = String::from_utf8(ran.stdout).unwrap();
    for part in [
        "Order #1042 of acme.myshopify.com",
        "linked: it has its deal",
        "112.72 EUR",
        "webhook `orders/create` arrived",
        &format!("created deal {deal} at attempt 1"),
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let key = OrderKey {
        shop: ShopDomain::parse(SHOP).unwrap(),
        order: OrderId(ORDER),
    };
    assert!(stand.ledger().unwrap().order(&key).unwrap().is_some());
}
