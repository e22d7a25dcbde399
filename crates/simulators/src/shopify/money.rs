//! Money in a shop: rounding, and the two ways a body prints it (facts §3.2).

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};

/// The currencies of one order.
#[derive(Clone, Debug)]
pub(super) struct Currency {
    /// The shop's currency, ISO 4217.
    pub code: String,
    /// What the buyer saw.
    pub presentment: String,
    /// Units of the presentment currency for one of the shop's.
    pub rate: Decimal,
}

impl Currency {
    /// Rounds an amount to what the shop currency can express.
    pub(super) fn round(&self, amount: Decimal) -> Decimal {
        amount.round_dp_with_strategy(decimals(&self.code), RoundingStrategy::MidpointAwayFromZero)
    }

    /// The smallest amount above zero.
    pub(super) fn smallest(&self) -> Decimal {
        Decimal::new(1, decimals(&self.code))
    }

    /// A plain amount: a string in the shop currency with all its decimals.
    pub(super) fn text(&self, amount: Decimal) -> String {
        fixed(amount, decimals(&self.code))
    }

    /// An amount in both currencies.
    pub(super) fn set(&self, amount: Decimal) -> Value {
        let shown = fixed(amount * self.rate, decimals(&self.presentment));
        json!({
            "shop_money": {"amount": self.text(amount), "currency_code": self.code},
            "presentment_money": {"amount": shown, "currency_code": self.presentment},
        })
    }

    /// The same for the Admin API, which prints at least one decimal and drops other trailing zeros (facts §9).
    pub(super) fn bag(&self, amount: Decimal) -> Value {
        let shown = self.round(amount);
        let presentment = (amount * self.rate).round_dp_with_strategy(
            decimals(&self.presentment),
            RoundingStrategy::MidpointAwayFromZero,
        );
        json!({
            "shopMoney": {"amount": loose(shown), "currencyCode": self.code},
            "presentmentMoney": {"amount": loose(presentment), "currencyCode": self.presentment},
        })
    }
}

fn decimals(code: &str) -> u32 {
    if ["JPY", "KRW", "PYG", "VND", "CLP"].contains(&code) {
        0
    } else {
        2
    }
}

fn fixed(amount: Decimal, places: u32) -> String {
    let mut rounded = amount.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    if rounded.is_zero() {
        rounded = Decimal::ZERO;
    }
    rounded.rescale(places);
    rounded.to_string()
}

fn loose(amount: Decimal) -> String {
    let mut short = if amount.is_zero() {
        Decimal::ZERO
    } else {
        amount.normalize()
    };
    if short.scale() == 0 {
        short.rescale(1);
    }
    short.to_string()
}

#[cfg(test)]
mod tests {
    use super::{fixed, loose};
    use rust_decimal::Decimal;

    #[test]
    fn webhooks_print_fixed_decimals_and_the_admin_api_does_not() {
        let twenty = Decimal::new(2_000, 2);
        assert_eq!(
            (fixed(twenty, 2), loose(twenty)),
            ("20.00".to_owned(), "20.0".to_owned())
        );
        assert_eq!(fixed(Decimal::new(693, 0), 0), "693");
        assert_eq!(loose(Decimal::new(11_272, 2)), "112.72");
        assert_eq!(fixed(-Decimal::new(1, 3), 2), "0.00");
    }
}
