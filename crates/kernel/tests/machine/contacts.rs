//! The buyer's contact: found, or created once, and never in the deal's way.

use std::time::Duration;

use kernel::{
    ContactId, DealId, PartyId,
    command::Decision,
    contact::ContactWish,
    order::{Buyer, Order},
    outcome::RefusalClass,
    party::{self, PartyEvent, PartyKind, PartyNews},
    presence::Presence,
    remark::Remark,
    state::Notice,
};

use crate::support::{Fate, Story, orders::order, portal::Contact, seconds};

fn buyer(customer: Option<u64>, email: Option<&str>, phone: Option<&str>) -> Buyer {
    Buyer {
        customer,
        email: email.map(str::to_owned),
        phone: phone.map(str::to_owned),
        first_name: Some("Erika".to_owned()),
        last_name: None,
    }
}

pub(crate) fn erikas_order(second: i64, euros: i64) -> Order {
    Order {
        buyer: buyer(Some(7), Some("Erika@Example.com "), Some("+49 30 1234567")),
        ..order(second, euros)
    }
}

#[test]
fn a_buyer_is_known_by_customer_id_then_e_mail_and_by_phone_only_without_an_e_mail() {
    let wish = ContactWish::of(&erikas_order(0, 1).buyer).unwrap();
    assert_eq!(wish.origin, "7");
    assert_eq!(wish.email.as_deref(), Some("erika@example.com"));
    assert_eq!(wish.phone.as_deref(), Some("+49301234567"));
    assert_eq!(wish.key(), "customer:7");
    assert_eq!(wish.keys.len(), 2);
    assert!(wish.keys[1].starts_with("email:"));

    let wish = ContactWish::of(&buyer(None, None, Some("030 1234567"))).unwrap();
    assert!(wish.key().starts_with("phone:"));
    assert_eq!(wish.origin, wish.key());
}

#[test]
fn a_buyer_nobody_can_be_found_by_has_no_contact() {
    assert_eq!(ContactWish::of(&buyer(None, None, None)), None);
    assert_eq!(
        ContactWish::of(&buyer(None, Some("not an address"), Some("12"))),
        None
    );
    let mut story = Story::of(&order(0, 100), []);
    story.turn();
    assert!(story.deal(1).contacts().is_empty());
}

#[test]
fn an_e_mail_written_in_two_ways_is_one_person() {
    let one = ContactWish::of(&buyer(None, Some("Erika@Example.COM"), None));
    let other = ContactWish::of(&buyer(None, Some(" erika@example.com"), None));
    assert_eq!(one, other);
}

#[test]
fn a_new_buyer_is_created_once_before_the_deal_that_shows_it() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    story.turn();
    assert_eq!(
        story.lines(),
        ["look, contact too", "create contact", "create", "rows 2"]
    );
    assert_eq!(story.deal(2).contacts(), [ContactId(1)]);
    assert_eq!(story.portal.contacts.len(), 1);
}

#[test]
fn a_contact_found_by_origin_is_taken_before_one_found_by_e_mail() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    let email = Some("erika@example.com".to_owned());
    story.portal.put_contact(Contact {
        email,
        ..Contact::default()
    });
    let ours = story.portal.put_contact(Contact {
        origin: "7".to_owned(),
        ..Contact::default()
    });
    story.turn();
    assert_eq!(story.lines(), ["look, contact too", "create", "rows 3"]);
    assert_eq!(story.deal(3).contacts(), [ours]);
}

#[test]
fn of_several_contacts_with_the_e_mail_the_lowest_id_is_taken() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    let contact = Contact {
        email: Some("erika@example.com".to_owned()),
        ..Contact::default()
    };
    story.portal.put_contact(contact.clone());
    story.portal.put_contact(contact);
    story.turn();
    assert_eq!(story.deal(3).contacts(), [ContactId(1)]);
}

#[test]
fn a_contact_with_the_phone_alone_is_taken_only_where_the_buyer_has_no_e_mail() {
    let family_phone = Contact {
        phone: Some("+49301234567".to_owned()),
        ..Contact::default()
    };
    let mut story = Story::of(&erikas_order(0, 100), []);
    story.portal.put_contact(family_phone.clone());
    story.turn();
    assert_eq!(story.deal(3).contacts(), [ContactId(2)], "a new one");

    let mut story = Story::new();
    story.portal.put_contact(family_phone);
    story.seen(&Order {
        buyer: buyer(Some(7), None, Some("+49 30 1234567")),
        ..order(0, 100)
    });
    story.turn();
    assert_eq!(story.deal(2).contacts(), [ContactId(1)]);
}

#[test]
fn while_a_contact_is_in_doubt_the_deal_is_created_without_it_and_linked_later() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    story.contact_fates.push_back(Fate::Swallowed);
    story.live(5);
    assert_eq!(story.state.deal(), Some(DealId(1)));
    assert!(story.deal(1).contacts().is_empty());
    story.live(1_000);
    assert_eq!(story.portal.contacts.len(), 1);
    assert_eq!(story.deal(1).contacts(), [ContactId(2)]);
    let creates: Vec<String> = story
        .timed_lines()
        .into_iter()
        .filter(|it| it.ends_with("create contact"))
        .collect();
    assert_eq!(creates, ["10s create contact", "220s create contact"]);
}

#[test]
fn a_contact_that_lands_late_is_found_completed_and_never_made_twice() {
    for late in [0, 1, 5, 60, 179] {
        let mut story = Story::of(&erikas_order(0, 100), []);
        story
            .contact_fates
            .push_back(Fate::Late(Duration::from_secs(late)));
        story.live(1_000);
        assert_eq!(story.portal.contacts.len(), 1, "{late} s late");
        let id = *story.portal.contacts.keys().next().unwrap();
        let deal = story.state.deal().unwrap();
        assert_eq!(story.deal(deal.0).contacts(), [id], "{late} s late");
        assert_eq!(story.contact.complete_at, None);
    }
}

#[test]
fn a_found_contact_lacks_its_e_mail_until_it_settled_and_then_receives_it() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    story.contact_fates.push_back(Fate::AnswerLost);
    story.live(20);
    let id = *story.portal.contacts.keys().next().unwrap();
    story.portal.contacts.get_mut(&id).unwrap().email = None;
    story.lines();
    story.live(1_000);
    assert_eq!(
        story.timed_lines(),
        ["220s read contact 1", "220s complete contact 1"]
    );
    assert!(story.portal.contacts[&id].email.is_some());
}

#[test]
fn however_long_the_portal_answers_nothing_a_found_contact_receives_its_e_mail() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    story.contact_fates.push_back(Fate::AnswerLost);
    story.live(20);
    let id = *story.portal.contacts.keys().next().unwrap();
    story.portal.contacts.get_mut(&id).unwrap().email = None;
    story.blind = 250;
    story.live(1_000_000);
    assert!(story.portal.contacts[&id].email.is_some());
}

#[test]
fn a_crash_during_a_contacts_create_is_a_doubt_too() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    story.contact_fates.push_back(Fate::Crash);
    story.live(1_000);
    assert_eq!(story.portal.contacts.len(), 1);
    assert_eq!(story.portal.deals.len(), 1);
    let deal = story.state.deal().unwrap();
    assert_eq!(story.deal(deal.0).contacts(), [ContactId(1)]);
}

#[test]
fn a_refused_contact_does_not_hold_the_order_up_and_is_given_up_after_three_refusals() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    story.contact_fates = vec![Fate::Refused(RefusalClass::Invalid); 3].into();
    story.turn();
    assert_eq!(story.state.deal(), Some(DealId(1)));
    story.live(10_000);
    let lines = story.lines();
    let creates = lines.iter().filter(|it| *it == "create contact").count();
    assert_eq!(creates, 3);
    story.seen(&erikas_order(5, 80));
    story.live(10_000);
    assert_eq!(story.deal(1).amount(), "80.00");
    assert!(story.portal.contacts.is_empty());
}

#[test]
fn a_contact_refused_only_by_a_limit_is_created_and_linked_later() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    story.contact_fates = vec![Fate::Refused(RefusalClass::Busy); 8].into();
    story.live(10_000);
    assert_eq!(story.portal.contacts.len(), 1);
    assert_eq!(story.deal(1).contacts().len(), 1);
}

#[test]
fn a_contact_whose_creates_keep_ending_unknown_is_tried_ever_more_rarely() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    story.contact_fates = vec![Fate::Swallowed; 5].into();
    story.live(20_000);
    let creates: Vec<u64> = story
        .timed_lines()
        .iter()
        .filter_map(|it| it.strip_suffix("s create contact"))
        .map(|it| it.parse().unwrap())
        .collect();
    let gaps: Vec<u64> = creates.windows(2).map(|it| it[1] - it[0]).collect();
    assert_eq!(gaps, [210, 210, 630, 1_260, 2_520]);
    assert_eq!(story.deal(1).contacts().len(), 1);
}

#[test]
fn a_contact_that_a_person_put_into_the_deal_stays() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    story.contact_fates.push_back(Fate::Swallowed);
    story.turn();
    let theirs = kernel::deal::FieldValue::Ids(vec![77]);
    let deal = story.person_changes(1);
    deal.fields
        .insert(kernel::deal::field::CONTACTS.to_owned(), theirs);
    story.live(1_000);
    assert_eq!(story.deal(1).contacts(), [ContactId(77)]);
}

#[test]
fn a_buyer_who_appears_with_a_later_state_is_linked_then() {
    let mut story = Story::linked(&order(0, 100));
    story.seen(&erikas_order(5, 100));
    story.turn();
    assert_eq!(
        story.lines(),
        [
            "look, contact too",
            "create contact",
            "read 1",
            "update 1: contact"
        ]
    );
}

#[test]
fn a_cold_ledger_creates_no_contact() {
    let mut story = Story::new();
    story.world.cold_until = Some(seconds(220));
    story.seen(&erikas_order(0, 100));
    story.live(200);
    assert!(story.portal.contacts.is_empty());
    story.live(200);
    assert_eq!(story.portal.contacts.len(), 1);
    assert!(matches!(story.contact.presence, Presence::Linked(_)));
}

#[test]
fn a_contact_that_a_person_took_out_of_the_deal_is_not_put_back_by_a_debt() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    story.fates.push_back(Fate::AnswerLost);
    story.live(50);
    let (id, _) = story.portal.deals.first_key_value().unwrap();
    let id = id.0;
    let deal = story.person_changes(id);
    deal.fields.remove(kernel::deal::field::CONTACTS);
    story.live(1_000);
    assert!(story.deal(id).contacts().is_empty());
}

#[test]
fn a_contact_that_broke_off_is_found_by_an_order_that_names_the_buyer_otherwise() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    story
        .contact_fates
        .push_back(Fate::Late(Duration::from_secs(60)));
    story.live(5);
    let mut later = erikas_order(10, 100);
    later.buyer.customer = None;
    story.seen(&later);
    story.live(56);
    let id = *story.portal.contacts.keys().next().expect("it landed");
    story.portal.contacts.get_mut(&id).unwrap().email = None;
    story.live(1_000);
    assert_eq!(story.portal.contacts.len(), 1);
    assert!(story.portal.contacts[&id].email.is_some());
}

fn erika_of(origin: &str) -> Contact {
    Contact {
        origin: origin.to_owned(),
        email: Some("erika@example.com".to_owned()),
        ..Contact::default()
    }
}

#[test]
fn several_contacts_with_the_e_mail_are_told_once_and_without_personal_data() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    for _ in 0..3 {
        story.portal.put_contact(erika_of(""));
    }
    story.turn();
    story.seen(&erikas_order(5, 80));
    story.live(1_000);
    let told: Vec<String> = story
        .remarks
        .iter()
        .filter(|it| matches!(it, Remark::SeveralMatch { .. }))
        .map(ToString::to_string)
        .collect();
    assert_eq!(told, ["3 contacts match the buyer: the lowest, 1, is used"]);
    assert!(story.state.notices.contains(&Notice::SeveralMatch {
        kind: PartyKind::Contact,
        count: 3,
        used: PartyId(1),
    }));
}

#[test]
fn contacts_with_the_e_mail_do_not_count_beside_one_with_our_key() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    story.portal.put_contact(erika_of(""));
    story.portal.put_contact(erika_of(""));
    let ours = story.portal.put_contact(erika_of("7"));
    story.turn();
    assert_eq!(story.deal(4).contacts(), [ours]);
    assert!(story.state.notices.is_empty());
}

#[test]
fn what_the_ledger_knows_counts_before_everything_that_a_lookup_would_find() {
    let mut story = Story::new();
    story.portal.put_contact(erika_of("7"));
    let known = story.portal.put_contact(Contact::default());
    story.contact.presence = Presence::Linked(known.into());
    story.seen(&erikas_order(0, 100));
    story.turn();
    assert_eq!(story.lines(), ["look", "create", "rows 3"]);
    assert_eq!(story.deal(3).contacts(), [known]);
}

/// A ledger that knows Erika as contact 1, which a person then merged into contact 2.
fn merged() -> Story {
    let mut story = Story::new();
    let known = story.portal.put_contact(erika_of("7"));
    let survivor = story.portal.put_contact(erika_of(""));
    story.contact.presence = Presence::Linked(known.into());
    story.portal.remove_contact(known, Some(survivor));
    story
}

#[test]
fn a_contact_that_was_merged_into_another_is_found_by_its_e_mail_at_the_next_order() {
    let mut story = merged();
    story.seen(&erikas_order(0, 100));
    assert_eq!(story.live(1_000), Decision::Rest);
    assert_eq!(
        story.lines(),
        [
            "look",
            "create",
            "rows 3",
            "read contact 1",
            "look, contact too",
            "read 3",
            "update 3: contact"
        ]
    );
    assert_eq!(story.deal(3).contacts(), [ContactId(2)]);
    assert!(story.concluded(&Remark::PartyGone {
        kind: PartyKind::Contact,
        id: PartyId(1)
    }));
    assert_eq!(story.portal.contacts.len(), 1, "none is made beside it");
}

#[test]
fn a_contact_that_was_deleted_is_created_once_more_for_the_next_order() {
    let mut story = merged();
    story.portal.contacts.clear();
    story.seen(&erikas_order(0, 100));
    assert_eq!(story.live(1_000), Decision::Rest);
    assert_eq!(story.portal.contacts.len(), 1);
    let (id, _) = story.portal.contacts.first_key_value().unwrap();
    assert_eq!(story.deal(3).contacts(), [*id]);
}

#[test]
fn a_contact_that_the_portal_keeps_dropping_is_asked_for_once_per_state_of_the_order() {
    let mut story = merged();
    story.portal.drops_contacts = true;
    story.seen(&erikas_order(0, 100));
    assert_eq!(story.live(10_000), Decision::Rest);
    let reads = |story: &mut Story| {
        let lines = story.lines();
        lines
            .iter()
            .filter(|it| it.starts_with("read contact"))
            .count()
    };
    assert_eq!(reads(&mut story), 1);
    assert_eq!(story.portal.contacts.len(), 1);
    story.seen(&erikas_order(5, 80));
    assert_eq!(story.live(10_000), Decision::Rest);
    assert_eq!(reads(&mut story), 0, "nothing was written about it again");
}

#[test]
fn a_contact_that_exists_but_is_not_shown_is_left_alone_after_one_read() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    story.portal.drops_contacts = true;
    assert_eq!(story.live(10_000), Decision::Rest);
    assert_eq!(
        story.lines(),
        [
            "look, contact too",
            "create contact",
            "create",
            "rows 2",
            "read contact 1"
        ]
    );
    assert!(!story.contact.suspect);
}

#[test]
fn a_read_that_fails_is_no_word_about_the_contact() {
    let mut story = merged();
    story.seen(&erikas_order(0, 100));
    story.step();
    story.step();
    story.blind = 3;
    assert_eq!(story.live(1_000), Decision::Rest);
    assert_eq!(story.deal(3).contacts(), [ContactId(2)]);
}

#[test]
fn a_found_contact_that_is_gone_when_it_is_to_be_completed_is_looked_up_again() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    story.contact_fates.push_back(Fate::AnswerLost);
    story.live(20);
    let id = *story.portal.contacts.keys().next().unwrap();
    let survivor = story.portal.put_contact(erika_of(""));
    story.portal.remove_contact(id, Some(survivor));
    story.lines();
    assert_eq!(story.live(1_000), Decision::Rest);
    let lines = story.timed_lines();
    assert_eq!(
        lines[..2],
        ["220s read contact 1", "220s look, contact too"]
    );
    assert_eq!(story.contact.presence, Presence::Linked(survivor.into()));
    assert_eq!(story.portal.contacts.len(), 1);
    let deal = story.state.deal().unwrap();
    assert_eq!(story.deal(deal.0).contacts(), [survivor]);
}

#[test]
fn a_contact_that_is_gone_between_read_and_completion_is_looked_up_again() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    story.contact_fates = [Fate::AnswerLost, Fate::Refused(RefusalClass::NotFound)].into();
    story.live(20);
    let id = *story.portal.contacts.keys().next().unwrap();
    story.portal.contacts.get_mut(&id).unwrap().email = None;
    assert_eq!(story.live(1_000), Decision::Rest);
    assert!(story.contact.gone.contains(&id.into()));
    assert_ne!(story.contact.presence, Presence::Linked(id.into()));
}

#[test]
fn a_contact_that_is_gone_while_our_own_create_may_still_land_stays_in_doubt() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    let late = Fate::Late(Duration::from_secs(100));
    story.contact_fates.push_back(late);
    story.turn();
    let theirs = story.portal.put_contact(erika_of(""));
    story.live(20);
    assert_eq!(story.contact.presence, Presence::Linked(theirs.into()));
    story.portal.remove_contact(theirs, None);
    let gone = PartyEvent::NotFound(theirs.into());
    party::apply(
        PartyKind::Contact,
        &mut story.contact,
        &gone,
        &story.world.context(),
    );
    assert!(matches!(story.contact.presence, Presence::InDoubt(_)));
    assert_eq!(story.live(10_000), Decision::Rest);
    assert_eq!(story.portal.contacts.len(), 1, "the one that landed late");
}

#[test]
fn an_id_that_is_gone_is_not_found_again_in_a_list_that_still_shows_it() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    let stale = story.portal.put_contact(erika_of("7"));
    story.contact.presence = Presence::Linked(stale.into());
    let gone = PartyEvent::NotFound(stale.into());
    let context = story.world.context();
    let news = party::apply(PartyKind::Contact, &mut story.contact, &gone, &context);
    assert_eq!(news, Some(PartyNews::Gone(stale.into())));
    assert_eq!(story.live(1_000), Decision::Rest);
    assert_ne!(story.contact.presence, Presence::Linked(stale.into()));
    assert_eq!(story.portal.contacts.len(), 2);
}

#[test]
fn a_found_contact_whose_completion_is_refused_stays_linked() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    story.contact_fates.push_back(Fate::AnswerLost);
    story
        .contact_fates
        .extend(vec![Fate::Refused(RefusalClass::Invalid); 3]);
    story.live(20);
    let id = *story.portal.contacts.keys().next().unwrap();
    story.portal.contacts.get_mut(&id).unwrap().email = None;
    assert_eq!(story.live(10_000), Decision::Rest);
    assert_eq!(story.contact.presence, Presence::Linked(id.into()));
    assert!(story.state.notices.contains(&Notice::ContactRefused));
    let deal = story.state.deal().unwrap();
    assert_eq!(story.deal(deal.0).contacts(), [id]);
}

#[test]
fn a_completion_that_is_due_does_not_hold_the_deal_up() {
    let mut story = Story::new();
    let known = story.portal.put_contact(erika_of("7"));
    story.contact.presence = Presence::Linked(known.into());
    story.contact.complete_at = Some(seconds(5));
    story.seen(&erikas_order(0, 100));
    story.turn();
    assert_eq!(
        story.lines(),
        [
            "look",
            "create",
            "rows 2",
            "read contact 1",
            "complete contact 1"
        ]
    );
    assert_eq!(story.deal(2).contacts(), [known]);
}
