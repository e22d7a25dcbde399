//! The start counter kept beside the database, so that a lost or restored database is noticed.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use kernel::LedgerId;
use serde::{Deserialize, Serialize};

use crate::{
    error::StoreError,
    files::{beside, sync_folder},
};

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Epoch {
    /// The ledger it belongs to.
    pub(crate) ledger: LedgerId,
    /// The last start both sides agreed on.
    pub(crate) counter: u64,
    /// The start being written into the database; absent once it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<u64>,
}

/// Where an [`Epoch`] is kept.
pub(crate) trait EpochPlace {
    /// The text kept there.
    fn read(&self) -> Result<Option<String>, StoreError>;
    /// Replaces it; durable on return, and never half of it.
    fn write(&self, text: &str) -> Result<(), StoreError>;
}

/// `<db>.epoch`.
#[derive(Debug)]
pub(crate) struct EpochFile {
    path: PathBuf,
}

impl EpochFile {
    pub(crate) fn beside(database: &Path) -> Self {
        Self {
            path: beside(database, ".epoch"),
        }
    }

    fn failed(&self, operation: &'static str) -> impl FnOnce(std::io::Error) -> StoreError {
        move |source| StoreError::File {
            operation,
            path: self.path.clone(),
            source: Arc::new(source),
        }
    }
}

impl EpochPlace for EpochFile {
    fn read(&self) -> Result<Option<String>, StoreError> {
        match fs::read(&self.path) {
            // What is not text cannot be an epoch either: it is told apart from a missing file, and reads as a disagreement.
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed("read the epoch file")(error)),
        }
    }

    fn write(&self, text: &str) -> Result<(), StoreError> {
        let draft = beside(&self.path, ".tmp");
        let write = || {
            let mut file = File::create(&draft)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&draft, &self.path)?;
            sync_folder(&self.path)
        };
        write().map_err(self.failed("write the epoch file"))
    }
}

/// The same in memory; a clone is the same place.
#[derive(Debug, Clone, Default)]
pub(crate) struct EpochInMemory {
    text: Arc<Mutex<Option<String>>>,
}

impl EpochInMemory {
    pub(crate) fn forget(&self) {
        *self.text.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl EpochPlace for EpochInMemory {
    fn read(&self) -> Result<Option<String>, StoreError> {
        Ok(self
            .text
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())
    }

    fn write(&self, text: &str) -> Result<(), StoreError> {
        *self.text.lock().unwrap_or_else(PoisonError::into_inner) = Some(text.to_owned());
        Ok(())
    }
}
