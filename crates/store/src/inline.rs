//! The ledger of the simulation: the same SQL in memory, run in place.
//!
//! Invariant: every operation yields once before and once after, never while it holds the database: a crash of the
//! simulated process falls between operations, and an operation may have happened although nobody heard of it.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    db::Db,
    epoch::{EpochInMemory, EpochPlace},
    error::StoreError,
    face::Face,
    store::Answer,
};

/// A ledger in memory. A clone is the same ledger and outlives a simulated crash.
#[derive(Clone)]
pub struct InlineStore {
    db: Arc<Mutex<Db>>,
    epoch: EpochInMemory,
    last_intent: Arc<AtomicU64>,
}

/// A copy of a ledger, marked as one: a process that starts on it finds the ledger cold.
pub struct Backup {
    db: Db,
}

impl InlineStore {
    /// A new empty ledger.
    ///
    /// # Errors
    /// Only if memory is short.
    pub fn new() -> Result<Self, StoreError> {
        Ok(Self {
            db: Arc::new(Mutex::new(Db::in_memory()?)),
            epoch: EpochInMemory::default(),
            last_intent: Arc::new(AtomicU64::new(0)),
        })
    }

    /// The database is lost; the epoch beside it stays. Only while no process runs.
    ///
    /// # Errors
    /// Only if memory is short.
    pub fn forget(&self) -> Result<(), StoreError> {
        *self.lock() = Db::in_memory()?;
        self.last_intent.store(0, Ordering::Relaxed);
        Ok(())
    }

    /// The epoch is lost; the database stays. Only while no process runs.
    pub fn forget_epoch(&self) {
        self.epoch.forget();
    }

    /// A copy of the ledger as it stands.
    ///
    /// # Errors
    /// Only if memory is short.
    pub fn backup(&self) -> Result<Backup, StoreError> {
        let db = self.lock().duplicate()?;
        db.mark_restored()?;
        Ok(Backup { db })
    }

    /// Puts an older copy in the place of the database; the epoch beside it stays. Only while no process runs.
    ///
    /// # Errors
    /// Only if memory is short.
    pub fn restore(&self, backup: &Backup) -> Result<(), StoreError> {
        let copy = backup.db.duplicate()?;
        self.last_intent
            .store(copy.last_intent()?, Ordering::Relaxed);
        *self.lock() = copy;
        Ok(())
    }

    /// From now on the database refuses writes, as it does without write access to its file; or takes them again.
    ///
    /// # Errors
    /// The database cannot be told.
    pub fn forbid_writes(&self, forbidden: bool) -> Result<(), StoreError> {
        self.lock().forbid_writes(forbidden)
    }

    fn lock(&self) -> MutexGuard<'_, Db> {
        // A panic inside an operation has rolled back with it or is rolled back by the next one.
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run<T>(&self, work: impl FnOnce(&Db) -> Result<T, StoreError>) -> Answer<T> {
        let db = self.lock();
        db.roll_back();
        work(&db)
    }
}

impl fmt::Debug for InlineStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InlineStore")
    }
}

impl fmt::Debug for Backup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Backup")
    }
}

impl Face for InlineStore {
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        tokio::task::yield_now().await;
        let answer = self.run(|db| db.atomically(work));
        tokio::task::yield_now().await;
        answer
    }

    async fn append<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        self.write(work).await
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        tokio::task::yield_now().await;
        let answer = self.run(work);
        tokio::task::yield_now().await;
        answer
    }

    async fn report<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        self.read(work).await
    }

    async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db, &dyn EpochPlace) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        tokio::task::yield_now().await;
        let answer = self.run(|db| work(db, &self.epoch));
        tokio::task::yield_now().await;
        answer
    }

    async fn check(&self) -> Answer<()> {
        self.read(Db::quick_check).await
    }

    fn last_intent(&self) -> &AtomicU64 {
        &self.last_intent
    }
}
