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

    /// Adds another run.
    pub fn merge(&mut self, other: Self) {
        self.universes += other.universes;
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
