//! The laws of protocol §2, each a function that names what breaks it.

mod evidence;
mod liveness;
mod mapped;
mod operator;
mod people;
mod shop;
mod tally;
mod tokens;
mod truth;
mod uniqueness;
mod verdict;
pub(crate) mod view;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::world::World;
pub use view::View;

/// One broken law.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// Which.
    pub law: String,
    /// What happened.
    pub what: String,
}

/// What one universe showed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Its seed.
    pub seed: u64,
    /// Broken laws.
    pub breaches: Vec<Breach>,
    /// Figures for the report.
    pub figures: BTreeMap<String, u64>,
    /// What became of the orders: the same counts for every contestant.
    pub tally: BTreeMap<String, u64>,
    /// Faults by kind.
    pub faults: BTreeMap<String, u64>,
    /// States, outcomes and turns of events that occurred.
    pub seen: BTreeMap<String, u64>,
    /// A fingerprint of everything that happened.
    pub fingerprint: String,
    /// The log, where it was kept.
    pub trace: Vec<String>,
}

/// A law: it adds what breaks it.
type Law = fn(&View, &mut Vec<Breach>);

/// All laws by name.
pub const LAWS: &[(&str, Law)] = &[
    (
        "S1 one live deal per order at rest",
        uniqueness::one_deal_at_rest,
    ),
    ("S2 never two at any instant", uniqueness::never_two),
    ("S2 one contact per buyer", uniqueness::one_contact),
    ("S2 one record per company", uniqueness::one_company),
    ("S3 nothing acknowledged is lost", truth::nothing_lost),
    ("S4 the newest state at rest", truth::newest_state),
    ("S4 a deal is complete", truth::complete),
    ("S5 people's work is respected", people::respected),
    ("S5 a reopened deal stays open", people::reopened_stays_open),
    (
        "S4 the mapping's fields say the newest",
        mapped::newest_fields,
    ),
    (
        "S5 a field that people took over is theirs",
        mapped::taken_over,
    ),
    (
        "S7 rows are linked to their own products",
        mapped::own_products,
    ),
    ("R10 deleted deals follow the policy", mapped::recreated),
    ("S5 nothing is deleted", people::nothing_deleted),
    (
        "S5 only our marked duplicates are flagged",
        people::only_ours_flagged,
    ),
    ("S6 never zero", uniqueness::never_zero),
    ("S7 no other order's deal is touched", people::isolation),
    ("S8 bounded creation", evidence::bounded_creation),
    (
        "S9 every write has its record",
        evidence::every_write_recorded,
    ),
    ("R8 no write loop", evidence::no_write_loop),
    ("R8 no storm of requests", evidence::no_request_storm),
    ("R15 a comment at most once", evidence::comment_once),
    (
        "R14 no order or contact twice under way",
        evidence::nothing_twice,
    ),
    ("L1 everything comes to rest", liveness::comes_to_rest),
    ("L2 an order gets its deal soon", liveness::soon),
    (
        "L3 duplicates are flagged",
        uniqueness::survivor_is_the_first,
    ),
    ("L4 a fresh order passes a crowd", liveness::fresh_first),
    ("L5 doubt settles in time", liveness::doubt_settles),
    ("L6 one order holds up no other", liveness::poison_alone),
    ("L7 what webhooks lost is made good", shop::soon_made_good),
    (
        "L7 the shop settles contested seconds",
        shop::contested_settled,
    ),
    ("L7 subscriptions are whole at rest", shop::subscribed),
    ("A1 one request for tokens at a time", tokens::one_at_a_time),
    (
        "A2 tokens are in the ledger before they are used",
        tokens::kept_before_use,
    ),
    (
        "A3 nobody installs again without a reason",
        tokens::no_needless_install,
    ),
    ("A4 access is fine at rest", tokens::open_at_rest),
    (
        "O1 what was promised to an operator is settled",
        operator::promised,
    ),
    (
        "O2 the operator's last word about its rest holds",
        operator::last_word,
    ),
    (
        "O3 nothing is written while an operator lets it rest",
        operator::rests,
    ),
    ("O4 a chosen deal is the one at rest", operator::chosen),
    ("O5 no deal of two orders", operator::one_order_each),
    (
        "O6 what was dismissed does not come back",
        operator::dismissed,
    ),
    ("no unexpected error in the log", liveness::no_error),
];

/// Judges a universe at its end.
pub async fn judge(world: &World, rested: bool) -> Verdict {
    let view = View::of(world, rested).await;
    let mut breaches = Vec::new();
    // seed.md's system is only counted: it would break most laws by design.
    let laws = if world.is_seeds() { &[] } else { LAWS };
    for (name, law) in laws {
        let mut found = Vec::new();
        law(&view, &mut found);
        breaches.extend(found.into_iter().map(|it| Breach {
            law: (*name).to_owned(),
            ..it
        }));
    }
    view.verdict(world, breaches)
}

/// A breach; the law's name is added by the judge.
fn breach(what: String) -> Breach {
    Breach {
        law: String::new(),
        what,
    }
}
