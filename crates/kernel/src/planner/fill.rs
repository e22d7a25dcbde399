//! One request being filled.

use std::collections::{BTreeMap, VecDeque};

use super::passenger::{Class, Kind, Passenger, Place};
use crate::{
    elapsed::Elapsed,
    ids::ShopDomain,
    mutants::{Mutant, planted},
    pacer::{COMMANDS_MAX, Pacer},
};

/// Keys that one lookup command may name: as many as a page has rows (facts §1.5).
pub const KEYS_PER_LOOKUP: usize = 50;

/// Lookup commands that one order's deal needs: by origin pair and by order field.
const LOOKUPS_PER_KEY: usize = 2;

/// The members of one request so far.
pub(super) struct Load<'a> {
    pacer: &'a Pacer,
    now: Elapsed,
    members: Vec<&'a Passenger>,
}

impl<'a> Load<'a> {
    pub(super) fn new(pacer: &'a Pacer, now: Elapsed) -> Self {
        Self {
            pacer,
            now,
            members: Vec::new(),
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
        if self.fits(passenger) {
            self.members.push(passenger);
        }
    }

    fn fits(&self, passenger: &Passenger) -> bool {
        let Some(first) = self.members.first() else {
            return true;
        };
        let company_max = self.members.iter().map(|it| it.company_max).min();
        let company_max = company_max.unwrap_or(1).min(passenger.company_max);
        if company_max <= self.members.len() && !planted(Mutant::PoisonPackedAgain) {
            return false;
        }
        let same_side = (first.kind == Kind::Write) == (passenger.kind == Kind::Write);
        if !same_side || clashes(passenger, self.members.iter().copied()) {
            return false;
        }
        let urgent = passenger.class_at(self.now).is_urgent();
        let all = || self.members.iter().copied().chain([passenger]);
        let commands = commands(all());
        let total: usize = commands.values().sum();
        if self.pacer.commands_max().min(COMMANDS_MAX) < total {
            return false;
        }
        let work_max = all().map(|it| it.class_at(self.now).work_max()).min();
        let seconds: f64 = commands
            .iter()
            .map(|(method, count)| self.pacer.seconds(method) * *count as f64)
            .sum();
        if work_max.is_some_and(|it| it.as_secs_f64() < seconds) {
            return false;
        }
        commands.iter().all(|(method, count)| {
            self.pacer
                .allowance(method, urgent, self.now)
                .is_ok_and(|it| *count <= it)
        })
    }
}

/// Commands by method that these passengers make together.
fn commands<'a>(members: impl Iterator<Item = &'a Passenger>) -> BTreeMap<&'static str, usize> {
    let mut commands = BTreeMap::new();
    let (mut keys, mut contacts) = (BTreeMap::new(), BTreeMap::new());
    for member in members {
        match member.kind {
            Kind::Look { contact, address } => {
                *keys.entry(&member.order.shop).or_default() += 1_usize;
                *contacts.entry(&member.order.shop).or_default() += usize::from(contact);
                if address {
                    *commands.entry("crm.duplicate.findbycomm").or_default() += 1;
                }
            }
            Kind::Read | Kind::Write => {
                for method in &member.methods {
                    *commands.entry(*method).or_default() += 1;
                }
            }
        }
    }
    let pages = |counts: &BTreeMap<&ShopDomain, usize>| -> usize {
        counts.values().map(|it| it.div_ceil(KEYS_PER_LOOKUP)).sum()
    };
    let lists = pages(&keys) * LOOKUPS_PER_KEY + pages(&contacts);
    if 0 < lists {
        *commands.entry("crm.item.list").or_default() += lists;
    }
    commands
}

/// Whether the passenger shares its order or its contact with one of these.
pub(super) fn clashes<'a>(
    passenger: &Passenger,
    mut others: impl Iterator<Item = &'a Passenger>,
) -> bool {
    if planted(Mutant::KeyTwiceInFlight) {
        return false;
    }
    others.any(|it| {
        it.order == passenger.order
            || it.order.shop == passenger.order.shop
                && it
                    .contact_keys
                    .iter()
                    .any(|key| passenger.contact_keys.contains(key))
    })
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
    let split = |it: &&ShopDomain| last.is_some_and(|last| *it <= last);
    let mut shops: Vec<&ShopDomain> = queues.keys().copied().filter(|it| !split(it)).collect();
    shops.extend(queues.keys().copied().filter(split));
    let mut turns = Vec::with_capacity(passengers.len());
    while turns.len() < passengers.len() {
        for shop in &shops {
            turns.extend(queues.get_mut(shop).and_then(VecDeque::pop_front));
        }
    }
    turns
}
