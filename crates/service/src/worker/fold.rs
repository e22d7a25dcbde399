//! Deliveries become events.

use jiff::Timestamp;
use kernel::{OrderKey, event::Event, order::Order, version::Source};
use shopify::Topic;
use store::{DeliveryKind, StoredDelivery};

use crate::convert;

/// What a delivery says.
pub(crate) enum Says {
    /// Something to apply.
    Event(Box<Event>),
    /// Nothing that changes the deal.
    Nothing,
    /// It cannot be understood, and why.
    Unreadable(String),
}

impl Says {
    /// The version of the order that the delivery carries.
    pub(crate) fn version(&self) -> Option<Timestamp> {
        let Self::Event(event) = self else {
            return None;
        };
        let Event::OrderSeen { order, .. } = event.as_ref() else {
            return None;
        };
        Some(order.updated_at)
    }
}

/// Reads one delivery of an order.
pub(crate) fn read(key: &OrderKey, delivery: &StoredDelivery) -> Says {
    let topic = Topic::parse(&delivery.topic);
    match &delivery.kind {
        DeliveryKind::Unreadable(reason) => return Says::Unreadable(reason.clone()),
        DeliveryKind::Noted => return Says::Nothing,
        DeliveryKind::Hint if topic == Topic::OrdersDelete => {
            return Says::Event(Box::new(Event::DeletedInShop));
        }
        DeliveryKind::Hint => return Says::Nothing,
        DeliveryKind::Answer => return answered(key, &delivery.body),
        DeliveryKind::Snapshot => {}
    }
    match snapshot(key, &delivery.body) {
        Ok(order) => Says::Event(Box::new(Event::OrderSeen {
            order: Box::new(order),
            source: Source::Webhook {
                triggered_at: delivery.triggered_at_ms.and_then(from_millis),
            },
            creation: topic == Topic::OrdersCreate,
        })),
        Err(reason) => Says::Unreadable(reason),
    }
}

/// The Admin API beats any webhook of the same second (design §4.2, rule 16).
fn answered(key: &OrderKey, body: &[u8]) -> Says {
    match convert::answer(&key.shop, body) {
        Ok(order) => Says::Event(Box::new(Event::OrderSeen {
            order: Box::new(order),
            source: Source::Api,
            creation: false,
        })),
        Err(reason) => Says::Unreadable(reason),
    }
}

fn snapshot(key: &OrderKey, body: &[u8]) -> Result<Order, String> {
    let wire = shopify::order::from_webhook(body).map_err(|it| it.to_string())?;
    let order = convert::order(&key.shop, &wire).map_err(|it| it.to_string())?;
    // Intake files a body by the first id that it sees.
    if order.key != *key {
        return Err(format!("the body names the order {} too", order.key.order));
    }
    Ok(order)
}

fn from_millis(millis: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(millis).ok()
}
