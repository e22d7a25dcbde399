//! What taxes do to a price, and what of them is shown.

use rust_decimal::Decimal;

use crate::order::{Order, Tax};

/// What the prices of an order have in common.
#[derive(Clone, Copy)]
pub(super) struct Pricing {
    /// Taxes are in the prices already.
    pub(super) taxes_included: bool,
    /// Decimals of the currency that a portal carries.
    pub(super) decimals: u32,
}

impl Pricing {
    pub(super) fn of(order: &Order) -> Self {
        Self {
            taxes_included: order.taxes_included,
            decimals: order.currency.decimals(),
        }
    }

    /// The tax that comes on top of a price; `None` beyond all measure.
    pub(super) fn on_top(self, taxes: &[Tax]) -> Option<Decimal> {
        if self.taxes_included {
            return Some(Decimal::ZERO);
        }
        taxes
            .iter()
            .try_fold(Decimal::ZERO, |sum, it| sum.checked_add(it.amount))
    }

    /// The smallest amount that is written.
    pub(super) fn smallest(self) -> Decimal {
        Decimal::new(1, self.decimals)
    }
}

/// All tax rates on an amount together, in percent, for display; `None` = no tax at all.
pub(super) fn percent(taxes: &[Tax], taxed: Decimal, pricing: Pricing) -> Option<Decimal> {
    let charged = taxes
        .iter()
        .filter(|it| was_charged(it, taxed, pricing))
        .filter_map(|it| it.rate);
    let rate = charged
        .map(Some)
        .reduce(|sum, it| sum?.checked_add(it?))??;
    Some(rate.checked_mul(Decimal::ONE_HUNDRED)?.normalize())
}

/// Whether a tax was charged: a rate without an amount is what a buyer exempt from it would have paid, unless there was
/// too little to be taxed.
fn was_charged(tax: &Tax, taxed: Decimal, pricing: Pricing) -> bool {
    let due = tax.rate.and_then(|it| it.checked_mul(taxed));
    !tax.amount.is_zero() || due.is_none_or(|it| it.abs() < pricing.smallest())
}
