//! A fresh order on a quiet portal: contact, deal and rows in one request.
//!
//! One intent stands for all of it while it is on its way; what became of the parts is written down beside it afterwards.

use kernel::{
    chain::{self, Chain},
    command::{Command, Write},
    event::Event,
    mutants::{Mutant, planted},
    outcome::Outcome,
    party::{OpenPartyWrite, PartyEvent, PartyKind},
    state::{Open, Sending},
};
use store::{IntentChange, IntentSubject, Store, Then};

use super::{TurnError, Turning, close, sending};
use crate::{
    journal,
    portal::{Aboard, ChainCalls, ChainOutcome},
    transport::Transport,
};

impl<'a, S: Store, T: Transport> Turning<'a, S, T> {
    /// Whether the next step is worth a request that goes on to the end.
    pub(super) fn wants_chain(&self, command: &Command) -> bool {
        chain::begins(&self.state, command) && self.shared.portal.is_quiet()
    }

    /// Whether the step, which is still wanted, has a request to itself and may go on to the end in it.
    pub(super) fn may_chain(&self, command: &Command, seat: &Aboard<'a, T>) -> bool {
        seat.company() == 1 && chain::begins(&self.state, command) && self.still_wants(command)
    }

    /// Sends the whole beginning of the order, or the one step where it cannot be foreseen or sent together.
    pub(super) async fn chain(
        &mut self,
        command: Command,
        seat: Aboard<'a, T>,
    ) -> Result<(), TurnError> {
        let ctx = self.shared.context(&self.mapping);
        let foreseen = chain::foresee(&self.state, self.parties.states(), &ctx);
        let written = foreseen.and_then(|it| {
            let calls = self.shared.portal.chain(&self.claimed.key, &it).ok()?;
            Some((it, calls))
        });
        match written {
            Some((chain, calls)) => self.send_chain(&chain, calls, seat).await,
            None => self.act(command, seat).await,
        }
    }

    async fn send_chain(
        &mut self,
        chain: &Chain,
        calls: ChainCalls,
        seat: Aboard<'a, T>,
    ) -> Result<(), TurnError> {
        let shared = self.shared;
        let (intent, at) = (shared.store.new_intent(), shared.clock.now());
        let contact = self.parties.get(PartyKind::Contact);
        let contact_key = contact.map(|it| it.key.clone());
        let mut subject = IntentSubject::Order;
        if let (Some(command), Some(key)) = (&chain.contact, contact_key) {
            subject = IntentSubject::Contact(key);
            let open = OpenPartyWrite {
                intent,
                company: 1,
                creates: command.origin(),
            };
            self.apply_party(PartyKind::Contact, &PartyEvent::Intended(open));
        }
        self.apply_quietly(&Event::Intended(Open {
            intent,
            at,
            sending: without_new_contact(chain),
            company: 1,
            with_rows: None,
        }));
        journal::creating(self.scene(), &shared.counters);
        let evidence = serde_json::to_string(&chain.create)?;
        let opened = opened(intent, "create", subject.clone(), at, evidence);
        for kind in parts(chain) {
            self.note(journal::sent(at, self.wall(), kind, None));
        }
        let key = self.claimed.key.clone();
        let outcome = if planted(Mutant::SendBeforeSave) {
            let outcome = seat.send_chain(&key, calls).await;
            self.save(vec![opened], Then::Keep).await?;
            outcome
        } else {
            self.save(vec![opened], Then::Keep).await?;
            seat.send_chain(&key, calls).await
        };
        let mut closed = vec![close(intent, outcome.deal.word(), shared.clock.now())];
        closed.extend(self.chain_answered(chain, outcome, subject));
        self.save(closed, Then::Keep).await
    }

    /// Applies what became of each part, in the order in which the portal ran them.
    fn chain_answered(
        &mut self,
        chain: &Chain,
        outcome: ChainOutcome,
        subject: IntentSubject,
    ) -> Vec<IntentChange> {
        let mut records = Vec::new();
        if let Some(contact) = outcome.contact {
            records.extend(self.part_answered("contact", subject, &contact));
            if let Outcome::Done(Some(id)) = contact {
                self.apply_quietly(&Event::ContactKnown(id.into()));
            }
            self.apply_party(PartyKind::Contact, &PartyEvent::Answered(contact));
        }
        self.note_answer("create", &outcome.deal);
        self.apply_quietly(&Event::Answered(outcome.deal));
        let linked = self.state.deal().is_some();
        if let (Some(rows), Some(write @ Write::Rows { .. }), true) =
            (outcome.rows, &chain.rows, linked)
        {
            records.extend(self.rows_answered(write, rows, outcome.started_at));
        }
        if let (Some(rows), true) = (outcome.seen, linked) {
            self.apply_quietly(&Event::Looked {
                started_at: outcome.started_at,
                rows,
            });
        }
        records
    }

    /// The record of a part that had no intent of its own.
    pub(super) fn part_answered<O>(
        &mut self,
        kind: &'static str,
        subject: IntentSubject,
        outcome: &Outcome<O>,
    ) -> [IntentChange; 2] {
        self.note_answer(kind, outcome);
        let (intent, now) = (self.shared.store.new_intent(), self.shared.clock.now());
        let evidence = "\"with the deal\"".to_owned();
        [
            opened(intent, kind, subject, now, evidence),
            close(intent, outcome.word(), now),
        ]
    }

    pub(super) fn note_answer<O>(&mut self, kind: &'static str, outcome: &Outcome<O>) {
        let now = self.shared.clock.now();
        self.note(journal::answered(now, self.wall(), kind, outcome));
    }
}

/// What the deal says as far as it is known before the request: not which contact it will have.
fn without_new_contact(chain: &Chain) -> Sending {
    let mut sending = sending(&chain.create);
    if let (Sending::Create(says), Some(_)) = (&mut sending, &chain.contact) {
        says.contact = None;
    }
    sending
}

fn parts(chain: &Chain) -> impl Iterator<Item = &'static str> {
    let contact = chain.contact.as_ref().map(|_| "contact");
    let rows = chain.rows.as_ref().map(|_| "rows");
    contact.into_iter().chain(["create"]).chain(rows)
}

pub(super) fn opened(
    intent: kernel::IntentId,
    kind: &'static str,
    subject: IntentSubject,
    at: kernel::Elapsed,
    evidence: String,
) -> IntentChange {
    IntentChange::Open {
        intent,
        kind: kind.to_owned(),
        subject,
        at,
        evidence,
    }
}
