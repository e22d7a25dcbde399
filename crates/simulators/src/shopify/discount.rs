//! Draws the discounts of an order and allots them to its lines without losing a cent (facts §3.5).

use super::generate::{pick, price};
use super::order::{Allocation, Discount, Line, Order};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;

/// Gives an order one or two of the ways to be discounted.
pub(super) fn add(rng: &mut ChaCha8Rng, order: &mut Order) {
    match rng.random_range(0..5) {
        0 => percentage_across(rng, order),
        1 => fixed_across(rng, order),
        2 => each(rng, order),
        3 => free_shipping(order),
        _ => {
            percentage_across(rng, order);
            each(rng, order);
        }
    }
}

fn percentage_across(rng: &mut ChaCha8Rng, order: &mut Order) {
    let percent = pick(rng, &[5_u32, 10, 15, 33]);
    let discount = order.discounts.len();
    order.discounts.push(Discount {
        kind: "discount_code",
        label: format!("WELCOME{percent}"),
        value: Decimal::from(percent),
        percentage: true,
        method: "across",
        selection: "all",
        shipping: false,
    });
    let round = order.currency.clone();
    for line in &mut order.lines {
        let amount = round.round(left(line) * Decimal::from(percent) / Decimal::ONE_HUNDRED);
        line.allocations.push(Allocation { discount, amount });
    }
}

/// A fixed amount over all lines in proportion; the last line takes what rounding left over.
fn fixed_across(rng: &mut ChaCha8Rng, order: &mut Order) {
    let whole: Decimal = order.lines.iter().map(left).sum();
    let amount = price(rng, &order.currency, 100, 2_000).min(whole);
    let discount = order.discounts.len();
    order.discounts.push(Discount {
        kind: "discount_code",
        label: "MINUS".to_owned(),
        value: amount,
        percentage: false,
        method: "across",
        selection: "all",
        shipping: false,
    });
    let currency = order.currency.clone();
    let mut rest = amount;
    let mut open = whole;
    for line in &mut order.lines {
        let base = left(line);
        let share = if open == base || open.is_zero() {
            rest
        } else {
            currency.round(rest * base / open).min(base)
        };
        line.allocations.push(Allocation {
            discount,
            amount: share.min(base),
        });
        rest -= share.min(base);
        open -= base;
    }
}

fn each(rng: &mut ChaCha8Rng, order: &mut Order) {
    let discount = order.discounts.len();
    order.discounts.push(Discount {
        kind: pick(rng, &["automatic", "manual"]),
        label: "Herbst / Autumn & Co".to_owned(),
        value: Decimal::from(20),
        percentage: true,
        method: "each",
        selection: "entitled",
        shipping: false,
    });
    let currency = order.currency.clone();
    let chosen = rng.random_range(0..order.lines.len());
    let line = &mut order.lines[chosen];
    let amount = currency.round(left(line) / Decimal::from(5));
    line.allocations.push(Allocation { discount, amount });
}

fn free_shipping(order: &mut Order) {
    let discount = order.discounts.len();
    let mut hit = false;
    for shipping in order
        .shipping
        .iter_mut()
        .filter(|shipping| !shipping.removed)
    {
        shipping.allocations.push(Allocation {
            discount,
            amount: shipping.price,
        });
        hit = true;
    }
    if hit {
        order.discounts.push(Discount {
            kind: "discount_code",
            label: "FREESHIP".to_owned(),
            value: Decimal::ONE_HUNDRED,
            percentage: true,
            method: "each",
            selection: "all",
            shipping: true,
        });
    }
}

/// What earlier discounts have left of a line.
fn left(line: &Line) -> Decimal {
    let taken: Decimal = line
        .allocations
        .iter()
        .map(|allocation| allocation.amount)
        .sum();
    line.price * Decimal::from(line.quantity) - taken
}
