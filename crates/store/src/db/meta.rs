//! Single values: those of the ledger itself, and those the service remembers.

use kernel::Elapsed;
use rusqlite::{OptionalExtension, params};

use super::{Db, values::clean};
use crate::{
    error::{StoreError, during},
    records::BootClock,
};

/// The ledger's own values. They live in a table of their own, out of reach of [`Db::set_meta`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LedgerRow {
    /// The ledger's name.
    Name,
    /// How often it was started; names the process.
    Starts,
    /// Set while a process runs.
    Running,
    /// Set in a backup until its first start.
    Restored,
    /// Until when it may have forgotten sends (ledger milliseconds).
    ColdUntil,
    /// Why, in words.
    ColdReason,
    /// The last checkpoint of its clock (ledger milliseconds).
    ElapsedMs,
    /// The boot in which that checkpoint was taken.
    BootId,
    /// The boot's clock at that checkpoint.
    BoottimeMs,
    /// Changed by each [`Db::healthy`].
    Health,
}

impl Db {
    /// A remembered value of the service.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn meta(&self, key: &str) -> Result<Option<String>, StoreError> {
        during("read a remembered value", || {
            Ok(self
                .conn
                .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
                .query_row([clean(key)], |row| row.get(0))
                .optional()?)
        })
    }

    /// Remembers a value of the service.
    ///
    /// # Errors
    /// Nothing was stored.
    pub fn set_meta(&self, key: &str, value: &str) -> Result<(), StoreError> {
        during("remember a value", || {
            self.conn
                .prepare_cached(
                    "INSERT INTO meta (key, value) VALUES (?1, ?2)
                     ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                )?
                .execute(params![clean(key), clean(value)])?;
            Ok(())
        })
    }

    /// Remembers the position of the ledger's clock; an earlier one than known is ignored.
    ///
    /// # Errors
    /// Nothing was stored.
    pub fn checkpoint(&self, now: Elapsed, boot: &BootClock) -> Result<(), StoreError> {
        let known = self.ledger_number(LedgerRow::ElapsedMs)?;
        if known.is_some_and(|it| now.as_millis() < it) {
            return Ok(());
        }
        self.set_ledger(LedgerRow::ElapsedMs, &now.as_millis().to_string())?;
        self.set_ledger(LedgerRow::BootId, &boot.boot_id)?;
        self.set_ledger(LedgerRow::BoottimeMs, &boot.boottime_ms.to_string())
    }

    /// Records that the process stops on purpose.
    ///
    /// # Errors
    /// Nothing was stored.
    pub fn stopped_cleanly(&self) -> Result<(), StoreError> {
        self.clear_ledger(LedgerRow::Running)
    }

    /// Proves by a small write that the disk takes writes.
    ///
    /// # Errors
    /// It does not.
    pub fn healthy(&self) -> Result<(), StoreError> {
        let beats = self.ledger_number(LedgerRow::Health)?.unwrap_or(0);
        self.set_ledger(LedgerRow::Health, &beats.wrapping_add(1).to_string())
    }

    pub(crate) fn ledger(&self, row: LedgerRow) -> Result<Option<String>, StoreError> {
        during("read the ledger's own values", || {
            Ok(self
                .conn
                .prepare_cached("SELECT value FROM ledger WHERE key = ?1")?
                .query_row([row.key()], |found| found.get(0))
                .optional()?)
        })
    }

    pub(crate) fn ledger_number(&self, row: LedgerRow) -> Result<Option<u64>, StoreError> {
        let Some(value) = self.ledger(row)? else {
            return Ok(None);
        };
        match value.parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(StoreError::Cell {
                table: "ledger",
                column: row.key(),
                value,
            }),
        }
    }

    pub(crate) fn set_ledger(&self, row: LedgerRow, value: &str) -> Result<(), StoreError> {
        during("write the ledger's own values", || {
            self.conn
                .prepare_cached(
                    "INSERT INTO ledger (key, value) VALUES (?1, ?2)
                     ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                )?
                .execute(params![row.key(), clean(value)])?;
            Ok(())
        })
    }

    pub(crate) fn clear_ledger(&self, row: LedgerRow) -> Result<(), StoreError> {
        during("clear the ledger's own values", || {
            self.conn
                .prepare_cached("DELETE FROM ledger WHERE key = ?1")?
                .execute([row.key()])?;
            Ok(())
        })
    }

    /// Whether the ledger knows any deal at all.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn has_deals(&self) -> Result<bool, StoreError> {
        during("look for any deal", || {
            Ok(self.conn.query_row(
                "SELECT EXISTS (SELECT 1 FROM orders WHERE deal IS NOT NULL)",
                [],
                |row| row.get(0),
            )?)
        })
    }
}

impl LedgerRow {
    const fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Starts => "starts",
            Self::Running => "running",
            Self::Restored => "restored",
            Self::ColdUntil => "cold_until_ms",
            Self::ColdReason => "cold_reason",
            Self::ElapsedMs => "elapsed_ms",
            Self::BootId => "boot_id",
            Self::BoottimeMs => "boottime_ms",
            Self::Health => "health",
        }
    }
}
