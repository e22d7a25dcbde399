//! Deals that others made for the order: adopted where they carry only its number, left alone where they name something else.

use kernel::{
    ContactId, DealId,
    deal::{FieldValue, Row, field},
    presence::Presence,
    remark::Remark,
    state::{Loser, ParkReason},
};
use rust_decimal::Decimal;

use crate::support::{
    Fate, Story, deal_with_number, deal_with_pair,
    orders::{key, order},
    text,
};

#[test]
fn the_lowest_open_deal_with_the_orders_number_is_adopted_and_the_rest_are_listed() {
    let mut story = Story::of(&order(0, 100), []);
    story.portal.put(deal_with_number("WON"));
    story.portal.put(deal_with_number("NEW"));
    story.portal.put(deal_with_number("NEW"));
    story.turn();
    assert_eq!(
        story.lines(),
        ["look", "read 2", "update 2: fields rest", "rows 2"]
    );
    assert!(story.concluded(&Remark::Adopted { deal: DealId(2) }));
    assert_eq!(story.state.losers[&DealId(1)], Loser::Listed);
    assert_eq!(story.state.losers[&DealId(3)], Loser::Listed);
    assert_eq!(story.portal.deals.len(), 3, "nothing is created");
}

#[test]
fn where_none_is_open_the_lowest_closed_one_is_adopted_and_stays_closed() {
    let mut story = Story::of(&order(0, 100), []);
    story.portal.put(deal_with_number("LOSE"));
    story.portal.put(deal_with_number("WON"));
    story.turn();
    assert_eq!(story.state.presence, Presence::Linked(DealId(1)));
    assert_eq!(story.deal(1).fields[field::STAGE], text("LOSE"));
}

#[test]
fn an_adopted_deal_receives_the_pair_the_amount_and_what_is_empty_but_not_our_mark() {
    let mut story = Story::of(
        &kernel::order::Order {
            note: Some("Please ring".to_owned()),
            ..order(0, 100)
        },
        [],
    );
    story.portal.put(deal_with_number("NEW"));
    story.turn();
    let fields = &story.deal(1).fields;
    assert_eq!(fields[field::ORIGIN], text(&key().origin()));
    assert_eq!(fields[field::ORIGINATOR], text(&key().shop.originator()));
    assert_eq!(fields[field::TITLE], text("Shopify 1042"));
    assert_eq!(
        fields[field::COMMENTS],
        text("Please ring\nhttps://admin.shopify.com/store/acme/orders/6120000000001")
    );
    assert_eq!(fields.get(field::ADDITIONAL_INFO), None);
    assert_eq!(story.deal(1).amount(), "100.00");
}

#[test]
fn rows_that_somebody_put_into_an_adopted_deal_stay_for_good() {
    let theirs = Row {
        name: "Their row".to_owned(),
        price: Decimal::TEN,
        quantity: 1,
        tax_rate: None,
        tax_included: true,
        variant: None,
        product: None,
    };
    let mut story = Story::of(&order(0, 100), []);
    let mut deal = deal_with_number("NEW");
    deal.rows = vec![theirs.clone()];
    story.portal.put(deal);
    story.turn();
    story.seen(&order(5, 80));
    story.live(1_000);
    assert_eq!(story.deal(1).rows, [theirs]);
    assert_eq!(story.deal(1).amount(), "80.00");
}

#[test]
fn a_deal_with_our_pair_and_no_mark_is_adopted_not_doubled() {
    let mut story = Story::of(&order(0, 100), []);
    story.portal.put(deal_with_pair(""));
    story.turn();
    assert!(story.concluded(&Remark::Adopted { deal: DealId(1) }));
    assert_eq!(story.portal.deals.len(), 1);
    assert_eq!(story.deal(1).amount(), "100.00");
}

#[test]
fn an_own_deal_wins_over_one_that_carries_only_the_number() {
    let mut story = Story::of(&order(0, 100), [Fate::Swallowed]);
    story.turn();
    story.portal.put(deal_with_number("NEW"));
    story.portal.put(deal_with_pair("onedeal:ours"));
    story.live(5);
    assert_eq!(story.state.presence, Presence::Linked(DealId(2)));
    assert_eq!(story.state.losers[&DealId(1)], Loser::Listed);
}

#[test]
fn a_deal_with_our_number_and_anothers_pair_is_neither_written_nor_doubled() {
    let mut story = Story::of(&order(0, 100), []);
    let theirs = deal_with_number("NEW")
        .set(field::ORIGINATOR, "erp")
        .set(field::ORIGIN, "88");
    story.portal.put(theirs.clone());
    story.live(10_000);
    story.seen(&order(5, 80));
    story.live(100_000);
    assert!(story.lines().iter().all(|it| it == "look"));
    let parked = story.state.parked.clone().map(|it| it.why);
    assert_eq!(parked, Some(ParkReason::NamesAnother(DealId(1))));
    assert_eq!(story.deal(1).fields, theirs.fields);
}

#[test]
fn once_the_operator_cleared_the_other_deal_the_order_goes_on() {
    let mut story = Story::of(&order(0, 100), []);
    let theirs = deal_with_number("NEW").set(field::ORIGIN, "88");
    story.portal.put(theirs);
    story.turn();
    story.portal.deals.clear();
    story.happens(&kernel::event::Event::OperatorRetry);
    story.turn();
    assert_eq!(story.lines(), ["look", "look", "create", "rows 2"]);
}

#[test]
fn once_a_person_settled_the_other_deal_the_order_goes_on_by_itself() {
    let mut story = Story::of(&order(0, 100), []);
    story
        .portal
        .put(deal_with_number("NEW").set(field::ORIGIN, "88"));
    story.turn();
    story.portal.deals.clear();
    story.live(1_000);
    assert_eq!(story.lines(), ["look", "look", "create", "rows 2"]);

    let mut story = Story::of(&order(0, 100), []);
    story
        .portal
        .put(deal_with_number("NEW").set(field::ORIGIN, "88"));
    story.turn();
    story.portal.deals.clear();
    story.seen(&order(5, 80));
    story.turn();
    assert_eq!(story.deal(2).amount(), "80.00", "a newer state wakes it");
}

#[test]
fn a_person_who_already_chose_a_contact_for_the_adopted_deal_keeps_it() {
    let mut story = Story::of(
        &kernel::order::Order {
            buyer: kernel::order::Buyer {
                email: Some("buyer@example.com".to_owned()),
                ..kernel::order::Buyer::default()
            },
            ..order(0, 100)
        },
        [],
    );
    let mut deal = deal_with_number("NEW");
    deal.fields
        .insert(field::CONTACTS.to_owned(), FieldValue::Ids(vec![77]));
    story.portal.put(deal);
    story.turn();
    assert_eq!(story.deal(1).contacts(), [ContactId(77)]);
    assert!(
        story
            .lines()
            .iter()
            .any(|it| it.starts_with("leave contact"))
    );
}

#[test]
fn an_adopted_deal_that_shows_another_key_when_read_is_not_written() {
    let mut story = Story::of(&order(0, 100), []);
    story.portal.put(deal_with_number("NEW"));
    // The list is answered; before the read somebody gives the deal to another system.
    let rows = story.portal.list(story.world.now);
    story.happens(&kernel::event::Event::Looked {
        started_at: story.world.now,
        rows,
    });
    let origin = text("88");
    let deal = story.person_changes(1);
    deal.fields.insert(field::ORIGIN.to_owned(), origin);
    story.turn();
    assert_eq!(story.lines(), ["read 1"]);
    let parked = story.state.parked.clone().map(|it| it.why);
    assert_eq!(parked, Some(ParkReason::Mismatch(DealId(1))));
}

#[test]
fn a_deal_relinked_after_an_adopted_one_with_rows_of_others_receives_its_rows() {
    let mut story = Story::of(&order(0, 100), []);
    let mut adopted = deal_with_number("NEW");
    adopted.rows.push(Row {
        name: "Their row".to_owned(),
        price: Decimal::TEN,
        quantity: 1,
        tax_rate: None,
        tax_included: true,
        variant: None,
        product: None,
    });
    story.portal.put(adopted);
    story.turn();
    story.portal.deals.remove(&DealId(1));
    story.portal.put(deal_with_pair("onedeal:ours"));
    story.seen(&order(5, 80));
    story.live(1_000);
    assert_eq!(story.state.presence, Presence::Linked(DealId(2)));
    assert_eq!(story.deal(2).rows.len(), 1);
}
