//! What the loops of the service note for people as they go: cheap to write, read by the [`super::Board`] alone.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use kernel::{Elapsed, OrderKey, forecast::Outlook, remark::Remark};
use store::{Store, StoreError};
use tokio::sync::watch;

use super::{
    model::{Day, SubscriptionsState},
    tempo::Tempo,
};

/// Where the ledger keeps the last day.
const DAY: &str = "board/day";

/// Notes of one process.
#[derive(Debug)]
pub(crate) struct Notes {
    inner: Mutex<Inner>,
    changed: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inner {
    tempo: Tempo,
    outlook: Outlook,
    subscriptions: Option<Looked>,
}

/// What the last look at the webhook subscriptions found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Looked {
    pub(crate) at: Timestamp,
    pub(crate) missing: Vec<String>,
}

impl Looked {
    pub(crate) fn state(&self) -> SubscriptionsState {
        if self.missing.is_empty() {
            SubscriptionsState::Complete
        } else {
            SubscriptionsState::Incomplete
        }
    }
}

impl Default for Notes {
    fn default() -> Self {
        let inner = Inner {
            tempo: Tempo::default(),
            outlook: Outlook::Clear,
            subscriptions: None,
        };
        Self {
            inner: Mutex::new(inner),
            changed: watch::channel(0).0,
        }
    }
}

impl Notes {
    /// A delivery was stored.
    pub(crate) fn received(&self, at: Timestamp) {
        self.inner().tempo.received(at);
        self.touch();
    }

    /// A turn began for deliveries, the first of which arrived at this point.
    pub(crate) fn began(&self, key: &OrderKey, arrived_at: Elapsed) {
        self.inner().tempo.began(key, arrived_at);
    }

    /// An order's deal is up to date.
    pub(crate) fn synced(&self, key: &OrderKey, now: Elapsed, at: Timestamp) {
        self.inner().tempo.synced(key, now, at);
    }

    /// An order will not be brought up to date for now.
    pub(crate) fn gave_up(&self, key: &OrderKey) {
        self.inner().tempo.gave_up(key);
    }

    /// A turn concluded something.
    pub(crate) fn concluded(&self, remark: &Remark) {
        if let Remark::FoundOwn { .. } | Remark::DuplicateSaid { .. } = remark {
            self.inner().tempo.prevented += 1;
        }
    }

    /// Something that people see has changed.
    pub(crate) fn touch(&self) {
        self.changed.send_modify(|it| *it = it.wrapping_add(1));
    }

    /// Tells of changes.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The backlog was looked at.
    pub(crate) fn outlook(&self, outlook: Outlook) {
        self.inner().outlook = outlook;
        self.touch();
    }

    /// What is expected of the backlog.
    pub(crate) fn known_outlook(&self) -> Outlook {
        self.inner().outlook
    }

    /// The subscriptions were looked at.
    pub(crate) fn subscriptions(&self, looked: Looked) {
        self.inner().subscriptions = Some(looked);
        self.touch();
    }

    /// What the last look at the subscriptions found.
    pub(crate) fn known_subscriptions(&self) -> Option<Looked> {
        self.inner().subscriptions.clone()
    }

    /// The last day, and deals found instead of made twice.
    pub(crate) fn day(&self, now: Timestamp) -> (Day, u64) {
        let inner = self.inner();
        (inner.tempo.day(now), inner.tempo.prevented)
    }

    /// Reads what an earlier process noted.
    pub(crate) async fn recall<S: Store>(&self, store: &S) -> Result<(), StoreError> {
        let text = store.meta(DAY).await?;
        // Notes of another version are only lost.
        if let Some(tempo) = text.and_then(|it| serde_json::from_str(&it).ok()) {
            self.inner().tempo = tempo;
        }
        Ok(())
    }

    /// Writes down what the next process shall know.
    pub(crate) async fn remember<S: Store>(&self, store: &S) -> Result<(), StoreError> {
        let text = serde_json::to_string(&self.inner().tempo);
        match text {
            Ok(text) => store.set_meta(DAY, &text).await,
            // Plain numbers always serialise.
            Err(_) => Ok(()),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere leaves numbers that are usable.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
