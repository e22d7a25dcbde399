//! What a look at the portal tells: the order's deals, its buyer, and the products in its lines.

use kernel::{
    Elapsed, company::CompanyWish, contact::ContactWish, event::Event, party::PartyKind,
    presence::Presence, remark::Remark, state::OrderState,
};
use store::Store;

use super::Turning;
use crate::{
    journal,
    portal::{Aboard, NoAnswer},
    transport::Transport,
};

impl<'a, S: Store, T: Transport> Turning<'a, S, T> {
    pub(super) async fn look(
        &mut self,
        (contact, company): (Option<ContactWish>, Option<CompanyWish>),
        variants: Vec<u64>,
        seat: Aboard<'a, T>,
    ) {
        let wanted = (contact.is_some(), company.is_some());
        let doubt_since = doubt_since(&self.state);
        let crowd = seat.company();
        let key = self.claimed.key.clone();
        let looked = seat.look(key, contact, company, variants).await;
        if looked.deals.is_ok() {
            self.apply_quietly(&Event::ProductsFound(looked.products));
        }
        let remarks = match looked.deals {
            Ok(rows) => self.apply(&Event::Looked {
                started_at: looked.started_at,
                rows,
            }),
            Err(failed) => self.apply(&look_failed(failed, crowd)),
        };
        if let Some(since) = doubt_since
            && remarks
                .iter()
                .any(|it| matches!(it, Remark::FoundOwn { .. }))
        {
            journal::raced(since, self.shared.clock.now(), &self.shared.counters);
        }
        if wanted.0 {
            self.party_looked(PartyKind::Contact, looked.started_at, looked.contacts);
        }
        if wanted.1 {
            self.party_looked(PartyKind::Company, looked.started_at, looked.companies);
        }
    }
}

pub(super) fn look_failed(failed: NoAnswer, company: u32) -> Event {
    Event::LookFailed {
        code: failed.code,
        company: if failed.portal_wide { 1 } else { company },
    }
}

fn doubt_since(state: &OrderState) -> Option<Elapsed> {
    match &state.presence {
        Presence::InDoubt(doubt) => Some(doubt.since),
        Presence::Absent
        | Presence::Sending
        | Presence::Linked(_)
        | Presence::Missing(_)
        | Presence::Tombstone(_) => None,
    }
}
