//! Lookups of many orders in few commands.
//!
//! A command names up to fifty keys; every row of its answer is given to the orders whose number it shows anywhere, and
//! the kernel compares the keys byte for byte.

use std::collections::BTreeMap;

use bitrix24::{
    Answer, Call, Outcome as Wire, companies, contacts,
    deals::{self, DealRow, Select},
};
use kernel::{
    OrderKey, PartyId,
    company::CompanyWish,
    contact::ContactWish,
    mutants::{Mutant, planted},
    planner::KEYS_PER_LOOKUP,
};

use super::{
    calls,
    cargo::{FoundParties, LookAsk, NoAnswer},
    outcome,
};

/// The commands of one request's lookups, and whose answer is where.
#[derive(Default)]
pub(super) struct Looks {
    pub(super) calls: Vec<Call>,
    /// Deals: per command pair, its place and the members that it answers for.
    pub(super) pages: Vec<DealPage>,
    contact_pages: Vec<PartyPage>,
    company_pages: Vec<PartyPage>,
    addresses: BTreeMap<usize, usize>,
}

/// The commands that look up the deals of up to fifty orders.
pub(super) struct DealPage {
    pub(super) by_origin: usize,
    pub(super) by_field: Option<usize>,
    pub(super) members: Vec<usize>,
}

/// The command that looks up the contacts, or the companies, of up to fifty orders of a shop.
struct PartyPage {
    by_origin: usize,
    originator: String,
    members: Vec<usize>,
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
            let wanted: Vec<usize> = members
                .iter()
                .copied()
                .filter(|it| asks[*it].company.is_some())
                .collect();
            for page in wanted.chunks(KEYS_PER_LOOKUP) {
                looks.companies(originator, page, asks);
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
        let by_origin = self.push(contacts::find_by_origin(originator, &origins));
        self.contact_pages.push(PartyPage {
            by_origin,
            originator: originator.to_owned(),
            members: page.to_vec(),
        });
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

    fn companies(&mut self, originator: &str, page: &[usize], asks: &[LookAsk]) {
        let wishes = page.iter().filter_map(|it| asks[*it].company.as_ref());
        let origins: Vec<String> = wishes.map(CompanyWish::origin).collect();
        let by_origin = self.push(companies::find_by_origin(originator, &origins));
        self.company_pages.push(PartyPage {
            by_origin,
            originator: originator.to_owned(),
            members: page.to_vec(),
        });
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
    ) -> Option<FoundParties> {
        let (page, answer) = whole(&self.contact_pages, member, answers)?;
        let ours = |it: &&contacts::ContactRow| {
            it.originator_id.as_deref() == Some(page.originator.as_str())
                && it.origin_id.as_deref() == Some(wish.origin.as_str())
        };
        let rows = contacts::read_found(answer).ok()?;
        let by_origin = rows.iter().filter(ours).map(|it| PartyId(it.id)).collect();
        let by_comm = match self.addresses.get(&member) {
            None => Vec::new(),
            Some(place) => match answers.get(*place)? {
                Wire::Done(answer) => contacts::read_matches(answer).ok()?,
                Wire::Refused(_) | Wire::Unknown(_) => return None,
            },
        };
        let by_comm = by_comm.into_iter().map(PartyId).collect();
        Some(FoundParties { by_origin, by_comm })
    }

    /// The companies of one member, by origin; `None` where it came to nothing.
    pub(super) fn companies_of(
        &self,
        member: usize,
        wish: &CompanyWish,
        answers: &[Wire<Answer>],
    ) -> Option<FoundParties> {
        let (page, answer) = whole(&self.company_pages, member, answers)?;
        let origin = wish.origin();
        let ours = |it: &&companies::CompanyRow| {
            it.originator_id.as_deref() == Some(page.originator.as_str())
                && it.origin_id.as_deref() == Some(origin.as_str())
        };
        let rows = companies::read_found(answer).ok()?;
        Some(FoundParties {
            by_origin: rows.iter().filter(ours).map(|it| PartyId(it.id)).collect(),
            by_comm: Vec::new(),
        })
    }
}

/// The page that answers for a member, where it was answered and has no more to come.
fn whole<'a>(
    pages: &'a [PartyPage],
    member: usize,
    answers: &'a [Wire<Answer>],
) -> Option<(&'a PartyPage, &'a Answer)> {
    let page = pages.iter().find(|it| it.members.contains(&member))?;
    match answers.get(page.by_origin)? {
        Wire::Done(answer) if answer.next.is_none() => Some((page, answer)),
        Wire::Done(_) | Wire::Refused(_) | Wire::Unknown(_) => None,
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

#[cfg(test)]
mod tests {
    use kernel::{OrderId, ShopDomain, order::Buyer};
    use serde_json::{Value, json};

    use super::*;

    fn ask(order: u64, customer: Option<u64>, company: Option<u64>) -> LookAsk {
        let buyer = Buyer {
            customer,
            ..Buyer::default()
        };
        LookAsk {
            key: OrderKey {
                shop: ShopDomain::sample(),
                order: OrderId(order),
            },
            contact: ContactWish::of(&buyer),
            company: company.map(|id| CompanyWish {
                id,
                title: "Muster".to_owned(),
            }),
            variants: Vec::new(),
        }
    }

    fn looks(asks: &[LookAsk]) -> Looks {
        let select = Select {
            order_field: "UF_CRM_ORDER".to_owned(),
            duplicate_field: None,
        };
        Looks::of(asks, &select)
    }

    fn done(result: Value, next: Option<u64>) -> Wire<Answer> {
        Wire::Done(Answer {
            next,
            ..Answer::from(result)
        })
    }

    #[test]
    fn only_orders_with_a_company_add_a_command_and_they_share_it() {
        let plain = looks(&[ask(1, Some(7), None), ask(2, Some(8), None)]);
        assert_eq!(plain.calls.len(), 3);
        let mixed = looks(&[
            ask(1, Some(7), Some(811)),
            ask(2, None, Some(812)),
            ask(3, None, None),
        ]);
        assert_eq!(mixed.calls.len(), 4);
        let last = &mixed.calls[3].params;
        assert_eq!(
            (&last["entityTypeId"], &last["filter"]["@originId"]),
            (&json!(4), &json!(["811", "812"]))
        );
    }

    #[test]
    fn each_order_gets_the_companies_that_carry_its_key_byte_for_byte() {
        let asks = [ask(1, None, Some(811)), ask(2, None, Some(812))];
        let looks = looks(&asks);
        let originator = ShopDomain::sample().originator();
        let row = |id: u64, originator: &str, origin: &str| json!({"id": id, "originatorId": originator, "originId": origin});
        let rows = json!({"items": [
            row(5, &originator, "811"),
            row(6, &originator, "811 "),
            row(7, &originator.to_uppercase(), "811"),
            row(8, &originator, "812"),
        ]});
        let mut answers = vec![done(json!({"items": []}), None); 2];
        answers.push(done(rows.clone(), None));
        let found = |member: usize, answers: &[Wire<Answer>]| {
            let wish = asks[member].company.as_ref().unwrap();
            looks
                .companies_of(member, wish, answers)
                .map(|it| it.by_origin)
        };
        assert_eq!(found(0, &answers), Some(vec![PartyId(5)]));
        assert_eq!(found(1, &answers), Some(vec![PartyId(8)]));
        answers[2] = done(rows, Some(50));
        assert_eq!(found(0, &answers), None, "a page is missing");
        answers[2] = super::super::lost();
        assert_eq!(found(0, &answers), None, "no answer is no word");
    }
}
