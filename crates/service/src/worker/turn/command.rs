//! What operators asked for, taken into the order's own turn.
//!
//! Invariant: a wish is over in the same transaction that holds its effect: a crash in between leaves both undone.

use kernel::{
    CommandSeq, DealId, event::Event, operator::WhyNot, remark::Remark, state::ParkReason,
};
use store::{COMMAND_DONE, COMMAND_REFUSED, CommandChange, Store, Then};

use super::{TurnError, Turning};
use crate::{journal, operator::Action, transport::Transport};

impl<S: Store, T: Transport> Turning<'_, S, T> {
    /// Takes the wishes that wait, the oldest first. A choice is settled once the deal was read.
    pub(super) async fn take_commands(&mut self) -> Result<(), TurnError> {
        if self.claimed.commands.is_empty() {
            return Ok(());
        }
        for wish in std::mem::take(&mut self.claimed.commands) {
            let Ok(action) = serde_json::from_str::<Action>(&wish.action) else {
                tracing::warn!(order.id = %self.claimed.key.order, command.seq = wish.seq.0,
                    "What an operator asked for is not understood by this version: it is not done");
                self.settle(wish.seq, Some(&WhyNot::NotUnderstood));
                continue;
            };
            let now = self.shared.clock.now();
            self.note(journal::asked(now, wish.wall_ms, &wish.who, &action));
            self.obey(wish.seq, &action);
        }
        // The next step may be a long wait for the portal: what was asked for is not lost meanwhile.
        self.save(Vec::new(), Then::Keep).await
    }

    fn obey(&mut self, seq: CommandSeq, action: &Action) {
        let event = match action {
            Action::SyncNow => {
                self.ask_shop = true;
                Event::OperatorSync
            }
            Action::Retry => Event::OperatorRetry,
            Action::Park => Event::OperatorPark(ParkReason::Operator),
            Action::Ignore => Event::OperatorPark(ParkReason::Ignored),
            Action::ChooseDeal { deal } => {
                let (deal, command) = (*deal, seq);
                self.commands.push(CommandChange::Taken(seq));
                self.apply_quietly(&Event::OperatorChose { deal, command });
                return;
            }
            Action::Recreate => Event::OperatorRecreate,
            // The delivery waits to be folded since the wish was written down.
            Action::Replay { .. } => return self.settle(seq, None),
            Action::ApplyDuplicate { deal } => Event::OperatorFlag(*deal),
            Action::DismissDuplicate { deal } => {
                Event::OperatorDismissed(kernel::state::Notice::OtherDeal(*deal))
            }
            Action::DismissNotice { notice } => Event::OperatorDismissed(notice.clone()),
        };
        let remarks = self.apply(&event);
        let mut why = None;
        for remark in &remarks {
            if let Remark::NotDone(because) = remark {
                why = Some(because);
            }
        }
        self.settle(seq, why);
    }

    /// What was concluded about chosen deals is told to whoever chose them.
    pub(super) fn settle_choices(&mut self, remarks: &[Remark]) {
        for remark in remarks {
            if let Remark::Chosen { command, .. } = remark {
                self.settle(*command, None);
            } else if let Remark::NotChosen { command, why, .. } = remark {
                self.settle(*command, Some(why));
            }
        }
    }

    /// Whether a deal that an operator chose belongs to another order of this ledger.
    pub(super) async fn is_taken(&mut self, deal: DealId) -> Result<bool, TurnError> {
        if self.state.asked.choice.is_none_or(|it| it.deal != deal) {
            return Ok(false);
        }
        let other = self.shared.store.linked_to(deal, &self.claimed.key).await?;
        let Some(other) = other else {
            return Ok(false);
        };
        self.apply_quietly(&Event::ChoiceTaken(other));
        Ok(true)
    }

    fn settle(&mut self, seq: CommandSeq, why: Option<&WhyNot>) {
        self.commands.push(CommandChange::Settled {
            seq,
            outcome: if why.is_none() {
                COMMAND_DONE
            } else {
                COMMAND_REFUSED
            },
            why: why.and_then(|it| serde_json::to_string(it).ok()),
            wall_ms: self.wall(),
        });
    }
}
