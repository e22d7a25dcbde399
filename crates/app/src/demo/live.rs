//! What is shown while a run goes on: one changing block on a terminal, a line now and then elsewhere.

use std::{
    collections::BTreeMap,
    io::{IsTerminal as _, Write as _},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use store::Counts;

use super::{figures::Figures, report::faults};
use crate::lang::Lang;

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Kinds of faults that a line shows.
const KINDS_SHOWN: usize = 5;

/// The summary on stderr.
#[derive(Debug)]
pub(super) struct Live {
    lang: Lang,
    bar: Option<ProgressBar>,
    next_line: Duration,
}

impl Live {
    /// A summary of a run that will place so many orders.
    pub(super) fn new(lang: Lang, orders: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| bar(orders));
        Self {
            lang,
            bar,
            next_line: Duration::ZERO,
        }
    }

    /// Shows how things stand.
    pub(super) fn show(&mut self, elapsed: Duration, figures: &Figures, counts: &Counts) {
        let say = |en, ru| self.lang.say(en, ru);
        let head = format!(
            "{} {} · {} {} · {} {} · {} {}",
            say("deliveries", "доставок"),
            figures.acknowledged,
            say("deals", "сделок"),
            counts.linked,
            say("in doubt", "под вопросом"),
            counts.in_doubt,
            say("portal requests", "запросов к порталу"),
            figures.portal_requests,
        );
        let trouble = format!(
            "{}: {}",
            say("faults", "сбои"),
            most_frequent(&figures.portal_faults)
        );
        if let Some(bar) = &self.bar {
            bar.set_position(figures.placed);
            bar.set_message(head);
            bar.set_prefix(trouble);
        } else if self.next_line <= elapsed {
            self.next_line = elapsed + LINE_EVERY;
            let orders = say("orders", "заказов");
            let (seconds, placed) = (elapsed.as_secs(), figures.placed);
            self.say(&format!(
                "{seconds:>3} s  {orders} {placed} · {head} · {trouble}"
            ));
        }
    }

    /// Writes lines above the summary.
    pub(super) fn say(&self, text: &str) {
        if let Some(bar) = &self.bar {
            text.lines().for_each(|line| bar.println(line));
        } else {
            // A closed stderr is no reason to stop.
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }

    /// Takes the summary away.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// As many kinds as fit on a line.
fn most_frequent(kinds: &BTreeMap<String, u64>) -> String {
    let mut counts: Vec<u64> = kinds.values().copied().collect();
    counts.sort_unstable_by(|one, other| other.cmp(one));
    let least = counts.get(KINDS_SHOWN).copied().unwrap_or(0);
    let shown = kinds.iter().filter(|(_, count)| least < **count);
    faults(&shown.map(|(kind, count)| (kind.clone(), *count)).collect())
}

fn bar(orders: u64) -> ProgressBar {
    let bar = ProgressBar::new(orders);
    let template = "{spinner} [{elapsed}] {bar:30} {pos}/{len}\n  {msg}\n  {prefix}";
    // The template is ours; without it the bar only looks different.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
