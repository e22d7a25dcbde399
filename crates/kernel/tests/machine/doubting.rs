//! A create ended unknown: early lookups, settling, proof of absence.

use std::time::Duration;

use kernel::{
    DealId,
    command::{Command, Decision},
    event::Event,
    presence::Presence,
    remark::Remark,
};

use crate::support::{Fate, Story, orders::order, seconds};

#[test]
fn a_swallowed_create_is_probed_at_2_10_30_and_90_seconds_and_made_again_once_it_settled() {
    let mut story = Story::of(&order(0, 100), [Fate::Swallowed]);
    story.live(300);
    assert_eq!(
        story.timed_lines(),
        [
            "10s look",
            "10s create",
            "12s look",
            "20s look",
            "40s look",
            "100s look",
            "220s look",
            "220s create",
            "220s rows 1"
        ]
    );
    assert_eq!(story.portal.deals.len(), 1);
    assert!(story.concluded(&Remark::NothingFound { proves: false }));
}

#[test]
fn after_a_crash_doubt_begins_when_the_next_process_records_it() {
    let mut story = Story::of(&order(0, 100), [Fate::CrashUnsent]);
    story.turn();
    story.wait(50);
    story.live(300);
    assert_eq!(
        story.timed_lines(),
        [
            "10s look",
            "10s create",
            "62s look",
            "70s look",
            "90s look",
            "150s look",
            "270s look",
            "270s create",
            "270s rows 1"
        ]
    );
}

#[test]
fn restarts_every_few_seconds_do_not_move_the_settling() {
    let mut story = Story::of(&order(0, 100), [Fate::CrashUnsent]);
    story.turn();
    for _ in 0..80 {
        story.live(5);
        story.restart();
    }
    let lines = story.timed_lines();
    assert!(lines.contains(&"220s create".to_owned()), "{lines:?}");
    assert_eq!(story.portal.deals.len(), 1);
}

#[test]
fn an_empty_lookup_that_started_before_the_settling_proves_nothing_though_it_ended_after() {
    let mut story = Story::of(&order(0, 100), [Fate::Swallowed]);
    story.live(209);
    let started_at = story.world.now;
    story.wait(2);
    let rows = Vec::new();
    story.happens(&Event::Looked { started_at, rows });
    let look = Decision::Act(Command::Look {
        contact: None,
        company: None,
        variants: Vec::new(),
    });
    assert_eq!(story.decides(), look);
}

#[test]
fn an_answer_that_speaks_of_a_duplicate_is_looked_up_after_the_seeds_pause() {
    let mut story = Story::of(&order(0, 100), [Fate::SaysDuplicate]);
    let decision = story.turn();
    let pause = Duration::from_millis(100);
    assert_eq!(decision, Decision::Wait(seconds(10) + pause));
    assert!(story.concluded(&Remark::DuplicateSaid { attempt: 1 }));
    story.live(300);
    assert_eq!(story.portal.deals.len(), 1);
}

#[test]
fn a_newer_state_does_not_shorten_the_doubt() {
    let mut story = Story::of(&order(0, 100), [Fate::Swallowed]);
    story.live(50);
    story.seen(&order(9, 200));
    story.live(100);
    assert_eq!(story.portal.deals.len(), 0);
    story.live(100);
    assert_eq!(story.deal(1).amount(), "200.00");
}

#[test]
fn doubt_of_a_second_attempt_settles_on_its_own() {
    let mut story = Story::of(&order(0, 100), [Fate::Swallowed, Fate::Swallowed]);
    story.live(600);
    let creates: Vec<String> = story
        .timed_lines()
        .into_iter()
        .filter(|it| it.ends_with("create"))
        .collect();
    assert_eq!(creates, ["10s create", "220s create", "430s create"]);
}

#[test]
fn a_deal_that_lands_late_but_before_the_settling_is_found_not_made_again() {
    let late = Fate::Late(Duration::from_secs(179));
    let mut story = Story::of(&order(0, 100), [late]);
    story.portal.list_lag = Duration::from_secs(30);
    story.live(400);
    assert_eq!(story.portal.deals.len(), 1);
    assert_eq!(story.state.presence, Presence::Linked(DealId(1)));
    assert!(story.concluded(&Remark::FoundOwn {
        deal: DealId(1),
        late: false
    }));
}
