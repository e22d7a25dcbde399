//! Orders that rest: poison, refusals, answers about another order.

use kernel::{DealId, outcome::RefusalClass, remark::Remark, state::ParkReason};

use crate::support::{Fate, Story, orders::order, seconds};

fn why(story: &Story) -> Option<ParkReason> {
    story.state.parked.clone().map(|it| it.why)
}

fn seconds_of(story: &mut Story, what: &str) -> Vec<u64> {
    story
        .timed_lines()
        .iter()
        .filter_map(|it| it.split_once("s "))
        .filter(|(_, it)| *it == what)
        .filter_map(|(at, _)| at.parse().ok())
        .collect()
}

#[test]
fn after_three_unknown_creates_the_order_is_parked_once_its_doubt_is_resolved() {
    let mut story = Story::of(&order(0, 100), vec![Fate::Swallowed; 3]);
    story.live(600);
    assert_eq!(why(&story), None, "the third doubt is not resolved yet");
    story.live(50);
    assert_eq!(why(&story), Some(ParkReason::Poison));
    assert_eq!(seconds_of(&mut story, "create"), [10, 220, 430]);
}

#[test]
fn a_poisonous_order_whose_third_create_did_land_is_linked_not_parked() {
    let mut story = Story::of(
        &order(0, 100),
        [Fate::Swallowed, Fate::Swallowed, Fate::AnswerLost],
    );
    story.live(700);
    assert_eq!(why(&story), None);
    assert_eq!(story.state.deal(), Some(DealId(1)));
}

#[test]
fn a_parked_order_is_tried_again_ever_more_rarely() {
    let mut story = Story::of(&order(0, 100), vec![Fate::Swallowed; 6]);
    story.live(30_000);
    let creates = seconds_of(&mut story, "create");
    let gaps: Vec<u64> = creates.windows(2).map(|it| it[1] - it[0]).collect();
    // The doubt of 210 s, then pauses of 3, 6, 12 and 24 settle times on top of it.
    assert_eq!(gaps, [210, 210, 840, 1_470, 2_730, 5_250]);
    assert_eq!(story.portal.deals.len(), 1, "the seventh went well");
    assert_eq!(story.state.times_parked, 0);
}

#[test]
fn the_pause_of_a_parked_order_is_at_most_four_hours() {
    let mut story = Story::of(&order(0, 100), vec![Fate::Swallowed; 12]);
    story.live(200_000);
    let creates = seconds_of(&mut story, "create");
    let longest = creates.windows(2).map(|it| it[1] - it[0]).max();
    assert_eq!(longest, Some(4 * 3_600 + 210));
}

#[test]
fn three_unknown_updates_in_a_row_park_too_and_the_newest_gets_there_in_the_end() {
    let mut story = Story::linked(&order(0, 100));
    story.fates = vec![Fate::Swallowed; 3].into();
    story.seen(&order(5, 80));
    story.live(10);
    assert_eq!(why(&story), Some(ParkReason::Poison));
    story.live(5_000);
    assert_eq!(why(&story), None);
    assert_eq!(story.deal(1).amount(), "80.00");
}

#[test]
fn an_answered_write_starts_the_count_again() {
    let mut story = Story::linked(&order(0, 100));
    story.fates = [
        Fate::Swallowed,
        Fate::Swallowed,
        Fate::Fine,
        Fate::Swallowed,
    ]
    .into();
    story.seen(&order(5, 80));
    story.live(100);
    assert_eq!(why(&story), None);
}

#[test]
fn three_refusals_of_the_orders_own_content_park_it_with_the_portals_code() {
    for class in [RefusalClass::Invalid, RefusalClass::Denied] {
        let mut story = Story::of(&order(0, 100), vec![Fate::Refused(class); 3]);
        story.live(60);
        assert_eq!(why(&story), Some(ParkReason::Refused("CODE".to_owned())));
        let creates = seconds_of(&mut story, "create");
        assert_eq!(creates.len(), 3);
        let rests_until = seconds(creates[2] + 630);
        assert_eq!(story.state.parked.unwrap().until, Some(rests_until));
    }
}

#[test]
fn limits_and_missing_access_never_count_against_the_order() {
    for class in [RefusalClass::Busy, RefusalClass::Access] {
        let mut story = Story::of(&order(0, 100), vec![Fate::Refused(class); 30]);
        story.live(20_000);
        assert_eq!(why(&story), None);
        assert!(
            !story
                .remarks
                .iter()
                .any(|it| matches!(it, Remark::Parked(_)))
        );
        assert_eq!(story.portal.deals.len(), 1);
    }
}

#[test]
fn crashes_never_count_against_a_create() {
    let mut story = Story::of(&order(0, 100), vec![Fate::CrashUnsent; 6]);
    story.live(5_000);
    assert!(
        !story
            .remarks
            .iter()
            .any(|it| matches!(it, Remark::Parked(_)))
    );
    assert_eq!(story.portal.deals.len(), 1);
}

#[test]
fn a_newer_version_wakes_an_order_parked_for_its_content() {
    let mut story = Story::of(
        &order(0, 100),
        vec![Fate::Refused(RefusalClass::Invalid); 3],
    );
    story.live(60);
    story.seen(&order(5, 80));
    story.turn();
    assert_eq!(why(&story), None);
    assert_eq!(story.deal(1).amount(), "80.00");
}

#[test]
fn the_same_version_wakes_nothing() {
    let mut story = Story::of(
        &order(0, 100),
        vec![Fate::Refused(RefusalClass::Invalid); 3],
    );
    story.live(60);
    story.lines();
    story.seen(&order(0, 100));
    story.turn();
    assert!(story.lines().is_empty());
}

#[test]
fn a_newer_version_of_a_refused_order_has_one_try_not_three() {
    let mut story = Story::of(
        &order(0, 100),
        vec![Fate::Refused(RefusalClass::Invalid); 4],
    );
    story.live(60);
    story.seen(&order(5, 80));
    story.turn();
    assert!(why(&story).is_some());
}

#[test]
fn a_newer_version_does_not_end_the_doubt_of_a_poisonous_order() {
    let mut story = Story::of(&order(0, 100), vec![Fate::Swallowed; 4]);
    story.live(650);
    assert_eq!(why(&story), Some(ParkReason::Poison));
    story.seen(&order(5, 80));
    story.turn();
    assert_eq!(why(&story), None);
    story.live(100);
    assert_eq!(story.state.phase(), "in_doubt");
    story.live(2_000);
    assert_eq!(story.portal.deals.len(), 1);
}

#[test]
fn an_update_whose_answer_shows_another_key_parks_until_a_person_looks() {
    let mut story = Story::linked(&order(0, 100));
    story.fates.push_back(Fate::OtherKey);
    story.seen(&order(5, 80));
    story.live(100_000);
    assert_eq!(why(&story), Some(ParkReason::Mismatch(DealId(1))));
    assert_eq!(story.lines(), ["update 1: fields"]);
    story.seen(&order(6, 70));
    story.live(100_000);
    assert!(story.lines().is_empty(), "a newer version does not wake it");
}

#[test]
fn a_read_that_shows_another_key_parks_before_anything_is_written() {
    let mut story = Story::linked(&order(0, 100));
    let stolen = story.person_changes(1);
    *stolen = stolen.clone().set(kernel::deal::field::ORIGIN, "4711");
    story.seen(&kernel::order::Order {
        cancelled: true,
        ..order(5, 80)
    });
    story.turn();
    assert_eq!(story.lines(), ["read 1"]);
    assert_eq!(why(&story), Some(ParkReason::Mismatch(DealId(1))));
}

#[test]
fn a_create_whose_answer_shows_another_key_links_nothing() {
    let mut story = Story::of(&order(0, 100), [Fate::OtherKey]);
    story.live(10_000);
    assert_eq!(why(&story), Some(ParkReason::Mismatch(DealId(1))));
    assert_eq!(story.state.deal(), None);
    assert_eq!(story.lines(), ["look", "create"]);
}

#[test]
fn after_a_restart_a_mismatched_order_is_read_before_anything_is_written() {
    let mut story = Story::linked(&order(0, 100));
    let stolen = story.person_changes(1);
    *stolen = stolen.clone().set(kernel::deal::field::ORIGIN, "4711");
    story.fates.push_back(Fate::OtherKey);
    story.seen(&order(5, 80));
    story.turn();
    story.lines();
    story.restart();
    story.live(1_000);
    assert_eq!(story.lines(), ["read 1"]);
    assert_eq!(why(&story), Some(ParkReason::Mismatch(DealId(1))));
}

#[test]
fn after_a_restart_an_operators_word_still_holds() {
    let mut story = Story::linked(&order(0, 100));
    story.happens(&kernel::event::Event::OperatorPark(ParkReason::Operator));
    story.restart();
    story.live(1_000);
    assert_eq!(why(&story), Some(ParkReason::Operator));
}
