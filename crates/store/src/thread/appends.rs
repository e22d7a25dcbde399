//! Appends that wait for the writer together, and how all of them are answered at the price of one wake.
//!
//! Waking a task of another thread is a system call, and a burst of webhooks is a task for each. So the appends of a
//! transaction are answered by a task of the runtime that they came from, which alone is woken from the writer's thread.
//! Invariants: while something waits here, its [`Burst`] is on its way to the writer; whoever waits is answered by a task
//! that runs where it waits itself; each holds a place of the writer's queue until it is taken.

use std::{
    cell::RefCell,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    runtime::{Handle, Id},
    sync::{mpsc::OwnedPermit, oneshot},
};

use super::{Job, Reply, Work};
use crate::error::StoreError;

/// A reply, and why its group was not committed, if it was not.
type Told = (Reply, Option<StoreError>);

/// Where a transaction's answers go.
type Relay = oneshot::Sender<Vec<Told>>;

/// What waits for the writer.
#[derive(Default)]
pub(super) struct Appends {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    /// Where all of it came from.
    runtime: Option<Id>,
    works: Vec<(Work, Option<OwnedPermit<Job>>)>,
}

impl Appends {
    /// Hands work to the writer. It is answered even if whoever sent it is gone.
    pub(super) fn send(appends: &Arc<Self>, work: Work, place: OwnedPermit<Job>) {
        let Ok(runtime) = Handle::try_current() else {
            place.send(Job::Append(work));
            return;
        };
        let mut waiting = appends.lock();
        if waiting.works.is_empty() {
            let (relay, told) = oneshot::channel();
            waiting.runtime = Some(runtime.id());
            waiting.works.push((work, None));
            drop(waiting);
            runtime.spawn(pass_on(told));
            place.send(Job::Burst(Burst {
                appends: appends.clone(),
                relay: Some(relay),
            }));
        } else if waiting.runtime == Some(runtime.id()) {
            waiting.works.push((work, Some(place)));
        } else {
            place.send(Job::Append(work));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All that waits when the writer takes it. What is never taken is given up, and whoever waits for it is told so.
pub(super) struct Burst {
    appends: Arc<Appends>,
    relay: Option<Relay>,
}

impl Burst {
    /// The works, and where their answers go. Their places in the queue are free from now on.
    pub(super) fn take(mut self) -> (Vec<Work>, Post) {
        let works = mem::take(&mut self.appends.lock().works);
        let post = Post {
            relay: self.relay.take(),
            replies: RefCell::default(),
        };
        (works.into_iter().map(|(work, _)| work).collect(), post)
    }
}

impl Drop for Burst {
    fn drop(&mut self) {
        if self.relay.is_some() {
            self.appends.lock().works.clear();
        }
    }
}

async fn pass_on(told: oneshot::Receiver<Vec<Told>>) {
    // A writer that is gone answers nobody.
    for (reply, lost) in told.await.unwrap_or_default() {
        reply(lost);
    }
}

/// The answers of a burst, which leave together once the last one is given.
pub(super) struct Post {
    relay: Option<Relay>,
    replies: RefCell<Vec<Told>>,
}

impl Post {
    pub(super) fn add(&self, told: Told) {
        self.replies.borrow_mut().push(told);
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        let replies = self.replies.take();
        let Some(relay) = self.relay.take() else {
            return;
        };
        // A runtime that ended passes nothing on; others may still wait for what it had.
        if let Err(replies) = relay.send(replies) {
            for (reply, lost) in replies {
                reply(lost);
            }
        }
    }
}

#[cfg(test)]
mod tests;
