//! Generated orders of all shapes: their rows add up, and say what the order says.
//!
//! A run has [`CASES`] orders, or as many as `ONEDEAL_PROPERTY_CASES` says. A failure names the number of its order, from
//! which alone the order is made again.

mod arbitrary;
mod consistent;

use kernel::{
    deal::{DesiredDeal, FieldValue, field},
    mapping::Mapping,
    money::{carried, not_carried},
    order::{Extra, Order},
    version::Digest,
};
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng as _};
use rust_decimal::Decimal;

/// Orders of a run of the test suite.
const CASES: u64 = 10_000;

/// One order in so many follows no arithmetic at all.
const ARBITRARY_EVERY: u64 = 8;

/// One order in so many is stored and read again before it is mapped a second time.
const STORED_EVERY: u64 = 16;

/// Product names that a portal takes have at most this many characters.
const NAME_CHARS_MAX: usize = 255;

/// An order, and what its maker knows of it.
struct Made {
    order: Order,
    /// The total follows from the parts, but for rounding.
    adds_up: bool,
    /// The exact price of a piece of each line that is left, taxes on top and discounts in it; unknown for an order
    /// that follows no arithmetic.
    units: Option<Vec<Decimal>>,
}

#[test]
fn rows_of_every_order_add_up_to_its_amount_and_nothing_is_silently_off() {
    let mut seen = Seen::default();
    for number in 0..cases() {
        let mut rng = ChaCha8Rng::seed_from_u64(number);
        let made = if number.is_multiple_of(ARBITRARY_EVERY) {
            arbitrary::order(&mut rng)
        } else {
            consistent::order(&mut rng)
        };
        let deal = Mapping::default().desired(&made.order);
        let checked = checked(&made, &deal).and_then(|()| again(number, &made.order, &deal));
        if let Err(what) = checked {
            panic!(
                "order {number}: {what}\n{:#?}\n{:#?}",
                made.order, deal.rows
            );
        }
        seen.count(&deal);
    }
    // A generator that never reaches a branch proves nothing about it.
    assert!(seen.all_kinds(), "{seen:?}");
}

/// How often what was reached.
#[derive(Debug, Default)]
struct Seen {
    rounding: u64,
    adjustment: u64,
    nothing_beside: u64,
    no_rows: u64,
    digits_lost: u64,
}

impl Seen {
    fn count(&mut self, deal: &DesiredDeal) {
        let last = deal.rows.last().map(|it| it.name.as_str());
        match last {
            Some("Rounding") => self.rounding += 1,
            Some("Adjustment") => self.adjustment += 1,
            Some(_) => self.nothing_beside += 1,
            None => self.no_rows += 1,
        }
        let lost = deal.notes.iter().any(|it| it.contains("cannot carry"));
        self.digits_lost += u64::from(lost);
    }

    fn all_kinds(&self) -> bool {
        [
            self.rounding,
            self.adjustment,
            self.nothing_beside,
            self.no_rows,
            self.digits_lost,
        ]
        .iter()
        .all(|it| *it != 0)
    }
}

/// The laws, each with what it says when it is broken.
fn checked(made: &Made, deal: &DesiredDeal) -> Result<(), String> {
    let Made {
        order,
        adds_up,
        units,
    } = made;
    let amount = carried(order.total);
    let sum = deal.rows.iter().try_fold(Decimal::ZERO, |sum, it| {
        sum.checked_add(it.price.checked_mul(it.quantity.into())?)
    });
    law(sum == Some(amount), "rows do not add up to the amount")?;
    let said = deal.always.get(field::AMOUNT);
    law(
        said == Some(&FieldValue::Number(amount)),
        "the amount is another",
    )?;
    for row in &deal.rows {
        let chars = row.name.chars().count();
        let named = !row.name.trim().is_empty() && chars <= NAME_CHARS_MAX;
        law(named, "a name is empty or too long")?;
        law(
            row.price.scale() <= 2,
            "a price has digits that are not carried",
        )?;
        law(row.quantity != 0, "a row of no pieces")?;
    }
    let closing = closing(deal);
    let lost = not_carried(order.total);
    let notes = usize::from(closing.is_some()) + usize::from(!lost.is_zero());
    law(deal.notes.len() == notes, "what is off is not said")?;
    if *adds_up {
        let adjusted = closing.is_some_and(|it| it == "Adjustment");
        law(!adjusted, "an adjustment where everything adds up")?;
    }
    units.as_ref().map_or(Ok(()), |it| lines(order, deal, it))
}

/// Each line that is left has its row, with its pieces, its variant and its price, rounded down by less than the smallest
/// amount there is.
fn lines(order: &Order, deal: &DesiredDeal, units: &[Decimal]) -> Result<(), String> {
    let live: Vec<_> = order
        .lines
        .iter()
        .filter(|it| it.current_quantity != 0)
        .collect();
    if live.is_empty() && order.total.is_zero() {
        return law(
            deal.rows.is_empty(),
            "rows of an order of which nothing is left",
        );
    }
    let smallest = Decimal::new(1, order.currency.decimals());
    for ((line, unit), row) in live.iter().zip(units).zip(&deal.rows) {
        law(row.quantity == line.current_quantity, "other pieces")?;
        law(row.variant == line.variant, "another variant")?;
        let off = *unit - row.price;
        let kept = Decimal::ZERO <= off && off < smallest;
        law(kept, "a price is off by more than rounding")?;
        law(
            row.tax_included == order.taxes_included,
            "tax in another place",
        )?;
    }
    let charges = live.len() + order.shipping.len() + order.extras.len();
    let without_closing = deal.rows.len() - usize::from(closing(deal).is_some());
    // A tip that is a line too, and cash rounding beside the total, have no row of their own.
    let optional = [Extra::Tip, Extra::CashRounding].iter().filter(|it| {
        let name = it.name();
        order.extras.iter().any(|charge| charge.name == name)
    });
    let least = charges - optional.count();
    law(
        (least..=charges).contains(&without_closing),
        "a row too many or too few",
    )
}

/// The name of the row that makes the others add up.
fn closing(deal: &DesiredDeal) -> Option<&str> {
    let last = deal.rows.last()?.name.as_str();
    ["Rounding", "Adjustment"]
        .into_iter()
        .find(|it| *it == last)
}

/// The same order maps to the same deal, also after it was stored.
fn again(number: u64, order: &Order, deal: &DesiredDeal) -> Result<(), String> {
    law(
        Mapping::default().desired(order) == *deal,
        "another deal the second time",
    )?;
    if !number.is_multiple_of(STORED_EVERY) {
        return Ok(());
    }
    let json = serde_json::to_string(order).map_err(|it| it.to_string())?;
    let read: Order = serde_json::from_str(&json).map_err(|it| it.to_string())?;
    law(
        read == *order && read.digest() == order.digest(),
        "another order after it was stored",
    )?;
    let mapped = Mapping::default().desired(&read);
    law(mapped == *deal, "another deal after it was stored")?;
    let same = Digest::of(&mapped.rows) == Digest::of(&deal.rows);
    law(same, "rows would be said again")
}

fn law(holds: bool, broken: &str) -> Result<(), String> {
    if holds {
        Ok(())
    } else {
        Err(broken.to_owned())
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a test runs is for its caller to say"
)]
fn cases() -> u64 {
    match std::env::var("ONEDEAL_PROPERTY_CASES") {
        Ok(text) => text.parse().expect("ONEDEAL_PROPERTY_CASES is a number"),
        Err(_) => CASES,
    }
}
