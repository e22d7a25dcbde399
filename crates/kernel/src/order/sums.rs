//! Sums of an order, as Shopify tells them, and what follows from them.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Extra, Order, Payment};
use crate::money::Currency;

/// Sums of an order beside its total, in the shop's currency (facts/shopify.md §3.2). `None` = not told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sums {
    /// `total_price`: what was charged, before returns and refunds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charged: Option<Decimal>,
    /// `current_subtotal_price`: goods after discounts, edits, returns and refunds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtotal: Option<Decimal>,
    /// `current_total_tax`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax: Option<Decimal>,
    /// `current_total_discounts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discounts: Option<Decimal>,
    /// `current_shipping_price`, else `total_shipping_price`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping: Option<Decimal>,
    /// Money given back: the successful refund transactions.
    pub refunded: Decimal,
    /// `total_outstanding`: still to be paid; negative if owed to the buyer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outstanding: Option<Decimal>,
}

/// The order's total as the buyer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presentment {
    /// The buyer's currency, which is not the shop's.
    pub currency: Currency,
    /// `current_total_price` in it, where told.
    pub total: Option<Decimal>,
}

impl Order {
    /// Money received and not given back. It is not the total: an order on invoice has received nothing, and a deposit
    /// is a part.
    ///
    /// Derived, because a webhook lists no payments (facts/shopify.md §3.6): what the order costs now less what is
    /// outstanding, at most what was ever charged less what was given back (money given back without goods need not
    /// lower the total). Nothing where the status says that nothing was taken, or that all went back. `None` where
    /// neither sums nor status tell.
    pub fn kept(&self) -> Option<Decimal> {
        let outstanding = match &self.payment {
            Payment::Pending | Payment::Authorized | Payment::Voided | Payment::Refunded => {
                return Some(Decimal::ZERO);
            }
            Payment::Paid | Payment::PartiallyRefunded => self.sums.outstanding.unwrap_or_default(),
            Payment::PartiallyPaid | Payment::Unrecognised(_) => self.sums.outstanding?,
        };
        let paid = self.total.checked_sub(outstanding)?;
        let charged = self.sums.charged.unwrap_or(self.total).max(self.total);
        let most = charged.checked_sub(self.sums.refunded)?;
        Some(paid.min(most).max(Decimal::ZERO).normalize())
    }

    /// Money ever received: what is [kept](Self::kept) and what was given back.
    pub fn received(&self) -> Option<Decimal> {
        let received = self.kept()?.checked_add(self.sums.refunded)?;
        Some(received.normalize())
    }

    /// The sum of one kind of extra charge; zero without.
    pub fn extra(&self, extra: Extra) -> Decimal {
        self.extras
            .iter()
            .filter(|it| it.name == extra.name())
            .fold(Decimal::ZERO, |sum, it| sum.saturating_add(it.amount))
    }
}
