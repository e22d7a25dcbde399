//! What operators ask for: a line of their log and a wish that waits for its order's turn, in one row.
//!
//! Invariants: a wish that was accepted waits until a turn saves what became of it, together with the order's new state; an
//! order with a waiting wish is due; at any time one order at most has claimed a deal.

use kernel::{CommandSeq, DealId, DeliverySeq, OrderKey};
use rusqlite::{OptionalExtension as _, Row, params};

use super::{
    Db,
    values::{clean, clean_opt, count_out, id_in, id_out, key_out, limit_in, time_in},
};
use crate::{
    error::{Failure, StoreError, during},
    records::{CommandChange, CommandRecord, Commanded, NewCommand, StoredCommand},
};

/// Wishes that may wait for one order.
pub const COMMANDS_WAITING_MAX: usize = 16;

/// Lines of the operators' log that are kept; the oldest go first, those that wait stay.
pub const COMMANDS_KEPT: u64 = 10_000;

impl Db {
    /// Writes an operator's wish down and makes its order due. Must run inside a transaction.
    ///
    /// # Errors
    /// Nothing was written.
    pub fn command(&self, wish: &NewCommand) -> Result<Commanded, StoreError> {
        during("write an operator's wish down", || {
            let key = &wish.key;
            let due = time_in(wish.due);
            if !self.is_known(key)? {
                return Ok(Commanded::UnknownOrder);
            }
            if let Some(seq) = self.same_wish(key, &wish.action)? {
                return Ok(Commanded::Already(seq));
            }
            if COMMANDS_WAITING_MAX <= self.open_wishes(key)? {
                return Ok(Commanded::TooMany);
            }
            if let Some(deal) = wish.claims
                && let Some(other) = self.claimed_by_another(deal, key)?
            {
                return Ok(Commanded::Claimed(other));
            }
            if let Some(seq) = wish.replays
                && !self.unfold(key, seq)?
            {
                return Ok(Commanded::UnknownDelivery);
            }
            self.conn
                .prepare_cached(
                    "INSERT INTO operator_log (wall_ms, who, shop, order_id, action, deal, due_ms)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![
                    wish.wall_ms,
                    clean(&wish.who),
                    key.shop.as_str(),
                    id_in(key.order.0),
                    clean(&wish.action),
                    wish.claims.map(|it| id_in(it.0)),
                    due,
                ])?;
            let seq = CommandSeq(id_out(self.conn.last_insert_rowid()));
            self.conn
                .prepare_cached(
                    "UPDATE orders SET due_ms = MIN(COALESCE(due_ms, ?3), ?3)
                     WHERE shop = ?1 AND order_id = ?2",
                )?
                .execute(params![key.shop.as_str(), id_in(key.order.0), due])?;
            self.conn
                .prepare_cached("DELETE FROM operator_log WHERE seq <= ?1 AND outcome IS NOT NULL")?
                .execute([id_in(seq.0.saturating_sub(COMMANDS_KEPT))])?;
            Ok(Commanded::Accepted(seq))
        })
    }

    /// The operators' log, the newest first, from before a line on; of one order, if one is named.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn commands(
        &self,
        key: Option<&OrderKey>,
        before: Option<CommandSeq>,
        limit: usize,
    ) -> Result<Vec<CommandRecord>, StoreError> {
        const SELECT: &str = "SELECT l.seq, l.wall_ms, l.who, l.shop, l.order_id, o.name, l.action, l.outcome, l.why,
                                l.settled_wall_ms FROM operator_log l JOIN orders o USING (shop, order_id)";
        during("read the operators' log", || {
            let before = before.map_or(i64::MAX, |it| id_in(it.0));
            let mut found = Vec::new();
            let mut read = |row: &Row<'_>| -> Result<(), Failure> {
                found.push(record_out(row)?);
                Ok(())
            };
            match key {
                Some(key) => {
                    let mut statement = self.conn.prepare_cached(&format!(
                        "{SELECT} WHERE l.shop = ?1 AND l.order_id = ?2 AND l.seq < ?3 ORDER BY l.seq DESC LIMIT ?4"
                    ))?;
                    let mut rows = statement.query(params![
                        key.shop.as_str(),
                        id_in(key.order.0),
                        before,
                        limit_in(limit)
                    ])?;
                    while let Some(row) = rows.next()? {
                        read(row)?;
                    }
                }
                None => {
                    let mut statement = self.conn.prepare_cached(&format!(
                        "{SELECT} WHERE l.seq < ?1 ORDER BY l.seq DESC LIMIT ?2"
                    ))?;
                    let mut rows = statement.query(params![before, limit_in(limit)])?;
                    while let Some(row) = rows.next()? {
                        read(row)?;
                    }
                }
            }
            Ok(found)
        })
    }

    /// Another order than `key` that is linked to this deal.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn linked_to(&self, deal: DealId, key: &OrderKey) -> Result<Option<OrderKey>, StoreError> {
        during("find the order of a deal", || {
            self.another(
                "SELECT shop, order_id FROM orders WHERE deal = ?1 AND (shop <> ?2 OR order_id <> ?3) LIMIT 1",
                deal,
                key,
            )
        })
    }

    /// Wishes that no turn took yet, by number.
    pub(super) fn waiting_commands(&self, key: &OrderKey) -> Result<Vec<StoredCommand>, Failure> {
        let mut statement = self.conn.prepare_cached(
            "SELECT seq, who, action, wall_ms FROM operator_log
             WHERE shop = ?1 AND order_id = ?2 AND due_ms IS NOT NULL ORDER BY seq",
        )?;
        let rows = statement.query_map(params![key.shop.as_str(), id_in(key.order.0)], |row| {
            Ok(StoredCommand {
                seq: CommandSeq(id_out(row.get(0)?)),
                who: row.get(1)?,
                action: row.get(2)?,
                wall_ms: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Since when a wish waits for this order.
    pub(super) fn wished(&self, key: &OrderKey) -> Result<Option<i64>, Failure> {
        let mut statement = self.conn.prepare_cached(
            "SELECT MIN(due_ms) FROM operator_log WHERE shop = ?1 AND order_id = ?2 AND due_ms IS NOT NULL",
        )?;
        Ok(
            statement.query_row(params![key.shop.as_str(), id_in(key.order.0)], |row| {
                row.get(0)
            })?,
        )
    }

    /// Records what a turn made of a wish. One that is over, or is another order's, is a conflict.
    pub(super) fn change_command(
        &self,
        key: &OrderKey,
        change: &CommandChange,
    ) -> Result<(), Failure> {
        let (seq, changed) = match change {
            CommandChange::Taken(seq) => (
                *seq,
                self.conn
                    .prepare_cached(
                        "UPDATE operator_log SET due_ms = NULL
                         WHERE seq = ?1 AND shop = ?2 AND order_id = ?3 AND outcome IS NULL",
                    )?
                    .execute(params![
                        id_in(seq.0),
                        key.shop.as_str(),
                        id_in(key.order.0)
                    ])?,
            ),
            CommandChange::Settled {
                seq,
                outcome,
                why,
                wall_ms,
            } => (
                *seq,
                self.conn
                    .prepare_cached(
                        "UPDATE operator_log SET due_ms = NULL, outcome = ?4, why = ?5, settled_wall_ms = ?6
                         WHERE seq = ?1 AND shop = ?2 AND order_id = ?3 AND outcome IS NULL",
                    )?
                    .execute(params![
                        id_in(seq.0),
                        key.shop.as_str(),
                        id_in(key.order.0),
                        outcome,
                        clean_opt(why.as_ref()),
                        wall_ms,
                    ])?,
            ),
        };
        if changed == 0 {
            return Err(StoreError::Conflict {
                what: format!("wish {seq} of {key}"),
            }
            .into());
        }
        Ok(())
    }

    fn is_known(&self, key: &OrderKey) -> Result<bool, Failure> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT 1 FROM orders WHERE shop = ?1 AND order_id = ?2")?;
        Ok(statement.exists(params![key.shop.as_str(), id_in(key.order.0)])?)
    }

    /// The same wish, if it is not over yet.
    fn same_wish(&self, key: &OrderKey, action: &str) -> Result<Option<CommandSeq>, Failure> {
        let mut statement = self.conn.prepare_cached(
            "SELECT seq FROM operator_log WHERE shop = ?1 AND order_id = ?2 AND outcome IS NULL AND action = ?3
             AND seq = (SELECT MAX(seq) FROM operator_log WHERE shop = ?1 AND order_id = ?2 AND outcome IS NULL)",
        )?;
        let found: Option<i64> = statement
            .query_row(
                params![key.shop.as_str(), id_in(key.order.0), clean(action)],
                |row| row.get(0),
            )
            .optional()?;
        Ok(found.map(|it| CommandSeq(id_out(it))))
    }

    fn open_wishes(&self, key: &OrderKey) -> Result<usize, Failure> {
        let mut statement = self.conn.prepare_cached(
            "SELECT COUNT(*) FROM operator_log WHERE shop = ?1 AND order_id = ?2 AND outcome IS NULL",
        )?;
        let open: i64 = statement
            .query_row(params![key.shop.as_str(), id_in(key.order.0)], |row| {
                row.get(0)
            })?;
        Ok(usize::try_from(count_out(open)).unwrap_or(usize::MAX))
    }

    /// Another order that has the deal, or shall have it.
    fn claimed_by_another(
        &self,
        deal: DealId,
        key: &OrderKey,
    ) -> Result<Option<OrderKey>, Failure> {
        if let Some(linked) = self.linked_to(deal, key)? {
            return Ok(Some(linked));
        }
        self.another(
            "SELECT shop, order_id FROM operator_log
             WHERE deal = ?1 AND outcome IS NULL AND (shop <> ?2 OR order_id <> ?3) LIMIT 1",
            deal,
            key,
        )
    }

    fn another(
        &self,
        sql: &str,
        deal: DealId,
        key: &OrderKey,
    ) -> Result<Option<OrderKey>, Failure> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query(params![
            id_in(deal.0),
            key.shop.as_str(),
            id_in(key.order.0)
        ])?;
        rows.next()?.map(|row| key_out(row, 0)).transpose()
    }

    /// Lets a delivery wait to be folded once more; false if the order has none of that number.
    fn unfold(&self, key: &OrderKey, seq: DeliverySeq) -> Result<bool, Failure> {
        let changed = self
            .conn
            .prepare_cached(
                "UPDATE deliveries SET fold = NULL WHERE seq = ?1 AND shop = ?2 AND order_id = ?3",
            )?
            .execute(params![id_in(seq.0), key.shop.as_str(), id_in(key.order.0)])?;
        Ok(changed == 1)
    }
}

fn record_out(row: &Row<'_>) -> Result<CommandRecord, Failure> {
    Ok(CommandRecord {
        seq: CommandSeq(id_out(row.get(0)?)),
        wall_ms: row.get(1)?,
        who: row.get(2)?,
        key: key_out(row, 3)?,
        name: row.get(5)?,
        action: row.get(6)?,
        outcome: row.get(7)?,
        why: row.get(8)?,
        settled_wall_ms: row.get(9)?,
    })
}

#[cfg(test)]
mod tests {
    use kernel::{Elapsed, OrderId, ShopDomain};

    use super::*;

    #[test]
    fn the_log_keeps_a_bounded_number_of_lines_and_every_wish_that_waits() {
        let db = Db::in_memory().expect("memory");
        db.raw(&format!(
            "INSERT INTO orders (shop, order_id) VALUES ('acme-demo.myshopify.com', 1);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {COMMANDS_KEPT} + 5)
             INSERT INTO operator_log (wall_ms, who, shop, order_id, action, outcome)
               SELECT 0, 'anna', 'acme-demo.myshopify.com', 1, 'park', CASE WHEN i = 1 THEN NULL ELSE 'done' END FROM n"
        ));
        let key = OrderKey {
            shop: ShopDomain::sample(),
            order: OrderId(1),
        };
        let wish = NewCommand {
            key,
            who: "anna".into(),
            action: "retry".into(),
            wall_ms: 0,
            due: Elapsed::ZERO,
            claims: None,
            replays: None,
        };
        db.atomically(|db| db.command(&wish)).expect("a wish");
        let log = db.commands(None, None, usize::MAX).expect("a log");
        assert_eq!(log.len() as u64, COMMANDS_KEPT + 1);
        assert_eq!(log.last().map(|it| it.seq), Some(CommandSeq(1)));
    }
}
