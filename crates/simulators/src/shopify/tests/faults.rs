//! Faults: each does what it claims, and all together still lead to the truth.

use super::super::delivery::Delivery;
use super::super::{OrderShape, ShopFaults, wire_bytes};
use super::{FAR, seconds, shop, signed, topics};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

#[test]
fn each_fault_does_what_it_claims() {
    let certain = |change: fn(&mut ShopFaults)| {
        let mut faults = ShopFaults::default();
        change(&mut faults);
        let mut state = shop(3, faults);
        state.place(
            Duration::ZERO,
            &OrderShape {
                paid: Some(true),
                lines: Some(2),
                ..OrderShape::default()
            },
        );
        let found = state.due(FAR * 10, usize::MAX);
        (state, found)
    };
    let ids = |found: &[Delivery]| {
        found
            .iter()
            .filter_map(|delivery| delivery.header("X-Shopify-Webhook-Id"))
            .collect::<BTreeSet<_>>()
            .len()
    };
    let (_, found) = certain(|_| {});
    assert_eq!((found.len(), ids(&found)), (3, 3));
    let (_, found) = certain(|faults| faults.duplicate_same_id = 1.0);
    assert_eq!((found.len(), ids(&found)), (6, 3));
    let (_, found) = certain(|faults| faults.duplicate_new_id = 1.0);
    assert_eq!((found.len(), ids(&found)), (6, 6));
    let (state, found) = certain(|faults| faults.lost = 1.0);
    assert_eq!((found.len(), state.stats.faults["lost"]), (0, 3));
    let (_, found) = certain(|faults| (faults.burst, faults.burst_size) = (1.0, 5));
    assert_eq!(
        (
            found.len(),
            topics(&found)
                .iter()
                .filter(|topic| **topic == "orders/updated")
                .count()
        ),
        (8, 6)
    );
    let (_, found) = certain(|faults| faults.old_secret = 1.0);
    assert!(
        found
            .iter()
            .all(|delivery| signed(delivery, "former-hush-secret") && delivery.genuine)
    );
    let (_, found) = certain(|faults| faults.bad_signature = 1.0);
    assert_eq!(found.iter().filter(|delivery| !delivery.genuine).count(), 3);
    for delivery in &found {
        assert_eq!(signed(delivery, "hush-hush-secret"), delivery.genuine);
        assert!(delivery.genuine || !signed(delivery, "former-hush-secret"));
    }
    let (_, found) = certain(|faults| faults.id_only = 1.0);
    let short = found
        .iter()
        .filter(|delivery| delivery.fault == Some("id_only"));
    assert_eq!(
        short
            .filter(|delivery| delivery.body.starts_with(b"{\"id\":61") && delivery.body.len() < 30)
            .count(),
        3
    );
    let (_, found) = certain(|faults| faults.unreadable = 1.0);
    let odd: Vec<_> = found
        .iter()
        .filter(|delivery| delivery.fault == Some("unreadable"))
        .collect();
    assert!(
        odd.len() == 3
            && odd
                .iter()
                .all(|delivery| delivery.order_id.is_none() && delivery.genuine)
    );
    let (_, found) = certain(|faults| faults.big_body = 1.0);
    assert!(found.iter().all(|delivery| 1_000_000 < delivery.body.len()));
    let (state, found) = certain(|faults| faults.same_second = 1.0);
    assert!(found.iter().all(|delivery| {
        delivery
            .updated_at
            .is_none_or(|at| at == found[0].triggered_at.round(jiff::Unit::Hour).unwrap())
    }));
    assert_eq!(state.orders.values().next().unwrap().history.len(), 2);
    let (state, _) = certain(|faults| faults.unchanged = 1.0);
    assert_eq!(state.orders.values().next().unwrap().history.len(), 2);
    let (_, found) = certain(|faults| faults.very_old = 1.0);
    assert_eq!(topics(&found), ["orders/updated"]);
    let (state, _) = certain(|faults| (faults.null_customer, faults.null_addresses) = (1.0, 1.0));
    let body = &state.truths()[0].body_json;
    assert!(
        body["customer"].is_null()
            && body["billing_address"].is_null()
            && body["shipping_address"].is_null()
    );
    let (state, _) =
        certain(|faults| (faults.unknown_fields, faults.missing_optional) = (1.0, 1.0));
    let body = &state.truths()[0].body_json;
    assert!(body.get("attribution").is_some());
    assert!(
        state
            .orders
            .values()
            .next()
            .unwrap()
            .quirks
            .missing
            .iter()
            .all(|field| body.get(field).is_none())
    );
}

#[test]
fn lateness_and_reordering_only_move_deliveries() {
    let mut state = shop(
        3,
        ShopFaults {
            late: 1.0,
            late_ms: (60_000, 90_000),
            ..ShopFaults::default()
        },
    );
    state.place_any(Duration::ZERO);
    assert!(state.due(seconds(60), 9).is_empty());
    assert!(2 <= state.due(seconds(94), 9).len());
    let mut disorder = 0;
    for seed in 0..20 {
        let mut state = shop(
            seed,
            ShopFaults {
                reorder: 0.5,
                reorder_window_ms: 9_000,
                ..ShopFaults::default()
            },
        );
        state.place_any(Duration::ZERO);
        disorder += u32::from(state.due(FAR, 9)[0].topic != "orders/create");
    }
    assert!(3 < disorder);
}

#[test]
fn a_coalesced_update_carries_the_newest_content_under_a_valid_signature() {
    let mut state = shop(2, ShopFaults::default());
    let id = state.place_any(Duration::ZERO);
    state.faults.coalesced = 1.0;
    assert!(state.edit(Duration::from_millis(100), id));
    let found = state.due(FAR, 99);
    let updates: Vec<_> = found
        .iter()
        .filter(|delivery| delivery.topic == "orders/updated")
        .collect();
    assert_eq!((updates.len(), state.stats.faults["coalesced"]), (1, 1));
    assert_eq!(
        updates[0].body,
        wire_bytes(&state.truth_of(id).unwrap().body_json)
    );
    assert!(signed(updates[0], "hush-hush-secret"));
    assert!(updates[0].triggered_at < state.orders[&id].triggered);
}

#[test]
fn forged_deliveries_are_not_retried_and_accepting_one_shows() {
    let mut state = shop(
        1,
        ShopFaults {
            bad_signature: 1.0,
            ..ShopFaults::default()
        },
    );
    state.place_any(Duration::ZERO);
    for (turn, delivery) in state.due(FAR, 99).into_iter().enumerate() {
        let answer = if delivery.genuine || turn % 2 == 0 {
            200
        } else {
            401
        };
        state.report(FAR, delivery.id, delivery.attempt, Some(answer));
    }
    assert_eq!((state.queue.len(), state.stats.retries), (0, 0));
    assert!(0 < state.stats.forged_accepted);
    assert_eq!(
        u64::try_from(state.acknowledged.len()).unwrap(),
        state.stats.acknowledged
    );
}

#[test]
fn a_receiver_that_keeps_the_newest_snapshot_ends_with_the_truth_under_hostile_faults() {
    for seed in 0..6 {
        let mut state = shop(seed, ShopFaults::hostile());
        let mut now = Duration::ZERO;
        let mut kept: BTreeMap<u64, (jiff::Timestamp, jiff::Timestamp, Value)> = BTreeMap::new();
        let mut turn = 0;
        while turn < 40 || 0 < state.queue.len() {
            if turn < 40 {
                state.place_any(now);
                state.act(now);
                now += seconds(3);
            } else {
                now += state.queue.next(now).unwrap();
            }
            turn += 1;
            for delivery in state.due(now, usize::MAX) {
                let refused = !delivery.genuine || (delivery.attempt < 3 && delivery.id % 5 == 0);
                state.report(
                    now,
                    delivery.id,
                    delivery.attempt,
                    if refused { Some(503) } else { Some(204) },
                );
                if let (false, Some(id), Some(updated)) =
                    (refused, delivery.order_id, delivery.updated_at)
                {
                    let body = serde_json::from_slice(&delivery.body).unwrap();
                    let held =
                        kept.entry(id)
                            .or_insert((updated, delivery.triggered_at, Value::Null));
                    if (held.0, held.1) <= (updated, delivery.triggered_at) {
                        *held = (updated, delivery.triggered_at, body);
                    }
                }
            }
        }
        for truth in state.truths().iter().filter(|truth| !truth.deleted) {
            assert_eq!(kept[&truth.id].2, truth.body_json);
        }
        assert_eq!((state.stats.given_up, state.stats.forged_accepted), (0, 0));
    }
}
