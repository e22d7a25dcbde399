//! What an operator settles by a button.

use serde_json::{Map, Value, json};

use crate::{
    house::{ADMIN, House, PERSON, order_id, order_page},
    stand::{SHOP, Stand},
};

#[tokio::test]
async fn a_deleted_deal_of_a_changed_order_is_made_again_by_one_button() {
    let house = House::open_for(ADMIN).await;
    let browser = &house.browser;
    house.settle("orders/create", 2001, &[]).await;
    browser.go("/attention").await;
    browser.until_says("#main", "Nothing needs you").await;
    browser.is_accessible().await;
    let deleted = house.deal_of(2001);
    assert!(house.stand.portal.delete_deal(PERSON, deleted));
    // The first change finds it gone, the second comes after that is known.
    for minute in 1..=2 {
        let at = format!("2026-11-24T10:{minute:02}:00+01:00");
        let changed = [("updated_at", json!(at)), ("note", json!(at))];
        house.deliver("orders/updated", 2001, &changed).await;
        house.until_in(2001, "tombstone").await;
    }
    browser
        .until_shown("/attention", "article", "after its deal was deleted")
        .await;
    browser.is_accessible().await;
    browser.until_shown("/attention", ".nav .count", "1").await;
    browser.go("/").await;
    browser
        .until_says(".verdict", "One thing needs your decision")
        .await;
    browser.follow("#verdict-action").await;
    browser.press("Make the deal again").await;
    browser.press_and_follow("Make the deal again").await;
    browser.until_says("[role=status]", "Noted").await;
    let is_there = |stand: &Stand| {
        let origin = order_id(2001).to_string();
        stand
            .portal
            .deals()
            .iter()
            .any(|it| it.origin_id == origin && !it.deleted)
    };
    house.stand.until("a deal made again", is_there).await;
    assert_ne!(house.deal_of(2001), deleted);
    browser.until_shown("/log", "tbody tr", "done").await;
    browser.until_says("tbody tr", "#2001").await;
    browser.is_accessible().await;
    house.close(&[]).await;
}

#[tokio::test]
async fn a_second_deal_that_a_person_made_is_settled_by_saying_that_it_is_none() {
    let house = House::open_for(ADMIN).await;
    let browser = &house.browser;
    let by_hand = |title: &str| -> u64 {
        let (originator, origin) = (format!("shopify:{SHOP}"), order_id(2001).to_string());
        let fields = json!({ "title": title, "originatorId": originator, "originId": origin });
        let fields: Map<String, Value> = fields.as_object().unwrap().clone();
        house.stand.portal.create_deal(PERSON, fields)
    };
    let (first, second) = (by_hand("Mine"), by_hand("Mine too"));
    house.settle("orders/create", 2001, &[]).await;
    browser
        .until_shown("/duplicates", "#main", &format!("deal {first}"))
        .await;
    browser.until_says("#main", &format!("deal {second}")).await;
    browser.is_accessible().await;
    browser.go(&order_page(2001)).await;
    browser.until_says("#main", "Second deals").await;
    browser.is_accessible().await;
    browser.go("/duplicates").await;
    browser.press("What flagging it would write").await;
    browser
        .until_says(&format!("#flagging-{second}"), "it would be left as it is")
        .await;
    browser.is_accessible().await;
    let button = format!("Deal {second} is no duplicate");
    browser.press(&button).await;
    browser.press_and_follow(&button).await;
    browser.until_says("[role=status]", "Noted").await;
    browser
        .until_shown("/duplicates", "#main", "No order has two deals")
        .await;
    assert_eq!(house.stand.portal.deal(second).unwrap().title, "Mine too");
    house.close(&[]).await;
}
