//! A ledger that may have forgotten sends looks and adopts, but creates nothing before they must have landed.

use kernel::{DealId, command::Decision, presence::Presence};

use crate::support::{Fate, Story, deal_with_number, deal_with_pair, orders::order, seconds};

fn cold() -> Story {
    let mut story = Story::new();
    story.world.cold_until = Some(seconds(220));
    story.seen(&order(0, 100));
    story
}

#[test]
fn a_cold_ledger_looks_at_once_and_waits() {
    let mut story = cold();
    let decision = story.turn();
    assert!(matches!(decision, Decision::Wait(at) if at <= seconds(220)));
    assert_eq!(story.lines(), ["look"]);
}

#[test]
fn a_cold_ledger_creates_only_after_a_lookup_that_started_when_the_cold_time_was_over() {
    let mut story = cold();
    story.live(300);
    let lines = story.timed_lines();
    assert!(lines.ends_with(&["220s look", "220s create", "220s rows 1"].map(str::to_owned)));
    assert_eq!(story.portal.deals.len(), 1);
}

#[test]
fn a_lookup_shortly_before_the_end_of_the_cold_time_is_not_enough() {
    let mut story = cold();
    story.world.now = seconds(219);
    story.turn();
    story.wait(1);
    story.turn();
    assert_eq!(
        story.timed_lines(),
        ["219s look", "220s look", "220s create", "220s rows 1"]
    );
}

#[test]
fn a_cold_ledger_finds_what_it_forgot_and_says_it_again_when_a_forgotten_send_must_have_landed() {
    let mut story = cold();
    story.portal.put(deal_with_pair("onedeal:ours"));
    story.turn();
    assert_eq!(story.state.presence, Presence::Linked(DealId(1)));
    assert_eq!(story.deal(1).amount(), "100.00");
    story.lines();
    story.live(300);
    assert_eq!(
        story.timed_lines(),
        ["220s read 1", "220s update 1: fields", "220s rows 1"]
    );
}

#[test]
fn a_forgotten_create_that_lands_in_the_cold_time_is_found() {
    let mut story = cold();
    story.turn();
    let mut forgotten = deal_with_pair("onedeal:ours");
    forgotten.listed_from = seconds(215);
    story.portal.put(forgotten);
    story.live(1_000);
    assert_eq!(story.portal.deals.len(), 1);
    assert_eq!(story.state.presence, Presence::Linked(DealId(1)));
}

#[test]
fn a_cold_ledger_adopts() {
    let mut story = cold();
    story.portal.put(deal_with_number("NEW"));
    story.turn();
    assert_eq!(story.state.presence, Presence::Linked(DealId(1)));
}

#[test]
fn a_cold_ledger_updates_what_it_knows() {
    let mut story = Story::linked(&order(0, 100));
    story.world.cold_until = Some(seconds(220));
    story.seen(&order(5, 80));
    story.turn();
    assert_eq!(story.lines(), ["update 1: fields", "rows 1"]);
}

#[test]
fn doubt_and_cold_time_both_have_to_end() {
    let mut story = Story::of(&order(0, 100), [Fate::Swallowed]);
    story.turn();
    story.world.cold_until = Some(seconds(400));
    story.live(1_000);
    let creates: Vec<String> = story
        .timed_lines()
        .into_iter()
        .filter(|it| it.ends_with("create"))
        .collect();
    assert_eq!(creates, ["10s create", "400s create"]);
}

#[test]
fn what_a_cold_ledger_linked_is_looked_up_again_for_late_landings() {
    let mut story = cold();
    story.portal.put(deal_with_pair("onedeal:ours"));
    story.live(300);
    story.portal.put(deal_with_pair("onedeal:ours"));
    story.live(1_000);
    assert_eq!(story.portal.live(), [DealId(1)]);
}
