//! Single orders that the shop has to be asked for: it hinted at a change, or its deliveries contradict each other.

use std::time::Duration;

use jiff::SignedDuration;
use kernel::{
    Elapsed,
    mutants::{Mutant, planted},
};
use store::{Refetch, Store};

use super::{PassError, Reconciler, Troubles, arrival, arrival::Arrival};
use crate::{transport::Transport, worker::Shared};

/// How often the ledger is asked what is wanted.
const POLL: Duration = Duration::from_secs(5);

/// A wish is served this long after it was made: one change at the shop brings several hints.
const GATHER: Duration = Duration::from_secs(5);

/// Orders asked for in one round.
const ROUND_MAX: usize = 50;

/// An answer is final once the order was last updated so long before it, on the shop's clock.
const FINAL_AFTER: SignedDuration = SignedDuration::from_secs(3);

/// Serves wishes for as long as the service runs.
pub(super) async fn keep<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    reconciler: &Reconciler<T>,
) {
    let mut troubles = Troubles::default();
    loop {
        let pause = match round(shared, reconciler).await {
            Ok(ROUND_MAX..) => continue,
            Ok(0) => POLL,
            Ok(_) => {
                troubles.over("The shop answers for single orders again");
                POLL
            }
            Err(error) => {
                troubles.met(
                    &error,
                    "Single orders cannot be asked for at the shop; tried again until they can",
                );
                troubles.pause()
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Serves what is wanted, and says how many wishes there were.
async fn round<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    reconciler: &Reconciler<T>,
) -> Result<usize, PassError> {
    let admin = &reconciler.admin;
    // A ledger's clock that is younger than the wait knows no wish that has waited so long.
    let Some(until) = before(shared.clock.now()) else {
        return Ok(0);
    };
    let wishes = shared
        .store
        .refetches(admin.shop(), until, ROUND_MAX)
        .await?;
    if wishes.is_empty() {
        return Ok(0);
    }
    if planted(Mutant::HintIgnored) {
        // A planted bug: nobody asks.
        for wish in &wishes {
            shared.store.refetched(wish, None).await?;
        }
        return Ok(wishes.len());
    }
    let ids: Vec<u64> = wishes.iter().map(|it| it.key.order.0).collect();
    let nodes = admin.orders(&ids).await?;
    let until = admin.shop_now() - FINAL_AFTER;
    for (wish, node) in wishes.iter().zip(nodes) {
        let arrival = match node {
            Some(node) => arrival::take(shared, reconciler, node, until).await?,
            None => Arrival::Gone,
        };
        shared.store.refetched(wish, again(shared, arrival)).await?;
        say(wish, arrival);
    }
    Ok(wishes.len())
}

fn before(now: Elapsed) -> Option<Elapsed> {
    let gather = u64::try_from(GATHER.as_millis()).unwrap_or(u64::MAX);
    now.as_millis()
        .checked_sub(gather)
        .map(Elapsed::from_millis)
}

/// When to ask again: an answer that is too fresh is not the last word of its second.
fn again<S: Store, T: Transport>(shared: &Shared<S, T>, arrival: Arrival) -> Option<Elapsed> {
    match arrival {
        Arrival::TooFresh => Some(shared.clock.now()),
        Arrival::Stored | Arrival::Known | Arrival::Unreadable | Arrival::Gone => None,
    }
}

fn say(wish: &Refetch, arrival: Arrival) {
    if arrival == Arrival::Gone {
        tracing::debug!(order.id = %wish.key.order, shop = %wish.key.shop,
            "The shop does not show order {} to the app: it was deleted, or is older than the app may read", wish.key.order);
    }
}
