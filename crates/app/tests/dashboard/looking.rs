//! What a shop manager sees.

use serde_json::json;
use simulators::bitrix24::Faults;

use crate::house::{ADMIN, House, PAGES, order_page};

#[tokio::test]
async fn the_overview_follows_the_orders_without_being_loaded_again() {
    let house = House::open_for(ADMIN).await;
    let browser = &house.browser;
    browser.until_there("#live-sign.on").await;
    browser.run("window.stayed = true").await;
    browser.until_says("#count-orders", "0").await;
    browser
        .until_says(".verdict", "Ready for the first order")
        .await;
    for number in 2001..=2003 {
        house.deliver("orders/create", number, &[]).await;
    }
    browser.until_says("#count-orders b", "3").await;
    browser.until_says("#count-linked b", "3").await;
    browser.until_says(".verdict", "Everything is there").await;
    house.deliver("orders/create", 2004, &[]).await;
    browser.until_says("#count-linked b", "4").await;
    assert_eq!(browser.run("return window.stayed").await, true);
    let adds_up = "return [...document.querySelectorAll('#counts li:not(.total) b')].reduce((sum, it) => sum + Number(it.innerText), 0)";
    assert_eq!(browser.run(adds_up).await, 4);
    browser.follow("#count-linked").await;
    assert_eq!(browser.place().await, "/orders?part=linked");
    let rows = "return document.querySelectorAll('#list tbody tr').length";
    assert_eq!(browser.run(rows).await, 4);
    house.close(&[]).await;
}

#[tokio::test]
async fn orders_are_found_as_one_types_and_a_lost_answer_is_explained() {
    let house = House::open_for(ADMIN).await;
    let browser = &house.browser;
    house.settle("orders/create", 2001, &[]).await;
    house.settle("orders/create", 2002, &[]).await;
    browser.go("/orders").await;
    browser.write("#q", "2002").await;
    let only = "document.querySelectorAll('#list tbody tr').length === 1 && document.querySelector('#list').innerText.includes('#2002')";
    browser.until("the one order", only).await;
    browser
        .until("the search in the address", "location.search === '?q=2002'")
        .await;
    browser
        .go(&format!("/orders?q={}", house.deal_of(2001)))
        .await;
    browser.until_says("#list", "#2001").await;
    browser.go("/orders?q=nobody@example.com").await;
    browser.until_says("#list", "No order fits").await;

    let lost = lose_an_answer(&house).await;
    browser.go(&order_page(lost)).await;
    let deal = house.deal_of(lost);
    browser
        .until_says(
            ".timeline",
            &format!("dopted deal {deal}: the answer to our create at "),
        )
        .await;
    browser.until_says(".timeline", "was lost").await;
    browser.follow("#ask-portal").await;
    browser.until_says("#main", "On the portal").await;
    look_at_all(&house, lost).await;
    house.close(&[]).await;
}

/// The number of an order of which the answer to its create was lost, once that is settled.
async fn lose_an_answer(house: &House) -> u64 {
    let numbers = 2100..2140;
    house.set_faults(Faults {
        lose_answer: 0.4,
        ..Faults::default()
    });
    let mut placed = 0;
    for number in numbers.clone() {
        house.deliver("orders/create", number, &[]).await;
        placed = number;
        house
            .stand
            .until("the order is under way", |it| {
                let counts = it.ledger().and_then(|it| it.counts());
                counts.is_ok_and(|it| 0 < it.in_doubt || it.linked == number - 2100 + 3)
            })
            .await;
        let counts = house.stand.ledger().unwrap().counts().unwrap();
        if 0 < counts.in_doubt {
            break;
        }
    }
    house.set_faults(Faults::default());
    house.until_rests(placed).await;
    placed
}

/// Every page in both appearances: nothing that keeps somebody out.
async fn look_at_all(house: &House, number: u64) {
    let browser = &house.browser;
    for theme in ["light", "dark"] {
        browser.go(&format!("/preferences?theme={theme}")).await;
        for page in PAGES {
            browser.go(page).await;
            browser.is_accessible().await;
        }
        for page in [
            order_page(number),
            format!("/settings?try={number}"),
            "/orders?q=none".to_owned(),
        ] {
            browser.go(&page).await;
            browser.is_accessible().await;
        }
    }
    assert_eq!(
        browser
            .run("return document.documentElement.dataset.theme")
            .await,
        json!("dark")
    );
}
