//! The deal is linked: what changed is written, and nothing else.

use std::time::Duration;

use kernel::{command::Decision, deal::field, outcome::RefusalClass};
use rust_decimal::Decimal;

use crate::support::{Fate, Story, orders::order, text};

#[test]
fn the_same_state_again_costs_no_request() {
    let mut story = Story::linked(&order(0, 100));
    story.seen(&order(0, 100));
    assert_eq!(story.turn(), Decision::Rest);
    assert!(story.lines().is_empty());
}

#[test]
fn a_newer_state_that_changes_nothing_of_the_deal_costs_no_request() {
    let mut story = Story::linked(&order(0, 100));
    story.seen(&order(5, 100));
    assert_eq!(story.turn(), Decision::Rest);
    assert!(story.lines().is_empty());
}

#[test]
fn an_older_state_changes_nothing() {
    let mut story = Story::linked(&order(5, 100));
    story.seen(&order(4, 90));
    story.turn();
    assert!(story.lines().is_empty());
    assert_eq!(story.deal(1).amount(), "100.00");
}

#[test]
fn a_changed_amount_is_written_once_with_its_rows() {
    let mut story = Story::linked(&order(0, 100));
    story.seen(&order(5, 80));
    story.turn();
    assert_eq!(story.lines(), ["update 1: fields", "rows 1"]);
    assert_eq!(story.deal(1).amount(), "80.00");
    assert_eq!(story.deal(1).rows[0].price, Decimal::new(8_000, 2));
    story.live(1_000);
    assert!(story.lines().is_empty());
}

#[test]
fn what_a_robot_writes_into_the_deal_starts_no_loop() {
    let mut story = Story::linked(&order(0, 100));
    let amount = kernel::deal::FieldValue::Number(Decimal::ONE);
    let robot = story.person_changes(1);
    robot
        .fields
        .insert(kernel::deal::field::AMOUNT.to_owned(), amount);
    story.seen(&order(5, 100));
    story.live(1_000);
    assert!(story.lines().is_empty());
}

#[test]
fn an_unknown_update_is_said_again_at_once_and_once_more_when_it_can_no_longer_land() {
    let mut story = Story::linked(&order(0, 100));
    story.fates.push_back(Fate::AnswerLost);
    story.seen(&order(5, 80));
    story.live(500);
    assert_eq!(
        story.timed_lines(),
        [
            "10s update 1: fields",
            "11s update 1: fields",
            "11s rows 1",
            "220s update 1: fields"
        ]
    );
}

#[test]
fn an_unknown_update_does_not_block_a_newer_one_and_cannot_undo_it() {
    let mut story = Story::linked(&order(0, 100));
    story.fates.push_back(Fate::Late(Duration::from_secs(170)));
    story.seen(&order(5, 80));
    story.turn();
    story.seen(&order(6, 60));
    story.live(30);
    assert_eq!(story.deal(1).amount(), "60.00");
    story.live(150);
    assert_eq!(story.deal(1).amount(), "80.00", "the old one landed");
    story.live(100);
    assert_eq!(story.deal(1).amount(), "60.00", "the newest was said again");
}

#[test]
fn an_unknown_write_of_rows_is_a_debt_too() {
    let mut story = Story::linked(&order(0, 100));
    story.fates = [Fate::Fine, Fate::Late(Duration::from_secs(100))].into();
    story.seen(&order(5, 80));
    story.turn();
    story.seen(&order(6, 60));
    story.live(500);
    assert_eq!(
        story.timed_lines(),
        [
            "10s update 1: fields",
            "10s rows 1",
            "11s update 1: fields",
            "11s rows 1",
            "220s read 1",
            "220s rows 1"
        ]
    );
    assert_eq!(story.deal(1).rows[0].price, Decimal::new(6_000, 2));
}

#[test]
fn an_update_cut_off_by_a_crash_is_a_debt_that_survives_it() {
    let mut story = Story::linked(&order(0, 100));
    story.fates.push_back(Fate::CrashUnsent);
    story.seen(&order(5, 80));
    story.turn();
    story.live(5);
    assert_eq!(story.deal(1).amount(), "80.00");
    story.restart();
    story.lines();
    story.live(500);
    assert_eq!(story.timed_lines(), ["220s update 1: fields"]);
}

#[test]
fn going_back_to_the_state_before_an_unknown_update_is_still_written() {
    let mut story = Story::linked(&order(0, 100));
    story.fates.push_back(Fate::AnswerLost);
    story.seen(&order(5, 80));
    story.turn();
    story.seen(&order(6, 100));
    story.live(5);
    assert_eq!(story.deal(1).amount(), "100.00");
}

#[test]
fn a_refused_update_surely_did_nothing_and_leaves_no_debt() {
    let mut story = Story::linked(&order(0, 100));
    story.fates.push_back(Fate::Refused(RefusalClass::Busy));
    story.seen(&order(5, 80));
    story.live(500);
    assert_eq!(
        story.timed_lines(),
        ["10s update 1: fields", "11s update 1: fields", "11s rows 1"]
    );
}

#[test]
fn rows_that_change_alone_follow_a_read_that_shows_the_key() {
    let mut story = Story::linked(&order(0, 100));
    story.live(60);
    let mut renamed = order(5, 100);
    renamed.lines[0].name = "Cup".to_owned();
    story.seen(&renamed);
    story.live(60);
    assert_eq!(story.lines(), ["read 1", "rows 1"]);
    let other = story.person_changes(1);
    other
        .fields
        .insert(field::ORIGIN.to_owned(), text("another"));
    renamed.lines[0].name = "Jug".to_owned();
    renamed.updated_at = order(6, 100).updated_at;
    story.seen(&renamed);
    story.live(60);
    assert_eq!(story.lines(), ["read 1"]);
    assert!(story.state.parked.is_some());
}
