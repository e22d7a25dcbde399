//! A place at the portal, from the turn's side: ask for it, load it, read what came back.

use std::collections::BTreeMap;

use bitrix24::{
    Answer, Call, Outcome as Wire, companies, contacts,
    deals::DealRow,
    item::{self, Entity},
    rows,
};
use kernel::{
    DealId, Elapsed, OrderKey, PartyId, ProcessNo,
    command::Write,
    company::CompanyWish,
    contact::ContactWish,
    deal::Glimpse,
    event::Effect,
    outcome::Outcome,
    party::{PartyCommand, PartyGlimpse, PartyKind},
    planner::{Passenger, Place},
};
use tokio::sync::oneshot;
use tracing::Span;

use super::{
    Portal, calls,
    cargo::{Cargo, Delivered, Loaded, LookAsk, Looked, NoAnswer},
    desk::{Called, Seat},
    fields, looks, lost, outcome,
};
use crate::transport::Transport;

/// What became of asking for a place.
pub(crate) enum Boarding<'a, T> {
    /// The request is about to leave.
    Aboard(Aboard<'a, T>),
    /// Nothing of the kind leaves before this point: come again then.
    Later(Elapsed),
}

/// A place in a request that waits for its cargo. Dropping it gives the place up.
pub(crate) struct Aboard<'a, T> {
    pub(super) portal: &'a Portal<T>,
    seat: Seat,
}

/// What a read showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReadDeal {
    /// The deal.
    Shown(Box<Glimpse>),
    /// The portal does not know it.
    NotFound,
    /// Nothing came of it.
    Failed(NoAnswer),
}

/// What a read of a contact or a company showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReadParty {
    /// What may be missing of it.
    Shown(PartyGlimpse),
    /// The portal does not know it.
    NotFound,
    /// Nothing came of it.
    Failed,
}

impl<T: Transport> Portal<T> {
    /// Waits for a place in a request.
    pub(crate) async fn board(
        &self,
        passenger: impl FnOnce(Place) -> Passenger,
    ) -> Boarding<'_, T> {
        let mut waiting = self.desk.queue(passenger);
        match (&mut waiting.called).await {
            Ok(Called::Aboard(seat)) => Boarding::Aboard(Aboard { portal: self, seat }),
            Ok(Called::Later(at)) => Boarding::Later(at),
            // The desk is gone, and with it the service.
            Err(_) => Boarding::Later(self.clock.now()),
        }
    }
}

impl<T: Transport> Portal<T> {
    /// What the answers to a read of a deal and of its rows show.
    pub(super) fn read_deal(
        &self,
        deal: DealId,
        process: ProcessNo,
        answers: Vec<Wire<Answer>>,
    ) -> ReadDeal {
        let mut answers = answers.into_iter();
        let (shown, rows) = (
            answers.next().unwrap_or(lost()),
            answers.next().unwrap_or(lost()),
        );
        if outcome::is_not_found(&shown) {
            return ReadDeal::NotFound;
        }
        let failed = looks::usable(&shown).err().or(looks::usable(&rows).err());
        let fields = shown.read(item::read_item).done();
        let row = fields
            .as_ref()
            .and_then(|it| DealRow::read(it, &self.select).ok());
        let rows = rows.read(rows::read).done();
        match (fields, row, rows) {
            (Some(fields), Some(row), Some(rows)) if row.id == deal.0 => {
                let at = self.clock.now();
                let glimpse =
                    fields::glimpse(&row, &fields, rows.len(), &self.asks(), (at, process));
                ReadDeal::Shown(Box::new(glimpse))
            }
            (_, _, _) => ReadDeal::Failed(failed.unwrap_or_default()),
        }
    }
}

impl<T: Transport> Aboard<'_, T> {
    /// Orders that share the request, at most.
    pub(crate) fn company(&self) -> u32 {
        self.seat.company
    }

    /// Looks an order's deal up by both its keys, and a contact and a company beside it where they are wanted.
    pub(crate) async fn look(
        self,
        key: OrderKey,
        contact: Option<ContactWish>,
        company: Option<CompanyWish>,
        variants: Vec<u64>,
    ) -> Looked {
        let nothing = Looked {
            started_at: self.portal.clock.now(),
            deals: Err(NoAnswer::default()),
            contacts: None,
            companies: None,
            products: BTreeMap::new(),
        };
        let ask = Box::new(LookAsk {
            key,
            contact,
            company,
            variants,
        });
        match self.deliver(Cargo::Look(ask)).await {
            Some(Delivered::Looked(looked)) => looked,
            Some(Delivered::Answers(_)) | None => nothing,
        }
    }

    /// Reads one deal and counts its rows.
    pub(crate) async fn read(self, deal: DealId, process: ProcessNo) -> ReadDeal {
        let portal = self.portal;
        let calls = vec![item::get(Entity::Deal, deal.0), rows::list(deal.0)];
        let answers = self.calls(calls).await;
        portal.read_deal(deal, process, answers)
    }

    /// Sends one write, and the rows beside it if there are any. Their intent must be on disk.
    pub(crate) async fn write(
        self,
        write: &Write,
        rows: Option<&Write>,
    ) -> (Outcome<Effect>, Option<Outcome<Effect>>) {
        let select = self.portal.select.clone();
        let calls = [Some(write), rows].into_iter().flatten().map(calls::write);
        let mut answers = self.calls(calls.collect()).await.into_iter();
        let answer = answers.next().unwrap_or(lost());
        let beside = rows.map(|_| plain(answers.next().unwrap_or(lost())));
        let outcome = match write {
            Write::Create { .. } | Write::Update { .. } | Write::Flag { .. } => {
                let read = |it: &Answer| {
                    let fields = item::read_item(it)?;
                    DealRow::read(&fields, &select)
                };
                outcome::to_kernel(answer.read(read)).map(fields::effect)
            }
            Write::Rows { .. } | Write::Comment { .. } => plain(answer),
        };
        (outcome, beside)
    }

    /// Sends one write of a contact or a company. Its intent must be on disk.
    pub(crate) async fn write_party(
        self,
        originator: &str,
        command: &PartyCommand,
    ) -> Outcome<Option<PartyId>> {
        let Some(call) = calls::party(originator, command) else {
            return Outcome::Done(None);
        };
        let answer = self.call(call).await;
        outcome::to_kernel(answer.read(item::read_id)).map(|id| Some(PartyId(id)))
    }

    /// Reads what may be missing of a contact or a company.
    pub(crate) async fn read_party(
        self,
        kind: PartyKind,
        id: PartyId,
        process: ProcessNo,
    ) -> ReadParty {
        let clock = self.portal.clock.clone();
        let answer = self.call(calls::read_party(kind, id)).await;
        if outcome::is_not_found(&answer) {
            return ReadParty::NotFound;
        }
        let fields = answer.read(item::read_item).done();
        let glimpse = fields.and_then(|it| shown(kind, id, &it, (clock.now(), process)));
        glimpse.map_or(ReadParty::Failed, ReadParty::Shown)
    }

    async fn call(self, call: Call) -> Wire<Answer> {
        let answers = self.calls(vec![call]).await;
        answers.into_iter().next().unwrap_or(lost())
    }

    async fn calls(self, calls: Vec<Call>) -> Vec<Wire<Answer>> {
        match self.deliver(Cargo::Calls(calls)).await {
            Some(Delivered::Answers(answers)) => answers,
            Some(Delivered::Looked(_)) | None => Vec::new(),
        }
    }

    /// Loads the cargo; `None` if nobody will ever answer.
    pub(super) async fn deliver(self, cargo: Cargo) -> Option<Delivered> {
        let (reply, replied) = oneshot::channel();
        let turn = Span::current();
        let loaded = Loaded { cargo, reply, turn };
        self.seat.cargo.send(loaded).ok()?;
        replied.await.ok()
    }
}

fn plain(answer: Wire<Answer>) -> Outcome<Effect> {
    outcome::to_kernel(answer).map(|_| Effect::Plain)
}

/// What a read shows of the party that was asked for.
fn shown(
    kind: PartyKind,
    id: PartyId,
    fields: &serde_json::Map<String, serde_json::Value>,
    (at, process): (Elapsed, ProcessNo),
) -> Option<PartyGlimpse> {
    let (shown, email, phone, title) = match kind {
        PartyKind::Contact => {
            let row = contacts::ContactRow::read(fields).ok()?;
            (
                row.id,
                !row.emails.is_empty(),
                !row.phones.is_empty(),
                false,
            )
        }
        PartyKind::Company => {
            let row = companies::CompanyRow::read(fields).ok()?;
            (row.id, false, false, !row.title.is_empty())
        }
    };
    (shown == id.0).then_some(PartyGlimpse {
        has_email: email,
        has_phone: phone,
        has_title: title,
        at,
        process,
    })
}
