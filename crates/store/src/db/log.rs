//! The write-ahead log of a connection.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use super::Db;
use crate::error::{StoreError, during};

impl Db {
    /// From now on tells after each commit of this connection how many pages the log has. SQLite no longer carries the log
    /// over by itself.
    pub(crate) fn watch_log(&mut self, pages: Arc<AtomicU32>) -> Result<(), StoreError> {
        during("watch the log", || {
            Ok(self.conn.wal_hook(Some(move |_: &mut _, count| {
                pages.store(u32::try_from(count).unwrap_or(u32::MAX), Ordering::Relaxed);
                Ok(())
            }))?)
        })
    }

    /// Carries over into the database what the log holds, as far as it can without keeping anybody waiting, and makes it
    /// durable there. Says how many pages are left; none means that the next write begins the log anew.
    pub(crate) fn carry_log_over(&self) -> Result<u32, StoreError> {
        during("carry the log over", || {
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(1)?, row.get(2)?));
            let (all, carried): (i64, i64) =
                self.conn
                    .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], row)?;
            Ok(u32::try_from(all - carried).unwrap_or(u32::MAX))
        })
    }
}
