//! A portal that fits on a page: deals and contacts as data, what lands late, what the list shows late.

use std::{collections::BTreeMap, time::Duration};

use kernel::{
    CompanyId, ContactId, DealId, Elapsed, PartyId, ProcessNo,
    deal::{FieldValue, Fields, FoundDeal, Glimpse, Row, Semantic, field},
    mapping::ORDER_FIELD_DEFAULT,
    party::{Details, PartyCommand, PartyGlimpse, PartyKind, PartyWish},
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

    /// The company it shows.
    pub(crate) fn company(&self) -> Option<CompanyId> {
        match self.fields.get(field::COMPANY) {
            Some(FieldValue::Number(id)) => u64::try_from(*id).ok().map(CompanyId),
            Some(
                FieldValue::Text(_)
                | FieldValue::Flag(_)
                | FieldValue::Ids(_)
                | FieldValue::Texts(_),
            )
            | None => None,
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
    pub(crate) company: Option<CompanyId>,
}

/// A company as the portal keeps it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Company {
    pub(crate) origin: String,
    pub(crate) title: String,
}

/// What a request does to the portal.
#[derive(Debug, Clone)]
pub(crate) enum Effect {
    Create(Fields),
    Fields(DealId, Fields),
    Rows(DealId, Vec<Row>),
    Comment(DealId, String),
    Party(PartyCommand),
}

/// The portal.
#[derive(Debug, Default)]
pub(crate) struct Portal {
    pub(crate) deals: BTreeMap<DealId, Deal>,
    pub(crate) contacts: BTreeMap<ContactId, Contact>,
    pub(crate) companies: BTreeMap<CompanyId, Company>,
    pub(crate) comments: Vec<DealId>,
    /// The catalogue: products by Shopify variant.
    pub(crate) products: BTreeMap<u64, u64>,
    /// A robot takes every contact out of each deal at once.
    pub(crate) drops_contacts: bool,
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

    /// Puts a company there.
    pub(crate) fn put_company(&mut self, company: Company) -> CompanyId {
        self.ids += 1;
        let id = CompanyId(self.ids);
        self.companies.insert(id, company);
        id
    }

    /// A person deletes a contact, or merges it into another one, which takes its deals over.
    pub(crate) fn remove_contact(&mut self, gone: ContactId, heir: Option<ContactId>) {
        self.contacts.remove(&gone);
        for deal in self.deals.values_mut().filter(|it| it.contacts() == [gone]) {
            let heirs = heir.iter().map(|it| it.0).collect();
            deal.fields
                .insert(field::CONTACTS.to_owned(), FieldValue::Ids(heirs));
        }
    }

    /// A person deletes a company.
    pub(crate) fn remove_company(&mut self, gone: CompanyId) {
        self.companies.remove(&gone);
        for deal in self.deals.values_mut() {
            if deal.company() == Some(gone) {
                deal.fields.remove(field::COMPANY);
            }
        }
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
                let fields = self.without_unknown(fields);
                let listed_from = now + self.list_lag;
                let deal = Deal {
                    fields,
                    listed_from,
                    ..Deal::default()
                };
                return Some(self.put(deal).0);
            }
            Effect::Fields(id, fields) => {
                let fields = self.without_unknown(fields);
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
            Effect::Party(PartyCommand::Create { wish, company, .. }) => {
                return Some(match wish {
                    PartyWish::Contact(wish) => {
                        let contact = Contact {
                            origin: wish.origin,
                            email: wish.email,
                            phone: wish.phone,
                            company,
                        };
                        self.put_contact(contact).0
                    }
                    PartyWish::Company(wish) => {
                        let company = Company {
                            origin: wish.origin(),
                            title: wish.title,
                        };
                        self.put_company(company).0
                    }
                });
            }
            Effect::Party(PartyCommand::Complete { id, details }) => match details {
                Details::Contact { email, phone } => {
                    if let Some(contact) = self.contacts.get_mut(&id.into()) {
                        contact.email = email.or(contact.email.take());
                        contact.phone = phone.or(contact.phone.take());
                    }
                }
                Details::Company { title } => {
                    if let (Some(company), Some(title)) =
                        (self.companies.get_mut(&id.into()), title)
                    {
                        company.title = title;
                    }
                }
            },
            Effect::Party(PartyCommand::Read { .. } | PartyCommand::LacksNothing { .. }) => {}
        }
        None
    }

    /// A portal drops ids that it does not know.
    fn without_unknown(&self, mut fields: Fields) -> Fields {
        if let Some(FieldValue::Ids(ids)) = fields.get_mut(field::CONTACTS) {
            let drops = self.drops_contacts;
            ids.retain(|it| !drops && self.contacts.contains_key(&ContactId(*it)));
        }
        if let Some(FieldValue::Number(id)) = fields.get(field::COMPANY)
            && !u64::try_from(*id).is_ok_and(|it| self.companies.contains_key(&CompanyId(it)))
        {
            fields.remove(field::COMPANY);
        }
        fields
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
            company: deal.company(),
            filled,
            rows: deal.rows.len(),
            created_by_us: !deal.by_person,
            untouched: !deal.by_person && !deal.touched,
            moved_by_us: !deal.by_person && !deal.touched,
            at,
            process,
        })
    }

    /// Parties by origin; and contacts by e-mail or, without one, by phone.
    pub(crate) fn find_parties(&self, wish: &PartyWish) -> (Vec<PartyId>, Vec<PartyId>) {
        let wish = match wish {
            PartyWish::Contact(wish) => wish,
            PartyWish::Company(wish) => {
                let ours = self
                    .companies
                    .iter()
                    .filter(|(_, it)| it.origin == wish.origin());
                return (ours.map(|(id, _)| (*id).into()).collect(), Vec::new());
            }
        };
        let ids = |matches: &dyn Fn(&Contact) -> bool| {
            self.contacts
                .iter()
                .filter(|(_, it)| matches(it))
                .map(|(id, _)| (*id).into())
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

    /// What a read of a party shows.
    pub(crate) fn read_party(
        &self,
        kind: PartyKind,
        id: PartyId,
        at: Elapsed,
        process: ProcessNo,
    ) -> Option<PartyGlimpse> {
        let mut glimpse = PartyGlimpse {
            has_email: false,
            has_phone: false,
            has_title: false,
            at,
            process,
        };
        match kind {
            PartyKind::Contact => {
                let contact = self.contacts.get(&id.into())?;
                glimpse.has_email = contact.email.is_some();
                glimpse.has_phone = contact.phone.is_some();
            }
            PartyKind::Company => {
                glimpse.has_title = !self.companies.get(&id.into())?.title.is_empty();
            }
        }
        Some(glimpse)
    }

    /// Whether a party exists.
    pub(crate) fn knows_party(&self, kind: PartyKind, id: PartyId) -> bool {
        match kind {
            PartyKind::Contact => self.contacts.contains_key(&id.into()),
            PartyKind::Company => self.companies.contains_key(&id.into()),
        }
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
