//! Which state of an order counts does not depend on the order of arrival.

use jiff::Timestamp;
use kernel::{
    event::Event,
    order::Order,
    version::{Source, Version},
};
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::support::{Story, orders::order};

pub(crate) fn source() -> impl Strategy<Value = Source> {
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
