//! A desk with a portal behind it that answers every request.

use std::collections::VecDeque;

use super::*;
use crate::{
    ids::{OrderId, OrderKey},
    pacer::{CommandTime, Trip},
};

pub(super) const ADD: &str = "crm.item.add";
pub(super) const LIST: &str = "crm.item.list";
pub(super) const FIND: &str = "crm.duplicate.findbycomm";

/// What waits, what is under way, and the portal's limits.
pub(super) struct Desk {
    pub(super) now: Elapsed,
    pub(super) pacer: Pacer,
    pub(super) planner: Planner,
    pub(super) waiting: BTreeMap<Place, Passenger>,
    pub(super) under_way: BTreeMap<Place, Passenger>,
    /// Orders being worked on, those that wait among them.
    pub(super) at_work: usize,
    /// When somebody got an answer who has not asked for the next place.
    pub(super) returning: Option<Elapsed>,
    trips: VecDeque<Vec<Place>>,
    last: u64,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self {
            now: Elapsed::from_millis(100_000),
            pacer: Pacer::new(2.0, 50.0, Elapsed::ZERO),
            planner: Planner::default(),
            waiting: BTreeMap::new(),
            under_way: BTreeMap::new(),
            at_work: 0,
            returning: None,
            trips: VecDeque::new(),
            last: 0,
        }
    }

    /// An update of an order of its own joins the queue, changed as said.
    pub(super) fn queue(&mut self, change: impl FnOnce(&mut Passenger)) -> Place {
        self.last += 1;
        let place = Place(self.last);
        let mut passenger = Passenger {
            place,
            order: key("a", self.last),
            contact_keys: Vec::new(),
            class: Class::Update,
            arrived_at: None,
            kind: Kind::Write,
            methods: vec![ADD],
            leads_to: None,
            company_max: usize::MAX,
            since: self.now,
        };
        change(&mut passenger);
        self.waiting.insert(place, passenger);
        place
    }

    /// A fresh order that arrives at this moment.
    pub(super) fn queue_fresh(&mut self, change: impl FnOnce(&mut Passenger)) -> Place {
        let now = self.now;
        self.queue(|it| {
            it.class = Class::Fresh;
            it.arrived_at = Some(now);
            change(it);
        })
    }

    pub(super) fn plan(&mut self) -> Plan {
        let station = Station {
            pacer: &self.pacer,
            under_way: &self.under_way,
            requests: self.trips.len(),
            at_work: self.at_work.max(self.waiting.len()),
            returning: self.returning,
            now: self.now,
        };
        self.planner.plan(&self.waiting, &station)
    }

    /// Lets the next request leave; who is in it.
    #[track_caller]
    pub(super) fn depart(&mut self) -> Vec<Place> {
        match self.plan() {
            Plan::Depart(members) => self.board(members),
            plan @ (Plan::TurnAway(_) | Plan::Wait(_)) => panic!("{plan:?}"),
        }
    }

    /// A planned request leaves.
    pub(super) fn board(&mut self, members: Vec<Place>) -> Vec<Place> {
        self.pacer.leaves(self.now);
        for place in &members {
            let passenger = self.waiting.remove(place).expect("it waited");
            for method in &passenger.methods {
                self.pacer.carries(method);
            }
            self.under_way.insert(*place, passenger);
        }
        self.trips.push_back(members.clone());
        members
    }

    /// Requests under way.
    pub(super) fn requests(&self) -> usize {
        self.trips.len()
    }

    /// Everything under way is answered.
    pub(super) fn arrive(&mut self) {
        while 0 < self.requests() {
            self.first_arrives(Trip::Answered, 0.1);
        }
    }

    /// The request that left first comes back; each command took so long.
    pub(super) fn first_arrives(&mut self, trip: Trip, seconds: f64) {
        for place in self.trips.pop_front().unwrap_or_default() {
            let passenger = self.under_way.remove(&place).expect("it is under way");
            for method in &passenger.methods {
                let time = (trip == Trip::Answered).then_some(time(seconds));
                self.pacer.command_answered(method, time, self.now);
            }
        }
        self.pacer.arrived(trip, true, self.now);
    }

    /// A command of this method was seen to take so long.
    pub(super) fn measure(&mut self, method: &str, seconds: f64) {
        self.pacer.carries(method);
        self.pacer
            .command_answered(method, Some(time(seconds)), self.now);
    }

    pub(super) fn later(&mut self, millis: u64) {
        self.now = self.now + Duration::from_millis(millis);
    }
}

pub(super) fn key(shop: &str, order: u64) -> OrderKey {
    OrderKey {
        shop: ShopDomain::parse(&format!("{shop}.myshopify.com")).expect("a shop"),
        order: OrderId(order),
    }
}

/// Makes a passenger look its order up, and a contact too.
pub(super) fn looks(passenger: &mut Passenger, contact: bool, address: bool) {
    passenger.kind = Kind::Look {
        contact,
        address,
        company: false,
    };
    passenger.methods = vec![LIST];
    if contact {
        passenger.methods.push(FIND);
    }
}

fn time(seconds: f64) -> CommandTime {
    CommandTime {
        seconds,
        operating: Some(0.0),
        resets_in: None,
    }
}
