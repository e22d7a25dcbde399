//! The life of a universe: troubles, calm, a long night, judgement.

use std::time::Duration;

use store::Store as _;
use tokio::{sync::watch, task::JoinSet, time::sleep};

use crate::{
    laws::{self, Verdict},
    operator, people,
    script::Script,
    world::{Algorithm, World},
};

/// Those who act in a universe beside the service, each a task of its own.
pub type People = JoinSet<()>;

/// How often it is looked whether everything is at rest.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// A storm of crashes lasts no longer than this.
const STORM_MAX: Duration = Duration::from_secs(2 * 3_600);

/// Rest means that nothing is due for so long.
const REST: Duration = Duration::from_secs(2 * 3_600);

/// A universe that is not at rest by then never will be.
const CALM_MAX: Duration = Duration::from_secs(16 * 3_600);

/// A universe that asks the portal more than this is in a loop; it need not be lived to its end.
const REQUESTS_MAX: u64 = 15_000;

/// More for each order of a universe with many.
const REQUESTS_EACH_MAX: u64 = 200;

/// How long a poisonous order stays poisonous once everything else is calm.
const POISON_HEALS: Duration = Duration::from_secs(3 * 3_600);

/// The night in which nothing runs: longer than the last late look.
const NIGHT: Duration = Duration::from_secs(26 * 3_600);

/// Lives through one universe and judges it.
pub fn live(script: Script, algorithm: Algorithm, keep_trace: bool) -> Verdict {
    live_with(script, algorithm, keep_trace, everybody, async |_| ()).0
}

/// Lives through one universe with these people in it, looks at it once more at its end, and judges it.
pub fn live_with<R>(
    script: Script,
    algorithm: Algorithm,
    keep_trace: bool,
    people: impl FnOnce(&World) -> People,
    look: impl AsyncFnOnce(&World) -> R,
) -> (Verdict, R) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without threads");
    runtime.block_on(async {
        let world = World::new(script, algorithm, keep_trace);
        let _log = tracing::subscriber::set_default(world.trace.clone());
        let rested = if world.is_seeds() {
            seeds_history(&world, people).await
        } else {
            history(&world, people).await
        };
        let seen = look(&world).await;
        (laws::judge(&world, rested).await, seen)
    })
}

/// Whom a drawn universe holds.
fn everybody(world: &World) -> People {
    let mut people = People::new();
    people.spawn(people::merchant(world.clone()));
    people.spawn(people::managers(world.clone()));
    if !world.is_seeds() {
        people.spawn(people::owner(world.clone()));
        people.spawn(operator::operator(world.clone()));
    }
    people
}

/// Everything that happens; false if it never comes to rest.
async fn history(world: &World, people: impl FnOnce(&World) -> People) -> bool {
    let mut world_tasks = JoinSet::new();
    world_tasks.spawn(world.clone().deliver());
    world_tasks.spawn(world.clone().installers());
    let (stop, stopped) = watch::channel(false);
    let mut process = JoinSet::new();
    process.spawn(world.clone().process(stopped));
    let mut people = people(world);
    sleep(world.script.busy).await;
    while people.join_next().await.is_some() {}
    // A storm has its say, unless nothing happens that could bring the next crash.
    for _ in 0..STORM_MAX.as_secs() / LOOK_EVERY.as_secs() {
        if !world.script.storm || world.script.crashes.len() as u64 <= world.crashes().0 {
            break;
        }
        sleep(LOOK_EVERY).await;
    }
    world.trace.say(|| "===== the troubles end".to_owned());
    world.calm();
    if world.script.poison.is_some() {
        sleep(POISON_HEALS).await;
    }
    world.network.poison(None);
    world.network.refuse(None);
    let rested = rest(world).await;
    world.note_behind().await;
    world
        .trace
        .say(|| format!("===== at rest: {rested}; the night begins"));
    stop.send_replace(true);
    while process.join_next().await.is_some() {}
    sleep(NIGHT).await;
    let (stop, stopped) = watch::channel(false);
    process.spawn(world.clone().process(stopped));
    let rested = rest(world).await && rested;
    world.note_condition();
    stop.send_replace(true);
    while process.join_next().await.is_some() {}
    rested
}

/// The same world with seed.md's system in it: it has no process to start, to stop or to look again at night.
async fn seeds_history(world: &World, people: impl FnOnce(&World) -> People) -> bool {
    let mut world_tasks = JoinSet::new();
    world_tasks.spawn(world.clone().deliver());
    let mut people = people(world);
    sleep(world.script.busy).await;
    while people.join_next().await.is_some() {}
    world.calm();
    world.network.poison(None);
    world.network.refuse(None);
    for _ in 0..CALM_MAX.as_secs() / LOOK_EVERY.as_secs() {
        sleep(LOOK_EVERY).await;
        if world.shop.pending() == 0 && world.portal.unsettled() == 0 {
            return true;
        }
    }
    false
}

/// Waits until nothing is on its way and nothing is due soon.
async fn rest(world: &World) -> bool {
    let begin = tokio::time::Instant::now();
    while begin.elapsed() < CALM_MAX {
        sleep(LOOK_EVERY).await;
        if at_rest(world).await {
            return true;
        }
        let orders = world.script.orders as u64;
        if REQUESTS_MAX.max(orders * REQUESTS_EACH_MAX) < world.portal.stats().requests {
            return false;
        }
    }
    false
}

async fn at_rest(world: &World) -> bool {
    let Some(service) = world.service() else {
        return false;
    };
    if 0 < world.shop.pending()
        || 0 < world.portal.unsettled()
        || 0 < service.counters().ledger.turns.get()
    {
        return false;
    }
    if !world.reconciled().await {
        return false;
    }
    match service.store().next_due().await {
        Ok(None) => true,
        Ok(Some(at)) => service.now() + REST < at,
        Err(_) => false,
    }
}
