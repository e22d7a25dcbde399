//! The company that buys, in B2B orders: what it should be, and how to find it.

use serde::{Deserialize, Serialize};

use crate::order::Order;

/// The title of a company holds at most this many characters.
const TITLE_CHARS_MAX: usize = 255;

/// What the ledger's key of a company begins with. No key of a person begins so.
pub(crate) const KEY_PREFIX: &str = "company:";

/// What a company should be, and how to find it: by its id alone, because a name is not one company's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyWish {
    /// Shopify's id of the company.
    pub id: u64,
    /// What people read.
    pub title: String,
}

impl CompanyWish {
    /// What an order says about the company that buys; `None` where a person buys.
    pub fn of(order: &Order) -> Option<Self> {
        let id = order.beside.company?.id;
        let name = order.company_name().map(str::trim);
        let title = match name.filter(|it| !it.is_empty()) {
            Some(name) => name.chars().take(TITLE_CHARS_MAX).collect(),
            None => format!("Company {id}"),
        };
        Some(Self { id, title })
    }

    /// The name of this company's entry in the ledger.
    pub fn key(&self) -> String {
        format!("{KEY_PREFIX}{}", self.id)
    }

    /// `ORIGIN_ID` of the company.
    pub fn origin(&self) -> String {
        self.id.to_string()
    }
}
