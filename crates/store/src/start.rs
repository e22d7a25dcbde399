//! The start of a process on a ledger: counting it, and finding out whether the ledger may have forgotten sends.
//!
//! The counter lives in the database and beside it. A start writes beside (`next`), then the database, then beside again:
//! wherever it stops, the two still match. Anything else means that one side was lost or replaced, and the ledger is cold
//! (design §4.2 rule 11). That finding is committed before the counters are made equal, so that it survives a crash.

use std::{path::Path, time::Duration};

use kernel::{Elapsed, LedgerId, ProcessNo};

use crate::{
    db::{Db, LedgerRow},
    epoch::{Epoch, EpochFile, EpochPlace},
    error::StoreError,
    records::{BootClock, Started},
};

/// What the two sides say of each other.
enum Finding {
    Fresh {
        ledger: LedgerId,
    },
    Warm {
        ledger: LedgerId,
        counter: u64,
    },
    Cold {
        ledger: LedgerId,
        counter: u64,
        reason: String,
    },
}

/// Begins a process. Must not run inside a transaction.
pub(crate) fn start(
    db: &Db,
    place: &dyn EpochPlace,
    boot: &BootClock,
    fresh_ledger: LedgerId,
    settle: Duration,
) -> Result<Started, StoreError> {
    let elapsed = clock(db, boot)?;
    let (ledger, counter, fresh) = match compare(db, place, fresh_ledger)? {
        Finding::Fresh { ledger } => (ledger, 0, true),
        Finding::Warm { ledger, counter } => (ledger, counter, false),
        Finding::Cold {
            ledger,
            counter,
            reason,
        } => {
            db.atomically(|db| chill(db, &ledger, elapsed + settle, &reason))?;
            (ledger, counter, false)
        }
    };
    let next = counter.saturating_add(1);
    let unclean = db.ledger(LedgerRow::Running)?.is_some();

    write(
        place,
        &Epoch {
            ledger: ledger.clone(),
            counter,
            next: Some(next),
        },
    )?;
    db.atomically(|db| {
        db.set_ledger(LedgerRow::Name, ledger.as_str())?;
        db.set_ledger(LedgerRow::Starts, &next.to_string())?;
        db.set_ledger(LedgerRow::Running, "1")?;
        db.clear_ledger(LedgerRow::Restored)?;
        db.checkpoint(elapsed, boot)?;
        db.void_claims(elapsed)
    })?;
    write(
        place,
        &Epoch {
            ledger: ledger.clone(),
            counter: next,
            next: None,
        },
    )?;

    let cold_until = db
        .ledger_number(LedgerRow::ColdUntil)?
        .map(Elapsed::from_millis)
        .filter(|it| elapsed < *it);
    let cold_reason = match cold_until {
        Some(_) => db.ledger(LedgerRow::ColdReason)?,
        None => None,
    };
    Ok(Started {
        process: ProcessNo(next),
        ledger,
        elapsed,
        fresh,
        cold_until,
        cold_reason,
        unclean,
    })
}

/// Why the next start on the ledger at `database` will find it cold; `None` if it will not. Nothing is changed.
///
/// # Errors
/// The database or the file beside it cannot be read.
pub fn cold_at_next_start(database: &Path) -> Result<Option<String>, StoreError> {
    let db = Db::open_to_read(database)?;
    let place = EpochFile::beside(database);
    // The name is not kept: nothing is begun.
    match compare(&db, &place, LedgerId::new("none"))? {
        Finding::Cold { reason, .. } => Ok(Some(reason)),
        Finding::Fresh { .. } | Finding::Warm { .. } => Ok(None),
    }
}

/// Where the ledger's clock stands: further by what the boot's clock says, or at the last checkpoint after a reboot.
fn clock(db: &Db, boot: &BootClock) -> Result<Elapsed, StoreError> {
    let checkpoint = db.ledger_number(LedgerRow::ElapsedMs)?.unwrap_or(0);
    let same_boot = db
        .ledger(LedgerRow::BootId)?
        .is_some_and(|it| it == boot.boot_id);
    let then = db
        .ledger_number(LedgerRow::BoottimeMs)?
        .filter(|_| same_boot);
    let passed = then.map_or(0, |then| boot.boottime_ms.saturating_sub(then));
    Ok(Elapsed::from_millis(checkpoint.saturating_add(passed)))
}

fn compare(db: &Db, place: &dyn EpochPlace, fresh_ledger: LedgerId) -> Result<Finding, StoreError> {
    let name = db.ledger(LedgerRow::Name)?.map(|it| LedgerId::new(&it));
    let starts = db.ledger_number(LedgerRow::Starts)?;
    let restored = db.ledger(LedgerRow::Restored)?.is_some();
    let text = place.read()?;
    let epoch = text
        .as_deref()
        .and_then(|it| serde_json::from_str::<Epoch>(it).ok());

    let beside = epoch.as_ref().map(|it| it.ledger.clone());
    let ledger = name.clone().or(beside).unwrap_or(fresh_ledger);
    let counter = starts
        .unwrap_or(0)
        .max(epoch.as_ref().map_or(0, |it| it.next.unwrap_or(it.counter)));
    let cold = |reason: String| {
        Ok(Finding::Cold {
            ledger: ledger.clone(),
            counter,
            reason,
        })
    };

    if restored {
        return cold("the database is a restored backup".to_owned());
    }
    match (starts, epoch, text) {
        (None, None, None) => Ok(Finding::Fresh { ledger }),
        (None | Some(_), None, Some(_)) => cold("the epoch file is not understood".to_owned()),
        (Some(_), None, None) => cold("the epoch file is missing".to_owned()),
        (starts, Some(epoch), _) => {
            if name.is_some_and(|it| it != epoch.ledger) {
                return cold("the epoch file belongs to another ledger".to_owned());
            }
            // Counter 0 beside the database means that no start was ever finished, so nothing can have been sent.
            let counted = starts.unwrap_or(0);
            if counted != epoch.counter && Some(counted) != epoch.next {
                return match starts {
                    None => cold(
                        "the database was lost: the epoch file remembers an older one".to_owned(),
                    ),
                    Some(_) => cold(format!(
                        "the database counts {counted} starts, the epoch file {}: one of them is an older copy",
                        epoch.counter
                    )),
                };
            }
            if epoch.counter == 0 {
                Ok(Finding::Fresh { ledger })
            } else {
                Ok(Finding::Warm {
                    ledger,
                    counter: counted,
                })
            }
        }
    }
}

fn chill(db: &Db, ledger: &LedgerId, until: Elapsed, reason: &str) -> Result<(), StoreError> {
    let known = db.ledger_number(LedgerRow::ColdUntil)?.unwrap_or(0);
    db.set_ledger(LedgerRow::Name, ledger.as_str())?;
    db.set_ledger(
        LedgerRow::ColdUntil,
        &known.max(until.as_millis()).to_string(),
    )?;
    db.set_ledger(LedgerRow::ColdReason, reason)
}

fn write(place: &dyn EpochPlace, epoch: &Epoch) -> Result<(), StoreError> {
    place.write(&serde_json::to_string(epoch).expect("a name and two numbers are always JSON"))
}

#[cfg(test)]
mod tests;
