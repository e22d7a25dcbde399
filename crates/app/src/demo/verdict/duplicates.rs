//! Whether an order ever had two live deals at once: the portal's journal, change by change.

use std::collections::{BTreeMap, BTreeSet};

use super::{Truths, is_live, key_of};

/// Orders that had several live deals at some instant, and for how many milliseconds in all.
pub(super) fn ever(truths: &Truths) -> BTreeMap<u64, u64> {
    let end = truths.journal.last().map_or(0, |it| it.at);
    let mut live: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    let mut since: BTreeMap<u64, u64> = BTreeMap::new();
    let mut found: BTreeMap<u64, u64> = BTreeMap::new();
    for change in &truths.journal {
        let Some(deal) = &change.after else {
            continue;
        };
        let before = change.before.as_ref().and_then(|it| key_of(it, truths));
        let after = key_of(deal, truths).filter(|_| is_live(deal));
        if let Some(order) = before {
            live.entry(order).or_default().remove(&deal.id);
        }
        if let Some(order) = after {
            live.entry(order).or_default().insert(deal.id);
        }
        for order in before.into_iter().chain(after) {
            let several = live.get(&order).is_some_and(|it| 1 < it.len());
            if several {
                found.entry(order).or_insert(0);
                since.entry(order).or_insert(change.at);
            } else if let Some(began) = since.remove(&order) {
                *found.entry(order).or_insert(0) += change.at - began;
            }
        }
    }
    for (order, began) in since {
        *found.entry(order).or_insert(0) += end - began;
    }
    found
}
