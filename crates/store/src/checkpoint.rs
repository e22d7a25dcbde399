//! Carrying the write-ahead log over into the database (SQLite's checkpoint) beside the writing.
//!
//! While the writer appends to the log, a thread with a connection of its own copies what the log holds. The writer then
//! carries the short rest over itself, so that its next write begins the log anew. Done by the writer alone it would hold up
//! all writes for as long as tens of megabytes take to reach the disk. Invariant: the log has a limit; where the thread does
//! not keep up, the writer carries over itself.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::{db::Db, error::StoreError, schema::PAGE_BYTES};

/// When the log is carried over. A longer log copies pages that change often fewer times and stops the writer less often; it
/// keeps the disk busy for longer, which commits then wait for: at 8 MiB a burst is stored a tenth slower, at 24 MiB the
/// slowest answers of a half load take 50 ms.
pub(crate) const BEGIN_PAGES: u32 = 20 * 1024 * 1024 / PAGE_BYTES;

/// The writer waits for the thread no further; a start after a crash reads at most so much.
const PAGES_MAX: u32 = 56 * 1024 * 1024 / PAGE_BYTES;

/// Such a rest is left to the writer: it holds up nobody.
const REST_PAGES: u32 = 128;

/// How often the thread copies what was added meanwhile, each time less, before the writer takes over. Each waits for the
/// disk, and so do commits beside it.
const PASSES_MAX: u32 = 2;

/// How many pages the log has when something happens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    begin: u32,
    most: u32,
}

impl Limits {
    /// Those of a ledger at work.
    pub(crate) const USUAL: Self = Self {
        begin: BEGIN_PAGES,
        most: PAGES_MAX,
    };
}

/// The writer's side.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    limits: Limits,
    /// Pages in the log as of the last commit.
    pages: Arc<AtomicU32>,
    thread: Sender<()>,
    copied: Receiver<()>,
    /// The thread was asked to copy and has not said yet that it has.
    copying: bool,
}

/// The thread's side.
#[derive(Debug)]
pub(crate) struct Copier {
    copied: Sender<()>,
}

impl Checkpoints {
    /// Watches the log of the writer's connection; `thread` asks whoever has `copied`'s other end.
    pub(crate) fn of(
        db: &mut Db,
        limits: Limits,
        thread: Sender<()>,
        copied: Receiver<()>,
    ) -> Result<Self, StoreError> {
        let pages = Arc::<AtomicU32>::default();
        db.watch_log(pages.clone())?;
        Ok(Self {
            limits,
            pages,
            thread,
            copied,
            copying: false,
        })
    }

    /// Begins and ends what is due; to be called between two transactions.
    pub(crate) fn go_on(&mut self, db: &Db) {
        let pages = self.pages.load(Ordering::Relaxed);
        if self.copying && self.copied.try_recv().is_ok() {
            self.copying = false;
            self.end(db);
        } else if self.limits.most <= pages {
            self.end(db);
        } else if !self.copying && self.limits.begin <= pages {
            self.copying = self.thread.try_send(()).is_ok();
        }
    }

    fn end(&self, db: &Db) {
        // The thread tells of a disk that fails; the next commit tries again.
        if matches!(db.carry_log_over(), Ok(0)) {
            self.pages.store(0, Ordering::Relaxed);
        }
    }
}

impl Copier {
    /// A copier, and where it says that it has copied.
    pub(crate) fn new() -> (Self, Receiver<()>) {
        let (copied, told) = channel(1);
        (Self { copied }, told)
    }

    /// Copies whenever it is asked to, until nobody can ask any more.
    pub(crate) fn run(self, db: &Db, mut asked: Receiver<()>) {
        let mut failed = false;
        while asked.blocking_recv().is_some() {
            let copied = copy(db);
            if let Err(error) = &copied
                && !failed
            {
                tracing::error!(error = %error, "The ledger's log cannot be carried over into its database; it grows until that succeeds");
            }
            failed = copied.is_err();
            // A writer that is gone needs no answer.
            let _ = self.copied.try_send(());
        }
    }
}

fn copy(db: &Db) -> Result<(), StoreError> {
    for _ in 0..PASSES_MAX {
        if db.carry_log_over()? <= REST_PAGES {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const LIMITS: Limits = Limits {
        begin: 20,
        most: 60,
    };

    /// A writer's connection, its side of the log, and the thread's side.
    fn writer(path: &Path) -> (Db, Checkpoints, Copier, Receiver<()>) {
        let mut db = Db::open(path).expect("open");
        let (thread, asked) = channel(1);
        let (copier, copied) = Copier::new();
        let log = Checkpoints::of(&mut db, LIMITS, thread, copied).expect("watch the log");
        (db, log, copier, asked)
    }

    /// Commits, one change each, until the log has so many pages.
    fn fill(db: &Db, checkpoints: &Checkpoints, pages: u32) {
        let log = || checkpoints.pages.load(Ordering::Relaxed);
        let before = log();
        for number in 0_u32.. {
            if before + pages <= log() {
                break;
            }
            let value = format!("{number}: {}", "x".repeat(9_000));
            db.atomically(|db| db.set_meta("cell", &value))
                .expect("write");
        }
    }

    #[test]
    fn the_thread_copies_and_the_writer_ends_it_and_the_log_begins_anew() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("ledger.db");
        let (db, mut checkpoints, copier, mut asked) = writer(&path);
        checkpoints.go_on(&db);
        assert!(asked.try_recv().is_err(), "nothing is due yet");
        fill(&db, &checkpoints, LIMITS.begin);
        checkpoints.go_on(&db);
        asked.try_recv().expect("the thread is asked");

        fill(&db, &checkpoints, 8);
        copy(&Db::open(&path).expect("open beside")).expect("copy");
        copier.copied.try_send(()).expect("the writer is told");
        checkpoints.go_on(&db);
        assert_eq!(checkpoints.pages.load(Ordering::Relaxed), 0);
        assert!(!checkpoints.copying);
        db.atomically(|db| db.set_meta("cell", "last"))
            .expect("write");
        let pages = checkpoints.pages.load(Ordering::Relaxed);
        assert!(pages < LIMITS.begin, "{pages} pages: the log went on");
        let beside = Db::open_to_read(&path).expect("open beside");
        assert_eq!(beside.meta("cell").expect("read").as_deref(), Some("last"));
    }

    #[test]
    fn a_thread_that_does_not_keep_up_leaves_the_log_its_limit() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let path = folder.path().join("ledger.db");
        let (db, mut checkpoints, _copier, _asked) = writer(&path);
        for _ in 0..40 {
            fill(&db, &checkpoints, 4);
            checkpoints.go_on(&db);
            let pages = checkpoints.pages.load(Ordering::Relaxed);
            assert!(pages < LIMITS.most, "{pages}");
        }
        let length = std::fs::metadata(path.with_extension("db-wal"))
            .expect("the log's file")
            .len();
        assert!(length < u64::from(2 * LIMITS.most * PAGE_BYTES), "{length}");
    }
}
