//! What holds for every order, every order of arrival and all weather.

#[expect(dead_code, reason = "properties need only a part of the cast")]
mod support;

use std::time::Duration;

use jiff::Timestamp;
use kernel::{
    ContactId, DealId, Elapsed, IntentId, ProcessNo, apply,
    command::{Command, Decision, Says, Write},
    contact::ContactState,
    deal::{FieldValue, FoundDeal, Glimpse, Semantic, StageWish, field},
    decide,
    event::{Effect, Event},
    mapping::Mapping,
    money::{Currency, carried},
    order::{Buyer, Charge, Fulfillment, Line, Order, Payment, Tax},
    outcome::{Outcome, Refusal, RefusalClass},
    presence::Presence,
    state::{Open, OrderState, ParkReason, Sending},
    version::{Digest, Source, Version},
};
use proptest::{collection::vec, prelude::*, sample::Index};
use rust_decimal::Decimal;

use support::{Fate, Story, deal_with_pair, orders::order};

// Versions.

fn source() -> impl Strategy<Value = Source> {
    let at = prop::option::of(0_i64..4);
    prop_oneof![
        at.prop_map(|at| Source::Webhook {
            triggered_at: at.map(|it| Timestamp::from_second(it).expect("it is early 1970")),
        }),
        Just(Source::Api),
    ]
}

type Arrival = (Order, Source);

/// States, some of one second, and the order in which they arrive, repeats included.
fn arrivals() -> impl Strategy<Value = (Vec<Arrival>, Vec<Arrival>)> {
    let state = (0_i64..3, 1_i64..5, source());
    vec(state, 1..8)
        .prop_map(|states| {
            let seen = |(second, euros, source)| (order(second, euros), source);
            states.into_iter().map(seen).collect::<Vec<_>>()
        })
        .prop_flat_map(|states| {
            let repeats = vec(any::<Index>(), 0..8);
            (Just(states), repeats)
        })
        .prop_flat_map(|(states, repeats)| {
            let mut all = states.clone();
            all.extend(repeats.iter().map(|it| it.get(&states).clone()));
            (Just(states), Just(all).prop_shuffle())
        })
}

proptest! {
    #[test]
    fn whatever_the_order_of_arrival_the_same_state_is_the_newest((states, arriving) in arrivals()) {
        let mut story = Story::new();
        for (order, source) in &arriving {
            story.happens(&Event::OrderSeen {
                order: Box::new(order.clone()),
                source: *source,
                creation: false,
            });
        }
        let newest = states.iter().max_by_key(|(order, source)| Version::of(order, *source)).unwrap();
        let known = story.state.newest.unwrap();
        prop_assert_eq!(&known.order, &newest.0);
        prop_assert_eq!(known.version, Version::of(&newest.0, newest.1));
        let mut rivals = states.iter().filter(|(it, _)| it.updated_at == newest.0.updated_at);
        let settled = rivals.clone().any(|(_, source)| *source == Source::Api);
        let differ = rivals.any(|(it, _)| *it != newest.0);
        prop_assert!(!settled || newest.1 == Source::Api, "the Admin API beats any webhook");
        prop_assert!(known.contested || settled || !differ, "the order is marked");
        prop_assert!(differ || !known.contested, "one state contests nothing");
    }
}

// Weather.

/// What may happen to an order from outside.
#[derive(Debug, Clone)]
enum Weather {
    Seen { second: i64, euros: i64, ends: u8 },
    Turn(Vec<Fate>, Vec<Fate>),
    Live(u64),
    Wait(u64),
    Restart,
    Blind(usize),
    Cold(u64),
    PersonTouches,
    PersonDeletes,
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

fn contact_fate() -> impl Strategy<Value = Fate> {
    // Three refusals of its content end a contact for good; that is told in a story of its own.
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
    prop_oneof![
        4 => (0_i64..20, 1_i64..4, 0_u8..4)
            .prop_map(|(second, euros, ends)| Weather::Seen { second, euros, ends }),
        6 => (vec(fate(), 0..3), vec(contact_fate(), 0..2))
            .prop_map(|(deal, contact)| Weather::Turn(deal, contact)),
        3 => (1_u64..400).prop_map(Weather::Live),
        2 => (1_u64..400).prop_map(Weather::Wait),
        1 => Just(Weather::Restart),
        1 => (1_usize..3).prop_map(Weather::Blind),
        1 => Just(Weather::Cold(210)),
        1 => Just(Weather::PersonTouches),
        1 => Just(deletes),
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
        ..order(second, euros)
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
            Weather::Turn(deal, contact) => {
                story.fates = deal.into();
                story.contact_fates = contact.into();
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
        }
        round_trips(&story.state);
    }
    story.fates.clear();
    story.contact_fates.clear();
    story.blind = 0;
    story.live(7 * 86_400);
    story
}

#[track_caller]
fn round_trips(state: &OrderState) {
    let json = serde_json::to_string(state).expect("the state is plain data");
    let read: OrderState = serde_json::from_str(&json).expect("what was written can be read");
    assert_eq!(read, *state);
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
    }

    #[test]
    fn what_people_delete_leaves_at_most_one_deal(weather in vec(weather(true), 0..24)) {
        let story = after(weather);
        prop_assert!(story.portal.deals.len() <= 1);
        let linked = story.state.deal();
        prop_assert_eq!(story.portal.live(), linked.into_iter().filter(|it| story.portal.deals.contains_key(it)).collect::<Vec<_>>());
    }
}

// Events in no order at all.

fn elapsed() -> impl Strategy<Value = Elapsed> {
    (0_u64..2_000_000).prop_map(Elapsed::from_millis)
}

fn deal_id() -> impl Strategy<Value = DealId> {
    (0_u64..4).prop_map(DealId)
}

fn row() -> impl Strategy<Value = FoundDeal> {
    let mark = prop::sample::select(vec!["onedeal:ours", "onedeal:theirs", ""]);
    let semantic = prop::sample::select(vec![
        Semantic::Process,
        Semantic::Success,
        Semantic::Failure,
    ]);
    let key = support::orders::key();
    let maybe = |text: String| prop::option::of(Just(text));
    (
        deal_id(),
        ".{0,9}|\\[DUPLICATE of #1\\] .",
        maybe(key.shop.originator()),
        maybe(key.origin()),
        maybe(key.origin()),
        mark,
        prop::option::of(0_u64..2),
        semantic,
    )
        .prop_map(
            |(id, title, originator, origin, order_field, mark, duplicate_of, semantic)| {
                FoundDeal {
                    id,
                    title,
                    originator,
                    origin,
                    order_field,
                    additional_info: Some(mark.to_owned()),
                    duplicate_of,
                    semantic,
                }
            },
        )
}

fn sending() -> impl Strategy<Value = Sending> {
    let stage = prop::sample::select(vec![StageWish::Open, StageWish::Won, StageWish::Lost]);
    let says = (prop::option::of(stage), any::<bool>()).prop_map(|(stage, completes)| Says {
        always: Some([(field::TITLE.to_owned(), FieldValue::Flag(true))].into()),
        stage,
        contact: Some(ContactId(1)),
        completes,
    });
    prop_oneof![
        says.clone().prop_map(Sending::Create),
        says.prop_map(Sending::Update),
        Just(Sending::Rows(Digest::of_bytes(b"rows"))),
        deal_id().prop_map(Sending::Flag),
        deal_id().prop_map(Sending::Comment),
    ]
}

fn outcome() -> impl Strategy<Value = Outcome<Effect>> {
    let key = support::orders::key();
    let class = prop::sample::select(vec![
        RefusalClass::Busy,
        RefusalClass::Access,
        RefusalClass::Denied,
        RefusalClass::Invalid,
        RefusalClass::NotFound,
    ]);
    let shown = Effect::Deal {
        id: DealId(1),
        originator: Some(key.shop.originator()),
        origin: Some(key.origin()),
    };
    let strange = Effect::Deal {
        id: DealId(2),
        originator: None,
        origin: None,
    };
    prop_oneof![
        prop::sample::select(vec![shown, strange, Effect::Plain]).prop_map(Outcome::Done),
        class.prop_map(|class| Outcome::Refused(Refusal {
            class,
            code: "CODE".to_owned(),
        })),
        any::<bool>().prop_map(|says_duplicate| Outcome::Unknown { says_duplicate }),
    ]
}

fn happening() -> impl Strategy<Value = Event> {
    let why = prop::sample::select(vec![
        ParkReason::Poison,
        ParkReason::Operator,
        ParkReason::Ignored,
        ParkReason::Mismatch(DealId(1)),
    ]);
    let open = (sending(), elapsed()).prop_map(|(sending, at)| Open {
        intent: IntentId(1),
        at,
        sending,
    });
    let glimpse = (row(), 0_usize..2, elapsed()).prop_map(|(deal, rows, at)| Glimpse {
        deal,
        category: 0,
        amount: Some(Decimal::ONE),
        contacts: Vec::new(),
        filled: std::collections::BTreeSet::new(),
        rows,
        created_by_us: true,
        untouched: true,
        at,
        process: ProcessNo(1),
    });
    prop_oneof![
        3 => (0_i64..9, 1_i64..9, source(), any::<bool>()).prop_map(|(second, euros, source, creation)| {
            let order = Box::new(state_of(second, euros, u8::try_from(euros % 4).unwrap_or(0)));
            Event::OrderSeen { order, source, creation }
        }),
        1 => Just(Event::DeletedInShop),
        1 => Just(Event::UnreadableSeen),
        2 => Just(Event::TurnBegan),
        4 => open.prop_map(Event::Intended),
        6 => outcome().prop_map(Event::Answered),
        1 => Just(Event::Interrupted),
        6 => (elapsed(), vec(row(), 0..4))
            .prop_map(|(started_at, rows)| Event::Looked { started_at, rows }),
        1 => Just(Event::LookFailed { code: None }),
        1 => Just(Event::ContactRefused),
        1 => deal_id().prop_map(Event::FlagSeen),
        3 => glimpse.prop_map(Event::Glimpsed),
        1 => deal_id().prop_map(Event::NotFound),
        1 => Just(Event::StageLeft(StageWish::Won)),
        1 => Just(Event::ContactLeft(ContactId(1))),
        1 => Just(Event::Completed),
        1 => deal_id().prop_map(Event::LoserSpared),
        1 => Just(Event::OperatorRetry),
        1 => why.prop_map(Event::OperatorPark),
    ]
}

proptest! {
    #[test]
    fn events_in_any_order_never_panic_and_never_let_a_known_deal_be_created_again(
        events in vec((happening(), elapsed(), 1_u64..3), 0..40),
    ) {
        let mut story = Story::new();
        for (event, now, process) in events {
            (story.world.now, story.world.process) = (now, ProcessNo(process));
            apply(&mut story.state, &event, &story.world.context());
            round_trips(&story.state);
            for contact in [None, Some(&ContactState::default())] {
                let decision = decide(&story.state, contact, &story.world.context());
                let Decision::Act(Command::Write(Write::Create { permit, .. })) = decision else {
                    continue;
                };
                prop_assert!(matches!(story.state.presence, Presence::Absent | Presence::InDoubt(_)));
                let evidence = permit.evidence().unwrap();
                prop_assert_eq!(evidence.process, ProcessNo(process));
                if let Presence::InDoubt(doubt) = &story.state.presence {
                    prop_assert!(doubt.settles_at <= evidence.started_at);
                }
            }
        }
    }

    #[test]
    fn of_any_list_of_rows_a_lookup_keeps_one_and_writes_to_marked_ones_only(rows in vec(row(), 0..6)) {
        let mut story = Story::of(&order(0, 100), []);
        let started_at = story.world.now;
        let marked: Vec<DealId> = rows
            .iter()
            .filter(|it| it.additional_info.as_deref() == Some("onedeal:ours"))
            .map(|it| it.id)
            .collect();
        story.happens(&Event::Looked { started_at, rows });
        let linked = story.state.deal();
        for (loser, step) in &story.state.losers {
            prop_assert_ne!(Some(*loser), linked);
            prop_assert!(*step == kernel::state::Loser::Listed || marked.contains(loser));
        }
    }
}

// Mapping.

/// Amounts of a currency with that many decimals.
fn money(decimals: u32, max: i64) -> impl Strategy<Value = Decimal> {
    (0..=max).prop_map(move |it| Decimal::new(it, decimals))
}

fn taxes(decimals: u32) -> impl Strategy<Value = Vec<Tax>> {
    let rate = prop::option::of((0_i64..300).prop_map(|it| Decimal::new(it, 3)));
    vec(
        (rate, money(decimals, 9_999)).prop_map(|(rate, amount)| Tax { rate, amount }),
        0..3,
    )
}

fn line(decimals: u32) -> impl Strategy<Value = Line> {
    (
        1_u32..8,
        any::<Index>(),
        money(decimals, 999_999),
        0_i64..=100,
        taxes(decimals),
    )
        .prop_map(move |(quantity, left, price, percent, taxes)| Line {
            name: "Item".to_owned(),
            quantity,
            current_quantity: u32::try_from(left.index(quantity as usize + 1))
                .expect("it is below eight"),
            price,
            discount: (price * Decimal::from(quantity) * Decimal::new(percent, 2))
                .round_dp(decimals),
            taxes,
        })
}

fn charge(decimals: u32) -> impl Strategy<Value = Charge> {
    (money(decimals, 9_999), any::<bool>(), taxes(decimals)).prop_map(|(amount, back, taxes)| {
        Charge {
            name: "Charge".to_owned(),
            amount: if back { -amount } else { amount },
            taxes,
        }
    })
}

/// Orders of yen, euros and dinars; the total is what the lines add up to.
fn mapped_order() -> impl Strategy<Value = Order> {
    let currency = prop::sample::select(vec![("JPY", 0_u32), ("EUR", 2), ("KWD", 3)]);
    currency.prop_flat_map(|(code, decimals)| {
        (
            vec(line(decimals), 0..5),
            vec(charge(decimals), 0..2),
            vec(charge(decimals), 0..3),
            any::<bool>(),
            any::<bool>(),
            ".{0,400}",
        )
            .prop_map(
                move |(lines, shipping, extras, taxes_included, test, name)| {
                    let mut order = Order {
                        currency: Currency::parse(code).expect("it has three letters"),
                        lines,
                        shipping,
                        extras,
                        taxes_included,
                        test,
                        name,
                        ..order(0, 0)
                    };
                    order.total = sum_of(&order).round_dp(decimals);
                    order
                },
            )
    })
}

fn sum_of(order: &Order) -> Decimal {
    let on_top = |taxes: &[Tax]| -> Decimal {
        if order.taxes_included {
            Decimal::ZERO
        } else {
            taxes.iter().map(|it| it.amount).sum()
        }
    };
    let lines: Decimal = order
        .lines
        .iter()
        .map(|it| {
            let pieces = Decimal::from(it.current_quantity);
            let share = pieces / Decimal::from(it.quantity);
            it.price * pieces + (on_top(&it.taxes) - it.discount) * share
        })
        .sum();
    let charges: Decimal = order
        .shipping
        .iter()
        .chain(&order.extras)
        .map(|it| it.amount + on_top(&it.taxes))
        .sum();
    lines + charges
}

#[track_caller]
fn rows_make_the_amount(order: &Order) {
    let deal = Mapping::default().desired(order);
    let sum: Decimal = deal
        .rows
        .iter()
        .map(|it| it.price * Decimal::from(it.quantity))
        .sum();
    assert_eq!(sum, carried(order.total));
    assert_eq!(deal.always[field::AMOUNT], FieldValue::Number(sum));
    let code = order.currency.to_string();
    assert_eq!(deal.always[field::CURRENCY], FieldValue::Text(code));
    for row in &deal.rows {
        assert!(row.price.scale() <= 2 && 0 < row.quantity);
    }
}

proptest! {
    #[test]
    fn rows_add_up_to_the_amount_with_a_rounding_row_at_most(order in mapped_order()) {
        rows_make_the_amount(&order);
        let deal = Mapping::default().desired(&order);
        if order.currency.as_str() != "JPY" {
            prop_assert!(deal.rows.iter().all(|it| it.name != "Adjustment"), "{:?}", deal.rows);
        }
        let live = order.lines.iter().filter(|it| 0 < it.current_quantity).count();
        prop_assert_eq!(deal.rows.iter().filter(|it| it.name == "Item").count(), live);
    }

    #[test]
    fn rows_add_up_to_the_amount_whatever_was_given_back(order in mapped_order(), back in 0_i64..1_000_000) {
        let total = order.total - Decimal::new(back, 2);
        rows_make_the_amount(&Order { total, ..order });
    }

    #[test]
    fn mapping_is_deterministic_and_its_title_fits(order in mapped_order()) {
        let deal = Mapping::default().desired(&order);
        prop_assert_eq!(&Mapping::default().desired(&order), &deal);
        let FieldValue::Text(title) = &deal.on_create[field::TITLE] else {
            return Err(TestCaseError::fail("a title is text"));
        };
        prop_assert!(title.chars().count() <= 255);
        prop_assert_eq!(title.starts_with("TEST "), order.test);
    }

    #[test]
    fn the_flag_of_a_duplicate_fits_into_a_title(title in ".{0,300}") {
        let mut story = Story::of(&order(0, 100), [Fate::Swallowed]);
        story.turn();
        story.portal.put(deal_with_pair("onedeal:ours"));
        story.portal.put(deal_with_pair("onedeal:ours").set(field::TITLE, &title));
        story.live(1_000);
        let flagged = story.deal(2).text(field::TITLE).unwrap();
        prop_assert!(flagged.chars().count() <= 255);
        prop_assert_eq!(story.portal.live(), [DealId(1)]);
    }
}
