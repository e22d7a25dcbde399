//! A sender that knows the answers beforehand: no lookups, no ids to wait for, and the portal's own books in its hands.
//!
//! It may have as many requests under way as it likes, but it obeys the same bucket and the same running times, and a
//! command takes its time.

use std::collections::{BTreeMap, VecDeque};

use bitrix24::{
    Batch, Call, Halt, WebhookUrl,
    item::{self, Entity},
};
use serde_json::json;
use service::transport::Transport as _;
use simulators::bitrix24::Portal;
use tokio::{
    task::JoinSet,
    time::{Duration, Instant, sleep},
};

use super::{plan::Plan, report::Drained};
use crate::bench::world::{Appeared, PORTAL_URL, Wire};

/// Running time of one method within ten minutes, in milliseconds (facts §5.2).
const OPERATING_MS: u64 = 480_000;

/// Minutes over which it is summed.
const MINUTES: u64 = 10;

/// Commands shorter than this are not counted (facts §5.2).
const COUNTED_FROM_MS: u64 = 100;

/// The step in which it looks at the books.
const TICK: Duration = Duration::from_millis(100);

/// Sends everything and waits for the last answer.
pub(super) async fn drain(plan: &Plan) -> anyhow::Result<Drained> {
    let portal = Portal::new(plan.portal());
    let wire = Wire::new(&portal, plan.network());
    let url = WebhookUrl::parse(PORTAL_URL)?;
    let mut books = Books::new(plan);
    let began = Instant::now();
    let mut under_way = JoinSet::new();
    let mut orders: VecDeque<u64> = (0..plan.orders).collect();
    while !orders.is_empty() {
        let now = u64::try_from(began.elapsed().as_millis())?;
        let count = books.take(now, orders.len());
        if count == 0 {
            sleep(TICK).await;
            continue;
        }
        let batch = batch(plan, orders.drain(..count))?;
        let (wire, request) = (wire.clone(), url.batch(&batch));
        under_way.spawn(async move { wire.send(request).await.is_ok() });
    }
    while let Some(sent) = under_way.join_next().await {
        anyhow::ensure!(sent?, "a request of the ideal sender was lost");
    }
    let mut appeared = Appeared::default();
    appeared.read_on(&portal);
    let expected = usize::try_from(plan.orders)?;
    anyhow::ensure!(
        appeared.with_rows == expected,
        "the ideal sender made {} of {expected} deals",
        appeared.with_rows
    );
    Ok(Drained::of(plan, &portal, 0, appeared.last_ms, 0))
}

/// Deal and rows of some orders; rows name the id that their deal will have.
fn batch(plan: &Plan, orders: impl Iterator<Item = u64>) -> anyhow::Result<Batch> {
    let mut batch = Batch::new(Halt::AtFirstError);
    for order in orders {
        let order = plan.order(order);
        if plan.contacts {
            batch.push(Call::new(
                "crm.item.add",
                json!({"entityTypeId": 3, "fields": {"name": order.id()}}),
            ))?;
        }
        let fields =
            json!({"title": order.id(), "originId": order.id(), "opportunity": order.total()});
        let fields = fields.as_object().cloned().unwrap_or_default();
        batch.push(item::add(Entity::Deal, fields))?;
        let deal = bitrix24::id_of_command(batch.len() - 1);
        let row = json!({"productName": "Goods", "price": order.total(), "quantity": 1});
        batch.push(Call::new(
            "crm.item.productrow.set",
            json!({"ownerType": "D", "ownerId": deal, "productRows": [row]}),
        ))?;
    }
    Ok(batch)
}

/// The portal's own accounts, kept ahead of it.
struct Books {
    per_second: f64,
    burst: f64,
    level: f64,
    at_ms: u64,
    /// Milliseconds by minute, per method: how long one command takes, how many an order needs.
    methods: Vec<(u64, u64, BTreeMap<u64, u64>)>,
    per_request: usize,
}

impl Books {
    fn new(plan: &Plan) -> Self {
        let commands = usize::try_from(plan.adds() + 1).unwrap_or(usize::MAX);
        Self {
            per_second: plan.per_second,
            burst: plan.burst,
            level: 0.0,
            at_ms: 0,
            methods: vec![
                (plan.add_ms, plan.adds(), BTreeMap::new()),
                (plan.rows_ms, 1, BTreeMap::new()),
            ],
            per_request: bitrix24::BATCH_COMMANDS_MAX / commands,
        }
    }

    /// How many orders the next request may carry now; they are written down.
    fn take(&mut self, now: u64, waiting: usize) -> usize {
        let leaked = (now - self.at_ms) as f64 / 1000.0 * self.per_second;
        self.level = (self.level - leaked).max(0.0);
        self.at_ms = now;
        if self.burst < self.level + 1.0 {
            return 0;
        }
        let minute = now / 60_000;
        let mut orders = self.per_request.min(waiting);
        for (ms, count, spent) in &mut self.methods {
            spent.retain(|at, _| minute < at + MINUTES);
            if COUNTED_FROM_MS <= *ms {
                let free = OPERATING_MS.saturating_sub(spent.values().sum());
                orders = orders.min(usize::try_from(free / *ms / *count).unwrap_or(usize::MAX));
            }
        }
        if orders == 0 {
            return 0;
        }
        self.level += 1.0;
        for (ms, count, spent) in &mut self.methods {
            // What runs over the end of a minute is billed in the next: counted there it is never too early.
            let ends = (now + self.per_request as u64 * (*ms) * *count) / 60_000;
            *spent.entry(ends).or_default() += orders as u64 * *ms * *count;
        }
        orders
    }
}
