//! Who gets in, what they see and in which language.

use serde_json::json;

use crate::house::{ADMIN, House, PAGES, VIEWER, order_page};

#[tokio::test]
async fn the_right_token_opens_the_dashboard_and_a_logout_closes_it() {
    let house = House::open().await;
    let browser = &house.browser;
    browser.go("/orders?q=1042").await;
    assert_eq!(browser.place().await, "/login?next=%2Forders%3Fq%3D1042");
    browser.is_accessible().await;
    house.login("a guess").await;
    browser
        .until_says("[role=alert]", "This token is not right")
        .await;
    house.login(ADMIN).await;
    browser
        .until(
            "the page that was wanted",
            "location.pathname === '/orders'",
        )
        .await;
    assert_eq!(browser.place().await, "/orders?q=1042");
    let cookies = browser.run("return document.cookie").await;
    assert_eq!(cookies, "", "a script can read a cookie");
    browser.follow("form[action='/logout'] button").await;
    assert_eq!(browser.place().await, "/login");
    browser.go("/").await;
    assert_eq!(browser.place().await, "/login");
    // The wrong token is answered with 401, which the browser notes.
    house
        .close(&["/login - Failed to load resource: the server responded with a status of 401"])
        .await;
}

#[tokio::test]
async fn who_may_only_look_finds_nothing_to_press_and_forges_nothing() {
    let house = House::open_for(VIEWER).await;
    let browser = &house.browser;
    house.settle("orders/create", 2001, &[]).await;
    for page in PAGES
        .iter()
        .map(|it| (*it).to_owned())
        .chain([order_page(2001)])
    {
        browser.go(&page).await;
        let forms = "return [...document.querySelectorAll('form[method=post]')].map(it => it.getAttribute('action'))";
        assert_eq!(browser.run(forms).await, json!(["/logout"]), "{page}");
    }
    let forged = format!(
        "fetch({}, {{ method: 'POST', body: new URLSearchParams({{ perform: '{{\"action\":\"park\"}}', form_token: document.querySelector('[name=form_token]').value }}) }}).then(it => it.status)",
        json!(format!("{}/act", order_page(2001))),
    );
    assert_eq!(browser.promised(&forged).await, 403);
    house
        .close(&["the server responded with a status of 403"])
        .await;
}

#[tokio::test]
async fn language_and_appearance_are_chosen_in_the_page_and_remembered() {
    let house = House::open_for(ADMIN).await;
    let browser = &house.browser;
    browser.go("/orders").await;
    browser.until_says("h1", "Orders").await;
    browser.follow("a[hreflang=ru]").await;
    browser.until_says("h1", "Заказы").await;
    assert_eq!(browser.place().await, "/orders");
    for page in PAGES {
        browser.go(page).await;
        assert_eq!(
            browser.run("return document.documentElement.lang").await,
            "ru"
        );
    }
    let page = "return getComputedStyle(document.body).backgroundColor";
    browser.follow("a[href*='theme=light']").await;
    let light = browser.run(page).await;
    browser.follow("a[href*='theme=dark']").await;
    browser.go("/orders").await;
    assert_ne!(browser.run(page).await, light);
    browser.follow("a[hreflang=en]").await;
    browser.until_says("h1", "Orders").await;
    house.close(&[]).await;
}
