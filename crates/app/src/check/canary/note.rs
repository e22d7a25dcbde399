//! What a canary run has begun on the portal, on disk before it begins, so that the next run cleans up whatever ends this one.
//!
//! One folder beside the ledger, `<database>.canary`, holds the run's own ledger and the note: lines of JSON, only ever
//! appended, each durable before what it tells happens. It goes away when everything it names is gone.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions, TryLockError},
    io::{Error, ErrorKind, Read as _, Write as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kernel::{DealId, LedgerId, OrderId, OrderKey, ShopDomain};
use serde::{Deserialize, Serialize};
use service::{
    canary::Diary,
    clock::{Clock as _, SystemClock},
    inquiry::CanaryKey,
};

/// The note within the folder.
const NOTE: &str = "note.jsonl";

/// The run's own ledger within the folder.
const LEDGER: &str = "ledger.db";

/// What the ledger has beside it.
const BESIDE: [&str; 6] = ["", "-wal", "-shm", ".epoch", ".epoch.tmp", ".lock"];

/// No note is longer.
const NOTE_BYTES_MAX: u64 = 1024 * 1024;

/// How often a note that another run just took away is looked for again.
const OPENED_MAX: usize = 5;

/// The note of all runs that are not cleaned up, held by one process at a time.
pub(super) struct Note {
    folder: PathBuf,
    file: Arc<Mutex<File>>,
    left: Vec<Left>,
}

/// Why there is no note.
#[derive(Debug)]
pub(super) enum NoNote {
    /// Another canary runs.
    Busy,
    /// The folder cannot be used.
    Disk(PathBuf, Error),
}

/// What an earlier run left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Left {
    /// What its deals carry.
    pub(super) key: CanaryKey,
    /// The portal.
    pub(super) portal: String,
    /// When it began, for people.
    pub(super) began: String,
    /// The boot in which its last create left, and when, unless that was answered with a deal.
    sending: Option<(String, u64)>,
    /// Deals that it was told of.
    pub(super) made: BTreeSet<DealId>,
}

/// A line of the note.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
enum Line {
    Begun {
        shop: ShopDomain,
        order: OrderId,
        ledger: LedgerId,
        order_field: String,
        portal: String,
        began: String,
    },
    Sending {
        boot_id: String,
        boottime_ms: u64,
    },
    Made {
        deal: DealId,
    },
}

impl Note {
    /// Opens the note beside a ledger, and keeps other runs off it.
    ///
    /// # Errors
    /// Another run has it, or the folder cannot be used.
    pub(super) fn open(database: &Path) -> Result<Self, NoNote> {
        let mut folder = database.as_os_str().to_owned();
        folder.push(".canary");
        let folder = PathBuf::from(folder);
        let failed = |error| NoNote::Disk(folder.clone(), error);
        for _ in 0..OPENED_MAX {
            match fs::create_dir(&folder) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(error)),
            }
            let path = folder.join(NOTE);
            let file = OpenOptions::new()
                .read(true)
                .append(true)
                .create(true)
                .open(&path);
            let mut file = match file {
                Ok(file) => file,
                // A run that ends at this moment took the folder away.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(failed(error)),
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(NoNote::Busy),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
            if !is_still(&file, &path) {
                continue;
            }
            let left = read(&mut file).map_err(failed)?;
            return Ok(Self {
                left,
                file: Arc::new(Mutex::new(file)),
                folder: folder.clone(),
            });
        }
        Err(NoNote::Busy)
    }

    /// What earlier runs left.
    pub(super) fn left(&self) -> &[Left] {
        &self.left
    }

    /// The folder, for people.
    pub(super) fn folder(&self) -> PathBuf {
        self.folder.clone()
    }

    /// Writes down that a run begins.
    ///
    /// # Errors
    /// It was not written: the run must not begin.
    pub(super) fn begin(&self, key: &CanaryKey, portal: &str, began: &str) -> Result<(), Error> {
        self.pages().write(&Line::Begun {
            shop: key.order.shop.clone(),
            order: key.order.order,
            ledger: key.ledger.clone(),
            order_field: key.order_field.clone(),
            portal: portal.to_owned(),
            began: began.to_owned(),
        })
    }

    /// What a run writes into while it goes on.
    pub(super) fn pages(&self) -> Pages {
        Pages {
            file: self.file.clone(),
            clock: SystemClock::new(),
        }
    }

    /// A place for the run's own ledger, empty.
    ///
    /// # Errors
    /// What an earlier run left there cannot be removed.
    pub(super) fn fresh_ledger(&self) -> Result<PathBuf, Error> {
        let path = self.folder.join(LEDGER);
        remove_ledger(&path)?;
        Ok(path)
    }

    /// Takes the note and its folder away: nothing is left on the portal.
    ///
    /// # Errors
    /// Something cannot be removed; the note itself is empty then.
    pub(super) fn clear(self) -> Result<(), Error> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // First of all it must name nothing, whatever else fails.
        file.set_len(0)?;
        file.sync_all()?;
        remove_ledger(&self.folder.join(LEDGER))?;
        fs::remove_file(self.folder.join(NOTE))?;
        fs::remove_dir(&self.folder)
    }
}

impl Left {
    /// Whether nothing that this run sent can land any more, `settle` after it was given up at the latest. Of a run in another
    /// boot of the machine only the time of day is known, which is not asked: it counts as not settled.
    pub(super) fn is_settled(&self, settle: Duration, patience: Duration) -> bool {
        let Some((boot_id, boottime_ms)) = &self.sending else {
            return true;
        };
        let now = SystemClock::new().boot();
        let passed = now.boottime_ms.saturating_sub(*boottime_ms);
        // It may have waited for its answer for as long as its patience.
        now.boot_id == *boot_id && settle + patience <= Duration::from_millis(passed)
    }
}

/// The diary of one run.
pub(super) struct Pages {
    file: Arc<Mutex<File>>,
    clock: SystemClock,
}

impl Pages {
    fn write(&self, line: &Line) -> Result<(), Error> {
        let line = serde_json::to_string(line).map_err(Error::other)?;
        // A line that broke off before must not take this one along.
        let text = format!("\n{line}\n");
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }
}

impl Diary for Pages {
    fn leaves(&self) -> Result<(), Error> {
        let boot = self.clock.boot();
        self.write(&Line::Sending {
            boot_id: boot.boot_id,
            boottime_ms: boot.boottime_ms,
        })
    }

    fn made(&self, deal: DealId) {
        // Only a help for the next run, which finds the deal by its key as well.
        let _ = self.write(&Line::Made { deal });
    }
}

/// Whether the file that was locked is the one that has this name now.
fn is_still(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(held), Ok(named)) => (held.dev(), held.ino()) == (named.dev(), named.ino()),
        (_, _) => false,
    }
}

fn read(file: &mut File) -> Result<Vec<Left>, Error> {
    let mut text = String::new();
    file.take(NOTE_BYTES_MAX).read_to_string(&mut text)?;
    let mut all: Vec<Left> = Vec::new();
    // A line that broke off told of something that had not happened yet.
    for line in text.lines().filter_map(|it| serde_json::from_str(it).ok()) {
        match line {
            Line::Begun {
                shop,
                order,
                ledger,
                order_field,
                portal,
                began,
            } => all.push(Left {
                key: CanaryKey {
                    order: OrderKey { shop, order },
                    ledger,
                    order_field,
                },
                portal,
                began,
                sending: None,
                made: BTreeSet::new(),
            }),
            Line::Sending {
                boot_id,
                boottime_ms,
            } => {
                if let Some(last) = all.last_mut() {
                    last.sending = Some((boot_id, boottime_ms));
                }
            }
            Line::Made { deal } => {
                if let Some(last) = all.last_mut() {
                    last.made.insert(deal);
                    // Its create was answered, so nothing of it lands later.
                    last.sending = None;
                }
            }
        }
    }
    Ok(all)
}

fn remove_ledger(path: &Path) -> Result<(), Error> {
    for suffix in BESIDE {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(PathBuf::from(name)) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(order: u64) -> CanaryKey {
        CanaryKey {
            order: OrderKey {
                shop: ShopDomain::canary("3f9k2m").unwrap(),
                order: OrderId(order),
            },
            ledger: LedgerId::new("canary-3f9k2m"),
            order_field: "UF_CRM_ORDER".to_owned(),
        }
    }

    #[test]
    fn what_was_begun_is_found_by_the_next_run_and_not_after_it_was_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("onedeal.db");
        let note = Note::open(&database).unwrap();
        assert!(note.left().is_empty());
        note.begin(&key(1), "acme.bitrix24.com", "2026-11-25T08:00:00Z")
            .unwrap();
        note.pages().leaves().unwrap();
        note.pages().made(DealId(17));
        note.pages().leaves().unwrap();
        assert!(matches!(Note::open(&database), Err(NoNote::Busy)));
        drop(note);

        let note = Note::open(&database).unwrap();
        let [left] = note.left() else {
            panic!("one run")
        };
        assert_eq!((&left.key, left.made.first()), (&key(1), Some(&DealId(17))));
        assert!(!left.is_settled(Duration::from_secs(3_600), Duration::ZERO));
        assert!(left.is_settled(Duration::ZERO, Duration::ZERO));
        std::fs::write(note.fresh_ledger().unwrap(), "x").unwrap();
        note.clear().unwrap();
        assert!(!folder.path().join("onedeal.db.canary").exists());
        assert!(Note::open(&database).unwrap().left().is_empty());
    }

    #[test]
    fn a_line_that_broke_off_hides_none_of_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("onedeal.db");
        let note = Note::open(&database).unwrap();
        note.begin(&key(1), "acme.bitrix24.com", "then").unwrap();
        note.file
            .lock()
            .unwrap()
            .write_all(b"{\"step\":\"send")
            .unwrap();
        drop(note);
        let note = Note::open(&database).unwrap();
        assert_eq!(note.left().len(), 1);
        assert!(
            note.left()[0].is_settled(Duration::from_secs(1), Duration::ZERO),
            "nothing left"
        );
        note.begin(&key(2), "acme.bitrix24.com", "later").unwrap();
        drop(note);
        let note = Note::open(&database).unwrap();
        let keys: Vec<&CanaryKey> = note.left().iter().map(|it| &it.key).collect();
        assert_eq!(
            keys,
            [&key(1), &key(2)],
            "the run after it can be cleaned up"
        );
    }
}
