//! One request being filled.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use super::passenger::{Class, Kind, Passenger, Place};
use crate::{
    elapsed::Elapsed,
    ids::{OrderKey, ShopDomain},
    mutants::{Mutant, planted},
    pacer::{COMMANDS_MAX, Pacer},
};

/// Keys that one lookup command may name: as many as a page has rows (facts §1.5).
pub const KEYS_PER_LOOKUP: usize = 50;

/// Lookup commands that one order's deal needs: by origin pair and by order field.
const LOOKUPS_PER_KEY: usize = 2;

/// The members of one request so far, and what they make of it together. Kept up to date with each member, so that
/// filling costs as much as there are passengers, not that many times as much.
pub(super) struct Load<'a> {
    pacer: &'a Pacer,
    now: Elapsed,
    work_max: Duration,
    members: Vec<&'a Passenger>,
    company_max: usize,
    taken: Taken<'a>,
    looks: BTreeMap<&'a ShopDomain, Looks>,
    commands: BTreeMap<&'static str, usize>,
    total: usize,
    seconds: f64,
}

/// Keys of one shop that are looked up.
#[derive(Clone, Copy, Default)]
struct Looks {
    deals: usize,
    contacts: usize,
    companies: usize,
}

impl<'a> Load<'a> {
    pub(super) fn new(pacer: &'a Pacer, now: Elapsed, work_max: Duration) -> Self {
        Self {
            pacer,
            now,
            work_max,
            members: Vec::new(),
            company_max: usize::MAX,
            taken: Taken::default(),
            looks: BTreeMap::new(),
            commands: BTreeMap::new(),
            total: 0,
            seconds: 0.0,
        }
    }

    /// The shop that was first.
    pub(super) fn first_shop(&self) -> Option<&ShopDomain> {
        self.members.first().map(|it| &it.order.shop)
    }

    pub(super) fn members(&self) -> Vec<Place> {
        self.members.iter().map(|it| it.place).collect()
    }

    /// Takes one more, if it fits.
    pub(super) fn try_add(&mut self, passenger: &'a Passenger) {
        // Whoever is first leaves, however much it is.
        let suits = self
            .members
            .first()
            .is_none_or(|it| self.suits(it, passenger));
        if !suits {
            return;
        }
        let more = self.more(passenger);
        if self.members.is_empty() || self.has_room(passenger, &more) {
            self.add(passenger, &more);
        }
    }

    /// Whether it may share a request with the members at all.
    fn suits(&self, first: &Passenger, passenger: &Passenger) -> bool {
        let company_max = self.company_max.min(passenger.company_max);
        if company_max <= self.members.len() && !planted(Mutant::PoisonPackedAgain) {
            return false;
        }
        let same_side = (first.kind == Kind::Write) == (passenger.kind == Kind::Write);
        same_side && !self.taken.clashes(passenger)
    }

    /// Commands by method that the request has more with this passenger.
    fn more(&self, passenger: &Passenger) -> BTreeMap<&'static str, usize> {
        let mut more = BTreeMap::new();
        match passenger.kind {
            Kind::Look {
                contact,
                address,
                company,
            } => {
                let shop = &passenger.order.shop;
                let looks = self.looks.get(shop).copied().unwrap_or_default();
                let opens_page = |keys: usize| usize::from(keys.is_multiple_of(KEYS_PER_LOOKUP));
                let mut lists = LOOKUPS_PER_KEY * opens_page(looks.deals);
                if contact {
                    lists += opens_page(looks.contacts);
                }
                if company {
                    lists += opens_page(looks.companies);
                }
                if 0 < lists {
                    more.insert("crm.item.list", lists);
                }
                if address {
                    more.insert("crm.duplicate.findbycomm", 1);
                }
            }
            Kind::Read | Kind::Write => {
                for method in &passenger.methods {
                    *more.entry(*method).or_default() += 1;
                }
            }
        }
        more
    }

    /// Whether the portal runs that much in one request, and in time.
    fn has_room(&self, passenger: &Passenger, more: &BTreeMap<&'static str, usize>) -> bool {
        let total = self.total + more.values().sum::<usize>();
        if self.pacer.commands_max().min(COMMANDS_MAX) < total {
            return false;
        }
        if self.work_max.as_secs_f64() < self.seconds + self.seconds_of(more) {
            return false;
        }
        let urgent = passenger.class_at(self.now).is_urgent();
        more.iter().all(|(method, count)| {
            let count = count + self.commands.get(method).copied().unwrap_or_default();
            self.pacer
                .allowance(method, urgent, self.now)
                .is_ok_and(|it| count <= it)
        })
    }

    fn add(&mut self, passenger: &'a Passenger, more: &BTreeMap<&'static str, usize>) {
        self.members.push(passenger);
        self.company_max = self.company_max.min(passenger.company_max);
        self.taken.take(passenger);
        if let Kind::Look {
            contact, company, ..
        } = passenger.kind
        {
            let looks = self.looks.entry(&passenger.order.shop).or_default();
            looks.deals += 1;
            looks.contacts += usize::from(contact);
            looks.companies += usize::from(company);
        }
        self.seconds += self.seconds_of(more);
        for (method, count) in more {
            *self.commands.entry(*method).or_default() += count;
            self.total += count;
        }
    }

    fn seconds_of(&self, commands: &BTreeMap<&'static str, usize>) -> f64 {
        let seconds = commands
            .iter()
            .map(|(method, count)| self.pacer.seconds(method) * *count as f64);
        seconds.sum()
    }
}

/// Orders, contacts and companies that somebody has taken.
#[derive(Default)]
pub(super) struct Taken<'a> {
    orders: BTreeSet<&'a OrderKey>,
    contacts: BTreeSet<(&'a ShopDomain, &'a str)>,
}

impl<'a> Taken<'a> {
    pub(super) fn of(passengers: impl Iterator<Item = &'a Passenger>) -> Self {
        let mut taken = Self::default();
        for passenger in passengers {
            taken.take(passenger);
        }
        taken
    }

    /// Whether the passenger's order or one of its contacts is taken.
    pub(super) fn clashes(&self, passenger: &Passenger) -> bool {
        if planted(Mutant::KeyTwiceInFlight) {
            return false;
        }
        self.orders.contains(&passenger.order)
            || contacts_of(passenger).any(|it| self.contacts.contains(&it))
    }

    fn take(&mut self, passenger: &'a Passenger) {
        self.orders.insert(&passenger.order);
        self.contacts.extend(contacts_of(passenger));
    }
}

/// A contact belongs to a shop: the same key in two shops is two contacts.
fn contacts_of(passenger: &Passenger) -> impl Iterator<Item = (&ShopDomain, &str)> {
    let shop = &passenger.order.shop;
    passenger
        .contact_keys
        .iter()
        .map(move |it| (shop, it.as_str()))
}

/// One of each shop in turn, beginning after the shop that was first the last time: the oldest, but of fresh orders the
/// latest. Those that were passed over so long become a backlog, in which the oldest goes first.
pub(super) fn in_turn<'a>(
    class: Class,
    passengers: &[&'a Passenger],
    last: Option<&ShopDomain>,
) -> Vec<&'a Passenger> {
    let mut queues: BTreeMap<&ShopDomain, VecDeque<&Passenger>> = BTreeMap::new();
    for passenger in passengers {
        queues
            .entry(&passenger.order.shop)
            .or_default()
            .push_back(passenger);
    }
    if class == Class::Fresh {
        for queue in queues.values_mut() {
            queue
                .make_contiguous()
                .sort_by_key(|it| std::cmp::Reverse((it.arrived_at, it.place)));
        }
    }
    let (mut turn, later): (Vec<_>, Vec<_>) = queues
        .into_iter()
        .partition(|(shop, _)| last.is_none_or(|last| last < *shop));
    turn.extend(later);
    let mut turns = Vec::with_capacity(passengers.len());
    while !turn.is_empty() {
        turn.retain_mut(|(_, queue)| {
            turns.extend(queue.pop_front());
            !queue.is_empty()
        });
    }
    turns
}
