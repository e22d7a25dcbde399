//! Many universes in one table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::laws::{LAWS, Verdict};

/// Broken universes that are named at the most.
const NAMED_MAX: usize = 10;

/// Runs of at least so many universes must have met everything in [`MUST_OCCUR`].
const PROOF_UNIVERSES: u64 = 500;

/// Faults per universe on average, at least.
const FAULTS_EACH_MIN: f64 = 5.0;

/// Beginnings of the names of faults, states, outcomes and conclusions without which a long run proves nothing.
const MUST_OCCUR: &[&str] = &[
    "application: a batch met an expired token",
    "application: a pair was lost in a crash",
    "application: a pair was lost on its way",
    "application: a right missing for hours",
    "application: a token ended within a batch",
    "application: access revoked for hours",
    "application: installed again",
    "application: removed",
    "application: tokens invalid_grant",
    "application: tokens refreshed",
    "crash",
    "network answer_lost",
    "network broken",
    "network content_refused",
    "network poison",
    "network refused",
    "network says_duplicate",
    "people",
    "operator apply_duplicate",
    "operator choose_deal done",
    "operator choose_deal refused",
    "operator dismiss_duplicate done",
    "operator dismiss_notice done",
    "operator ignore done",
    "operator park done",
    "operator recreate done",
    "operator replay done",
    "operator retry done",
    "operator sync_now done",
    "concluded an operator chose deal",
    "concluded deal was deleted by a",
    "concluded deal , which an operator",
    "state ignored",
    "portal batch_cut",
    "portal die_between",
    "portal drop_before",
    "portal empty_error_code",
    "portal error_core",
    "portal hang",
    "portal html_200",
    "portal html_502",
    "portal html_503",
    "portal http_500",
    "portal late_landing",
    "portal list_lag",
    "portal lose_answer",
    "portal method_429",
    "portal narrow_ms",
    "portal oauth_connection",
    "portal oauth_ends_in_batch",
    "portal oauth_drop_before",
    "portal oauth_html",
    "portal oauth_late",
    "portal oauth_lose_answer",
    "portal revoked_ms",
    "portal slow",
    "portal storm_503",
    "portal truncated",
    "portal unexpected_answer",
    "reconciler found a lost order",
    "refetch settled a contested second",
    "subscription repaired",
    "shop lost",
    "shop index_lag",
    "shop api_500",
    "shop api_429",
    "shop api_internal",
    "shop api_lost",
    "shop api_revoked",
    "shop api_down",
    "shop api_search_down",
    "shop network answer_lost",
    "request of 1 command",
    "request of 2 to 9",
    "request of 10 to 24",
    "request of 25 to 50",
    "request with writes of several",
    "poison in company",
    "poison alone",
    "portal wrong_scope",
    "shop bad_signature",
    "shop burst",
    "shop coalesced",
    "shop duplicate_new_id",
    "shop duplicate_same_id",
    "shop id_only",
    "shop late",
    "shop missing_optional",
    "shop old_secret",
    "shop reorder",
    "shop same_second",
    "shop unchanged",
    "shop unknown_fields",
    "shop unreadable",
    "order without addresses",
    "order without customer",
    "state cold ledger",
    "state linked",
    "state parked",
    "state tombstone",
    "outcome comment",
    "outcome contact done",
    "outcome contact unknown",
    "outcome contact interrupted",
    "outcome contact refused",
    "outcome contact details",
    "outcome company done",
    "outcome company unknown",
    "outcome create done",
    "outcome create interrupted",
    "outcome create refused",
    "outcome create unknown",
    "outcome flag done",
    "outcome rows done",
    "outcome rows interrupted",
    "outcome rows refused",
    "outcome rows unknown",
    "outcome update done",
    "outcome update interrupted",
    "outcome update refused",
    "outcome update unknown",
    "concluded accepted",
    "concluded adopted deal",
    "concluded created deal",
    "concluded deal is deal now",
    "concluded deal was deleted by",
    "concluded deal duplicates deal",
    "concluded found deal",
    "concluded ignored: the same state",
    "concluded ignored: the state of",
    "concluded no deal of this order",
    "concluded parked: its requests keep",
    "concluded parked: the portal refuses",
    "concluded the answer to attempt",
    "concluded the answer to the create",
    "concluded the answer to the write",
    "concluded the portal does not know",
    "concluded the deal stands in",
    "concluded the mapping's rule",
    "concluded `UF_CRM_STATE` is left as",
    "concluded the stage is left",
    "concluded tried again",
    "concluded two different states",
];

/// A run of many universes.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// Universes lived through.
    pub universes: u64,
    /// What became of the orders.
    pub tally: BTreeMap<String, u64>,
    /// The same worlds with seed.md's system in them.
    pub seeds: BTreeMap<String, u64>,
    /// Figures, summed.
    pub figures: BTreeMap<String, u64>,
    /// Faults by kind, summed.
    pub faults: BTreeMap<String, u64>,
    /// States, outcomes, conclusions, summed.
    pub seen: BTreeMap<String, u64>,
    /// Breaches by law.
    pub breaches: BTreeMap<String, u64>,
    /// The first broken universes, with what broke.
    pub broken: Vec<(u64, String)>,
}

impl Report {
    /// Adds one universe.
    pub fn add(&mut self, verdict: Verdict) {
        self.universes += 1;
        sum(&mut self.tally, verdict.tally);
        sum(&mut self.figures, verdict.figures);
        sum(&mut self.faults, verdict.faults);
        sum(&mut self.seen, verdict.seen);
        for breach in verdict.breaches {
            *self.breaches.entry(breach.law.clone()).or_default() += 1;
            if self.broken.len() < NAMED_MAX {
                self.broken
                    .push((verdict.seed, format!("{}: {}", breach.law, breach.what)));
            }
        }
    }

    /// Adds the same world with seed.md's system in it.
    pub fn add_seeds(&mut self, verdict: Verdict) {
        sum(&mut self.seeds, verdict.tally);
    }

    /// Adds another run.
    pub fn merge(&mut self, other: Self) {
        self.universes += other.universes;
        sum(&mut self.tally, other.tally);
        sum(&mut self.seeds, other.seeds);
        sum(&mut self.figures, other.figures);
        sum(&mut self.faults, other.faults);
        sum(&mut self.seen, other.seen);
        sum(&mut self.breaches, other.breaches);
        self.broken.extend(other.broken);
        self.broken.truncate(NAMED_MAX);
    }

    /// No law was broken, and the run was hard enough to prove something.
    pub fn clean(&self) -> bool {
        self.breaches.is_empty() && self.missing().is_empty() && !self.too_mild()
    }

    /// What a long run should have met and did not.
    fn missing(&self) -> Vec<&'static str> {
        if self.universes < PROOF_UNIVERSES {
            return Vec::new();
        }
        let occurred = |name: &str| {
            self.faults
                .iter()
                .chain(&self.seen)
                .any(|(it, count)| it.starts_with(name) && 0 < *count)
        };
        MUST_OCCUR
            .iter()
            .filter(|it| !occurred(it))
            .copied()
            .collect()
    }

    fn too_mild(&self) -> bool {
        PROOF_UNIVERSES <= self.universes && self.faults_each() < FAULTS_EACH_MIN
    }

    /// Faults per universe.
    pub fn faults_each(&self) -> f64 {
        self.faults.values().sum::<u64>() as f64 / self.universes.max(1) as f64
    }

    /// The table that people read.
    pub fn print(&self) -> String {
        let mut text = format!("{} universes\n", self.universes);
        let mut line =
            |name: &str, value: String| text.push_str(&format!("  {name:<58}{value:>12}\n"));
        for (name, value) in &self.figures {
            line(name, value.to_string());
        }
        line(
            "faults per universe (mean)",
            format!("{:.1}", self.faults_each()),
        );
        text.push_str(&self.outcomes());
        text.push_str("\nfaults by kind\n");
        text.push_str(&columns(&self.faults));
        text.push_str("\nstates, outcomes and conclusions that occurred\n");
        text.push_str(&columns(&self.seen));
        text.push_str(
            "\nlaws                                                           breaches\n",
        );
        for (name, _) in LAWS {
            let count = self.breaches.get(*name).copied().unwrap_or_default();
            text.push_str(&format!("  {name:<58}{count:>12}\n"));
        }
        if PROOF_UNIVERSES <= self.universes {
            let (all, missing) = (MUST_OCCUR.len(), self.missing());
            text.push_str(&format!("\n{} of {all} faults, states, outcomes and conclusions that must occur did; missing: {missing:?}\n", all - missing.len()));
        }
        for (seed, what) in &self.broken {
            text.push_str(&format!("  seed {seed}: {what}\n"));
        }
        text
    }
}

impl Report {
    /// What became of the orders, side by side where both systems lived in the same worlds.
    fn outcomes(&self) -> String {
        let both = !self.seeds.is_empty() && !self.tally.is_empty();
        let only_seeds = !self.seeds.is_empty() && self.tally.is_empty();
        let name = if only_seeds { "seed.md" } else { "onedeal" };
        let mut text = format!("\nwhat became of the orders{:>47}", name);
        text.push_str(if both { "     seed.md\n" } else { "\n" });
        let shown = if only_seeds { &self.seeds } else { &self.tally };
        for (name, count) in shown {
            text.push_str(&format!("  {name:<58}{count:>12}"));
            if both {
                text.push_str(&format!(
                    "{:>12}",
                    self.seeds.get(name).copied().unwrap_or_default()
                ));
            }
            text.push('\n');
        }
        text
    }
}

fn columns(counts: &BTreeMap<String, u64>) -> String {
    counts
        .iter()
        .map(|(name, count)| format!("  {name:<58}{count:>12}\n"))
        .collect()
}

fn sum(into: &mut BTreeMap<String, u64>, from: BTreeMap<String, u64>) {
    for (name, count) in from {
        *into.entry(name).or_default() += count;
    }
}
