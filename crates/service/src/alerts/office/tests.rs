use super::*;
use crate::alerts::{Condition, Detail};

const PLACES: [&str; 2] = ["webhook", "email"];

fn news(condition: Condition, change: Change) -> News {
    News {
        condition,
        change,
        detail: Detail::number(1),
    }
}

fn raised() -> News {
    news(Condition::QueueOld, Change::Raised)
}

fn cleared() -> News {
    news(Condition::QueueOld, Change::Cleared)
}

fn at(seconds: u64) -> Elapsed {
    Elapsed::from_millis(seconds * 1_000)
}

fn posted(all: &[News]) -> Office {
    let mut office = Office::default();
    for news in all {
        office.post(news, &PLACES, Timestamp::UNIX_EPOCH);
    }
    office
}

fn refused() -> Result<(), NotTold> {
    Err(NotTold::Surely("it was answered with HTTP 500".to_owned()))
}

#[track_caller]
fn tell(office: &mut Office, place: &str, now: Elapsed) -> News {
    match office.next(place, now) {
        Next::Tell(letter) => letter.news,
        other @ (Next::At(_) | Next::Nothing) => panic!("{other:?}"),
    }
}

#[test]
fn each_place_is_told_in_the_order_of_events_and_once() {
    let other = news(Condition::DiskFull, Change::Raised);
    let mut office = posted(&[raised(), other.clone()]);
    for place in PLACES {
        for want in [raised(), other.clone()] {
            assert_eq!(tell(&mut office, place, at(0)), want);
            assert_eq!(office.told(place, &Ok(()), true, at(0)), TOLD);
        }
        assert_eq!(office.next(place, at(0)), Next::Nothing);
    }
}

#[test]
fn a_place_that_fails_is_tried_ever_more_rarely_and_given_up_after_a_day() {
    let mut office = posted(&[raised()]);
    let (mut now, mut pauses) = (at(0), Vec::new());
    loop {
        tell(&mut office, "webhook", now);
        match office.told("webhook", &refused(), true, now) {
            FAILED => {}
            GIVEN_UP => break,
            other => panic!("{other}"),
        }
        let Next::At(next) = office.next("webhook", now) else {
            panic!("nothing is due at once")
        };
        pauses.push(next.since(now).as_secs());
        now = next;
    }
    assert_eq!(pauses[..8], [30, 60, 120, 240, 480, 960, 1_920, 3_600]);
    let day = 86_400;
    assert!((day..day + 7_200).contains(&now.since(at(0)).as_secs()));
    // The other place lost nothing by it.
    assert_eq!(tell(&mut office, "email", now), raised());
}

#[test]
fn what_nobody_was_told_of_is_not_called_off() {
    let mut office = posted(&[raised()]);
    tell(&mut office, "webhook", at(0));
    office.told("webhook", &Ok(()), true, at(0));
    tell(&mut office, "email", at(0));
    office.told("email", &refused(), true, at(0));
    office.post(&cleared(), &PLACES, Timestamp::UNIX_EPOCH);
    assert_eq!(tell(&mut office, "webhook", at(0)), cleared());
    assert_eq!(office.next("email", at(999)), Next::Nothing);
}

#[test]
fn what_somebody_may_have_been_told_of_is_called_off() {
    let mut office = posted(&[raised()]);
    tell(&mut office, "webhook", at(0));
    office.told("webhook", &Err(NotTold::Unknown), true, at(0));
    office.post(&cleared(), &PLACES, Timestamp::UNIX_EPOCH);
    let told = [at(30), at(30)].map(|now| {
        let news = tell(&mut office, "webhook", now);
        office.told("webhook", &Ok(()), true, now);
        news.change
    });
    assert_eq!(told, [Change::Raised, Change::Cleared]);
}

#[test]
fn what_may_have_been_told_is_not_told_again_where_once_is_the_rule() {
    let mut office = posted(&[raised()]);
    tell(&mut office, "email", at(0));
    let result = office.told("email", &Err(NotTold::Unknown), false, at(0));
    assert_eq!(
        (result, office.next("email", at(99))),
        (GIVEN_UP, Next::Nothing)
    );
}

#[test]
fn a_restart_repeats_what_was_under_way_only_where_that_may_be() {
    let mut office = posted(&[raised()]);
    for place in PLACES {
        tell(&mut office, place, at(0));
    }
    let text = office.text();
    let mut again = Office::recall(Some(&text), &[("webhook", false), ("email", true)]);
    assert_eq!(tell(&mut again, "webhook", at(9)), raised());
    assert_eq!(again.next("email", at(9)), Next::Nothing);
}

#[test]
fn a_restart_keeps_what_waits_and_forgets_places_that_are_gone() {
    let text = posted(&[raised()]).text();
    let mut again = Office::recall(Some(&text), &[("email", true)]);
    assert_eq!(tell(&mut again, "email", at(9)), raised());
    assert_eq!(again.next("webhook", at(9)), Next::Nothing);
    assert_eq!(Office::recall(Some("not JSON"), &[]), Office::default());
}

#[test]
fn letters_that_wait_are_limited() {
    let mut office = Office::default();
    for _ in 0..200 {
        office.post(&raised(), &PLACES, Timestamp::UNIX_EPOCH);
    }
    assert_eq!(office.letters["email"].len(), LETTERS_MAX);
}
