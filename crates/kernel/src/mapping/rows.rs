//! Product rows that add up to the amount exactly.
//!
//! A row's price is final: discounts and taxes are in it (facts/bitrix24.md §11.2). It is rounded down to what the portal
//! carries, so that what is left over is not negative and stands in one row of its own.

mod extras;
mod tally;
mod tax;

use rust_decimal::Decimal;

use crate::{
    deal::Row,
    money::{carried, carried_down},
    order::{Charge, Line, Order, Tax},
};
use tally::Tally;
use tax::{Pricing, percent};

/// The row that takes what is left when pieces do not share a price evenly.
const ROUNDING: &str = "Rounding";

/// The row that takes what Shopify's total holds beside its lines, such as a refund of money without goods.
const ADJUSTMENT: &str = "Adjustment";

/// A product's name holds at most this many characters.
const NAME_CHARS_MAX: usize = 255;

/// What a row is called that has no name of its own.
const NAMELESS: &str = "Item";

/// All rows of an order, and what people should know about them.
///
/// Amounts beyond all measure leave their row out; the row that closes the gap then holds them.
pub(super) fn rows(order: &Order) -> (Vec<Row>, Vec<String>) {
    if nothing_left(order) {
        return (Vec::new(), Vec::new());
    }
    let pricing = Pricing::of(order);
    let mut tally = Tally::default();
    for line in &order.lines {
        tally.add(priced_line(line, pricing));
    }
    for charge in &order.shipping {
        tally.add(priced_charge(charge, pricing));
    }
    for charge in extras::in_total(order, pricing) {
        tally.add(priced_charge(charge, pricing));
    }
    let mut notes = Vec::new();
    if let Some(rest) = rest(&mut tally, order.total, pricing) {
        notes.push(format!(
            "the row `{}` of {} makes the rows add up to the order's total",
            rest.name, rest.price
        ));
        tally.rows.push(rest);
    }
    (tally.rows, notes)
}

/// A row, and what it is worth before it is rounded.
struct Priced {
    row: Row,
    worth: Decimal,
    /// Of how many rounded figures Shopify makes its total here: the price after discounts, and each tax.
    figures: u32,
}

/// Nothing of the order is left, so there is nothing to list: its shipping was given back with its goods, whether or not
/// each shipping line says so.
fn nothing_left(order: &Order) -> bool {
    order.total.is_zero() && order.lines.iter().all(|it| it.current_quantity == 0)
}

/// A line with its current quantity; `None` once it is removed.
///
/// Discounts and taxes are told for all pieces that were ever ordered, so each piece has its even share of them, whatever
/// became of the others.
fn priced_line(line: &Line, pricing: Pricing) -> Option<Priced> {
    if line.current_quantity == 0 {
        return None;
    }
    let ordered = Decimal::from(line.quantity.max(line.current_quantity));
    let beside = pricing.on_top(&line.taxes)?.checked_sub(line.discount)?;
    let unit = line.price.checked_add(beside.checked_div(ordered)?)?;
    let taxed = line
        .price
        .checked_mul(ordered)?
        .checked_sub(line.discount)?;
    Some(Priced {
        row: Row {
            name: shown(&line.name),
            price: carried_down(unit, pricing.decimals),
            quantity: line.current_quantity,
            tax_rate: percent(&line.taxes, taxed, pricing),
            tax_included: pricing.taxes_included,
            variant: line.variant,
            product: None,
        },
        worth: unit.checked_mul(line.current_quantity.into())?,
        figures: figures(&line.taxes),
    })
}

/// A charge, with the share of its taxes that belongs to what is left of it.
fn priced_charge(charge: &Charge, pricing: Pricing) -> Option<Priced> {
    let taxed = charge.taxed.unwrap_or(charge.amount);
    let on_top = pricing.on_top(&charge.taxes)?;
    let on_top = if taxed == charge.amount || taxed.is_zero() {
        on_top
    } else {
        on_top.checked_mul(charge.amount)?.checked_div(taxed)?
    };
    let worth = charge.amount.checked_add(on_top)?;
    Some(Priced {
        row: Row {
            name: shown(&charge.name),
            price: carried_down(worth, pricing.decimals),
            quantity: 1,
            tax_rate: percent(&charge.taxes, taxed, pricing),
            tax_included: pricing.taxes_included,
            variant: None,
            product: None,
        },
        worth,
        figures: figures(&charge.taxes),
    })
}

fn figures(taxes: &[Tax]) -> u32 {
    u32::try_from(taxes.len()).map_or(u32::MAX, |it| it.saturating_add(1))
}

/// The row that closes the gap between the rows and the total; `None` where there is none.
fn rest(tally: &mut Tally, total: Decimal, pricing: Pricing) -> Option<Row> {
    let Some(gap) = tally.gap(total) else {
        // No portal carries such a total with its rows: it stands alone.
        tally.rows.clear();
        return closing(ADJUSTMENT, carried(total));
    };
    let rounding = gap.exact.abs() <= tally.tolerance(pricing.smallest());
    closing(if rounding { ROUNDING } else { ADJUSTMENT }, gap.carried)
}

fn closing(name: &str, price: Decimal) -> Option<Row> {
    (!price.is_zero()).then(|| Row {
        name: name.to_owned(),
        price,
        quantity: 1,
        tax_rate: None,
        tax_included: true,
        variant: None,
        product: None,
    })
}

/// A name that fits into a row and is not empty.
fn shown(name: &str) -> String {
    let clipped: String = name.chars().take(NAME_CHARS_MAX).collect();
    if clipped.trim().is_empty() {
        NAMELESS.to_owned()
    } else {
        clipped
    }
}

#[cfg(test)]
mod tests;
