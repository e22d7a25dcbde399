//! Who waits, how urgently and for how long: for metrics and alerts.

use std::time::Duration;

use kernel::{Elapsed, OrderKey};
use rusqlite::{OptionalExtension as _, params};

use super::{
    Db,
    values::{count_out, id_in, limit_in, time_in, time_out},
};
use crate::{
    error::{Failure, StoreError, during},
    records::{Doubts, PHASE_IN_DOUBT, PHASE_NEW, Queue, Waiting},
};

/// Orders that one look at the queue reads, the longest due first. Beyond them the ages are still right, the numbers are
/// not: a look must hold up nobody.
pub const QUEUE_LOOK_MAX: usize = 10_000;

/// The phases of orders that wait for their deal.
const WITHOUT_DEAL: [&str; 4] = [PHASE_NEW, "waiting", "sending", PHASE_IN_DOUBT];

impl Db {
    /// Orders that are due, by what they wait for. What became due within `fresh_for` is fresh.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn queue(&self, now: Elapsed, fresh_for: Duration) -> Result<Queue, StoreError> {
        let fresh_since = Elapsed::from_millis(now.as_millis().saturating_sub(millis(fresh_for)));
        during("look at the queue", || {
            let mut queue = Queue::default();
            let mut statement = self.conn.prepare_cached(
                "SELECT CASE
                     WHEN phase IN ('in_doubt', 'sending', 'missing') THEN 'doubt'
                     WHEN phase IN ('linked', 'tombstone') THEN CASE
                         WHEN EXISTS (SELECT 1 FROM deliveries WHERE deliveries.shop = due.shop
                                      AND deliveries.order_id = due.order_id AND fold IS NULL) THEN 'update'
                         WHEN json_extract(state, '$.audits[0]') <= ?1 THEN 'audit'
                         ELSE 'update' END
                     WHEN ?2 <= due_ms THEN 'fresh'
                     ELSE 'backlog' END AS class, COUNT(*), MIN(due_ms)
                 FROM (SELECT shop, order_id, phase, state, due_ms FROM orders
                       WHERE due_ms <= ?1 ORDER BY due_ms LIMIT ?3) AS due
                 GROUP BY class",
            )?;
            let limit = limit_in(QUEUE_LOOK_MAX);
            let mut rows = statement.query(params![time_in(now), time_in(fresh_since), limit])?;
            while let Some(row) = rows.next()? {
                let waiting = Waiting {
                    orders: count_out(row.get(1)?),
                    since: Some(time_out(row.get(2)?)),
                };
                match row.get_ref(0)?.as_str().unwrap_or_default() {
                    "doubt" => queue.doubt = waiting,
                    "fresh" => queue.fresh = waiting,
                    "update" => queue.update = waiting,
                    "audit" => queue.audit = waiting,
                    _ => queue.backlog = waiting,
                }
            }
            queue.doubts = self
                .conn
                .prepare_cached(
                    "SELECT COUNT(*), MIN(json_extract(state, '$.presence.InDoubt.since'))
                 FROM (SELECT state FROM orders WHERE phase = ?1 LIMIT ?2)",
                )?
                .query_row(params![PHASE_IN_DOUBT, limit], |row| {
                    Ok(Doubts {
                        open: count_out(row.get(0)?),
                        since: row.get::<_, Option<i64>>(1)?.map(time_out),
                    })
                })?;
            for phase in WITHOUT_DEAL {
                let since = self.longest_in(phase)?;
                queue.deal_since = queue.deal_since.into_iter().chain(since).min();
            }
            Ok(queue)
        })
    }

    /// Since when the oldest order of a phase is known, of those that are looked at again. A row's number grows with the
    /// order's age, so the first one tells.
    fn longest_in(&self, phase: &str) -> Result<Option<Elapsed>, Failure> {
        let since: Option<Option<i64>> = self
            .conn
            .prepare_cached(
                "SELECT COALESCE(
                     (SELECT at_ms FROM timeline WHERE timeline.shop = orders.shop
                      AND timeline.order_id = orders.order_id ORDER BY timeline.id LIMIT 1),
                     (SELECT MIN(received_ms) FROM deliveries WHERE deliveries.shop = orders.shop
                      AND deliveries.order_id = orders.order_id AND fold IS NULL))
                 FROM orders WHERE phase = ?1 AND due_ms IS NOT NULL ORDER BY orders.id LIMIT 1",
            )?
            .query_row([phase], |row| row.get(0))
            .optional()?;
        Ok(since.flatten().map(time_out))
    }

    /// When the ledger first heard of an order; `None` if it never did.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn first_heard(&self, key: &OrderKey) -> Result<Option<Elapsed>, StoreError> {
        during("read when an order was first heard of", || {
            let at: Option<i64> = self
                .conn
                .prepare_cached(
                    "SELECT at_ms FROM timeline WHERE shop = ?1 AND order_id = ?2 ORDER BY id LIMIT 1",
                )?
                .query_row(params![key.shop.as_str(), id_in(key.order.0)], |row| row.get(0))
                .optional()?;
            Ok(at.map(time_out))
        })
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
