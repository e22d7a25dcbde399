//! Rules of the planner.

mod desk;
mod floors;
mod laws;

use std::time::Duration;

use super::*;
use crate::pacer::Trip;
use desk::{ADD, Desk, LIST, key, looks};

#[test]
fn the_most_urgent_leads_and_the_others_fill_up() {
    let mut desk = Desk::new();
    let update = desk.queue(|_| {});
    let doubt = desk.queue(|it| it.class = Class::Doubt);
    let fresh = desk.queue_fresh(|_| {});
    assert_eq!(desk.depart(), [doubt, fresh, update]);
}

#[test]
fn reads_and_writes_do_not_share() {
    let mut desk = Desk::new();
    let write = desk.queue(|_| {});
    let read = desk.queue(|it| {
        it.kind = Kind::Read;
        it.methods = vec!["crm.item.get", "crm.item.productrow.list"];
    });
    let look = desk.queue(|it| looks(it, true, true));
    assert_eq!(desk.depart(), [write]);
    assert_eq!(desk.depart(), [read, look]);
}

#[test]
fn a_fresh_order_passes_those_that_were_not_served_in_time() {
    let mut desk = Desk::new();
    let crowd: Vec<Place> = (0..100).map(|_| desk.queue_fresh(|_| {})).collect();
    desk.later(20_000);
    let latest = desk.queue_fresh(|_| {});
    assert_eq!(desk.depart().first(), Some(&latest));
    desk.later(20_000);
    // A backlog by now, in which the oldest goes first.
    let oldest = crowd.into_iter().find(|it| desk.waiting.contains_key(it));
    assert_eq!(desk.depart().first().copied(), oldest);
}

#[test]
fn a_request_holds_no_more_work_than_its_most_urgent_member_may_wait_for() {
    for (class, members) in [
        (Class::Doubt, 5),
        (Class::Update, 5),
        (Class::Audit, 20),
        (Class::Backlog, 20),
    ] {
        let mut desk = Desk::new();
        desk.measure(ADD, 1.0);
        for _ in 0..60 {
            desk.queue(|it| it.class = class);
        }
        assert_eq!(desk.depart().len(), members, "{class:?}");
    }
}

#[test]
fn a_backlog_fills_a_fresh_orders_request_and_does_not_make_it_longer() {
    let mut desk = Desk::new();
    desk.measure(ADD, 1.0);
    for _ in 0..60 {
        desk.queue(|it| it.class = Class::Backlog);
    }
    let fresh = desk.queue_fresh(|_| {});
    let members = desk.depart();
    assert_eq!((members[0], members.len()), (fresh, 5));
}

#[test]
fn whoever_is_more_than_one_request_should_hold_leaves_alone() {
    let mut desk = Desk::new();
    desk.measure(ADD, 9.0);
    let large = desk.queue(|_| {});
    let next = desk.queue(|it| it.methods = vec![LIST]);
    assert_eq!(desk.depart(), [large]);
    assert_eq!(desk.depart(), [next]);
}

#[test]
fn after_lost_requests_the_next_ones_hold_fewer_commands() {
    let mut desk = Desk::new();
    for _ in 0..60 {
        desk.queue(|it| {
            it.class = Class::Backlog;
            it.methods = vec!["crm.item.update", "crm.item.productrow.set"];
        });
    }
    assert_eq!(desk.depart().len(), 25, "fifty commands");
    desk.first_arrives(Trip::Unknown, 0.0);
    assert_eq!(desk.depart().len(), 12, "twenty-five commands");
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
fn who_travels_alone_does_not_join_others() {
    let mut desk = Desk::new();
    let first = desk.queue(|_| {});
    let alone = desk.queue(|it| it.company_max = 1);
    let last = desk.queue(|_| {});
    assert_eq!(desk.depart(), [first, last]);
    assert_eq!(desk.depart(), [alone]);
}

#[test]
fn an_order_or_contact_under_way_waits_for_itself() {
    let mut desk = Desk::new();
    let first = desk.queue(|it| it.contact_keys = vec!["c".to_owned()]);
    let contact = desk.queue(|it| it.contact_keys = vec!["b".to_owned(), "c".to_owned()]);
    let order = desk.queue(|it| it.order = key("a", 1));
    assert_eq!(desk.depart(), [first]);
    assert_eq!(desk.plan(), Plan::Wait(None));
    desk.arrive();
    assert_eq!(desk.depart(), [contact, order]);
}

#[test]
fn the_same_contact_key_in_two_shops_is_two_contacts() {
    let mut desk = Desk::new();
    for shop in ["a", "b"] {
        desk.queue(|it| {
            it.order = key(shop, 1);
            it.contact_keys = vec!["c".to_owned()];
        });
    }
    assert_eq!(desk.depart().len(), 2);
}

#[test]
fn who_would_wait_long_is_turned_away_and_who_waits_shortly_is_not() {
    let mut desk = Desk::new();
    desk.pacer.method_blocked(ADD, desk.now);
    let place = desk.queue(|_| {});
    let until = desk.now + crate::pacer::METHOD_PAUSE;
    assert_eq!(desk.plan(), Plan::TurnAway(vec![(place, until)]));
    desk.later(57_999);
    assert_eq!(desk.plan(), Plan::TurnAway(vec![(place, until)]));
    desk.later(1);
    assert_eq!(desk.plan(), Plan::Wait(Some(until)));
    desk.later(2_000);
    assert_eq!(desk.depart(), [place]);
}

#[test]
fn a_frozen_method_does_not_hold_up_the_others() {
    let mut desk = Desk::new();
    desk.pacer.method_blocked(ADD, desk.now);
    desk.later(59_000);
    desk.queue(|_| {});
    let other = desk.queue(|it| it.methods = vec!["crm.item.update"]);
    assert_eq!(desk.depart(), [other]);
}

#[test]
fn a_lookup_for_a_create_that_cannot_follow_does_not_leave() {
    let mut desk = Desk::new();
    desk.pacer.method_blocked(ADD, desk.now);
    desk.queue(|it| {
        looks(it, false, false);
        it.leads_to = Some(ADD);
    });
    assert!(matches!(desk.plan(), Plan::TurnAway(_)));
}

#[test]
fn a_portal_that_pauses_shortly_is_waited_for_and_one_that_pauses_for_long_is_not() {
    let mut desk = Desk::new();
    let doubt = desk.queue(|it| it.class = Class::Doubt);
    desk.pacer.arrived(Trip::Limited, true, desk.now);
    let until = desk.now + Duration::from_secs(1);
    assert_eq!(desk.plan(), Plan::Wait(Some(until)));
    desk.now = until;
    desk.pacer.arrived(Trip::Limited, true, desk.now);
    desk.pacer.arrived(Trip::Limited, true, desk.now);
    let until = desk.now + Duration::from_secs(4);
    assert_eq!(desk.plan(), Plan::TurnAway(vec![(doubt, until)]));
}

#[test]
fn a_command_names_fifty_keys_and_a_page_takes_two_commands() {
    let mut desk = Desk::new();
    desk.measure(LIST, 1.0);
    for _ in 0..250 {
        desk.queue(|it| looks(it, false, false));
    }
    assert_eq!(desk.depart().len(), 100, "four commands in five seconds");
}

#[test]
fn each_shop_has_pages_of_its_own() {
    let mut desk = Desk::new();
    desk.measure(LIST, 1.0);
    for (order, shop) in ["a", "b", "c"].into_iter().enumerate() {
        desk.queue(|it| {
            looks(it, false, false);
            it.order = key(shop, order as u64);
        });
    }
    assert_eq!(desk.depart().len(), 2, "four commands in five seconds");
}

#[test]
fn contacts_that_are_looked_up_by_key_share_a_third_command() {
    let mut desk = Desk::new();
    desk.measure(LIST, 1.0);
    for _ in 0..250 {
        desk.queue(|it| looks(it, true, false));
    }
    assert_eq!(desk.depart().len(), 50, "three commands in five seconds");
}

#[test]
fn each_address_is_a_command_of_its_own() {
    let mut desk = Desk::new();
    for _ in 0..60 {
        desk.queue(|it| {
            it.class = Class::Backlog;
            looks(it, true, true);
        });
    }
    assert_eq!(desk.depart().len(), 47, "beside three commands of a page");
}

#[test]
fn hundreds_of_lookups_share_one_request() {
    let mut desk = Desk::new();
    for _ in 0..512 {
        desk.queue(|it| looks(it, false, false));
    }
    assert_eq!(desk.depart().len(), 512, "22 commands of 0.2 s");
}

#[test]
fn shops_take_turns() {
    let mut desk = Desk::new();
    for order in 0..6 {
        desk.queue(|it| {
            it.order = key(if order < 4 { "a" } else { "b" }, order);
            it.company_max = 1;
        });
    }
    let shops: Vec<String> = (0..6)
        .map(|_| {
            let place = desk.depart()[0];
            let shop = desk.under_way[&place].order.shop.to_string();
            desk.arrive();
            shop[..1].to_owned()
        })
        .collect();
    assert_eq!(shops.concat(), "ababaa");
}

#[test]
fn shops_take_turns_within_a_request_too() {
    let mut desk = Desk::new();
    for order in 0..5 {
        desk.queue(|it| it.order = key(if order < 3 { "a" } else { "b" }, order));
    }
    assert_eq!(desk.depart(), [1, 4, 2, 5, 3].map(Place));
}

#[test]
fn one_place_is_kept_free_for_what_is_urgent() {
    let mut desk = Desk::new();
    for _ in 0..5 {
        desk.queue(|it| {
            it.class = Class::Backlog;
            it.company_max = 1;
        });
    }
    desk.depart();
    desk.depart();
    assert_eq!(desk.plan(), Plan::Wait(None), "the third place is kept");
    let fresh = desk.queue_fresh(|it| it.company_max = 1);
    assert_eq!(desk.depart(), [fresh]);
    desk.queue_fresh(|_| {});
    assert_eq!(desk.plan(), Plan::Wait(None), "every place is taken");
}

#[test]
fn a_request_does_not_wait_for_company_while_there_are_enough() {
    let mut desk = Desk::new();
    let place = desk.queue(|_| {});
    desk.at_work = 9;
    assert_eq!(desk.depart(), [place]);
}

#[test]
fn while_requests_are_scarce_they_wait_for_company_for_a_moment() {
    let mut desk = Desk::new();
    for _ in 0..30 {
        desk.pacer.leaves(desk.now);
    }
    let place = desk.queue(|_| {});
    desk.at_work = 9;
    assert_eq!(desk.plan(), Plan::Wait(Some(desk.now + LINGER)));
    desk.later(250);
    assert_eq!(desk.depart(), [place]);
}

#[test]
fn nobody_waits_for_company_when_everybody_is_here() {
    let mut desk = Desk::new();
    for _ in 0..30 {
        desk.pacer.leaves(desk.now);
    }
    let places = [desk.queue(|_| {}), desk.queue(|_| {})];
    assert_eq!(desk.depart(), places);
}

#[test]
fn a_request_waits_a_moment_for_whoever_just_got_an_answer() {
    let mut desk = Desk::new();
    desk.returning = Some(desk.now);
    desk.queue(|it| it.class = Class::Backlog);
    desk.later(40);
    let until = desk.now + Duration::from_millis(60);
    assert_eq!(desk.plan(), Plan::Wait(Some(until)));
    let fresh = desk.queue_fresh(|it| it.company_max = 1);
    desk.returning = None;
    assert_eq!(desk.depart(), [fresh], "it came in time");
}

#[test]
fn whoever_does_not_come_back_is_not_waited_for() {
    let mut desk = Desk::new();
    desk.returning = Some(desk.now);
    let place = desk.queue(|_| {});
    desk.later(100);
    assert_eq!(desk.depart(), [place]);
}

#[test]
fn nothing_leaves_before_the_bucket_has_room() {
    let mut desk = Desk::new();
    for _ in 0..40 {
        desk.pacer.leaves(desk.now);
    }
    let place = desk.queue(|it| it.class = Class::Doubt);
    let until = desk.now + Duration::from_millis(500);
    assert_eq!(desk.plan(), Plan::Wait(Some(until)));
    desk.now = until;
    assert_eq!(desk.depart(), [place]);
}
