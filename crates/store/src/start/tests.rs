//! Every way a start can stop, and every side that can be lost.

use std::cell::{Cell, RefCell};

use super::*;
use crate::epoch::EpochInMemory;

const SETTLE: Duration = Duration::from_secs(210);

#[test]
fn the_first_start_is_fresh_and_ordinary_restarts_are_warm() {
    let world = World::new();
    check(&world.start(0), (1, true, None));
    check(&world.start(1_000), (2, false, None));
    check(&world.start(2_000), (3, false, None));
}

#[test]
fn a_start_that_stops_anywhere_is_never_mistaken_for_a_loss() {
    for starts_before in 0..3 {
        for stop in [Stop::FirstWrite, Stop::Commit, Stop::SecondWrite] {
            let mut world = World::new();
            for _ in 0..starts_before {
                world.start(0);
            }
            world.stop_at(stop);
            world.stop_at(stop);
            let started = world.start(0);
            assert_eq!(
                started.cold_until, None,
                "{starts_before} starts, then {stop:?}"
            );
            assert_eq!(
                started.fresh,
                starts_before == 0,
                "{starts_before} starts, then {stop:?}"
            );
            check(&world.start(0), (started.process.0 + 1, false, None));
        }
    }
}

#[test]
fn a_cold_start_that_stops_anywhere_is_cold_again() {
    for loss in [
        Loss::Database,
        Loss::Epoch,
        Loss::Older,
        Loss::Backup,
        Loss::OlderEpoch,
        Loss::Garbage,
        Loss::Foreign,
    ] {
        for stop in [Stop::FirstWrite, Stop::Commit, Stop::SecondWrite] {
            let mut world = World::new();
            world.lose(loss);
            world.stop_at(stop);
            let started = world.start(0);
            assert!(started.cold_until.is_some(), "{loss:?}, {stop:?}");
            assert!(started.cold_reason.is_some(), "{loss:?}, {stop:?}");
        }
    }
}

#[test]
fn each_loss_is_cold_and_says_why() {
    for (loss, reason) in [
        (Loss::Database, "database was lost"),
        (Loss::Epoch, "epoch file is missing"),
        (Loss::Older, "older copy"),
        (Loss::Backup, "restored backup"),
        (Loss::OlderEpoch, "older copy"),
        (Loss::Garbage, "not understood"),
        (Loss::Foreign, "another ledger"),
    ] {
        let mut world = World::new();
        world.lose(loss);
        let started = world.start(5_000);
        assert!(!started.fresh, "{loss:?}");
        assert_eq!(
            started.cold_until,
            Some(started.elapsed + SETTLE),
            "{loss:?}"
        );
        let told = started.cold_reason.expect("a reason");
        assert!(told.contains(reason), "{loss:?}: {told}");
    }
}

#[test]
fn the_ledger_keeps_its_name_when_the_database_is_lost() {
    let mut world = World::new();
    let before = world.start(0);
    world.db = Db::in_memory().expect("open");
    let after = start(
        &world.db,
        &world.place,
        &boot(0),
        LedgerId::new("other"),
        SETTLE,
    )
    .expect("start");
    assert_eq!(after.ledger, before.ledger);
    assert!(before.process < after.process);
}

#[test]
fn restarts_while_cold_neither_extend_nor_end_it() {
    let mut world = World::new();
    world.start(0);
    world.db = Db::in_memory().expect("open");
    let first = world.start(1_000).cold_until;
    assert_eq!(first, Some(Elapsed::ZERO + SETTLE));
    for second in 2..=210 {
        assert_eq!(
            world.start(second * 1_000).cold_until,
            first,
            "second {second}"
        );
    }
    check(&world.start(211_000), (212, false, None));
}

#[test]
fn a_second_loss_never_shortens_the_first() {
    let world = World::new();
    world.start(0);
    world.place.forget();
    let first = world.start(1_000).cold_until;
    world.place.forget();
    let shorter = start(
        &world.db,
        &world.place,
        &boot(2_000),
        LedgerId::new("fresh"),
        SETTLE / 100,
    );
    assert_eq!(shorter.expect("start").cold_until, first);
    world.place.forget();
    let later = world.start(3_000);
    assert_eq!(
        later.cold_until,
        Some(later.elapsed + SETTLE),
        "a loss of its own waits in full"
    );
}

#[test]
fn the_clock_goes_on_across_a_restart_and_stands_still_across_a_reboot() {
    let world = World::new();
    world.start(10_000);
    assert_eq!(world.start(14_000).elapsed, Elapsed::from_millis(4_000));
    world
        .db
        .checkpoint(Elapsed::from_millis(9_000), &boot(19_000))
        .expect("checkpoint");
    world
        .db
        .checkpoint(Elapsed::from_millis(1), &boot(90_000))
        .expect("an earlier one is ignored");
    let rebooted = BootClock {
        boot_id: "second".into(),
        boottime_ms: 500_000,
    };
    assert_eq!(
        world.start_at(&rebooted).elapsed,
        Elapsed::from_millis(9_000)
    );
    let later = BootClock {
        boottime_ms: 500_250,
        ..rebooted.clone()
    };
    assert_eq!(world.start_at(&later).elapsed, Elapsed::from_millis(9_250));
    let backwards = BootClock {
        boottime_ms: 3,
        ..rebooted
    };
    assert_eq!(
        world.start_at(&backwards).elapsed,
        Elapsed::from_millis(9_250)
    );
}

#[test]
fn an_unclean_stop_is_told_once() {
    let world = World::new();
    assert!(!world.start(0).unclean);
    assert!(world.start(0).unclean);
    world.db.stopped_cleanly().expect("stop");
    assert!(!world.start(0).unclean);
}

#[track_caller]
fn check(started: &Started, (process, fresh, cold_until): (u64, bool, Option<Elapsed>)) {
    assert_eq!(
        (started.process.0, started.fresh, started.cold_until),
        (process, fresh, cold_until)
    );
    assert_eq!(started.cold_reason.is_some(), cold_until.is_some());
}

#[derive(Debug, Clone, Copy)]
enum Stop {
    FirstWrite,
    Commit,
    SecondWrite,
}

#[derive(Debug, Clone, Copy)]
enum Loss {
    /// The database is gone.
    Database,
    /// The file beside it is gone.
    Epoch,
    /// A plain copy of the database from an earlier process is put back.
    Older,
    /// A backup taken in the last process is put back.
    Backup,
    /// An earlier file is put back beside the database.
    OlderEpoch,
    /// The file is damaged.
    Garbage,
    /// The file of another ledger, with the same counter.
    Foreign,
}

struct World {
    db: Db,
    place: EpochInMemory,
}

impl World {
    fn new() -> Self {
        Self {
            db: Db::in_memory().expect("open"),
            place: EpochInMemory::default(),
        }
    }

    fn start(&self, boottime_ms: u64) -> Started {
        self.start_at(&boot(boottime_ms))
    }

    fn start_at(&self, boot: &BootClock) -> Started {
        start(&self.db, &self.place, boot, LedgerId::new("fresh"), SETTLE).expect("start")
    }

    /// A start that ends before that.
    fn stop_at(&mut self, stop: Stop) {
        let writes = match stop {
            Stop::FirstWrite => 0,
            Stop::Commit | Stop::SecondWrite => 1,
        };
        let place = Failing {
            place: self.place.clone(),
            writes: Cell::new(writes),
            db: &self.db,
            at_last_write: RefCell::new(None),
        };
        start(&self.db, &place, &boot(0), LedgerId::new("fresh"), SETTLE).expect_err("stopped");
        let at_last_write = place.at_last_write.into_inner();
        match (stop, at_last_write) {
            (Stop::Commit, Some(db)) => self.db = db,
            (Stop::Commit, None) => panic!("nothing was written"),
            (Stop::FirstWrite | Stop::SecondWrite, _) => {}
        }
    }

    /// Three processes, and then something is lost.
    fn lose(&mut self, loss: Loss) {
        self.start(0);
        let older = self.db.duplicate().expect("copy");
        let older_epoch = self.place.read().expect("read").expect("written");
        self.start(0);
        self.start(0);
        match loss {
            Loss::Database => self.db = Db::in_memory().expect("open"),
            Loss::Epoch => self.place.forget(),
            Loss::Older => self.db = older,
            Loss::Backup => self.db.set_ledger(LedgerRow::Restored, "1").expect("write"),
            Loss::OlderEpoch => self.place.write(&older_epoch).expect("write"),
            Loss::Garbage => self.place.write("{").expect("write"),
            Loss::Foreign => self
                .place
                .write(r#"{"ledger":"foreign","counter":3}"#)
                .expect("write"),
        }
    }
}

/// Lets so many writes through and refuses the next; keeps the database as it was at the last write.
struct Failing<'a> {
    place: EpochInMemory,
    writes: Cell<u32>,
    db: &'a Db,
    at_last_write: RefCell<Option<Db>>,
}

impl EpochPlace for Failing<'_> {
    fn read(&self) -> Result<Option<String>, StoreError> {
        self.place.read()
    }

    fn write(&self, text: &str) -> Result<(), StoreError> {
        let left = self.writes.get().checked_sub(1).ok_or(StoreError::Closed)?;
        self.writes.set(left);
        *self.at_last_write.borrow_mut() = Some(self.db.duplicate()?);
        self.place.write(text)
    }
}

fn boot(boottime_ms: u64) -> BootClock {
    BootClock {
        boot_id: "first".into(),
        boottime_ms,
    }
}
