//! From webhook to finished deal on an idle portal, in round trips.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use simulators::bitrix24::PortalConfig;
use store::InlineStore;
use tokio::time::sleep;

use super::{
    order::BenchOrder,
    percentile::{percentile, sorted},
    world::{Appeared, World, in_virtual_time},
};
use crate::{
    exit::{Exit, Exits as _, Failure},
    terminal,
};

/// Help below the flags.
pub const AFTER: &str = "\
One request takes 100 ms, all of it on the way. Time is virtual: it counts round trips and our waits, not this machine's
time. The exit code is 1 if a floor is missed: 3 round trips for a new order, 1 for an update of what Shopify owns, 2 where
the stage has to be read first.

Examples:
  onedeal bench latency
  onedeal bench latency --samples 200 --json";

/// One request, there and back.
const ROUND_TRIP: Duration = Duration::from_millis(100);

/// The pause after which everything of an order was said.
const QUIET: Duration = Duration::from_secs(10);

/// Flags of `bench latency`.
#[derive(Debug, Clone, clap::Args)]
pub struct LatencyArgs {
    /// Orders per kind
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub samples: u64,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What is measured, and what it may cost.
const KINDS: [(&str, f64); 5] = [
    ("new order, new customer", 3.0),
    ("new order, known customer", 3.0),
    ("update of amount and rows", 1.0),
    ("update of the currency alone", 1.0),
    ("update with a stage", 2.0),
];

#[derive(Debug, Serialize)]
struct Row {
    kind: &'static str,
    p50_round_trips: f64,
    p99_round_trips: f64,
    floor: f64,
    met: bool,
}

/// Runs the benchmark; false = a floor is missed.
///
/// # Errors
/// It could not be run.
pub fn run(args: &LatencyArgs) -> Result<bool, Failure> {
    let rows = in_virtual_time(measure(args)).exits(Exit::Bug)?;
    if args.json {
        terminal::print_json(&json!({"time": "virtual", "round_trip_ms": 100, "rows": rows}))?;
    } else {
        terminal::print(&text(&rows))?;
    }
    Ok(rows.iter().all(|it| it.met))
}

fn text(rows: &[Row]) -> String {
    let mut table =
        terminal::table(&["from webhook to finished deal", "p50", "p99", "at most", ""]);
    for row in rows {
        table.add_row(vec![
            row.kind.to_owned(),
            format!("{:.2}", row.p50_round_trips),
            format!("{:.2}", row.p99_round_trips),
            format!("{}", row.floor),
            if row.met { "ok" } else { "MISSED" }.to_owned(),
        ]);
    }
    format!("Round trips to an idle portal, 100 ms each. Time is virtual.\n\n{table}\n")
}

async fn measure(args: &LatencyArgs) -> anyhow::Result<Vec<Row>> {
    let nothing = (0, 0);
    let config = PortalConfig {
        two_phase_ms: nothing,
        command_ms: std::collections::BTreeMap::new(),
        command_ms_default: nothing,
        ..PortalConfig::default()
    };
    let world = World::start(config, ROUND_TRIP).await?;
    let samples = world
        .working(async {
            let mut samples = vec![Vec::new(); KINDS.len()];
            let mut appeared = Appeared::default();
            for n in 0..args.samples {
                one(&world, n, &mut appeared, &mut samples).await?;
            }
            Ok(samples)
        })
        .await?;
    let rows = KINDS.iter().zip(samples).map(|((kind, floor), sample)| {
        let sample = sorted(sample);
        let p50 = percentile(&sample, 0.5);
        Row {
            kind,
            p50_round_trips: p50,
            p99_round_trips: percentile(&sample, 0.99),
            floor: *floor,
            met: p50 <= *floor,
        }
    });
    Ok(rows.collect())
}

/// The life of one customer's two orders.
async fn one(
    world: &World<InlineStore>,
    n: u64,
    appeared: &mut Appeared,
    samples: &mut [Vec<f64>],
) -> anyhow::Result<()> {
    let mut first = BenchOrder::new(2 * n, Some(n));
    pending(&mut first);
    samples[0].push(timed(world, "orders/create", &first, appeared).await?);
    let mut second = BenchOrder::new(2 * n + 1, Some(n));
    pending(&mut second);
    samples[1].push(timed(world, "orders/create", &second, appeared).await?);
    later(&mut first, 1).set("current_total_price", json!("100.00"));
    first.set("current_total_price_set", Value::Null);
    samples[2].push(timed(world, "orders/updated", &first, appeared).await?);
    later(&mut second, 1);
    second.set("currency", json!("USD"));
    samples[3].push(timed(world, "orders/updated", &second, appeared).await?);
    later(&mut second, 2).set("cancelled_at", json!("2026-11-23T12:00:00+01:00"));
    samples[4].push(timed(world, "orders/cancelled", &second, appeared).await?);
    Ok(())
}

fn pending(order: &mut BenchOrder) {
    order.set("financial_status", json!("pending"));
}

/// A later state of the order.
fn later(order: &mut BenchOrder, minutes: u64) -> &mut BenchOrder {
    order.set(
        "updated_at",
        json!(format!("2026-11-23T11:{minutes:02}:00+01:00")),
    )
}

/// Delivers, waits until nothing more is written, and says how many round trips the last write took to show.
async fn timed(
    world: &World<InlineStore>,
    topic: &'static str,
    order: &BenchOrder,
    appeared: &mut Appeared,
) -> anyhow::Result<f64> {
    let posted = world.portal.now_ms();
    world.deliver(topic, order).await?;
    sleep(QUIET).await;
    appeared.read_on(&world.portal);
    anyhow::ensure!(
        posted < appeared.last_ms,
        "nothing was written after {topic}"
    );
    // What is written half-way of the last round trip is answered at its end.
    let half = ROUND_TRIP.as_millis() as f64 / 2.0;
    let took = (appeared.last_ms - posted) as f64 + half;
    Ok(took / ROUND_TRIP.as_millis() as f64)
}
