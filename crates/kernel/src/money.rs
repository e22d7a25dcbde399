//! Money as a decimal with a currency, and what of it a portal can carry.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// Digits after the point that a Bitrix24 deal and its rows carry (facts/bitrix24.md §11.2).
pub const PORTAL_DECIMALS: u32 = 2;

/// Currencies without a smaller unit.
const WITHOUT_DECIMALS: [&str; 16] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV",
    "XAF", "XOF", "XPF",
];

/// An ISO 4217 code, upper case: `EUR`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Currency(String);

impl Currency {
    /// Accepts three ASCII letters in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 3 && text.bytes().all(|it| it.is_ascii_alphabetic());
        fits.then(|| Self(text.to_ascii_uppercase()))
    }

    /// The euro.
    pub fn euro() -> Self {
        Self("EUR".to_owned())
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Decimals of this currency that a portal carries: 2, or none where the currency has no smaller unit (ISO 4217).
    pub fn decimals(&self) -> u32 {
        if WITHOUT_DECIMALS.contains(&self.as_str()) {
            0
        } else {
            PORTAL_DECIMALS
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An amount in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// How much.
    pub amount: Decimal,
    /// Of what.
    pub currency: Currency,
}

impl Money {
    /// The sum, or `None` where currencies differ or the sum overflows.
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        let amount = self.amount.checked_add(other.amount)?;
        Some(Self {
            amount,
            currency: self.currency.clone(),
        })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

/// What a portal keeps of an amount: two decimals, halves away from zero as people round.
pub fn carried(amount: Decimal) -> Decimal {
    let mut kept =
        amount.round_dp_with_strategy(PORTAL_DECIMALS, RoundingStrategy::MidpointAwayFromZero);
    kept.rescale(PORTAL_DECIMALS);
    kept
}

/// The part of an amount that a portal cannot carry (a Kuwaiti dinar has three decimals); zero for most.
pub fn not_carried(amount: Decimal) -> Decimal {
    (amount - carried(amount)).normalize()
}

/// The largest value with so many decimals, at most the portal's, that is not above `amount`.
pub fn carried_down(amount: Decimal, decimals: u32) -> Decimal {
    let mut kept = amount.round_dp_with_strategy(
        decimals.min(PORTAL_DECIMALS),
        RoundingStrategy::ToNegativeInfinity,
    );
    kept.rescale(PORTAL_DECIMALS);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(amount: i64, currency: &str) -> Money {
        Money {
            amount: Decimal::new(amount, 2),
            currency: Currency::parse(currency).unwrap(),
        }
    }

    #[test]
    fn amounts_of_different_currencies_do_not_add() {
        assert_eq!(money(100, "EUR").checked_add(&money(100, "usd")), None);
        assert_eq!(
            money(100, "EUR").checked_add(&money(250, "eur")),
            Some(money(350, "EUR"))
        );
    }

    #[test]
    fn a_third_decimal_is_rounded_and_reported() {
        let dinars = Decimal::new(12_345, 3);
        assert_eq!(carried(dinars).to_string(), "12.35");
        assert_eq!(not_carried(dinars).to_string(), "-0.005");
        assert_eq!(carried_down(dinars, 2).to_string(), "12.34");
    }

    #[test]
    fn whole_yen_carry_two_zeros() {
        assert_eq!(carried(Decimal::new(693, 0)).to_string(), "693.00");
        assert_eq!(not_carried(Decimal::new(693, 0)), Decimal::ZERO);
    }
}
