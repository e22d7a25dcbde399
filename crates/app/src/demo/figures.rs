//! What happened in numbers, beside the verdict.

use std::collections::BTreeMap;

use serde::Serialize;

use super::peers::Peers;

/// Numbers of a run so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Orders placed.
    pub placed: u64,
    /// Webhook requests that the shop sent, retries included.
    pub attempts: u64,
    /// Genuine deliveries answered 2xx.
    pub acknowledged: u64,
    /// Deliveries sent again because no good answer came.
    pub retried: u64,
    /// Deliveries that the shop gave up.
    pub given_up: u64,
    /// Deliveries that came twice.
    pub repeated: u64,
    /// Deliveries held back, so that later ones came first.
    pub reordered: u64,
    /// Forged deliveries sent.
    pub forged: u64,
    /// Forged deliveries answered 2xx.
    pub forged_accepted: u64,
    /// Requests that reached the portal.
    pub portal_requests: u64,
    /// Requests whose answer never reached the service although they were, or would be, executed.
    pub lost_answers: u64,
    /// Requests executed after the service had given them up.
    pub late_landings: u64,
    /// The longest time between a request's arrival and a write it did, in milliseconds.
    pub longest_landing_ms: u64,
    /// Faults of the portal by kind.
    pub portal_faults: BTreeMap<String, u64>,
    /// Faults of the shop by kind.
    pub shop_faults: BTreeMap<String, u64>,
}

/// Faults of the portal that swallow an answer whose request is executed all the same.
const SWALLOWED: [&str; 4] = ["lose_answer", "hang", "late_landing", "truncated"];

/// The state of things.
pub fn figures(peers: &Peers) -> Figures {
    let (shop, portal, road) = (peers.shop.stats(), peers.portal.stats(), peers.road.stats());
    let of = |faults: &BTreeMap<String, u64>, names: &[&str]| -> u64 {
        names.iter().filter_map(|it| faults.get(*it)).sum()
    };
    let mut shop_faults = shop.faults.clone();
    shop_faults.insert("answer_lost".to_owned(), road.lost_answers);
    shop_faults.insert("repeated".to_owned(), road.repeated);
    shop_faults.retain(|_, it| 0 < *it);
    Figures {
        placed: shop.orders,
        attempts: shop.attempts,
        acknowledged: shop.acknowledged,
        retried: shop.retries,
        given_up: shop.given_up,
        repeated: road.repeated + of(&shop.faults, &["burst"]),
        reordered: of(&shop.faults, &["reorder", "late"]),
        forged: of(&shop.faults, &["bad_signature"]),
        forged_accepted: shop.forged_accepted,
        portal_requests: portal.requests,
        lost_answers: of(&portal.faults, &SWALLOWED),
        late_landings: of(&portal.faults, &["late_landing"]),
        longest_landing_ms: portal.biggest_landing_ms,
        portal_faults: portal.faults,
        shop_faults,
    }
}
