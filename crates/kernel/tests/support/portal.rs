//! A portal that fits on a page: deals and contacts as data, what lands late, what the list shows late.

use std::{collections::BTreeMap, time::Duration};

use kernel::{
    ContactId, DealId, Elapsed, ProcessNo,
    contact::{ContactCommand, ContactGlimpse, ContactWish},
    deal::{FieldValue, Fields, FoundDeal, Glimpse, Row, Semantic, field},
    mapping::ORDER_FIELD_DEFAULT,
};

/// A deal as the portal keeps it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Deal {
    pub(crate) fields: Fields,
    pub(crate) rows: Vec<Row>,
    /// A person changed it after it was made.
    pub(crate) touched: bool,
    /// A person made it, perhaps as a copy.
    pub(crate) by_person: bool,
    /// Lists show it from here on; reads by id show it at once.
    pub(crate) listed_from: Elapsed,
}

impl Deal {
    /// The text of a field; empty counts as none.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.fields.get(name)? {
            FieldValue::Text(text) if !text.is_empty() => Some(text.clone()),
            FieldValue::Text(_)
            | FieldValue::Number(_)
            | FieldValue::Flag(_)
            | FieldValue::Ids(_)
            | FieldValue::Texts(_) => None,
        }
    }

    /// Its amount as text.
    pub(crate) fn amount(&self) -> String {
        match self.fields.get(field::AMOUNT) {
            Some(FieldValue::Number(amount)) => amount.to_string(),
            Some(
                FieldValue::Text(_)
                | FieldValue::Flag(_)
                | FieldValue::Ids(_)
                | FieldValue::Texts(_),
            )
            | None => String::new(),
        }
    }

    /// The contacts it shows.
    pub(crate) fn contacts(&self) -> Vec<ContactId> {
        match self.fields.get(field::CONTACTS) {
            Some(FieldValue::Ids(ids)) => ids.iter().map(|it| ContactId(*it)).collect(),
            Some(
                FieldValue::Text(_)
                | FieldValue::Number(_)
                | FieldValue::Flag(_)
                | FieldValue::Texts(_),
            )
            | None => Vec::new(),
        }
    }

    /// Writes a text.
    pub(crate) fn set(mut self, name: &str, text: &str) -> Self {
        self.fields
            .insert(name.to_owned(), FieldValue::Text(text.to_owned()));
        self
    }

    fn stage(&self) -> (u64, Semantic) {
        let stage = self.text(field::STAGE).unwrap_or_default();
        let (category, name) = stage.split_once(':').unwrap_or(("C0", &stage));
        let semantic = match name {
            "WON" => Semantic::Success,
            "LOSE" => Semantic::Failure,
            _ => Semantic::Process,
        };
        let category = category.trim_start_matches('C').parse().unwrap_or(0);
        (category, semantic)
    }
}

/// A contact as the portal keeps it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Contact {
    pub(crate) origin: String,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
}

/// What a request does to the portal.
#[derive(Debug, Clone)]
pub(crate) enum Effect {
    Create(Fields),
    Fields(DealId, Fields),
    Rows(DealId, Vec<Row>),
    Comment(DealId, String),
    Contact(ContactCommand),
}

/// The portal.
#[derive(Debug, Default)]
pub(crate) struct Portal {
    pub(crate) deals: BTreeMap<DealId, Deal>,
    pub(crate) contacts: BTreeMap<ContactId, Contact>,
    pub(crate) comments: Vec<DealId>,
    /// The catalogue: products by Shopify variant.
    pub(crate) products: BTreeMap<u64, u64>,
    /// How long until lists show a new deal.
    pub(crate) list_lag: Duration,
    on_the_way: Vec<(Elapsed, Effect)>,
    ids: u64,
}

impl Portal {
    /// Puts a deal there, as a person or another tool would.
    pub(crate) fn put(&mut self, deal: Deal) -> DealId {
        self.ids += 1;
        let id = DealId(self.ids);
        self.deals.insert(id, deal);
        id
    }

    /// Puts a contact there.
    pub(crate) fn put_contact(&mut self, contact: Contact) -> ContactId {
        self.ids += 1;
        let id = ContactId(self.ids);
        self.contacts.insert(id, contact);
        id
    }

    /// Lets a request land later.
    pub(crate) fn later(&mut self, at: Elapsed, effect: Effect) {
        self.on_the_way.push((at, effect));
    }

    /// Lets everything land that is due.
    pub(crate) fn land(&mut self, now: Elapsed) {
        let (due, rest) = std::mem::take(&mut self.on_the_way)
            .into_iter()
            .partition(|(at, _)| *at <= now);
        self.on_the_way = rest;
        let due: Vec<(Elapsed, Effect)> = due;
        for (at, effect) in due {
            self.execute(effect, at);
        }
    }

    /// Executes a request and says which record it made.
    pub(crate) fn execute(&mut self, effect: Effect, now: Elapsed) -> Option<u64> {
        match effect {
            Effect::Create(fields) => {
                let listed_from = now + self.list_lag;
                let deal = Deal {
                    fields,
                    listed_from,
                    ..Deal::default()
                };
                return Some(self.put(deal).0);
            }
            Effect::Fields(id, fields) => {
                if let Some(deal) = self.deals.get_mut(&id) {
                    deal.fields.extend(fields);
                }
            }
            Effect::Rows(id, rows) => {
                if let Some(deal) = self.deals.get_mut(&id) {
                    deal.rows = rows;
                }
            }
            Effect::Comment(id, text) => {
                assert!(!text.is_empty(), "a comment says something");
                self.comments.push(id);
            }
            Effect::Contact(ContactCommand::Create { wish, .. }) => {
                let contact = Contact {
                    origin: wish.origin,
                    email: wish.email,
                    phone: wish.phone,
                };
                return Some(self.put_contact(contact).0);
            }
            Effect::Contact(ContactCommand::Complete { id, email, phone }) => {
                if let Some(contact) = self.contacts.get_mut(&id) {
                    contact.email = email.or(contact.email.take());
                    contact.phone = phone.or(contact.phone.take());
                }
            }
            Effect::Contact(ContactCommand::Read { .. }) => {}
        }
        None
    }

    /// Every deal a list shows; the kernel compares the keys itself.
    pub(crate) fn list(&self, now: Elapsed) -> Vec<FoundDeal> {
        self.deals
            .iter()
            .filter(|(_, it)| it.listed_from <= now)
            .map(|(id, deal)| found(*id, deal))
            .collect()
    }

    /// What a read by id shows.
    pub(crate) fn read(&self, id: DealId, at: Elapsed, process: ProcessNo) -> Option<Glimpse> {
        let deal = self.deals.get(&id)?;
        let amount = match deal.fields.get(field::AMOUNT) {
            Some(FieldValue::Number(amount)) => Some(*amount),
            Some(
                FieldValue::Text(_)
                | FieldValue::Flag(_)
                | FieldValue::Ids(_)
                | FieldValue::Texts(_),
            )
            | None => None,
        };
        let filled = deal
            .fields
            .keys()
            .filter(|it| deal.text(it).is_some())
            .cloned()
            .collect();
        Some(Glimpse {
            deal: found(id, deal),
            category: deal.stage().0,
            stage: deal.text(field::STAGE).unwrap_or_default(),
            values: deal.fields.clone(),
            amount,
            contacts: deal.contacts(),
            filled,
            rows: deal.rows.len(),
            created_by_us: !deal.by_person,
            untouched: !deal.by_person && !deal.touched,
            moved_by_us: !deal.by_person && !deal.touched,
            at,
            process,
        })
    }

    /// Contacts by origin, and by e-mail or, without one, by phone.
    pub(crate) fn find_contacts(&self, wish: &ContactWish) -> (Vec<ContactId>, Vec<ContactId>) {
        let ids = |matches: &dyn Fn(&Contact) -> bool| {
            self.contacts
                .iter()
                .filter(|(_, it)| matches(it))
                .map(|(id, _)| *id)
                .collect()
        };
        let by_origin = ids(&|it| it.origin == wish.origin);
        let by_comm = if wish.email.is_some() {
            ids(&|it| it.email == wish.email)
        } else {
            ids(&|it| wish.phone.is_some() && it.phone == wish.phone)
        };
        (by_origin, by_comm)
    }

    /// What a read of a contact shows.
    pub(crate) fn read_contact(
        &self,
        id: ContactId,
        at: Elapsed,
        process: ProcessNo,
    ) -> Option<ContactGlimpse> {
        let contact = self.contacts.get(&id)?;
        Some(ContactGlimpse {
            has_email: contact.email.is_some(),
            has_phone: contact.phone.is_some(),
            at,
            process,
        })
    }

    /// Deals that carry the order's pair or field and no flag.
    pub(crate) fn live(&self) -> Vec<DealId> {
        self.deals
            .iter()
            .filter(|(id, it)| !found(**id, it).flagged())
            .map(|(id, _)| *id)
            .collect()
    }
}

fn found(id: DealId, deal: &Deal) -> FoundDeal {
    FoundDeal {
        id,
        title: deal.text(field::TITLE).unwrap_or_default(),
        originator: deal.text(field::ORIGINATOR),
        origin: deal.text(field::ORIGIN),
        order_field: deal.text(ORDER_FIELD_DEFAULT),
        additional_info: deal.text(field::ADDITIONAL_INFO),
        duplicate_of: None,
        semantic: deal.stage().1,
    }
}
