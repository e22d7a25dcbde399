//! What arrived about an order and what was sent for it, as people see it: without bodies, and a bounded part of it.

use kernel::{DeliverySeq, IntentId, OrderId, OrderKey};
use rusqlite::{OptionalExtension as _, Row, params};

use super::{
    Db,
    deliveries::{fold_out, kind_out},
    values::{clean, id_in, id_out, limit_in, shop_out, time_out},
};
use crate::{
    error::{Failure, StoreError, during},
    records::{DeliveryRecord, IntentRecord, OrderRecord},
};

/// The columns of a [`DeliveryRecord`], in the order in which [`record_out`] reads them.
const SELECT_DELIVERY: &str = "SELECT seq, shop, order_id, topic, triggered_at_ms, received_ms, received_wall_ms, kind, \
                               fold, note FROM deliveries";

impl Db {
    /// One delivery without its body.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn delivery(&self, seq: DeliverySeq) -> Result<Option<DeliveryRecord>, StoreError> {
        during("read a delivery", || {
            let mut found =
                self.deliveries_where("WHERE seq = ?1", params![seq_in(seq.0).unwrap_or(0)])?;
            Ok(found.pop())
        })
    }

    /// These deliveries, as far as there are any, by number.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn deliveries(&self, seqs: &[DeliverySeq]) -> Result<Vec<DeliveryRecord>, StoreError> {
        let mut found = Vec::with_capacity(seqs.len());
        for seq in seqs {
            found.extend(self.delivery(*seq)?);
        }
        found.sort_by_key(|it| it.seq);
        Ok(found)
    }

    /// The first deliveries of an order that wait to be folded.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn waiting_deliveries(
        &self,
        key: &OrderKey,
        limit: usize,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        during("list waiting deliveries", || {
            self.deliveries_where(
                "INDEXED BY deliveries_unfolded WHERE shop = ?1 AND order_id = ?2 AND fold IS NULL
                 ORDER BY seq LIMIT ?3",
                params![key.shop.as_str(), id_in(key.order.0), limit_in(limit)],
            )
        })
    }

    /// Deliveries that were not understood, received before `before`, the newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn unreadable_before(
        &self,
        before: Option<DeliverySeq>,
        limit: usize,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        during("list unreadable deliveries", || {
            let before = before.and_then(|it| seq_in(it.0)).unwrap_or(i64::MAX);
            self.deliveries_where(
                "INDEXED BY deliveries_unreadable WHERE (fold = 'unreadable' OR kind = 'unreadable') AND seq < ?1
                 ORDER BY seq DESC LIMIT ?2",
                params![before, limit_in(limit)],
            )
        })
    }

    /// The newest intents of an order, the newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn newest_intents(
        &self,
        key: &OrderKey,
        limit: usize,
    ) -> Result<Vec<IntentRecord>, StoreError> {
        during("list the newest intents of an order", || {
            let mut statement = self.conn.prepare_cached(
                "SELECT id, contact_key, kind, opened_ms, evidence, outcome, closed_ms
                 FROM intents INDEXED BY intents_of_order
                 WHERE shop = ?1 AND order_id = ?2 ORDER BY id DESC LIMIT ?3",
            )?;
            let rows = statement.query_map(
                params![key.shop.as_str(), id_in(key.order.0), limit_in(limit)],
                |row| {
                    Ok(IntentRecord {
                        intent: IntentId(id_out(row.get(0)?)),
                        contact_key: row.get(1)?,
                        kind: row.get(2)?,
                        opened_at: time_out(row.get(3)?),
                        evidence: row.get(4)?,
                        outcome: row.get(5)?,
                        closed_at: row.get::<_, Option<i64>>(6)?.map(time_out),
                    })
                },
            )?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The order that was heard of first among those in one of these phases, and when that was (Unix milliseconds).
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn oldest_in(
        &self,
        phases: &[String],
    ) -> Result<Option<(OrderRecord, Option<i64>)>, StoreError> {
        during("find the oldest order of a phase", || {
            let mut oldest: Option<i64> = None;
            for phase in phases {
                let first: Option<i64> = self
                    .conn
                    .prepare_cached(
                        "SELECT MIN(id) FROM orders INDEXED BY orders_phase WHERE phase = ?1",
                    )?
                    .query_row([clean(phase)], |row| row.get(0))?;
                oldest = match (oldest, first) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    (one, other) => one.or(other),
                };
            }
            let Some(row) = oldest else { return Ok(None) };
            let Some(order) = self.orders_where("WHERE id = ?1", [row])?.pop() else {
                return Ok(None);
            };
            let since = self.first_heard_of(&order.key)?;
            Ok(Some((order, since)))
        })
    }

    /// When an order was first heard of: its first line, or its first delivery where no line was written yet.
    fn first_heard_of(&self, key: &OrderKey) -> Result<Option<i64>, Failure> {
        let key = params![key.shop.as_str(), id_in(key.order.0)];
        let line = self
            .conn
            .prepare_cached(
                "SELECT wall_ms FROM timeline INDEXED BY timeline_of_order
                 WHERE shop = ?1 AND order_id = ?2 ORDER BY id LIMIT 1",
            )?
            .query_row(key, |row| row.get(0))
            .optional()?;
        if line.is_some() {
            return Ok(line);
        }
        Ok(self
            .conn
            .prepare_cached(
                "SELECT received_wall_ms FROM deliveries INDEXED BY deliveries_unfolded
                 WHERE shop = ?1 AND order_id = ?2 AND fold IS NULL ORDER BY seq LIMIT 1",
            )?
            .query_row(key, |row| row.get(0))
            .optional()?)
    }

    fn deliveries_where(
        &self,
        rest: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<DeliveryRecord>, Failure> {
        let mut statement = self
            .conn
            .prepare_cached(&format!("{SELECT_DELIVERY} {rest}"))?;
        let mut rows = statement.query(params)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(record_out(row)?);
        }
        Ok(found)
    }
}

/// A number that some delivery may have.
fn seq_in(seq: u64) -> Option<i64> {
    i64::try_from(seq).ok()
}

fn record_out(row: &Row<'_>) -> Result<DeliveryRecord, Failure> {
    let note: Option<String> = row.get(9)?;
    Ok(DeliveryRecord {
        seq: DeliverySeq(id_out(row.get(0)?)),
        shop: shop_out(row.get(1)?)?,
        order: row.get::<_, Option<i64>>(2)?.map(|it| OrderId(id_out(it))),
        topic: row.get(3)?,
        triggered_at_ms: row.get(4)?,
        received_at: time_out(row.get(5)?),
        received_wall_ms: row.get(6)?,
        kind: kind_out(row.get(7)?, note.clone())?,
        fold: row
            .get::<_, Option<String>>(8)?
            .map(|it| fold_out(it, note))
            .transpose()?,
    })
}
