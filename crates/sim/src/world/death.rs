//! How the process dies, and what a death takes with it.

use std::{
    future::Future,
    pin::Pin,
    sync::PoisonError,
    task::{Context, Poll},
    time::Duration,
};

use simulators::bitrix24::{Change, ChangeKind, Deal};

use super::World;
use crate::script::{AdminApi, After, Crash, CrashAt, LAG_MS};

impl World {
    /// Works until the crash strikes; whether it was survived.
    pub(super) async fn until_dead(
        &self,
        work: Pin<Box<impl Future<Output = ()>>>,
        crash: Option<&Crash>,
    ) -> bool {
        Mortal {
            work,
            left: self.polls(crash),
            world: self,
            write: self.write_limit(crash),
            tokens: self.token_limit(crash),
        }
        .await
    }

    /// Works until it was polled so often; whether it was survived.
    pub(super) async fn until_polled(
        &self,
        work: Pin<Box<impl Future<Output = ()>>>,
        left: Option<u64>,
    ) -> bool {
        Mortal {
            work,
            left,
            world: self,
            write: None,
            tokens: None,
        }
        .await
    }

    /// The time between a death and the next start, and what the death took.
    pub(super) async fn dead(&self, crash: Option<&Crash>) {
        let Some(crash) = crash else { return };
        let open = store::Store::counts(&self.store)
            .await
            .map_or(0, |it| it.open_intents);
        {
            let mut slot = self.slot();
            slot.crashes += 1;
            slot.crashes_with_open_intent += u64::from(0 < open);
        }
        self.trace.say(|| {
            format!(
                "===== CRASH ({open} requests without an answer), {:?}",
                crash.after
            )
        });
        match crash.after {
            After::Restart => {}
            After::Reboot => self.clock.reboot(),
            After::Forget => self.store.forget().expect("memory for a database"),
            After::Perish => {
                self.store.forget().expect("memory for a database");
                self.store.forget_epoch();
            }
            After::Restore => {
                let backup = self.slot().backup.clone();
                if let Some(backup) = backup {
                    let backup = backup.lock().unwrap_or_else(PoisonError::into_inner);
                    self.store.restore(&backup).expect("memory for a database");
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(crash.down_ms)).await;
        let unseen = matches!(crash.after, After::Perish) && !self.shows_a_deal_of_ours();
        self.slot().lost_unseen |= unseen;
        let forgets = matches!(crash.after, After::Forget | After::Restore | After::Perish);
        // To a ledger that sees nothing of an earlier one, history is the backfill's business.
        let reconciled = self.script.admin == AdminApi::Full && !unseen;
        if forgets && !reconciled {
            // What was acknowledged and is gone comes back as new deliveries.
            for order in self.shop.stamps().iter().filter(|it| !it.deleted) {
                self.shop.touch(order.id);
            }
        }
    }

    /// Whether whoever starts now, knowing nothing, can see that onedeal was here before.
    fn shows_a_deal_of_ours(&self) -> bool {
        let (now, journal) = (self.portal.now_ms(), self.portal.journal());
        // A deal that a person restored shows as late as one that was just created.
        let restored = |id: u64| {
            let of = |it: &&Change| it.id == id && it.kind == ChangeKind::Restored;
            journal.iter().filter(of).map(|it| it.at).max()
        };
        let appeared = |it: &Deal| restored(it.id).unwrap_or(it.created_ms);
        self.portal
            .deals()
            .iter()
            .any(|it| it.created_by == 1 && !it.deleted && appeared(it) + LAG_MS < now)
    }

    fn polls(&self, crash: Option<&Crash>) -> Option<u64> {
        match crash?.at {
            CrashAt::Poll(polls) => Some(polls),
            CrashAt::Write(_) | CrashAt::Tokens(_) => None,
        }
    }

    fn write_limit(&self, crash: Option<&Crash>) -> Option<u64> {
        match crash?.at {
            CrashAt::Poll(_) | CrashAt::Tokens(_) => None,
            CrashAt::Write(writes) => Some(self.network.writes() + writes),
        }
    }

    fn token_limit(&self, crash: Option<&Crash>) -> Option<u64> {
        match crash?.at {
            CrashAt::Poll(_) | CrashAt::Write(_) => None,
            CrashAt::Tokens(requests) => Some(self.network.token_requests() + requests),
        }
    }
}

/// Work that dies after so many polls, or once so many writes or requests for tokens were handed to the network: at any
/// await.
struct Mortal<'a, F> {
    work: Pin<Box<F>>,
    left: Option<u64>,
    write: Option<u64>,
    tokens: Option<u64>,
    world: &'a World,
}

impl<F: Future<Output = ()>> Future for Mortal<'_, F> {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        if !self.world.is_calm()
            && let Some(left) = &mut self.left
        {
            *left = left.saturating_sub(1);
            if *left == 0 {
                return Poll::Ready(false);
            }
        }
        let done = self.work.as_mut().poll(cx).map(|()| true);
        // A write that was just handed over is on its way: the moment that costs the most.
        let deadly = self
            .write
            .is_some_and(|it| it <= self.world.network.writes());
        let rotating = self
            .tokens
            .is_some_and(|it| it <= self.world.network.token_requests());
        if (deadly || rotating) && !self.world.is_calm() {
            Poll::Ready(false)
        } else {
            done
        }
    }
}
