//! Which state of an order counts.

use jiff::Timestamp;
use kernel::{
    apply,
    event::Event,
    order::Order,
    remark::Remark,
    state::{Notice, OrderState},
    version::Source,
};

use crate::support::{Story, orders::order};

fn triggered(second: i64) -> Source {
    Source::Webhook {
        triggered_at: Some(Timestamp::from_second(second).expect("it is early 1970")),
    }
}

fn fold(seen: &[(&Order, Source)]) -> (OrderState, Vec<Remark>) {
    let story = Story::new();
    let mut state = OrderState::default();
    let mut remarks = Vec::new();
    for (order, source) in seen {
        let event = Event::OrderSeen {
            order: Box::new((*order).clone()),
            source: *source,
            creation: true,
        };
        remarks = apply(&mut state, &event, &story.world.context());
    }
    (state, remarks)
}

#[track_caller]
fn check(seen: &[(&Order, Source)], newest: &Order, contested: bool) {
    let mut backwards = seen.to_vec();
    backwards.reverse();
    for seen in [seen, &backwards] {
        let (state, _) = fold(seen);
        let known = state.newest.expect("a state was seen");
        assert_eq!(known.order, *newest);
        assert_eq!(known.contested, contested);
        assert_eq!(state.notices.contains(&Notice::Contested), contested);
    }
}

#[test]
fn the_later_change_counts_whatever_its_source() {
    let (older, newer) = (order(0, 100), order(1, 80));
    check(
        &[(&newer, triggered(1)), (&older, Source::Api)],
        &newer,
        false,
    );
}

/// Rule 16: what only one way tells neither makes a difference nor is lost, whichever comes first.
#[test]
fn the_visit_that_a_webhook_told_outlives_an_answer_that_does_not_tell_it() {
    let mut told = order(0, 100);
    told.beside.landing_site = Some("/?utm_source=mail".to_owned());
    for (second, euros) in [(0, 100), (1, 80)] {
        let untold = order(second, euros);
        check(
            &[(&told, triggered(1)), (&untold, Source::Api)],
            &untold,
            false,
        );
        for seen in [[&told, &untold], [&untold, &told]] {
            let (state, _) = fold(&seen.map(|it| (it, Source::Api)));
            let known = state.newest.unwrap().order;
            assert_eq!(known.beside.landing_site, told.beside.landing_site);
        }
    }
}

#[test]
fn of_one_second_the_admin_api_beats_any_webhook_and_settles_the_matter() {
    let (hook, asked) = (order(0, 100), order(0, 80));
    check(
        &[(&hook, triggered(99)), (&asked, Source::Api)],
        &asked,
        false,
    );
}

#[test]
fn of_one_second_the_webhook_triggered_later_counts_and_the_order_is_marked() {
    let (first, second) = (order(0, 100), order(0, 80));
    check(
        &[(&first, triggered(1)), (&second, triggered(2))],
        &second,
        true,
    );
}

#[test]
fn a_webhook_without_its_time_counts_as_the_oldest() {
    let (unknown, known) = (order(0, 100), order(0, 80));
    let without = Source::Webhook { triggered_at: None };
    check(&[(&unknown, without), (&known, triggered(1))], &known, true);
}

#[test]
fn two_webhooks_of_one_second_and_one_time_are_decided_by_content_alone() {
    let (one, other) = (order(0, 100), order(0, 80));
    let (forwards, _) = fold(&[(&one, triggered(1)), (&other, triggered(1))]);
    let (backwards, _) = fold(&[(&other, triggered(1)), (&one, triggered(1))]);
    assert_eq!(forwards.newest, backwards.newest);
}

#[test]
fn the_same_state_by_webhook_and_api_is_a_repeat() {
    let it = order(0, 100);
    let (state, remarks) = fold(&[(&it, triggered(1)), (&it, Source::Api)]);
    assert_eq!(remarks, [Remark::Repeated]);
    assert!(!state.newest.unwrap().contested);
}

#[test]
fn a_later_second_ends_a_contest() {
    let (one, other, later) = (order(0, 100), order(0, 80), order(1, 70));
    let seen = [
        (&one, triggered(1)),
        (&other, triggered(2)),
        (&later, triggered(3)),
    ];
    check(&seen, &later, false);
}

#[track_caller]
fn folds_alike(seen: [(&Order, Source); 3]) {
    let story = Story::new();
    let mut newest = Vec::new();
    for start in 0..3 {
        for step in [1, 2] {
            let mut state = OrderState::default();
            for turn in 0..3 {
                let (order, source) = seen[(start + turn * step) % 3];
                let event = Event::OrderSeen {
                    order: Box::new(order.clone()),
                    source,
                    creation: false,
                };
                apply(&mut state, &event, &story.world.context());
            }
            newest.push(state.newest.map(|it| it.order.total));
        }
    }
    newest.dedup();
    assert_eq!(newest.len(), 1, "{newest:?}");
}

#[test]
fn a_webhook_state_confirmed_by_the_admin_api_beats_every_webhook_of_its_second() {
    let (confirmed, other) = (order(0, 100), order(0, 80));
    folds_alike([
        (&confirmed, triggered(1)),
        (&confirmed, Source::Api),
        (&other, triggered(2)),
    ]);
}

#[test]
fn a_state_triggered_twice_in_its_second_counts_with_its_later_time_in_any_order() {
    let (twice, other) = (order(0, 100), order(0, 80));
    folds_alike([
        (&twice, triggered(1)),
        (&twice, triggered(3)),
        (&other, triggered(2)),
    ]);
}
