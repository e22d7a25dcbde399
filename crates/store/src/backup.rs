//! A backup of a ledger, taken beside the running service.
//!
//! Invariant: a file that bears a backup's name is whole and marked: a start on it finds the ledger cold (design §4.2 rule 11).

use std::{
    fs,
    io::{Error, ErrorKind},
    path::Path,
    sync::Arc,
};

use crate::{
    db::Db,
    error::StoreError,
    files::{beside, create_private, sync_folder},
};

/// Writes a backup of the ledger at `database` to the new file `to`.
///
/// # Errors
/// `to` exists already or cannot be written; the ledger cannot be read.
pub fn back_up(database: &Path, to: &Path) -> Result<(), StoreError> {
    let failed = |source: Error| StoreError::File {
        operation: "write the backup",
        path: to.to_owned(),
        source: Arc::new(source),
    };
    if to.exists() {
        return Err(failed(ErrorKind::AlreadyExists.into()));
    }
    let draft = beside(to, ".part");
    match fs::remove_file(&draft) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    create_private(&draft);
    Db::open_existing(database)?.copy_to(&draft)?;
    // Closing the copy moves the mark from its log into the file, durably.
    Db::open(&draft)?.mark_restored()?;
    fs::rename(&draft, to)
        .and_then(|()| sync_folder(to))
        .map_err(failed)
}
