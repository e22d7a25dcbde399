//! Lookups of many orders in few commands.
//!
//! A command names up to fifty keys; every row of its answer is given to the orders whose number it shows anywhere, and
//! the kernel compares the keys byte for byte.

use std::collections::BTreeMap;

use bitrix24::{
    Answer, Call, Outcome as Wire, contacts,
    deals::{self, DealRow, Select},
};
use kernel::{
    ContactId, OrderKey,
    contact::ContactWish,
    mutants::{Mutant, planted},
    planner::KEYS_PER_LOOKUP,
};

use super::{
    calls,
    cargo::{LookAsk, NoAnswer},
    outcome,
};

/// The commands of one request's lookups, and whose answer is where.
#[derive(Default)]
pub(super) struct Looks {
    pub(super) calls: Vec<Call>,
    /// Deals: per command pair, its place and the members that it answers for.
    pub(super) pages: Vec<DealPage>,
    contact_pages: Vec<(usize, String, Vec<usize>)>,
    addresses: BTreeMap<usize, usize>,
}

/// The commands that look up the deals of up to fifty orders.
pub(super) struct DealPage {
    pub(super) by_origin: usize,
    pub(super) by_field: Option<usize>,
    pub(super) members: Vec<usize>,
}

impl Looks {
    /// Builds the commands for these members.
    pub(super) fn of(asks: &[LookAsk], select: &Select) -> Self {
        let mut looks = Self::default();
        let mut by_shop: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (member, ask) in asks.iter().enumerate() {
            let originator = ask.key.shop.originator();
            by_shop.entry(originator).or_default().push(member);
        }
        for (originator, members) in &by_shop {
            for page in members.chunks(KEYS_PER_LOOKUP) {
                looks.deals(originator, page, asks, select);
            }
        }
        for (originator, members) in &by_shop {
            let wanted: Vec<usize> = members
                .iter()
                .copied()
                .filter(|it| asks[*it].contact.is_some())
                .collect();
            for page in wanted.chunks(KEYS_PER_LOOKUP) {
                looks.contacts(originator, page, asks);
            }
        }
        looks
    }

    fn deals(&mut self, originator: &str, page: &[usize], asks: &[LookAsk], select: &Select) {
        let origins: Vec<String> = page.iter().map(|it| asks[*it].key.origin()).collect();
        let by_origin = self.push(deals::find_by_origin(originator, &origins, select));
        let by_field = (!planted(Mutant::SkipOrderField)).then(|| {
            let call = deals::find_by_user_field(&select.order_field, &origins, select);
            self.push(call)
        });
        self.pages.push(DealPage {
            by_origin,
            by_field,
            members: page.to_vec(),
        });
    }

    fn contacts(&mut self, originator: &str, page: &[usize], asks: &[LookAsk]) {
        let wishes = page.iter().filter_map(|it| asks[*it].contact.as_ref());
        let origins: Vec<String> = wishes.map(|it| it.origin.clone()).collect();
        let place = self.push(contacts::find_by_origin(originator, &origins));
        self.contact_pages
            .push((place, originator.to_owned(), page.to_vec()));
        for member in page {
            let call = asks[*member]
                .contact
                .as_ref()
                .and_then(calls::find_by_address);
            if let Some(call) = call {
                let place = self.push(call);
                self.addresses.insert(*member, place);
            }
        }
    }

    /// Adds a command and says where its answer will stand.
    pub(super) fn push(&mut self, call: Call) -> usize {
        self.calls.push(call);
        self.calls.len() - 1
    }

    /// The contacts of one member, by origin and by address; `None` where any of it came to nothing.
    pub(super) fn contacts_of(
        &self,
        member: usize,
        wish: &ContactWish,
        answers: &[Wire<Answer>],
    ) -> Option<(Vec<ContactId>, Vec<ContactId>)> {
        let (place, originator, _) = self
            .contact_pages
            .iter()
            .find(|(_, _, members)| members.contains(&member))?;
        let Wire::Done(by_origin) = answers.get(*place)? else {
            return None;
        };
        if by_origin.next.is_some() {
            return None;
        }
        let ours = |it: &&contacts::ContactRow| {
            it.originator_id.as_deref() == Some(originator)
                && it.origin_id.as_deref() == Some(wish.origin.as_str())
        };
        let by_origin = contacts::read_found(by_origin).ok()?;
        let by_origin = by_origin.iter().filter(ours).map(|it| ContactId(it.id));
        let by_address = match self.addresses.get(&member) {
            None => Vec::new(),
            Some(place) => match answers.get(*place)? {
                Wire::Done(answer) => contacts::read_matches(answer).ok()?,
                Wire::Refused(_) | Wire::Unknown(_) => return None,
            },
        };
        let by_address = by_address.into_iter().map(ContactId).collect();
        Some((by_origin.collect(), by_address))
    }
}

/// The rows that show an order's number in one of its two places.
pub(super) fn rows_of<'a>(
    rows: &'a [DealRow],
    key: &OrderKey,
) -> impl Iterator<Item = &'a DealRow> {
    let origin = key.origin();
    rows.iter().filter(move |it| {
        let shows = |text: &Option<String>| text.as_ref().is_some_and(|it| it.contains(&origin));
        shows(&it.origin_id) || shows(&it.order_field)
    })
}

/// The answer, or why there is none.
pub(super) fn usable(answer: &Wire<Answer>) -> Result<&Answer, NoAnswer> {
    match answer {
        Wire::Done(answer) => Ok(answer),
        Wire::Refused(refusal) => Err(NoAnswer {
            code: Some(refusal.code.clone()),
            portal_wide: refusal.class.is_portal_wide(),
        }),
        Wire::Unknown(_) => Err(NoAnswer {
            code: outcome::code(answer),
            portal_wide: false,
        }),
    }
}
