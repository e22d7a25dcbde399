//! What the running service takes: memory, time to start, room on the disk.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use anyhow::Context as _;
use serde::Serialize;
use tokio::time::Instant;

use super::{
    filling::fill,
    order::{SECRET, SHOP},
};
use crate::{
    exit::{Exit, Exits as _, Failure},
    terminal,
};

/// Help below the flags.
pub const AFTER: &str = "\
The real service is started on this machine, first on an empty ledger, then on one with many finished orders whose bodies
are past retention. Ready means that /readyz answers 200. The exit code is 1 if a floor is missed: 60 MB idle, 150 MB and
100 ms with a million orders.

Examples:
  onedeal bench footprint
  onedeal bench footprint --orders 100000 --json";

/// Floors of the product.
const IDLE_MAX_MB: f64 = 60.0;
const FULL_MAX_MB: f64 = 150.0;
const READY_MAX_MS: f64 = 100.0;

/// Memory is read after so long.
const SETTLED: Duration = Duration::from_secs(3);

/// A service that is not ready by then has failed.
const GIVE_UP: Duration = Duration::from_secs(60);

/// Starts that are measured; the median counts.
const STARTS: usize = 5;

/// Flags of `bench footprint`.
#[derive(Debug, Clone, clap::Args)]
pub struct FootprintArgs {
    /// Orders in the large ledger
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub orders: u64,
    /// Folder for the ledgers
    #[arg(long, value_name = "PATH")]
    pub dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Serialize)]
struct Report {
    orders: u64,
    binary_mb: f64,
    idle_mb: f64,
    full_mb: f64,
    ready_empty_ms: f64,
    ready_full_ms: f64,
    ledger_mb: f64,
}

impl Report {
    fn met(&self) -> bool {
        self.idle_mb < IDLE_MAX_MB
            && self.full_mb < FULL_MAX_MB
            && self.ready_full_ms <= READY_MAX_MS
    }

    fn text(&self) -> String {
        let orders = self.orders;
        terminal::facts(&[
            (
                "memory, idle",
                format!("{:.1} MB  (under {IDLE_MAX_MB})", self.idle_mb),
            ),
            (
                "memory, large ledger",
                format!(
                    "{:.1} MB with {orders} orders  (under {FULL_MAX_MB})",
                    self.full_mb
                ),
            ),
            (
                "start to ready, new ledger",
                format!("{:.0} ms", self.ready_empty_ms),
            ),
            (
                "start to ready, large ledger",
                format!("{:.0} ms  (at most {READY_MAX_MS})", self.ready_full_ms),
            ),
            ("large ledger on disk", format!("{:.0} MB", self.ledger_mb)),
            ("binary", format!("{:.1} MB", self.binary_mb)),
        ])
    }
}

/// Runs the benchmark; false = a floor is missed.
///
/// # Errors
/// It could not be run.
pub fn run(args: &FootprintArgs) -> Result<bool, Failure> {
    let report = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .exits(Exit::Bug)
        .and_then(|it| it.block_on(async { measure(args) }).exits(Exit::Storage));
    let report = report?;
    if args.json {
        terminal::print_json(&report)?;
    } else {
        terminal::print(&report.text())?;
    }
    Ok(report.met())
}

fn measure(args: &FootprintArgs) -> anyhow::Result<Report> {
    let folder = match &args.dir {
        Some(dir) => tempfile::Builder::new()
            .prefix("onedeal-bench-")
            .tempdir_in(dir)?,
        None => tempfile::Builder::new()
            .prefix("onedeal-bench-")
            .tempdir()?,
    };
    let (empty, full) = (
        folder.path().join("empty.db"),
        folder.path().join("full.db"),
    );
    let bar = super::bar("filling a ledger");
    let (filled, orders) = (full.clone(), args.orders);
    let fill_bar = bar.clone();
    std::thread::spawn(move || fill(&filled, orders, &fill_bar))
        .join()
        .map_err(|_| anyhow::anyhow!("the ledger could not be filled"))??;
    bar.finish_and_clear();
    let bar = super::spinner("starting the service");
    let (ready_empty_ms, idle_mb) = started(&empty)?;
    let (ready_full_ms, full_mb) = started(&full)?;
    bar.finish_and_clear();
    Ok(Report {
        orders: args.orders,
        binary_mb: megabytes(std::fs::metadata(std::env::current_exe()?)?.len()),
        idle_mb,
        full_mb,
        ready_empty_ms,
        ready_full_ms,
        ledger_mb: megabytes(std::fs::metadata(&full)?.len()),
    })
}

/// Median time to ready in milliseconds, and memory in megabytes once it has settled.
fn started(database: &Path) -> anyhow::Result<(f64, f64)> {
    // The first start makes the ledger.
    Running::start(database)?.stop()?;
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let running = Running::start(database)?;
        times.push(running.ready_ms);
        running.stop()?;
    }
    let running = Running::start(database)?;
    sleep(SETTLED);
    let memory = running.memory_mb()?;
    running.stop()?;
    let times = super::percentile::sorted(times);
    Ok((super::percentile::percentile(&times, 0.5), memory))
}

/// A service in a process of its own.
struct Running {
    child: Child,
    ready_ms: f64,
}

impl Running {
    fn start(database: &Path) -> anyhow::Result<Self> {
        // Free a moment ago; nobody else on this machine is in such a hurry.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let began = Instant::now();
        let child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .env_clear()
            .env("ONEDEAL_LISTEN", address.to_string())
            .env("ONEDEAL_DATABASE", format!("sqlite:{}", database.display()))
            .env("ONEDEAL_SHOP", SHOP)
            .env("ONEDEAL_SHOPIFY_SECRET", SECRET)
            // Nobody listens there: the service waits for its portal.
            .env(
                "ONEDEAL_BITRIX24_WEBHOOK_URL",
                "http://127.0.0.1:9/rest/1/nobody/",
            )
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("failed to start the service")?;
        let mut running = Self {
            child,
            ready_ms: 0.0,
        };
        while !is_ready(address) {
            if let Some(status) = running.child.try_wait()? {
                anyhow::bail!("the service ended: {status}");
            }
            anyhow::ensure!(began.elapsed() < GIVE_UP, "the service is not ready");
            sleep(Duration::from_millis(1));
        }
        running.ready_ms = began.elapsed().as_secs_f64() * 1000.0;
        Ok(running)
    }

    fn memory_mb(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|it| it.split_whitespace().next());
        let kilobytes: u64 = kilobytes.context("no VmRSS")?.parse()?;
        Ok(megabytes(kilobytes * 1024))
    }

    /// Stops it the way a service manager does.
    fn stop(mut self) -> anyhow::Result<()> {
        let pid = i32::try_from(self.child.id())?;
        let pid = rustix::process::Pid::from_raw(pid).context("a process id")?;
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already unless something went wrong.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_ready(address: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else {
        return false;
    };
    let asked =
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n");
    let mut answer = String::new();
    asked.is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}
