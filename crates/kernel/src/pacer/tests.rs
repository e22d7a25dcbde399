//! Laws of the pacer.

use proptest::prelude::*;

use super::*;

fn at(millis: u64) -> Elapsed {
    Elapsed::from_millis(millis)
}

fn taken(pacer: &mut Pacer, now: Elapsed) -> bool {
    let open = pacer.open(now).is_ok();
    if open {
        pacer.sent([], now);
    }
    open
}

fn time(seconds: f64, operating: f64, resets_in: u64) -> Option<CommandTime> {
    Some(CommandTime {
        seconds,
        operating: Some(operating),
        resets_in: Some(Duration::from_secs(resets_in)),
    })
}

proptest! {
    #[test]
    fn the_portals_bucket_never_overflows(steps in prop::collection::vec((0_u64..900, 0_u8..20), 1..600)) {
        let (per_second, burst) = (2.0, 50.0);
        let mut pacer = Pacer::new(per_second, burst, Elapsed::ZERO);
        let (mut now, mut level, mut last) = (0_u64, 0.0_f64, 0_u64);
        for (step, what) in steps {
            now += step;
            match what {
                0 => pacer.arrived(Trip::Limited, true, at(now)),
                1 | 2 => pacer.arrived(Trip::Answered, true, at(now)),
                3 => pacer.arrived(Trip::Unknown, true, at(now)),
                _ => {}
            }
            if taken(&mut pacer, at(now)) {
                level = (level - (now - last) as f64 / 1000.0 * per_second).max(0.0) + 1.0;
                last = now;
                prop_assert!(level <= burst);
            }
        }
    }

    #[test]
    fn whoever_asks_again_when_told_gets_a_place(limits in 0_u32..12, before in 0_u64..60) {
        let mut pacer = Pacer::new(2.0, 50.0, Elapsed::ZERO);
        for _ in 0..before {
            taken(&mut pacer, Elapsed::ZERO);
        }
        for _ in 0..limits {
            pacer.arrived(Trip::Limited, true, Elapsed::ZERO);
        }
        let mut now = Elapsed::ZERO;
        let mut asked = 0;
        while let Err(later) = pacer.open(now) {
            prop_assert!(now < later.at);
            now = later.at;
            asked += 1;
            prop_assert!(asked < 5);
        }
    }
}

#[test]
fn a_blocked_method_waits_alone() {
    let mut pacer = Pacer::new(2.0, 50.0, Elapsed::ZERO);
    pacer.method_blocked("crm.item.add", Elapsed::ZERO);
    let until = Elapsed::ZERO + METHOD_PAUSE;
    assert_eq!(
        pacer.allowance("crm.item.add", true, Elapsed::ZERO),
        Err(Later { at: until })
    );
    assert!(
        pacer
            .allowance("crm.item.list", true, Elapsed::ZERO)
            .is_ok()
    );
    assert_eq!(pacer.open(Elapsed::ZERO), Ok(()));
}

#[test]
fn a_used_up_budget_rests_until_the_portal_gives_some_back_and_is_probed_then() {
    let mut pacer = Pacer::new(2.0, 50.0, Elapsed::ZERO);
    pacer.sent(["add"], Elapsed::ZERO);
    pacer.command_answered("add", time(0.5, 470.0, 30), at(1_000));
    assert_eq!(
        pacer.allowance("add", true, at(1_000)),
        Err(Later { at: at(31_000) })
    );
    assert_eq!(pacer.allowance("add", false, at(31_000)), Ok(5));
    pacer.sent(["add"], at(31_000));
    assert!(pacer.allowance("add", false, at(31_000)).is_err());
    pacer.command_answered("add", time(0.5, 165.6, 60), at(32_000));
    assert_eq!(pacer.allowance("add", true, at(32_000)), Ok(600));
}

#[test]
fn what_is_under_way_counts_against_the_budget() {
    let mut pacer = Pacer::new(2.0, 50.0, Elapsed::ZERO);
    pacer.sent(["add"; 1], Elapsed::ZERO);
    pacer.command_answered("add", time(1.0, 455.5, 600), Elapsed::ZERO);
    assert_eq!(pacer.allowance("add", true, Elapsed::ZERO), Ok(10));
    pacer.sent(["add"; 4], Elapsed::ZERO);
    assert_eq!(pacer.allowance("add", true, Elapsed::ZERO), Ok(6));
}

#[test]
fn limits_in_a_row_pause_longer_and_halve_the_rate_until_it_recovers() {
    let mut pacer = Pacer::new(2.0, 50.0, Elapsed::ZERO);
    pacer.arrived(Trip::Limited, true, Elapsed::ZERO);
    assert_eq!(pacer.paused_until(Elapsed::ZERO), Some(at(1_000)));
    pacer.arrived(Trip::Limited, true, at(1_000));
    assert_eq!(pacer.paused_until(at(1_000)), Some(at(3_000)));
    // Twice halved: half a request per second.
    let full = at(3_000);
    assert_eq!(pacer.open(full), Ok(()));
    pacer.sent([], full);
    let Err(next) = pacer.open(full) else {
        panic!("a full bucket")
    };
    assert_eq!(next.at.since(full).as_millis(), 2_000);
    pacer.arrived(Trip::Answered, true, at(213_000));
    pacer.sent([], at(213_000));
    assert!(!pacer.is_pressed(at(213_000)));
}

#[test]
fn a_lost_request_halves_the_next_ones_and_they_grow_back_slowly() {
    let mut pacer = Pacer::new(2.0, 50.0, Elapsed::ZERO);
    pacer.arrived(Trip::Unknown, true, Elapsed::ZERO);
    pacer.arrived(Trip::Unknown, true, Elapsed::ZERO);
    assert_eq!(pacer.commands_max(), 12);
    assert!(pacer.has_flight(0) && !pacer.has_flight(1));
    for _ in 0..30 {
        pacer.arrived(Trip::Answered, true, Elapsed::ZERO);
    }
    assert_eq!(pacer.commands_max(), 15);
    assert!(pacer.has_flight(15) && !pacer.has_flight(16));
}

#[test]
fn a_portal_that_lets_nobody_in_is_asked_ever_more_rarely_and_again_at_once_when_a_person_acted() {
    let mut pacer = Pacer::new(2.0, 50.0, Elapsed::ZERO);
    let mut now = Elapsed::ZERO;
    let mut looks = Vec::new();
    let day = Elapsed::from_millis(24 * 3_600 * 1_000);
    while now < day {
        pacer.arrived(Trip::Closed, false, now);
        let until = pacer.paused_until(now).expect("a pause");
        looks.push(until.since(now).as_secs());
        now = until;
    }
    assert_eq!(looks[..6], [1, 2, 4, 8, 16, 30]);
    assert!(looks.is_sorted() && looks.len() < 1_500, "{}", looks.len());
    assert_eq!(looks.last(), Some(&60));
    pacer.arrived(Trip::Closed, false, now);
    pacer.reopened(now);
    assert_eq!(pacer.paused_until(now), None);
    pacer.arrived(Trip::Closed, false, now);
    assert_eq!(pacer.paused_until(now), Some(now + Duration::from_secs(1)));
}

#[test]
fn a_budget_shows_what_is_left_and_for_how_long() {
    let mut pacer = Pacer::new(2.0, 50.0, Elapsed::ZERO);
    pacer.sent(["add", "add", "get"], Elapsed::ZERO);
    let time = CommandTime {
        seconds: 0.5,
        operating: Some(300.0),
        resets_in: Some(Duration::from_secs(60)),
    };
    pacer.command_answered("add", Some(time), Elapsed::ZERO);
    pacer.method_blocked("get", Elapsed::ZERO);
    let budget = pacer.budget(at(1_000));
    assert_eq!(
        budget.bucket,
        BucketBudget {
            tokens: 11.0,
            capacity: 40.0,
            per_second: 2.0,
            per_second_planned: 2.0,
        }
    );
    let (add, get) = (budget.methods["add"], budget.methods["get"]);
    assert_eq!((add.used_seconds, add.under_way), (300.0, 1));
    assert_eq!(add.resets_in, Some(Duration::from_secs(59)));
    assert_eq!((add.frozen_for, add.seconds_per_command), (None, 0.5));
    assert_eq!(get.frozen_for, Some(METHOD_PAUSE - Duration::from_secs(1)));
    assert_eq!(budget.paused_for, None);

    pacer.arrived(Trip::Limited, true, at(1_000));
    let budget = pacer.budget(at(1_500));
    assert_eq!(budget.paused_for, Some(Duration::from_millis(500)));
    assert_eq!(budget.bucket.per_second, 1.0);
    // What is over is not shown.
    let budget = pacer.budget(at(70_000));
    assert_eq!(budget.paused_for, None);
    assert_eq!(budget.methods["add"].resets_in, None);
    assert_eq!(budget.methods["get"].frozen_for, None);
}
