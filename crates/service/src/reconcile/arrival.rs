//! An order that the Admin API answered becomes a delivery, unless the ledger knows that state already.

use jiff::Timestamp;
use kernel::{
    OrderId, OrderKey,
    order::Order,
    state::{OrderState, Seen},
    version::{Digest, Source, Version},
};
use serde_json::Value;
use store::{DeliveryKind, NewDelivery, Store, StoreError};

use super::{ANSWER_TOPIC, PassError, Reconciler};
use crate::{admin::order_of, convert, transport::Transport, worker::Shared};

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// It tells something: it is stored.
    Stored,
    /// The ledger knows this state, or a newer one.
    Known,
    /// Its second may not be over at the shop: to be asked for again.
    TooFresh,
    /// It cannot be understood, and is kept for a person to look at.
    Unreadable,
    /// The order is gone.
    Gone,
}

impl Arrival {
    fn word(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Known => "known",
            Self::TooFresh => "too_fresh",
            Self::Unreadable => "unreadable",
            Self::Gone => "gone",
        }
    }
}

/// Takes one order as the shop answered it. Only what was last updated before `until`, by the shop's clock, is final.
pub(super) async fn take<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    reconciler: &Reconciler<T>,
    node: Value,
    until: Timestamp,
) -> Result<Arrival, PassError> {
    let arrival = judge(shared, reconciler, node, until).await?;
    shared.counters.answer(arrival.word());
    Ok(arrival)
}

async fn judge<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    reconciler: &Reconciler<T>,
    node: Value,
    until: Timestamp,
) -> Result<Arrival, PassError> {
    let Some(node) = reconciler.admin.whole(node).await? else {
        return Ok(Arrival::Gone);
    };
    let body = serde_json::to_vec(&node).unwrap_or_default();
    let order = match convert::answer(reconciler.admin.shop(), &body) {
        Ok(order) => order,
        Err(reason) => return keep_unreadable(shared, reconciler, &node, body, reason).await,
    };
    if until <= order.updated_at {
        return Ok(Arrival::TooFresh);
    }
    if knows(shared, &order).await? {
        return Ok(Arrival::Known);
    }
    let delivery = delivery(
        shared,
        reconciler,
        order.key.order,
        DeliveryKind::Answer,
        body,
    );
    store(shared, delivery).await?;
    Ok(Arrival::Stored)
}

/// Whether the ledger's newest state of an order is this one, settled, or a newer one.
async fn knows<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    order: &Order,
) -> Result<bool, StoreError> {
    let record = shared.store.order(&order.key).await?;
    let state = record.and_then(|it| it.state);
    let state = state.and_then(|it| serde_json::from_str::<OrderState>(&it).ok());
    let newest = state.and_then(|it| it.newest);
    Ok(newest.is_some_and(|it| covers(&it, &Version::of(order, Source::Api))))
}

fn covers(known: &Seen, answer: &Version) -> bool {
    if known.version.updated_at != answer.updated_at {
        return answer.updated_at < known.version.updated_at;
    }
    known.version.digest == answer.digest && !known.contested
}

/// Keeps an answer that is no order we can use, once: it is shown to a person, and does not hold up the others.
async fn keep_unreadable<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    reconciler: &Reconciler<T>,
    node: &Value,
    body: Vec<u8>,
    reason: String,
) -> Result<Arrival, PassError> {
    let Some(order) = order_of(node) else {
        tracing::warn!(
            reason,
            "The Admin API answered an order that has no number; it is left out"
        );
        return Ok(Arrival::Unreadable);
    };
    let version = (
        order,
        node["updatedAt"].as_str().unwrap_or_default().to_owned(),
    );
    let fresh = {
        let kept = reconciler.unreadable.lock();
        // A panic elsewhere leaves a whole set behind.
        let mut kept = kept.unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.insert(version)
    };
    if fresh {
        tracing::warn!(order.id = order, shop = %reconciler.admin.shop(), reason,
            "Order {order} as the Admin API answers it cannot be understood");
        let kind = DeliveryKind::Unreadable(reason);
        let delivery = delivery(shared, reconciler, OrderId(order), kind, body);
        store(shared, delivery).await?;
    }
    Ok(Arrival::Unreadable)
}

fn delivery<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    reconciler: &Reconciler<T>,
    order: OrderId,
    kind: DeliveryKind,
    body: Vec<u8>,
) -> NewDelivery {
    NewDelivery {
        shop: reconciler.admin.shop().clone(),
        topic: ANSWER_TOPIC.to_owned(),
        order: Some(order),
        webhook_id: String::new(),
        event_id: None,
        triggered_at_ms: None,
        received_at: shared.clock.now(),
        received_wall_ms: shared.clock.wall().as_millisecond(),
        kind,
        body_hash: Digest::of_bytes(&body).as_str().to_owned(),
        body: body.into(),
    }
}

async fn store<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    delivery: NewDelivery,
) -> Result<(), StoreError> {
    let key = delivery.order.map(|order| OrderKey {
        shop: delivery.shop.clone(),
        order,
    });
    shared.store.accept(delivery).await?;
    shared.notes.received(shared.clock.wall());
    shared.bell.notify_one();
    if let Some(key) = key {
        tracing::debug!(order.id = %key.order, shop = %key.shop, "The Admin API told order {}", key.order);
    }
    Ok(())
}
