//! Who spoils a request: its members travel in half of that company, then alone, and only what happens alone counts.

use kernel::{
    IntentId,
    event::Event,
    outcome::{Outcome, RefusalClass},
    party::{self, OpenPartyWrite, PartyEvent, PartyKind},
    state::ParkReason,
};

use crate::support::{Fate, Story, orders::order};

fn parked_as_poison(story: &Story) -> bool {
    story
        .state
        .parked
        .as_ref()
        .is_some_and(|it| it.why == ParkReason::Poison)
}

#[test]
fn an_unknown_request_in_company_is_repeated_in_half_and_then_alone() {
    let mut story = Story::of(&order(0, 100), vec![Fate::Swallowed; 2]);
    story.crowd = 40;
    story.live(30);
    assert_eq!(story.state.retry.company.max(), 20);
    assert_eq!(story.state.retry.unknowns, 0);
    story.live(250);
    assert_eq!(story.state.retry.company.max(), 1);
    assert_eq!(story.state.retry.unknowns, 0);
}

#[test]
fn only_unknowns_alone_count_towards_parking() {
    let mut story = Story::of(&order(0, 100), vec![Fate::Swallowed; 9]);
    story.crowd = 40;
    story.live(1_000);
    assert!(!parked_as_poison(&story), "it was never alone");
    story.crowd = 1;
    story.live(700);
    assert!(parked_as_poison(&story));
}

#[test]
fn a_success_opens_the_company_again() {
    let mut story = Story::of(&order(0, 100), [Fate::Swallowed]);
    story.crowd = 40;
    story.live(300);
    assert!(story.state.deal().is_some());
    assert_eq!(story.state.retry.company.max(), usize::MAX);
}

#[test]
fn a_crash_neither_counts_nor_makes_the_company_smaller() {
    let mut story = Story::of(&order(0, 100), [Fate::Crash]);
    story.crowd = 40;
    story.live(1);
    story.restart();
    story.live(30);
    assert_eq!(story.state.retry.company.max(), usize::MAX);
    assert_eq!(story.state.retry.unknowns, 0);
}

#[test]
fn lookups_that_fail_in_company_are_repeated_in_half_and_a_portal_wide_failure_is_not() {
    let mut story = Story::of(&order(0, 100), []);
    let failed = |company| Event::LookFailed {
        code: None,
        company,
    };
    story.happens(&failed(1));
    assert_eq!(story.state.retry.look_company.max(), usize::MAX);
    story.happens(&failed(200));
    assert_eq!(story.state.retry.look_company.max(), 100);
    story.live(60);
    assert_eq!(story.state.retry.look_company.max(), usize::MAX);
}

#[test]
fn a_newer_state_of_a_parked_order_still_travels_alone() {
    let mut story = Story::of(&order(0, 100), vec![Fate::Swallowed; 7]);
    story.crowd = 40;
    story.live(450);
    story.crowd = 1;
    story.live(900);
    assert!(parked_as_poison(&story));
    story.seen(&order(1, 150));
    assert_eq!(story.state.parked, None);
    assert_eq!(story.state.retry.company.max(), 1);
}

#[test]
fn a_newer_version_of_an_order_in_trouble_does_not_widen_its_company() {
    let mut story = Story::linked(&order(0, 100));
    story.crowd = 40;
    story.fates = vec![Fate::Swallowed; 2].into();
    story.seen(&order(1, 150));
    story.turn();
    assert_eq!(story.state.retry.company.max(), 20);
    story.seen(&order(2, 160));
    assert_eq!(story.state.retry.company.max(), 20);
    story.live(1);
    assert_eq!(story.state.retry.company.max(), 1);
    story.live(1_000);
    assert_eq!(story.deal(1).amount(), "160.00");
    assert_eq!(story.state.retry.company.max(), usize::MAX);
}

#[test]
fn what_the_portal_surely_did_not_do_says_nothing_about_the_company() {
    for class in [
        RefusalClass::Busy,
        RefusalClass::Access,
        RefusalClass::Invalid,
    ] {
        let mut story = Story::of(&order(0, 100), [Fate::Refused(class)]);
        story.crowd = 40;
        story.turn();
        assert_eq!(story.state.retry.company.max(), usize::MAX, "{class:?}");
        assert_eq!(story.state.retry.unknowns, 0);
    }
}

#[test]
fn reads_and_writes_are_told_apart() {
    let mut story = Story::of(&order(0, 100), [Fate::Swallowed]);
    story.crowd = 40;
    story.live(1);
    assert_eq!(story.state.retry.company.max(), 20);
    assert_eq!(story.state.retry.look_company.max(), usize::MAX);
}

#[test]
fn a_contact_that_spoils_requests_travels_in_half_and_then_alone() {
    let mut story = Story::new();
    for (company, then, unknowns) in [(40, 20, 0), (20, 1, 0), (1, 1, 1)] {
        let open = OpenPartyWrite {
            intent: IntentId(1),
            company,
            creates: Some("7".to_owned()),
        };
        let unknown = Outcome::Unknown {
            says_duplicate: false,
        };
        for event in [PartyEvent::Intended(open), PartyEvent::Answered(unknown)] {
            party::apply(
                PartyKind::Contact,
                &mut story.contact,
                &event,
                &story.world.context(),
            );
        }
        assert_eq!(story.contact.crowd.max(), then);
        assert_eq!(story.contact.unknowns, unknowns);
    }
}
