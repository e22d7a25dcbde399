//! Product rows that add up to the amount exactly.

use rust_decimal::Decimal;

use crate::{
    deal::Row,
    money::{carried, carried_down},
    order::{Charge, Line, Order, Tax},
};

/// The row that takes what is left when pieces do not share a price evenly.
const ROUNDING: &str = "Rounding";

/// The row that takes what Shopify's total holds beside its lines, such as a refund of money without goods.
const ADJUSTMENT: &str = "Adjustment";

/// A product's name holds at most this many characters.
const NAME_CHARS_MAX: usize = 255;

/// All rows of an order, and what people should know about them.
///
/// Amounts beyond all measure leave their row out; the row that closes the gap then holds them.
pub(super) fn rows(order: &Order) -> (Vec<Row>, Vec<String>) {
    let shape = Shape {
        taxes_included: order.taxes_included,
        decimals: order.currency.decimals(),
    };
    let mut rows: Vec<Row> = order
        .lines
        .iter()
        .filter_map(|it| line_row(it, shape))
        .collect();
    let charges = order.shipping.iter().chain(&order.extras);
    rows.extend(charges.filter_map(|it| charge_row(it, shape)));
    let mut notes = Vec::new();
    if let Some(rest) = rest(&rows, carried(order.total), shape.decimals) {
        notes.push(format!(
            "the row `{}` of {} makes the rows add up to the order's total",
            rest.name, rest.price
        ));
        rows.push(rest);
    }
    (rows, notes)
}

/// What the rows of an order have in common.
#[derive(Clone, Copy)]
struct Shape {
    taxes_included: bool,
    decimals: u32,
}

impl Shape {
    /// The tax that comes on top of a price.
    fn on_top(self, taxes: &[Tax]) -> Option<Decimal> {
        if self.taxes_included {
            Some(Decimal::ZERO)
        } else {
            sum(taxes.iter().map(|it| it.amount))
        }
    }
}

/// A line with its current quantity; `None` once it is removed.
fn line_row(line: &Line, shape: Shape) -> Option<Row> {
    let pieces = Decimal::from(line.current_quantity);
    let ordered = Decimal::from(line.quantity.max(line.current_quantity));
    if pieces.is_zero() {
        return None;
    }
    let of_all = shape.on_top(&line.taxes)?.checked_sub(line.discount)?;
    let of_current = of_all.checked_mul(pieces)?.checked_div(ordered)?;
    let gross = line.price.checked_mul(pieces)?.checked_add(of_current)?;
    Some(Row {
        name: clipped(&line.name),
        price: carried_down(gross.checked_div(pieces)?, shape.decimals),
        quantity: line.current_quantity,
        tax_rate: percent(&line.taxes),
        tax_included: shape.taxes_included,
    })
}

fn charge_row(charge: &Charge, shape: Shape) -> Option<Row> {
    let gross = charge.amount.checked_add(shape.on_top(&charge.taxes)?)?;
    let price = carried_down(gross, shape.decimals);
    (!price.is_zero()).then(|| Row {
        name: clipped(&charge.name),
        price,
        quantity: 1,
        tax_rate: percent(&charge.taxes),
        tax_included: shape.taxes_included,
    })
}

/// The row that closes the gap between the rows and the total; `None` where there is none.
fn rest(rows: &[Row], total: Decimal, decimals: u32) -> Option<Row> {
    let prices: Option<Vec<Decimal>> = rows
        .iter()
        .map(|it| it.price.checked_mul(it.quantity.into()))
        .collect();
    let gap = total.checked_sub(sum(prices?.into_iter())?)?;
    if gap.is_zero() {
        return None;
    }
    let pieces: u32 = rows
        .iter()
        .fold(1, |sum, it| it.quantity.saturating_add(sum));
    let smallest = Decimal::new(1, decimals);
    let rounding = gap.abs() <= smallest.checked_mul(pieces.into())?;
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
    let rate = sum(rates.into_iter())?.checked_mul(Decimal::ONE_HUNDRED)?;
    Some(rate.normalize())
}

/// The sum, or `None` beyond all measure.
fn sum(mut amounts: impl Iterator<Item = Decimal>) -> Option<Decimal> {
    amounts.try_fold(Decimal::ZERO, Decimal::checked_add)
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

    const EUROS: Shape = Shape {
        taxes_included: true,
        decimals: 2,
    };

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
        let mug = line_row(&line, EUROS).unwrap();
        assert_eq!(mug, row("Mug", 333, 3));
        assert_eq!(
            rest(&[mug], Decimal::new(1000, 2), 2),
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
        let mug = line_row(&line, EUROS).unwrap();
        assert_eq!(
            (mug.price, mug.quantity, mug.tax_rate),
            (Decimal::new(4491, 2), 1, Some(Decimal::from(19)))
        );
    }

    #[test]
    fn money_given_back_without_goods_is_an_adjustment() {
        let rest = rest(&[row("Mug", 4990, 1)], Decimal::new(3990, 2), 2).unwrap();
        assert_eq!(
            (rest.name.as_str(), rest.price),
            (ADJUSTMENT, Decimal::new(-1000, 2))
        );
    }
}
