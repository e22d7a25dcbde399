//! Days in the life of a shop whose webhooks get lost, come late or come twice: what is missing in the end, and how late the
//! news was.

mod delays;

use std::time::Duration;

use rand::RngExt as _;
use serde::Serialize;
use simulators::{bitrix24, shopify::ShopFaults};

use self::delays::{Delays, Spread};
use crate::{
    laws::Verdict,
    script::{
        AdminApi, After, Crash, CrashAt, INDEX_LAG_MS, LAG_MS, LANDING_MS, NetworkFaults, Script,
    },
    universe::{People, live_with},
    world::{Algorithm, World},
};

/// Of the webhooks, this share is lost for good, and as many come late and come twice.
const UNRELIABLE: f64 = 0.02;

/// A late webhook is late by so much, in milliseconds.
const LATE_MS: (u64, u64) = (60_000, 4 * 3_600_000);

/// Of the answers on the way to either peer, this share is lost.
const LOST_ANSWERS: f64 = 0.005;

/// A cost bucket that fills so slowly that passes with much to read are throttled.
const COST_BUCKET: (f64, f64) = (1_000.0, 1.0);

/// What happens to an order after it was placed.
const CHANGES_EACH: usize = 3;

/// How often somebody removes all webhook subscriptions.
const UNSUBSCRIBED: u32 = 2;

/// How often the process dies.
const CRASHES: u64 = 4;

/// What was seen.
#[derive(Debug, Serialize)]
pub struct Days {
    /// The seed.
    pub seed: u64,
    /// How many days.
    pub days: u64,
    /// Orders placed.
    pub orders: u64,
    /// Webhooks queued; repetitions are counted apart.
    pub webhooks: u64,
    /// Of them: never delivered.
    pub lost: u64,
    /// Of them: late.
    pub late: u64,
    /// Of them: delivered twice.
    pub repeated: u64,
    /// Subscriptions that somebody removed; one that is not made again breaks a law.
    pub unsubscribed: u64,
    /// Queries that the shop throttled.
    pub throttled: u64,
    /// Orders without a deal at rest.
    pub orders_lost: u64,
    /// Orders whose deal says an older amount at rest.
    pub orders_stale: u64,
    /// Orders with two deals at rest.
    pub orders_doubled: u64,
    /// From a change in the shop to the ledger, where a webhook brought it.
    pub by_webhook: Spread,
    /// The same where the Admin API told it.
    pub by_admin: Spread,
    /// From a change in the shop to the deal that says it.
    pub to_deal: Spread,
    /// What broke a law.
    pub breaches: Vec<String>,
}

/// Lives through these days and looks at what is there at their end.
pub fn live(seed: u64, days: u64, orders: usize) -> Days {
    let script = script(seed, days, orders);
    let (verdict, (delays, webhooks, unsubscribed)) =
        live_with(script, Algorithm::Onedeal, false, people, async |world| {
            let webhooks = world.shop.stats().deliveries.values().sum();
            (Delays::of(world).await, webhooks, world.unsubscribed())
        });
    report(verdict, &delays, (webhooks, unsubscribed), days)
}

fn script(seed: u64, days: u64, orders: usize) -> Script {
    let network = NetworkFaults {
        lost: LOST_ANSWERS,
        delay_ms: 200,
        ..NetworkFaults::default()
    };
    let crash = |n: u64| Crash {
        at: CrashAt::Write(n * orders as u64 / CRASHES + 1),
        down_ms: 20_000,
        after: After::Restart,
    };
    Script {
        orders,
        customers: (orders / 3).max(1),
        merchant_actions: orders * CHANGES_EACH,
        people_actions: 0,
        busy: Duration::from_secs(days * 86_400),
        timeout: Duration::from_secs(70),
        portal: bitrix24::Faults {
            max_landing_ms: LANDING_MS,
            max_lag_ms: LAG_MS,
            ..bitrix24::Faults::normal()
        },
        shop: ShopFaults {
            lost: UNRELIABLE,
            late: UNRELIABLE,
            late_ms: LATE_MS,
            duplicate_same_id: UNRELIABLE / 2.0,
            duplicate_new_id: UNRELIABLE / 2.0,
            index_lag_ms: (0, INDEX_LAG_MS - 1),
            ..ShopFaults::normal()
        },
        network,
        shop_network: network,
        crashes: (1..=CRASHES).map(crash).collect(),
        admin: AdminApi::Full,
        cost_bucket: COST_BUCKET,
        ..Script::quiet(seed)
    }
}

fn people(world: &World) -> People {
    let mut people = People::new();
    people.spawn(merchant(world.clone()));
    people.spawn(owner(world.clone()));
    people
}

/// Places orders and works on those that are there, evenly over the days.
async fn merchant(world: World) {
    let mut rng = world.chance(1);
    let (orders, changes) = (world.script.orders, world.script.merchant_actions);
    let mut left = orders;
    for step in 0..orders + changes {
        let steps_left = orders + changes - step;
        if rng.random_range(0..steps_left) < left {
            left -= 1;
            world.shop.place_order();
        } else {
            world.shop.act();
        }
        tokio::time::sleep(world.moment(&mut rng, orders + changes)).await;
    }
}

/// Removes all subscriptions, evenly over the days.
async fn owner(world: World) {
    for _ in 0..UNSUBSCRIBED {
        tokio::time::sleep(world.script.busy / (UNSUBSCRIBED + 1)).await;
        world.unsubscribe_all();
    }
}

fn report(
    verdict: Verdict,
    delays: &Delays,
    (webhooks, unsubscribed): (u64, u64),
    days: u64,
) -> Days {
    let fault = |name: &str| verdict.faults.get(name).copied().unwrap_or_default();
    let count = |name: &str| verdict.tally.get(name).copied().unwrap_or_default();
    Days {
        seed: verdict.seed,
        days,
        orders: count("orders"),
        webhooks,
        lost: fault("shop lost"),
        late: fault("shop late"),
        repeated: fault("shop duplicate_same_id") + fault("shop duplicate_new_id"),
        unsubscribed,
        throttled: fault("shop api_throttled"),
        orders_lost: count("orders lost"),
        orders_stale: count("orders with a stale amount"),
        orders_doubled: count("orders with duplicates at rest"),
        by_webhook: Spread::of(&delays.by_webhook),
        by_admin: Spread::of(&delays.by_admin),
        to_deal: Spread::of(&delays.to_deal),
        breaches: (verdict.breaches.iter())
            .map(|it| format!("{}: {}", it.law, it.what))
            .collect(),
    }
}

impl Days {
    /// Nothing is missing, old or doubled, and there was something to survive.
    pub fn clean(&self) -> bool {
        let hard = [
            self.lost,
            self.late,
            self.repeated,
            self.throttled,
            self.by_admin.count,
        ];
        let harm = self.orders_lost + self.orders_stale + self.orders_doubled;
        harm == 0 && self.breaches.is_empty() && hard.iter().all(|it| 0 < *it)
    }

    /// The table that people read.
    pub fn print(&self) -> String {
        let mut text = format!("{} days of a shop, seed {}\n", self.days, self.seed);
        let mut line = |name: &str, value: String| text.push_str(&format!("  {name:<46}{value}\n"));
        line("orders", self.orders.to_string());
        line(
            "webhooks",
            format!(
                "{}: {} lost, {} late by up to 4 h, {} repeated",
                self.webhooks, self.lost, self.late, self.repeated
            ),
        );
        line(
            "subscriptions removed and made again",
            self.unsubscribed.to_string(),
        );
        line(
            "queries that the shop throttled",
            self.throttled.to_string(),
        );
        line("change to ledger, by webhook", self.by_webhook.words());
        line("change to ledger, by the Admin API", self.by_admin.words());
        line("change to deal", self.to_deal.words());
        line(
            "at rest: orders lost, stale, doubled",
            format!(
                "{}, {}, {}",
                self.orders_lost, self.orders_stale, self.orders_doubled
            ),
        );
        line("laws broken", self.breaches.len().to_string());
        for breach in &self.breaches {
            text.push_str(&format!("    {breach}\n"));
        }
        text
    }
}
