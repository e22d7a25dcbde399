//! The company of a B2B order: found, or created once, and never in the deal's way.

use std::time::Duration;

use kernel::{
    CompanyId, ContactId, DealId,
    chain::{self, NEW_CONTACT},
    command::{Command, Decision, Write},
    company::CompanyWish,
    deal::{FieldValue, field},
    mapping::{Mapping, MappingFile},
    order::{self, Address, Order},
    outcome::RefusalClass,
    party::{PartyCommand, PartyKind, PartyState},
    presence::Presence,
    remark::Remark,
    state::Notice,
};

use super::contacts::erikas_order;
use crate::support::{Fate, Story, orders::order, portal::Company, seconds};

/// What an order says of the company that buys.
fn with_company(order: Order, name: Option<&str>) -> Order {
    let mut order = order;
    order.beside.company = Some(order::CompanyId {
        id: 811,
        location: Some(812),
    });
    order.billing_address = Some(Address {
        company: name.map(str::to_owned),
        ..Address::default()
    });
    order
}

/// An order of nobody for a company.
fn b2b(second: i64, euros: i64) -> Order {
    with_company(order(second, euros), Some("Muster GmbH"))
}

/// An order of Erika for her company.
fn erikas_b2b(second: i64, euros: i64) -> Order {
    with_company(erikas_order(second, euros), Some("Muster GmbH"))
}

fn company(origin: &str, title: &str) -> Company {
    Company {
        origin: origin.to_owned(),
        title: title.to_owned(),
    }
}

#[test]
fn a_company_is_known_by_its_number_and_named_as_on_the_bill() {
    let wish = CompanyWish::of(&b2b(0, 1)).unwrap();
    assert_eq!(
        (wish.key().as_str(), wish.origin().as_str()),
        ("company:811", "811")
    );
    assert_eq!(wish.title, "Muster GmbH");
    for nameless in [None, Some("  ")] {
        let wish = CompanyWish::of(&with_company(order(0, 1), nameless)).unwrap();
        assert_eq!(wish.title, "Company 811");
    }
    assert_eq!(CompanyWish::of(&order(0, 1)), None);
    assert_eq!(PartyKind::of_key("company:811"), PartyKind::Company);
    assert_eq!(PartyKind::of_key("customer:811"), PartyKind::Contact);
}

#[test]
fn company_and_contact_are_looked_up_with_the_deal_and_created_before_it() {
    let mut story = Story::of(&erikas_b2b(0, 100), []);
    assert_eq!(story.turn(), Decision::Rest);
    assert_eq!(
        story.lines(),
        [
            "look, contact too, company too",
            "create company",
            "create contact",
            "create",
            "rows 3"
        ]
    );
    let deal = story.deal(3);
    assert_eq!(deal.company(), Some(CompanyId(1)));
    assert_eq!(deal.contacts(), [ContactId(2)]);
    assert_eq!(story.portal.companies[&CompanyId(1)].title, "Muster GmbH");
    assert_eq!(story.portal.companies[&CompanyId(1)].origin, "811");
}

#[test]
fn a_contact_that_we_create_belongs_to_the_company_and_no_other_contact_is_touched() {
    let mut story = Story::of(&erikas_b2b(0, 100), []);
    story.turn();
    let ours = &story.portal.contacts[&ContactId(2)];
    assert_eq!(ours.company, Some(CompanyId(1)));

    let mut story = Story::of(&erikas_b2b(0, 100), []);
    let theirs = story.portal.put_contact(crate::support::portal::Contact {
        email: Some("erika@example.com".to_owned()),
        ..Default::default()
    });
    story.turn();
    assert_eq!(story.portal.contacts[&theirs].company, None);
    assert_eq!(story.deal(3).contacts(), [theirs]);
    assert_eq!(story.deal(3).company(), Some(CompanyId(2)));
}

#[test]
fn a_contact_created_while_the_company_is_in_doubt_belongs_to_none() {
    let mut story = Story::of(&erikas_b2b(0, 100), []);
    story.company_fates.push_back(Fate::AnswerLost);
    story.live(1_000);
    let (_, contact) = story.portal.contacts.first_key_value().unwrap();
    assert_eq!(contact.company, None);
}

#[test]
fn a_contact_that_was_refused_is_tried_without_the_company() {
    let mut story = Story::of(&erikas_b2b(0, 100), []);
    story.contact_fates = [Fate::Refused(RefusalClass::Invalid)].into();
    story.live(1_000);
    let (id, contact) = story.portal.contacts.first_key_value().unwrap();
    assert_eq!(contact.company, None);
    let deal = story.state.deal().unwrap();
    assert_eq!(story.deal(deal.0).contacts(), [*id]);
}

#[test]
fn a_company_with_our_key_is_used_as_it_is_and_one_with_the_same_name_is_not() {
    let mut story = Story::of(&b2b(0, 100), []);
    story.portal.put_company(company("", "Muster GmbH"));
    let ours = story.portal.put_company(company("811", "Muster, renamed"));
    story.turn();
    assert_eq!(story.lines(), ["look, company too", "create", "rows 3"]);
    assert_eq!(story.deal(3).company(), Some(ours));
    assert_eq!(story.portal.companies[&ours].title, "Muster, renamed");
}

#[test]
fn of_several_companies_with_our_key_the_lowest_is_used_and_it_is_told() {
    let mut story = Story::of(&b2b(0, 100), []);
    let lowest = story.portal.put_company(company("811", "one"));
    story.portal.put_company(company("811", "other"));
    story.turn();
    assert_eq!(story.deal(3).company(), Some(lowest));
    let told = Remark::SeveralMatch {
        kind: PartyKind::Company,
        count: 2,
        used: lowest.into(),
    };
    assert!(story.concluded(&told));
    assert_eq!(
        told.to_string(),
        "2 companies match the order's company: the lowest, 1, is used"
    );
}

#[test]
fn a_company_that_the_ledger_knows_costs_no_lookup() {
    let mut story = Story::new();
    story.portal.put_company(company("811", "Muster"));
    story.company.presence = Presence::Linked(CompanyId(1).into());
    story.seen(&b2b(0, 100));
    story.turn();
    assert_eq!(story.lines(), ["look", "create", "rows 2"]);
    assert_eq!(story.deal(2).company(), Some(CompanyId(1)));
}

#[test]
fn an_order_without_a_company_says_nothing_of_one() {
    let mut story = Story::of(&erikas_order(0, 100), []);
    story.turn();
    assert_eq!(
        story.lines(),
        ["look, contact too", "create contact", "create", "rows 2"]
    );
    assert!(!story.deal(2).fields.contains_key(field::COMPANY));
    for json in [
        serde_json::to_string(&story.state).unwrap(),
        serde_json::to_string(&story.contact).unwrap(),
    ] {
        for word in [
            "\"company\":{\"id",
            "\"company\":{\"said",
            "not_shown",
            "suspect",
            "gone",
        ] {
            assert!(!json.contains(word), "{word}");
        }
    }
}

#[test]
fn companies_can_be_switched_off() {
    let file: MappingFile = serde_json::from_str(r#"{"company":{"link":false}}"#).unwrap();
    let mapping = Mapping::default()
        .with_file(&file, jiff::tz::TimeZone::UTC)
        .unwrap();
    assert_eq!(mapping.desired(&erikas_b2b(0, 100)).company, None);
    let mut story = Story::new();
    story.world.mapping = mapping;
    story.seen(&erikas_b2b(0, 100));
    story.turn();
    assert_eq!(
        story.lines(),
        ["look, contact too", "create contact", "create", "rows 2"]
    );
}

#[test]
fn while_a_company_is_in_doubt_the_deal_is_created_without_it_and_linked_later() {
    let mut story = Story::of(&b2b(0, 100), []);
    story.company_fates.push_back(Fate::Swallowed);
    story.live(5);
    assert_eq!(story.state.deal(), Some(DealId(1)));
    assert_eq!(story.deal(1).company(), None);
    story.live(1_000);
    assert_eq!(story.portal.companies.len(), 1);
    assert_eq!(story.deal(1).company(), Some(CompanyId(2)));
    let lines = story.timed_lines();
    let creates = lines.iter().filter(|it| it.ends_with("create company"));
    assert_eq!(
        creates.collect::<Vec<_>>(),
        ["10s create company", "220s create company"]
    );
    let linked = lines
        .iter()
        .position(|it| it.ends_with("update 1: company"));
    let read = &lines[linked.unwrap() - 1];
    assert!(
        read.ends_with("read 1"),
        "a read that shows none: {lines:?}"
    );
}

#[test]
fn a_company_that_lands_late_is_found_and_never_made_twice() {
    for late in [0, 1, 5, 60, 179] {
        let mut story = Story::of(&erikas_b2b(0, 100), []);
        let fate = Fate::Late(Duration::from_secs(late));
        story.company_fates.push_back(fate);
        story.live(1_000);
        assert_eq!(story.portal.companies.len(), 1, "{late} s late");
        let id = *story.portal.companies.keys().next().unwrap();
        let deal = story.state.deal().unwrap();
        assert_eq!(story.deal(deal.0).company(), Some(id), "{late} s late");
        assert_eq!(story.company.complete_at, None);
    }
}

#[test]
fn a_found_company_without_a_title_receives_it_and_one_with_a_title_keeps_it() {
    for (title, then, lines) in [
        (
            "",
            "Muster GmbH",
            ["220s read company 1", "220s complete company 1"],
        ),
        (
            "A person's",
            "A person's",
            ["220s read company 1", "220s the company lacks nothing"],
        ),
    ] {
        let mut story = Story::of(&b2b(0, 100), []);
        story.company_fates.push_back(Fate::AnswerLost);
        story.live(20);
        let id = *story.portal.companies.keys().next().unwrap();
        let company = story.portal.companies.get_mut(&id).unwrap();
        company.title = title.to_owned();
        story.lines();
        assert_eq!(story.live(1_000), Decision::Rest);
        assert_eq!(story.timed_lines(), lines);
        assert_eq!(story.portal.companies[&id].title, then);
    }
}

#[test]
fn a_crash_during_a_companys_create_is_a_doubt_too() {
    for fate in [Fate::Crash, Fate::CrashUnsent] {
        let mut story = Story::of(&erikas_b2b(0, 100), []);
        story.company_fates.push_back(fate);
        story.live(1_000);
        assert_eq!(story.portal.companies.len(), 1);
        let id = *story.portal.companies.keys().next().unwrap();
        let deal = story.state.deal().unwrap();
        assert_eq!(story.deal(deal.0).company(), Some(id));
    }
}

#[test]
fn a_refused_company_does_not_hold_the_order_up_and_is_given_up_with_a_notice() {
    let mut story = Story::of(&b2b(0, 100), []);
    story.company_fates = vec![Fate::Refused(RefusalClass::Invalid); 3].into();
    story.turn();
    assert_eq!(story.state.deal(), Some(DealId(1)));
    assert_eq!(story.live(10_000), Decision::Rest);
    let lines = story.lines();
    let creates = lines.iter().filter(|it| *it == "create company").count();
    assert_eq!(creates, 3);
    assert!(story.state.notices.contains(&Notice::CompanyRefused));
    assert!(story.portal.companies.is_empty());
}

#[test]
fn a_company_whose_creates_keep_ending_unknown_is_tried_ever_more_rarely() {
    let mut story = Story::of(&b2b(0, 100), []);
    story.company_fates = vec![Fate::Swallowed; 5].into();
    story.live(20_000);
    let creates: Vec<u64> = story
        .timed_lines()
        .iter()
        .filter_map(|it| it.strip_suffix("s create company"))
        .map(|it| it.parse().unwrap())
        .collect();
    let gaps: Vec<u64> = creates.windows(2).map(|it| it[1] - it[0]).collect();
    assert_eq!(gaps, [210, 210, 630, 1_260, 2_520]);
    assert!(story.deal(1).company().is_some());
}

#[test]
fn a_cold_ledger_creates_no_company() {
    let mut story = Story::new();
    story.world.cold_until = Some(seconds(220));
    story.seen(&b2b(0, 100));
    story.live(200);
    assert!(story.portal.companies.is_empty());
    story.live(200);
    assert_eq!(story.portal.companies.len(), 1);
}

#[test]
fn a_company_that_a_person_put_into_the_deal_stays() {
    let mut story = Story::of(&b2b(0, 100), []);
    story.company_fates.push_back(Fate::Swallowed);
    story.turn();
    let theirs = FieldValue::Number(77.into());
    let deal = story.person_changes(1);
    deal.fields.insert(field::COMPANY.to_owned(), theirs);
    assert_eq!(story.live(1_000), Decision::Rest);
    assert_eq!(story.deal(1).company(), Some(CompanyId(77)));
}

#[test]
fn a_company_that_a_person_took_out_of_the_deal_is_not_put_back() {
    let mut story = Story::of(&b2b(0, 100), []);
    story.fates.push_back(Fate::AnswerLost);
    story.live(50);
    let (id, _) = story.portal.deals.first_key_value().unwrap();
    let id = id.0;
    story.person_changes(id).fields.remove(field::COMPANY);
    story.seen(&b2b(60, 80));
    story.live(1_000);
    assert_eq!(story.deal(id).amount(), "80.00");
    assert_eq!(story.deal(id).company(), None);
}

#[test]
fn an_unknown_update_that_links_the_company_is_said_again_after_a_read() {
    let mut story = Story::linked(&order(0, 100));
    story.seen(&b2b(5, 100));
    story.fates.push_back(Fate::Swallowed);
    assert_eq!(story.live(1_000), Decision::Rest);
    let (id, _) = story.portal.companies.first_key_value().unwrap();
    assert_eq!(story.deal(1).company(), Some(*id));
}

#[test]
fn a_company_told_later_is_linked_then_even_if_the_order_did_not_change() {
    let mut story = Story::linked(&order(0, 100));
    let mut told = order(0, 100);
    told.beside.company = Some(order::CompanyId {
        id: 811,
        location: None,
    });
    story.seen(&told);
    story.turn();
    assert_eq!(
        story.lines(),
        [
            "look, company too",
            "create company",
            "read 1",
            "update 1: company"
        ]
    );
    assert_eq!(story.deal(1).company(), Some(CompanyId(2)));
}

#[test]
fn a_company_that_is_to_be_created_goes_alone_and_the_rest_in_one_request_after_it() {
    let mut story = Story::of(&erikas_b2b(0, 100), []);
    story.step();
    let Decision::Act(create) = story.decides() else {
        panic!("a company to create")
    };
    assert!(!chain::begins(&story.state, &create));
    story.step();
    let Decision::Act(next) = story.decides() else {
        panic!("a contact to create")
    };
    assert!(chain::begins(&story.state, &next));
    let context = story.world.context();
    let chain = chain::foresee(&story.state, story.parties(), &context).expect("a beginning");
    let Some(PartyCommand::Create { company, .. }) = chain.contact else {
        panic!("the contact")
    };
    assert_eq!(company, Some(CompanyId(1)));
    let Write::Create { fields, .. } = &chain.create else {
        panic!("the deal")
    };
    let ids = FieldValue::Ids(vec![NEW_CONTACT.0]);
    assert_eq!(fields.get(field::CONTACTS), Some(&ids));
    let id = FieldValue::Number(1.into());
    assert_eq!(fields.get(field::COMPANY), Some(&id));
    assert!(chain.rows.is_some());
}

#[test]
fn a_company_that_a_person_deleted_is_looked_up_again_and_the_deal_gets_the_new_one() {
    let mut story = Story::new();
    story.portal.put_company(company("811", "Muster"));
    story.company.presence = Presence::Linked(CompanyId(1).into());
    story.portal.remove_company(CompanyId(1));
    story.seen(&b2b(0, 100));
    assert_eq!(story.live(1_000), Decision::Rest);
    assert_eq!(
        story.lines(),
        [
            "look",
            "create",
            "rows 2",
            "read company 1",
            "look, company too",
            "create company",
            "read 2",
            "update 2: company"
        ]
    );
    assert_eq!(story.deal(2).company(), Some(CompanyId(3)));
}

#[test]
fn a_look_waits_for_neither_when_one_of_both_is_known() {
    let mut story = Story::new();
    story.portal.put_company(company("811", "Muster"));
    story.company.presence = Presence::Linked(CompanyId(1).into());
    story.seen(&erikas_b2b(0, 100));
    let Decision::Act(Command::Look {
        contact, company, ..
    }) = story.decides()
    else {
        panic!("a look")
    };
    assert!(contact.is_some() && company.is_none());
}

#[test]
fn the_state_of_a_contact_in_an_existing_ledger_loads_and_is_written_as_before() {
    let saved = r#"{"presence":{"Linked":17},"evidence":null,"origin":"7","open":{"intent":4,"company":3,"creates":null},"complete_at":220000,"glimpse":{"has_email":true,"has_phone":false,"at":220001,"process":2},"not_before":null,"failures":1,"unknowns":0,"company":{"max":20},"refusals":0}"#;
    let mut state: PartyState = serde_json::from_str(saved).unwrap();
    assert_eq!(state.presence, Presence::Linked(ContactId(17).into()));
    assert_eq!(state.crowd.max(), 20);
    state.glimpse = None;
    let before = saved.replace(
        r#"{"has_email":true,"has_phone":false,"at":220001,"process":2}"#,
        "null",
    );
    assert_eq!(serde_json::to_string(&state).unwrap(), before);
}
