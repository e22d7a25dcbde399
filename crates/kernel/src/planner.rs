//! Which waiting commands travel together: many orders share one request, the urgent ones leave first, none starves.
//!
//! Pure: what waits, what the portal allows and the time are arguments. Invariants: one request carries an order and a
//! contact key at most once, and none that is under way already; it carries at most what the portal runs in the time
//! that its most urgent member may wait; an order that is suspected of spoiling requests travels in small company, in
//! the end alone (design §4.2, rules 12 to 14; §4.6).

mod fill;
mod passenger;

use std::{collections::BTreeMap, time::Duration};

use crate::{
    elapsed::Elapsed,
    ids::ShopDomain,
    pacer::{Later, Pacer},
};
pub use fill::KEYS_PER_LOOKUP;
use fill::{Load, Taken};
pub use passenger::{Class, FRESH_FOR, Kind, Passenger, Place};

/// Whoever would have to wait longer than this for a method or a paused portal does not wait here: the order takes its
/// place in the ledger's queue again, and others get theirs.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// While requests are scarce, a place is held back so long for more members.
const LINGER: Duration = Duration::from_millis(250);

/// How long a request waits for those who just got an answer and still lack their deal: they write it down before they ask
/// for their next place, and without this they would miss every request that leaves in the same moment.
const RETURN: Duration = Duration::from_millis(100);

/// In hundredths, so that a part that is due after ten requests is not due after eleven.
const ONE_REQUEST: u32 = 100;

/// What happens next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// These leave together.
    Depart(Vec<Place>),
    /// These cannot leave before a point that is too far away to wait for.
    TurnAway(Vec<(Place, Elapsed)>),
    /// Nothing leaves before this point, or before something changes.
    Wait(Option<Elapsed>),
}

/// What is known besides who waits.
#[derive(Debug, Clone, Copy)]
pub struct Station<'a> {
    /// The portal's limits.
    pub pacer: &'a Pacer,
    /// Who is under way.
    pub under_way: &'a BTreeMap<Place, Passenger>,
    /// Requests under way.
    pub requests: usize,
    /// Orders being worked on: those that do not wait here may do so in a moment.
    pub at_work: usize,
    /// When somebody last got an answer who lacks a deal and has neither asked for the next place nor left.
    pub returning: Option<Elapsed>,
    /// Now.
    pub now: Elapsed,
}

/// Remembers whose turn it is.
#[derive(Debug, Clone, Default)]
pub struct Planner {
    /// In hundredths of a request.
    credit: BTreeMap<Class, u32>,
    last_shop: Option<ShopDomain>,
}

impl Planner {
    /// Chooses who leaves next.
    pub fn plan(&mut self, waiting: &BTreeMap<Place, Passenger>, station: &Station<'_>) -> Plan {
        let taken = Taken::of(station.under_way.values());
        let mut away = Vec::new();
        let mut soonest: Option<Elapsed> = None;
        let mut ready: BTreeMap<Class, Vec<&Passenger>> = BTreeMap::new();
        for passenger in waiting.values() {
            match hold(passenger, station) {
                Some(at) if PATIENCE < at.since(station.now) => away.push((passenger.place, at)),
                Some(at) => soonest = Some(soonest.map_or(at, |it| it.min(at))),
                None if taken.clashes(passenger) => {}
                None => ready
                    .entry(passenger.class_at(station.now))
                    .or_default()
                    .push(passenger),
            }
        }
        if !away.is_empty() {
            return Plan::TurnAway(away);
        }
        if let Some(until) = held_back(&ready, station) {
            return Plan::Wait(earlier(soonest, until));
        }
        let Some(first) = self.first_class(&ready, station) else {
            return Plan::Wait(soonest);
        };
        let members = self.fill(first, &ready, station);
        self.settle(first, &ready);
        Plan::Depart(members)
    }

    /// The class whose turn it is: one that was passed over often enough, or the most urgent.
    fn first_class(
        &self,
        ready: &BTreeMap<Class, Vec<&Passenger>>,
        station: &Station<'_>,
    ) -> Option<Class> {
        let owed = |it: &&Class| self.credit.get(it).is_some_and(|it| ONE_REQUEST <= *it);
        let urgent_waits = ready.keys().any(|it| it.is_urgent());
        let may = |it: &&Class| {
            // One place is kept free for what is urgent; where urgent work takes it again and again, it is for all.
            it.is_urgent()
                || station.requests == 0
                || station.pacer.has_flight(station.requests + 1)
                || urgent_waits && owed(it)
        };
        let mut classes = ready.keys().filter(may);
        let first = classes.clone().find(owed).or_else(|| classes.next());
        first.copied()
    }

    fn fill(
        &mut self,
        first: Class,
        ready: &BTreeMap<Class, Vec<&Passenger>>,
        station: &Station<'_>,
    ) -> Vec<Place> {
        let after = ready.iter().filter(|(class, _)| **class != first);
        let own = ready.get_key_value(&first).into_iter();
        // The urgent ones that are left behind leave next: even a backlog that is owed a request keeps it short.
        let mut work_max = ready
            .keys()
            .map(|it| it.work_max())
            .min()
            .unwrap_or_default();
        // Whoever takes the last place may be in the way of an urgent one that comes in the next moment.
        if !station.pacer.has_flight(station.requests + 2) {
            work_max = work_max.min(Class::Fresh.work_max());
        }
        let mut load = Load::new(station.pacer, station.now, work_max);
        for (class, passengers) in own.chain(after) {
            for passenger in fill::in_turn(*class, passengers, self.last_shop.as_ref()) {
                load.try_add(passenger);
            }
        }
        self.last_shop = load.first_shop().cloned();
        load.members()
    }

    /// Whoever had to stand back gains a part of a request. All parts together are less than one, and whoever is owed a
    /// request gets it, so nobody gathers more than a few.
    fn settle(&mut self, served: Class, ready: &BTreeMap<Class, Vec<&Passenger>>) {
        for class in ready.keys().filter(|it| **it != served) {
            *self.credit.entry(*class).or_default() += class.floor();
        }
        let credit = self.credit.entry(served).or_default();
        *credit = credit.saturating_sub(ONE_REQUEST);
    }
}

/// Until when the portal does not run what the passenger needs; `None` if it may leave now.
fn hold(passenger: &Passenger, station: &Station<'_>) -> Option<Elapsed> {
    let (pacer, now) = (station.pacer, station.now);
    let urgent = passenger.class_at(now).is_urgent();
    let blocked = passenger
        .methods
        .iter()
        .chain(&passenger.leads_to)
        .filter_map(|it| pacer.allowance(it, urgent, now).err())
        .map(|Later { at }| at)
        .max();
    blocked.max(pacer.paused_until(now))
}

/// Until when nobody leaves: no request is free, or it pays to wait for company.
fn held_back(
    ready: &BTreeMap<Class, Vec<&Passenger>>,
    station: &Station<'_>,
) -> Option<Option<Elapsed>> {
    let count: usize = ready.values().map(Vec::len).sum();
    if count == 0 {
        return None;
    }
    if let Err(Later { at }) = station.pacer.open(station.now) {
        return Some(Some(at));
    }
    if !station.pacer.has_flight(station.requests) {
        return Some(None);
    }
    if let Some(until) = station.returning.map(|it| it + RETURN)
        && station.now < until
    {
        return Some(Some(until));
    }
    let oldest = ready.values().flatten().map(|it| it.since).min()?;
    let until = oldest + LINGER;
    let company_may_come = count < station.at_work && count < station.pacer.commands_max();
    let lingers = station.pacer.is_pressed(station.now) && company_may_come && station.now < until;
    lingers.then_some(Some(until))
}

fn earlier(one: Option<Elapsed>, other: Option<Elapsed>) -> Option<Elapsed> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests;
