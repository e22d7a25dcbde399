//! What is said, when it is tried again, and which answers tell something.

use shopify::reply::Refused;

use super::*;

fn denied() -> PassError {
    PassError::Admin(AdminError::Refused(Refused::Unauthorized))
}

#[test]
fn the_waits_after_failed_passes_double_up_to_a_quarter_of_an_hour() {
    let mut troubles = Troubles::default();
    let mut waits = Vec::new();
    for _ in 0..8 {
        troubles.met(&denied(), "The reconciler cannot read the shop's orders");
        waits.push(troubles.pause().as_secs());
    }
    assert_eq!(waits, [15, 30, 60, 120, 240, 480, 900, 900]);
    troubles.over("It goes on");
    troubles.met(&denied(), "The reconciler cannot read the shop's orders");
    assert_eq!(troubles.pause().as_secs(), 15);
}

#[test]
fn only_contradictions_and_what_cannot_be_read_are_asked_for() {
    let now = Elapsed::from_millis(5);
    let state = OrderState::default();
    assert_eq!(wish(&state, &[], now), None);
    let of = |fold| [(DeliverySeq(1), fold)];
    for fold in [Fold::Applied, Fold::Stale, Fold::Repeat, Fold::Noted] {
        assert_eq!(wish(&state, &of(fold), now), None);
    }
    let unreadable = of(Fold::Unreadable("why".to_owned()));
    assert_eq!(wish(&state, &unreadable, now), Some(now));
}
