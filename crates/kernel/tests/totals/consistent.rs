//! Orders whose totals are computed as Shopify does: goods − discounts + tax + shipping + tip + duties + fees.

use kernel::{
    OrderId, OrderKey, ShopDomain,
    money::Currency,
    order::{Charge, Extra, Line, Order, Payment, Sums, Tax},
};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rust_decimal::{Decimal, RoundingStrategy::MidpointAwayFromZero};

use crate::Made;

/// Currencies with their decimals.
const CURRENCIES: [(&str, u32); 8] = [
    ("EUR", 2),
    ("USD", 2),
    ("GBP", 2),
    ("CHF", 2),
    ("JPY", 0),
    ("KRW", 0),
    ("KWD", 3),
    ("BHD", 3),
];

/// Rates in thousandths of a percent.
const RATES: [i64; 8] = [0, 5_000, 7_000, 8_875, 9_975, 19_000, 20_000, 25_500];

/// Chances out of a hundred.
const REMOVED: u32 = 10;
const PARTLY_GIVEN_BACK: u32 = 20;
const MONEY_GIVEN_BACK: u32 = 15;
const WHOLESALE: u32 = 3;

/// An order; `adds_up` unless money was given back without goods.
pub(crate) fn order(rng: &mut ChaCha8Rng) -> Made {
    let mut maker = Maker::new(rng);
    let (code, decimals) = CURRENCIES[maker.rng.random_range(0..CURRENCIES.len())];
    maker.decimals = decimals;
    let mut order = bare(code);
    order.taxes_included = maker.included;
    let lines = maker.rng.random_range(0..7);
    order.lines = (0..lines).map(|_| maker.line()).collect();
    let shipping = maker.rng.random_range(0..4_usize).saturating_sub(1);
    order.shipping = (0..shipping).map(|_| maker.shipping()).collect();
    maker.extras(&mut order);
    let given_back = maker.chance(MONEY_GIVEN_BACK);
    order.total = maker.total;
    order.sums.charged = Some(order.total);
    if given_back {
        let back = maker.money(5_000).min(order.total);
        order.total -= back;
        order.sums.refunded = back;
        order.payment = Payment::PartiallyRefunded;
    }
    let live = order.lines.iter().filter(|it| it.current_quantity != 0);
    let units = live.map(|it| unit(it, order.taxes_included)).collect();
    Made {
        order,
        adds_up: !given_back,
        units: Some(units),
    }
}

/// An order of nothing.
pub(crate) fn bare(code: &str) -> Order {
    let key = OrderKey {
        shop: ShopDomain::parse("acme.myshopify.com").expect("it names a shop"),
        order: OrderId(6_120_000_000_001),
    };
    let updated_at = "2026-11-23T09:15:48Z".parse().expect("it is a time");
    let currency = Currency::parse(code).expect("it has three letters");
    Order {
        name: "#1042".to_owned(),
        payment: Payment::Paid,
        sums: Sums::default(),
        ..Order::bare(key, updated_at, currency, Decimal::ZERO)
    }
}

/// What one piece costs, exactly.
fn unit(line: &Line, included: bool) -> Decimal {
    let on_top: Decimal = line.taxes.iter().map(|it| it.amount).sum();
    let on_top = if included { Decimal::ZERO } else { on_top };
    line.price + (on_top - line.discount) / Decimal::from(line.quantity)
}

struct Maker<'a> {
    rng: &'a mut ChaCha8Rng,
    decimals: u32,
    included: bool,
    /// What Shopify has summed up so far.
    total: Decimal,
}

impl<'a> Maker<'a> {
    fn new(rng: &'a mut ChaCha8Rng) -> Self {
        let included = rng.random_range(0..2) == 0;
        Self {
            rng,
            decimals: 2,
            included,
            total: Decimal::ZERO,
        }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    /// So many of the smallest amounts at most.
    fn money(&mut self, most: i64) -> Decimal {
        Decimal::new(self.rng.random_range(0..=most), self.decimals)
    }

    fn rounded(&self, amount: Decimal) -> Decimal {
        amount.round_dp_with_strategy(self.decimals, MidpointAwayFromZero)
    }

    fn line(&mut self) -> Line {
        let quantity = if self.chance(WHOLESALE) {
            self.rng.random_range(1_000..20_000)
        } else {
            self.rng.random_range(1..8)
        };
        let current_quantity = match self.rng.random_range(0..100) {
            it if it < REMOVED => 0,
            it if it < REMOVED + PARTLY_GIVEN_BACK => self.rng.random_range(0..=quantity),
            _ => quantity,
        };
        let price = self.money(200_000);
        let gross = price * Decimal::from(quantity);
        let mut discount = Decimal::ZERO;
        for _ in 0..self.rng.random_range(0..4_u32) {
            let part = Decimal::new(self.rng.random_range(0..=60), 2);
            discount += self.rounded((gross - discount) * part);
        }
        let taxes = self.taxes(gross - discount);
        let left = |maker: &Self, amount: Decimal| {
            let share = amount * Decimal::from(current_quantity) / Decimal::from(quantity);
            maker.rounded(share)
        };
        self.total += left(self, gross - discount);
        if !self.included {
            let on_top: Decimal = taxes.iter().map(|it| left(self, it.amount)).sum();
            self.total += on_top;
        }
        let known = self.chance(80);
        Line {
            id: Some(self.rng.random_range(1..1_000_000)),
            product: known.then_some(7),
            variant: known.then(|| self.rng.random_range(1..1_000_000)),
            name: self.name(),
            gift_card: self.chance(5),
            quantity,
            current_quantity,
            price,
            discount,
            taxes,
            ..Line::default()
        }
    }

    /// Up to three taxes on an amount, each rounded by itself.
    fn taxes(&mut self, base: Decimal) -> Vec<Tax> {
        (0..self.rng.random_range(0..4_u32).saturating_sub(1))
            .map(|_| {
                let rate = Decimal::new(RATES[self.rng.random_range(0..RATES.len())], 5);
                let part = if self.included {
                    rate / (Decimal::ONE + rate)
                } else {
                    rate
                };
                Tax {
                    rate: Some(rate),
                    amount: self.rounded(base * part),
                }
            })
            .collect()
    }

    fn shipping(&mut self) -> Charge {
        let price = self.money(3_000);
        let taxes = self.taxes(price);
        let partly = self.chance(PARTLY_GIVEN_BACK) && !price.is_zero();
        let amount = if partly {
            let tenths = Decimal::from(self.rng.random_range(1..10));
            self.rounded(price * tenths / Decimal::TEN)
        } else {
            price
        };
        self.total += amount;
        if !self.included {
            for tax in &taxes {
                let part = if partly {
                    tax.amount * amount / price
                } else {
                    tax.amount
                };
                self.total += self.rounded(part);
            }
        }
        Charge {
            name: self.name(),
            amount,
            taxed: partly.then_some(price),
            taxes,
        }
    }

    fn extras(&mut self, order: &mut Order) {
        if self.chance(20) {
            let tip = self.money(2_000) + Decimal::new(1, self.decimals);
            self.total += tip;
            order.extras.push(Extra::Tip.charge(tip));
            if self.chance(50) {
                order.lines.push(Line {
                    name: "Tip".to_owned(),
                    quantity: 1,
                    current_quantity: 1,
                    price: tip,
                    ..Line::default()
                });
            }
        }
        for extra in [Extra::Duties, Extra::Fees] {
            if self.chance(10) {
                let amount = self.money(5_000) + Decimal::new(1, self.decimals);
                self.total += amount;
                order.extras.push(extra.charge(amount));
            }
        }
        if self.chance(10) {
            let amount = Decimal::new(self.rng.random_range(1..3), self.decimals);
            let amount = if self.chance(50) { -amount } else { amount };
            if self.chance(50) {
                self.total += amount;
            }
            order.extras.push(Extra::CashRounding.charge(amount));
        }
    }

    fn name(&mut self) -> String {
        let names = [
            "Mug",
            "Кружка «Ура»",
            "杯子",
            "",
            "   ",
            "<b>x</b> $result[0]",
        ];
        let name = names[self.rng.random_range(0..names.len())];
        name.repeat(if self.chance(5) { 200 } else { 1 })
    }
}
