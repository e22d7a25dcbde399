//! What an operator says: park, ignore, try again.

use kernel::{
    DealId,
    command::Decision,
    event::Event,
    outcome::RefusalClass,
    party::{PartyKind, PartyNews},
    presence::Presence,
    remark::Remark,
    state::{Notice, ParkReason},
};

use crate::support::{Fate, Story, orders::order};

#[test]
fn an_order_parked_by_the_operator_stays_parked_through_newer_versions() {
    let mut story = Story::linked(&order(0, 100));
    story.happens(&Event::OperatorPark(ParkReason::Operator));
    story.seen(&order(5, 80));
    assert_eq!(story.live(100_000), Decision::Rest);
    assert_eq!(story.state.phase(), "parked");
    assert!(story.lines().is_empty());
}

#[test]
fn an_ignored_order_gets_no_deal() {
    let mut story = Story::new();
    story.happens(&Event::OperatorPark(ParkReason::Ignored));
    story.seen(&order(0, 100));
    assert_eq!(story.live(100_000), Decision::Rest);
    assert_eq!(story.state.phase(), "ignored");
    assert!(story.lines().is_empty());
}

#[test]
fn the_operators_retry_tries_at_once_with_the_newest_state() {
    let mut story = Story::linked(&order(0, 100));
    story.happens(&Event::OperatorPark(ParkReason::Operator));
    story.seen(&order(5, 80));
    story.turn();
    assert_eq!(story.happens(&Event::OperatorRetry), [Remark::Unparked]);
    story.turn();
    assert_eq!(story.deal(1).amount(), "80.00");
}

#[test]
fn the_operators_retry_does_not_wait_for_the_back_off() {
    let mut story = Story::of(&order(0, 100), vec![Fate::Refused(RefusalClass::Busy); 6]);
    story.live(40);
    story.happens(&Event::OperatorRetry);
    story.turn();
    assert_eq!(story.state.deal(), Some(DealId(1)));
}

#[test]
fn the_operators_retry_does_not_end_a_doubt() {
    let mut story = Story::of(&order(0, 100), [Fate::Swallowed]);
    story.live(20);
    story.happens(&Event::OperatorRetry);
    story.live(100);
    assert_eq!(story.state.phase(), "in_doubt");
    assert!(story.portal.deals.is_empty());
}

#[test]
fn a_write_cut_off_while_the_operator_parks_is_still_unknown_afterwards() {
    let mut story = Story::of(&order(0, 100), [Fate::Crash]);
    story.turn();
    story.happens(&Event::OperatorPark(ParkReason::Operator));
    story.live(1_000);
    assert_eq!(story.state.open, None);
    story.happens(&Event::OperatorRetry);
    story.live(1_000);
    assert_eq!(story.state.deal(), Some(DealId(1)));
    assert_eq!(story.portal.deals.len(), 1);
}

#[test]
fn a_delivery_that_cannot_be_read_is_a_notice_and_nothing_else() {
    let mut story = Story::linked(&order(0, 100));
    assert!(story.happens(&Event::UnreadableSeen).is_empty());
    assert!(story.state.notices.contains(&Notice::Unreadable));
    assert_eq!(story.turn(), Decision::Rest);
    assert!(story.lines().is_empty());
}

#[test]
fn a_refused_contact_or_company_is_a_notice() {
    let mut story = Story::linked(&order(0, 100));
    for kind in [PartyKind::Contact, PartyKind::Company] {
        story.happens(&Event::Party(kind, PartyNews::Refused));
    }
    assert!(story.state.notices.contains(&Notice::ContactRefused));
    assert!(story.state.notices.contains(&Notice::CompanyRefused));
}

#[test]
fn digits_that_the_portal_cannot_carry_are_a_notice_while_they_last() {
    let mut story = Story::linked(&order(0, 100));
    story.seen(&kernel::order::Order {
        total: rust_decimal::Decimal::new(12_345, 3),
        ..order(5, 100)
    });
    assert!(story.state.notices.contains(&Notice::DigitsLost));
    story.seen(&order(6, 100));
    assert!(!story.state.notices.contains(&Notice::DigitsLost));
}

#[test]
fn a_create_whose_answer_showed_another_key_goes_on_after_the_operators_retry() {
    let mut story = Story::of(&order(0, 100), [Fate::OtherKey]);
    story.turn();
    assert!(story.state.parked.is_some());
    story.happens(&Event::OperatorRetry);
    story.live(10_000);
    assert_eq!(story.state.presence, Presence::Linked(DealId(1)));
}

#[test]
fn a_doubt_is_followed_up_while_an_operator_lets_the_order_rest_and_nothing_is_written() {
    let late = Fate::Late(std::time::Duration::from_secs(100));
    let mut story = Story::of(&order(0, 100), [late]);
    story.turn();
    story.lines();
    story.happens(&Event::OperatorPark(ParkReason::Ignored));
    story.live(100_000);
    assert_eq!(story.state.presence, Presence::Linked(DealId(1)));
    assert_eq!(story.state.phase(), "ignored");
    assert!(story.lines().iter().all(|it| it == "look"));
}

#[test]
fn a_doubt_that_settles_during_a_rest_ends_in_rest_and_goes_on_when_it_is_woken() {
    let mut story = Story::of(&order(0, 100), [Fate::Swallowed]);
    story.turn();
    story.happens(&Event::OperatorPark(ParkReason::Operator));
    assert_eq!(story.live(1_000), Decision::Rest);
    assert!(story.portal.deals.is_empty());
    story.happens(&Event::OperatorRetry);
    story.live(10);
    assert_eq!(story.state.deal(), Some(DealId(1)));
}

#[test]
fn a_conflict_found_during_a_rest_does_not_wake_the_order() {
    let mut story = Story::of(&order(0, 100), [Fate::Swallowed]);
    story.turn();
    story.happens(&Event::OperatorPark(ParkReason::Ignored));
    let theirs = crate::support::deal_with_number("NEW");
    story
        .portal
        .put(theirs.set(kernel::deal::field::ORIGIN, "88"));
    story.live(100_000);
    let parked = story.state.parked.clone().map(|it| it.why);
    assert_eq!(parked, Some(ParkReason::Ignored));
    assert_eq!(story.portal.deals.len(), 1);
}

#[test]
fn an_operators_sync_reads_first_and_says_everything_once() {
    let mut story = Story::linked(&order(0, 100));
    story.person_changes(1).fields.insert(
        kernel::deal::field::AMOUNT.to_owned(),
        kernel::deal::FieldValue::Number(rust_decimal::Decimal::ONE),
    );
    story.happens(&Event::OperatorSync);
    story.live(100);
    let lines = story.lines();
    assert_eq!(lines.first().map(String::as_str), Some("read 1"));
    assert_eq!(story.deal(1).amount(), "100.00");
    story.live(10_000);
    assert!(story.lines().is_empty());
}

#[test]
fn an_operators_sync_leaves_the_stage_where_a_person_put_it() {
    let mut story = Story::linked(&order(0, 100));
    let deal = story.person_changes(1);
    *deal = deal.clone().set(kernel::deal::field::STAGE, "EXECUTING");
    story.happens(&Event::OperatorSync);
    story.live(100);
    let stage = story.deal(1).text(kernel::deal::field::STAGE);
    assert_eq!(stage.as_deref(), Some("EXECUTING"));
}

#[test]
fn an_operators_sync_does_not_end_a_doubt() {
    let mut story = Story::of(&order(0, 100), [Fate::Swallowed]);
    story.live(20);
    story.happens(&Event::OperatorSync);
    story.live(100);
    assert_eq!(story.state.phase(), "in_doubt");
    assert!(story.portal.deals.is_empty());
}

#[test]
fn what_an_operator_asks_for_last_counts() {
    let mut story = Story::linked(&order(0, 100));
    story.happens(&Event::OperatorSync);
    story.happens(&Event::OperatorPark(ParkReason::Operator));
    story.happens(&Event::OperatorPark(ParkReason::Ignored));
    assert_eq!(story.state.phase(), "ignored");
    assert_eq!(story.turn(), Decision::Rest);
    assert_eq!(story.lines(), ["look"], "nothing is written");
}
