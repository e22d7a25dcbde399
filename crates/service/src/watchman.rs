//! One loop that looks: at the queue, the ledger's numbers, the portal's limits and the disk. It sets the gauges, and says
//! to the alerts what it saw.
//!
//! Invariant: whoever asks for a page of metrics reads what is there; only this loop asks the ledger, at a bounded rate.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use jiff::Timestamp;
use kernel::{Elapsed, planner::FRESH_FOR};
use store::{Queue, Store, Tally};

use crate::{
    alerts::{Alerts, Condition, Detail, Facts},
    portal::{PauseReason, PortalBudget},
    reconcile::{self, Reconciler},
    transport::Transport,
    worker::Shared,
};

/// From one look to the next.
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// Less space than this is little, in bytes: webhooks of some weeks.
const SPACE_MIN: u64 = 512 * 1024 * 1024;

/// Bytes of a megabyte, as disks are labelled.
const MEGABYTE: u64 = 1_000_000;

/// A worker that has not turned for so long, with orders due, stands still. It wakes at least every 30 s.
const STILL_AFTER: Duration = Duration::from_secs(300);

/// A reconciler is behind when its mark is older than so many of its pauses …
const PASSES_MISSED: u32 = 4;

/// … and than this.
const MARK_OLD: Duration = Duration::from_secs(1_800);

/// What is watched besides the ledger and the portal.
pub(crate) struct Post<T> {
    /// Who is told.
    pub(crate) alerts: Option<Alerts<T>>,
    /// Where the ledger lies, where it is a file.
    pub(crate) ledger: Option<PathBuf>,
}

impl<T> Default for Post<T> {
    fn default() -> Self {
        Self {
            alerts: None,
            ledger: None,
        }
    }
}

/// What a look showed.
struct Sight {
    now: Elapsed,
    wall: Timestamp,
    queue: Option<Queue>,
    tally: Option<Tally>,
    budget: PortalBudget,
    writable: bool,
    disk_free: Option<u64>,
}

/// Looks, for ever.
pub(crate) async fn keep<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    reconciler: Option<&Reconciler<T>>,
    post: &Post<T>,
) {
    shared.counters.started(shared.clock.wall());
    loop {
        let sight = look(shared, post).await;
        show(shared, &sight);
        recall_mark(shared, reconciler).await;
        if let Some(alerts) = &post.alerts {
            let late = alerts.settings().queue;
            let facts = facts(shared, reconciler, &sight, late);
            alerts.see(shared, &facts).await;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn look<S: Store, T: Transport>(shared: &Shared<S, T>, post: &Post<T>) -> Sight {
    let now = shared.clock.now();
    Sight {
        now,
        wall: shared.clock.wall(),
        queue: shared.store.queue(now, FRESH_FOR).await.ok(),
        tally: shared.store.tally(now).await.ok(),
        budget: shared.portal.budget(),
        writable: shared.store.healthy().await.is_ok(),
        disk_free: post.ledger.as_deref().and_then(free_space),
    }
}

/// Space that this user may fill beside the ledger.
fn free_space(ledger: &std::path::Path) -> Option<u64> {
    let folder = ledger.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = folder.unwrap_or(std::path::Path::new("."));
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

fn show<S: Store, T: Transport>(shared: &Shared<S, T>, sight: &Sight) {
    let counters = &shared.counters;
    if let Some(queue) = &sight.queue {
        counters.ledger.show_queue(queue, sight.now);
    }
    if let Some(tally) = &sight.tally {
        counters.ledger.show_tally(tally);
    }
    counters.ledger.show_commits(shared.store.commits());
    counters.ledger.writable.set(i64::from(sight.writable));
    let free = sight
        .disk_free
        .map(|it| i64::try_from(it).unwrap_or(i64::MAX));
    counters.ledger.disk_free.set(free.unwrap_or(-1));
    counters.portal.show(&sight.budget);
}

/// Until the first pass of this process, the mark is the one that an earlier process left.
async fn recall_mark<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    reconciler: Option<&Reconciler<T>>,
) {
    let gauge = &shared.counters.shop.reconciled_until;
    let Some(reconciler) = reconciler.filter(|_| gauge.get() == 0) else {
        return;
    };
    if let Ok(Some(mark)) = reconcile::mark_of(&shared.store, reconciler.admin.shop()).await {
        gauge.set(mark.as_second());
    }
}

fn facts<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    reconciler: Option<&Reconciler<T>>,
    sight: &Sight,
    late: Duration,
) -> Facts {
    let mut holding = BTreeMap::new();
    let mut holds = |condition: Condition, detail: Option<Detail>| {
        if let Some(detail) = detail {
            holding.insert(condition, detail);
        }
    };
    let waited = sight.queue.and_then(|it| it.since());
    let waited = waited.map_or(Duration::ZERO, |it| sight.now.since(it));
    let counters = &shared.counters;
    let attention = sight.tally.as_ref().map_or(0, |it| it.attention);
    let missing = counters.shop.subscriptions_missing.get();

    holds(
        Condition::QueueOld,
        minutes(waited).filter(|_| late <= waited),
    );
    holds(Condition::NeedsAttention, some(attention));
    holds(
        Condition::SubscriptionGone,
        some(u64::try_from(missing).unwrap_or_default()),
    );
    let (closed, halted) = closed(&sight.budget);
    holds(
        Condition::WorkerStill,
        still(shared, sight, waited, &closed),
    );
    holds(Condition::PortalClosed, closed);
    holds(Condition::PortalHalted, halted);
    holds(
        Condition::ShopClosed,
        reconciler.and_then(|it| it.trouble()).map(word),
    );
    holds(
        Condition::DiskRefuses,
        (!sight.writable).then(Detail::default),
    );
    let little = sight.disk_free.filter(|it| *it < SPACE_MIN);
    holds(
        Condition::DiskFull,
        little.map(|it| Detail::number(it / MEGABYTE)),
    );
    holds(
        Condition::ReconcilerStill,
        behind(shared, reconciler, sight.wall),
    );
    let removed = counters.shop.subscriptions.of("made_again").get();
    let happened = [
        (
            Condition::DuplicatesFound,
            counters.orders.duplicates_found.get(),
        ),
        (Condition::LateLanding, counters.orders.late_landings.get()),
        (Condition::SubscriptionGone, removed),
    ];
    Facts {
        holding,
        happened: BTreeMap::from(happened),
    }
}

fn some(count: u64) -> Option<Detail> {
    (0 < count).then(|| Detail::number(count))
}

fn minutes(time: Duration) -> Option<Detail> {
    Some(Detail::number(time.as_secs() / 60))
}

fn word(word: &'static str) -> Detail {
    Detail {
        number: 0,
        word: Some(word.to_owned()),
    }
}

/// Whether the portal is closed to us, and whether sending was stopped for good.
fn closed(budget: &PortalBudget) -> (Option<Detail>, Option<Detail>) {
    match budget.pause.as_ref().map(|it| &it.reason) {
        Some(PauseReason::Closed(condition)) => (Some(word(condition.word())), None),
        Some(PauseReason::Halted) => (None, Some(Detail::default())),
        Some(PauseReason::NoToken | PauseReason::Limited) | None => (None, None),
    }
}

/// A worker that does not begin because the portal is closed is no trouble of its own.
fn still<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    sight: &Sight,
    waited: Duration,
    closed: &Option<Detail>,
) -> Option<Detail> {
    let pulse = shared.pulse.load(std::sync::atomic::Ordering::Relaxed);
    let silent = sight.now.since(Elapsed::from_millis(pulse));
    let still = STILL_AFTER <= silent && STILL_AFTER <= waited && closed.is_none();
    minutes(silent).filter(|_| still && 0 < pulse)
}

fn behind<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    reconciler: Option<&Reconciler<T>>,
    wall: Timestamp,
) -> Option<Detail> {
    let every = reconciler?.every?;
    let mark = shared.counters.shop.reconciled_until.get();
    let mark = Timestamp::from_second(mark).ok().filter(|_| 0 < mark)?;
    let age = Duration::try_from(wall.duration_since(mark)).unwrap_or_default();
    let old = (every * PASSES_MISSED).max(MARK_OLD) <= age;
    minutes(age).filter(|_| old)
}
