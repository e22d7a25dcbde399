//! Orders: who is due, who is in a turn.

use std::collections::BTreeSet;

use kernel::{
    Elapsed, OrderKey, ProcessNo,
    mutants::{Mutant, planted},
};
use rusqlite::{OptionalExtension, params};

use super::{
    Db,
    values::{clean, count_out, id_in, key_out, time_in, time_out},
};
use crate::{
    error::{Failure, StoreError, during},
    records::{Claim, ClaimedOrder},
};

/// A row before its deliveries are read.
struct Due {
    id: i64,
    key: OrderKey,
    row_version: u64,
    state: Option<String>,
    contact_key: Option<String>,
}

impl Db {
    /// Takes due orders into turns, the longest due first or the shortest.
    ///
    /// # Errors
    /// Nothing was claimed.
    pub fn claim(&self, claim: &Claim) -> Result<Vec<ClaimedOrder>, StoreError> {
        during("claim due orders", || {
            let exclude: BTreeSet<&OrderKey> = claim.exclude.iter().collect();
            let mut due = Vec::new();
            let since = time_in(claim.newest_since.unwrap_or(Elapsed::ZERO));
            {
                let mut statement = self.conn.prepare_cached(if claim.newest_since.is_some() {
                    "SELECT id, shop, order_id, row_version, state, contact_key FROM orders
                     WHERE due_ms <= ?1 AND ?3 <= due_ms AND (claimed_by IS NULL OR claimed_by <> ?2)
                     ORDER BY due_ms DESC, shop DESC, order_id DESC"
                } else {
                    "SELECT id, shop, order_id, row_version, state, contact_key FROM orders
                     WHERE due_ms <= ?1 AND ?3 <= due_ms AND (claimed_by IS NULL OR claimed_by <> ?2)
                     ORDER BY due_ms, shop, order_id"
                })?;
                let mut rows =
                    statement.query(params![time_in(claim.now), id_in(claim.process.0), since])?;
                while due.len() < claim.limit {
                    let Some(row) = rows.next()? else { break };
                    let key = key_out(row, 1)?;
                    if !exclude.contains(&key) {
                        due.push(due_out(row, key)?);
                    }
                }
            }
            due.into_iter()
                .map(|it| self.take(it, claim.process))
                .collect()
        })
    }

    /// Takes one named order into a turn of `process`; `None` if it is unknown.
    ///
    /// # Errors
    /// [`StoreError::InTurn`] while `process` already works on it.
    pub fn load(
        &self,
        key: &OrderKey,
        process: ProcessNo,
    ) -> Result<Option<ClaimedOrder>, StoreError> {
        during("load an order", || {
            let found = {
                let mut statement = self.conn.prepare_cached(
                    "SELECT id, shop, order_id, row_version, state, contact_key, claimed_by FROM orders
                     WHERE shop = ?1 AND order_id = ?2",
                )?;
                let mut rows = statement.query(params![key.shop.as_str(), id_in(key.order.0)])?;
                match rows.next()? {
                    None => return Ok(None),
                    Some(row) if row.get::<_, Option<i64>>(6)? == Some(id_in(process.0)) => {
                        return Err(StoreError::InTurn { key: key.clone() }.into());
                    }
                    Some(row) => due_out(row, key.clone())?,
                }
            };
            self.take(found, process).map(Some)
        })
    }

    /// Takes an order out of a turn that failed, and says what a person should know.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn give_back(
        &self,
        key: &OrderKey,
        due: Elapsed,
        attention: &str,
    ) -> Result<(), StoreError> {
        during("give an order back", || {
            self.conn
                .prepare_cached(
                    "UPDATE orders SET claimed_by = NULL, due_ms = ?3, attention = ?4
                     WHERE shop = ?1 AND order_id = ?2 AND claimed_by IS NOT NULL",
                )?
                .execute(params![
                    key.shop.as_str(),
                    id_in(key.order.0),
                    time_in(due),
                    clean(attention)
                ])?;
            Ok(())
        })
    }

    /// Makes all orders of a phase due at `now`; says how many.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn wake(&self, phase: &str, now: Elapsed) -> Result<u64, StoreError> {
        during("wake orders", || {
            let woken = self
                .conn
                .prepare_cached(
                    "UPDATE orders SET due_ms = ?2
                     WHERE phase = ?1 AND (due_ms IS NULL OR ?2 < due_ms)",
                )?
                .execute(params![phase, time_in(now)])?;
            Ok(woken as u64)
        })
    }

    /// When the next order that is not in a turn is due.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn next_due(&self) -> Result<Option<Elapsed>, StoreError> {
        during("find the next due time", || {
            let due: Option<i64> = self
                .conn
                .prepare_cached(
                    "SELECT due_ms FROM orders WHERE due_ms IS NOT NULL AND claimed_by IS NULL
                     ORDER BY due_ms LIMIT 1",
                )?
                .query_row([], |row| row.get(0))
                .optional()?;
            Ok(due.map(time_out))
        })
    }

    /// How many orders are due by this time.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn overdue(&self, now: Elapsed) -> Result<u64, StoreError> {
        during("count due orders", || {
            let count: i64 = self
                .conn
                .prepare_cached("SELECT COUNT(*) FROM orders WHERE due_ms <= ?1")?
                .query_row([time_in(now)], |row| row.get(0))?;
            Ok(count_out(count))
        })
    }

    /// Voids the claims of every earlier process. An order that was in a turn, and one whose deliveries wait, is due by
    /// `now`: after a reboot the ledger's clock may stand before a due time that was already reached.
    pub(crate) fn void_claims(&self, now: Elapsed) -> Result<(), StoreError> {
        during("void old claims", || {
            self.conn.execute(
                "UPDATE orders SET claimed_by = NULL, due_ms = MIN(COALESCE(due_ms, ?1), ?1)
                 WHERE claimed_by IS NOT NULL",
                [time_in(now)],
            )?;
            self.conn.execute(
                "UPDATE orders SET due_ms = MIN(COALESCE(due_ms, ?1), ?1) WHERE (shop, order_id) IN
                   (SELECT shop, order_id FROM deliveries WHERE fold IS NULL)",
                [time_in(now)],
            )?;
            if planted(Mutant::StartForgetsWishes) {
                self.conn
                    .execute("UPDATE operator_log SET due_ms = NULL", [])?;
            }
            self.conn.execute(
                "UPDATE orders SET due_ms = MIN(COALESCE(due_ms, ?1), ?1) WHERE (shop, order_id) IN
                   (SELECT shop, order_id FROM operator_log WHERE due_ms IS NOT NULL)",
                [time_in(now)],
            )?;
            Ok(())
        })
    }

    fn take(&self, due: Due, process: ProcessNo) -> Result<ClaimedOrder, Failure> {
        self.conn
            .prepare_cached("UPDATE orders SET claimed_by = ?1 WHERE id = ?2")?
            .execute(params![id_in(process.0), due.id])?;
        let (deliveries, more) = self.unfolded(&due.key)?;
        let commands = self.waiting_commands(&due.key)?;
        Ok(ClaimedOrder {
            commands,
            key: due.key,
            row_version: due.row_version,
            state: due.state,
            deliveries,
            more,
            contact_key: due.contact_key,
        })
    }
}

fn due_out(row: &rusqlite::Row<'_>, key: OrderKey) -> Result<Due, Failure> {
    Ok(Due {
        id: row.get(0)?,
        key,
        row_version: count_out(row.get(3)?),
        state: row.get(4)?,
        contact_key: row.get(5)?,
    })
}
