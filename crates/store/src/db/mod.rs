//! The SQL, as plain synchronous functions on one connection. The functions that change several rows expect to run
//! inside a transaction: [`Db::atomically`], or a savepoint of the writer thread.

mod commands;
mod contacts;
mod deliveries;
mod history;
mod intents;
mod lists;
mod log;
mod meta;
mod orders;
mod queue;
mod refetch;
mod reports;
mod timeline;
mod turns;
mod values;

use std::path::Path;

use rusqlite::{Connection, OpenFlags, types::Value};

pub(crate) use self::meta::LedgerRow;
pub use self::{
    commands::{COMMANDS_KEPT, COMMANDS_WAITING_MAX},
    deliveries::{FOLD_BYTES_MAX, FOLD_MAX},
    queue::QUEUE_LOOK_MAX,
    timeline::TIMELINE_MAX,
};
use crate::{
    error::{Failure, StoreError, during},
    files::create_private,
    schema,
};

/// Findings of a check that are told; the first ones say enough.
const FINDINGS_MAX: u32 = 5;

/// One connection to a ledger.
#[derive(Debug)]
pub struct Db {
    conn: Connection,
}

impl Db {
    /// Opens a database file, creating it and its tables where needed.
    ///
    /// # Errors
    /// The file cannot be opened, is damaged, or was written by a newer version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        create_private(path);
        during("open the database", || {
            Self::prepare(Connection::open(path)?)
        })
    }

    /// Opens an existing database file beside a running service, for reading only.
    ///
    /// # Errors
    /// The file does not exist or cannot be read.
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        let db = Self::open_existing(path)?;
        db.forbid_writes(true)?;
        Ok(db)
    }

    /// Opens an existing database file beside a running service, to write an operator's wish into it. The service's own
    /// layout is needed: an older database belongs to a service that was not started yet in this version.
    ///
    /// # Errors
    /// The file does not exist, cannot be opened, or has another layout.
    pub fn open_beside(path: &Path) -> Result<Self, StoreError> {
        let db = Self::open_existing(path)?;
        let found = db.layout()?;
        if found < schema::LAYOUT_NEWEST {
            return Err(StoreError::OlderLayout {
                found,
                known: schema::LAYOUT_NEWEST,
            });
        }
        Ok(db)
    }

    /// A new empty ledger in memory.
    ///
    /// # Errors
    /// Only if memory is short.
    pub fn in_memory() -> Result<Self, StoreError> {
        during("create a database in memory", || {
            Self::prepare(Connection::open_in_memory()?)
        })
    }

    /// Runs `work` in one transaction: all of it is durable on return, or none.
    ///
    /// # Errors
    /// Those of `work`, and those of the commit.
    pub fn atomically<T>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.begin()?;
        match work(self) {
            Ok(value) => match self.commit() {
                Ok(()) => Ok(value),
                Err(error) => {
                    self.roll_back();
                    Err(error)
                }
            },
            Err(error) => {
                self.roll_back();
                Err(error)
            }
        }
    }

    /// The number of the database's layout; [`crate::LAYOUT_NEWEST`] is that of this version.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn layout(&self) -> Result<usize, StoreError> {
        during("read the layout", || schema::refuse_newer(&self.conn))
    }

    /// Reads through the whole database.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] with the first findings.
    pub fn quick_check(&self) -> Result<(), StoreError> {
        const OPERATION: &str = "check the database";
        let findings = during(OPERATION, || {
            let mut statement = self
                .conn
                .prepare(&format!("PRAGMA quick_check({FINDINGS_MAX})"))?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        })?;
        if findings == ["ok"] {
            return Ok(());
        }
        Err(StoreError::Corrupt {
            operation: OPERATION,
            finding: findings.join("; "),
        })
    }

    /// Marks a database that was put in the place of a newer one: its next start finds the ledger cold (design §4.2
    /// rule 11).
    ///
    /// # Errors
    /// Nothing was marked.
    pub fn mark_restored(&self) -> Result<(), StoreError> {
        self.set_ledger(LedgerRow::Restored, "1")
    }

    /// Writes everything into a new file at `to`.
    pub(crate) fn copy_to(&self, to: &Path) -> Result<(), StoreError> {
        during("write a backup", || {
            // A name that is not text is changed by this, and the caller then misses the file: refused, not lost.
            self.conn
                .execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
            Ok(())
        })
    }

    /// A copy in memory of everything, byte for byte.
    pub(crate) fn duplicate(&self) -> Result<Self, StoreError> {
        let copy = Self::in_memory()?;
        copy.atomically(|copy| {
            during("copy the database", || {
                for table in schema::TABLES {
                    copy_table(&self.conn, &copy.conn, table)?;
                }
                Ok(())
            })
        })?;
        Ok(copy)
    }

    pub(crate) fn begin(&self) -> Result<(), StoreError> {
        self.control("begin a transaction", "BEGIN IMMEDIATE")
    }

    pub(crate) fn commit(&self) -> Result<(), StoreError> {
        self.control("commit a transaction", "COMMIT")
    }

    pub(crate) fn savepoint(&self) -> Result<(), StoreError> {
        self.control("begin a job", "SAVEPOINT job")
    }

    pub(crate) fn keep_savepoint(&self) -> Result<(), StoreError> {
        self.control("end a job", "RELEASE job")
    }

    pub(crate) fn undo_savepoint(&self) -> Result<(), StoreError> {
        self.control("undo a job", "ROLLBACK TO job")?;
        self.control("undo a job", "RELEASE job")
    }

    /// Ends the transaction, if SQLite has not ended it by itself.
    pub(crate) fn roll_back(&self) {
        if self.conn.is_autocommit() {
            return;
        }
        if let Err(error) = self.control("roll back a transaction", "ROLLBACK") {
            tracing::error!(error = %error, "The ledger could not roll back a transaction");
        }
    }

    /// Whether a transaction is open. SQLite ends one by itself after some errors, a full disk among them.
    pub(crate) fn in_transaction(&self) -> bool {
        !self.conn.is_autocommit()
    }

    pub(crate) fn open_existing(path: &Path) -> Result<Self, StoreError> {
        during("open the database beside the service", || {
            let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            schema::tune(&conn)?;
            schema::refuse_newer(&conn)?;
            Ok(Self { conn })
        })
    }

    pub(crate) fn forbid_writes(&self, forbidden: bool) -> Result<(), StoreError> {
        during("open a connection for reading", || {
            Ok(self.conn.pragma_update(None, "query_only", forbidden)?)
        })
    }

    #[cfg(test)]
    pub(crate) fn raw(&self, sql: &str) {
        self.conn
            .execute_batch(sql)
            .expect("raw statement of a test");
    }

    fn prepare(mut conn: Connection) -> Result<Self, Failure> {
        schema::tune(&conn)?;
        schema::migrate(&mut conn)?;
        Ok(Self { conn })
    }

    fn control(&self, operation: &'static str, sql: &str) -> Result<(), StoreError> {
        during(operation, || {
            self.conn.prepare_cached(sql)?.execute([])?;
            Ok(())
        })
    }
}

fn copy_table(from: &Connection, to: &Connection, table: &str) -> Result<(), Failure> {
    let mut read = from.prepare(&format!("SELECT * FROM {table}"))?;
    let columns = read.column_count();
    let holes = vec!["?"; columns].join(",");
    let mut write = to.prepare(&format!("INSERT INTO {table} VALUES ({holes})"))?;
    let mut rows = read.query([])?;
    while let Some(row) = rows.next()? {
        let cells = (0..columns)
            .map(|it| row.get::<_, Value>(it))
            .collect::<Result<Vec<_>, _>>()?;
        write.execute(rusqlite::params_from_iter(cells))?;
    }
    Ok(())
}
