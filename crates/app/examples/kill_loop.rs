//! Kills the real `onedeal serve` again and again, mostly while a request is on its way to the portal, and proves at the
//! end that every acknowledged order has exactly one deal.
//!
//! Shop and portal are simulated in this process and outlive every kill; the service is a child process, configured by its
//! environment alone, and dies by SIGKILL.

use std::{
    fs::OpenOptions,
    io::Write as _,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, ExitCode, Stdio},
    time::Duration,
};

use anyhow::{Context as _, bail};
use app::demo::{
    self,
    figures::{Figures, figures},
    peers::Peers,
    people::{Pace, People},
    report, rest,
    scale::{self, FaultLevel, Stamina},
    verdict::judge,
};
use clap::Parser;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use store::Db;
use tokio::time::Instant;

/// A process lives at least and at most so long before it is killed.
const LIFE_MS: (u64, u64) = (150, 1_200);

/// How many kills wait for a request to be on its way.
const AIMED_SHARE: f64 = 0.85;

/// How long such a kill waits for one.
const AIM_MAX: Duration = Duration::from_secs(1);

/// The pause between two looks at the ledger.
const LOOK: Duration = Duration::from_millis(3);

/// How long the first start may take.
const READY_MAX: Duration = Duration::from_secs(10);

/// The pause between two steps of people.
const STEP: Duration = Duration::from_millis(20);

/// Orders placed per second, what merchants do per second, deals a manager works on per second.
const PER_SECOND: (f64, f64, f64) = (2.5, 4.0, 0.3);

/// Distinct customers.
const CUSTOMERS: usize = 60;

/// How long everything may take to settle after the last start.
const SETTLE_MAX: Duration = Duration::from_secs(180);

/// How long the ledger must stay at rest to count as settled.
const REST: Duration = Duration::from_secs(2);

/// Answers that must be lost for the run to prove anything, for [`LOST_OF_KILLS`] kills.
const LOST_MIN: u64 = 20;
const LOST_OF_KILLS: u64 = 200;

/// The most orders that are read from the ledger.
const ORDERS_MAX: usize = 100_000;

/// Flags of the loop.
#[derive(Debug, Parser)]
struct Args {
    /// The program to kill
    #[arg(long, default_value = "target/release/onedeal")]
    binary: PathBuf,
    /// How often
    #[arg(long, default_value_t = 200)]
    kills: u64,
    /// Seed of everything that happens by chance
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How badly shop, network and portal behave
    #[arg(long, value_enum, default_value_t = FaultLevel::Hostile)]
    faults: FaultLevel,
    /// No kill happens later than this
    #[arg(long, default_value_t = 15)]
    max_minutes: u64,
}

/// The service under fire.
struct Victim {
    binary: PathBuf,
    folder: PathBuf,
    address: SocketAddr,
    webhook_url: String,
    domain: String,
    secrets: String,
}

/// What the kills hit.
#[derive(Debug, Default)]
struct Kills {
    all: u64,
    with_open_intent: u64,
    open_intents: usize,
}

/// Everybody outside of the service, step by step.
struct World<'a> {
    peers: &'a Peers,
    people: People,
    began: Instant,
    orders: Pace,
    trades: Pace,
    manages: Pace,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("kill loop: {error:#}"));
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> anyhow::Result<bool> {
    let lang = demo::language();
    let folder = tempfile::Builder::new()
        .prefix("onedeal-kill-")
        .tempdir()
        .context("failed to make a temporary folder")?;
    let address = free_address()?;
    let peers = Peers::open(args.seed, CUSTOMERS, address)?;
    let victim = Victim {
        binary: args
            .binary
            .canonicalize()
            .with_context(|| format!("there is no `{}`", args.binary.display()))?,
        folder: folder.path().to_owned(),
        address,
        webhook_url: peers.webhook_url.clone(),
        domain: peers.domain.clone(),
        secrets: peers.secrets.clone(),
    };
    say(demo::time_scale(lang));
    peers.trouble(args.faults, Stamina::ManyLives);
    let mut world = World::new(&peers, args.seed);
    let (kills, last) = kill_again_and_again(args, &victim, &mut world)?;
    say("The last start; faults stop, everything settles …");
    peers.calm();
    let settled = settle(&victim, &peers);
    let ended = end(last);
    let settled = settled?;
    ended?;
    let figures = figures(&peers);
    let verdict = judge(&demo::truths(&peers, world.people));
    let problems = problems(args, &kills, &figures, settled);
    let text = report::report(lang, &figures, &verdict, &problems);
    print(&format!("{}{text}", summary(&kills, &figures)))?;
    let right = verdict.holds() && problems.is_empty();
    if !right {
        let kept = folder.keep();
        say(&format!(
            "The ledger and the log are kept in {}",
            kept.display()
        ));
    }
    Ok(right)
}

fn kill_again_and_again(
    args: &Args,
    victim: &Victim,
    world: &mut World<'_>,
) -> anyhow::Result<(Kills, Child)> {
    let mut rng = ChaCha8Rng::seed_from_u64(args.seed);
    let mut kills = Kills::default();
    let deadline = world.began + Duration::from_secs(60 * args.max_minutes);
    let report_every = (args.kills / 10).max(1);
    // The first process makes the ledger; from then on it can be read beside the others.
    let mut child = victim.start()?;
    victim.wait_until_ready()?;
    while kills.all < args.kills && Instant::now() < deadline {
        let life = Duration::from_millis(rng.random_range(LIFE_MS.0..=LIFE_MS.1));
        world.live(Instant::now() + life);
        world.manage(victim)?;
        if rng.random_bool(AIMED_SHARE) {
            aim(victim, world)?;
        }
        if let Some(status) = child.try_wait()? {
            bail!(
                "the service ended by itself ({status}); its log:\n{}",
                victim.end_of_log()
            );
        }
        // SIGKILL on Unix, to the one process started here.
        child.kill().context("failed to kill the service")?;
        child.wait().context("failed to wait for the service")?;
        let open = open_intents(victim)?;
        kills.all += 1;
        kills.with_open_intent += u64::from(0 < open);
        kills.open_intents += open;
        if kills.all.is_multiple_of(report_every) {
            progress(&kills, world);
        }
        child = victim.start()?;
    }
    Ok((kills, child))
}

/// Waits for a request to be on its way; the connection is closed again before the kill.
fn aim(victim: &Victim, world: &mut World<'_>) -> anyhow::Result<()> {
    let deadline = Instant::now() + AIM_MAX;
    let ledger = victim.ledger()?;
    while Instant::now() < deadline {
        if !ledger.open_intents()?.is_empty() {
            return Ok(());
        }
        world.step();
        std::thread::sleep(LOOK);
    }
    Ok(())
}

/// Waits until nothing is on its way any more, and stays so.
fn settle(victim: &Victim, peers: &Peers) -> anyhow::Result<bool> {
    let deadline = Instant::now() + SETTLE_MAX;
    let mut rests_since = None;
    while Instant::now() < deadline {
        std::thread::sleep(STEP * 10);
        let ledger = victim.ledger()?;
        let busy = rest::unrest(&ledger.find_orders("", ORDERS_MAX)?).busy;
        let rests = peers.under_way() == 0 && busy == 0 && ledger.open_intents()?.is_empty();
        if !rests {
            rests_since = None;
            continue;
        }
        let since = *rests_since.get_or_insert_with(Instant::now);
        if REST <= since.elapsed() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn problems(args: &Args, kills: &Kills, figures: &Figures, settled: bool) -> Vec<String> {
    let lost_min = LOST_MIN * args.kills / LOST_OF_KILLS;
    let checks = [
        (settled, "not everything settled in time"),
        (
            kills.all == args.kills,
            "time ran out before all kills (--max-minutes)",
        ),
        (
            kills.all <= 2 * kills.with_open_intent,
            "fewer than half of the kills met an open intent",
        ),
        (
            lost_min <= figures.lost_answers || args.faults != FaultLevel::Hostile,
            "too few answers were lost to prove anything",
        ),
        (
            figures.forged_accepted == 0,
            "a forged delivery was accepted",
        ),
    ];
    let failed = checks.iter().filter(|(right, _)| !right);
    failed.map(|(_, text)| (*text).to_owned()).collect()
}

fn summary(kills: &Kills, figures: &Figures) -> String {
    format!(
        "\nkills {} · with an open intent {} ({} open intents) · lost answers {} · late landings {} (longest {} ms) · \
         orders {} · deliveries {} · retried {} · given up {}\n",
        kills.all,
        kills.with_open_intent,
        kills.open_intents,
        figures.lost_answers,
        figures.late_landings,
        figures.longest_landing_ms,
        figures.placed,
        figures.acknowledged,
        figures.retried,
        figures.given_up,
    )
}

fn progress(kills: &Kills, world: &World<'_>) {
    let figures = figures(world.peers);
    say(&format!(
        "{:>4} s  kills {} (with an open intent {}) · orders {} · deliveries {} · retried {} · lost answers {} · deals {}",
        world.began.elapsed().as_secs(),
        kills.all,
        kills.with_open_intent,
        figures.placed,
        figures.acknowledged,
        figures.retried,
        figures.lost_answers,
        world.peers.portal.deals().len(),
    ));
}

impl<'a> World<'a> {
    fn new(peers: &'a Peers, seed: u64) -> Self {
        let (orders, trades, manages) = PER_SECOND;
        Self {
            peers,
            people: People::new(seed),
            began: Instant::now(),
            orders: Pace::new(orders, u64::MAX),
            trades: Pace::new(trades, u64::MAX),
            manages: Pace::new(manages, u64::MAX),
        }
    }

    /// Lets everybody do what is due until a point in time.
    fn live(&mut self, until: Instant) {
        while Instant::now() < until {
            self.step();
            std::thread::sleep(STEP);
        }
    }

    fn step(&mut self) {
        let past = self.began.elapsed().as_secs_f64();
        let shop = &self.peers.shop;
        (0..self.orders.due(past)).for_each(|_| self.people.order(shop));
        (0..self.trades.due(past)).for_each(|_| self.people.trade(shop));
    }

    /// Lets the manager work on deals that rest.
    fn manage(&mut self, victim: &Victim) -> anyhow::Result<()> {
        let due = self.manages.due(self.began.elapsed().as_secs_f64());
        if 0 < due {
            let resting = rest::unrest(&victim.ledger()?.find_orders("", ORDERS_MAX)?).resting;
            (0..due).for_each(|_| self.people.manage(&self.peers.portal, &resting));
        }
        Ok(())
    }
}

impl Victim {
    fn start(&self) -> anyhow::Result<Child> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log())?;
        Command::new(&self.binary)
            .arg("serve")
            .current_dir(&self.folder)
            .env_clear()
            .envs([
                ("ONEDEAL_LISTEN", self.address.to_string()),
                (
                    "ONEDEAL_DATABASE",
                    format!("sqlite:{}", self.database().display()),
                ),
                ("ONEDEAL_BITRIX24_WEBHOOK_URL", self.webhook_url.clone()),
                (
                    "ONEDEAL_BITRIX24_RATE",
                    format!("{},{}", scale::PER_SECOND, scale::BURST),
                ),
                (
                    "ONEDEAL_BITRIX24_TIMEOUT_MS",
                    scale::REQUEST_TIMEOUT.as_millis().to_string(),
                ),
                ("ONEDEAL_SETTLE_MS", scale::SETTLE.as_millis().to_string()),
                ("ONEDEAL_SHOP", self.domain.clone()),
                ("ONEDEAL_SHOPIFY_SECRET", self.secrets.clone()),
                ("ONEDEAL_LOG", "json".to_owned()),
                ("RUST_LOG", "warn".to_owned()),
            ])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("failed to start `{}`", self.binary.display()))
    }

    fn wait_until_ready(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + READY_MAX;
        while TcpStream::connect(self.address).is_err() {
            if deadline <= Instant::now() {
                bail!(
                    "the service does not listen; its log:\n{}",
                    self.end_of_log()
                );
            }
            std::thread::sleep(STEP);
        }
        Ok(())
    }

    /// The ledger, read beside the service or after its end.
    fn ledger(&self) -> anyhow::Result<Db> {
        Ok(Db::open_to_read(&self.database())?)
    }

    fn database(&self) -> PathBuf {
        self.folder.join("onedeal.db")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("service.log")
    }

    fn end_of_log(&self) -> String {
        let text = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(20).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

/// How many requests were on their way when the service died: written down, and without an answer.
fn open_intents(victim: &Victim) -> anyhow::Result<usize> {
    Ok(victim.ledger()?.open_intents()?.len())
}

/// Ends the last process, which must still run.
fn end(mut child: Child) -> anyhow::Result<()> {
    if let Some(status) = child.try_wait()? {
        bail!("the last process ended by itself ({status})");
    }
    child.kill().context("failed to end the service")?;
    child.wait().context("failed to wait for the service")?;
    Ok(())
}

/// An address that nobody listens on; the service takes it again and again.
fn free_address() -> anyhow::Result<SocketAddr> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("failed to find a free port")?;
    listener.local_addr().context("failed to read a port")
}

/// A closed stderr is no reason to stop.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn print(text: &str) -> anyhow::Result<()> {
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("failed to write the output")
}
