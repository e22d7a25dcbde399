//! The overview as it changes, for whoever watches.
//!
//! Invariants: at most one overview per second and watcher, however much happens; at most [`WATCHERS_MAX`] watchers; a
//! watcher that reads slowly misses overviews, and holds up nobody.

use std::{sync::Arc, time::Duration};

use futures_util::{Stream, stream};
use store::Store;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::{Board, model::Overview};
use crate::transport::Transport;

/// Watchers at once.
pub const WATCHERS_MAX: usize = 64;

/// The shortest time between two overviews.
const AT_MOST_EVERY: Duration = Duration::from_secs(1);

/// Ages grow although nothing happens.
const AT_LEAST_EVERY: Duration = Duration::from_secs(15);

/// The wait after the ledger could not be read.
const TROUBLE_PAUSE: Duration = Duration::from_secs(5);

struct Watcher<S, T> {
    board: Board<S, T>,
    changes: watch::Receiver<u64>,
    working: watch::Receiver<bool>,
    first: bool,
    _place: OwnedSemaphorePermit,
}

impl<S: Store, T: Transport> Board<S, T> {
    /// The overview now, and whenever it changes, until the service stops; `None` if too many watch already.
    pub fn live(&self) -> Option<impl Stream<Item = Overview> + Send + use<S, T>> {
        let watchers: Arc<_> = self.known.watchers.clone();
        let watcher = Watcher {
            board: self.clone(),
            changes: self.shared.notes.changes(),
            working: self.working.clone(),
            first: true,
            _place: watchers.try_acquire_owned().ok()?,
        };
        Some(stream::unfold(watcher, Watcher::next))
    }
}

impl<S: Store, T: Transport> Watcher<S, T> {
    async fn next(mut self) -> Option<(Overview, Self)> {
        if !std::mem::take(&mut self.first) {
            self.wait(AT_MOST_EVERY).await?;
            let changed = self.changes.changed();
            // Without a change there is one all the same, after a while.
            let _ =
                tokio::time::timeout(AT_LEAST_EVERY, until_stop(changed, &mut self.working)).await;
        }
        loop {
            if !*self.working.borrow() {
                return None;
            }
            self.changes.mark_unchanged();
            match self.board.overview().await {
                Ok(overview) => return Some((overview, self)),
                Err(_) => self.wait(TROUBLE_PAUSE).await?,
            }
        }
    }

    /// Waits; `None` if the service stops meanwhile.
    async fn wait(&mut self, pause: Duration) -> Option<()> {
        until_stop(tokio::time::sleep(pause), &mut self.working).await
    }
}

/// Completes with the work, or with nothing once the service stops.
async fn until_stop<R>(
    work: impl Future<Output = R>,
    working: &mut watch::Receiver<bool>,
) -> Option<R> {
    tokio::select! {
        biased;
        _ = working.wait_for(|it| !*it) => None,
        done = work => Some(done),
    }
}
