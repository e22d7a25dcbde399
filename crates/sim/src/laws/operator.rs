//! What operators were promised, and what their word means.

use std::collections::BTreeMap;

use kernel::{presence::Presence, state::ParkReason};
use service::operator::Action;
use simulators::bitrix24::{ChangeKind, Entity};
use store::{COMMAND_DONE, TimelineEntry};

use super::{
    Breach, View, breach,
    view::{API_USER, has_pair},
};

/// Whatever was answered with a number is in the log, and over.
pub(super) fn promised(view: &View, found: &mut Vec<Breach>) {
    if view.script.loses_ledger() || view.halted() {
        return;
    }
    for wish in &view.wishes {
        let Some(command) = wish.command else {
            continue;
        };
        match view.commands.iter().find(|it| it.seq == command) {
            None => found.push(breach(format!(
                "{:?} of order {} was promised and is not in the log",
                wish.action, wish.order
            ))),
            Some(line) if line.outcome.is_none() => found.push(breach(format!(
                "{:?} of order {} was promised and never done",
                wish.action, wish.order
            ))),
            Some(_) => {}
        }
    }
}

/// Actions of an order that were done, the oldest first.
fn done(view: &View, order: u64) -> impl Iterator<Item = Action> {
    view.commands
        .iter()
        .rev()
        .filter(move |it| it.key.order.0 == order && it.outcome.as_deref() == Some(COMMAND_DONE))
        .filter_map(|it| serde_json::from_str(&it.action).ok())
}

/// What an action says about the order's rest; `None` = nothing.
fn rest(action: &Action) -> Option<Option<ParkReason>> {
    match action {
        Action::Park => Some(Some(ParkReason::Operator)),
        Action::Ignore => Some(Some(ParkReason::Ignored)),
        Action::SyncNow | Action::Retry | Action::ChooseDeal { .. } | Action::Recreate => {
            Some(None)
        }
        Action::Replay { .. }
        | Action::ApplyDuplicate { .. }
        | Action::DismissDuplicate { .. }
        | Action::DismissNotice { .. } => None,
    }
}

/// Whom the operator let rest last rests, and nobody else rests by an operator's word.
pub(super) fn last_word(view: &View, found: &mut Vec<Breach>) {
    if view.script.loses_ledger() {
        return;
    }
    for order in &view.orders {
        let word = done(view, order.truth.id).filter_map(|it| rest(&it)).last();
        let parked = order.state.parked.as_ref().map(|it| it.why.clone());
        let rests = parked.filter(ParkReason::is_the_operators);
        // An earlier choice that is read later ends a rest as well: only a word that nothing followed is judged.
        if word.clone().unwrap_or_default() != rests {
            found.push(breach(format!(
                "order {} rests for {rests:?}, the operator's last word was {word:?}",
                order.truth.id
            )));
        }
    }
}

/// From an operator's word to the next one that may wake the order, nothing is written for it. Judged by the order of the
/// history's lines, as the ledger's clock may stand further back after a reboot.
pub(super) fn rests(view: &View, found: &mut Vec<Breach>) {
    if view.script.loses_ledger() {
        return;
    }
    for order in &view.orders {
        let mut since = None;
        for line in &order.timeline {
            match (&line.kind[..], since) {
                ("operator", _) => match asked(line).as_ref().and_then(rest) {
                    Some(Some(_)) => since = since.or(Some(line.at)),
                    Some(None) => since = None,
                    None => {}
                },
                ("sent", Some(from)) => found.push(breach(format!(
                    "order {}: {} at {} though an operator let it rest from {from} on",
                    order.truth.id, line.text, line.at
                ))),
                _ => {}
            }
        }
    }
}

/// What an operator asked for, as a line of the history says.
fn asked(line: &TimelineEntry) -> Option<Action> {
    serde_json::from_str(line.detail.as_deref()?).ok()
}

/// The deal that was chosen last is linked, unless a person deleted it or the order's deal was made anew.
pub(super) fn chosen(view: &View, found: &mut Vec<Breach>) {
    if view.script.loses_ledger() || view.halted() {
        return;
    }
    for order in &view.orders {
        let id = order.truth.id;
        let last = done(view, id)
            .filter_map(|it| match it {
                Action::ChooseDeal { deal } => Some(deal),
                Action::SyncNow
                | Action::Retry
                | Action::Park
                | Action::Ignore
                | Action::Recreate
                | Action::Replay { .. }
                | Action::ApplyDuplicate { .. }
                | Action::DismissDuplicate { .. }
                | Action::DismissNotice { .. } => None,
            })
            .last();
        let Some(deal) = last else { continue };
        let gone = view.journal.iter().any(|it| {
            it.entity == Entity::Deal
                && it.id == deal.0
                && it.who != API_USER
                && matches!(it.kind, ChangeKind::Deleted | ChangeKind::Merged)
        });
        if order.state.presence != Presence::Linked(deal) && !gone {
            found.push(breach(format!(
                "order {id} stands at {:?}, deal {deal} was chosen",
                order.state.presence
            )));
        }
    }
}

/// No deal is linked to two orders, and nothing is written to a deal that carries another order's pair.
pub(super) fn one_order_each(view: &View, found: &mut Vec<Breach>) {
    let mut linked: BTreeMap<u64, u64> = BTreeMap::new();
    for order in &view.orders {
        let id = order.truth.id;
        let Some(deal) = order.state.deal() else {
            continue;
        };
        if let Some(other) = linked.insert(deal.0, id) {
            found.push(breach(format!(
                "deal {deal} is linked to the orders {other} and {id}"
            )));
        }
        let carries = |of: u64| {
            view.deals
                .iter()
                .any(|it| it.id == deal.0 && has_pair(it, of))
        };
        let others = view.orders.iter().map(|it| it.truth.id);
        if let Some(other) = others.filter(|it| *it != id).find(|it| carries(*it)) {
            found.push(breach(format!(
                "order {id} is linked to deal {deal}, which carries order {other}"
            )));
        }
    }
}

/// No line is shown that an operator dismissed and that did not happen anew.
pub(super) fn dismissed(view: &View, found: &mut Vec<Breach>) {
    for order in &view.orders {
        let back = order
            .state
            .notices
            .intersection(&order.state.asked.dismissed);
        for notice in back {
            found.push(breach(format!(
                "order {}: {notice:?} was dismissed and is shown again",
                order.truth.id
            )));
        }
    }
}
