//! What becomes of a write, and what was learnt from the creates of a story.

use std::time::Duration;

use kernel::{
    Elapsed,
    outcome::{Outcome, Refusal, RefusalClass},
    presence::CreatePermit,
    remark::Remark,
    rules::LOOKUP_FRESH,
};

use super::World;

/// What becomes of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Executed and answered.
    Fine,
    /// Executed; the answer is lost.
    AnswerLost,
    /// Not executed; nobody knows.
    Swallowed,
    /// Executed that much later; nobody knows.
    Late(Duration),
    /// Not executed; the answer speaks of a duplicate.
    SaysDuplicate,
    /// Surely not executed.
    Refused(RefusalClass),
    /// Executed, but the answer shows another order's key.
    OtherKey,
    /// Executed and answered without showing the deal.
    WithoutDeal,
    /// Executed; the process ends before the answer.
    Crash,
    /// The process ends before anything is sent.
    CrashUnsent,
}

/// Whether a create of a record that still exists ended well, and when the last unknown one was given up.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Creates {
    pub(super) created: bool,
    given_up: Option<Elapsed>,
}

impl Creates {
    /// Promise S8 and rules 4 and 11, checked at each create of each story.
    pub(super) fn check(self, permit: CreatePermit, world: &World, remarks: &[Remark]) {
        let evidence = permit.evidence().expect("a create rests on a lookup");
        let again = remarks
            .iter()
            .any(|it| matches!(it, Remark::Recreated(_) | Remark::Remade(_)));
        assert!(
            !self.created || again,
            "a second create follows an answered one"
        );
        assert_eq!(evidence.process, world.process, "of this process");
        let age = world.now.since(evidence.started_at);
        assert!(age <= LOOKUP_FRESH, "the lookup is fresh");
        let settled = self.given_up.map(|it| it + world.rules.settle);
        assert!(
            settled <= Some(evidence.started_at),
            "it started after the doubt settled"
        );
        assert!(
            world.cold_until <= Some(evidence.started_at),
            "it started after the cold time"
        );
    }

    pub(super) fn remember(&mut self, fate: &Fate, now: Elapsed) {
        match fate {
            Fate::Fine | Fate::OtherKey => self.created = true,
            Fate::Refused(_) => {}
            Fate::AnswerLost
            | Fate::Swallowed
            | Fate::Late(_)
            | Fate::SaysDuplicate
            | Fate::WithoutDeal
            | Fate::Crash
            | Fate::CrashUnsent => self.given_up = Some(now),
        }
    }
}

pub(super) fn answer<T>(fate: &Fate, value: T) -> Outcome<T> {
    match fate {
        Fate::Fine | Fate::OtherKey | Fate::WithoutDeal => Outcome::Done(value),
        Fate::Refused(class) => Outcome::Refused(Refusal {
            class: *class,
            code: "CODE".to_owned(),
        }),
        Fate::AnswerLost | Fate::Swallowed | Fate::Late(_) | Fate::Crash | Fate::CrashUnsent => {
            Outcome::Unknown {
                says_duplicate: false,
            }
        }
        Fate::SaysDuplicate => Outcome::Unknown {
            says_duplicate: true,
        },
    }
}
