//! What the two ways of reading an order do not tell alike.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CompanyId, Order};
use crate::version::Digest;

/// What a webhook and the Admin API do not tell alike (facts/shopify.md §5.9): the API computes the visit later and as a
/// URL, tells the terms of payment only to whom it is allowed, and a webhook may leave the company out.
///
/// All values are equal to each other, and [`Order::digest`] leaves them out, so that one state of an order read in both
/// ways is one state (design §4.2, rule 16).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Beside {
    /// Page of the first visit: a path with its query, or a URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub landing_site: Option<String>,
    /// Where that visit came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referring_site: Option<String>,
    /// The company that buys, in B2B orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyId>,
    /// Terms of payment; `None` = not told, empty = there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_terms: Option<PaymentTerms>,
    /// It was deleted in the shop. No state of the order tells so: `orders/delete` does, which carries nothing but the id.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
}

impl PartialEq for Beside {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Beside {}

/// When an order on invoice is due (facts/shopify.md §3.1, `payment_terms`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentTerms {
    /// As Shopify names them: `Net 30`, `Due on fulfillment`.
    pub name: Option<String>,
    /// When the next payment is due; `None` once all are made, or while no date is known.
    pub due_at: Option<Timestamp>,
}

impl Order {
    /// The fingerprint of what is compared: everything but [`Beside`].
    pub fn digest(&self) -> Digest {
        Digest::of(&Self {
            beside: Beside::default(),
            ..self.clone()
        })
    }

    /// Fills in what this state leaves untold from the one before it.
    pub fn fill_from(&mut self, earlier: &Self) {
        fill(
            &mut self.beside.payment_terms,
            &earlier.beside.payment_terms,
        );
        self.fill_lasting_from(earlier);
    }

    /// Fills in what does not change once an order exists from any other state of it, be it older or newer.
    pub fn fill_lasting_from(&mut self, other: &Self) {
        fill(&mut self.beside.landing_site, &other.beside.landing_site);
        fill(
            &mut self.beside.referring_site,
            &other.beside.referring_site,
        );
        fill(&mut self.beside.company, &other.beside.company);
        self.beside.deleted |= other.beside.deleted;
    }

    /// Terms of payment, where there are any.
    pub fn payment_terms(&self) -> Option<&PaymentTerms> {
        let told = self.beside.payment_terms.as_ref();
        told.filter(|it| **it != PaymentTerms::default())
    }

    /// The name of the company that buys: the one on the bill, else the one on the parcel. Webhooks tell no other.
    pub fn company_name(&self) -> Option<&str> {
        let addresses = [&self.billing_address, &self.shipping_address];
        addresses
            .into_iter()
            .flatten()
            .find_map(|it| it.company.as_deref())
    }
}

fn fill<T: Clone>(mine: &mut Option<T>, theirs: &Option<T>) {
    if mine.is_none() {
        mine.clone_from(theirs);
    }
}
