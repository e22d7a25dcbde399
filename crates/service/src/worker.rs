//! The worker of one portal: takes due orders into turns, as long as there are any.
//!
//! Level-triggered: the bell carries no data and only shortens the wait; what to do always comes from the store.
//! Invariants: one turn per order at a time; one turn per contact or company key at a time; nothing is tried again within a turn
//! that failed, the next turn is the retry.

mod fold;
mod locks;
mod slots;
mod turn;

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use kernel::{
    Context, Elapsed, LedgerId, OrderKey, ProcessNo,
    mapping::{Directory, Mapping},
    mutants::{Mutant, planted},
    planner::FRESH_FOR,
    rules::Rules,
};
use store::{Claim, ClaimedOrder, Store, StoreError, Then};
use tokio::sync::{Notify, watch};
use tracing::Instrument as _;

use crate::{
    access::Reception, board::Notes, clock::LedgerClock, counters::Counters, portal::Portal, spans,
    transport::Transport, worker::locks::ContactLocks,
};
use slots::{Line, Slots};
use turn::{TurnError, Turning};

/// Without a bell the store is asked this often.
const POLL_FALLBACK: Duration = Duration::from_secs(30);

/// The wait before the store is asked again after it failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// The pause of an order whose turn could not be saved.
const STORE_FAILED_PAUSE: Duration = Duration::from_secs(10);

/// The pause of an order whose turn failed by a bug: long enough to hold up nobody.
const BUG_PAUSE: Duration = Duration::from_secs(3_600);

/// Everything a turn works with.
pub struct Shared<S, T> {
    /// The ledger.
    pub store: S,
    /// The portal.
    pub portal: Portal<T>,
    /// The clock.
    pub clock: LedgerClock,
    /// The waits.
    pub rules: Rules,
    /// From order to deal; it learns the portal's names once.
    mapping: RwLock<Arc<Mapping>>,
    /// This ledger.
    pub ledger: LedgerId,
    /// This process.
    pub process: ProcessNo,
    /// Creation rests until this point of the ledger's clock.
    pub cold_until: watch::Receiver<Option<Elapsed>>,
    /// Counters.
    pub counters: Arc<Counters>,
    /// Rung when a delivery was stored.
    pub bell: Notify,
    /// What is noted for people.
    pub(crate) notes: Notes,
    /// When the worker turned last, in milliseconds of the ledger's clock; 0 before its first turn.
    pub(crate) pulse: AtomicU64,
    /// Installations of the portal's application.
    pub(crate) reception: Reception,
    /// Contacts and companies that a turn works on.
    pub(crate) contacts: ContactLocks,
}

impl<S: Store, T: Transport> Shared<S, T> {
    /// Bundles what turns need.
    #[expect(
        clippy::too_many_arguments,
        reason = "one argument per field, all of different types"
    )]
    pub fn new(
        store: S,
        portal: Portal<T>,
        clock: LedgerClock,
        rules: Rules,
        mapping: Mapping,
        started: (LedgerId, ProcessNo),
        cold_until: watch::Receiver<Option<Elapsed>>,
        counters: Arc<Counters>,
    ) -> Self {
        let (ledger, process) = started;
        let (bell, contacts) = (Notify::new(), ContactLocks::default());
        Self {
            store,
            portal,
            clock,
            rules,
            mapping: RwLock::new(Arc::new(mapping)),
            ledger,
            process,
            cold_until,
            counters,
            bell,
            notes: Notes::default(),
            pulse: AtomicU64::new(0),
            reception: Reception::default(),
            contacts,
        }
    }

    /// From order to deal, as known now. A turn keeps to one.
    pub fn mapping(&self) -> Arc<Mapping> {
        // A panic elsewhere leaves a whole mapping behind.
        let mapping = self.mapping.read().unwrap_or_else(PoisonError::into_inner);
        mapping.clone()
    }

    /// What the mapping names by name is resolved by what the portal offers.
    pub fn set_directory(&self, directory: Directory) -> Arc<Mapping> {
        let mut mapping = self.mapping.write().unwrap_or_else(PoisonError::into_inner);
        let resolved = Mapping::clone(&mapping).on_portal(directory);
        *mapping = Arc::new(resolved);
        mapping.clone()
    }

    /// The circumstances of a decision made now.
    pub fn context<'a>(&'a self, mapping: &'a Mapping) -> Context<'a> {
        Context {
            now: self.clock.now(),
            process: self.process,
            ledger: &self.ledger,
            cold_until: *self.cold_until.borrow(),
            rules: &self.rules,
            mapping,
        }
    }
}

/// Records every write that an earlier process, or a failed turn of one order, left without an answer as unknown, before
/// anything else happens (design §4.2, rules 3 and 5).
///
/// # Errors
/// The store failed.
pub(crate) async fn record_interrupted<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    only: Option<&OrderKey>,
) -> Result<usize, StoreError> {
    let mut open = shared.store.open_intents().await?;
    open.retain(|it| only.is_none_or(|only| it.key == *only));
    let count = open.len();
    for intent in open {
        match shared.store.load(&intent.key).await {
            Ok(Some(claimed)) => turn::record_interrupted(shared, claimed, &intent).await?,
            Ok(None) | Err(StoreError::InTurn { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

/// Works until `stop` says so; then lets the turns under way finish their step and returns.
pub(crate) async fn run<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    mut stop: watch::Receiver<bool>,
) {
    let mut turns = FuturesUnordered::new();
    let mut slots = Slots::default();
    let mut woken = true;
    loop {
        let now = shared.clock.now().as_millis();
        shared.pulse.store(now, Ordering::Relaxed);
        let stopping = *stop.borrow();
        if stopping && turns.is_empty() {
            return;
        }
        let mut wait = POLL_FALLBACK;
        let mut taken = true;
        if !stopping && slots.wants_more(woken) {
            match take(shared, &mut slots).await {
                Ok(claimed) => {
                    for order in claimed {
                        if planted(Mutant::KeyTwiceInFlight) {
                            turns.push(one(shared, order.clone(), stop.clone()));
                        }
                        turns.push(one(shared, order, stop.clone()));
                    }
                }
                Err(error @ StoreError::Corrupt { .. }) => {
                    tracing::error!(error = %crate::Chain(&error), "The database is damaged: nothing more is sent");
                    return;
                }
                Err(error) => {
                    tracing::error!(error = %crate::Chain(&error), "Failed to take due orders from the store");
                    wait = STORE_PAUSE;
                    taken = false;
                }
            }
            // What is due and cannot be taken must not shorten the pause.
            if taken && slots.has_room() {
                wait = wait.min(next_due(shared).await);
            }
        }
        shared
            .counters
            .ledger
            .turns
            .set(i64::try_from(turns.len()).unwrap_or(i64::MAX));
        shared.portal.set_at_work(turns.len());
        woken = false;
        tokio::select! {
            biased;
            Some(done) = turns.next(), if !turns.is_empty() => {
                shared.portal.is_done_with(&done);
                slots.release(&done);
            }
            _ = stop.changed(), if !stopping => {}
            () = shared.bell.notified(), if !stopping => woken = true,
            () = tokio::time::sleep(wait), if !stopping => woken = true,
        }
    }
}

/// Takes the longest due orders, and beside a backlog what just became due.
async fn take<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    slots: &mut Slots,
) -> Result<Vec<ClaimedOrder>, StoreError> {
    let mut taken = Vec::new();
    for line in [Line::Oldest, Line::Newest] {
        let limit = slots.free(line);
        if 0 < limit {
            let now = shared.clock.now();
            let claim = Claim {
                process: shared.process,
                now,
                limit,
                newest_since: (line == Line::Newest).then(|| now - FRESH_FOR),
                exclude: slots.busy(),
            };
            let claimed = shared.store.claim(claim).await?;
            slots.take(line, claimed.iter().map(|it| it.key.clone()));
            let all = claimed.len() < limit;
            taken.extend(claimed);
            if all {
                break;
            }
        }
    }
    slots.asked();
    Ok(taken)
}

async fn next_due<S: Store, T: Transport>(shared: &Shared<S, T>) -> Duration {
    match shared.store.next_due().await {
        // At least a millisecond: an order that is due but busy must not make the loop spin.
        Ok(Some(at)) => at.since(shared.clock.now()).max(Duration::from_millis(1)),
        Ok(None) => POLL_FALLBACK,
        Err(_) => STORE_PAUSE,
    }
}

/// One turn of one order. A failing or panicking turn parks nothing but itself.
async fn one<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    claimed: ClaimedOrder,
    stop: watch::Receiver<bool>,
) -> OrderKey {
    let key = claimed.key.clone();
    let span = spans::turn(&key, claimed.deliveries.len());
    let turn = Turning::begin(shared, claimed, stop);
    let done = AssertUnwindSafe(async { turn.await?.run().await })
        .catch_unwind()
        .instrument(span)
        .await;
    let failed = match done {
        Ok(Ok(())) => return key,
        Ok(Err(TurnError::Store(error))) => {
            tracing::error!(order.id = %key.order, error = %crate::Chain(&error), "Failed to save a turn of order {}", key.order);
            Failed {
                pause: STORE_FAILED_PAUSE,
                attention: "its state could not be saved; tried again",
            }
        }
        Ok(Err(TurnError::State(error))) => {
            tracing::error!(order.id = %key.order, error = %crate::Chain(&error),
                "The saved state of order {} cannot be read; nothing is sent for it", key.order);
            Failed {
                pause: BUG_PAUSE,
                attention: "its saved state cannot be read",
            }
        }
        Err(_) => {
            tracing::error!(order.id = %key.order, "A turn of order {} failed by a bug; it rests for an hour", key.order);
            Failed {
                pause: BUG_PAUSE,
                attention: "a bug stopped its turn; tried again in an hour",
            }
        }
    };
    give_back(shared, &key, failed).await;
    key
}

/// What becomes of an order whose turn failed.
struct Failed {
    pause: Duration,
    attention: &'static str,
}

/// Takes the order out of the failed turn, so that it holds up nobody and is tried again; a write that the turn left
/// open is recorded as interrupted, like after a crash. While the store takes no writes there is nothing else to do.
async fn give_back<S: Store, T: Transport>(shared: &Shared<S, T>, key: &OrderKey, failed: Failed) {
    loop {
        let due = shared.clock.now() + failed.pause;
        match shared.store.give_back(key, due, failed.attention).await {
            Ok(()) => break,
            Err(StoreError::Closed | StoreError::Corrupt { .. }) => return,
            Err(_) => tokio::time::sleep(STORE_PAUSE).await,
        }
    }
    if let Err(error) = record_interrupted(shared, Some(key)).await {
        tracing::error!(order.id = %key.order, error = %crate::Chain(&error),
            "A write of order {} stays open; the next start records it as unknown", key.order);
    }
}

/// Where a turn goes when it ends.
pub(crate) fn release(due: Option<Elapsed>) -> Then {
    Then::Release { due }
}
