//! `onedeal demo`: a simulated shop and a simulated portal, and the real service between them over real HTTP.
//!
//! The service is the one that `onedeal serve` runs, with its ledger on disk. The verdict compares the shop's own
//! knowledge with what the portal holds; what the service believes is not asked.

pub mod figures;
mod live;
pub mod peers;
pub mod people;
pub mod report;
pub mod rest;
pub mod road;
pub mod scale;
pub mod verdict;

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use kernel::{LedgerId, ShopDomain, mapping::Mapping, rules::Rules};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use service::{
    Parts, Service,
    clock::SystemClock,
    http::AdminAccess,
    portal::{Credential, PortalSettings},
    transport::HttpTransport,
};
use shopify::signature::Secrets;
use store::{Counts, SqliteStore, Store as _};
use tokio::time::{Instant, MissedTickBehavior, interval};

use self::{
    figures::{Figures, figures},
    live::Live,
    peers::Peers,
    people::{Pace, People},
    scale::{FaultLevel, Stamina},
    verdict::{Truths, Verdict, judge},
};
use crate::{entropy, lang::Lang, terminal};

/// The run looks around this often.
const TICK: Duration = Duration::from_millis(100);

/// The summary is renewed, and the ledger asked, on every so many ticks.
const LOOK_TICKS: u64 = 4;

/// The part of the time in which orders are placed; merchants and faults go on for [`TROUBLE_SHARE`].
const PLACING_SHARE: f64 = 0.3;

/// The part of the time after which faults stop and everything settles.
const TROUBLE_SHARE: f64 = 0.4;

/// What merchants do, per order placed.
const ACTIONS_PER_ORDER: f64 = 1.5;

/// Deals a manager works on, per order placed.
const MANAGED_PER_ORDER: f64 = 0.1;

/// Orders per customer, so that many customers come again.
const ORDERS_PER_CUSTOMER: u64 = 4;

/// The most orders of one run: more than a minute can carry.
const ORDERS_MAX: u64 = 100_000;

/// Flags of the demonstration.
#[derive(Debug, Clone, clap::Args)]
pub struct DemoArgs {
    /// Orders to place
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=ORDERS_MAX))]
    pub orders: u64,
    /// How badly shop, network and portal behave
    #[arg(long, value_enum, default_value_t = FaultLevel::Hostile)]
    pub faults: FaultLevel,
    /// Cap on the whole run, in seconds
    #[arg(long, default_value_t = 85, value_parser = clap::value_parser!(u64).range(10..=3_600))]
    pub seconds: u64,
    /// Seed of everything that happens by chance
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Go on serving after the verdict, until Ctrl-C
    #[arg(long)]
    pub keep_running: bool,
    /// Print the verdict as JSON
    #[arg(long)]
    pub json: bool,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Outcome<'a> {
    right: bool,
    seconds: f64,
    figures: &'a Figures,
    verdict: &'a Verdict,
    problems: &'a [String],
}

/// How a run ended.
struct Ended {
    elapsed: Duration,
    figures: Figures,
    verdict: Verdict,
    problems: Vec<String>,
}

impl Ended {
    fn right(&self) -> bool {
        self.verdict.holds() && self.problems.is_empty()
    }
}

/// Runs the demonstration; false = the verdict is not right.
///
/// # Errors
/// No port, folder or thread is to be had, or the service failed.
pub async fn run(args: DemoArgs) -> anyhow::Result<bool> {
    let lang = language();
    let folder = tempfile::Builder::new()
        .prefix("onedeal-demo-")
        .tempdir()
        .context("failed to make a temporary folder")?;
    let database = folder.path().join("onedeal.db");
    let (listener, address) = peers::listen().await?;
    let customers = usize::try_from(args.orders / ORDERS_PER_CUSTOMER)?.max(1);
    let peers = Peers::open(args.seed, customers, address)?;
    let service = Service::start(parts(&peers, &database, args.seed)?).await?;
    let live = Live::new(lang, args.orders);
    live.say(&opening(lang, &args, &format!("http://{address}")));
    let seed = entropy::bytes().map_err(|it| it.error)?;
    let routes = service.router().merge(service.dashboard(seed, None));
    let serving = axum::serve(listener, routes);
    let play = Box::pin(play(&args, lang, &peers, service.store(), live));
    let ended = tokio::select! {
        biased;
        ended = play => ended?,
        failed = serving.into_future() => anyhow::bail!("the web server ended: {failed:?}"),
        () = Box::pin(service.run(std::future::pending())) => anyhow::bail!("the service stopped working"),
    };
    if !ended.right() {
        let kept = folder.keep();
        let words = lang.say("the ledger is kept in", "журнал сохранён в");
        terminal::print(&format!("{words} {}\n", kept.display())).map_err(|it| it.error)?;
    }
    Ok(ended.right())
}

/// The language that the environment asks for; no settings are read.
pub fn language() -> Lang {
    let texts = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Lang::of(&texts.collect())
}

/// Settings in scaled time, for a service of its own.
fn parts(
    peers: &Peers,
    database: &Path,
    seed: u64,
) -> anyhow::Result<Parts<SqliteStore, HttpTransport>> {
    let shop = ShopDomain::parse(&peers.domain)?;
    let secrets = Secrets::parse(&peers.secrets)?;
    let ledger = format!("demo-{:016x}", ChaCha8Rng::seed_from_u64(seed).next_u64());
    Ok(Parts {
        store: SqliteStore::open(database)?,
        transport: HttpTransport::new()?,
        clock: Arc::new(SystemClock::new()),
        fresh_ledger: LedgerId::new(&ledger),
        portal: PortalSettings {
            credential: Credential::Webhook(bitrix24::WebhookUrl::parse(&peers.webhook_url)?),
            per_second: scale::PER_SECOND,
            burst: scale::BURST,
            timeout: scale::REQUEST_TIMEOUT,
        },
        shops: BTreeMap::from([(shop, secrets)]),
        rules: Rules {
            settle: scale::SETTLE,
        },
        mapping: Mapping::default(),
        admin: AdminAccess::LoopbackOnly,
        shopify: None,
    })
}

/// Everything that happens around the service, from the first order to the verdict.
async fn play(
    args: &DemoArgs,
    lang: Lang,
    peers: &Peers,
    store: &SqliteStore,
    mut live: Live,
) -> anyhow::Result<Ended> {
    let began = Instant::now();
    let cap = Duration::from_secs(args.seconds);
    let people = trouble(args, peers, store, &mut live, began).await?;
    live.say(lang.say(
        "Faults stop, everything settles …",
        "Сбои кончились, всё успокаивается …",
    ));
    peers.calm();
    let settled = settle(args, peers, store, &mut live, began + cap).await?;
    live.end();
    let figures = figures(peers);
    let verdict = judge(&truths(peers, people));
    let mut problems = Vec::new();
    if !settled {
        problems.push(
            lang.say(
                "time ran out before everything had settled (--seconds)",
                "время вышло раньше, чем всё успокоилось (--seconds)",
            )
            .to_owned(),
        );
    }
    if 0 < figures.forged_accepted {
        problems.push(
            lang.say("a forged delivery was accepted", "принята подделка")
                .to_owned(),
        );
    }
    let ended = Ended {
        elapsed: began.elapsed(),
        figures,
        verdict,
        problems,
    };
    show(args, lang, &ended)?;
    if args.keep_running {
        live.say(lang.say(
            "Still serving; Ctrl-C ends it.",
            "Сервис работает; Ctrl-C — конец.",
        ));
        tokio::signal::ctrl_c().await?;
    }
    Ok(ended)
}

/// Orders come in, merchants act, a manager works, and everything goes wrong.
async fn trouble(
    args: &DemoArgs,
    peers: &Peers,
    store: &SqliteStore,
    live: &mut Live,
    began: Instant,
) -> anyhow::Result<People> {
    let seconds = args.seconds as f64;
    let placing = args.orders as f64 / (seconds * PLACING_SHARE);
    let trading = Duration::from_secs_f64(seconds * TROUBLE_SHARE);
    let mut orders = Pace::new(placing, args.orders);
    let acts = args.orders as f64 * ACTIONS_PER_ORDER;
    let mut trades = Pace::new(acts / trading.as_secs_f64(), acts as u64);
    let managed = args.orders as f64 * MANAGED_PER_ORDER;
    let mut manages = Pace::new(managed / trading.as_secs_f64(), managed as u64);
    let mut people = People::new(args.seed);
    peers.trouble(args.faults, Stamina::OneLife);
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for tick in 0_u64.. {
        ticks.tick().await;
        let elapsed = began.elapsed();
        let past = elapsed.as_secs_f64();
        (0..orders.due(past)).for_each(|_| people.order(&peers.shop));
        (0..trades.due(past)).for_each(|_| people.trade(&peers.shop));
        if 0 < manages.due(past) {
            let resting = rest::unrest(&all_orders(store, args.orders).await?).resting;
            people.manage(&peers.portal, &resting);
        }
        if tick % LOOK_TICKS == 0 {
            live.show(elapsed, &figures(peers), &store.counts().await?);
        }
        if trading <= elapsed && orders.ended() {
            break;
        }
    }
    Ok(people)
}

/// Waits until nothing is on its way any more; false if the time ran out before.
async fn settle(
    args: &DemoArgs,
    peers: &Peers,
    store: &SqliteStore,
    live: &mut Live,
    deadline: Instant,
) -> anyhow::Result<bool> {
    let began = deadline - Duration::from_secs(args.seconds);
    let mut looks = interval(TICK * u32::try_from(LOOK_TICKS)?);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let counts: Counts = store.counts().await?;
        live.show(began.elapsed(), &figures(peers), &counts);
        if peers.under_way() == 0 && counts.open_intents == 0 {
            let unrest = rest::unrest(&all_orders(store, args.orders).await?);
            if unrest.busy == 0 {
                return Ok(true);
            }
        }
        if deadline <= Instant::now() {
            return Ok(false);
        }
    }
}

async fn all_orders(store: &SqliteStore, orders: u64) -> anyhow::Result<Vec<store::OrderRecord>> {
    Ok(store.find_orders("", usize::try_from(orders)?).await?)
}

/// Both sides of the verdict.
pub fn truths(peers: &Peers, people: People) -> Truths {
    let (shop, portal) = (&peers.shop, &peers.portal);
    Truths {
        orders: shop.orders(),
        acknowledged: shop.acknowledged(),
        deals: portal.deals(),
        contacts: portal.contacts(),
        journal: portal.journal(),
        edits: people.edits,
        originator: format!("shopify:{}", peers.domain),
        order_field: kernel::mapping::ORDER_FIELD_DEFAULT.to_owned(),
    }
}

fn opening(lang: Lang, args: &DemoArgs, address: &str) -> String {
    let (en, ru) = (
        format!(
            "A simulated shop places {} orders, a simulated portal holds the deals (faults: {}).\n\
             Dashboard: {address}/ (metrics: {address}/metrics).",
            args.orders,
            args.faults.word()
        ),
        format!(
            "Симулятор магазина делает заказов: {}, симулятор портала хранит сделки (сбои: {}).\n\
             Панель: {address}/ (метрики: {address}/metrics).",
            args.orders,
            args.faults.word()
        ),
    );
    format!("{}\n{}", lang.say(&en, &ru), time_scale(lang))
}

/// How time is scaled, in words.
pub fn time_scale(lang: Lang) -> &'static str {
    lang.say(
        "Time is scaled (in brackets: in life): request timeout 1 s (70 s), doubt 5 s (210 s), a request lands\n\
         up to 3 s (180 s) after it was given up, lists lag up to 1 s (30 s), portal limit 60 requests/s (2/s),\n\
         first retry of a webhook after 0.56 s (56 s).",
        "Время сжато (в скобках — в жизни): ожидание ответа 1 с (70 с), сомнение 5 с (210 с), запрос выполняется\n\
         до 3 с (180 с) после отказа ждать, списки отстают до 1 с (30 с), лимит портала 60 запросов/с (2/с),\n\
         первый повтор вебхука через 0,56 с (56 с).",
    )
}

fn show(args: &DemoArgs, lang: Lang, ended: &Ended) -> anyhow::Result<()> {
    let printed = if args.json {
        terminal::print_json(&Outcome {
            right: ended.right(),
            seconds: ended.elapsed.as_secs_f64(),
            figures: &ended.figures,
            verdict: &ended.verdict,
            problems: &ended.problems,
        })
    } else {
        let seconds = lang.say("seconds", "секунд");
        let report = report::report(lang, &ended.figures, &ended.verdict, &ended.problems);
        terminal::print(&format!(
            "{report}{:.0} {seconds}\n",
            ended.elapsed.as_secs_f64()
        ))
    };
    printed.map_err(|it| it.error)
}
