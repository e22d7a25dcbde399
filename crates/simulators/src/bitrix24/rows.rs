//! Product rows of a deal (facts §11).

use rust_decimal::{Decimal, RoundingStrategy};

use super::php::Php;

/// A product row. Money is in the deal's currency.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductRow {
    /// Row id; a whole set of rows gets new ids each time it is written.
    pub id: u64,
    /// Product of the catalogue; 0 is a free-text row.
    pub product_id: u64,
    /// Name shown to people.
    pub product_name: String,
    /// Final unit price, discount and tax included.
    pub price: Decimal,
    /// Amount, up to four decimals.
    pub quantity: Decimal,
    /// 1 absolute, 2 percent.
    pub discount_type_id: i64,
    /// Discount in percent of the price without tax and discount.
    pub discount_rate: Decimal,
    /// Discount per unit, without tax.
    pub discount_sum: Decimal,
    /// Percent; none means no tax.
    pub tax_rate: Option<Decimal>,
    /// Whether the price was entered with tax; for display only.
    pub tax_included: bool,
    /// Unit of measure; 796 is a piece.
    pub measure_code: i64,
    /// Name of the unit of measure.
    pub measure_name: String,
    /// Position.
    pub sort: i64,
}

/// Which required field a row lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowProblem {
    Rate,
    Sum,
    Name,
}

impl ProductRow {
    /// A row from fields in upper case; what is missing gets its default.
    pub(crate) fn parse(fields: &Php) -> Result<Self, RowProblem> {
        let mut row = Self {
            id: 0,
            product_id: 0,
            product_name: String::new(),
            price: Decimal::ZERO,
            quantity: Decimal::ONE,
            discount_type_id: 2,
            discount_rate: Decimal::ZERO,
            discount_sum: Decimal::ZERO,
            tax_rate: None,
            tax_included: false,
            measure_code: 796,
            measure_name: "pcs".to_owned(),
            sort: 0,
        };
        row.assign(fields)?;
        Ok(row)
    }

    /// Overwrites what the fields name and derives the rest.
    pub(crate) fn assign(&mut self, fields: &Php) -> Result<(), RowProblem> {
        for (name, value) in fields.pairs() {
            match name.as_str() {
                "PRODUCT_ID" => self.product_id = value.idval(),
                "PRODUCT_NAME" => self.product_name = value.string(),
                "PRICE" => self.price = cents(value.decimal()),
                "QUANTITY" => self.quantity = rounded(value.decimal(), 4),
                "TAX_RATE" => {
                    self.tax_rate = Some(value)
                        .filter(|rate| **rate != Php::Null)
                        .map(Php::decimal)
                }
                "TAX_INCLUDED" => self.tax_included = value.string() == "Y",
                "MEASURE_CODE" => self.measure_code = value.intval(),
                "SORT" => self.sort = value.intval(),
                _ => {}
            }
        }
        if self.product_id == 0 && self.product_name.is_empty() {
            return Err(RowProblem::Name);
        }
        self.assign_discount(fields)
    }

    /// `PRICE_EXCLUSIVE`: the final price without tax.
    pub(crate) fn price_exclusive(&self) -> Decimal {
        cents(self.exclusive())
    }

    /// `PRICE_NETTO`: the price without tax and before the discount.
    pub(crate) fn price_netto(&self) -> Decimal {
        cents(self.exclusive() + self.discount_sum)
    }

    /// `PRICE_BRUTTO`: the price with tax and before the discount.
    pub(crate) fn price_brutto(&self) -> Decimal {
        cents((self.exclusive() + self.discount_sum) * self.tax_factor())
    }

    /// What the row adds to the deal's total.
    pub(crate) fn sum(&self) -> Decimal {
        self.price * self.quantity
    }

    /// What the row adds to the deal's tax.
    pub(crate) fn tax(&self) -> Decimal {
        (self.price - self.exclusive()) * self.quantity
    }

    /// The row in upper-case fields; ids are texts, prices are numbers, `PRICE_ACCOUNT` is a text.
    pub(crate) fn legacy(&self, owner: u64) -> Php {
        Php::map([
            ("ID", Php::text(self.id.to_string())),
            ("OWNER_ID", Php::text(owner.to_string())),
            ("OWNER_TYPE", Php::text("D")),
            ("PRODUCT_ID", Php::id(self.product_id)),
            ("PRODUCT_NAME", Php::text(self.product_name.clone())),
            ("PRICE", number(self.price)),
            ("PRICE_EXCLUSIVE", number(self.price_exclusive())),
            ("PRICE_NETTO", number(self.price_netto())),
            ("PRICE_BRUTTO", number(self.price_brutto())),
            ("PRICE_ACCOUNT", Php::text(money_text(self.price))),
            ("QUANTITY", number(self.quantity)),
            ("DISCOUNT_TYPE_ID", Php::Int(self.discount_type_id)),
            ("DISCOUNT_RATE", number(self.discount_rate)),
            ("DISCOUNT_SUM", number(cents(self.discount_sum))),
            ("TAX_RATE", self.tax_rate.map_or(Php::Null, number)),
            ("TAX_INCLUDED", flag(self.tax_included)),
            ("CUSTOMIZED", Php::text("Y")),
            ("MEASURE_CODE", Php::Int(self.measure_code)),
            ("MEASURE_NAME", Php::text(self.measure_name.clone())),
            ("SORT", Php::Int(self.sort)),
        ])
    }

    /// The row in camel-case fields, numbers as numbers.
    pub(crate) fn item(&self, owner: u64) -> Php {
        Php::map([
            ("id", Php::id(self.id)),
            ("ownerId", Php::id(owner)),
            ("ownerType", Php::text("D")),
            ("productId", Php::id(self.product_id)),
            ("productName", Php::text(self.product_name.clone())),
            ("price", number(self.price)),
            ("priceExclusive", number(self.price_exclusive())),
            ("priceNetto", number(self.price_netto())),
            ("priceBrutto", number(self.price_brutto())),
            ("priceAccount", number(self.price)),
            ("quantity", number(self.quantity)),
            ("discountTypeId", Php::Int(self.discount_type_id)),
            ("discountRate", number(self.discount_rate)),
            ("discountSum", number(cents(self.discount_sum))),
            ("taxRate", self.tax_rate.map_or(Php::Null, number)),
            ("taxIncluded", flag(self.tax_included)),
            ("customized", Php::text("Y")),
            ("measureCode", Php::Int(self.measure_code)),
            ("measureName", Php::text(self.measure_name.clone())),
            ("sort", Php::Int(self.sort)),
            ("xmlId", Php::text("")),
            ("type", Php::Int(1)),
            ("storeId", Php::Null),
        ])
    }

    fn assign_discount(&mut self, fields: &Php) -> Result<(), RowProblem> {
        let kind = fields.get("DISCOUNT_TYPE_ID").map(Php::intval);
        let given = |name: &str| {
            fields
                .get(name)
                .filter(|value| **value != Php::Null)
                .map(Php::decimal)
        };
        let (rate, sum) = (given("DISCOUNT_RATE"), given("DISCOUNT_SUM"));
        if kind.is_none() && rate.is_none() && sum.is_none() {
            return Ok(());
        }
        let hundred = Decimal::ONE_HUNDRED;
        if kind == Some(1) {
            let sum = sum.ok_or(RowProblem::Sum)?;
            let netto = self.exclusive() + sum;
            self.discount_type_id = 1;
            self.discount_sum = sum;
            self.discount_rate = sum
                .checked_mul(hundred)
                .and_then(|part| part.checked_div(netto))
                .map_or(Decimal::ZERO, cents);
            return Ok(());
        }
        let rate = match (rate, kind) {
            (Some(rate), _) => rate,
            (None, Some(_)) => return Err(RowProblem::Rate),
            (None, None) => Decimal::ZERO,
        };
        self.discount_type_id = 2;
        self.discount_rate = rate;
        self.discount_sum = match (rate == hundred, sum) {
            (true, None) => return Err(RowProblem::Sum),
            (true, Some(sum)) => sum,
            (false, _) => (self.exclusive() * rate)
                .checked_div(hundred - rate)
                .unwrap_or(Decimal::ZERO),
        };
        Ok(())
    }

    fn exclusive(&self) -> Decimal {
        self.price
            .checked_div(self.tax_factor())
            .unwrap_or(self.price)
    }

    fn tax_factor(&self) -> Decimal {
        Decimal::ONE + self.tax_rate.unwrap_or(Decimal::ZERO) / Decimal::ONE_HUNDRED
    }
}

/// Money as the database keeps it: two decimals.
pub(crate) fn cents(amount: Decimal) -> Decimal {
    rounded(amount, 2)
}

/// Money as a text with two decimals.
pub(crate) fn money_text(amount: Decimal) -> String {
    let mut amount = cents(amount);
    amount.rescale(2);
    amount.to_string()
}

/// Money as a JSON number.
pub(crate) fn number(amount: Decimal) -> Php {
    Php::Float(amount.normalize().to_string().parse().unwrap_or(0.0))
}

fn rounded(amount: Decimal, places: u32) -> Decimal {
    amount.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
}

fn flag(yes: bool) -> Php {
    Php::text(if yes { "Y" } else { "N" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_prices_follow_the_documented_example() {
        let fields = Php::map([
            ("PRODUCT_NAME", Php::text("a")),
            ("PRICE", Php::Int(90_000)),
            ("TAX_RATE", Php::Int(10)),
            ("DISCOUNT_TYPE_ID", Php::Int(2)),
            ("DISCOUNT_RATE", Php::Int(10)),
        ]);
        let row = ProductRow::parse(&fields).unwrap();
        assert_eq!(money_text(row.price_exclusive()), "81818.18");
        assert_eq!(money_text(row.price_netto()), "90909.09");
        assert_eq!(money_text(row.price_brutto()), "100000.00");
        assert_eq!(money_text(row.discount_sum), "9090.91");
    }
}
