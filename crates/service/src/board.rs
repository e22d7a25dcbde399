//! What people and scripts may know of the service: plain values, each safe to show to whoever may read the dashboard.
//!
//! Invariants: nothing here changes anything; no secret is part of a view; every answer is bounded, and none of it holds up
//! a turn: what takes longer than a look at one order is read on a thread of its own.

mod attention;
mod compared;
mod cursor;
mod details;
mod duplicates;
mod error;
mod facts;
mod lists;
mod live;
pub mod model;
mod narrated;
mod notes;
mod offers;
mod overview;
mod parts;
mod search;
mod tempo;
mod trial;
pub mod words;

use std::{sync::Arc, time::Duration};

use jiff::tz::TimeZone;
use kernel::Elapsed;
use store::{Store, Tally};
use tokio::sync::{Mutex, Semaphore, watch};

pub(crate) use self::notes::{Looked, Notes};
pub use self::{
    cursor::PAGE_MAX, error::BoardError, facts::Facts, live::WATCHERS_MAX, trial::Trial,
};
use crate::{transport::Transport, worker::Shared};
use model::SettingsView;

/// Numbers that people see are at most this old.
const TALLY_FRESH: Duration = Duration::from_secs(1);

/// Questions of people to the portal under way at once.
const PORTAL_LOOKS_MAX: usize = 2;

/// What people and scripts may know. A clone is another handle.
pub struct Board<S, T> {
    shared: Arc<Shared<S, T>>,
    facts: Arc<Facts>,
    known: Arc<Known>,
    /// Whether the service works; it stops once.
    working: watch::Receiver<bool>,
}

/// What all handles share.
struct Known {
    tally: Mutex<Option<(Elapsed, Tally)>>,
    portal_looks: Semaphore,
    watchers: Arc<Semaphore>,
}

impl<S, T> Clone for Board<S, T> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
            facts: self.facts.clone(),
            known: self.known.clone(),
            working: self.working.clone(),
        }
    }
}

impl<S: Store, T: Transport> Board<S, T> {
    pub(crate) fn new(
        shared: Arc<Shared<S, T>>,
        facts: Arc<Facts>,
        working: watch::Receiver<bool>,
    ) -> Self {
        let known = Known {
            tally: Mutex::new(None),
            portal_looks: Semaphore::new(PORTAL_LOOKS_MAX),
            watchers: Arc::new(Semaphore::new(live::WATCHERS_MAX)),
        };
        Self {
            shared,
            facts,
            known: Arc::new(known),
            working,
        }
    }

    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The zone in which sentences tell the time: the machine's.
    pub fn zone(&self) -> &TimeZone {
        &self.facts.zone
    }

    /// The settings that hold; `None` where the service was not told them.
    pub fn settings(&self) -> Option<SettingsView> {
        let mut settings = self.facts.settings.clone()?;
        settings.mapping.resolved = self.shared.mapping().directory().is_some();
        Some(settings)
    }

    /// The ledger in numbers, a moment old at most. Whoever asks meanwhile shares one answer.
    async fn tally(&self) -> Result<Tally, BoardError> {
        let mut known = self.known.tally.lock().await;
        let now = self.shared.clock.now();
        if let Some((at, tally)) = known.as_ref()
            && now.since(*at) < TALLY_FRESH
        {
            return Ok(tally.clone());
        }
        let tally = self.shared.store.tally(now).await?;
        *known = Some((now, tally.clone()));
        Ok(tally)
    }
}
