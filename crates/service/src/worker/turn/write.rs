//! One write of a turn, and the rows beside an update.

use kernel::{
    chain,
    command::Write,
    event::{Effect, Event},
    mutants::{Mutant, planted},
    outcome::Outcome,
    state::Open,
    version::Digest,
};
use store::{IntentChange, IntentSubject, Store, Then};

use super::{TurnError, Turning, chain::opened, close, sending};
use crate::{journal, portal::Aboard, transport::Transport};

impl<'a, S: Store, T: Transport> Turning<'a, S, T> {
    /// Writes the intent down, sends, and writes the outcome down.
    pub(super) async fn write(
        &mut self,
        write: &Write,
        seat: Aboard<'a, T>,
    ) -> Result<(), TurnError> {
        let shared = self.shared;
        let rows = self.rows_beside(write);
        let (intent, at) = (shared.store.new_intent(), shared.clock.now());
        let evidence = match &rows {
            Some(rows) => serde_json::to_string(&[write, rows])?,
            None => serde_json::to_string(write)?,
        };
        self.apply(&Event::Intended(Open {
            intent,
            at,
            sending: sending(write),
            company: seat.company(),
            with_rows: rows.as_ref().and_then(digest),
        }));
        if let Write::Create { .. } = write {
            journal::creating(self.scene(), &shared.counters);
        }
        for write in [Some(write), rows.as_ref()].into_iter().flatten() {
            self.note(journal::sent(at, self.wall(), write.kind(), write.deal()));
        }
        let opened = opened(intent, write.kind(), IntentSubject::Order, at, evidence);
        let (outcome, beside) = if planted(Mutant::SendBeforeSave) {
            let outcome = seat.write(write, rows.as_ref()).await;
            self.save(vec![opened], Then::Keep).await?;
            outcome
        } else {
            self.save(vec![opened], Then::Keep).await?;
            seat.write(write, rows.as_ref()).await
        };
        self.note_answer(write.kind(), &outcome);
        let mut closed = vec![close(intent, outcome.word(), shared.clock.now())];
        let tells = beside.as_ref().is_some_and(|it| adds_to(&outcome, it));
        self.apply(&Event::Answered(outcome));
        if let (Some(rows), Some(beside), true) = (rows, beside, tells) {
            closed.extend(self.rows_answered(&rows, beside, at));
        }
        self.save(closed, Then::Keep).await
    }

    /// The rows that the same request can set.
    pub(super) fn rows_beside(&self, write: &Write) -> Option<Write> {
        let update = matches!(write, Write::Update { .. });
        update
            .then(|| {
                let ctx = self.shared.context(&self.mapping);
                chain::rows_beside(&self.state, write, self.parties.states(), &ctx)
            })
            .flatten()
    }

    /// Applies what became of rows that were sent beside another write, and records it.
    pub(super) fn rows_answered(
        &mut self,
        rows: &Write,
        outcome: Outcome<Effect>,
        at: kernel::Elapsed,
    ) -> Vec<IntentChange> {
        // A deal that turned out not to be ours is left alone.
        if self.state.deal().is_none() || self.state.parked.is_some() {
            return Vec::new();
        }
        let records = self.part_answered(rows.kind(), IntentSubject::Order, &outcome);
        self.apply_quietly(&Event::Intended(Open {
            intent: self.shared.store.new_intent(),
            at,
            sending: sending(rows),
            company: 1,
            with_rows: None,
        }));
        self.apply_quietly(&Event::Answered(outcome));
        records.to_vec()
    }
}

/// Whether the outcome of the rows says more than that of the write beside them: an unknown write makes both unknown, and
/// where both were refused one refusal is enough.
fn adds_to(write: &Outcome<Effect>, rows: &Outcome<Effect>) -> bool {
    match (write, rows) {
        (Outcome::Unknown { .. }, _) | (Outcome::Refused(_), Outcome::Refused(_)) => false,
        (Outcome::Done(_), _)
        | (Outcome::Refused(_), Outcome::Done(_) | Outcome::Unknown { .. }) => true,
    }
}

fn digest(rows: &Write) -> Option<Digest> {
    match rows {
        Write::Rows { digest, .. } => Some(digest.clone()),
        Write::Create { .. }
        | Write::Update { .. }
        | Write::Flag { .. }
        | Write::Comment { .. } => None,
    }
}
