//! Several deals of one order: one survives, ours are flagged, others are listed.

use std::time::Duration;

use kernel::{
    DealId,
    deal::{FieldValue, field},
    mapping::ORDER_FIELD_DEFAULT,
    outcome::RefusalClass,
    presence::Presence,
    state::{Loser, Notice, ParkReason},
};
use rust_decimal::Decimal;

use crate::support::{
    Fate, Story, deal_with_number, deal_with_pair,
    orders::{key, order},
    text,
};

/// A linked deal found after a doubt, so that late looks are due; everything is said.
fn audited() -> Story {
    let mut story = Story::of(&order(0, 100), [Fate::AnswerLost]);
    story.live(300);
    assert_eq!(story.state.presence, Presence::Linked(DealId(1)));
    story.lines();
    story
}

#[test]
fn of_two_own_deals_the_lowest_id_survives_and_the_other_is_flagged_after_both_were_read() {
    let mut story = Story::of(&order(0, 100), [Fate::Swallowed]);
    story.turn();
    story.portal.put(deal_with_pair("onedeal:ours"));
    story.portal.put(deal_with_pair("onedeal:ours"));
    story.lines();
    story.live(10);
    assert_eq!(
        story.lines(),
        [
            "look",
            "read 1",
            "read 2",
            "flag 2 for 1",
            "comment 2",
            "read 1",
            "update 1: fields rest",
            "rows 1"
        ]
    );
    assert_eq!(story.state.presence, Presence::Linked(DealId(1)));
    assert_eq!(
        story.deal(2).fields[field::TITLE],
        text("[DUPLICATE of #1] Order #1042")
    );
    assert_eq!(story.portal.comments, [DealId(2)]);
    assert_eq!(story.portal.live(), [DealId(1)]);
}

#[test]
fn the_linked_deal_survives_though_its_id_is_higher() {
    let mut story = Story::of(&order(0, 100), [Fate::AnswerLost]);
    // A lower id that no list shows before the hour.
    let mut early = deal_with_pair("onedeal:ours");
    early.listed_from = crate::support::seconds(1_000);
    story.portal.put(early);
    story.live(4_000);
    assert_eq!(story.state.presence, Presence::Linked(DealId(2)));
    assert_eq!(story.portal.live(), [DealId(2)]);
    assert!(
        story
            .state
            .notices
            .contains(&Notice::LateLanding(DealId(1)))
    );
}

#[test]
fn a_create_that_lands_later_than_assumed_is_flagged_at_a_late_look() {
    let late = Fate::Late(Duration::from_secs(400));
    let mut story = Story::of(&order(0, 100), [late]);
    story.live(2_000);
    assert_eq!(story.portal.deals.len(), 2);
    assert_eq!(story.portal.live(), [DealId(1)]);
    assert_eq!(story.state.losers[&DealId(2)], Loser::Settled);
}

#[test]
fn an_untouched_duplicate_that_shows_our_amount_counts_nothing() {
    let late = Fate::Late(Duration::from_secs(400));
    let mut story = Story::of(&order(0, 100), [late]);
    story.live(2_000);
    assert_eq!(
        story.deal(2).fields[field::AMOUNT],
        FieldValue::Number(Decimal::ZERO)
    );
}

#[test]
fn a_touched_duplicate_keeps_its_amount() {
    let late = Fate::Late(Duration::from_secs(400));
    let mut story = Story::of(&order(0, 100), [late]);
    story.live(450);
    story.person_changes(2);
    story.live(2_000);
    assert_eq!(story.portal.live(), [DealId(1)]);
    assert_eq!(story.deal(2).amount(), "100.00");
}

#[test]
fn the_survivor_is_named_in_a_field_where_the_portal_has_one() {
    let late = Fate::Late(Duration::from_secs(400));
    let mut story = Story::of(&order(0, 100), [late]);
    story.world.mapping.duplicate_field = Some("UF_CRM_ONEDEAL_DUP_OF".to_owned());
    story.live(2_000);
    assert_eq!(story.deal(2).fields["UF_CRM_ONEDEAL_DUP_OF"], text("1"));
}

#[test]
fn a_deal_with_our_pair_but_no_mark_is_listed_and_never_written() {
    let mut story = audited();
    let before = deal_with_pair("");
    let id = story.portal.put(before.clone());
    story.live(100_000);
    assert_eq!(story.deal(id.0).fields, before.fields);
    assert_eq!(story.state.losers[&id], Loser::Listed);
    assert!(story.state.notices.contains(&Notice::OtherDeal(id)));
    assert!(story.portal.comments.is_empty());
}

#[test]
fn a_deal_with_only_the_orders_number_beside_the_linked_one_is_listed() {
    let mut story = audited();
    let id = story.portal.put(deal_with_number("NEW"));
    story.live(1_000);
    assert_eq!(story.state.losers[&id], Loser::Listed);
    assert_eq!(story.deal(id.0).fields[field::TITLE], text("Shopify 1042"));
}

#[test]
fn a_deal_with_another_ledgers_mark_parks_the_order_and_is_not_flagged() {
    let mut story = audited();
    let id = story.portal.put(deal_with_pair("onedeal:theirs"));
    story.live(100_000);
    let parked = story.state.parked.clone().map(|it| it.why);
    assert_eq!(parked, Some(ParkReason::AnotherLedger(id)));
    assert_eq!(story.portal.live(), [DealId(1), id]);
    assert_eq!(story.lines(), ["look"]);
}

#[test]
fn a_mark_removed_between_list_and_read_spares_the_deal() {
    let late = Fate::Late(Duration::from_secs(400));
    let mut story = Story::of(&order(0, 100), [late]);
    story.live(620);
    // The late look is at 820 s; between it and the read nothing can happen here, so the state is prepared.
    let id = DealId(2);
    story.state.losers.insert(id, Loser::ToFlag);
    story
        .person_changes(2)
        .fields
        .insert(field::ADDITIONAL_INFO.to_owned(), text(""));
    story.lines();
    story.turn();
    assert_eq!(story.lines(), ["read 1", "read 2", "spare 2"]);
    assert_eq!(story.state.losers[&id], Loser::Listed);
}

#[test]
fn a_survivor_found_deleted_before_the_flag_hands_over_to_the_other_deal() {
    let mut story = audited();
    story.portal.deals.remove(&DealId(1));
    story.portal.put(deal_with_pair("onedeal:ours"));
    story.live(1_000);
    assert_eq!(story.state.presence, Presence::Linked(DealId(2)));
    assert_eq!(story.portal.live(), [DealId(2)]);
    assert!(story.state.losers.is_empty());
}

#[test]
fn a_comment_is_sent_at_most_once_whatever_becomes_of_it() {
    for fate in [
        Fate::Fine,
        Fate::AnswerLost,
        Fate::Swallowed,
        Fate::Crash,
        Fate::CrashUnsent,
        Fate::Refused(RefusalClass::Busy),
        Fate::Refused(RefusalClass::Invalid),
    ] {
        let mut story = audited();
        story.portal.put(deal_with_pair("onedeal:ours"));
        story.fates = [Fate::Fine, fate.clone()].into();
        story.live(100_000);
        let comments = story.lines().iter().filter(|it| *it == "comment 2").count();
        assert_eq!(comments, 1, "{fate:?}");
        assert_eq!(story.state.losers[&DealId(2)], Loser::Settled, "{fate:?}");
    }
}

#[test]
fn a_flag_that_surely_failed_is_written_again() {
    let mut story = audited();
    story.portal.put(deal_with_pair("onedeal:ours"));
    story.fates = [Fate::Refused(RefusalClass::Busy), Fate::Swallowed].into();
    story.live(1_000);
    let flags = story
        .lines()
        .iter()
        .filter(|it| it.starts_with("flag"))
        .count();
    assert_eq!(flags, 3);
    assert_eq!(story.portal.live(), [DealId(1)]);
}

#[test]
fn a_duplicate_that_the_portal_does_not_let_us_flag_is_listed_and_the_order_goes_on() {
    let mut story = audited();
    story.portal.put(deal_with_pair("onedeal:ours"));
    story.fates = vec![Fate::Refused(RefusalClass::Denied); 3].into();
    story.live(1_000);
    assert_eq!(story.state.losers[&DealId(2)], Loser::Listed);
    assert_eq!(story.state.parked, None);
    story.seen(&order(5, 80));
    story.turn();
    assert_eq!(story.deal(1).amount(), "80.00");
    story.live(100_000);
    assert_eq!(story.state.losers[&DealId(2)], Loser::Listed);
}

#[test]
fn a_duplicate_deleted_by_a_person_is_settled() {
    let mut story = audited();
    let id = story.portal.put(deal_with_pair("onedeal:ours"));
    story.state.losers.insert(id, Loser::ToFlag);
    story.portal.deals.remove(&id);
    story.turn();
    assert_eq!(story.state.losers[&id], Loser::Settled);
}

#[test]
fn rows_whose_key_only_resembles_ours_do_not_count() {
    let mut story = Story::of(&order(0, 100), []);
    let origin = key().origin();
    for resembling in [
        format!("{origin} "),
        format!("{origin}abc"),
        format!("0{origin}"),
    ] {
        story
            .portal
            .put(deal_with_pair("onedeal:ours").set(field::ORIGIN, &resembling));
        story
            .portal
            .put(deal_with_number("NEW").set(ORDER_FIELD_DEFAULT, &resembling));
    }
    let other_shop = deal_with_pair("onedeal:ours");
    story
        .portal
        .put(other_shop.set(field::ORIGINATOR, "shopify:ACME.myshopify.com"));
    story.turn();
    assert_eq!(story.lines(), ["look", "create", "rows 8"]);
}

#[test]
fn a_flag_whose_answer_was_lost_counts_as_flagged() {
    let mut story = audited();
    story.portal.put(deal_with_pair("onedeal:ours"));
    story.fates.push_back(Fate::AnswerLost);
    story.live(1_000);
    assert_eq!(story.portal.live(), [DealId(1)]);
    assert_ne!(story.state.losers[&DealId(2)], Loser::Listed);
}

#[test]
fn a_persons_copy_of_the_deal_is_listed_though_it_carries_key_and_mark() {
    let mut story = audited();
    let mut copy = story.deal(1).clone();
    copy.by_person = true;
    let id = story.portal.put(copy);
    story.live(1_000);
    assert_eq!(story.state.losers[&id], Loser::Listed);
    assert_eq!(story.portal.live(), [DealId(1), id]);
}

#[test]
fn a_flag_seen_on_the_portal_is_not_written_again_but_commented() {
    let mut story = audited();
    story.portal.put(deal_with_pair("onedeal:ours"));
    story.fates.push_back(Fate::AnswerLost);
    story.live(1_000);
    assert_eq!(
        story.lines(),
        [
            "look",
            "read 1",
            "read 2",
            "flag 2 for 1",
            "read 1",
            "read 2",
            "see the flag of 2",
            "comment 2"
        ]
    );
}
