//! What an order consists of: goods, shipping, and what else is charged.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// One line item (facts/shopify.md §3.4).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Shopify's id of the line; `None` where an earlier version of this program stored the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// The product; `None` for custom items and deleted products.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<u64>,
    /// The variant; `None` for custom items and deleted products.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<u64>,
    /// Title with variant, as shown to people.
    pub name: String,
    /// Title of the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Title of the variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_title: Option<String>,
    /// Stock keeping unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// Vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// Whether a gift card is sold. It is money's worth, not a discount.
    #[serde(default)]
    pub gift_card: bool,
    /// What the buyer or an app added to the line, by name, in the shop's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<(String, String)>,
    /// Pieces ordered, later additions included.
    pub quantity: u32,
    /// Pieces still part of the order.
    pub current_quantity: u32,
    /// Price of one piece before discounts.
    pub price: Decimal,
    /// All discounts allocated to the line, for the full `quantity`.
    pub discount: Decimal,
    /// Taxes of the line, for the full `quantity`.
    pub taxes: Vec<Tax>,
}

/// One tax on a line or charge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tax {
    /// As a fraction: 0.19.
    pub rate: Option<Decimal>,
    /// In the shop's currency.
    pub amount: Decimal,
}

/// Shipping, a tip, a duty: something charged once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// As shown to people.
    pub name: String,
    /// After discounts and refunds, without its tax where prices do not include tax.
    pub amount: Decimal,
    /// What `taxes` were charged on, where a part of it was given back since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taxed: Option<Decimal>,
    /// Taxes of the charge, on the whole of `taxed`.
    pub taxes: Vec<Tax>,
}

/// What an order may charge beside goods and shipping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// `total_tip_received`.
    Tip,
    /// `current_total_duties_set`.
    Duties,
    /// `current_total_additional_fees_set`.
    Fees,
    /// `total_cash_rounding_*_adjustment_set`: what paying in coins added (or took, if negative).
    CashRounding,
}

impl Extra {
    /// As the charge is named: on the deal's row, and in the order.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tip => "Tip",
            Self::Duties => "Duties",
            Self::Fees => "Fees",
            Self::CashRounding => "Cash rounding",
        }
    }

    /// The charge.
    pub fn charge(self, amount: Decimal) -> Charge {
        Charge {
            name: self.name().to_owned(),
            amount,
            ..Charge::default()
        }
    }
}
