//! Log lines on stderr, for people or for machines.

use std::{
    collections::BTreeMap,
    io::{IsTerminal as _, Write as _},
};

use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer as _,
    filter::{FilterExt as _, filter_fn},
    fmt,
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::exit::{Exit, Exits as _, Failure};

/// Our own crates. The others say nothing below `info`: their details may hold the portal's address with its code.
const OURS: [&str; 6] = ["app", "bitrix24", "kernel", "service", "shopify", "store"];

/// Variables of OpenTelemetry of which one names the collector; without them nothing is traced.
const COLLECTOR: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];

/// Crates that send traces: they would say every few seconds that the collector is gone.
const EXPORTER: &str = "opentelemetry";

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogStyle {
    /// One readable line each.
    Human,
    /// One JSON object each.
    Json,
}

impl LogStyle {
    /// What `ONEDEAL_LOG` says; without it, lines for people on a terminal and JSON elsewhere.
    pub(super) fn choose(variables: &BTreeMap<String, String>) -> Result<Self, Failure> {
        match variables.get("ONEDEAL_LOG").map(|it| it.trim()) {
            Some("human") => Ok(Self::Human),
            Some("json") => Ok(Self::Json),
            None | Some("") if std::io::stderr().is_terminal() => Ok(Self::Human),
            None | Some("") => Ok(Self::Json),
            Some(_) => Err(Failure::saying(
                Exit::Usage,
                "the setting ONEDEAL_LOG cannot be used: write human or json, or leave it out",
            )),
        }
    }
}

/// What was started to tell of the work; it ends with the service.
pub(super) struct Telling {
    #[cfg(feature = "otel")]
    traces: Option<super::traces::Traces>,
}

impl Telling {
    /// Sends what is left.
    pub(super) fn end(self) {
        #[cfg(feature = "otel")]
        if let Some(traces) = self.traces {
            traces.end();
        }
    }
}

/// Starts logging, as `RUST_LOG` filters it, and traces where a collector is named.
pub(super) fn start(
    style: LogStyle,
    variables: &BTreeMap<String, String>,
) -> Result<Telling, Failure> {
    let wanted = variables.get("RUST_LOG").map_or("", |it| it.trim());
    let wanted = if wanted.is_empty() { "info" } else { wanted };
    let filter = EnvFilter::try_new(wanted).map_err(|_| {
        Failure::saying(
            Exit::Usage,
            "the setting RUST_LOG cannot be used: write a level (error, warn, info, debug), or leave it out",
        )
    })?;
    let colours =
        std::io::stderr().is_terminal() && variables.get("NO_COLOR").is_none_or(String::is_empty);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match style {
        LogStyle::Human => lines.with_target(false).with_ansi(colours).boxed(),
        LogStyle::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .boxed(),
    };
    let lines = lines.with_filter(filter.and(filter_fn(discreet)));
    let collector = COLLECTOR.iter().find(|it| {
        let value = variables.get(**it);
        value.is_some_and(|it| !it.trim().is_empty())
    });
    let said = tracing_subscriber::registry().with(lines);
    #[cfg(feature = "otel")]
    {
        let traces = collector.map(|_| super::traces::Traces::start(variables));
        let traces = traces.transpose()?;
        let spans = traces.as_ref().map(super::traces::Traces::layer);
        said.with(spans).try_init().exits(Exit::Bug)?;
        Ok(Telling { traces })
    }
    #[cfg(not(feature = "otel"))]
    {
        said.try_init().exits(Exit::Bug)?;
        if let Some(name) = collector {
            tracing::warn!(
                "{name} is set, but this onedeal was built without traces: build it with `cargo build --release --features otel`"
            );
        }
        Ok(Telling {})
    }
}

/// Says something that is to be seen whatever the filter.
pub(super) fn say(style: LogStyle, text: &str) {
    match style {
        LogStyle::Human => {
            // A closed stderr is no reason to fail.
            let _ = writeln!(std::io::stderr(), "onedeal: {text}");
        }
        LogStyle::Json => tracing::info!("onedeal {text}"),
    }
}

/// What may stand in a line: spans belong to traces.
fn discreet(of: &Metadata<'_>) -> bool {
    let exporter = of.target().starts_with(EXPORTER);
    of.is_event() && (is_ours(of) || *of.level() <= Level::INFO && !exporter)
}

/// Whether one of our crates says it.
pub(super) fn is_ours(of: &Metadata<'_>) -> bool {
    let from = of.target().split("::").next().unwrap_or_default();
    OURS.contains(&from)
}
