//! Where commands wait for a place in a request to the portal.
//!
//! A turn asks for a place and is called when its request is about to leave; then it decides once more, writes its intent
//! down and hands over what is to be sent. A turn that has changed its mind, or is gone, gives its place up by dropping
//! the seat. So a request never waits for the portal's limits with a decision that time has overtaken.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use kernel::{
    Elapsed, OrderKey,
    pacer::Pacer,
    planner::{Passenger, Place, Plan, Planner, Station},
};
use tokio::sync::{Notify, oneshot};

use super::cargo::Loaded;

/// So few orders at work gain nothing from sharing requests.
const QUIET_AT_WORK: usize = 2;

/// Whoever waits is called aboard, or sent away until a point.
pub(super) enum Called {
    Aboard(Seat),
    Later(Elapsed),
}

/// A place in a request that is about to leave. Dropping it gives the place up.
pub(super) struct Seat {
    pub(super) cargo: oneshot::Sender<Loaded>,
    /// Orders that share the request, at most.
    pub(super) company: u32,
}

/// A request that is about to leave: who was called for it.
pub(super) struct Departure {
    pub(super) members: Vec<(Passenger, oneshot::Receiver<Loaded>)>,
    /// More were waiting than could be taken.
    pub(super) left_behind: bool,
}

/// What happens next at the desk.
pub(super) enum Next {
    Departs(Departure),
    /// Nothing before this point, or before somebody arrives.
    Waits(Option<Elapsed>),
}

/// The desk of one portal.
#[derive(Default)]
pub(super) struct Desk {
    inner: Mutex<Inner>,
    /// Rung when somebody arrives, leaves, or the portal's limits change.
    pub(super) bell: Notify,
}

#[derive(Default)]
struct Inner {
    last: u64,
    planner: Planner,
    waiting: BTreeMap<Place, Passenger>,
    calls: BTreeMap<Place, oneshot::Sender<Called>>,
    under_way: BTreeMap<Place, Passenger>,
    /// Orders without a deal that were called and have neither asked for the next place nor left; when their request came
    /// back, if it did.
    between: BTreeMap<OrderKey, Option<Elapsed>>,
    requests: usize,
    at_work: usize,
}

/// Somebody in the queue; dropping it leaves the queue.
pub(super) struct Waiting<'a> {
    desk: &'a Desk,
    place: Place,
    pub(super) called: oneshot::Receiver<Called>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut inner = self.desk.inner();
        inner.waiting.remove(&self.place);
        inner.calls.remove(&self.place);
    }
}

impl Desk {
    /// Takes a place in the queue.
    pub(super) fn queue(&self, passenger: impl FnOnce(Place) -> Passenger) -> Waiting<'_> {
        let (call, called) = oneshot::channel();
        let place = {
            let mut inner = self.inner();
            inner.last += 1;
            let place = Place(inner.last);
            let passenger = passenger(place);
            inner.between.remove(&passenger.order);
            inner.waiting.insert(place, passenger);
            inner.calls.insert(place, call);
            place
        };
        self.bell.notify_one();
        Waiting {
            desk: self,
            place,
            called,
        }
    }

    /// How many orders are being worked on.
    pub(super) fn set_at_work(&self, orders: usize) {
        self.inner().at_work = orders;
    }

    /// Whether nobody waits and hardly anybody is at work.
    pub(super) fn is_quiet(&self) -> bool {
        let inner = self.inner();
        inner.waiting.is_empty() && inner.at_work <= QUIET_AT_WORK
    }

    /// Requests under way, and how many wait for a place in one.
    pub(super) fn crowd(&self) -> (usize, usize) {
        let inner = self.inner();
        (inner.requests, inner.waiting.len())
    }

    /// Lets the next request leave, if one may.
    pub(super) fn next(&self, pacer: &mut Pacer, now: Elapsed) -> Next {
        let mut guard = self.inner();
        let inner = &mut *guard;
        let station = Station {
            pacer,
            under_way: &inner.under_way,
            requests: inner.requests,
            at_work: inner.at_work.saturating_sub(inner.under_way.len()),
            returning: inner.between.values().flatten().max().copied(),
            now,
        };
        match inner.planner.plan(&inner.waiting, &station) {
            Plan::Depart(places) => Next::Departs(inner.call(&places, pacer, now)),
            Plan::TurnAway(places) => {
                for (place, until) in places {
                    inner.waiting.remove(&place);
                    if let Some(call) = inner.calls.remove(&place) {
                        // Whoever is gone needs no answer.
                        let _ = call.send(Called::Later(until));
                    }
                }
                Next::Waits(Some(now))
            }
            Plan::Wait(until) => Next::Waits(until),
        }
    }

    /// A request came back, or never left.
    pub(super) fn came_back(&self, members: impl Iterator<Item = Place>, now: Elapsed) {
        let mut guard = self.inner();
        let inner = &mut *guard;
        inner.requests = inner.requests.saturating_sub(1);
        for place in members {
            let Some(passenger) = inner.under_way.remove(&place) else {
                continue;
            };
            if let Some(since) = inner.between.get_mut(&passenger.order) {
                *since = Some(now);
            }
        }
        drop(guard);
        self.bell.notify_one();
    }

    /// The order's turn is over: it asks for no other place.
    pub(super) fn is_done_with(&self, order: &OrderKey) {
        if self.inner().between.remove(order).is_some() {
            self.bell.notify_one();
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere leaves the queue usable: every place is removed by its owner.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn call(&mut self, places: &[Place], pacer: &mut Pacer, now: Elapsed) -> Departure {
        let company = u32::try_from(places.len()).unwrap_or(u32::MAX);
        pacer.leaves(now);
        self.requests += 1;
        let mut members = Vec::with_capacity(places.len());
        for place in places {
            let (Some(passenger), Some(call)) =
                (self.waiting.remove(place), self.calls.remove(place))
            else {
                continue;
            };
            let (cargo, loaded) = oneshot::channel();
            if call.send(Called::Aboard(Seat { cargo, company })).is_ok() {
                for method in &passenger.methods {
                    pacer.carries(method);
                }
                if passenger.class_at(now).lacks_deal() {
                    self.between.insert(passenger.order.clone(), None);
                }
                self.under_way.insert(*place, passenger.clone());
                members.push((passenger, loaded));
            }
        }
        Departure {
            members,
            left_behind: !self.waiting.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kernel::{
        ids::{OrderId, ShopDomain},
        planner::{Class, Kind},
    };

    use super::*;

    const NOW: Elapsed = Elapsed::from_millis(100_000);

    fn order(number: u64) -> OrderKey {
        OrderKey {
            shop: ShopDomain::parse("a.myshopify.com").expect("a shop"),
            order: OrderId(number),
        }
    }

    fn passenger(place: Place, number: u64, class: Class) -> Passenger {
        Passenger {
            place,
            order: order(number),
            contact_keys: Vec::new(),
            class,
            arrived_at: Some(NOW),
            kind: Kind::Write,
            methods: vec!["crm.item.add"],
            leads_to: None,
            company_max: 1,
            since: NOW,
        }
    }

    fn departs(desk: &Desk, pacer: &mut Pacer) -> Option<Vec<Place>> {
        match desk.next(pacer, NOW) {
            Next::Departs(it) => Some(it.members.iter().map(|(it, _)| it.place).collect()),
            Next::Waits(_) => None,
        }
    }

    /// A desk where one order of this class just got an answer.
    fn one_is_back(class: Class, pacer: &mut Pacer) -> Desk {
        let desk = Desk::default();
        // The desk calls whoever still listens.
        let waiting = desk.queue(|place| passenger(place, 1, class));
        let left = departs(&desk, pacer).expect("nobody else is there");
        assert_eq!(left, [waiting.place]);
        drop(waiting);
        desk.came_back(left.into_iter(), NOW);
        desk
    }

    #[test]
    fn an_order_that_just_got_an_answer_is_in_time_for_the_next_request() {
        let mut pacer = Pacer::new(2.0, 50.0, Elapsed::ZERO);
        let desk = one_is_back(Class::Fresh, &mut pacer);
        let _update = desk.queue(|place| passenger(place, 2, Class::Update));
        assert_eq!(departs(&desk, &mut pacer), None, "its turn is saved");
        let next = desk.queue(|place| passenger(place, 1, Class::Fresh));
        assert_eq!(departs(&desk, &mut pacer), Some(vec![next.place]));
    }

    #[test]
    fn nothing_waits_for_an_order_whose_turn_is_over_nor_for_one_that_has_its_deal() {
        let mut pacer = Pacer::new(2.0, 50.0, Elapsed::ZERO);
        let desk = one_is_back(Class::Doubt, &mut pacer);
        let update = desk.queue(|place| passenger(place, 2, Class::Update));
        assert_eq!(departs(&desk, &mut pacer), None);
        desk.is_done_with(&order(1));
        assert_eq!(departs(&desk, &mut pacer), Some(vec![update.place]));

        let desk = one_is_back(Class::Update, &mut pacer);
        let update = desk.queue(|place| passenger(place, 2, Class::Update));
        assert_eq!(departs(&desk, &mut pacer), Some(vec![update.place]));
    }

    #[test]
    fn nothing_waits_for_long() {
        let mut pacer = Pacer::new(2.0, 50.0, Elapsed::ZERO);
        let desk = one_is_back(Class::Fresh, &mut pacer);
        let _update = desk.queue(|place| passenger(place, 2, Class::Update));
        let Next::Waits(Some(until)) = desk.next(&mut pacer, NOW) else {
            panic!("it waits until a point");
        };
        let later = NOW + Duration::from_millis(100);
        assert_eq!(until, later);
        assert!(matches!(desk.next(&mut pacer, later), Next::Departs(_)));
    }
}
