//! What we know about whether a record with our key exists on the portal, and the only way to a create.
//!
//! Deals and contacts share this: neither has uniqueness, both are created by a request that may land after we gave up.
//!
//! Invariant: a [`CreatePermit`] comes from [`permit`] alone, and `permit` demands an empty lookup that started in this
//! process after the last possible landing of any earlier attempt (design §4.2, rule 4).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    elapsed::Elapsed,
    ids::ProcessNo,
    mutants::{Mutant, planted},
    rules::{LOOKUP_FRESH, Rules},
};

/// What we know about the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Presence<Id> {
    /// Never tried, or every attempt so far surely did nothing.
    Absent,
    /// A create is on its way: its intent is on disk, its answer is not.
    Sending,
    /// A create ended unknown: the record may exist, or may still appear.
    InDoubt(Doubt),
    /// The record exists and is ours to keep current.
    Linked(Id),
    /// The portal said "not found" for the linked record; the key is to be looked up.
    Missing(Id),
    /// A person deleted it, and nothing else carries the key.
    Tombstone(Id),
}

/// An unknown create.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// When the client gave up, or the next process first recorded the intent as interrupted. Later restarts keep it.
    pub since: Elapsed,
    /// From here on an empty lookup proves absence.
    pub settles_at: Elapsed,
    /// Early lookups already made.
    pub probes: usize,
    /// When to look next.
    pub look_at: Elapsed,
}

impl Doubt {
    /// Doubt that begins now, with its first probe as the rules say.
    pub fn begin(since: Elapsed, rules: &Rules) -> Self {
        let settle = if planted(Mutant::SettleAtOnce) {
            Duration::ZERO
        } else {
            rules.settle
        };
        let settles_at = since + settle;
        let look_at = rules
            .probe(since, 0)
            .map_or(settles_at, |it| it.min(settles_at));
        Self {
            since,
            settles_at,
            probes: 0,
            look_at,
        }
    }

    /// The same doubt after an early lookup that found nothing. It stands for every probe that was due when it started.
    pub fn probed(mut self, started_at: Elapsed, rules: &Rules) -> Self {
        loop {
            self.probes += 1;
            let next = rules.probe(self.since, self.probes);
            self.look_at = next.map_or(self.settles_at, |it| it.min(self.settles_at));
            if self.look_at == self.settles_at || started_at < self.look_at {
                return self;
            }
        }
    }
}

/// A complete lookup that found nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// When the lookup started, not when it was answered.
    pub started_at: Elapsed,
    /// The process that made it.
    pub process: ProcessNo,
}

/// What a create must respect besides the record's own history.
#[derive(Debug, Clone, Copy)]
pub struct Gate {
    /// Now.
    pub now: Elapsed,
    /// This process.
    pub process: ProcessNo,
    /// The ledger may have forgotten sends that land before this point (design §4.2, rule 11).
    pub cold_until: Option<Elapsed>,
}

/// Proof that a create is allowed. Nothing but [`permit`] makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CreatePermit {
    evidence: Option<Evidence>,
}

impl CreatePermit {
    /// The empty lookup it rests on.
    pub fn evidence(&self) -> Option<Evidence> {
        self.evidence
    }
}

/// Why a create is not allowed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    /// A lookup is needed first.
    Look,
    /// Nothing to do before this point; then look.
    Until(Elapsed),
    /// The record exists, or existed, or its create is on its way.
    Never,
}

/// Decides whether the record may be created now.
///
/// # Errors
/// What has to happen first.
pub fn permit<Id>(
    presence: &Presence<Id>,
    evidence: Option<Evidence>,
    gate: &Gate,
) -> Result<CreatePermit, Withheld> {
    let (landed_by, look_at) = match presence {
        Presence::Absent => (Elapsed::ZERO, Elapsed::ZERO),
        Presence::InDoubt(doubt) => (doubt.settles_at, doubt.look_at),
        Presence::Sending | Presence::Linked(_) | Presence::Missing(_) | Presence::Tombstone(_) => {
            return Err(Withheld::Never);
        }
    };
    if planted(Mutant::CreateWithoutLookup) {
        return Ok(CreatePermit { evidence: None });
    }
    let landed_by = if planted(Mutant::EarlyLookupProves) {
        Elapsed::ZERO
    } else {
        landed_by
    };
    let cold_until = gate
        .cold_until
        .filter(|_| !planted(Mutant::ColdCreates))
        .unwrap_or(Elapsed::ZERO);
    let needed_from = landed_by.max(cold_until);
    let proves = |it: &Evidence| {
        it.process == gate.process
            && needed_from <= it.started_at
            && gate.now.since(it.started_at) <= LOOKUP_FRESH
    };
    if let Some(evidence) = evidence.filter(proves) {
        return Ok(CreatePermit {
            evidence: Some(evidence),
        });
    }
    if gate.now < look_at {
        return Err(Withheld::Until(look_at));
    }
    // A cold ledger looks once at once, to adopt what is there; after that nothing is gained before the cold time ends.
    let looked = evidence.is_some_and(|it| {
        it.process == gate.process && gate.now.since(it.started_at) <= LOOKUP_FRESH
    });
    if looked && gate.now < cold_until {
        return Err(Withheld::Until(cold_until.min(gate.now + LOOKUP_FRESH)));
    }
    Err(Withheld::Look)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROCESS: ProcessNo = ProcessNo(7);

    fn at(seconds: u64) -> Elapsed {
        Elapsed::from_millis(seconds * 1_000)
    }

    fn looked(seconds: u64) -> Option<Evidence> {
        Some(Evidence {
            started_at: at(seconds),
            process: PROCESS,
        })
    }

    #[track_caller]
    fn check(
        presence: &Presence<u64>,
        evidence: Option<Evidence>,
        now: u64,
        cold: Option<u64>,
        want: Result<(), Withheld>,
    ) {
        let gate = Gate {
            now: at(now),
            process: PROCESS,
            cold_until: cold.map(at),
        };
        assert_eq!(permit(presence, evidence, &gate).map(|_| ()), want);
    }

    #[test]
    fn never_tried_needs_an_empty_lookup_of_this_process() {
        check(&Presence::Absent, None, 10, None, Err(Withheld::Look));
        check(&Presence::Absent, looked(9), 10, None, Ok(()));
        let earlier = Some(Evidence {
            started_at: at(9),
            process: ProcessNo(6),
        });
        check(&Presence::Absent, earlier, 10, None, Err(Withheld::Look));
        check(&Presence::Absent, looked(9), 100, None, Err(Withheld::Look));
    }

    #[test]
    fn in_doubt_only_a_lookup_started_after_settling_permits() {
        let doubt = Doubt::begin(at(0), &Rules::default());
        let in_doubt = Presence::InDoubt(doubt);
        check(&in_doubt, None, 1, None, Err(Withheld::Until(at(2))));
        check(&in_doubt, looked(209), 215, None, Err(Withheld::Look));
        check(&in_doubt, looked(210), 215, None, Ok(()));
    }

    #[test]
    fn a_cold_ledger_looks_but_does_not_create() {
        check(&Presence::Absent, None, 10, Some(210), Err(Withheld::Look));
        check(
            &Presence::Absent,
            looked(10),
            10,
            Some(210),
            Err(Withheld::Until(at(70))),
        );
        check(
            &Presence::Absent,
            looked(209),
            210,
            Some(210),
            Err(Withheld::Look),
        );
        check(&Presence::Absent, looked(210), 210, Some(210), Ok(()));
    }

    #[test]
    fn a_linked_missing_or_deleted_record_is_never_created() {
        for presence in [
            Presence::Linked(1),
            Presence::Missing(1),
            Presence::Tombstone(1),
            Presence::Sending,
        ] {
            check(&presence, looked(9), 10, None, Err(Withheld::Never));
        }
    }

    #[test]
    fn probes_lead_up_to_the_settling() {
        let rules = Rules::default();
        let mut doubt = Doubt::begin(at(0), &rules);
        let mut looks = vec![doubt.look_at];
        while doubt.look_at < doubt.settles_at {
            doubt = doubt.probed(doubt.look_at, &rules);
            looks.push(doubt.look_at);
        }
        assert_eq!(looks, [2, 10, 30, 90, 210].map(at));
    }

    #[test]
    fn a_late_probe_stands_for_those_that_were_due_before_it() {
        let rules = Rules::default();
        let late = Doubt::begin(at(0), &rules).probed(at(29), &rules);
        assert_eq!(late.look_at, at(30));
        let last = Doubt::begin(at(0), &rules).probed(at(100), &rules);
        assert_eq!(last.look_at, at(210));
    }
}
