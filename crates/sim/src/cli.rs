//! The commands of the simulation.

use std::process::{Command, ExitCode, Stdio};

use clap::{Parser, Subcommand};

use crate::{days, laws::Verdict, report::Report, script::Script, universe, world::Algorithm};

/// Deterministic universes for onedeal.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    command: What,
}

#[derive(Subcommand)]
enum What {
    /// Lives through many universes and reports.
    Run {
        /// How many.
        #[arg(long, default_value_t = 500)]
        seeds: u64,
        /// The first seed.
        #[arg(long, default_value_t = 0)]
        first: u64,
        /// Processes side by side.
        #[arg(long, default_value_t = 1)]
        jobs: u64,
        /// Who works in them.
        #[arg(long, value_enum, default_value_t = Who::Onedeal)]
        algorithm: Who,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lives through one universe and tells everything.
    Replay {
        /// Which.
        #[arg(long)]
        seed: u64,
        /// Plants a bug.
        #[arg(long)]
        mutant: Option<String>,
    },
    /// Lives through universes twice: the same seed must give the same trace.
    Meta {
        /// How many.
        #[arg(long, default_value_t = 20)]
        seeds: u64,
    },
    /// Lives through days of a shop whose webhooks are unreliable, and says how late the news was.
    Days {
        /// How many days.
        #[arg(long, default_value_t = 10)]
        days: u64,
        /// Orders placed in them.
        #[arg(long, default_value_t = 400)]
        orders: usize,
        /// The seed of all chance.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Plants bugs one at a time: each must be found.
    #[cfg(feature = "mutants")]
    Mutants {
        /// Universes that may be needed to find one.
        #[arg(long, default_value_t = 4_000)]
        seeds: usize,
        /// Only this one.
        #[arg(long)]
        only: Option<String>,
        /// Processes side by side.
        #[arg(long, default_value_t = 1)]
        jobs: usize,
        /// Of so many shares of the bugs, this one: `0/2` is the first half.
        #[arg(long, hide = true, value_parser = share)]
        share: Option<(usize, usize)>,
    },
}

/// Runs what the command line asks for.
#[expect(clippy::print_stdout, reason = "a command line tool")]
pub fn run() -> ExitCode {
    let good = match Args::parse().command {
        What::Run {
            seeds,
            first,
            jobs,
            algorithm,
            json,
        } => {
            let report = if 1 < jobs {
                side_by_side(first, seeds, jobs, algorithm)
            } else {
                alone(first, seeds, algorithm, !json)
            };
            let text = if json {
                serde_json::to_string(&report).unwrap_or_default()
            } else {
                report.print()
            };
            println!("{text}");
            report.clean()
        }
        What::Replay { seed, mutant } => replay(seed, mutant.as_deref()),
        What::Meta { seeds } => meta(seeds),
        What::Days {
            days,
            orders,
            seed,
            json,
        } => {
            let lived = days::live(seed, days, orders);
            let text = if json {
                serde_json::to_string(&lived).unwrap_or_default()
            } else {
                lived.print()
            };
            println!("{text}");
            lived.clean()
        }
        #[cfg(feature = "mutants")]
        What::Mutants { seeds, jobs, .. } if 1 < jobs => mutants_side_by_side(seeds, jobs),
        #[cfg(feature = "mutants")]
        What::Mutants {
            seeds, only, share, ..
        } => mutants(seeds, only.as_deref(), share.unwrap_or((0, 1))),
    };
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Who works in the universes of a run.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Who {
    /// The product.
    Onedeal,
    /// The system that seed.md describes.
    Seed,
    /// Each in the same universes.
    Both,
}

impl Who {
    fn name(self) -> &'static str {
        match self {
            Self::Onedeal => "onedeal",
            Self::Seed => "seed",
            Self::Both => "both",
        }
    }
}

fn alone(first: u64, seeds: u64, who: Who, progress: bool) -> Report {
    let mut report = Report::default();
    for seed in first..first + seeds {
        if who != Who::Seed {
            report.add(universe::live(
                Script::draw(seed),
                Algorithm::Onedeal,
                false,
            ));
        }
        if who != Who::Onedeal {
            report.add_seeds(universe::live(Script::draw(seed), Algorithm::Seed, false));
        }
        if progress && (seed - first + 1).is_multiple_of((seeds / 20).max(1)) {
            eprintln!(
                "{} of {seeds} universes, {} breaches",
                seed - first + 1,
                report.breaches.values().sum::<u64>()
            );
        }
    }
    report
}

/// Several processes, each with its share of the seeds: a universe knows no threads.
fn side_by_side(first: u64, seeds: u64, jobs: u64, who: Who) -> Report {
    let program = std::env::current_exe().expect("this program's path");
    let share = seeds.div_ceil(jobs);
    let children: Vec<_> = (0..jobs)
        .map(|job| {
            let begin = first + job * share;
            let count = share.min((first + seeds).saturating_sub(begin));
            Command::new(&program)
                .args([
                    "run",
                    "--json",
                    "--algorithm",
                    who.name(),
                    "--first",
                    &begin.to_string(),
                    "--seeds",
                    &count.to_string(),
                ])
                .stdout(Stdio::piped())
                .spawn()
                .expect("a process of this program")
        })
        .collect();
    let mut report = Report::default();
    for child in children {
        let output = child
            .wait_with_output()
            .expect("the output of a process of this program");
        report.merge(serde_json::from_slice(&output.stdout).expect("a report"));
    }
    report
}

#[expect(clippy::print_stdout, reason = "a command line tool")]
fn replay(seed: u64, mutant: Option<&str>) -> bool {
    plant(mutant);
    let script = Script::draw(seed);
    println!("{script:#?}");
    let verdict = universe::live(script, Algorithm::Onedeal, true);
    for line in &verdict.trace {
        println!("{line}");
    }
    tell(&verdict);
    verdict.breaches.is_empty()
}

#[expect(clippy::print_stdout, reason = "a command line tool")]
fn tell(verdict: &Verdict) {
    println!("faults: {:?}", verdict.faults);
    println!("fingerprint {}", verdict.fingerprint);
    for breach in &verdict.breaches {
        println!("BROKEN {}: {}", breach.law, breach.what);
    }
}

#[expect(clippy::print_stdout, reason = "a command line tool")]
fn meta(seeds: u64) -> bool {
    for seed in 0..seeds {
        let (one, other) = (
            universe::live(Script::draw(seed), Algorithm::Onedeal, true),
            universe::live(Script::draw(seed), Algorithm::Onedeal, true),
        );
        if one != other {
            let differs = one
                .trace
                .iter()
                .zip(&other.trace)
                .find(|(one, other)| one != other);
            println!("seed {seed} differs: {differs:#?}");
            return false;
        }
    }
    println!("{seeds} universes lived through twice: the same traces");
    true
}

#[cfg(feature = "mutants")]
#[expect(clippy::print_stdout, reason = "a command line tool")]
fn mutants(seeds: usize, only: Option<&str>, (share, shares): (usize, usize)) -> bool {
    use kernel::mutants::{Mutant, plant};
    let mut missed = 0;
    let all = Mutant::ALL
        .iter()
        .enumerate()
        .filter(|(at, it)| only.is_none_or(|only| it.slug() == only) && at % shares == share);
    let mut planted = 0;
    for (_, mutant) in all {
        planted += 1;
        plant(Some(*mutant));
        let scripts = (0..).map(Script::draw).filter(|it| may_show(*mutant, it));
        let found = scripts.take(seeds).find_map(|script| {
            let verdict = universe::live(script, Algorithm::Onedeal, false);
            let seed = verdict.seed;
            verdict.breaches.into_iter().next().map(|it| (seed, it))
        });
        match found {
            Some((seed, breach)) => println!(
                "found   {:<28} seed {seed:<6} {}: {}",
                mutant.slug(),
                breach.law,
                breach.what
            ),
            None => {
                println!(
                    "MISSED  {:<28} in {seeds} universes: {}",
                    mutant.slug(),
                    mutant.about()
                );
                missed += 1;
            }
        }
    }
    plant(None);
    println!("{planted} planted bugs, {missed} missed");
    missed == 0
}

/// Several processes, each with its share of the bugs.
#[cfg(feature = "mutants")]
fn mutants_side_by_side(seeds: usize, jobs: usize) -> bool {
    let program = std::env::current_exe().expect("this program's path");
    let child = |job: usize| {
        let (seeds, share) = (seeds.to_string(), format!("{job}/{jobs}"));
        Command::new(&program)
            .args(["mutants", "--seeds", &seeds, "--share", &share])
            .spawn()
            .expect("a process of this program")
    };
    let children: Vec<_> = (0..jobs).map(child).collect();
    let ended = children.into_iter().map(|mut it| it.wait());
    ended.fold(true, |good, it| good && it.is_ok_and(|it| it.success()))
}

#[cfg(feature = "mutants")]
fn share(text: &str) -> Result<(usize, usize), String> {
    let wrong = || "write it like 0/2".to_owned();
    let (one, of) = text.split_once('/').ok_or_else(wrong)?;
    match (one.parse(), of.parse()) {
        (Ok(one), Ok(of)) if one < of => Ok((one, of)),
        (_, _) => Err(wrong()),
    }
}

/// Bugs that only one kind of trouble brings out are looked for in universes that have it.
#[cfg(feature = "mutants")]
fn may_show(mutant: kernel::mutants::Mutant, script: &Script) -> bool {
    use crate::script::AdminApi;
    use kernel::mutants::Mutant;
    if matches!(mutant, Mutant::TokenBeforeSave | Mutant::RefreshNotSingle) {
        script.app.is_some()
    } else if mutant == Mutant::RestartRestartsDoubt {
        script.storm
    } else if mutant == Mutant::IgnoreMismatch {
        script.rekey
    } else if mutant == Mutant::PoisonPackedAgain {
        script.crowd && script.poison.is_some()
    } else if mutant == Mutant::KeyTwiceInFlight {
        // It shows at once everywhere; where the shop can be asked such a universe takes minutes to give up.
        script.admin == AdminApi::Off && script.mapped.is_none()
    } else if mutant == Mutant::ReferenceToFailed {
        // A create must fail for its content, so that the commands behind it go on without its id.
        0.0 < script.says_duplicate || script.refused.is_some()
    } else if mutant == Mutant::CommentAgain {
        // Only a create that lands later than assumed makes a duplicate that is flagged and commented.
        script.late
    } else if mutant == Mutant::CompanyBlindRetry {
        script.b2b
    } else if mutant == Mutant::HintIgnored {
        script.admin == AdminApi::Single && 0.0 < script.shop.same_second
    } else if mutant == Mutant::MarkBeforePass {
        script.admin == AdminApi::Full
            && 0.0 < script.shop.lost
            && script.shop.api_search_down_ms.is_some()
    } else if matches!(
        mutant,
        Mutant::ChooseWithoutRead
            | Mutant::StartForgetsWishes
            | Mutant::ParkedCreates
            | Mutant::DismissedReturns
    ) {
        0 < script.operator_actions && !script.loses_ledger()
    } else if mutant == Mutant::OverwriteTouched {
        script.mapped.is_some() && 0 < script.people_actions
    } else {
        true
    }
}

#[cfg(feature = "mutants")]
fn plant(slug: Option<&str>) {
    let mutant = slug.and_then(|slug| {
        kernel::mutants::Mutant::ALL
            .iter()
            .find(|it| it.slug() == slug)
    });
    kernel::mutants::plant(mutant.copied());
}

#[cfg(not(feature = "mutants"))]
fn plant(_slug: Option<&str>) {}
