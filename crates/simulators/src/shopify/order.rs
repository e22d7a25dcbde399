//! An order as the shop keeps it, and its arithmetic (facts §3.2 to §3.5).

use super::address::{Address, Customer};
use super::money::Currency;
use super::truth::OrderState;
use jiff::Timestamp;
use rust_decimal::Decimal;

/// One order; every amount is in the shop currency.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub id: u64,
    pub number: u64,
    pub confirmation: String,
    pub token: String,
    pub created: Timestamp,
    pub processed: Timestamp,
    pub updated: Timestamp,
    pub triggered: Timestamp,
    pub cancelled: Option<Timestamp>,
    pub cancel_reason: Option<&'static str>,
    pub currency: Currency,
    pub taxes_included: bool,
    pub tax_title: &'static str,
    pub tax_rate: Decimal,
    pub lines: Vec<Line>,
    pub shipping: Vec<Shipping>,
    pub discounts: Vec<Discount>,
    pub tip: Decimal,
    /// Shipping and tip have been given back.
    pub extras_refunded: bool,
    pub received: Decimal,
    pub refunded: Decimal,
    pub authorized: bool,
    pub voided: bool,
    pub refunds: Vec<Refund>,
    pub fulfilments: Vec<Fulfilment>,
    pub customer: Option<Customer>,
    /// The company that buys, in a B2B order.
    pub company: Option<u64>,
    pub billing: Option<Address>,
    pub delivery: Option<Address>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub locale: &'static str,
    pub note: Option<String>,
    pub attributes: Vec<(String, String)>,
    pub tags: Vec<String>,
    pub source: &'static str,
    pub gateway: &'static str,
    pub landing_site: Option<String>,
    pub test: bool,
    pub deleted: bool,
    pub quirks: Quirks,
    pub history: Vec<OrderState>,
}

/// A line item. Removed lines stay with `current` at zero (facts §3.4).
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub id: u64,
    pub product: Option<u64>,
    pub variant: Option<u64>,
    pub title: String,
    pub variant_title: Option<String>,
    pub sku: Option<String>,
    pub vendor: Option<String>,
    pub quantity: u32,
    pub current: u32,
    pub fulfilled: u32,
    pub price: Decimal,
    pub allocations: Vec<Allocation>,
    pub taxable: bool,
    pub gift_card: bool,
    pub grams: u32,
    pub properties: Vec<(String, String)>,
}

/// A share of a discount, for the full quantity of its line.
#[derive(Clone, Debug)]
pub(super) struct Allocation {
    pub discount: usize,
    pub amount: Decimal,
}

/// A shipping line.
#[derive(Clone, Debug)]
pub(super) struct Shipping {
    pub id: u64,
    pub title: &'static str,
    pub price: Decimal,
    pub allocations: Vec<Allocation>,
    pub removed: bool,
}

/// A discount application.
#[derive(Clone, Debug)]
pub(super) struct Discount {
    pub kind: &'static str,
    pub label: String,
    pub value: Decimal,
    pub percentage: bool,
    pub method: &'static str,
    pub selection: &'static str,
    pub shipping: bool,
}

/// A refund and the money that went back with it.
#[derive(Clone, Debug)]
pub(super) struct Refund {
    pub id: u64,
    pub at: Timestamp,
    pub lines: Vec<RefundLine>,
    pub amount: Decimal,
    pub transaction: u64,
    /// Shipping and tip went back too.
    pub extras: bool,
    pub note: &'static str,
}

/// Units of one line that were refunded.
#[derive(Clone, Debug)]
pub(super) struct RefundLine {
    pub id: u64,
    pub line: u64,
    pub quantity: u32,
    pub subtotal: Decimal,
    pub tax: Decimal,
}

/// A shipment.
#[derive(Clone, Debug)]
pub(super) struct Fulfilment {
    pub id: u64,
    pub at: Timestamp,
    pub lines: Vec<(u64, u32)>,
    pub tracking: String,
}

/// Peculiarities of an order's body, decided at placement.
#[derive(Clone, Debug, Default)]
pub(super) struct Quirks {
    pub unknown_fields: bool,
    pub missing: Vec<&'static str>,
    pub padding: usize,
}

/// Which of the two sides of `total_price` and `current_total_price` is meant (facts §3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// As ordered, later additions included, removals and refunds ignored.
    Ordered,
    /// As it is now.
    Current,
}

/// The sums of an order on one side.
#[derive(Clone, Debug)]
pub(super) struct Totals {
    pub items: Decimal,
    pub discounts: Decimal,
    pub subtotal: Decimal,
    pub shipping: Decimal,
    pub tax: Decimal,
    pub total: Decimal,
}

impl Order {
    pub(super) fn name(&self) -> String {
        format!("#{}", self.number)
    }

    pub(super) fn totals(&self, side: Side) -> Totals {
        let extras = side == Side::Ordered || !self.extras_refunded;
        let mut sums = Totals {
            items: Decimal::ZERO,
            discounts: Decimal::ZERO,
            subtotal: Decimal::ZERO,
            shipping: Decimal::ZERO,
            tax: Decimal::ZERO,
            total: Decimal::ZERO,
        };
        for line in &self.lines {
            let units = line.units(side);
            sums.items += line.price * Decimal::from(units);
            sums.discounts += self.line_discount(line, units);
            sums.subtotal += self.line_net(line, units);
            sums.tax += self.line_tax(line, units);
        }
        if extras {
            for shipping in self.shipping.iter().filter(|shipping| !shipping.removed) {
                sums.shipping += shipping.price;
                sums.discounts += shipping.discount();
                sums.tax += self.shipping_tax(shipping);
            }
        }
        let tip = if extras { self.tip } else { Decimal::ZERO };
        let added_tax = if self.taxes_included {
            Decimal::ZERO
        } else {
            sums.tax
        };
        sums.total = sums.items - sums.discounts + sums.shipping + added_tax + tip;
        sums
    }

    /// The discount on some units of a line: the allocations scaled by their share (facts §3.4).
    pub(super) fn line_discount(&self, line: &Line, units: u32) -> Decimal {
        let whole: Decimal = line
            .allocations
            .iter()
            .map(|allocation| allocation.amount)
            .sum();
        self.currency
            .round(whole * Decimal::from(units) / Decimal::from(line.quantity.max(1)))
    }

    pub(super) fn line_net(&self, line: &Line, units: u32) -> Decimal {
        line.price * Decimal::from(units) - self.line_discount(line, units)
    }

    pub(super) fn line_tax(&self, line: &Line, units: u32) -> Decimal {
        if line.taxable {
            self.tax_on(self.line_net(line, units))
        } else {
            Decimal::ZERO
        }
    }

    pub(super) fn shipping_tax(&self, shipping: &Shipping) -> Decimal {
        self.tax_on(shipping.price - shipping.discount())
    }

    /// What the buyer still owes; negative if the buyer is owed.
    pub(super) fn outstanding(&self) -> Decimal {
        if self.voided {
            Decimal::ZERO
        } else {
            self.totals(Side::Current).total - (self.received - self.refunded)
        }
    }

    pub(super) fn financial_status(&self) -> &'static str {
        let total = self.totals(Side::Current).total;
        let kept = self.received - self.refunded;
        if self.voided {
            "voided"
        } else if self.received.is_zero() && !total.is_zero() {
            if self.authorized {
                "authorized"
            } else {
                "pending"
            }
        } else if !self.refunded.is_zero() {
            if kept.is_zero() {
                "refunded"
            } else {
                "partially_refunded"
            }
        } else if kept < total {
            "partially_paid"
        } else {
            "paid"
        }
    }

    pub(super) fn fulfillment_status(&self) -> Option<&'static str> {
        let shipped: u32 = self.lines.iter().map(|line| line.fulfilled).sum();
        let waiting: u32 = self.lines.iter().map(Line::fulfillable).sum();
        match (shipped, waiting) {
            (0, _) => None,
            (_, 0) => Some("fulfilled"),
            _ => Some("partial"),
        }
    }

    pub(super) fn units(&self) -> u32 {
        self.lines.iter().map(|line| line.current).sum()
    }

    pub(super) fn state(&self) -> OrderState {
        OrderState {
            updated_at: self.updated,
            triggered_at: self.triggered,
            current_total: self.totals(Side::Current).total,
            financial_status: self.financial_status().to_owned(),
            fulfillment_status: self.fulfillment_status().map(str::to_owned),
            cancelled: self.cancelled.is_some(),
        }
    }

    fn tax_on(&self, amount: Decimal) -> Decimal {
        let divisor = if self.taxes_included {
            Decimal::ONE + self.tax_rate
        } else {
            Decimal::ONE
        };
        self.currency.round(amount * self.tax_rate / divisor)
    }
}

impl Line {
    pub(super) fn units(&self, side: Side) -> u32 {
        match side {
            Side::Ordered => self.quantity,
            Side::Current => self.current,
        }
    }

    pub(super) fn fulfillable(&self) -> u32 {
        self.current.saturating_sub(self.fulfilled)
    }
}

impl Shipping {
    pub(super) fn discount(&self) -> Decimal {
        self.allocations
            .iter()
            .map(|allocation| allocation.amount)
            .sum()
    }
}
