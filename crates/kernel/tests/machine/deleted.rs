//! The portal says "not found": the key is looked up, and what a person deleted stays deleted.

use std::time::Duration;

use kernel::{
    DealId, command::Decision, deal::field, presence::Presence, remark::Remark, state::Notice,
};

use crate::support::{Story, deal_with_pair, orders::order, seconds, text};

/// A linked deal that a person deletes, then a newer state.
fn deleted() -> Story {
    let mut story = Story::linked(&order(0, 100));
    story.portal.deals.remove(&DealId(1));
    story.seen(&order(5, 80));
    story
}

#[test]
fn a_deleted_deal_is_looked_up_and_becomes_a_tombstone() {
    let mut story = deleted();
    story.turn();
    assert_eq!(story.lines(), ["update 1: fields", "look"]);
    assert_eq!(story.state.presence, Presence::Tombstone(DealId(1)));
    assert_eq!(story.state.deal(), None);
    assert!(story.concluded(&Remark::DealGone(DealId(1))));
    assert!(story.concluded(&Remark::Tombstone(DealId(1))));
}

#[test]
fn a_tombstone_is_looked_at_once_more_and_then_rests() {
    let mut story = deleted();
    assert_eq!(story.turn(), Decision::Wait(seconds(220)));
    story.lines();
    assert_eq!(story.live(100_000), Decision::Rest);
    assert_eq!(story.timed_lines(), ["220s look"]);
    assert!(story.portal.deals.is_empty(), "nothing is made again");
}

#[test]
fn a_tombstone_is_looked_up_on_each_new_state_and_a_person_is_told() {
    let mut story = deleted();
    story.live(1_000);
    story.lines();
    story.seen(&order(6, 70));
    story.live(1_000);
    story.seen(&order(7, 60));
    story.live(1_000);
    assert_eq!(story.lines(), ["look", "look"]);
    assert!(story.state.notices.contains(&Notice::ChangedAfterDeletion));
    assert!(story.portal.deals.is_empty());
}

#[test]
fn the_same_state_again_wakes_no_tombstone() {
    let mut story = deleted();
    story.live(1_000);
    story.lines();
    story.seen(&order(5, 80));
    story.live(1_000);
    assert!(story.lines().is_empty());
}

#[test]
fn a_deal_merged_into_another_one_is_relinked_and_brought_up_to_date() {
    let mut story = deleted();
    let mut merged = deal_with_pair("onedeal:ours");
    merged = merged.set(field::TITLE, "Merged");
    story.portal.put(merged);
    story.turn();
    assert_eq!(story.state.presence, Presence::Linked(DealId(2)));
    assert!(story.concluded(&Remark::Relinked {
        from: DealId(1),
        to: DealId(2)
    }));
    assert_eq!(story.deal(2).amount(), "80.00");
    assert_eq!(story.deal(2).fields[field::TITLE], text("Merged"));
    assert_eq!(story.deal(2).rows.len(), 1);
}

#[test]
fn a_deal_restored_with_a_new_id_is_found_at_the_late_look() {
    let mut story = deleted();
    story.turn();
    let mut restored = deal_with_pair("onedeal:ours");
    restored.listed_from = seconds(100);
    story.portal.put(restored);
    story.live(1_000);
    assert_eq!(story.state.presence, Presence::Linked(DealId(2)));
    assert_eq!(story.deal(2).amount(), "80.00");
    assert!(!story.state.notices.contains(&Notice::ChangedAfterDeletion));
}

#[test]
fn a_list_that_still_shows_the_deleted_deal_is_not_believed() {
    let mut story = deleted();
    // Lists go on showing the deal for a while, reads by id do not.
    let ghost = deal_with_pair("onedeal:ours");
    story.portal.deals.insert(DealId(1), ghost);
    story.fates.push_back(crate::support::Fate::Refused(
        kernel::outcome::RefusalClass::NotFound,
    ));
    story.turn();
    assert_eq!(story.state.presence, Presence::Tombstone(DealId(1)));
}

#[test]
fn a_failed_lookup_makes_no_tombstone() {
    let mut story = deleted();
    story.blind = 2;
    story.turn();
    assert_eq!(story.state.presence, Presence::Missing(DealId(1)));
    assert_eq!(story.state.phase(), "missing");
    story.live(10);
    assert_eq!(story.state.phase(), "tombstone");
}

#[test]
fn a_deal_gone_while_it_is_read_is_looked_up_too() {
    let mut story = Story::linked(&order(0, 100));
    story.portal.deals.remove(&DealId(1));
    story.seen(&kernel::order::Order {
        cancelled: true,
        ..order(5, 100)
    });
    story.turn();
    assert_eq!(story.lines(), ["read 1", "look"]);
    assert_eq!(story.state.phase(), "tombstone");
}

#[test]
fn an_order_deleted_in_the_shop_leaves_its_deal_alone() {
    let mut story = Story::linked(&order(0, 100));
    let remarks = story.happens(&kernel::event::Event::DeletedInShop);
    assert_eq!(remarks, [Remark::DeletedInShop]);
    story.live(1_000);
    assert!(story.lines().is_empty());
    assert!(story.state.notices.contains(&Notice::DeletedInShop));
}

#[test]
fn a_deletion_before_the_late_landing_of_a_duplicate_promotes_the_duplicate_only_while_unflagged() {
    let mut story = deleted();
    let flagged = deal_with_pair("onedeal:ours").set(field::TITLE, "[DUPLICATE of #1] Order");
    story.portal.put(flagged);
    story.look_takes = Duration::from_secs(1);
    story.live(1_000);
    assert_eq!(story.state.presence, Presence::Tombstone(DealId(1)));
}
