//! What can go wrong in the ledger, by what a person should do about it.

use std::{path::PathBuf, sync::Arc};

use kernel::{IntentId, OrderKey};
use rusqlite::ErrorCode;

/// A failed operation on the ledger. It is `Clone` because one failed commit is told to every job of the group.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The disk has no room; nothing of the operation was kept.
    #[error("{operation}: the disk is full (free some space; the ledger itself is intact)")]
    Full {
        /// What was attempted.
        operation: &'static str,
        /// What SQLite said.
        #[source]
        source: Arc<rusqlite::Error>,
    },
    /// The database file or its folder cannot be written.
    #[error(
        "{operation}: the database is read-only (give this user write access to the file and to its folder)"
    )]
    ReadOnly {
        /// What was attempted.
        operation: &'static str,
        /// What SQLite said.
        #[source]
        source: Arc<rusqlite::Error>,
    },
    /// The database file is damaged. Nothing may be sent from such a ledger.
    #[error(
        "{operation}: the database is damaged: {finding} (stop the service and restore a backup)"
    )]
    Corrupt {
        /// What was attempted.
        operation: &'static str,
        /// What was found.
        finding: String,
    },
    /// Another program holds SQLite's own lock for longer than the busy timeout.
    #[error(
        "{operation}: another program keeps the database locked (close it, a database browser for instance)"
    )]
    Busy {
        /// What was attempted.
        operation: &'static str,
        /// What SQLite said.
        #[source]
        source: Arc<rusqlite::Error>,
    },
    /// The disk or the file system refused.
    #[error(
        "{operation}: the disk failed (look at the system log; the last acknowledged state is safe)"
    )]
    Io {
        /// What was attempted.
        operation: &'static str,
        /// What SQLite said.
        #[source]
        source: Arc<rusqlite::Error>,
    },
    /// A file beside the database (`.lock`, `.epoch`) could not be read or written.
    #[error("{operation} `{}` (check that the folder exists, is writable and has room)", path.display())]
    File {
        /// What was attempted.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// Another process uses this database.
    #[error("lock `{}`: another onedeal uses this database (stop it, or give this one its own ONEDEAL_DATABASE)", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The database was written by a newer version of the program.
    #[error(
        "open the database: its layout {found} is newer than {known}, the newest this version knows (install the newer onedeal)"
    )]
    NewerLayout {
        /// Layout number in the file.
        found: i64,
        /// Newest layout this program knows.
        known: usize,
    },
    /// The database was written by an older version of the program, and only the service brings it up to date.
    #[error(
        "open the database: its layout {found} is older than {known} (start `onedeal serve` of this version once)"
    )]
    OlderLayout {
        /// Layout number in the file.
        found: usize,
        /// Newest layout this program knows.
        known: usize,
    },
    /// The row changed since it was read; nothing was written.
    #[error("save {what}: it was changed by another turn (read it again)")]
    Conflict {
        /// The order or contact.
        what: String,
    },
    /// The database refused a second open intent for one order or one contact; nothing was written.
    #[error("save {key}: an intent for this order or contact is already open")]
    SecondIntent {
        /// The order whose turn it was.
        key: OrderKey,
    },
    /// The intent to close is not open; nothing was written.
    #[error("save {key}: intent {intent} is not open")]
    NotOpen {
        /// The order whose turn it was.
        key: OrderKey,
        /// The intent named.
        intent: IntentId,
    },
    /// The order is in another turn of this process.
    #[error("load {key}: the order is being worked on (try again in a moment)")]
    InTurn {
        /// The order.
        key: OrderKey,
    },
    /// A stored cell holds something this program cannot read.
    #[error(
        "read {table}.{column}: `{value}` is not understood (the row was edited by hand or by a newer version)"
    )]
    Cell {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// What was found there.
        value: String,
    },
    /// The store's thread has stopped.
    #[error(
        "reach the store: it is closed (the service is stopping, or its writer failed; see the log)"
    )]
    Closed,
    /// Any other refusal by SQLite: a mistake in the program.
    #[error("{operation}: SQLite refused")]
    Sql {
        /// What was attempted.
        operation: &'static str,
        /// What SQLite said.
        #[source]
        source: Arc<rusqlite::Error>,
    },
}

/// Inside the SQL functions: an error that does not know its operation yet, or one that is complete.
#[derive(Debug)]
pub(crate) enum Failure {
    Sql(rusqlite::Error),
    Store(StoreError),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Names the operation in whatever fails within it.
pub(crate) fn during<T>(
    operation: &'static str,
    work: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, StoreError> {
    work().map_err(|failure| match failure {
        Failure::Sql(source) => classify(operation, source),
        Failure::Store(error) => error,
    })
}

/// Turns SQLite's answer into what a person should do.
pub(crate) fn classify(operation: &'static str, error: rusqlite::Error) -> StoreError {
    let code = error.sqlite_error_code();
    let finding = error.to_string();
    let source = Arc::new(error);
    match code {
        Some(ErrorCode::DiskFull) => StoreError::Full { operation, source },
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            StoreError::ReadOnly { operation, source }
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Corrupt { operation, finding }
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Busy { operation, source }
        }
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => {
            StoreError::Io { operation, source }
        }
        Some(_) | None => StoreError::Sql { operation, source },
    }
}
