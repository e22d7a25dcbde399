//! Money: every body can be recomputed from its own parts.

use super::super::order::{Order, Side};
use super::super::{ShopFaults, body, composed_order, wire_bytes};
use super::{seconds, shop, sum, text};
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn generated_orders_add_up_through_their_life() {
    for seed in 0..300 {
        let mut state = shop(
            seed,
            ShopFaults {
                null_customer: 0.2,
                unknown_fields: 0.3,
                ..ShopFaults::default()
            },
        );
        for turn in 0..16 {
            if turn % 4 == 0 {
                state.place_any(seconds(turn * 7));
            }
            if let Some((id, _)) = state.act(seconds(turn * 7 + 1)) {
                invariants(&state.orders[&id]);
                check(&state.orders[&id]);
            }
        }
    }
}

#[test]
fn the_composed_order_adds_up() {
    let body = composed_order();
    assert_eq!(
        text(&body, "total_price"),
        text(&body, "current_total_price")
    );
    let lines = sum(&body["line_items"], |line| {
        text(line, "price") * Decimal::from(line["current_quantity"].as_u64().unwrap())
            - sum(&line["discount_allocations"], |share| text(share, "amount"))
    });
    assert_eq!(
        lines + text(&body["shipping_lines"][0], "price"),
        text(&body, "total_price")
    );
    assert!(
        wire_bytes(&body).starts_with(
            b"{\"admin_graphql_api_id\":\"gid:\\/\\/shopify\\/Order\\/6120000000001\""
        )
    );
}

#[test]
fn customers_recur_and_bodies_vary() {
    let mut state = shop(0, ShopFaults::default());
    for turn in 0..400 {
        state.place_any(seconds(turn));
    }
    let truths = state.truths();
    let customers: BTreeSet<_> = truths
        .iter()
        .filter_map(|truth| truth.customer_id)
        .collect();
    assert!(30 < customers.len() && customers.len() <= 40);
    let share = |fits: &dyn Fn(&Value) -> bool| {
        truths.iter().filter(|truth| fits(&truth.body_json)).count()
    };
    assert!(10 < share(&|body| body["customer"].is_null()));
    assert!(30 < share(&|body| body["email"].is_null()));
    assert!(30 < share(&|body| body["taxes_included"] == false));
    assert!(5 < share(&|body| 1 < body["shipping_lines"].as_array().unwrap().len()));
    assert!(50 < share(&|body| !body["discount_applications"].as_array().unwrap().is_empty()));
    assert!(5 < share(&|body| body["presentment_currency"] == "GBP"));
    assert!(5 < share(&|body| text(body, "total_tip_received") != Decimal::ZERO));
}

/// Recomputes both totals from the body; whether shipping and tip went back is all it needs to be told.
fn check(order: &Order) {
    let body = &body::order(order, 1);
    let places = text(body, "total_price").scale();
    let mut ordered = Decimal::ZERO;
    let mut current = Decimal::ZERO;
    let included = body["taxes_included"].as_bool().unwrap();
    for line in body["line_items"].as_array().unwrap() {
        let quantity = Decimal::from(line["quantity"].as_u64().unwrap());
        let units = Decimal::from(line["current_quantity"].as_u64().unwrap());
        assert!(units <= quantity);
        let discount = sum(&line["discount_allocations"], |share| text(share, "amount"));
        assert!(
            discount <= text(line, "price") * quantity,
            "a discount above the price in {line}"
        );
        ordered += text(line, "price") * quantity - discount;
        let share = (discount * units / quantity)
            .round_dp_with_strategy(places, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
        current += text(line, "price") * units - share;
    }
    assert_eq!(text(body, "subtotal_price"), ordered);
    assert_eq!(text(body, "current_subtotal_price"), current);
    let all = sum(&body["discount_codes"], |code| text(code, "amount"));
    assert!(all <= text(body, "total_discounts"));
    let lines = &body["shipping_lines"];
    let shipping = sum(lines, |line| {
        if line["is_removed"] == true {
            Decimal::ZERO
        } else {
            text(line, "discounted_price")
        }
    });
    let shipping_now = sum(lines, |line| {
        text(
            &line["current_discounted_price_set"]["shop_money"],
            "amount",
        )
    });
    let tip = text(body, "total_tip_received");
    let tip_now = if order.extras_refunded {
        Decimal::ZERO
    } else {
        tip
    };
    let added = |field| {
        if included {
            Decimal::ZERO
        } else {
            text(body, field)
        }
    };
    assert_eq!(
        text(body, "total_price"),
        ordered + shipping + tip + added("total_tax")
    );
    assert_eq!(
        text(body, "current_total_price"),
        current + shipping_now + tip_now + added("current_total_tax")
    );
    let kept = order.received - order.refunded;
    if body["financial_status"] == "paid" && body["refunds"] == serde_json::json!([]) {
        assert!(text(body, "current_total_price") <= kept);
    }
}

fn invariants(order: &Order) {
    let current = order.totals(Side::Current);
    assert!(
        Decimal::ZERO <= current.total && order.refunded <= order.received,
        "{order:?}"
    );
    for line in &order.lines {
        assert!(Decimal::ZERO <= order.line_net(line, line.current));
    }
    if order.cancelled.is_some() {
        assert_eq!(current.total, Decimal::ZERO);
        assert_eq!(order.outstanding(), Decimal::ZERO);
    }
    let times: Vec<_> = order
        .history
        .iter()
        .map(|state| (state.updated_at, state.triggered_at))
        .collect();
    assert!(
        times
            .windows(2)
            .all(|pair| pair[0].0 <= pair[1].0 && pair[0].1 < pair[1].1)
    );
}
