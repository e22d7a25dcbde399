//! Log lines on stderr, for people or for machines.

use std::{
    collections::BTreeMap,
    io::{IsTerminal as _, Write as _},
};

use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::filter_fn, fmt, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::exit::{Exit, Exits as _, Failure};

/// Our own crates. The others say nothing below `info`: their details may hold the portal's address with its code.
const OURS: [&str; 6] = ["app", "bitrix24", "kernel", "service", "shopify", "store"];

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

/// Starts logging, as `RUST_LOG` filters it.
pub(super) fn start(style: LogStyle, variables: &BTreeMap<String, String>) -> Result<(), Failure> {
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
    tracing_subscriber::registry()
        .with(lines)
        .with(filter)
        .with(filter_fn(discreet))
        .try_init()
        .exits(Exit::Bug)
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

fn discreet(of: &Metadata<'_>) -> bool {
    let from = of.target().split("::").next().unwrap_or_default();
    *of.level() <= Level::INFO || OURS.contains(&from)
}
