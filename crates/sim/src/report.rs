//! Many universes in one table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::laws::{LAWS, Verdict};

/// Broken universes that are named at the most.
const NAMED_MAX: usize = 10;

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

    /// No law was broken.
    pub fn clean(&self) -> bool {
        self.breaches.is_empty()
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
