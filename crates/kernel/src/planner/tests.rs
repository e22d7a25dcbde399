//! Rules and laws of the planner.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::{
    ids::{OrderId, OrderKey},
    pacer::{COMMANDS_MAX, CommandTime, Trip},
};

const ADD: &str = "crm.item.add";

/// A desk with a portal behind it that answers everything.
struct Desk {
    now: Elapsed,
    pacer: Pacer,
    planner: Planner,
    waiting: BTreeMap<Place, Passenger>,
    under_way: BTreeMap<Place, Passenger>,
    requests: usize,
    last: u64,
}

impl Desk {
    fn new() -> Self {
        let now = Elapsed::from_millis(100_000);
        let mut desk = Self {
            now: Elapsed::ZERO,
            pacer: Pacer::new(2.0, 50.0, Elapsed::ZERO),
            planner: Planner::default(),
            waiting: BTreeMap::new(),
            under_way: BTreeMap::new(),
            requests: 0,
            last: 0,
        };
        desk.now = now;
        desk
    }

    fn queue(&mut self, change: impl FnOnce(&mut Passenger)) -> Place {
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

    fn plan(&mut self) -> Plan {
        let station = Station {
            pacer: &self.pacer,
            under_way: &self.under_way,
            requests: self.requests,
            at_work: self.waiting.len(),
            now: self.now,
        };
        self.planner.plan(&self.waiting, &station)
    }

    /// Lets the next request leave; who is in it.
    fn depart(&mut self) -> Vec<Place> {
        let plan = self.plan();
        let Plan::Depart(members) = plan else {
            panic!("{plan:?}")
        };
        self.pacer.leaves(self.now);
        self.requests += 1;
        for place in &members {
            let passenger = self.waiting.remove(place).expect("it waited");
            for method in &passenger.methods {
                self.pacer.carries(method);
            }
            self.under_way.insert(*place, passenger);
        }
        members
    }

    /// Everything under way is answered; each command took so long.
    fn arrive(&mut self, seconds: f64) {
        for (_, passenger) in std::mem::take(&mut self.under_way) {
            for method in &passenger.methods {
                let time = CommandTime {
                    seconds,
                    operating: Some(0.0),
                    resets_in: None,
                };
                self.pacer.command_answered(method, Some(time), self.now);
            }
        }
        for _ in 0..std::mem::take(&mut self.requests) {
            self.pacer.arrived(Trip::Answered, true, self.now);
        }
    }

    fn later(&mut self, millis: u64) {
        self.now = self.now + Duration::from_millis(millis);
    }
}

fn key(shop: &str, order: u64) -> OrderKey {
    OrderKey {
        shop: ShopDomain::parse(&format!("{shop}.myshopify.com")).expect("a shop"),
        order: OrderId(order),
    }
}

fn fresh(passenger: &mut Passenger, at: Elapsed) {
    passenger.class = Class::Fresh;
    passenger.arrived_at = Some(at);
}

#[test]
fn the_most_urgent_leads_and_the_others_fill_up() {
    let mut desk = Desk::new();
    let update = desk.queue(|_| {});
    let doubt = desk.queue(|it| it.class = Class::Doubt);
    assert_eq!(desk.depart(), [doubt, update]);
}

#[test]
fn reads_and_writes_do_not_share() {
    let mut desk = Desk::new();
    let write = desk.queue(|_| {});
    let read = desk.queue(|it| {
        it.kind = Kind::Read;
        it.methods = vec!["crm.item.get", "crm.item.productrow.list"];
    });
    assert_eq!(desk.depart(), [write]);
    assert_eq!(desk.depart(), [read]);
}

#[test]
fn a_fresh_order_passes_those_that_were_not_served_in_time() {
    let mut desk = Desk::new();
    let arrived = desk.now;
    let mut crowd = Vec::new();
    for _ in 0..100 {
        crowd.push(desk.queue(|it| fresh(it, arrived)));
    }
    desk.later(20_000);
    let now = desk.now;
    let latest = desk.queue(|it| fresh(it, now));
    assert_eq!(desk.depart().first(), Some(&latest));
    desk.later(20_000);
    // A backlog by now, in which the oldest goes first.
    assert_eq!(
        desk.depart().first(),
        crowd.iter().find(|it| desk.under_way.contains_key(it))
    );
}

#[test]
fn a_request_holds_no_more_work_than_its_most_urgent_member_may_wait_for() {
    let mut desk = Desk::new();
    for _ in 0..60 {
        let time = CommandTime {
            seconds: 1.0,
            operating: Some(0.0),
            resets_in: None,
        };
        desk.pacer.carries(ADD);
        desk.pacer.command_answered(ADD, Some(time), desk.now);
        desk.queue(|_| {});
    }
    assert!((4..=6).contains(&desk.depart().len()), "5 s of work");
    desk.waiting.clear();
    desk.later(5_000);
    for _ in 0..60 {
        desk.queue(|it| it.class = Class::Backlog);
    }
    assert!((18..=22).contains(&desk.depart().len()), "20 s of work");
}

#[test]
fn who_spoils_requests_travels_in_small_company() {
    let mut desk = Desk::new();
    let alone = desk.queue(|it| it.company_max = 1);
    let pair = [desk.queue(|it| it.company_max = 2), desk.queue(|_| {})];
    let rest = desk.queue(|_| {});
    assert_eq!(desk.depart(), [alone]);
    assert_eq!(desk.depart(), pair);
    assert_eq!(desk.depart(), [rest]);
}

#[test]
fn an_order_or_contact_under_way_waits_for_itself() {
    let mut desk = Desk::new();
    let first = desk.queue(|it| it.contact_keys = vec!["c".to_owned()]);
    desk.queue(|it| it.contact_keys = vec!["c".to_owned()]);
    desk.queue(|it| it.order = key("a", 1));
    assert_eq!(desk.depart(), [first]);
    assert_eq!(desk.plan(), Plan::Wait(None));
    desk.arrive(0.1);
    assert_eq!(desk.depart().len(), 2);
}

#[test]
fn who_would_wait_long_is_turned_away_and_who_waits_shortly_is_not() {
    let mut desk = Desk::new();
    desk.pacer.method_blocked(ADD, desk.now);
    let place = desk.queue(|_| {});
    let until = desk.now + crate::pacer::METHOD_PAUSE;
    assert_eq!(desk.plan(), Plan::TurnAway(vec![(place, until)]));
    desk.later(59_000);
    assert_eq!(desk.plan(), Plan::Wait(Some(until)));
    desk.later(1_000);
    assert_eq!(desk.depart(), [place]);
}

#[test]
fn a_lookup_for_a_create_that_cannot_follow_does_not_leave() {
    let mut desk = Desk::new();
    desk.pacer.method_blocked(ADD, desk.now);
    desk.queue(|it| {
        it.kind = Kind::Look {
            contact: false,
            address: false,
        };
        it.methods = vec!["crm.item.list"];
        it.leads_to = Some(ADD);
    });
    assert!(matches!(desk.plan(), Plan::TurnAway(_)));
}

#[test]
fn hundreds_of_lookups_share_one_request() {
    let mut desk = Desk::new();
    for _ in 0..240 {
        desk.queue(|it| {
            it.kind = Kind::Look {
                contact: false,
                address: false,
            };
            it.methods = vec!["crm.item.list"];
            it.class = Class::Backlog;
        });
    }
    assert_eq!(desk.depart().len(), 240, "ten commands of fifty keys");
}

#[test]
fn shops_take_turns() {
    let mut desk = Desk::new();
    for order in 0..4 {
        desk.queue(|it| it.order = key("a", order));
    }
    for order in 0..2 {
        desk.queue(|it| it.order = key("b", order));
    }
    for place in 1..=6 {
        desk.waiting
            .get_mut(&Place(place))
            .expect("queued")
            .company_max = 1;
    }
    let shops: Vec<String> = (0..6)
        .map(|_| {
            let place = desk.depart()[0];
            let shop = desk.under_way[&place].order.shop.to_string();
            desk.arrive(0.1);
            shop[..1].to_owned()
        })
        .collect();
    assert_eq!(shops.concat(), "ababaa");
}

#[test]
fn no_class_starves_beside_endless_urgent_work() {
    let mut desk = Desk::new();
    for class in [Class::Audit, Class::Backlog] {
        desk.queue(|it| {
            it.class = class;
            it.company_max = 1;
        });
    }
    let mut requests = 0;
    while desk.waiting.values().any(|it| it.class != Class::Doubt) {
        desk.queue(|it| {
            it.class = Class::Doubt;
            it.company_max = 1;
        });
        desk.depart();
        desk.arrive(0.1);
        desk.later(1_000);
        requests += 1;
        assert!(requests < 40, "{:?}", desk.planner.credit);
    }
}

#[test]
fn requests_wait_for_company_only_while_they_are_scarce() {
    let mut desk = Desk::new();
    desk.queue(|_| {});
    let station = |desk: &Desk, at_work| {
        Station {
            pacer: &desk.pacer,
            under_way: &desk.under_way,
            requests: 0,
            at_work,
            now: desk.now,
        }
        .at_work
    };
    assert_eq!(station(&desk, 9), 9);
    assert!(
        matches!(desk.plan(), Plan::Depart(_)),
        "nobody else is at work"
    );
    for _ in 0..30 {
        desk.pacer.leaves(desk.now);
    }
    let pressed = Station {
        pacer: &desk.pacer,
        under_way: &desk.under_way,
        requests: 0,
        at_work: 9,
        now: desk.now,
    };
    let waits = desk.planner.plan(&desk.waiting, &pressed);
    assert_eq!(waits, Plan::Wait(Some(desk.now + LINGER)));
}

fn passenger() -> impl Strategy<Value = (u8, u8, u64, Option<u8>, usize, bool)> {
    (
        0_u8..5,
        0_u8..4,
        0_u64..20,
        prop::option::of(0_u8..4),
        1_usize..60,
        any::<bool>(),
    )
}

proptest! {
    /// For any arrivals: a request keeps every rule, and everybody leaves in the end.
    #[test]
    fn requests_keep_the_rules_and_nobody_is_forgotten(
        arrivals in prop::collection::vec((passenger(), 0_u64..400), 1..120),
        fates in prop::collection::vec(0_u8..10, 1..20),
    ) {
        let mut desk = Desk::new();
        let (mut arrivals, mut fates) = (arrivals.into_iter(), fates.into_iter().cycle());
        let (mut idle, mut left) = (0, 0);
        loop {
            let next = arrivals.next();
            if let Some(((class, kind, order, contact, company, recent), pause)) = next {
                desk.later(pause);
                let now = desk.now;
                desk.queue(|it| {
                    it.order = key(["a", "b"][order as usize % 2], order);
                    it.class = [Class::Doubt, Class::Fresh, Class::Update, Class::Audit, Class::Backlog][class as usize];
                    it.arrived_at = recent.then_some(now);
                    it.company_max = company;
                    it.contact_keys = contact.map(|it| it.to_string()).into_iter().collect();
                    (it.kind, it.methods) = match kind {
                        0 => (Kind::Look { contact: true, address: true }, vec!["crm.item.list", "crm.duplicate.findbycomm"]),
                        1 => (Kind::Read, vec!["crm.item.get", "crm.item.productrow.list"]),
                        2 => (Kind::Write, vec!["crm.item.update", "crm.item.productrow.set"]),
                        _ => (Kind::Write, vec![ADD]),
                    };
                });
            }
            match desk.plan() {
                Plan::Depart(_) => {
                    idle = 0;
                    let before = desk.under_way.clone();
                    // The same plan again is the same: it depends on nothing else.
                    let mut again = desk.planner.clone();
                    std::mem::swap(&mut again, &mut desk.planner);
                    let members = desk.depart();
                    check(&desk, &before, &members)?;
                    left += members.len();
                    match fates.next() {
                        Some(0) => {
                            for (_, it) in std::mem::take(&mut desk.under_way) {
                                for method in &it.methods {
                                    desk.pacer.command_answered(method, None, desk.now);
                                }
                            }
                            for _ in 0..std::mem::take(&mut desk.requests) {
                                desk.pacer.arrived(Trip::Unknown, true, desk.now);
                            }
                        }
                        Some(1) => desk.arrive(4.0),
                        Some(2..4) => {}
                        _ => desk.arrive(0.1),
                    }
                }
                Plan::Wait(until) => {
                    if next.is_none() && desk.waiting.is_empty() {
                        break;
                    }
                    desk.arrive(0.1);
                    desk.now = until.unwrap_or(desk.now).max(desk.now + Duration::from_millis(10));
                    idle += 1;
                    prop_assert!(idle < 200, "{:?}", desk.waiting);
                }
                Plan::TurnAway(away) => {
                    for (place, _) in away {
                        desk.waiting.remove(&place);
                    }
                }
            }
        }
        prop_assert!(0 < left);
    }
}

fn check(
    desk: &Desk,
    before: &BTreeMap<Place, Passenger>,
    members: &[Place],
) -> Result<(), TestCaseError> {
    prop_assert!(!members.is_empty());
    let of: Vec<&Passenger> = members.iter().map(|it| &desk.under_way[it]).collect();
    for (at, it) in of.iter().enumerate() {
        prop_assert!(members.len() <= it.company_max);
        let others = of[..at].iter().copied().chain(before.values());
        prop_assert!(!fill::clashes(it, others), "{it:?}");
    }
    let writes = of.iter().filter(|it| it.kind == Kind::Write).count();
    prop_assert!(writes == 0 || writes == of.len());
    let commands: usize = of
        .iter()
        .map(|it| match it.kind {
            Kind::Look { .. } => 1,
            Kind::Read | Kind::Write => it.methods.len(),
        })
        .sum();
    prop_assert!(of.len() == 1 || commands <= COMMANDS_MAX);
    Ok(())
}
