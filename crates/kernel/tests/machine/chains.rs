//! Steps of one order that share a request.

use kernel::{
    DealId,
    chain::{self, NEW_CONTACT, NEW_DEAL},
    command::{Command, Decision, Write},
    deal::FieldValue,
    party::PartyCommand,
};

use super::contacts::erikas_order;
use crate::support::{Fate, Story, orders::order};

/// A story that looked and may create.
fn looked() -> Story {
    let mut story = Story::of(&erikas_order(0, 100), []);
    let Decision::Act(Command::Look { .. }) = story.decides() else {
        panic!("a new order is looked up first")
    };
    story.step();
    story
}

fn next(story: &Story) -> Command {
    match story.decides() {
        Decision::Act(command) => command,
        Decision::Rest | Decision::Wait(_) => panic!("nothing to do"),
    }
}

#[test]
fn a_fresh_order_begins_with_contact_deal_and_rows() {
    let story = looked();
    assert!(chain::begins(&story.state, &next(&story)));
    let context = story.world.context();
    let chain = chain::foresee(&story.state, story.parties(), &context).expect("a beginning");
    assert!(matches!(chain.contact, Some(PartyCommand::Create { .. })));
    let Write::Create { fields, .. } = &chain.create else {
        panic!("{chain:?}")
    };
    assert!(
        fields
            .values()
            .any(|it| *it == FieldValue::Ids(vec![NEW_CONTACT.0]))
    );
    assert_eq!(chain.rows.and_then(|it| it.deal()), Some(NEW_DEAL));
}

#[test]
fn an_order_that_was_not_looked_up_begins_nothing() {
    let story = Story::of(&order(0, 100), []);
    let context = story.world.context();
    assert_eq!(
        chain::foresee(&story.state, story.parties(), &context),
        None
    );
}

#[test]
fn an_order_that_had_trouble_goes_step_by_step() {
    let mut story = Story::of(&order(0, 100), [Fate::Swallowed]);
    story.live(20);
    let create = Command::Read { deal: DealId(1) };
    assert!(!chain::begins(&story.state, &create));
    assert!(story.state.ever_in_doubt);
    assert!(!chain::begins(&story.state, &next(&looked())));
}

#[test]
fn rows_travel_beside_an_update_that_changes_the_amount() {
    let mut story = Story::linked(&order(0, 100));
    story.seen(&order(1, 150));
    let Command::Write(update) = next(&story) else {
        panic!("an update")
    };
    let context = story.world.context();
    let rows = chain::rows_beside(&story.state, &update, story.parties(), &context);
    assert_eq!(rows.and_then(|it| it.deal()), Some(DealId(1)));
}

#[test]
fn a_found_deal_gets_its_key_before_its_rows() {
    let mut story = Story::of(&order(0, 100), [Fate::AnswerLost]);
    while story.state.completion.is_none() {
        story.wait(1);
        story.step();
    }
    story.step();
    let Command::Write(update @ Write::Update { .. }) = next(&story) else {
        panic!("the completion")
    };
    let context = story.world.context();
    assert_eq!(
        chain::rows_beside(&story.state, &update, story.parties(), &context),
        None
    );
}
