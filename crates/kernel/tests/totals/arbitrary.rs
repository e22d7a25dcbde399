//! Orders that follow no arithmetic: any figure in any place, beyond all measure too.

use kernel::order::{Charge, Extra, Line, Payment, Tax};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rust_decimal::Decimal;

use crate::{Made, consistent::bare};

/// An order.
pub(crate) fn order(rng: &mut ChaCha8Rng) -> Made {
    let codes = ["EUR", "JPY", "KWD", "XXX"];
    let mut order = bare(codes[rng.random_range(0..codes.len())]);
    order.total = figure(rng);
    order.taxes_included = rng.random_range(0..2) == 0;
    order.payment = match rng.random_range(0..4) {
        0 => Payment::Paid,
        1 => Payment::PartiallyPaid,
        2 => Payment::PartiallyRefunded,
        _ => Payment::Unrecognised("odd".to_owned()),
    };
    order.lines = (0..rng.random_range(0..6)).map(|_| line(rng)).collect();
    order.shipping = (0..rng.random_range(0..3)).map(|_| charge(rng)).collect();
    order.extras = (0..rng.random_range(0..3)).map(|_| charge(rng)).collect();
    if rng.random_range(0..4) == 0 {
        let extra = [Extra::Tip, Extra::CashRounding][rng.random_range(0..2)];
        order.extras.push(extra.charge(figure(rng)));
    }
    order.sums.refunded = figure(rng);
    order.sums.outstanding = Some(figure(rng));
    order.sums.charged = Some(figure(rng));
    // Whatever they come to, they come to it without a panic.
    let _ = (order.kept(), order.received());
    Made {
        order,
        adds_up: false,
        units: None,
    }
}

fn line(rng: &mut ChaCha8Rng) -> Line {
    Line {
        name: "x".repeat(rng.random_range(0..400)),
        quantity: pieces(rng),
        current_quantity: pieces(rng),
        price: figure(rng),
        discount: figure(rng),
        taxes: taxes(rng),
        ..Line::default()
    }
}

fn charge(rng: &mut ChaCha8Rng) -> Charge {
    Charge {
        name: "y".repeat(rng.random_range(0..400)),
        amount: figure(rng),
        taxed: (rng.random_range(0..3) == 0).then(|| figure(rng)),
        taxes: taxes(rng),
    }
}

fn taxes(rng: &mut ChaCha8Rng) -> Vec<Tax> {
    (0..rng.random_range(0..4))
        .map(|_| Tax {
            rate: (rng.random_range(0..3) != 0).then(|| figure(rng)),
            amount: figure(rng),
        })
        .collect()
}

fn pieces(rng: &mut ChaCha8Rng) -> u32 {
    match rng.random_range(0..4) {
        0 => 0,
        1 => rng.random_range(0..5),
        2 => rng.random_range(0..=u32::MAX),
        _ => u32::MAX,
    }
}

fn figure(rng: &mut ChaCha8Rng) -> Decimal {
    match rng.random_range(0..8) {
        0 => Decimal::ZERO,
        1 => Decimal::MAX,
        2 => Decimal::MIN,
        3 => Decimal::new(
            rng.random_range(i64::MIN..=i64::MAX),
            rng.random_range(0..=28),
        ),
        4 => Decimal::from_parts(
            rng.random_range(0..=u32::MAX),
            rng.random_range(0..=u32::MAX),
            rng.random_range(0..=u32::MAX),
            rng.random_range(0..2) == 0,
            rng.random_range(0..=28),
        ),
        // The largest amount that is read from a body.
        5 => Decimal::new(1_000_000_000_000_000, 0),
        _ => Decimal::new(rng.random_range(-100_000..100_000), rng.random_range(0..4)),
    }
}
