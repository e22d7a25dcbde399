//! Never tried: a lookup, a create, its rows.

use kernel::{
    DealId,
    command::{Command, Decision, Write},
    deal::{FieldValue, field},
    event::Event,
    mapping::ORDER_FIELD_DEFAULT,
    outcome::RefusalClass,
    presence::Presence,
    remark::Remark,
};

use crate::support::{
    Fate, Story,
    orders::{key, order},
    seconds, text,
};

#[test]
fn an_order_never_seen_has_nothing_to_do() {
    let mut story = Story::new();
    assert_eq!(story.turn(), Decision::Rest);
    assert!(story.lines().is_empty());
}

#[test]
fn a_new_order_is_looked_up_created_and_given_its_rows() {
    let mut story = Story::of(&order(0, 100), []);
    assert_eq!(story.turn(), Decision::Rest);
    assert_eq!(story.lines(), ["look", "create", "rows 1"]);
    assert_eq!(story.state.presence, Presence::Linked(DealId(1)));
    assert!(story.concluded(&Remark::Created {
        deal: DealId(1),
        attempt: 1
    }));
    assert_eq!(story.deal(1).rows.len(), 1);
}

#[test]
fn the_first_insert_carries_key_number_mark_amount_and_stage() {
    let mut story = Story::of(&order(0, 100), []);
    story.turn();
    let fields = &story.deal(1).fields;
    let origin = key().origin();
    assert_eq!(
        fields[field::ORIGINATOR],
        text("shopify:acme.myshopify.com")
    );
    assert_eq!(fields[field::ORIGIN], text(&origin));
    assert_eq!(fields[ORDER_FIELD_DEFAULT], text(&origin));
    assert_eq!(fields[field::ADDITIONAL_INFO], text("onedeal:ours"));
    assert_eq!(fields[field::TITLE], text("Order #1042"));
    assert_eq!(fields[field::STAGE], text("NEW"));
    assert_eq!(fields[field::MANUAL_AMOUNT], FieldValue::Flag(true));
    assert_eq!(story.deal(1).amount(), "100.00");
}

#[test]
fn an_update_for_an_unknown_order_creates_its_deal() {
    let mut story = Story::of(&order(0, 100), []);
    assert!(story.state.began_with_update);
    story.turn();
    assert_eq!(story.portal.deals.len(), 1);
}

#[test]
fn several_states_of_one_burst_are_one_create_of_the_newest() {
    let mut story = Story::of(&order(0, 100), []);
    story.seen(&order(2, 120));
    story.seen(&order(1, 110));
    story.turn();
    assert_eq!(story.lines(), ["look", "create", "rows 1"]);
    assert_eq!(story.deal(1).amount(), "120.00");
}

#[test]
fn a_failed_lookup_permits_nothing_and_is_tried_again_later_and_later() {
    let mut story = Story::of(&order(0, 100), []);
    story.blind = 3;
    story.live(60);
    assert_eq!(
        story.timed_lines(),
        [
            "10s look",
            "11s look",
            "13s look",
            "17s look",
            "17s create",
            "17s rows 1"
        ]
    );
}

#[test]
fn a_lookup_of_an_earlier_process_permits_nothing() {
    let mut story = Story::of(&order(0, 100), [Fate::Refused(RefusalClass::Busy)]);
    story.turn();
    story.lines();
    // The refused create used its lookup up; the next one is made, and then the process ends.
    story.wait(1);
    story.fates.push_back(Fate::CrashUnsent);
    story.turn();
    assert_eq!(story.lines(), ["look", "create"]);
    story.live(1_000);
    assert_eq!(story.portal.deals.len(), 1);
}

#[test]
fn a_lookup_older_than_a_minute_permits_nothing() {
    let mut story = Story::of(&order(0, 100), []);
    let started_at = story.world.now;
    let rows = Vec::new();
    story.happens(&Event::Looked { started_at, rows });
    story.wait(60);
    let create = |it: Decision| matches!(it, Decision::Act(Command::Write(Write::Create { .. })));
    assert!(create(story.decides()));
    story.wait(1);
    let look = Decision::Act(Command::Look {
        contact: None,
        company: None,
        variants: Vec::new(),
    });
    assert_eq!(story.decides(), look);
}

#[test]
fn a_refused_create_is_looked_up_again_before_it_is_made_again() {
    let mut story = Story::of(&order(0, 100), [Fate::Refused(RefusalClass::Busy)]);
    story.live(60);
    assert_eq!(
        story.timed_lines(),
        [
            "10s look",
            "10s create",
            "11s look",
            "11s create",
            "11s rows 1"
        ]
    );
    assert!(story.concluded(&Remark::Created {
        deal: DealId(1),
        attempt: 2
    }));
}

#[test]
fn a_create_answered_without_its_deal_is_in_doubt() {
    let mut story = Story::of(&order(0, 100), [Fate::WithoutDeal]);
    assert_eq!(story.turn(), Decision::Wait(seconds(12)));
    assert_eq!(story.state.phase(), "in_doubt");
    story.live(2);
    assert_eq!(story.state.presence, Presence::Linked(DealId(1)));
}

#[test]
fn a_create_on_its_way_lets_nothing_else_be_sent() {
    let mut story = Story::of(&order(0, 100), [Fate::CrashUnsent]);
    story.turn();
    assert_eq!(story.state.phase(), "sending");
    assert!(matches!(story.decides(), Decision::Wait(_)));
}
