//! Stories that once ended wrong: each stays as a guard of what was mended.

use kernel::{
    DealId,
    deal::field,
    event::Event,
    order::{Order, Payment},
    outcome::RefusalClass,
    presence::Presence,
    state::{Notice, ParkReason},
    version::Source,
};
use rust_decimal::Decimal;

use crate::support::{Fate, Story, deal_with_pair, orders::order, text};

/// A linked deal found after a doubt, so that late looks are due; everything is said.
fn audited() -> Story {
    let mut story = Story::of(&order(0, 100), [Fate::AnswerLost]);
    story.live(300);
    story.lines();
    story
}

fn seconds_of(story: &mut Story, what: &str) -> Vec<u64> {
    story
        .timed_lines()
        .iter()
        .filter_map(|it| it.split_once("s "))
        .filter(|(_, it)| it.starts_with(what))
        .filter_map(|(at, _)| at.parse().ok())
        .collect()
}

/// Design §3.5: `min(1000·2^(n−1), 5000)` ms within a turn, growing to five minutes after it.
#[test]
fn a_create_refused_again_and_again_waits_longer_each_time() {
    let busy = Fate::Refused(RefusalClass::Busy);
    let mut story = Story::of(&order(0, 100), vec![busy; 4]);
    story.live(60);
    assert_eq!(seconds_of(&mut story, "create"), [10, 11, 13, 17, 25]);
}

/// The same for an update that reads first.
#[test]
fn a_stage_refused_again_and_again_waits_longer_each_time() {
    let mut story = Story::linked(&order(0, 100));
    story.fates = vec![Fate::Refused(RefusalClass::Busy); 4].into();
    story.seen(&Order {
        payment: Payment::Voided,
        ..order(5, 100)
    });
    story.live(60);
    assert_eq!(seconds_of(&mut story, "update"), [10, 11, 13, 17, 25]);
}

/// Rule 12: only unknown answers count against an order, not the end of our own process.
#[test]
fn a_crash_during_an_update_after_two_unknown_ones_parks_nothing() {
    let mut story = Story::linked(&order(0, 100));
    story.fates = [Fate::Swallowed, Fate::Swallowed, Fate::CrashUnsent].into();
    story.seen(&order(5, 80));
    story.live(60);
    assert_eq!(story.state.parked, None);
    assert_eq!(story.deal(1).amount(), "80.00");
}

/// Rule 10: what was written beside a mismatch is not what was said before.
#[test]
fn going_back_to_the_state_before_a_mismatched_update_is_still_written() {
    let mut story = Story::linked(&order(0, 100));
    story.fates.push_back(Fate::OtherKey);
    story.seen(&order(5, 80));
    story.turn();
    story.seen(&order(6, 100));
    story.happens(&Event::OperatorRetry);
    story.live(1_000);
    assert_eq!(story.deal(1).amount(), "100.00");
}

/// Rule 15: at most once, whatever becomes of it.
#[test]
fn a_duplicate_whose_flag_a_person_removed_is_not_commented_again() {
    let mut story = audited();
    story.portal.put(deal_with_pair("onedeal:ours"));
    story.live(1_000);
    assert_eq!(story.portal.comments, [DealId(2)]);
    let unflagged = story.person_changes(2);
    unflagged
        .fields
        .insert(field::TITLE.to_owned(), text("Order #1042"));
    story.live(100_000);
    assert_eq!(story.portal.comments, [DealId(2)]);
}

/// Rule 9: another ledger's mark in the set parks the order, whichever of the deals has the lower id.
#[test]
fn another_ledgers_deal_with_the_lowest_id_parks_the_order_too() {
    let mut story = Story::of(&order(0, 100), [Fate::Swallowed]);
    story.turn();
    let theirs = story.portal.put(deal_with_pair("onedeal:theirs"));
    story.portal.put(deal_with_pair("onedeal:ours"));
    story.live(1_000);
    let parked = story.state.parked.clone().map(|it| it.why);
    assert_eq!(parked, Some(ParkReason::AnotherLedger(theirs)));
}

/// Rule 12 and protocol §7.5: mapping is total; one absurd order must not end the process that maps it.
#[test]
fn an_order_with_amounts_beyond_all_measure_is_mapped_without_a_panic() {
    let mut absurd = order(0, 100);
    absurd.taxes_included = false;
    let line = &mut absurd.lines[0];
    line.price = Decimal::MAX;
    line.discount = Decimal::MIN;
    line.quantity = u32::MAX;
    line.current_quantity = u32::MAX;
    line.taxes = vec![
        kernel::order::Tax {
            rate: Some(Decimal::MAX),
            amount: Decimal::MAX,
        };
        2
    ];
    absurd.total = Decimal::MIN;
    let mut story = Story::of(&absurd, []);
    story.turn();
    assert_eq!(story.state.presence, Presence::Linked(DealId(1)));
}

/// Rule 16: an answer of the Admin API settles the matter, also where it confirms what was chosen before.
#[test]
fn the_admin_api_confirming_the_newest_state_ends_a_contest() {
    let mut story = Story::of(&order(0, 100), []);
    story.seen(&order(0, 80));
    let chosen = story.state.newest.as_ref().map(|it| it.order.clone());
    story.happens(&Event::OrderSeen {
        order: Box::new(chosen.unwrap()),
        source: Source::Api,
        creation: false,
    });
    assert!(!story.state.notices.contains(&Notice::Contested));
    assert!(!story.state.newest.unwrap().contested);
}

/// Design §4.4: a remainder of rounding is a rounding row, also in a currency without decimals.
#[test]
fn a_remainder_of_rounding_to_whole_yen_is_a_rounding_row() {
    let mut yen = order(0, 0);
    yen.currency = kernel::money::Currency::parse("JPY").unwrap();
    yen.lines[0] = kernel::order::Line {
        name: "Mug".to_owned(),
        quantity: 3,
        current_quantity: 1,
        price: Decimal::from(1_000),
        discount: Decimal::from(100),
        ..kernel::order::Line::default()
    };
    yen.total = Decimal::from(967);
    let deal = kernel::mapping::Mapping::default().desired(&yen);
    assert_eq!(deal.rows[1].name, "Rounding");
}
