//! The parts that all orders fall into, and what a row of a list shows.

use jiff::Timestamp;
use kernel::{DealId, Elapsed, OrderKey, state::OrderState};
use store::{OrderRecord, Store};

use super::{
    Board,
    model::{Amount, DealRef, OrderRef, OrderRow, Part},
    words,
};
use crate::transport::Transport;

/// The phases of a part; the words are the kernel's.
pub(super) fn phases(part: Part) -> &'static [&'static str] {
    match part {
        Part::Linked => &["linked"],
        Part::Waiting => &["new", "waiting", "sending", "missing"],
        Part::InDoubt => &["in_doubt"],
        Part::Parked => &["parked"],
        Part::Deleted => &["tombstone"],
        Part::Ignored => &["ignored"],
        Part::Unwanted => &["unwanted"],
    }
}

/// The part that a phase belongs to. One that this version does not know still waits for something.
pub(super) fn part_of(phase: &str) -> Part {
    let knows = |it: &Part| phases(*it).contains(&phase);
    Part::ALL.into_iter().find(knows).unwrap_or(Part::Waiting)
}

pub(super) fn owned(phases: &[&str]) -> Vec<String> {
    phases.iter().map(|it| (*it).to_owned()).collect()
}

/// The state, if this version can read it.
pub(super) fn state_of(record: &OrderRecord) -> Option<OrderState> {
    serde_json::from_str(record.state.as_deref()?).ok()
}

/// An order with its page in Shopify's admin.
pub(super) fn order_ref(key: &OrderKey, name: Option<&String>) -> OrderRef {
    OrderRef {
        shop: key.shop.to_string(),
        id: key.order.0,
        name: name.cloned(),
        url: format!("https://{}/admin/orders/{}", key.shop, key.order),
    }
}

impl<S: Store, T: Transport> Board<S, T> {
    /// A deal with its page on the portal.
    pub(super) fn deal_ref(&self, deal: DealId) -> DealRef {
        let host = self.shared.portal.settings().host();
        DealRef {
            id: deal.0,
            url: format!("https://{host}/crm/deal/details/{deal}/"),
        }
    }

    /// When a point of the ledger's clock is, or was, for people.
    pub(super) fn wall_of(&self, at: Elapsed) -> Option<Timestamp> {
        let (now, wall) = (self.shared.clock.now(), self.shared.clock.wall());
        if now <= at {
            wall.checked_add(at.since(now)).ok()
        } else {
            wall.checked_sub(now.since(at)).ok()
        }
    }

    pub(super) fn row(&self, record: &OrderRecord, state: Option<&OrderState>) -> OrderRow {
        let newest = state.and_then(|it| it.newest.as_ref());
        OrderRow {
            order: order_ref(&record.key, record.name.as_ref()),
            part: part_of(&record.phase),
            phase: record.phase.clone(),
            says: words::phase_says(&record.phase),
            deal: record.deal.map(|it| self.deal_ref(it)),
            amount: newest.map(|it| Amount {
                amount: it.order.total,
                currency: it.order.currency.to_string(),
            }),
            updated_at: newest.map(|it| it.order.updated_at),
            attention: words::attention_line(state, record.attention.as_deref()),
            deliveries: record.deliveries,
            duplicates: record.duplicates.known,
            working: record.claimed,
            due: record.due.and_then(|it| self.wall_of(it)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use kernel::{
        DealId, ProcessNo,
        presence::{Doubt, Presence},
        rules::Rules,
        state::{ParkReason, Parked},
    };

    use super::*;

    /// Every phase that the kernel speaks of, and the ledger's own.
    fn all_phases() -> BTreeSet<&'static str> {
        let deal = DealId(1);
        let doubt = Doubt::begin(Elapsed::ZERO, &Rules::default());
        let presences = [
            Presence::Absent,
            Presence::Sending,
            Presence::InDoubt(doubt),
            Presence::Linked(deal),
            Presence::Missing(deal),
            Presence::Tombstone(deal),
        ];
        let mut phases = BTreeSet::from([store::PHASE_NEW]);
        for presence in presences {
            for unwanted in [false, true] {
                for why in [None, Some(ParkReason::Poison), Some(ParkReason::Ignored)] {
                    let state = OrderState {
                        presence: presence.clone(),
                        unwanted,
                        parked: why.map(|why| Parked {
                            why,
                            until: None,
                            by: ProcessNo(1),
                            mapping: None,
                        }),
                        ..OrderState::default()
                    };
                    phases.insert(state.phase());
                }
            }
        }
        phases
    }

    #[test]
    fn every_phase_is_in_exactly_one_part() {
        for phase in all_phases() {
            let homes = Part::ALL
                .into_iter()
                .filter(|it| phases(*it).contains(&phase));
            assert_eq!(homes.count(), 1, "{phase}");
        }
    }

    #[test]
    fn no_part_names_a_phase_that_is_none() {
        let all = all_phases();
        for phase in Part::ALL.into_iter().flat_map(phases) {
            assert!(all.contains(phase), "{phase}");
            assert!(
                words::phase_says(phase).en != *phase,
                "{phase} has no words"
            );
        }
    }
}
