//! An operator chooses a deal, wants a deleted one again, has duplicates flagged, and dismisses what was seen.

use kernel::{
    CommandSeq, DealId,
    command::Decision,
    deal::field,
    event::Event,
    mapping::ORDER_FIELD_DEFAULT,
    operator::WhyNot,
    presence::Presence,
    remark::Remark,
    state::{Loser, Notice, ParkReason},
};

use crate::support::{
    Fate, Story, deal_with_number, deal_with_pair,
    orders::{key, order},
    portal::Deal,
    seconds, text,
};

const COMMAND: CommandSeq = CommandSeq(7);

fn chooses(story: &mut Story, deal: u64) -> Vec<Remark> {
    let (deal, command) = (DealId(deal), COMMAND);
    story.happens(&Event::OperatorChose { deal, command })
}

fn not_chosen(deal: u64, why: WhyNot) -> Remark {
    let (deal, command) = (DealId(deal), COMMAND);
    Remark::NotChosen { deal, command, why }
}

fn chosen(deal: u64) -> Remark {
    let (deal, command) = (DealId(deal), COMMAND);
    Remark::Chosen { deal, command }
}

/// A deal that people made, without any key.
fn by_hand() -> Deal {
    let mut deal = Deal::default()
        .set(field::TITLE, "Made by hand")
        .set(field::STAGE, "NEW");
    deal.by_person = true;
    deal
}

#[track_caller]
fn is_refused(deal: Deal, why: WhyNot) {
    let mut story = Story::linked(&order(0, 100));
    let before = deal.fields.clone();
    let id = story.portal.put(deal).0;
    chooses(&mut story, id);
    assert_eq!(story.turn(), Decision::Rest);
    assert!(story.concluded(&not_chosen(id, why)), "{:?}", story.remarks);
    assert_eq!(
        story.lines(),
        [format!("read {id}")],
        "it is read, and nothing else"
    );
    assert_eq!(story.state.presence, Presence::Linked(DealId(1)));
    assert_eq!(story.deal(id).fields, before);
    assert_eq!(story.state.asked.choice, None);
}

#[test]
fn a_deal_with_the_key_of_something_else_is_never_taken() {
    let other = deal_with_pair("onedeal:ours").set(field::ORIGIN, "88");
    is_refused(other, WhyNot::AnotherKey);
    let theirs = deal_with_number("NEW").set(field::ORIGIN, "m-1");
    is_refused(theirs, WhyNot::AnotherKey);
    let field_of_another = by_hand().set(ORDER_FIELD_DEFAULT, "88");
    is_refused(field_of_another, WhyNot::AnotherKey);
    let looks_alike = by_hand().set(ORDER_FIELD_DEFAULT, &format!("{} ", key().origin()));
    is_refused(looks_alike, WhyNot::AnotherKey);
}

#[test]
fn a_flagged_deal_is_not_taken() {
    let flagged = |deal: Deal| deal.set(field::TITLE, "[DUPLICATE of #1] Order #1042");
    is_refused(flagged(deal_with_pair("onedeal:ours")), WhyNot::Flagged);
    is_refused(flagged(by_hand()), WhyNot::Flagged);
}

#[test]
fn a_deal_that_the_portal_does_not_know_is_not_taken_and_leaves_no_trace() {
    let mut story = Story::linked(&order(0, 100));
    chooses(&mut story, 99);
    story.turn();
    assert!(story.concluded(&not_chosen(99, WhyNot::Missing)));
    assert_eq!(story.state.presence, Presence::Linked(DealId(1)));
    assert!(story.state.losers.is_empty());
}

#[test]
fn an_order_of_which_nothing_was_read_takes_no_deal() {
    let mut story = Story::new();
    let remarks = chooses(&mut story, 1);
    assert_eq!(remarks, [not_chosen(1, WhyNot::NeverSeen)]);
}

#[test]
fn a_deal_made_by_hand_gets_the_key_before_the_former_deal_is_flagged() {
    let mut story = Story::linked(&order(0, 100));
    let id = story.portal.put(by_hand()).0;
    chooses(&mut story, id);
    story.live(10);
    assert!(story.concluded(&chosen(id)));
    assert_eq!(story.state.presence, Presence::Linked(DealId(id)));
    let lines = story.lines();
    let at = |what: &str| lines.iter().position(|it| it.starts_with(what));
    let (keyed, flagged) = (at(&format!("update {id}")), at(&format!("flag 1 for {id}")));
    assert!(keyed.is_some() && keyed < flagged, "{lines:?}");
    assert_eq!(story.deal(id).fields[field::ORIGIN], text(&key().origin()));
    assert_eq!(story.deal(id).fields[field::TITLE], text("Made by hand"));
    assert_eq!(story.deal(id).amount(), "100.00");
    assert_eq!(story.portal.live(), [DealId(id)]);
}

#[test]
fn a_chosen_deal_whose_first_write_was_lost_gets_its_key_all_the_same() {
    let mut story = Story::linked(&order(0, 100));
    let id = story.portal.put(by_hand()).0;
    chooses(&mut story, id);
    story.fates = [Fate::Swallowed, Fate::CrashUnsent].into();
    story.live(1_000);
    assert_eq!(story.state.parked, None);
    assert_eq!(story.deal(id).fields[field::ORIGIN], text(&key().origin()));
    assert_eq!(story.portal.live(), [DealId(id)]);
}

#[test]
fn a_choice_survives_a_restart_and_an_unreachable_portal() {
    let mut story = Story::linked(&order(0, 100));
    let id = story.portal.put(deal_with_number("NEW")).0;
    chooses(&mut story, id);
    story.blind = 3;
    story.turn();
    story.restart();
    story.live(60);
    assert!(story.concluded(&chosen(id)));
    assert_eq!(story.state.presence, Presence::Linked(DealId(id)));
}

#[test]
fn the_last_of_two_choices_counts() {
    let mut story = Story::linked(&order(0, 100));
    let (one, two) = (story.portal.put(by_hand()).0, story.portal.put(by_hand()).0);
    chooses(&mut story, one);
    assert_eq!(
        chooses(&mut story, two),
        [not_chosen(one, WhyNot::Replaced)]
    );
    story.live(10);
    assert_eq!(story.state.presence, Presence::Linked(DealId(two)));
    assert!(!story.deal(one).fields.contains_key(field::ORIGIN));
}

#[test]
fn a_deal_of_another_order_of_the_ledger_is_not_taken() {
    let mut story = Story::linked(&order(0, 100));
    let id = story.portal.put(by_hand()).0;
    chooses(&mut story, id);
    let remarks = story.happens(&Event::ChoiceTaken(key()));
    assert_eq!(remarks, [not_chosen(id, WhyNot::Linked(key()))]);
    assert_eq!(story.turn(), Decision::Rest);
    assert!(story.lines().is_empty());
}

/// A flag of ours on its way would make the chosen deal a duplicate, and leave the order without a deal.
#[test]
fn a_deal_whose_flag_may_still_land_is_not_read_before_that() {
    let mut story = Story::of(&order(0, 100), [Fate::Swallowed]);
    story.turn();
    story.portal.put(deal_with_pair("onedeal:ours"));
    story.portal.put(deal_with_pair("onedeal:ours"));
    story.fates = [Fate::Late(std::time::Duration::from_secs(100))].into();
    story.wait(2);
    story.turn();
    story.lines();
    chooses(&mut story, 2);
    assert_eq!(story.turn(), Decision::Wait(seconds(12 + 210)));
    story.live(300);
    assert!(story.concluded(&not_chosen(2, WhyNot::Flagged)));
    assert_eq!(story.portal.live(), [DealId(1)]);
}

#[test]
fn a_choice_during_doubt_links_and_what_lands_late_becomes_the_duplicate() {
    let late = Fate::Late(std::time::Duration::from_secs(100));
    let mut story = Story::of(&order(0, 100), [late]);
    story.turn();
    let id = story.portal.put(by_hand()).0;
    chooses(&mut story, id);
    story.live(2_000);
    assert_eq!(story.state.presence, Presence::Linked(DealId(id)));
    assert_eq!(story.portal.deals.len(), 2);
    assert_eq!(story.portal.live(), [DealId(id)]);
}

#[test]
fn beside_a_chosen_deal_another_ledgers_deal_is_listed_and_parks_no_more() {
    let mut story = Story::of(&order(0, 100), []);
    story.portal.put(deal_with_pair("onedeal:ours"));
    story.portal.put(deal_with_pair("onedeal:theirs"));
    story.turn();
    let why = story.state.parked.clone().map(|it| it.why);
    assert_eq!(why, Some(ParkReason::AnotherLedger(DealId(2))));
    chooses(&mut story, 1);
    story.live(10_000);
    assert_eq!(story.state.parked, None);
    assert_eq!(story.state.losers[&DealId(2)], Loser::Listed);
    assert_eq!(story.deal(2).fields[field::TITLE], text("Order #1042"));
}

#[test]
fn a_choice_ends_a_conflict_with_another_system() {
    let mut story = Story::of(&order(0, 100), []);
    let theirs = deal_with_number("NEW").set(field::ORIGIN, "m-1");
    story.portal.put(theirs);
    story.turn();
    let id = story.portal.put(by_hand()).0;
    chooses(&mut story, id);
    story.live(1_000);
    assert_eq!(story.state.presence, Presence::Linked(DealId(id)));
    assert_eq!(story.state.losers[&DealId(1)], Loser::Listed);
}

#[test]
fn a_conflict_that_a_person_dismissed_no_longer_stands_in_the_way_of_a_create() {
    let mut story = Story::of(&order(0, 100), []);
    let theirs = deal_with_number("NEW").set(field::ORIGIN, "m-1");
    story.portal.put(theirs);
    story.turn();
    story.lines();
    story.happens(&Event::OperatorDismissed(Notice::OtherDeal(DealId(1))));
    story.live(10);
    assert_eq!(story.lines(), ["look", "create", "rows 2"]);
    assert!(!story.state.notices.contains(&Notice::OtherDeal(DealId(1))));
}

#[test]
fn a_deleted_deal_is_made_again_once_when_an_operator_wants_it() {
    let mut story = Story::linked(&order(0, 100));
    story.portal.deals.clear();
    story.seen(&order(5, 80));
    story.live(1_000);
    assert_eq!(story.state.presence, Presence::Tombstone(DealId(1)));
    story.lines();
    story.happens(&Event::OperatorRecreate);
    story.live(1_000);
    assert_eq!(story.lines(), ["look", "create", "rows 2"]);
    assert!(story.concluded(&Remark::Remade(DealId(1))));
    assert_eq!(
        story.happens(&Event::OperatorRecreate),
        [Remark::NotDone(WhyNot::NotDeleted)]
    );
}

#[test]
fn a_restored_deal_is_linked_rather_than_made_again() {
    let mut story = Story::linked(&order(0, 100));
    story.portal.deals.clear();
    story.seen(&order(5, 80));
    story.live(1_000);
    story.portal.put(deal_with_pair("onedeal:ours"));
    story.happens(&Event::OperatorRecreate);
    story.live(1_000);
    assert_eq!(story.portal.deals.len(), 1);
    assert_eq!(story.state.presence, Presence::Linked(DealId(2)));
    assert!(!story.state.recreate, "the wish is fulfilled");
}

#[test]
fn only_a_known_duplicate_of_ours_is_flagged_on_an_operators_word() {
    let mut story = Story::linked(&order(0, 100));
    let flag = |story: &mut Story, deal| story.happens(&Event::OperatorFlag(DealId(deal)));
    assert_eq!(flag(&mut story, 9), [Remark::NotDone(WhyNot::NoDuplicate)]);
    story.portal.put(deal_with_pair(""));
    story.happens(&Event::OperatorSync);
    story.live(10);
    assert_eq!(story.state.losers[&DealId(2)], Loser::Listed);
    assert_eq!(flag(&mut story, 2), []);
    story.live(10);
    assert!(story.concluded(&Remark::Spared(DealId(2))));
    assert_eq!(story.deal(2).fields[field::TITLE], text("Order #1042"));
}

#[test]
fn a_dismissed_duplicate_is_neither_flagged_nor_shown_and_a_new_one_is() {
    let mut story = Story::linked(&order(0, 100));
    story.portal.put(deal_with_pair(""));
    story.happens(&Event::OperatorSync);
    story.live(10);
    assert!(story.state.notices.contains(&Notice::OtherDeal(DealId(2))));
    story.happens(&Event::OperatorDismissed(Notice::OtherDeal(DealId(2))));
    story.happens(&Event::OperatorSync);
    story.live(10);
    assert!(story.state.notices.is_empty());
    story.portal.put(deal_with_pair(""));
    story.happens(&Event::OperatorSync);
    story.live(10);
    assert_eq!(story.state.notices, [Notice::OtherDeal(DealId(3))].into());
}

#[test]
fn a_dismissed_line_comes_back_when_it_happens_anew() {
    let mut story = Story::linked(&order(0, 100));
    let dismiss = |story: &mut Story, it: Notice| story.happens(&Event::OperatorDismissed(it));
    story.happens(&Event::UnreadableSeen);
    story.happens(&Event::DeletedInShop);
    dismiss(&mut story, Notice::Unreadable);
    dismiss(&mut story, Notice::DeletedInShop);
    story.happens(&Event::DeletedInShop);
    assert!(story.state.notices.is_empty(), "the same once more");
    story.happens(&Event::UnreadableSeen);
    assert_eq!(story.state.notices, [Notice::Unreadable].into());
}
