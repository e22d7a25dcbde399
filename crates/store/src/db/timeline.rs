//! The history of an order, of bounded length.

use kernel::OrderKey;
use rusqlite::params;

use super::{
    Db,
    values::{clean, clean_opt, id_in, limit_in, time_in, time_out},
};
use crate::{
    error::{Failure, StoreError, during},
    records::TimelineEntry,
};

/// Lines kept per order; the oldest go first.
pub const TIMELINE_MAX: usize = 500;

impl Db {
    /// The newest lines of an order's history, the oldest of them first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn timeline(&self, key: &OrderKey, limit: usize) -> Result<Vec<TimelineEntry>, StoreError> {
        during("read a history", || {
            let mut statement = self.conn.prepare_cached(
                "SELECT at_ms, wall_ms, kind, text, detail FROM timeline
                 WHERE shop = ?1 AND order_id = ?2 ORDER BY id DESC LIMIT ?3",
            )?;
            let rows = statement.query_map(
                params![key.shop.as_str(), id_in(key.order.0), limit_in(limit)],
                |row| {
                    Ok(TimelineEntry {
                        at: time_out(row.get(0)?),
                        wall_ms: row.get(1)?,
                        kind: row.get(2)?,
                        text: row.get(3)?,
                        detail: row.get(4)?,
                    })
                },
            )?;
            let mut lines = rows.collect::<Result<Vec<_>, _>>()?;
            lines.reverse();
            Ok(lines)
        })
    }

    pub(super) fn append_timeline(
        &self,
        key: &OrderKey,
        lines: &[TimelineEntry],
    ) -> Result<(), Failure> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut insert = self.conn.prepare_cached(
            "INSERT INTO timeline (shop, order_id, at_ms, wall_ms, kind, text, detail)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        for line in lines {
            insert.execute(params![
                key.shop.as_str(),
                id_in(key.order.0),
                time_in(line.at),
                line.wall_ms,
                clean(&line.kind),
                clean(&line.text),
                clean_opt(line.detail.as_ref()),
            ])?;
        }
        self.conn
            .prepare_cached(
                "DELETE FROM timeline WHERE shop = ?1 AND order_id = ?2 AND id <=
                   (SELECT id FROM timeline WHERE shop = ?1 AND order_id = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)",
            )?
            .execute(params![key.shop.as_str(), id_in(key.order.0), limit_in(TIMELINE_MAX)])?;
        Ok(())
    }
}
