//! Which extra charges a total consists of.
//!
//! Of two of them only the sums tell:
//!
//! * A tip is among the line items as well where it was paid at checkout or at a counter (facts/shopify.md §3.4,
//!   `tip_payment_*`; the Admin API does not mark such a line). It is counted once: not as an extra where a line of no
//!   product is over just its amount and the order adds up better without.
//! * Cash rounding is a part of the total, or what was paid beside it; it is undocumented which. It is counted where the
//!   order adds up better with it.

use rust_decimal::Decimal;

use super::{Tally, priced_charge, priced_line, tax::Pricing};
use crate::order::{Charge, Extra, Order};

/// The extra charges that have a row.
pub(super) fn in_total(order: &Order, pricing: Pricing) -> Vec<&Charge> {
    let tip_is_a_line = lists(order, order.extra(Extra::Tip));
    let mut missing = Missing::without_doubtful(order, pricing);
    let mut left_out = Vec::new();
    for (extra, certain) in [(Extra::Tip, !tip_is_a_line), (Extra::CashRounding, false)] {
        let amount = order.extra(extra);
        if certain || missing.shrinks_by(amount) {
            missing.take(amount);
        } else {
            left_out.push(extra.name());
        }
    }
    let counts = |it: &&Charge| !it.amount.is_zero() && !left_out.contains(&it.name.as_str());
    order.extras.iter().filter(counts).collect()
}

/// Whether there is a line of no product over just this amount, be it still there or given back.
fn lists(order: &Order, amount: Decimal) -> bool {
    let of_no_product = order.lines.iter().filter(|it| it.product.is_none());
    of_no_product
        .filter(|it| it.quantity == 1)
        .any(|it| it.price.checked_sub(it.discount) == Some(amount))
}

/// What is missing to the total; `None` beyond all measure.
struct Missing(Option<Decimal>);

impl Missing {
    fn without_doubtful(order: &Order, pricing: Pricing) -> Self {
        let doubtful = [Extra::Tip.name(), Extra::CashRounding.name()];
        let certain = order
            .extras
            .iter()
            .filter(|it| !doubtful.contains(&it.name.as_str()));
        let mut tally = Tally::default();
        for line in &order.lines {
            tally.add(priced_line(line, pricing));
        }
        for charge in order.shipping.iter().chain(certain) {
            tally.add(priced_charge(charge, pricing));
        }
        Self(tally.gap(order.total).map(|it| it.exact))
    }

    /// Whether the order adds up better, or no worse, with an amount.
    fn shrinks_by(&self, amount: Decimal) -> bool {
        self.less(amount)
            .zip(self.0)
            .is_none_or(|(then, now)| then.abs() <= now.abs())
    }

    fn take(&mut self, amount: Decimal) {
        self.0 = self.less(amount);
    }

    fn less(&self, amount: Decimal) -> Option<Decimal> {
        self.0?.checked_sub(amount)
    }
}
