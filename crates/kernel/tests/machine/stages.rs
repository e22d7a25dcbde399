//! Stages: after a read of the same turn only, and never a closed deal, except that a loss may move a won one.

use kernel::{
    command::{Command, Decision, LeftAlone},
    deal::field,
    order::{Fulfillment, Order, Payment},
};

use crate::support::{Fate, Story, orders::order, text};

fn done(second: i64) -> Order {
    Order {
        payment: Payment::Paid,
        fulfillment: Fulfillment::Fulfilled,
        ..order(second, 100)
    }
}

fn cancelled(second: i64) -> Order {
    Order {
        cancelled: true,
        ..order(second, 100)
    }
}

fn stands_at(story: &mut Story, stage: &str) {
    let deal = story.person_changes(1);
    deal.fields.insert(field::STAGE.to_owned(), text(stage));
}

#[track_caller]
fn check(stands: &str, newer: &Order, want: &[&str], ends: &str) {
    let mut story = Story::linked(&order(0, 100));
    stands_at(&mut story, stands);
    story.seen(newer);
    story.live(1_000);
    assert_eq!(story.lines(), want);
    assert_eq!(story.deal(1).fields[field::STAGE], text(ends));
}

#[test]
fn a_paid_order_that_is_not_sent_leaves_the_stage_to_the_manager() {
    let paid = Order {
        payment: Payment::Paid,
        ..order(5, 100)
    };
    check("EXECUTING", &paid, &[], "EXECUTING");
}

#[test]
fn a_paid_and_sent_order_wins_an_open_deal_after_a_read() {
    check("EXECUTING", &done(5), &["read 1", "update 1: stage"], "WON");
}

#[test]
fn a_cancelled_order_loses_an_open_deal() {
    check("NEW", &cancelled(5), &["read 1", "update 1: stage"], "LOSE");
}

#[test]
fn a_loss_may_move_a_won_deal() {
    check("WON", &cancelled(5), &["read 1", "update 1: stage"], "LOSE");
}

#[test]
fn a_lost_deal_stays_lost_whatever_is_paid() {
    let left = format!("leave stage {:?}", LeftAlone::NoRule);
    check("LOSE", &done(5), &["read 1", &left], "LOSE");
}

#[test]
fn a_deal_that_a_person_won_is_not_won_again() {
    let left = format!("leave stage {:?}", LeftAlone::AlreadyThere);
    check("WON", &done(5), &["read 1", &left], "WON");
}

#[test]
fn a_deal_in_another_funnel_moves_within_it() {
    check("C7:NEW", &done(5), &["read 1", "update 1: stage"], "C7:WON");
}

#[test]
fn voided_and_refunded_orders_lose_and_partly_refunded_ones_do_not() {
    for (payment, ends) in [
        (Payment::Voided, "LOSE"),
        (Payment::Refunded, "LOSE"),
        (Payment::PartiallyRefunded, "NEW"),
    ] {
        let mut story = Story::linked(&order(0, 100));
        story.seen(&Order {
            payment,
            ..order(5, 100)
        });
        story.turn();
        assert_eq!(story.deal(1).fields[field::STAGE], text(ends));
    }
}

#[test]
fn a_stage_and_changed_fields_travel_together() {
    let mut story = Story::linked(&order(0, 100));
    story.seen(&Order {
        total: 0.into(),
        ..cancelled(5)
    });
    story.turn();
    assert_eq!(
        story.lines(),
        ["read 1", "update 1: fields stage", "rows 1"]
    );
}

#[test]
fn a_stage_said_again_after_an_unknown_write_is_read_again_first_and_a_person_wins() {
    let mut story = Story::linked(&order(0, 100));
    story.fates.push_back(Fate::Swallowed);
    story.seen(&done(5));
    story.turn();
    stands_at(&mut story, "LOSE");
    story.lines();
    story.live(1_000);
    assert_eq!(
        story.timed_lines(),
        [
            "11s read 1",
            "11s leave stage NoRule",
            "220s read 1",
            "220s leave stage NoRule"
        ]
    );
    assert_eq!(story.deal(1).fields[field::STAGE], text("LOSE"));
}

#[test]
fn a_read_of_an_earlier_turn_does_not_count() {
    let mut story = Story::linked(&order(0, 100));
    story
        .fates
        .push_back(Fate::Refused(kernel::outcome::RefusalClass::Busy));
    story.seen(&done(5));
    story.turn();
    story.lines();
    story.live(5);
    assert_eq!(story.lines(), ["read 1", "update 1: stage"]);
}

#[test]
fn a_failed_read_writes_no_stage() {
    let mut story = Story::linked(&order(0, 100));
    story.seen(&done(5));
    story.blind = 1;
    story.live(5);
    assert_eq!(
        story.timed_lines(),
        ["10s read 1", "11s read 1", "11s update 1: stage"]
    );
}

#[test]
fn an_order_first_seen_paid_and_sent_is_created_won() {
    let mut story = Story::of(&done(0), []);
    story.turn();
    assert_eq!(story.lines(), ["look", "create", "rows 1"]);
    assert_eq!(story.deal(1).fields[field::STAGE], text("WON"));
}

#[test]
fn a_read_that_waited_too_long_for_its_write_is_made_again() {
    let mut story = Story::linked(&order(0, 100));
    story.seen(&done(5));
    let (at, process) = (story.world.now, story.world.process);
    let glimpse = story.portal.read(kernel::DealId(1), at, process).unwrap();
    story.happens(&kernel::event::Event::Glimpsed(glimpse));
    let write = story.decides();
    story.wait(11);
    let read = Decision::Act(Command::Read {
        deal: kernel::DealId(1),
    });
    assert_ne!(write, read);
    assert_eq!(story.decides(), read);
}

#[test]
fn a_deal_that_a_person_opened_again_is_not_closed_by_a_debt() {
    let mut story = Story::linked(&order(0, 100));
    story.fates.push_back(Fate::AnswerLost);
    story.seen(&done(5));
    story.live(5);
    stands_at(&mut story, "EXECUTING");
    story.lines();
    story.live(1_000);
    let left = format!("220s leave stage {:?}", LeftAlone::Reopened);
    assert_eq!(story.timed_lines(), ["220s read 1".to_owned(), left]);
    assert_eq!(story.deal(1).fields[field::STAGE], text("EXECUTING"));
}

#[test]
fn an_older_move_of_ours_that_lands_late_is_put_right() {
    let mut story = Story::linked(&order(0, 100));
    story
        .fates
        .extend([Fate::Late(std::time::Duration::from_secs(100))]);
    story.seen(&done(5));
    story.live(2);
    story.seen(&cancelled(6));
    story.live(1_000);
    assert_eq!(story.deal(1).fields[field::STAGE], text("LOSE"));
}

#[test]
fn a_deal_that_a_person_moved_since_a_move_of_ours_was_tried_is_not_closed_again() {
    let mut story = Story::linked(&order(0, 100));
    story.fates.push_back(Fate::AnswerLost);
    story.seen(&done(5));
    story.turn();
    // The person saw it closed, and opened it again before we could ask.
    stands_at(&mut story, "EXECUTING");
    story.live(1_000);
    assert_eq!(story.deal(1).fields[field::STAGE], text("EXECUTING"));
}

#[test]
fn a_move_whose_request_was_swallowed_is_made_again() {
    let mut story = Story::linked(&order(0, 100));
    story.fates.push_back(Fate::Swallowed);
    story.seen(&done(5));
    story.live(1_000);
    assert_eq!(story.deal(1).fields[field::STAGE], text("WON"));
}
