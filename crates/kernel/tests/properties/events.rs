//! Events in no order at all never panic, and never lead to a second create.

use kernel::{
    CommandSeq, CompanyId, ContactId, DealId, Elapsed, IntentId, PartyId, ProcessNo, apply,
    command::{Command, Decision, Says, Write},
    deal::{FieldValue, FoundDeal, Glimpse, Semantic, StageWish, field},
    decide,
    event::{Effect, Event, Shown},
    outcome::{Outcome, Refusal, RefusalClass},
    party::{Parties, PartyKind, PartyNews, PartyState},
    presence::Presence,
    state::{Notice, Open, ParkReason, Sending},
    version::Digest,
};
use proptest::{collection::vec, prelude::*};
use rust_decimal::Decimal;

use crate::{
    round_trips,
    support::{
        Story,
        orders::{key, order},
    },
    versions::source,
};

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
    let key = key();
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
        company: Some(CompanyId(2)),
        completes,
        ..Says::default()
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
    let key = key();
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
        shows: Shown::default(),
    };
    let strange = Effect::Deal {
        id: DealId(2),
        originator: None,
        origin: None,
        shows: Shown {
            contacts: Some(Vec::new()),
            company: Some(None),
        },
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

fn news() -> impl Strategy<Value = (PartyKind, PartyNews)> {
    let kind = prop::sample::select(vec![PartyKind::Contact, PartyKind::Company]);
    let used = PartyId(1);
    let news = prop::sample::select(vec![
        PartyNews::SeveralMatch { count: 2, used },
        PartyNews::SeveralMatch { count: 3, used },
        PartyNews::Gone(used),
        PartyNews::Refused,
    ]);
    (kind, news)
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
        company: 1,
        with_rows: None,
    });
    let glimpse = (row(), 0_usize..2, elapsed()).prop_map(|(deal, rows, at)| Glimpse {
        deal,
        category: 0,
        stage: "NEW".to_owned(),
        values: [(
            field::COMMENTS.to_owned(),
            FieldValue::Text("theirs".to_owned()),
        )]
        .into(),
        amount: Some(Decimal::ONE),
        contacts: Vec::new(),
        company: None,
        filled: std::collections::BTreeSet::new(),
        rows,
        created_by_us: true,
        untouched: true,
        moved_by_us: true,
        at,
        process: ProcessNo(1),
    });
    prop_oneof![
        3 => (0_i64..9, 1_i64..9, source(), any::<bool>()).prop_map(|(second, euros, source, creation)| {
            let order = Box::new(order(second, euros));
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
        1 => Just(Event::LookFailed { code: None, company: 1 }),
        1 => news().prop_map(|(kind, news)| Event::Party(kind, news)),
        1 => deal_id().prop_map(Event::FlagSeen),
        3 => glimpse.prop_map(Event::Glimpsed),
        1 => deal_id().prop_map(Event::NotFound),
        1 => Just(Event::StageLeft(StageWish::Won)),
        1 => Just(Event::ContactLeft(ContactId(1))),
        1 => Just(Event::CompanyLeft(CompanyId(2))),
        1 => Just(Event::Completed),
        1 => deal_id().prop_map(Event::LoserSpared),
        1 => Just(Event::OperatorRetry),
        1 => Just(Event::OperatorSync),
        2 => (deal_id(), 0_u64..3).prop_map(|(deal, seq)| {
            let command = CommandSeq(seq);
            Event::OperatorChose { deal, command }
        }),
        1 => Just(Event::ChoiceTaken(key())),
        1 => Just(Event::OperatorRecreate),
        1 => deal_id().prop_map(Event::OperatorFlag),
        1 => deal_id().prop_map(|it| Event::OperatorDismissed(Notice::OtherDeal(it))),
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
            let unknown = PartyState::default();
            for party in [None, Some(&unknown)] {
                let parties = Parties { contact: party, company: party };
                let decision = decide(&story.state, parties, &story.world.context());
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
    fn while_an_operator_lets_it_rest_nothing_is_written_whatever_happens(
        before in vec((happening(), elapsed()), 0..20),
        after in vec((happening(), elapsed()), 0..20),
    ) {
        let mut story = Story::new();
        for (event, now) in before {
            story.world.now = now;
            apply(&mut story.state, &event, &story.world.context());
        }
        apply(&mut story.state, &Event::OperatorPark(ParkReason::Ignored), &story.world.context());
        for (event, now) in after {
            let wakes = matches!(
                event,
                Event::OperatorRetry
                    | Event::OperatorSync
                    | Event::OperatorRecreate
                    | Event::OperatorPark(_)
                    | Event::OperatorChose { .. }
            );
            if wakes {
                continue;
            }
            story.world.now = now;
            apply(&mut story.state, &event, &story.world.context());
            let unknown = PartyState::default();
            let parties = Parties { contact: Some(&unknown), company: Some(&unknown) };
            let decision = decide(&story.state, parties, &story.world.context());
            let writes = matches!(decision, Decision::Act(Command::Write(_) | Command::Party(_)));
            prop_assert!(!writes, "{decision:?}");
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
