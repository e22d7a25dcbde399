//! Whether the ledger rests: nothing on its way, nothing due but the late looks that no run waits for.

use kernel::state::OrderState;
use store::OrderRecord;

/// What the ledger still has to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unrest {
    /// Orders that are worked on or will be soon.
    pub busy: usize,
    /// Deals that rest.
    pub resting: Vec<u64>,
}

/// Sorts the orders of a ledger.
pub fn unrest(orders: &[OrderRecord]) -> Unrest {
    let mut found = Unrest::default();
    for order in orders {
        match (at_rest(order), order.deal) {
            (true, Some(deal)) => found.resting.push(deal.0),
            (true, None) => {}
            (false, _) => found.busy += 1,
        }
    }
    found
}

/// An order rests if nothing is due, or only the late looks of a resolved doubt: ten minutes and more away.
fn at_rest(order: &OrderRecord) -> bool {
    if order.claimed {
        return false;
    }
    let Some(due) = order.due else {
        return true;
    };
    let state = order.state.as_deref();
    let state = state.and_then(|it| serde_json::from_str::<OrderState>(it).ok());
    state.is_some_and(|it| it.open.is_none() && it.audits.contains(&due))
}
