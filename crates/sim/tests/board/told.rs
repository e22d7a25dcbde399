//! The board: counts that add up, sentences that explain, searches that find.

use service::board::{
    Trial,
    model::{MomentKind, OrderFilter, Part, SentState},
};

use crate::stand::{Stand, key};

#[tokio::test(start_paused = true)]
async fn the_counts_add_up_while_orders_flow() {
    let stand = Stand::start().await;
    let board = stand.board();
    let empty = board.overview().await.expect("a view");
    assert_eq!((empty.orders, empty.queue.oldest), (0, None));

    for _ in 0..3 {
        stand.shop.place_order();
    }
    stand.deliver().await;
    stand.pass(60).await;
    let full = board.overview().await.expect("a view");
    let sum: u64 = full.parts.iter().map(|it| it.orders).sum();
    assert_eq!((full.orders, sum), (3, 3));
    for count in &full.parts {
        let filter = OrderFilter {
            part: Some(count.part),
            ..OrderFilter::default()
        };
        let listed = board.orders("", &filter, None, None).await.expect("a page");
        assert_eq!(listed.rows.len() as u64, count.orders, "{:?}", count.part);
    }
    let linked = full.parts.iter().find(|it| it.part == Part::Linked);
    assert_eq!(linked.map(|it| it.orders), Some(3));
    assert_eq!(full.day.received, full.received);
    // Each order was brought up to date at least once, and no more often than something arrived.
    assert!((3..=full.received).contains(&full.day.synced));
    assert!(full.day.median_ms.is_some_and(|it| it < 60_000));
    assert!(0.0 < full.portal.budget.tokens);
    assert_eq!(full.portal.trouble, None);
    let words = ["no backlog", "очереди нет"];
    assert!(full.queue.forecast.en.contains(words[0]) && full.queue.forecast.ru == words[1]);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_waits_is_told_with_its_age() {
    let stand = Stand::start().await;
    stand.faults(|it| it.revoked_ms = Some((0, u64::MAX)));
    let order = stand.shop.place_order();
    stand.deliver().await;
    stand.pass(600).await;
    let overview = stand.board().overview().await.expect("a view");
    let oldest = overview.queue.oldest.expect("one waits");
    assert_eq!(oldest.order.id, order);
    assert!((590..620).contains(&oldest.age_seconds), "{oldest:?}");
    let trouble = overview.portal.trouble.expect("nothing gets through");
    assert_eq!(trouble.word, "no_access");
    assert!(trouble.remedy.ru.contains("ONEDEAL_BITRIX24_WEBHOOK_URL"));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_explained_with_the_time_of_the_create() {
    let stand = Stand::start().await;
    stand.lose_a_create();
    let order = stand.shop.place_order();
    stand.deliver().await;
    stand.pass(300).await;
    let detail = stand.board().order(&key(order), false).await;
    let detail = detail.expect("the order");
    let deal = detail.row.deal.expect("its deal").id;
    let wanted = format!("adopted deal {deal}: the answer to our create at ");
    let found = detail
        .timeline
        .iter()
        .find(|it| it.text.en.starts_with(&wanted));
    let found = found.unwrap_or_else(|| panic!("{:#?}", detail.timeline));
    assert_eq!(found.kind, MomentKind::Decided);
    assert!(found.text.en.ends_with(" was lost"), "{:?}", found.text);
    assert!(found.text.ru.contains("был потерян"), "{:?}", found.text);
    assert!(detail.sent.iter().any(|it| it.state == SentState::Unknown));
    let overview = stand.board().overview().await.expect("a view");
    assert_eq!(
        (overview.duplicates.prevented, overview.duplicates.found),
        (1, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn an_older_state_is_ignored_and_it_is_said_since_when() {
    let stand = Stand::start().await;
    let order = stand.shop.place_order();
    stand.pass(5).await;
    let old = stand.shop.due();
    assert!(stand.shop.edit(order), "it can be edited");
    stand.pass(5).await;
    let mut newer = stand.shop.due();
    newer.retain(|it| old.iter().all(|old| old.id != it.id));
    for delivery in newer.iter().chain(&old) {
        let request = delivery.request("http://127.0.0.1:8080");
        let answer = tower::ServiceExt::oneshot(stand.service.router(), request).await;
        assert_eq!(answer.expect("an answer").status().as_u16(), 200);
        stand.pass(20).await;
    }
    let detail = stand.board().order(&key(order), false).await;
    let detail = detail.expect("the order");
    let says = |start: &str| {
        let mut own = detail.timeline.iter();
        own.any(|it| it.text.en.starts_with(start))
    };
    let wanted = "ignored: older than the version applied at ";
    assert!(says(wanted), "{:#?}", detail.timeline);
    let folds: Vec<_> = detail
        .deliveries
        .iter()
        .map(|it| it.fold.as_deref())
        .collect();
    assert!(
        folds.contains(&Some("stale")) && folds.contains(&Some("applied")),
        "{folds:?}"
    );
    assert!(detail.deliveries.iter().all(|it| it.delay_ms.is_some()));
    assert!(detail.deliveries.iter().any(|it| it.version.is_some()));
}

#[tokio::test(start_paused = true)]
async fn an_order_is_shown_as_it_should_be_as_it_was_sent_and_as_the_portal_has_it() {
    let stand = Stand::start().await;
    let order = stand.order().await;
    let quiet = stand.board().order(&order, false).await.expect("the order");
    assert_eq!(quiet.compared.portal, None);
    assert_eq!(quiet.compared.rows_sent, Some(true));
    let detail = stand.board().order(&order, true).await.expect("the order");
    let amount = detail.compared.fields.iter();
    let mut amount = amount.filter(|it| it.field == "opportunity");
    let amount = amount.next().expect("the amount");
    assert!(amount.desired.is_some());
    assert_eq!(amount.desired, amount.sent);
    let number = |it: &Option<String>| {
        let text = it.as_deref().unwrap_or_default();
        text.parse::<rust_decimal::Decimal>().expect("a number")
    };
    assert_eq!(number(&amount.portal), number(&amount.sent));
    let portal = detail.compared.portal.expect("it was asked");
    assert!(portal.found);
    assert_eq!(portal.rows.len(), detail.compared.rows.len());
    assert!(
        portal
            .deal
            .url
            .starts_with("https://portal.bitrix24.com/crm/deal/details/")
    );
}

#[tokio::test(start_paused = true)]
async fn orders_are_found_by_what_people_know_of_them() {
    let stand = Stand::start().await;
    let one = stand.order().await;
    stand.order().await;
    let board = stand.board();
    let detail = board.order(&one, false).await.expect("the order");
    let name = detail.row.order.name.clone().expect("a name");
    let deal = detail.row.deal.as_ref().expect("a deal").id.to_string();
    let contact = stand
        .portal
        .deals()
        .iter()
        .find(|it| it.id.to_string() == deal)
        .map(|it| it.contact_ids.clone());
    let contact = contact
        .expect("the deal")
        .first()
        .expect("a contact")
        .to_string();
    let all = OrderFilter::default();
    for query in [
        name.clone(),
        name.trim_start_matches('#').to_owned(),
        one.order.to_string(),
        one.to_string(),
        deal,
        contact,
    ] {
        let page = board
            .orders(&query, &all, None, None)
            .await
            .expect("a page");
        let ids: Vec<u64> = page.rows.iter().map(|it| it.order.id).collect();
        assert!(ids.contains(&one.order.0), "{query}: {ids:?}");
    }
    let none = board.orders("nobody@example.com", &all, None, None).await;
    let none = none.expect("a page");
    assert!(none.rows.is_empty() && none.note.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_mapping_is_tried_on_an_order_of_the_ledger() {
    let stand = Stand::start().await;
    let order = stand.order().await;
    let preview = stand
        .board()
        .try_mapping(&Trial::Order(order.clone()))
        .await;
    let preview = preview.expect("a preview");
    assert_eq!(preview.order.id, order.order.0);
    assert!(preview.wanted && preview.deal.adds_up);
    let unknown = stand.board().try_mapping(&Trial::Order(key(1))).await;
    assert!(unknown.is_err());
    let nothing = Trial::Body(bytes::Bytes::from_static(b"[]"));
    assert!(stand.board().try_mapping(&nothing).await.is_err());
}
