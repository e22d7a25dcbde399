//! What can be seen at once about an action. Whether it holds is decided again in the order's turn.

use kernel::{
    DealId,
    operator::WhyNot,
    presence::Presence,
    state::{Loser, Notice, OrderState, ParkReason},
};
use store::OrderRecord;

use super::{Action, Refused};

/// Refuses what makes no sense for the order as it is in the ledger.
///
/// # Errors
/// Why.
pub fn check(record: Option<&OrderRecord>, action: &Action) -> Result<(), Refused> {
    let Some(record) = record else {
        return Err(Refused::UnknownOrder);
    };
    let state: OrderState = match &record.state {
        None => OrderState::default(),
        Some(text) => serde_json::from_str(text).map_err(|_| Refused::UnreadableState)?,
    };
    let why = match action {
        Action::SyncNow | Action::Retry | Action::Park | Action::Ignore | Action::Replay { .. } => {
            return Ok(());
        }
        Action::ChooseDeal { .. } => state.newest.is_none().then_some(WhyNot::NeverSeen),
        Action::Recreate => not_deleted(&state),
        Action::ApplyDuplicate { deal } => no_loser(&state, *deal),
        Action::DismissDuplicate { deal } => {
            (!speaks_of(&state, *deal)).then_some(WhyNot::NoDuplicate)
        }
        Action::DismissNotice { notice } => {
            return if state.notices.contains(notice) {
                Ok(())
            } else {
                Err(Refused::NoSuchLine)
            };
        }
    };
    match why {
        None => Ok(()),
        Some(why) => Err(Refused::NotDone { why }),
    }
}

fn not_deleted(state: &OrderState) -> Option<WhyNot> {
    match state.presence {
        Presence::Tombstone(_) | Presence::Missing(_) => state.unwanted.then_some(WhyNot::Unwanted),
        Presence::Absent | Presence::Sending | Presence::InDoubt(_) | Presence::Linked(_) => {
            Some(WhyNot::NotDeleted)
        }
    }
}

fn no_loser(state: &OrderState, deal: DealId) -> Option<WhyNot> {
    if state.deal().is_none() {
        return Some(WhyNot::NoSurvivor);
    }
    match state.losers.get(&deal) {
        None => Some(WhyNot::NoDuplicate),
        Some(Loser::Flagged | Loser::Settled) => Some(WhyNot::FlaggedAlready),
        Some(Loser::ToFlag | Loser::Listed) => None,
    }
}

fn speaks_of(state: &OrderState, deal: DealId) -> bool {
    let parked = state.parked.as_ref().map(|it| &it.why);
    state.losers.contains_key(&deal)
        || state.notices.contains(&Notice::OtherDeal(deal))
        || state.notices.contains(&Notice::LateLanding(deal))
        || parked == Some(&ParkReason::NamesAnother(deal))
}
