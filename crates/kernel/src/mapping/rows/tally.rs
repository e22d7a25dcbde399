//! Rows with their running sums.

use rust_decimal::Decimal;

use super::Priced;
use crate::{deal::Row, money::carried};

/// No single row and no sum of rows may be worth more, so that all sums stay exact in a decimal's 28 digits.
const WORTH_MAX: Decimal = Decimal::from_parts(2_701_131_776, 466_537_709, 54_210, false, 0);

/// Rows, what they are worth as written, and what they are worth before rounding.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) rows: Vec<Row>,
    written: Decimal,
    exact: Decimal,
    figures: u32,
}

/// What is missing between rows and a total.
pub(super) struct Gap {
    /// Between the rows as written and the total as a portal carries it.
    pub(super) carried: Decimal,
    /// Between what the rows are worth and the total: what no rounding of ours explains.
    pub(super) exact: Decimal,
}

impl Tally {
    /// Adds a row, unless it is beyond all measure.
    pub(super) fn add(&mut self, priced: Option<Priced>) {
        let figures = priced.as_ref().map_or(0, |it| it.figures);
        let added = priced.and_then(|it| {
            let written = within(it.row.price.checked_mul(it.row.quantity.into())?)?;
            let written = within(self.written.checked_add(written)?)?;
            let exact = within(self.exact.checked_add(within(it.worth)?)?)?;
            Some((it.row, written, exact))
        });
        if let Some((row, written, exact)) = added {
            self.rows.push(row);
            (self.written, self.exact) = (written, exact);
            self.figures = self.figures.saturating_add(figures);
        }
    }

    /// How far Shopify's total may be from the exact sum of what it consists of: each figure in it is rounded by up to
    /// half the smallest amount, and so is the total.
    pub(super) fn tolerance(&self, smallest: Decimal) -> Decimal {
        let halves = Decimal::from(self.figures.saturating_add(1));
        halves * smallest / Decimal::TWO
    }

    /// The gap to a total; `None` where the total is beyond all measure.
    pub(super) fn gap(&self, total: Decimal) -> Option<Gap> {
        let total = within(total)?;
        Some(Gap {
            carried: carried(total).checked_sub(self.written)?,
            exact: total.checked_sub(self.exact)?,
        })
    }
}

fn within(amount: Decimal) -> Option<Decimal> {
    (amount.abs() <= WORTH_MAX).then_some(amount)
}

#[cfg(test)]
mod tests {
    use super::WORTH_MAX;

    #[test]
    fn the_most_a_row_is_worth_leaves_room_for_the_portals_decimals() {
        assert_eq!(WORTH_MAX.to_string(), "1000000000000000000000000");
    }
}
