//! The reconciler: asks the shop what its webhooks did not bring, and makes deliveries of the answers, never deals.
//!
//! Level-triggered: what to ask for comes from the ledger (the mark, the wishes to ask again), never from a message. A pass
//! reads all orders updated since the mark less an overlap; the mark moves on after a whole pass, so that a crash or an
//! error in the middle repeats it. Beside the passes, single orders are asked for whose deliveries only hint or contradict
//! each other.
//!
//! Invariant: an answer is stored only once its second is over at the shop. An answer beats every webhook of its second, so
//! one that was read within that second could hide a later change of the same second for ever.

mod arrival;
mod mark;
mod pass;
mod refetch;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kernel::{DeliverySeq, Elapsed, state::OrderState};
use store::{Fold, Store, StoreError};

pub use mark::{LOOK_BACK, key as mark_key};
pub(crate) use mark::{begin, read as mark_of};

use crate::{
    Chain,
    admin::{Admin, AdminError, AdminSettings},
    clock::Clock,
    counters::Counters,
    subscriptions::PublicUrl,
    transport::Transport,
    worker::Shared,
};

/// What an answer of the Admin API is filed under, where a webhook has its topic.
pub const ANSWER_TOPIC: &str = "api/order";

/// The shortest wait after a pass that failed; each further one is twice as long, up to the wait between two passes.
const FAILED_PAUSE: Duration = Duration::from_secs(15);

/// The longest wait after a pass that failed.
const FAILED_PAUSE_MAX: Duration = Duration::from_secs(900);

/// What the reconciler is made of.
pub struct AdminParts<T> {
    /// The shop, and what opens its Admin API.
    pub settings: AdminSettings,
    /// The way to it.
    pub transport: T,
    /// Where Shopify reaches us; without it subscriptions are left alone.
    pub public_url: Option<PublicUrl>,
    /// From one pass to the next; `None` = no passes, only single orders are asked for.
    pub every: Option<Duration>,
}

/// The reconciler of one shop.
pub(crate) struct Reconciler<T> {
    pub(crate) admin: Admin<T>,
    pub(crate) public_url: Option<PublicUrl>,
    pub(crate) every: Option<Duration>,
    /// Answers that were not understood and are kept already, so that not every pass keeps them again: order, `updatedAt`.
    pub(crate) unreadable: Mutex<BTreeSet<(u64, String)>>,
    /// What a person has to end before the shop's orders can be read, in one word.
    trouble: Mutex<Option<&'static str>>,
}

impl<T: Transport> Reconciler<T> {
    /// A reconciler of these parts.
    pub(crate) fn new(
        parts: AdminParts<T>,
        clock: Arc<dyn Clock>,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            admin: Admin::new(parts.settings, parts.transport, clock, counters),
            public_url: parts.public_url,
            every: parts.every,
            unreadable: Mutex::default(),
            trouble: Mutex::default(),
        }
    }

    /// What a person has to end before the shop's orders can be read, in one word.
    pub(crate) fn trouble(&self) -> Option<&'static str> {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_trouble(&self, trouble: Option<&'static str>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

/// Why a pass is not whole.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PassError {
    #[error("the shop could not be asked")]
    Admin(#[from] AdminError),
    #[error("the ledger could not be used")]
    Store(#[from] StoreError),
}

impl PassError {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Admin(error) => error.remedy(),
            Self::Store(_) => None,
        }
    }

    /// What a person has to end, in one word; `None` where it passes by itself.
    fn trouble(&self) -> Option<&'static str> {
        match self {
            Self::Admin(error) => error.remedy().map(|_| error.word()),
            Self::Store(_) => None,
        }
    }
}

/// Whether the shop has to be asked how an order is, after a step of its turn: since when.
pub(crate) fn wish(
    state: &OrderState,
    folded: &[(DeliverySeq, Fold)],
    now: Elapsed,
) -> Option<Elapsed> {
    let contested = state.newest.as_ref().is_some_and(|it| it.contested);
    let unreadable = folded
        .iter()
        .any(|(_, it)| matches!(it, Fold::Unreadable(_)));
    (contested || unreadable).then_some(now)
}

/// Passes and single orders, for as long as the service runs.
pub(crate) async fn keep<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    reconciler: Option<&Reconciler<T>>,
) {
    let Some(reconciler) = reconciler else {
        return std::future::pending().await;
    };
    tokio::select! {
        biased;
        () = passes(shared, reconciler) => {}
        () = refetch::keep(shared, reconciler) => {}
    }
}

async fn passes<S: Store, T: Transport>(shared: &Shared<S, T>, reconciler: &Reconciler<T>) {
    let mut troubles = Troubles::default();
    loop {
        let pause = match pass::pass(shared, reconciler).await {
            Ok(()) => {
                troubles.over("The shop answers again: the reconciler goes on");
                reconciler.set_trouble(None);
                shared.counters.pass("complete");
                match reconciler.every {
                    Some(every) => every,
                    None => return std::future::pending().await,
                }
            }
            Err(error) => {
                // What passes by itself says nothing of what a person has to end.
                if let Some(trouble) = error.trouble() {
                    reconciler.set_trouble(Some(trouble));
                }
                shared.counters.pass("failed");
                troubles.met(
                    &error,
                    "The reconciler cannot read the shop's orders; tried again until it can",
                );
                troubles.pause()
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Troubles in a row: each kind is said once.
#[derive(Debug, Default)]
pub(crate) struct Troubles {
    count: u32,
    said: Option<String>,
}

impl Troubles {
    /// Says what went wrong, unless that was the last thing said.
    pub(crate) fn met(&mut self, error: &PassError, message: &str) {
        self.count += 1;
        let text = Chain(error).to_string();
        if self.said.as_ref() == Some(&text) {
            return;
        }
        match error.remedy() {
            // A person has to act: it does not pass by itself.
            Some(remedy) => tracing::error!(error = text, remedy, "{message}: {text}; {remedy}"),
            None => tracing::warn!(error = text, "{message}"),
        }
        self.said = Some(text);
    }

    /// Says that it went well again.
    pub(crate) fn over(&mut self, message: &str) {
        if std::mem::take(self).said.is_some() {
            tracing::info!("{message}");
        }
    }

    /// How long to wait before it is tried again.
    pub(crate) fn pause(&self) -> Duration {
        let doubled = self.count.saturating_sub(1).min(8);
        (FAILED_PAUSE * 2_u32.pow(doubled)).min(FAILED_PAUSE_MAX)
    }
}

#[cfg(test)]
mod tests;
