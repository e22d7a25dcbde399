//! What the shop's Admin API makes good.

use super::{Breach, View, breach};
use crate::script::AdminApi;

/// What webhooks lost is made good by ordinary passes, long before the daily wide one.
pub(super) fn soon_made_good(view: &View, found: &mut Vec<Breach>) {
    for order in &view.behind {
        found.push(breach(format!(
            "order {order} was not known as it was, hours after the last change"
        )));
    }
}

/// No order rests with two states of one second where the shop can be asked which one counts.
pub(super) fn contested_settled(view: &View, found: &mut Vec<Breach>) {
    if view.script.admin == AdminApi::Off || view.halted() {
        return;
    }
    for order in view.orders.iter().filter(|it| !it.truth.deleted) {
        if order.state.newest.as_ref().is_some_and(|it| it.contested) {
            let id = order.truth.id;
            found.push(breach(format!("order {id} rests with a contested second")));
        }
    }
}

/// Whatever somebody removed is subscribed again.
pub(super) fn subscribed(view: &View, found: &mut Vec<Breach>) {
    if view.script.admin != AdminApi::Full {
        return;
    }
    for topic in view.unsubscribed_topics() {
        found.push(breach(format!("{topic} is not subscribed")));
    }
}
