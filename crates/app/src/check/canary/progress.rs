//! What a person sees while a canary flies: one changing line on a terminal, a line for each step elsewhere.

use std::{
    cell::RefCell,
    io::{IsTerminal as _, Write as _},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

/// How often the line turns by itself.
const TURNS_EVERY: Duration = Duration::from_millis(200);

/// The line, on stderr.
#[derive(Default)]
pub(super) struct Progress {
    /// Drawn from the first time that there is something to show.
    bar: RefCell<Option<ProgressBar>>,
}

impl Progress {
    /// A step: it stays to be read.
    pub(super) fn step(&self, text: &str) {
        match &*self.bar.borrow() {
            Some(bar) => bar.println(format!("  {text}")),
            None if std::io::stderr().is_terminal() => {
                // A closed stderr is no reason to stop.
                let _ = writeln!(std::io::stderr(), "  {text}");
            }
            None => {
                let _ = writeln!(std::io::stderr(), "canary: {text}");
            }
        }
    }

    /// How things stand: only where it can be overwritten.
    pub(super) fn state(&self, text: impl FnOnce() -> String) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        let mut bar = self.bar.borrow_mut();
        bar.get_or_insert_with(line).set_message(text());
    }

    /// Takes the changing line away.
    pub(super) fn end(&self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn line() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    // The template is ours; without it the line only looks different.
    if let Ok(style) = ProgressStyle::with_template("{spinner} [{elapsed}] {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TURNS_EVERY);
    bar
}
