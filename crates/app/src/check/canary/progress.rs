//! What a person sees while a canary flies: one changing line on a terminal, a line for each step elsewhere.

use std::{
    io::{IsTerminal as _, Write as _},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};

/// How often the line turns by itself.
const TURNS_EVERY: Duration = Duration::from_millis(200);

/// The line, on stderr.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Nothing is shown yet.
    pub(super) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            // The template is ours; without it the line only looks different.
            if let Ok(style) = ProgressStyle::with_template("{spinner} [{elapsed}] {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(TURNS_EVERY);
            bar
        });
        Self { bar }
    }

    /// A step: it stays to be read.
    pub(super) fn step(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(format!("  {text}")),
            // A closed stderr is no reason to stop.
            None => {
                let _ = writeln!(std::io::stderr(), "canary: {text}");
            }
        }
    }

    /// How things stand: only where it can be overwritten.
    pub(super) fn state(&self, text: impl FnOnce() -> String) {
        if let Some(bar) = &self.bar {
            bar.set_message(text());
        }
    }

    /// Takes the changing line away.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
