//! Nobody starves: each class gets its part of the requests, whatever else waits.

use super::*;

const CLASSES: [Class; 5] = [
    Class::Doubt,
    Class::Fresh,
    Class::Update,
    Class::Audit,
    Class::Backlog,
];

/// Of these classes more wait than can be served, each alone in a request; the classes of the next so many requests.
fn crowd(desk: &mut Desk, classes: &[Class], requests: usize) -> Vec<Class> {
    let mut served = Vec::new();
    while served.len() < requests {
        for class in classes {
            if desk.waiting.values().all(|it| it.class != *class) {
                let now = desk.now;
                desk.queue(|it| {
                    it.class = *class;
                    it.arrived_at = Some(now);
                    it.company_max = 1;
                });
            }
        }
        match desk.plan() {
            Plan::Depart(members) => {
                served.push(desk.waiting[&members[0]].class);
                desk.board(members);
            }
            // Every place is taken, or the bucket is full.
            Plan::Wait(None) => desk.first_arrives(Trip::Answered, 0.1),
            Plan::Wait(Some(at)) => desk.now = at,
            Plan::TurnAway(away) => panic!("{away:?}"),
        }
    }
    served
}

fn count(served: &[Class], class: Class) -> usize {
    served.iter().filter(|it| **it == class).count()
}

#[test]
fn beside_endless_urgent_work_each_class_is_served_after_so_many_requests() {
    for (class, after) in [
        (Class::Fresh, 5),
        (Class::Update, 5),
        (Class::Backlog, 10),
        (Class::Audit, 20),
    ] {
        let served = crowd(&mut Desk::new(), &[Class::Doubt, class], after + 1);
        let first = served.iter().position(|it| *it == class);
        assert_eq!(first, Some(after), "{class:?}");
    }
}

#[test]
fn with_all_classes_endless_each_has_its_part_and_the_most_urgent_the_rest() {
    let served = crowd(&mut Desk::new(), &CLASSES, 1_000);
    let parts = CLASSES.map(|it| count(&served, it) / 10);
    assert!(45 <= parts[0], "{parts:?}");
    for (class, floor) in CLASSES.into_iter().zip([10, 16, 16, 4, 9]) {
        assert!(floor <= count(&served, class) / 10, "{parts:?}");
    }
}

#[test]
fn floors_hold_while_every_place_is_taken_by_urgent_work() {
    let mut desk = Desk::new();
    // Two places for all: one of them is kept free for what is urgent.
    for _ in 0..4 {
        desk.pacer.arrived(Trip::Limited, true, desk.now);
    }
    desk.later(60_000);
    let served = crowd(&mut desk, &[Class::Fresh, Class::Backlog], 100);
    assert!(9 <= count(&served, Class::Backlog), "{served:?}");
}

#[test]
fn who_stood_back_for_long_does_not_shut_out_the_urgent_in_turn() {
    let mut desk = Desk::new();
    crowd(&mut desk, &[Class::Audit], 1);
    // Those that ride along are waiting whenever a request leaves.
    for _ in 0..300 {
        desk.queue_fresh(|_| {});
        desk.queue(|it| it.class = Class::Audit);
        desk.depart();
        desk.arrive();
        desk.later(1_000);
    }
    let served = crowd(&mut desk, &[Class::Fresh, Class::Audit], 12);
    assert!(count(&served, Class::Audit) <= 2, "{served:?}");
}

#[test]
fn whoever_is_owed_a_request_keeps_it_short_while_the_urgent_wait() {
    let mut desk = Desk::new();
    desk.measure(ADD, 1.0);
    for _ in 0..60 {
        desk.queue(|it| it.class = Class::Backlog);
    }
    let mut longest = 0;
    for _ in 0..12 {
        desk.queue_fresh(|it| it.company_max = 1);
        longest = longest.max(desk.depart().len());
        desk.measure(ADD, 1.0);
        while 0 < desk.requests() {
            desk.first_arrives(Trip::Answered, 1.0);
        }
        desk.later(1_000);
    }
    assert_eq!(longest, 5, "five seconds of work");
}
