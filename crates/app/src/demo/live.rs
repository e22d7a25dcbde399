//! What is shown while a run goes on: one changing block on a terminal, a line now and then elsewhere.

use std::{
    io::{IsTerminal as _, Write as _},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use store::Counts;

use super::{figures::Figures, report::faults};
use crate::lang::Lang;

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

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
            faults(&figures.portal_faults)
        );
        if let Some(bar) = &self.bar {
            bar.set_position(figures.placed);
            bar.set_message(format!("{head}\n  {trouble}"));
        } else if self.next_line <= elapsed {
            self.next_line = elapsed + LINE_EVERY;
            let orders = say("orders", "заказов");
            let seconds = elapsed.as_secs();
            self.say(&format!(
                "{seconds:>3} s  {orders} {} · {head} · {trouble}",
                figures.placed
            ));
        }
    }

    /// Writes a line above the summary.
    pub(super) fn say(&self, line: &str) {
        if let Some(bar) = &self.bar {
            bar.println(line);
        } else {
            // A closed stderr is no reason to stop.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }

    /// Takes the summary away.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(orders: u64) -> ProgressBar {
    let bar = ProgressBar::new(orders);
    let template = "{spinner} [{elapsed}] {bar:30} {pos}/{len}\n  {wide_msg}";
    // The template is ours; without it the bar only looks different.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
