//! `onedeal bench`: the published benchmarks. Each needs nothing but the binary and this machine.
//!
//! Two of them, `drain` and `latency`, run in virtual time: what they count is the portal's time and our waits. The
//! others measure this machine.

pub mod drain;
mod filling;
pub mod footprint;
pub mod growth;
pub mod intake;
pub mod latency;
mod order;
mod percentile;
mod questions;
pub mod world;

use clap::{Args, Subcommand};

use crate::exit::{Exit, Failure};

/// Flags of `bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// What to measure.
    #[command(subcommand)]
    pub what: What,
}

/// A benchmark.
#[derive(Debug, Subcommand)]
pub enum What {
    /// How many webhooks a second are verified and on disk
    #[command(after_long_help = intake::AFTER)]
    Intake(intake::IntakeArgs),
    /// Memory, start and size, with an empty ledger and a large one
    #[command(after_long_help = footprint::AFTER)]
    Footprint(footprint::FootprintArgs),
    /// What a delivery and a finished order cost as the ledger grows
    #[command(after_long_help = growth::AFTER)]
    Growth(growth::GrowthArgs),
    /// How fast a backlog of orders becomes deals, beside what the portal allows
    #[command(after_long_help = drain::AFTER)]
    Drain(drain::DrainArgs),
    /// From webhook to finished deal on an idle portal, in round trips
    #[command(after_long_help = latency::AFTER)]
    Latency(latency::LatencyArgs),
}

/// Runs one benchmark. A floor that is missed is something to act on.
///
/// # Errors
/// It could not be run.
pub fn run(args: &BenchArgs) -> Result<Exit, Failure> {
    let met = match &args.what {
        What::Intake(args) => intake::run(args)?,
        What::Footprint(args) => footprint::run(args)?,
        What::Growth(args) => growth::run(args)?,
        What::Drain(args) => drain::run(args)?,
        What::Latency(args) => latency::run(args)?,
    };
    Ok(if met { Exit::Fine } else { Exit::Found })
}

/// Shows on a terminal what goes on.
fn spinner(what: &'static str) -> indicatif::ProgressBar {
    let bar = indicatif::ProgressBar::new_spinner();
    bar.set_message(what);
    bar.enable_steady_tick(SPIN);
    bar
}

/// Shows on a terminal how far long work is.
fn bar(what: &'static str) -> indicatif::ProgressBar {
    let bar = indicatif::ProgressBar::new(0);
    bar.set_message(what);
    if let Ok(style) = indicatif::ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}")
    {
        bar.set_style(style);
    }
    bar
}

/// The pace of the spinner.
const SPIN: std::time::Duration = std::time::Duration::from_millis(120);
