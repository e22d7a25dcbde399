//! A deal found after an unknown create has received its key, and perhaps nothing else.

use kernel::{
    DealId,
    deal::{FieldValue, Fields, field},
    mapping::ORDER_FIELD_DEFAULT,
    presence::Presence,
    remark::Remark,
};

use crate::support::{
    Fate, Story, deal_with_pair,
    orders::{key, order},
    seconds, text,
};

#[test]
fn a_lost_answer_is_found_completed_at_once_and_said_once_more_when_it_settles() {
    let mut story = Story::of(&order(0, 100), [Fate::AnswerLost]);
    story.live(500);
    assert_eq!(
        story.timed_lines(),
        [
            "10s look",
            "10s create",
            "12s look",
            "12s read 1",
            "12s update 1: fields rest",
            "12s rows 1",
            "220s update 1: fields",
            "220s rows 1"
        ]
    );
    assert!(story.concluded(&Remark::FoundOwn {
        deal: DealId(1),
        late: false
    }));
}

#[test]
fn a_found_deal_with_nothing_but_its_key_receives_number_amount_title_and_rows() {
    let mut story = Story::of(
        &kernel::order::Order {
            note: Some("Please ring".to_owned()),
            ..order(0, 100)
        },
        [Fate::Swallowed],
    );
    story.turn();
    let bare = deal_with_pair("onedeal:ours");
    story.portal.put(bare);
    story.live(10);
    let deal = story.deal(1);
    assert_eq!(deal.amount(), "100.00");
    assert_eq!(deal.fields[ORDER_FIELD_DEFAULT], text(&key().origin()));
    assert_eq!(
        deal.fields[field::COMMENTS],
        text("Please ring\nhttps://admin.shopify.com/store/acme/orders/6120000000001")
    );
    assert_eq!(deal.rows.len(), 1);
}

#[test]
fn what_a_person_wrote_into_a_found_deal_stays() {
    let order = kernel::order::Order {
        note: Some("Please ring".to_owned()),
        ..order(0, 100)
    };
    let mut story = Story::of(&order, [Fate::AnswerLost]);
    story.turn();
    let written = Fields::from([
        (field::TITLE.to_owned(), text("The big one")),
        (field::COMMENTS.to_owned(), text("Call them back")),
        (field::AMOUNT.to_owned(), FieldValue::Number(7.into())),
    ]);
    story.person_changes(1).fields.extend(written);
    story.live(300);
    assert_eq!(story.deal(1).fields[field::TITLE], text("The big one"));
    assert_eq!(
        story.deal(1).fields[field::COMMENTS],
        text("Call them back")
    );
    assert_eq!(story.deal(1).amount(), "100.00", "the shop owns the amount");
}

#[test]
fn a_found_deal_of_an_order_that_changed_meanwhile_says_the_newest() {
    let mut story = Story::of(&order(0, 100), [Fate::AnswerLost]);
    story.turn();
    story.seen(&order(1, 150));
    story.live(10);
    assert_eq!(story.deal(1).amount(), "150.00");
}

#[test]
fn the_debt_of_a_found_deal_survives_a_restart() {
    let mut story = Story::of(&order(0, 100), [Fate::AnswerLost]);
    story.live(60);
    story.restart();
    story.lines();
    story.live(300);
    assert_eq!(
        story.timed_lines(),
        ["220s update 1: fields", "220s rows 1"]
    );
}

#[test]
fn a_completion_that_ends_unknown_is_made_again() {
    let mut story = Story::of(&order(0, 100), [Fate::AnswerLost, Fate::Swallowed]);
    story.live(20);
    assert_eq!(
        story.timed_lines()[3..],
        [
            "12s read 1",
            "12s update 1: fields rest",
            "13s read 1",
            "13s update 1: fields rest",
            "13s rows 1"
        ]
    );
    assert_eq!(story.state.completion, None);
}

#[test]
fn after_a_doubt_the_order_is_looked_up_again_after_ten_minutes_an_hour_and_a_day() {
    let mut story = Story::of(&order(0, 100), [Fate::AnswerLost]);
    story.live(300);
    story.lines();
    story.live(2 * 86_400);
    assert_eq!(
        story.timed_lines(),
        ["612s look", "3612s look", "86412s look"]
    );
    assert_eq!(story.world.now, seconds(310 + 2 * 86_400));
}

#[test]
fn an_order_that_never_was_in_doubt_is_not_looked_up_again() {
    let mut story = Story::linked(&order(0, 100));
    story.live(2 * 86_400);
    assert!(story.lines().is_empty());
}

#[test]
fn a_deal_that_lands_before_the_first_probe_after_a_crash_is_found() {
    let mut story = Story::of(&order(0, 100), [Fate::Crash]);
    story.turn();
    story.live(5);
    assert_eq!(story.state.presence, Presence::Linked(DealId(1)));
    assert_eq!(story.portal.deals.len(), 1);
}
