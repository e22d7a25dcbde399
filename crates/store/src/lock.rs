//! One process per database: the operating system's lock on `<db>.lock`, which ends with the process however it ends.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::ErrorKind,
    path::Path,
    sync::Arc,
    time::Duration,
};

use crate::{error::StoreError, files::beside};

/// Whoever only looks whether the lock is held has it for a moment; a start waits that long and tries once more.
const LOOKED_AT: Duration = Duration::from_millis(100);

/// Holds the lock as long as it lives.
#[derive(Debug)]
pub(crate) struct ProcessLock {
    _file: File,
}

impl ProcessLock {
    /// Takes the lock, or says who to stop.
    pub(crate) fn take(database: &Path) -> Result<Self, StoreError> {
        let path = beside(database, ".lock");
        let failed = |source| StoreError::File {
            operation: "open the lock file",
            path: path.clone(),
            source: Arc::new(source),
        };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(failed)?;
        let mut taken = file.try_lock();
        if matches!(taken, Err(TryLockError::WouldBlock)) {
            std::thread::sleep(LOOKED_AT);
            taken = file.try_lock();
        }
        match taken {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

/// Whether a process has the ledger at `database`, without keeping any off it.
///
/// # Errors
/// The lock file is there and cannot be opened or asked.
pub fn is_in_use(database: &Path) -> Result<bool, StoreError> {
    let path = beside(database, ".lock");
    let failed = |source| StoreError::File {
        operation: "look at the lock file",
        path: path.clone(),
        source: Arc::new(source),
    };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(failed(error)),
    };
    // Shared: two who look do not take each other for the service.
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_tells_whether_the_ledger_is_in_use_and_keeps_nobody_off_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("a.db");
        assert!(!is_in_use(&database).unwrap());
        let lock = ProcessLock::take(&database).unwrap();
        assert!(is_in_use(&database).unwrap());
        assert!(matches!(
            ProcessLock::take(&database),
            Err(StoreError::Locked { .. })
        ));
        drop(lock);
        assert!(!is_in_use(&database).unwrap());
        assert!(ProcessLock::take(&database).is_ok());
    }
}
