//! What holds for any arrivals, and whatever becomes of the requests.

use proptest::prelude::*;

use super::*;
use crate::{ids::OrderKey, pacer::COMMANDS_MAX};
use desk::FIND;

/// Plans in a row that let nobody leave, after which somebody counts as forgotten.
const IDLE_MAX: usize = 200;

/// Requests after which a passenger has left at the latest, while urgent work never ends: so many …
const PATIENT_FOR: usize = 150;

/// … and so many for each that was there before it: the smallest floor is one in twenty.
const PER_RIVAL: usize = 30;

/// Somebody who arrives.
#[derive(Debug, Clone)]
struct Arrival {
    class: Class,
    kind: u8,
    order: OrderKey,
    contact: Option<u8>,
    company_max: usize,
    is_new: bool,
}

impl Arrival {
    fn queue(&self, desk: &mut Desk) -> Place {
        let now = desk.now;
        desk.queue(|it| {
            it.order = self.order.clone();
            it.class = self.class;
            it.arrived_at = self.is_new.then_some(now);
            it.company_max = self.company_max;
            it.contact_keys = self.contact.iter().map(u8::to_string).collect();
            match self.kind {
                0 => looks(it, false, false),
                1 => looks(it, true, false),
                2 => looks(it, true, true),
                3 => {
                    it.kind = Kind::Read;
                    it.methods = vec!["crm.item.get", "crm.item.productrow.list"];
                }
                4 => it.methods = vec!["crm.item.update", "crm.item.productrow.set"],
                _ => {}
            }
            if let Kind::Look { company, .. } = &mut it.kind {
                *company = self.contact.is_some_and(|it| it.is_multiple_of(2));
            }
            if self.kind < 3 && self.class == Class::Fresh {
                it.leads_to = Some(ADD);
            }
        })
    }
}

fn class() -> impl Strategy<Value = Class> {
    prop::sample::select(vec![
        Class::Doubt,
        Class::Fresh,
        Class::Update,
        Class::Audit,
        Class::Backlog,
    ])
}

fn arrival() -> impl Strategy<Value = Arrival> {
    let order = (prop::sample::select(vec!["a", "b", "c"]), 0_u64..40);
    let contact = prop::option::of(0_u8..6);
    let company_max = prop_oneof![1_usize..4, 1_usize..60, Just(usize::MAX)];
    (class(), 0_u8..6, order, contact, company_max, any::<bool>()).prop_map(
        |(class, kind, (shop, order), contact, company_max, is_new)| Arrival {
            class,
            kind,
            order: key(shop, order),
            contact,
            company_max,
            is_new,
        },
    )
}

/// What becomes of the request that left first.
#[derive(Debug, Clone, Copy)]
enum Fate {
    StaysUnderWay,
    Answered,
    AnsweredSlowly,
    Lost,
    Limited,
    /// Answered, and the portal blocks a method.
    Blocked,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        3 => Just(Fate::StaysUnderWay),
        8 => Just(Fate::Answered),
        1 => Just(Fate::AnsweredSlowly),
        1 => Just(Fate::Lost),
        1 => Just(Fate::Limited),
        1 => Just(Fate::Blocked),
    ]
}

fn meet(desk: &mut Desk, fate: Fate) {
    match fate {
        Fate::StaysUnderWay => {}
        Fate::Answered => desk.first_arrives(Trip::Answered, 0.1),
        Fate::AnsweredSlowly => desk.first_arrives(Trip::Answered, 4.0),
        Fate::Lost => desk.first_arrives(Trip::Unknown, 0.0),
        Fate::Limited => desk.first_arrives(Trip::Limited, 0.0),
        Fate::Blocked => {
            desk.first_arrives(Trip::Answered, 0.1);
            desk.pacer.method_blocked(ADD, desk.now);
        }
    }
}

proptest! {
    /// Whoever is turned away comes again when told to, and everybody has left in the end.
    #[test]
    fn requests_keep_the_rules_and_nobody_is_forgotten(
        arrivals in prop::collection::vec((arrival(), 0_u64..400), 1..150),
        fates in prop::collection::vec(fate(), 1..30),
    ) {
        let mut desk = Desk::new();
        let expected = arrivals.len();
        let mut arrivals = arrivals.into_iter();
        let mut away: Vec<(Passenger, Elapsed)> = Vec::new();
        let mut fates = fates.into_iter().cycle();
        let (mut idle, mut left) = (0, 0);
        while left < expected {
            if let Some((arrival, pause)) = arrivals.next() {
                desk.later(pause);
                arrival.queue(&mut desk);
            }
            let now = desk.now;
            for (passenger, _) in away.extract_if(.., |(_, at)| *at <= now) {
                desk.queue(|it| *it = Passenger { place: it.place, since: it.since, ..passenger });
            }
            idle += 1;
            prop_assert!(idle < IDLE_MAX, "{:?}", desk.waiting);
            let mut twin = desk.planner.clone();
            let plan = desk.plan();
            std::mem::swap(&mut twin, &mut desk.planner);
            prop_assert_eq!(&plan, &desk.plan(), "a plan depends on nothing else");
            match plan {
                Plan::Depart(members) => {
                    check(&desk, &members)?;
                    idle = 0;
                    left += desk.board(members).len();
                    if let Some(fate) = fates.next() {
                        meet(&mut desk, fate);
                    }
                }
                Plan::Wait(until) => {
                    meet(&mut desk, Fate::Answered);
                    let soon = desk.now + Duration::from_millis(10);
                    let back = away.iter().map(|(_, at)| *at).min().filter(|_| desk.waiting.is_empty());
                    desk.now = until.max(back).unwrap_or(soon).max(soon);
                }
                Plan::TurnAway(places) => {
                    prop_assert!(!places.is_empty());
                    for (place, at) in places {
                        prop_assert!(PATIENCE < at.since(desk.now), "short waits are waited for");
                        away.push((desk.waiting.remove(&place).expect("it waited"), at));
                    }
                }
            }
        }
    }

    /// Requests in which nobody may join fill every place, and one of them arrives for each that leaves.
    #[test]
    fn beside_endless_urgent_work_everybody_leaves_after_so_many_requests(
        crowd in prop::collection::vec(arrival(), 1..12),
        urgent in prop::collection::vec(0_usize..3, 1..20),
        at_once in 0_usize..4,
    ) {
        let mut desk = Desk::new();
        for _ in 0..at_once {
            desk.pacer.arrived(Trip::Limited, true, Elapsed::ZERO);
        }
        let mut crowd: Vec<Place> = crowd
            .into_iter()
            .zip(1_000..)
            .map(|(it, order)| Arrival { order: key("b", order), contact: None, ..it }.queue(&mut desk))
            .collect();
        let most = PATIENT_FOR + PER_RIVAL * crowd.len();
        let mut urgent = urgent.into_iter().cycle();
        let mut requests = 0;
        while !crowd.is_empty() {
            match desk.plan() {
                Plan::Depart(members) => {
                    crowd.retain(|it| !members.contains(it));
                    desk.board(members);
                    requests += 1;
                    prop_assert!(requests <= most, "{:?}", crowd.iter().map(|it| &desk.waiting[it]).collect::<Vec<_>>());
                }
                Plan::Wait(Some(at)) => desk.now = at,
                Plan::Wait(None) => desk.first_arrives(Trip::Answered, 0.1),
                Plan::TurnAway(away) => prop_assert!(false, "{away:?}"),
            }
            let class = [Class::Doubt, Class::Fresh, Class::Update][urgent.next().unwrap_or_default()];
            let now = desk.now;
            desk.queue(|it| {
                it.class = class;
                it.arrived_at = Some(now);
                it.company_max = 1;
            });
        }
    }
}

/// A request that is about to leave keeps every rule.
fn check(desk: &Desk, members: &[Place]) -> Result<(), TestCaseError> {
    let of: Vec<&Passenger> = members.iter().map(|it| &desk.waiting[it]).collect();
    prop_assert!(!of.is_empty());
    prop_assert!(desk.pacer.has_flight(desk.requests()));
    prop_assert!(desk.pacer.open(desk.now).is_ok());
    for (at, it) in of.iter().enumerate() {
        prop_assert!(of.len() <= it.company_max);
        for other in of[..at].iter().copied().chain(desk.under_way.values()) {
            prop_assert_ne!(&it.order, &other.order);
            let shares = it
                .contact_keys
                .iter()
                .any(|key| other.contact_keys.contains(key));
            prop_assert!(it.order.shop != other.order.shop || !shares, "{:?}", it);
        }
        let urgent = it.class_at(desk.now).is_urgent();
        for method in it.methods.iter().chain(&it.leads_to) {
            prop_assert!(desk.pacer.allowance(method, urgent, desk.now).is_ok());
        }
    }
    let writes = of.iter().filter(|it| it.kind == Kind::Write).count();
    prop_assert!(writes == 0 || writes == of.len());
    let most_urgent = of.iter().map(|it| it.class_at(desk.now)).min();
    let takes_last = !desk.pacer.has_flight(desk.requests() + 1) && 0 < desk.requests();
    let urgent_waits = desk
        .waiting
        .values()
        .any(|it| it.class_at(desk.now).is_urgent());
    prop_assert!(!takes_last || urgent_waits, "one place is kept for them");
    if 1 < of.len() {
        let commands = commands(&of);
        prop_assert!(
            commands.values().sum::<usize>() <= desk.pacer.commands_max().min(COMMANDS_MAX)
        );
        let seconds = commands
            .iter()
            .map(|(method, count)| *count as f64 * desk.pacer.seconds(method));
        let work_max = most_urgent.map(Class::work_max).unwrap_or_default();
        prop_assert!(seconds.sum::<f64>() <= work_max.as_secs_f64() + 0.001);
        for (method, count) in commands {
            let allowed = desk.pacer.allowance(method, true, desk.now);
            prop_assert!(allowed.is_ok_and(|it| count <= it), "{}", method);
        }
    }
    Ok(())
}

/// The commands of these members, counted anew.
fn commands(members: &[&Passenger]) -> BTreeMap<&'static str, usize> {
    let mut commands: BTreeMap<&'static str, usize> = BTreeMap::new();
    let shops: std::collections::BTreeSet<_> = members.iter().map(|it| &it.order.shop).collect();
    for shop in shops {
        let (mut deals, mut contacts, mut companies) = (0_usize, 0_usize, 0_usize);
        let mut addresses = 0;
        for it in members.iter().filter(|it| it.order.shop == *shop) {
            if let Kind::Look {
                contact,
                address,
                company,
            } = it.kind
            {
                deals += 1;
                contacts += usize::from(contact);
                companies += usize::from(company);
                addresses += usize::from(address);
            } else {
                for method in &it.methods {
                    *commands.entry(method).or_default() += 1;
                }
            }
        }
        *commands.entry(LIST).or_default() +=
            2 * deals.div_ceil(50) + contacts.div_ceil(50) + companies.div_ceil(50);
        *commands.entry(FIND).or_default() += addresses;
    }
    commands.retain(|_, it| 0 < *it);
    commands
}
