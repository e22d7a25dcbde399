//! What a turn writes down: the order's state, and what lists and people see of it.

use kernel::{
    Elapsed,
    remark::several,
    state::{Loser, Notice, OrderState},
};
use store::{Duplicates, IntentChange, Store, Then, Turn};
use tracing::Instrument as _;

use super::{TurnError, Turning};
use crate::{reconcile, spans, transport::Transport, worker::release};

impl<S: Store, T: Transport> Turning<'_, S, T> {
    pub(super) async fn finish(mut self, due: Option<Elapsed>) -> Result<(), TurnError> {
        tracing::Span::current().record("order.phase", self.state.phase());
        self.save(Vec::new(), release(due)).await
    }

    /// Saves everything that changed, in one transaction.
    pub(super) async fn save(
        &mut self,
        intents: Vec<IntentChange>,
        then: Then,
    ) -> Result<(), TurnError> {
        let contacts = self.parties.changes()?;
        let saved = contacts.clone();
        let turn = Turn {
            key: self.claimed.key.clone(),
            row_version: self.claimed.row_version,
            state: serde_json::to_string(&self.state)?,
            phase: self.state.phase().to_owned(),
            name: self.state.newest.as_ref().map(|it| it.order.name.clone()),
            email: email(&self.state),
            deal: self.state.deal(),
            attention: attention(&self.state),
            duplicates: duplicates(&self.state),
            refetch: self.refetch(),
            folded: std::mem::take(&mut self.folded),
            intents,
            contacts,
            contact_key: self.parties.contact.as_ref().map(|it| it.key.clone()),
            timeline: std::mem::take(&mut self.timeline),
            commands: std::mem::take(&mut self.commands),
            then,
        };
        let span = spans::save(turn.intents.len());
        self.claimed.row_version = self.shared.store.save(turn).instrument(span).await?;
        self.shared.notes.touch();
        self.parties.saved(saved);
        if std::mem::take(&mut self.got_deal) {
            self.observe_deal().await;
        }
        Ok(())
    }

    /// Since when the shop has to be asked how the order is.
    fn refetch(&mut self) -> Option<Elapsed> {
        let now = self.shared.clock.now();
        let asked = std::mem::take(&mut self.ask_shop).then_some(now);
        reconcile::wish(&self.state, &self.folded, now).or(asked)
    }

    /// Measures how long the order waited for its deal. A ledger that does not say since when costs one measurement.
    async fn observe_deal(&self) {
        let shared = self.shared;
        let heard_at = match self.heard_at {
            Some(at) => Some(at),
            None => {
                let first = shared.store.first_heard(&self.claimed.key).await;
                first.ok().flatten()
            }
        };
        if let Some(at) = heard_at {
            let waited = shared.clock.now().since(at).as_secs_f64();
            shared.counters.orders.deal_seconds.observe(waited);
        }
    }
}

/// What people find the order by who know its buyer.
fn email(state: &OrderState) -> Option<String> {
    let email = state.newest.as_ref()?.order.buyer.email.as_ref()?;
    let email = email.trim().to_lowercase();
    (!email.is_empty()).then_some(email)
}

/// How many second deals of the order are known, and how far they are settled.
fn duplicates(state: &OrderState) -> Duplicates {
    let count = |is: fn(&Loser) -> bool| {
        let steps = state.second_deals().map(|(_, step)| step);
        steps.filter(is).count() as u64
    };
    Duplicates {
        known: count(|_| true),
        flagged: count(|it| matches!(it, Loser::Flagged | Loser::Settled)),
        open: count(|it| *it != Loser::Settled),
    }
}

/// The one line that a list shows of what a person should look at.
fn attention(state: &OrderState) -> Option<String> {
    if let Some(parked) = &state.parked {
        return Some(parked.why.to_string());
    }
    state.notices.iter().next().map(|it| match it {
        Notice::Contested => "two states of the same second; the later one counts".to_owned(),
        Notice::ChangedAfterDeletion => "the order changed after its deal was deleted".to_owned(),
        Notice::OtherDeal(deal) => format!("deal {deal} carries the same order"),
        Notice::LateLanding(deal) => {
            format!("deal {deal} was a second deal of this order and is flagged")
        }
        Notice::DeletedInShop => "the order was deleted in Shopify".to_owned(),
        Notice::ContactRefused => "the portal refuses the contact".to_owned(),
        Notice::CompanyRefused => "the portal refuses the company".to_owned(),
        Notice::SeveralMatch { kind, count, used } => several(*kind, *count, *used),
        Notice::Unreadable => "a delivery could not be read".to_owned(),
        Notice::DigitsLost => "the amount has digits that the portal cannot carry".to_owned(),
        Notice::Unmapped(it) => format!("the mapping's rule `{}` fails: {}", it.place, it.problem),
    })
}
