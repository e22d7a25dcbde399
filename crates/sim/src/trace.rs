//! What a universe said: its log, counted or kept word for word.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// The log of one universe. A clone is the same log.
#[derive(Clone)]
pub struct Trace {
    inner: Arc<Mutex<Inner>>,
    keep: bool,
    begin: tokio::time::Instant,
}

#[derive(Default)]
struct Inner {
    lines: Vec<String>,
    errors: Vec<String>,
    warnings: u64,
}

impl Trace {
    /// A log that keeps every line, or only errors.
    pub fn new(keep: bool) -> Self {
        Self {
            inner: Arc::default(),
            keep,
            begin: tokio::time::Instant::now(),
        }
    }

    /// Adds a line about the world.
    pub fn say(&self, line: impl FnOnce() -> String) {
        if self.keep {
            let line = format!("{:>12.3} {}", self.begin.elapsed().as_secs_f64(), line());
            self.inner().lines.push(line);
        }
    }

    /// All lines kept.
    pub fn lines(&self) -> Vec<String> {
        self.inner().lines.clone()
    }

    /// Forgets all lines so far.
    pub fn forget(&self) {
        self.inner().lines.clear();
    }

    /// Errors that the product logged.
    pub fn errors(&self) -> Vec<String> {
        self.inner().errors.clone()
    }

    /// Warnings that the product logged.
    pub fn warnings(&self) -> u64 {
        self.inner().warnings
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscriber for Trace {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let ours = ["service", "store", "kernel"]
            .iter()
            .any(|it| metadata.target().starts_with(it));
        ours && metadata.is_event() && (self.keep || *metadata.level() <= Level::WARN)
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        let level = *event.metadata().level();
        self.say(|| format!("{level:5} {}{}", text.message, text.fields));
        let mut inner = self.inner();
        if level == Level::ERROR {
            inner
                .errors
                .push(format!("{}{}", text.message, text.fields));
        }
        inner.warnings += u64::from(level == Level::WARN);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        // Writing into a String does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
