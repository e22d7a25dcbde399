//! Product rows that add up to the amount exactly.

use rust_decimal::Decimal;

use crate::{
    deal::Row,
    money::{carried, carried_down},
    order::{Charge, Line, Order, Tax},
};

/// The smallest amount a portal carries.
const CENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// The row that takes what is left when pieces do not share a price evenly.
const ROUNDING: &str = "Rounding";

/// The row that takes what Shopify's total holds beside its lines, such as a refund of money without goods.
const ADJUSTMENT: &str = "Adjustment";

/// A product's name holds at most this many characters.
const NAME_CHARS_MAX: usize = 255;

/// All rows of an order, and what people should know about them.
pub(super) fn rows(order: &Order) -> (Vec<Row>, Vec<String>) {
    let mut rows: Vec<Row> = order
        .lines
        .iter()
        .filter_map(|it| line_row(it, order.taxes_included))
        .collect();
    let charges = order.shipping.iter().chain(&order.extras);
    rows.extend(charges.filter_map(|it| charge_row(it, order.taxes_included)));
    let mut notes = Vec::new();
    if let Some(rest) = rest(&rows, carried(order.total)) {
        notes.push(format!(
            "the row `{}` of {} makes the rows add up to the order's total",
            rest.name, rest.price
        ));
        rows.push(rest);
    }
    (rows, notes)
}

/// A line with its current quantity; `None` once it is removed.
fn line_row(line: &Line, taxes_included: bool) -> Option<Row> {
    let pieces = Decimal::from(line.current_quantity);
    let ordered = Decimal::from(line.quantity.max(line.current_quantity));
    if pieces.is_zero() {
        return None;
    }
    let tax = if taxes_included {
        Decimal::ZERO
    } else {
        line.taxes.iter().map(|it| it.amount).sum()
    };
    let of_all = (tax - line.discount)
        .checked_mul(pieces)?
        .checked_div(ordered)?;
    let gross = line.price.checked_mul(pieces)?.checked_add(of_all)?;
    Some(Row {
        name: clipped(&line.name),
        price: carried_down(gross.checked_div(pieces)?),
        quantity: line.current_quantity,
        tax_rate: percent(&line.taxes),
        tax_included: taxes_included,
    })
}

fn charge_row(charge: &Charge, taxes_included: bool) -> Option<Row> {
    let tax: Decimal = if taxes_included {
        Decimal::ZERO
    } else {
        charge.taxes.iter().map(|it| it.amount).sum()
    };
    let price = carried_down(charge.amount.checked_add(tax)?);
    (!price.is_zero()).then(|| Row {
        name: clipped(&charge.name),
        price,
        quantity: 1,
        tax_rate: percent(&charge.taxes),
        tax_included: taxes_included,
    })
}

/// The row that closes the gap between the rows and the total; `None` where there is none.
fn rest(rows: &[Row], total: Decimal) -> Option<Row> {
    let sum: Decimal = rows
        .iter()
        .filter_map(|it| it.price.checked_mul(Decimal::from(it.quantity)))
        .sum();
    let gap = total.checked_sub(sum)?;
    if gap.is_zero() {
        return None;
    }
    let pieces: u32 = rows
        .iter()
        .fold(1, |sum, it| it.quantity.saturating_add(sum));
    let rounding = gap.abs() <= CENT * Decimal::from(pieces);
    let name = if rounding { ROUNDING } else { ADJUSTMENT };
    Some(Row {
        name: name.to_owned(),
        price: carried(gap),
        quantity: 1,
        tax_rate: None,
        tax_included: true,
    })
}

/// All tax rates of a line, in percent; `None` = no tax at all.
fn percent(taxes: &[Tax]) -> Option<Decimal> {
    let rates: Vec<Decimal> = taxes.iter().filter_map(|it| it.rate).collect();
    if rates.is_empty() {
        return None;
    }
    Some((rates.iter().sum::<Decimal>() * Decimal::ONE_HUNDRED).normalize())
}

fn clipped(name: &str) -> String {
    let name: String = name.chars().take(NAME_CHARS_MAX).collect();
    if name.trim().is_empty() {
        "Item".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, cents: i64, quantity: u32) -> Row {
        Row {
            name: name.into(),
            price: Decimal::new(cents, 2),
            quantity,
            tax_rate: None,
            tax_included: true,
        }
    }

    #[test]
    fn ten_over_three_pieces_shows_one_rounding_row() {
        let line = Line {
            name: "Mug".into(),
            quantity: 3,
            current_quantity: 3,
            price: Decimal::new(400, 2),
            discount: Decimal::new(200, 2),
            taxes: Vec::new(),
        };
        let mug = line_row(&line, true).unwrap();
        assert_eq!(mug, row("Mug", 333, 3));
        assert_eq!(
            rest(&[mug], Decimal::new(1000, 2)),
            Some(row(ROUNDING, 1, 1))
        );
    }

    #[test]
    fn a_line_discount_is_of_the_line_not_of_each_piece_and_shrinks_with_it() {
        let line = Line {
            name: "Mug".into(),
            quantity: 2,
            current_quantity: 1,
            price: Decimal::new(4990, 2),
            discount: Decimal::new(998, 2),
            taxes: vec![Tax {
                rate: Some(Decimal::new(19, 2)),
                amount: Decimal::new(1434, 2),
            }],
        };
        let mug = line_row(&line, true).unwrap();
        assert_eq!(
            (mug.price, mug.quantity, mug.tax_rate),
            (Decimal::new(4491, 2), 1, Some(Decimal::from(19)))
        );
    }

    #[test]
    fn money_given_back_without_goods_is_an_adjustment() {
        let rest = rest(&[row("Mug", 4990, 1)], Decimal::new(3990, 2)).unwrap();
        assert_eq!(
            (rest.name.as_str(), rest.price),
            (ADJUSTMENT, Decimal::new(-1000, 2))
        );
    }
}
