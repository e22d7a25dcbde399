//! How many orders are worked on at once, and from which end of the queue they come.
//!
//! Many turns wait for the portal most of the time, so there are as many as fill its requests. Under a backlog the longest
//! due orders have most of the slots; the rest is for what just became due: a fresh order, or the look that ends a doubt.

use std::collections::BTreeMap;

use kernel::OrderKey;

/// Slots for the longest due orders: a few full requests.
const OLDEST_MAX: usize = 384;

/// Slots for what became due last, while a backlog fills the others.
const NEWEST_MAX: usize = 64;

/// So few turns are topped up whenever one ends; more of them in steps, since asking the ledger costs time.
const FEW: usize = 32;

/// An end of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Oldest,
    Newest,
}

/// The orders that are worked on.
#[derive(Debug, Default)]
pub(super) struct Slots {
    busy: BTreeMap<OrderKey, Line>,
    oldest: usize,
    newest: usize,
    released: usize,
}

impl Slots {
    /// Whether to ask the ledger for due orders; `woken` says that there may be new ones.
    pub(super) fn wants_more(&self, woken: bool) -> bool {
        self.has_room() && (woken || self.busy.len() < FEW || FEW <= self.released)
    }

    pub(super) fn has_room(&self) -> bool {
        0 < self.free(Line::Oldest) || 0 < self.free(Line::Newest)
    }

    pub(super) fn free(&self, line: Line) -> usize {
        match line {
            Line::Oldest => OLDEST_MAX - self.oldest,
            Line::Newest => NEWEST_MAX - self.newest,
        }
    }

    pub(super) fn busy(&self) -> Vec<OrderKey> {
        self.busy.keys().cloned().collect()
    }

    pub(super) fn take(&mut self, line: Line, keys: impl Iterator<Item = OrderKey>) {
        for key in keys {
            *self.count(line) += 1;
            self.busy.insert(key, line);
        }
    }

    /// The ledger was asked.
    pub(super) fn asked(&mut self) {
        self.released = 0;
    }

    /// A turn ended.
    pub(super) fn release(&mut self, key: &OrderKey) {
        if let Some(line) = self.busy.remove(key) {
            *self.count(line) -= 1;
            self.released += 1;
        }
    }

    fn count(&mut self, line: Line) -> &mut usize {
        match line {
            Line::Oldest => &mut self.oldest,
            Line::Newest => &mut self.newest,
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::{OrderId, ShopDomain};

    use super::*;

    fn keys(count: usize) -> impl Iterator<Item = OrderKey> {
        let shop = ShopDomain::parse("a.myshopify.com").expect("a shop");
        (0..count as u64).map(move |it| OrderKey {
            shop: shop.clone(),
            order: OrderId(it),
        })
    }

    #[test]
    fn a_backlog_leaves_slots_for_what_is_due_last() {
        let mut slots = Slots::default();
        slots.take(Line::Oldest, keys(OLDEST_MAX));
        slots.asked();
        assert_eq!(
            (slots.free(Line::Oldest), slots.free(Line::Newest)),
            (0, NEWEST_MAX)
        );
        assert!(slots.wants_more(true) && !slots.wants_more(false));
    }

    #[test]
    fn many_turns_are_topped_up_in_steps_and_few_at_once() {
        let mut slots = Slots::default();
        let all: Vec<_> = keys(FEW * 2).collect();
        slots.take(Line::Oldest, all.iter().cloned());
        slots.asked();
        for (ended, key) in all.iter().enumerate() {
            assert_eq!(slots.wants_more(false), FEW <= ended, "{ended}");
            slots.release(key);
        }
        assert_eq!(slots.free(Line::Oldest), OLDEST_MAX);
    }
}
