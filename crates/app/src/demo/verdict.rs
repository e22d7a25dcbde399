//! The verdict: what the shop knows against what the portal holds. Pure, and blind to what the service believes.

mod duplicates;
mod order;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use simulators::{
    bitrix24::{Change, Contact, Deal, Entity},
    shopify::{Acknowledged, OrderTruth},
};

use super::people::Edits;

/// Everything a verdict rests on.
#[derive(Debug, Clone)]
pub struct Truths {
    /// Every order, as the shop knows it.
    pub orders: Vec<OrderTruth>,
    /// Every genuine delivery the service answered with 2xx.
    pub acknowledged: Vec<Acknowledged>,
    /// Every deal ever.
    pub deals: Vec<Deal>,
    /// Every contact ever.
    pub contacts: Vec<Contact>,
    /// Every change in the portal.
    pub journal: Vec<Change>,
    /// What the manager did.
    pub edits: Edits,
    /// `ORIGINATOR_ID` of the shop's deals (design §3.4).
    pub originator: String,
    /// The user field that carries the order id.
    pub order_field: String,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Orders that must have a deal: a delivery with the whole order was acknowledged.
    pub orders: usize,
    /// Of them, those with exactly one live deal.
    pub exact: usize,
    /// Orders with several live deals in the end.
    pub duplicates_at_rest: usize,
    /// Orders that had several live deals at some instant.
    pub duplicates_ever: usize,
    /// Orders without a live deal.
    pub lost: usize,
    /// Deals whose amount, currency or sum of rows is not the order's.
    pub wrong_amount: usize,
    /// Deals that stand where no rule and no manager put them.
    pub stale_stage: usize,
    /// Titles and stages of the manager that are gone.
    pub edits_overwritten: usize,
    /// Deals that show another contact than the buyer, or none.
    pub wrong_contact: usize,
    /// Customers with several contacts.
    pub double_contacts: usize,
    /// Deals that belong to no order of the shop.
    pub strangers: usize,
    /// Each finding, by order.
    pub failures: Vec<Failure>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The order, or 0 where none is meant.
    pub order: u64,
    /// Its name, such as `#1042`.
    pub name: String,
    /// What is wrong.
    pub reason: Reason,
}

/// What is wrong with an order's deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No live deal.
    NoDeal,
    /// Several live deals.
    SeveralDeals(Vec<u64>),
    /// Several live deals at some instant, for so many milliseconds in all.
    SeveralAtAnInstant(u64),
    /// The deal's amount and the order's.
    Amount(String, String),
    /// The deal's currency and the order's.
    Currency(String, String),
    /// The sum of the rows and the amount.
    Rows(String, String),
    /// The deal's stage and what was allowed.
    Stage(String, String),
    /// The deal's title and the manager's.
    Title(String, String),
    /// The deal's stage and the manager's.
    ManagersStage(String, String),
    /// The contacts the deal shows, and the buyer's e-mail.
    Contact(Vec<u64>, String),
    /// Several live contacts of one customer.
    SeveralContacts(Vec<u64>),
    /// A deal that belongs to no order.
    Stranger(u64),
}

impl Verdict {
    /// Whether everything is right.
    pub fn holds(&self) -> bool {
        self.failures.is_empty()
    }

    fn note(&mut self, order: u64, name: &str, reason: Reason) {
        let counter = match &reason {
            Reason::NoDeal => &mut self.lost,
            Reason::SeveralDeals(_) => &mut self.duplicates_at_rest,
            Reason::SeveralAtAnInstant(_) => &mut self.duplicates_ever,
            Reason::Amount(..) | Reason::Currency(..) | Reason::Rows(..) => &mut self.wrong_amount,
            Reason::Stage(..) => &mut self.stale_stage,
            Reason::Title(..) | Reason::ManagersStage(..) => &mut self.edits_overwritten,
            Reason::Contact(..) => &mut self.wrong_contact,
            Reason::SeveralContacts(_) => &mut self.double_contacts,
            Reason::Stranger(_) => &mut self.strangers,
        };
        *counter += 1;
        self.failures.push(Failure {
            order,
            name: name.to_owned(),
            reason,
        });
    }
}

/// Compares both sides.
pub fn judge(truths: &Truths) -> Verdict {
    let mut verdict = Verdict::default();
    let live = live_deals(truths);
    let acknowledged = by_order(&truths.acknowledged);
    let emails: BTreeMap<u64, BTreeSet<String>> = living_contacts(truths)
        .map(|it| (it.id, emails(it)))
        .collect();
    for order in &truths.orders {
        let Some(deliveries) = acknowledged.get(&order.id) else {
            continue;
        };
        verdict.orders += 1;
        let none = Vec::new();
        let deals = live.get(&order.id).unwrap_or(&none);
        match deals.as_slice() {
            [] => verdict.note(order.id, &order.name, Reason::NoDeal),
            [deal] => {
                verdict.exact += 1;
                let expected = order::expected(order, deliveries);
                for reason in order::findings(order, expected, deal, &truths.edits, &emails) {
                    verdict.note(order.id, &order.name, reason);
                }
            }
            several => {
                let ids = several.iter().map(|it| it.id).collect();
                verdict.note(order.id, &order.name, Reason::SeveralDeals(ids));
            }
        }
    }
    let named = truths.orders.iter();
    let names: BTreeMap<u64, &String> = named.map(|it| (it.id, &it.name)).collect();
    for (order, millis) in duplicates::ever(truths) {
        let name = names.get(&order).map_or("", |it| it.as_str());
        verdict.note(order, name, Reason::SeveralAtAnInstant(millis));
    }
    for ids in double_contacts(truths) {
        verdict.note(0, "", Reason::SeveralContacts(ids));
    }
    for deal in truths.deals.iter().filter(|it| !it.deleted) {
        if key_of(deal, truths).is_none_or(|it| !names.contains_key(&it)) {
            verdict.note(0, "", Reason::Stranger(deal.id));
        }
    }
    verdict
}

/// The order a deal belongs to: by its origin pair, or by the order field alone.
fn key_of(deal: &Deal, truths: &Truths) -> Option<u64> {
    if deal.originator_id == truths.originator {
        return deal.origin_id.parse().ok();
    }
    let field = deal.uf.get(&truths.order_field)?;
    field
        .as_str()
        .map_or_else(|| field.as_u64(), |it| it.parse().ok())
}

/// Live = not deleted and not flagged (design §3.4).
fn is_live(deal: &Deal) -> bool {
    !deal.deleted && !deal.title.starts_with("[DUPLICATE of #")
}

fn live_deals(truths: &Truths) -> BTreeMap<u64, Vec<&Deal>> {
    let mut live: BTreeMap<u64, Vec<&Deal>> = BTreeMap::new();
    for deal in truths.deals.iter().filter(|it| is_live(it)) {
        if let Some(order) = key_of(deal, truths) {
            live.entry(order).or_default().push(deal);
        }
    }
    live
}

/// The acknowledged deliveries that carried a whole order.
fn by_order(acknowledged: &[Acknowledged]) -> BTreeMap<u64, Vec<&Acknowledged>> {
    let mut found: BTreeMap<u64, Vec<&Acknowledged>> = BTreeMap::new();
    for delivery in acknowledged.iter().filter(|it| it.updated_at.is_some()) {
        if let Some(order) = delivery.order_id {
            found.entry(order).or_default().push(delivery);
        }
    }
    found
}

fn living_contacts(truths: &Truths) -> impl Iterator<Item = &Contact> {
    let contacts = truths.contacts.iter();
    contacts.filter(|it| !it.deleted && it.entity == Entity::Contact)
}

fn emails(contact: &Contact) -> BTreeSet<String> {
    let values = contact.emails.iter();
    values.map(|it| it.value.trim().to_lowercase()).collect()
}

/// Sets of live contacts that share an origin pair or an e-mail.
fn double_contacts(truths: &Truths) -> BTreeSet<Vec<u64>> {
    let mut sharing: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for contact in living_contacts(truths) {
        let origin = format!("{} {}", contact.originator_id, contact.origin_id);
        let names = emails(contact)
            .into_iter()
            .chain((!contact.origin_id.is_empty()).then_some(origin));
        for name in names {
            sharing.entry(name).or_default().push(contact.id);
        }
    }
    let several = sharing.into_values().filter(|it| 1 < it.len());
    several.collect()
}
