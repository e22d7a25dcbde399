//! How many webhooks a second are verified and on disk before their answer, beside a handler that stores nothing.

mod generator;
mod server;

use std::{path::PathBuf, time::Duration};

use serde::Serialize;

use self::{
    generator::{Load, Shots},
    server::{Bare, Product, Server},
};
use super::percentile::{percentile, sorted};
use crate::{
    exit::{Exit, Exits as _, Failure},
    terminal,
};

/// Help below the flags.
pub const AFTER: &str = "\
The load comes from this machine, over real connections, and shares its cores with the service. The ledger is a real file,
each answer follows an fsync, and nothing is switched off; orders are stored, not worked on. The bare handler reads the body
and checks its signature in the same server, and nothing else. The exit code is 1 if a floor is missed: half of the bare
handler's throughput, 5000 stored per second, p99 under 50 ms at half of the load.

Examples:
  onedeal bench intake
  onedeal bench intake --seconds 10 --rounds 5 --dir /var/lib/onedeal";

/// Floors of the product.
const OF_BARE_MIN: f64 = 0.5;
const STORED_MIN: f64 = 5_000.0;
const HALF_P99_MAX_MS: f64 = 50.0;

/// Flags of `bench intake`.
#[derive(Debug, Clone, clap::Args)]
pub struct IntakeArgs {
    /// Seconds of each measurement
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub seconds: u64,
    /// Measurements of each kind, taken in turn; the median counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(usize))]
    pub rounds: usize,
    /// Connections that the load generator holds open, each waiting for its answer before it sends again
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u16).range(1..=8192))]
    pub connections: u16,
    /// Folder for the ledger; it should be on the disk that the service will use
    #[arg(long, value_name = "PATH")]
    pub dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Latencies of one load, in milliseconds.
#[derive(Debug, Clone, Copy, Serialize)]
struct Latency {
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
}

impl Latency {
    fn of(load: &Load) -> Self {
        let sample = sorted(load.millis.clone());
        Self {
            p50_ms: percentile(&sample, 0.5),
            p99_ms: percentile(&sample, 0.99),
            p999_ms: percentile(&sample, 0.999),
        }
    }

    fn words(self) -> String {
        format!(
            "p50 {:.1} ms, p99 {:.1} ms, p99.9 {:.1} ms",
            self.p50_ms, self.p99_ms, self.p999_ms
        )
    }
}

#[derive(Debug, Serialize)]
struct Report {
    cores: usize,
    connections: usize,
    body_bytes: (usize, usize),
    stored_per_second: f64,
    bare_per_second: f64,
    of_bare: f64,
    full_load: Latency,
    half_load_per_second: f64,
    half_load: Latency,
    /// Share of a core that each thread used under full load.
    threads: Vec<(String, f64)>,
    stored: u64,
    answered: u64,
}

impl Report {
    fn met(&self) -> bool {
        OF_BARE_MIN <= self.of_bare
            && STORED_MIN <= self.stored_per_second
            && self.half_load.p99_ms < HALF_P99_MAX_MS
            && self.stored == self.answered
    }

    fn text(&self) -> String {
        let threads: Vec<String> = self
            .threads
            .iter()
            .map(|(name, share)| format!("{name} {:.0} %", share * 100.0))
            .collect();
        terminal::facts(&[
            ("cores, with the load generator", self.cores.to_string()),
            (
                "bodies",
                format!(
                    "{} to {} bytes, signed",
                    self.body_bytes.0, self.body_bytes.1
                ),
            ),
            (
                "stored per second",
                format!("{:.0}  (at least {STORED_MIN})", self.stored_per_second),
            ),
            (
                "bare handler",
                format!("{:.0} per second", self.bare_per_second),
            ),
            (
                "of the bare handler",
                format!("{:.2}  (at least {OF_BARE_MIN})", self.of_bare),
            ),
            ("at full load", self.full_load.words()),
            (
                "at half of it",
                format!(
                    "{:.0} per second: {}",
                    self.half_load_per_second,
                    self.half_load.words()
                ),
            ),
            ("threads at full load", threads.join(", ")),
            (
                "answered 200 and in the ledger",
                format!("{} and {}", self.answered, self.stored),
            ),
        ])
    }
}

/// Runs the benchmark; false = a floor is missed.
///
/// # Errors
/// It could not be run.
pub fn run(args: &IntakeArgs) -> Result<bool, Failure> {
    let report = measure(args).exits(Exit::Storage)?;
    if args.json {
        terminal::print_json(&report)?;
    } else {
        terminal::print(&report.text())?;
    }
    Ok(report.met())
}

fn measure(args: &IntakeArgs) -> anyhow::Result<Report> {
    let folder = match &args.dir {
        Some(dir) => tempfile::Builder::new()
            .prefix("onedeal-bench-")
            .tempdir_in(dir)?,
        None => tempfile::Builder::new()
            .prefix("onedeal-bench-")
            .tempdir()?,
    };
    let connections = usize::from(args.connections);
    let shots = Shots::signed();
    let bar = super::spinner("intake: warming up");
    let product = Server::start(Product::new(&folder.path().join("onedeal.db")))?;
    let bare = Server::start(Bare)?;
    let time = Duration::from_secs(args.seconds);
    let (mut ours, mut theirs, mut threads) = (Vec::new(), Vec::new(), Vec::new());
    let mut answered = shots
        .fire(product.address(), connections, None, time / 4)?
        .count();
    shots.fire(bare.address(), connections, None, time / 4)?;
    for round in 1..=args.rounds.max(1) {
        bar.set_message(format!("intake: round {round} of {}", args.rounds));
        theirs.push(shots.fire(bare.address(), connections, None, time)?);
        let before = server::thread_times()?;
        let load = shots.fire(product.address(), connections, None, time)?;
        threads = server::shares(&before, &server::thread_times()?, load.seconds);
        answered += load.count();
        ours.push(load);
    }
    let full = median(ours);
    let half = full.per_second() / 2.0;
    bar.set_message("intake: half load");
    let halved = shots.fire(product.address(), connections, Some(half), time)?;
    answered += halved.count();
    bar.finish_and_clear();
    let stored = product.stop()?;
    bare.stop()?;
    let bare = median(theirs);
    Ok(Report {
        cores: std::thread::available_parallelism()?.get(),
        connections,
        body_bytes: shots.body_bytes(),
        stored_per_second: full.per_second(),
        bare_per_second: bare.per_second(),
        of_bare: full.per_second() / bare.per_second().max(1.0),
        full_load: Latency::of(&full),
        half_load_per_second: halved.per_second(),
        half_load: Latency::of(&halved),
        threads,
        stored,
        answered,
    })
}

fn median(mut loads: Vec<Load>) -> Load {
    loads.sort_by(|one, other| one.per_second().total_cmp(&other.per_second()));
    loads.swap_remove(loads.len() / 2)
}
