//! How fast a backlog becomes deals: ours, the portal's limit, an ideal sender, and seed.md's algorithm.

mod ideal;
mod limit;
mod plan;
mod report;
mod seed;

use std::time::Duration;

use simulators::bitrix24::Portal;
use store::InlineStore;
use tokio::time::sleep;

use self::{
    plan::Plan,
    report::{Drained, Report},
};
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
Time is virtual: it counts the portal's time and our waits, not this machine's. `bench intake` and `bench growth` measure
the machine. The exit code is 1 if a floor is missed: 0.9 of the portal's own limit, 0.95 of an ideal sender, 0.15 requests
per order, 1 % of requests refused for their number.

Examples:
  onedeal bench drain
  onedeal bench drain --orders 2000 --add-ms 250
  onedeal bench drain --orders 1000 --contacts --json";

/// While a backlog drains, one new order comes this often.
const FRESH_EVERY: Duration = Duration::from_secs(30);

/// The portal is looked at this often.
const TICK: Duration = Duration::from_millis(500);

/// A drain that takes longer has failed.
const GIVE_UP: Duration = Duration::from_secs(14 * 86_400);

/// Flags of `bench drain`.
#[derive(Debug, Clone, clap::Args)]
pub struct DrainArgs {
    /// Orders that wait
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=200_000))]
    pub orders: u64,
    /// Requests per second and burst of the portal's plan
    #[arg(long, default_value = "2,50", value_parser = plan::rate)]
    pub rate: (f64, f64),
    /// Server time of one crm.item.add, in milliseconds
    #[arg(long, default_value_t = 100)]
    pub add_ms: u64,
    /// Server time of one crm.item.productrow.set, in milliseconds
    #[arg(long, default_value_t = 80)]
    pub rows_ms: u64,
    /// Server time of one crm.item.list, in milliseconds
    #[arg(long, default_value_t = 20)]
    pub list_ms: u64,
    /// Network time of one request, there and back, in milliseconds
    #[arg(long, default_value_t = 40)]
    pub network_ms: u64,
    /// Each order has a customer of its own, who becomes a contact
    #[arg(long)]
    pub contacts: bool,
    /// Leave seed.md's algorithm out
    #[arg(long)]
    pub without_seed: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the benchmark; false = a floor is missed.
///
/// # Errors
/// It could not be run.
pub fn run(args: &DrainArgs) -> Result<bool, Failure> {
    let plan = Plan::of(args);
    let report = measure(args, &plan).exits(Exit::Bug)?;
    if args.json {
        terminal::print_json(&report)?;
    } else {
        terminal::print(&report.text())?;
    }
    Ok(report.met())
}

/// Measures everything, one after the other.
///
/// # Errors
/// It could not be run.
fn measure(args: &DrainArgs, plan: &Plan) -> anyhow::Result<Report> {
    let bar = super::spinner("draining: onedeal");
    let ours = in_virtual_time(onedeal(plan))?;
    bar.set_message("draining: an ideal sender");
    let ideal = in_virtual_time(ideal::drain(plan))?;
    let seed = if args.without_seed {
        None
    } else {
        bar.set_message("draining: seed.md's algorithm");
        Some(in_virtual_time(seed::drain(plan))?)
    };
    bar.finish_and_clear();
    Ok(Report::new(plan, ours, ideal, seed))
}

async fn onedeal(plan: &Plan) -> anyhow::Result<Drained> {
    let world = World::start(plan.portal(), plan.network()).await?;
    let (mut appeared, mut fresh) = (Appeared::default(), Vec::new());
    let (began_ms, before) = world
        .working(async {
            let began = (world.portal.now_ms(), world.portal.stats().requests);
            for n in 0..plan.orders {
                world.deliver("orders/create", &plan.order(n)).await?;
            }
            wait(&world, plan, &mut appeared, &mut fresh).await?;
            Ok(began)
        })
        .await?;
    check(plan, &world.portal, &appeared, fresh.len())?;
    let waits = fresh.iter().filter_map(|(order, posted)| {
        let shown = appeared.created.get(&order.id())?.first()?;
        Some(shown.saturating_sub(*posted) as f64 / 1000.0)
    });
    let waits = sorted(waits.collect());
    let mut drained = Drained::of(plan, &world.portal, began_ms, appeared.last_ms, before);
    drained.fresh_orders = waits.len();
    drained.fresh_p50_s = percentile(&waits, 0.5);
    drained.fresh_max_s = percentile(&waits, 1.0);
    Ok(drained)
}

/// Waits until everything is done, while new orders come in.
async fn wait(
    world: &World<InlineStore>,
    plan: &Plan,
    appeared: &mut Appeared,
    fresh: &mut Vec<(BenchOrder, u64)>,
) -> anyhow::Result<()> {
    let began = tokio::time::Instant::now();
    let mut next = FRESH_EVERY;
    while began.elapsed() < GIVE_UP {
        appeared.read_on(&world.portal);
        let backlog = plan.orders as usize + fresh.len();
        if backlog <= appeared.with_rows {
            return Ok(());
        }
        // Nothing new towards the end: the last fresh order must not be what is measured.
        if next <= began.elapsed() && appeared.with_rows < plan.orders as usize * 9 / 10 {
            next += FRESH_EVERY;
            let order = plan.order(plan.orders + fresh.len() as u64);
            world.deliver("orders/create", &order).await?;
            fresh.push((order, world.portal.now_ms()));
        }
        sleep(TICK).await;
    }
    anyhow::bail!(
        "the backlog did not drain: {} of {} deals",
        appeared.with_rows,
        plan.orders
    )
}

/// Every order has exactly one deal, with its amount and its rows.
fn check(plan: &Plan, portal: &Portal, appeared: &Appeared, fresh: usize) -> anyhow::Result<()> {
    let expected = plan.orders as usize + fresh;
    anyhow::ensure!(
        appeared.created.len() == expected && appeared.created.values().all(|it| it.len() == 1),
        "{} orders have {} deals",
        expected,
        appeared.created.values().map(Vec::len).sum::<usize>()
    );
    let total: rust_decimal::Decimal = plan.order(0).total().parse()?;
    for deal in portal.deals() {
        let rows: rust_decimal::Decimal = deal.rows.iter().map(|it| it.price * it.quantity).sum();
        anyhow::ensure!(
            deal.opportunity == total && rows == total,
            "deal {} shows {} and rows of {rows}, not {total}",
            deal.id,
            deal.opportunity
        );
    }
    Ok(())
}
