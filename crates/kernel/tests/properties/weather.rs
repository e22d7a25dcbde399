//! After all weather there is exactly one deal, and it says the newest.

use std::time::Duration;

use kernel::{
    CompanyId, ContactId,
    money::carried,
    order::{self, Beside, Buyer, Fulfillment, Order, Payment},
    outcome::RefusalClass,
    presence::Presence,
};
use proptest::{collection::vec, prelude::*};

use crate::{
    round_trips,
    support::{
        Fate, Story,
        orders::order,
        portal::{Contact, Portal},
    },
};

/// What may happen to an order from outside.
#[derive(Debug, Clone)]
enum Weather {
    Seen { second: i64, euros: i64, ends: u8 },
    Turn(Vec<Fate>, Vec<Fate>, Vec<Fate>),
    Live(u64),
    Wait(u64),
    Restart,
    Blind(usize),
    Cold(u64),
    PersonTouches,
    PersonDeletes,
    PersonMergesParties,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        3 => Just(Fate::Fine),
        2 => Just(Fate::AnswerLost),
        2 => Just(Fate::Swallowed),
        2 => (0_u64..180).prop_map(|it| Fate::Late(Duration::from_secs(it))),
        1 => Just(Fate::SaysDuplicate),
        1 => Just(Fate::WithoutDeal),
        1 => Just(Fate::Crash),
        1 => Just(Fate::CrashUnsent),
        1 => Just(Fate::Refused(RefusalClass::Busy)),
        1 => Just(Fate::Refused(RefusalClass::Access)),
        1 => Just(Fate::Refused(RefusalClass::Invalid)),
    ]
}

fn party_fate() -> impl Strategy<Value = Fate> {
    // Three refusals of its content end a contact or a company for good; that is told in a story of its own.
    fate().prop_map(|it| match it {
        Fate::Refused(_) => Fate::Refused(RefusalClass::Busy),
        Fate::WithoutDeal => Fate::Fine,
        Fate::Fine
        | Fate::AnswerLost
        | Fate::Swallowed
        | Fate::Late(_)
        | Fate::SaysDuplicate
        | Fate::OtherKey
        | Fate::Crash
        | Fate::CrashUnsent => it,
    })
}

fn weather(people_delete: bool) -> impl Strategy<Value = Weather> {
    let deletes = if people_delete {
        Weather::PersonDeletes
    } else {
        Weather::PersonTouches
    };
    let merges = if people_delete {
        Weather::PersonMergesParties
    } else {
        Weather::PersonTouches
    };
    prop_oneof![
        4 => (0_i64..20, 1_i64..4, 0_u8..4)
            .prop_map(|(second, euros, ends)| Weather::Seen { second, euros, ends }),
        6 => (vec(fate(), 0..3), vec(party_fate(), 0..2), vec(party_fate(), 0..2))
            .prop_map(|(deal, contact, company)| Weather::Turn(deal, contact, company)),
        3 => (1_u64..400).prop_map(Weather::Live),
        2 => (1_u64..400).prop_map(Weather::Wait),
        1 => Just(Weather::Restart),
        1 => (1_usize..3).prop_map(Weather::Blind),
        1 => Just(Weather::Cold(210)),
        1 => Just(Weather::PersonTouches),
        1 => Just(deletes),
        1 => Just(merges),
    ]
}

/// The state of a second; its content depends on the second alone, so that none is contested.
fn state_of(second: i64, euros: i64, ends: u8) -> Order {
    Order {
        cancelled: ends == 1,
        payment: if ends == 2 {
            Payment::Paid
        } else {
            Payment::Pending
        },
        fulfillment: if ends == 2 {
            Fulfillment::Fulfilled
        } else {
            Fulfillment::Unfulfilled
        },
        buyer: Buyer {
            email: Some("erika@example.com".to_owned()),
            ..Buyer::default()
        },
        beside: Beside {
            company: Some(order::CompanyId {
                id: 811,
                location: None,
            }),
            ..Beside::default()
        },
        ..order(second, euros)
    }
}

/// A person merges every contact into one of their own, and deletes every company.
fn merge_parties(portal: &mut Portal) {
    for gone in portal.contacts.keys().copied().collect::<Vec<_>>() {
        let email = portal.contacts[&gone].email.clone();
        let heir = portal.put_contact(Contact {
            email,
            ..Contact::default()
        });
        portal.remove_contact(gone, Some(heir));
    }
    for gone in portal.companies.keys().copied().collect::<Vec<_>>() {
        portal.remove_company(gone);
    }
}

/// Lives through the weather, and then through a week of calm.
fn after(weather: Vec<Weather>) -> Story {
    let mut story = Story::of(&state_of(0, 9, 0), []);
    story.portal.list_lag = Duration::from_secs(30);
    for it in weather {
        match it {
            Weather::Seen {
                second,
                euros,
                ends,
            } => {
                story.seen(&state_of(second, euros, ends));
            }
            Weather::Turn(deal, contact, company) => {
                story.fates = deal.into();
                story.contact_fates = contact.into();
                story.company_fates = company.into();
                story.turn();
            }
            Weather::Live(secs) => {
                story.live(secs);
            }
            Weather::Wait(secs) => story.wait(secs),
            Weather::Restart => story.restart(),
            Weather::Blind(times) => story.blind = times,
            Weather::Cold(secs) => {
                story.world.cold_until = Some(story.world.now + Duration::from_secs(secs));
            }
            Weather::PersonTouches => {
                for deal in story.portal.deals.values_mut() {
                    deal.touched = true;
                }
            }
            Weather::PersonDeletes => story.portal.deals.clear(),
            Weather::PersonMergesParties => merge_parties(&mut story.portal),
        }
        round_trips(&story.state);
    }
    story.fates.clear();
    story.contact_fates.clear();
    story.company_fates.clear();
    story.blind = 0;
    story.live(7 * 86_400);
    story
}

proptest! {
    // Each story also checks, at each write, that no other is open, that a stage was read, and at each create that
    // every earlier one was refused or unknown and settled before the lookup that permits it.
    #[test]
    fn after_all_weather_there_is_exactly_one_deal_and_it_says_the_newest(weather in vec(weather(false), 0..24)) {
        let story = after(weather);
        let newest = &story.state.newest.as_ref().unwrap().order;
        prop_assert_eq!(story.portal.deals.len(), 1);
        let (id, deal) = story.portal.deals.first_key_value().unwrap();
        prop_assert_eq!(&story.state.presence, &Presence::Linked(*id));
        prop_assert_eq!(deal.amount(), carried(newest.total).to_string());
        prop_assert_eq!(deal.rows[0].price, carried(newest.total));
        prop_assert!(story.state.losers.is_empty());
        prop_assert_eq!(story.portal.contacts.len(), 1);
        let contacts: Vec<ContactId> = story.portal.contacts.keys().copied().collect();
        prop_assert_eq!(deal.contacts(), contacts);
        let companies: Vec<CompanyId> = story.portal.companies.keys().copied().collect();
        prop_assert_eq!(companies.len(), 1);
        prop_assert_eq!(deal.company(), companies.first().copied());
    }

    #[test]
    fn what_people_delete_leaves_at_most_one_deal_contact_and_company(weather in vec(weather(true), 0..24)) {
        let story = after(weather);
        prop_assert!(story.portal.deals.len() <= 1);
        let ours = |origin: &str| !origin.is_empty();
        let contacts = story.portal.contacts.values();
        prop_assert!(contacts.filter(|it| ours(&it.origin)).count() <= 1);
        let companies = story.portal.companies.values();
        prop_assert!(companies.filter(|it| ours(&it.origin)).count() <= 1);
        let linked = story.state.deal();
        prop_assert_eq!(story.portal.live(), linked.into_iter().filter(|it| story.portal.deals.contains_key(it)).collect::<Vec<_>>());
    }
}
