//! Laws of what is told.

use proptest::prelude::*;

use super::*;

const LOOK: u64 = 15;

fn at(seconds: u64) -> Elapsed {
    Elapsed::from_millis(seconds * 1_000)
}

fn holding(conditions: &[Condition]) -> Facts {
    Facts {
        holding: conditions
            .iter()
            .map(|it| (*it, Detail::number(3)))
            .collect(),
        ..Facts::default()
    }
}

fn happened(condition: Condition, count: u64) -> Facts {
    Facts {
        happened: BTreeMap::from([(condition, count)]),
        ..Facts::default()
    }
}

/// Looks every 15 s and says when what was told.
fn told(looks: impl IntoIterator<Item = (u64, Facts)>) -> Vec<(u64, Change)> {
    let mut known = Known::default();
    let mut all = Vec::new();
    for (second, facts) in looks {
        let (now_known, news) = watch(known, &facts, at(second));
        known = now_known;
        all.extend(news.into_iter().map(|it| (second, it.change)));
    }
    all
}

fn looks(until: u64, facts: impl Fn(u64) -> Facts) -> Vec<(u64, Facts)> {
    let seconds = (0..until).step_by(usize::try_from(LOOK).expect("small"));
    seconds.map(|it| (it, facts(it))).collect()
}

fn between(from: u64, to: u64) -> impl Fn(u64) -> Facts {
    move |second| {
        if (from..to).contains(&second) {
            holding(&[Condition::QueueOld])
        } else {
            Facts::default()
        }
    }
}

#[test]
fn what_holds_is_told_once_and_once_when_it_is_over() {
    let told = told(looks(3_600, between(0, 1_800)));
    assert_eq!(
        told,
        [(120, Change::Raised), (1_785 + 300, Change::Cleared)]
    );
}

#[test]
fn what_is_over_before_it_held_is_no_news() {
    assert_eq!(told(looks(3_600, between(0, 105))), []);
}

#[test]
fn what_comes_and_goes_is_told_ever_more_rarely() {
    // Ten minutes on, ten minutes off, for a day.
    let flaps = |second: u64| {
        let on = (second / 600).is_multiple_of(2);
        between(0, u64::from(on) * u64::MAX)(second)
    };
    let told = told(looks(24 * 3_600, flaps));
    // Without damping there were a hundred and forty.
    assert_eq!(told.len(), 5, "{told:?}");
}

#[test]
fn a_moment_is_told_at_once_and_is_over_after_a_quiet_day() {
    let facts = |second: u64| happened(Condition::LateLanding, u64::from(60 <= second));
    let told = told(looks(2 * 24 * 3_600, facts));
    assert_eq!(told, [(60, Change::Raised), (60 + 86_400, Change::Cleared)]);
}

#[test]
fn moments_of_one_day_are_one_condition() {
    let facts = |second: u64| happened(Condition::LateLanding, second / 3_600);
    assert_eq!(told(looks(24 * 3_600, facts)), [(3_600, Change::Raised)]);
}

#[test]
fn a_restart_neither_repeats_nor_forgets() {
    let facts = holding(&[Condition::NeedsAttention]);
    let (known, _) = watch(Known::default(), &facts, at(0));
    let (known, news) = watch(known, &facts, at(120));
    assert_eq!(news.len(), 1);
    let text = serde_json::to_string(&known).expect("JSON");
    let known: Known = serde_json::from_str(&text).expect("the same");
    let (known, news) = watch(known, &facts, at(150));
    assert_eq!(news, []);
    let (_, news) = watch(known, &Facts::default(), at(450));
    assert_eq!(news[0].change, Change::Cleared);
}

#[test]
fn a_counter_that_begins_anew_with_a_process_counts_from_nothing() {
    let (known, _) = watch(
        Known::default(),
        &happened(Condition::DuplicatesFound, 7),
        at(0),
    );
    let text = serde_json::to_string(&known).expect("JSON");
    let known: Known = serde_json::from_str(&text).expect("the same");
    let after = at(3 * 86_400);
    let (known, news) = watch(known, &happened(Condition::DuplicatesFound, 0), after);
    assert_eq!(news[0].change, Change::Cleared);
    let (_, news) = watch(known, &happened(Condition::DuplicatesFound, 1), after);
    assert_eq!((news[0].change, news[0].detail.number), (Change::Raised, 1));
}

proptest! {
    #[test]
    fn of_each_condition_beginnings_and_ends_alternate(
        steps in prop::collection::vec((1_u64..4_000, 0_usize..4096, 0_u64..3, any::<bool>()), 1..200),
    ) {
        let mut known = Known::default();
        let mut open = std::collections::BTreeSet::new();
        let mut last = BTreeMap::new();
        let (mut second, mut count) = (0, 0);
        for (step, bits, more, restarts) in steps {
            second += step;
            count = if restarts { more } else { count + more };
            if restarts {
                let text = serde_json::to_string(&known).expect("JSON");
                known = serde_json::from_str(&text).expect("the same");
            }
            let chosen: Vec<_> = Condition::ALL.into_iter().enumerate()
                .filter(|(place, _)| bits >> place & 1 == 1).map(|(_, it)| it)
                .filter(|it| *it != Condition::LateLanding).collect();
            let mut facts = holding(&chosen);
            facts.happened.insert(Condition::LateLanding, count);
            let news;
            (known, news) = watch(known, &facts, at(second));
            for it in news {
                match it.change {
                    Change::Raised => prop_assert!(open.insert(it.condition), "{it:?} twice"),
                    Change::Cleared => {
                        prop_assert!(open.remove(&it.condition), "{it:?} never began");
                        let began: u64 = last[&it.condition];
                        prop_assert!(CALM_FOR.as_secs() <= second - began, "{it:?} too soon");
                    }
                }
                last.insert(it.condition, second);
            }
            let raised: std::collections::BTreeSet<_> = known.raised().collect();
            prop_assert_eq!(&raised, &open);
        }
    }

    #[test]
    fn what_holds_for_good_is_told_once(step in 1_u64..600, count in 1_usize..400) {
        let looks = (0..count as u64).map(|it| (it * step, holding(&[Condition::PortalClosed])));
        let told = told(looks);
        let long_enough = HOLDS_FOR.as_secs() <= step * (count as u64 - 1);
        prop_assert_eq!(told.len(), usize::from(long_enough));
    }
}
