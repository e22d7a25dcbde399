//! What a delivery and a finished order cost as the ledger grows, and how long people wait for a list or a search.

use std::{collections::BTreeMap, path::Path, path::PathBuf, sync::Arc, time::Duration};

use serde::Serialize;
use service::clock::SystemClock;
use simulators::bitrix24::PortalConfig;
use store::{SqliteStore, Store as _};
use tokio::time::{Instant, sleep};

use super::{
    filling::fill,
    order::BenchOrder,
    percentile::{percentile, sorted},
    questions::QUESTION_KINDS,
    world::World,
};
use crate::{
    exit::{Exit, Exits as _, Failure},
    terminal,
};

/// Help below the flags.
pub const AFTER: &str = "\
Ledgers of three sizes on the disk are worked on in turn: webhooks are delivered, and new orders are brought to their deals
on a portal that answers at once. Shown is the median of several rounds. Then orders are listed and searched as the dashboard
does it; shown is the slowest of several questions of each kind. The exit code is 1 if the largest ledger costs more than 1.3
times the smallest, or if a question takes more than 100 ms.

Examples:
  onedeal bench growth
  onedeal bench growth --sizes 1000,10000,100000 --rounds 3";

/// The largest ledger may cost so many times the smallest.
const GROWTH_MAX: f64 = 1.3;

/// Nobody waits longer than this for a list or a search, in milliseconds.
const QUESTION_MAX: f64 = 100.0;

/// Questions of each kind.
const QUESTIONS: u64 = 20;

/// Deliveries, and orders, of one round.
const DELIVERIES: u64 = 2_000;
const ORDERS: u64 = 300;

/// Webhooks under way at once.
const AT_ONCE: usize = 64;

/// Numbers of new orders begin here, far above those in the ledger.
const NEW: u64 = 100_000_000;

/// Flags of `bench growth`.
#[derive(Debug, Clone, clap::Args)]
pub struct GrowthArgs {
    /// Orders in the ledgers, the smallest first
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000, 1_000_000])]
    pub sizes: Vec<u64>,
    /// Rounds; the median counts
    #[arg(long, default_value_t = 5)]
    pub rounds: u64,
    /// Folder for the ledgers
    #[arg(long, value_name = "PATH")]
    pub dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    orders: u64,
    delivery_us: f64,
    order_us: f64,
    /// Milliseconds that the slowest question of each kind took.
    questions_ms: BTreeMap<&'static str, f64>,
}

#[derive(Debug, Serialize)]
struct Report {
    rows: Vec<Row>,
    delivery_growth: f64,
    order_growth: f64,
}

/// Runs the benchmark; false = a floor is missed.
///
/// # Errors
/// It could not be run.
pub fn run(args: &GrowthArgs) -> Result<bool, Failure> {
    let report = measure(args).exits(Exit::Storage)?;
    if args.json {
        terminal::print_json(&report)?;
    } else {
        terminal::print(&text(&report))?;
    }
    let waits = report.rows.iter().flat_map(|it| it.questions_ms.values());
    let at_once = waits.copied().all(|it| it <= QUESTION_MAX);
    Ok(report.delivery_growth <= GROWTH_MAX && report.order_growth <= GROWTH_MAX && at_once)
}

fn text(report: &Report) -> String {
    let mut table =
        terminal::table(&["orders in the ledger", "per delivery", "per finished order"]);
    for row in &report.rows {
        table.add_row(vec![
            row.orders.to_string(),
            format!("{:.0} µs", row.delivery_us),
            format!("{:.0} µs", row.order_us),
        ]);
    }
    let mut heads = vec!["slowest question".to_owned()];
    heads.extend(report.rows.iter().map(|it| format!("{} orders", it.orders)));
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let mut questions = terminal::table(&heads);
    let kinds = report.rows.first().map(|it| it.questions_ms.keys());
    for kind in kinds.into_iter().flatten() {
        let times = report.rows.iter().map(|it| it.questions_ms.get(kind));
        let times = times.map(|it| format!("{:.1} ms", it.copied().unwrap_or_default()));
        questions.add_row([(*kind).to_owned()].into_iter().chain(times));
    }
    format!(
        "{table}\n\n{questions}\n\nthe largest beside the smallest: {:.2} per delivery, {:.2} per order  (at most {GROWTH_MAX}; a question at most {QUESTION_MAX} ms)\n",
        report.delivery_growth, report.order_growth
    )
}

fn measure(args: &GrowthArgs) -> anyhow::Result<Report> {
    let folder = match &args.dir {
        Some(dir) => tempfile::Builder::new()
            .prefix("onedeal-bench-")
            .tempdir_in(dir)?,
        None => tempfile::Builder::new()
            .prefix("onedeal-bench-")
            .tempdir()?,
    };
    let path = |size: &u64| folder.path().join(format!("{size}.db"));
    for size in &args.sizes {
        let bar = super::bar("filling a ledger");
        fill(&path(size), *size, &bar)?;
        bar.finish_and_clear();
    }
    let bar = super::spinner("measuring");
    let mut samples = vec![(Vec::new(), Vec::new()); args.sizes.len()];
    for round in 0..args.rounds {
        for (size, (deliveries, orders)) in args.sizes.iter().zip(&mut samples) {
            bar.set_message(format!(
                "round {} of {}: {size} orders",
                round + 1,
                args.rounds
            ));
            let (delivery, order) = costs(&path(size), *size, round)?;
            deliveries.push(delivery);
            orders.push(order);
        }
    }
    let mut questions = Vec::new();
    for size in &args.sizes {
        bar.set_message(format!("questions: {size} orders"));
        questions.push(asked(&path(size), *size)?);
    }
    bar.finish_and_clear();
    let median = |sample: Vec<f64>| percentile(&sorted(sample), 0.5);
    let rows = args.sizes.iter().zip(samples).zip(questions).map(
        |((size, (deliveries, orders)), questions_ms)| Row {
            orders: *size,
            delivery_us: median(deliveries),
            order_us: median(orders),
            questions_ms,
        },
    );
    let rows: Vec<Row> = rows.collect();
    let growth = |of: fn(&Row) -> f64| match (rows.first(), rows.last()) {
        (Some(first), Some(last)) => of(last) / of(first).max(0.001),
        (_, _) => 1.0,
    };
    Ok(Report {
        delivery_growth: growth(|it| it.delivery_us),
        order_growth: growth(|it| it.order_us),
        rows,
    })
}

/// A service on this ledger, and a portal that answers at once.
async fn open(path: &Path) -> anyhow::Result<World<SqliteStore>> {
    let config = PortalConfig {
        per_second: 1e6,
        burst: 1e6,
        two_phase_ms: (0, 0),
        command_ms: BTreeMap::new(),
        command_ms_default: (0, 0),
        ..PortalConfig::default()
    };
    let (store, clock) = (SqliteStore::open(path)?, Arc::new(SystemClock::new()));
    World::open(store, clock, config, Duration::ZERO).await
}

/// Milliseconds that the slowest question of each kind takes.
fn asked(path: &Path, size: u64) -> anyhow::Result<BTreeMap<&'static str, f64>> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let world = open(path).await?;
            let mut slowest = BTreeMap::new();
            for n in 0..QUESTIONS {
                // All over the ledger.
                let at = (n * 7_919 + 1) * (size / QUESTIONS).max(1) % size;
                for kind in QUESTION_KINDS {
                    let began = Instant::now();
                    let found = world.ask(kind, at).await?;
                    let took = began.elapsed().as_secs_f64() * 1e3;
                    anyhow::ensure!(0 < found, "the question `{kind}` found nothing");
                    let known: &mut f64 = slowest.entry(kind).or_default();
                    *known = known.max(took);
                }
            }
            world.store().stopped_cleanly().await?;
            Ok(slowest)
        })
}

/// Microseconds per delivery and per finished order.
fn costs(path: &Path, size: u64, round: u64) -> anyhow::Result<(f64, f64)> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let world = open(path).await?;
            let delivery = deliveries(&world, size, round).await?;
            let order = orders(&world, round).await?;
            // The next start must not read the whole ledger through beside what is measured.
            world.store().stopped_cleanly().await?;
            Ok((delivery, order))
        })
}

/// Webhooks about orders all over the ledger that change nothing of them; they are only stored.
async fn deliveries(world: &World<SqliteStore>, size: u64, round: u64) -> anyhow::Result<f64> {
    use futures_util::{StreamExt as _, TryStreamExt as _, stream};
    // Far from each other, and different in each round.
    let step = (size / DELIVERIES).max(1);
    let old: Vec<BenchOrder> = (0..DELIVERIES)
        .map(|it| BenchOrder::new((it * step + round) % size, Some(it)).fulfilled())
        .collect();
    let began = Instant::now();
    stream::iter(&old)
        .map(|it| world.deliver("fulfillments/create", it))
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(began.elapsed().as_secs_f64() * 1e6 / DELIVERIES as f64)
}

/// New orders, from their webhook to their deal.
async fn orders(world: &World<SqliteStore>, round: u64) -> anyhow::Result<f64> {
    world
        .working_at_once(async {
            let began = Instant::now();
            for n in 0..ORDERS {
                let order =
                    BenchOrder::new(NEW + round * ORDERS + n, Some(NEW + round * ORDERS + n));
                world.deliver("orders/create", &order).await?;
            }
            let mut appeared = super::world::Appeared::default();
            while appeared.with_rows < ORDERS as usize {
                sleep(Duration::from_millis(1)).await;
                appeared.read_on(&world.portal);
            }
            Ok(began.elapsed().as_secs_f64() * 1e6 / ORDERS as f64)
        })
        .await
}
