//! Orders that the shop has to be asked for.
//!
//! Invariant: a wish stays until it was answered. One that is renewed while its answer is on the way stays too: it is known
//! by its time, and only the wish that was read is ended or put off.

use kernel::{Elapsed, OrderId, ShopDomain};
use rusqlite::params;

use super::{
    Db,
    values::{id_in, key_out, limit_in, time_in, time_out},
};
use crate::{
    error::{StoreError, during},
    records::Refetch,
};

impl Db {
    /// Orders of a shop wanted by this time, the longest wanted first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn refetches(
        &self,
        shop: &ShopDomain,
        until: Elapsed,
        limit: usize,
    ) -> Result<Vec<Refetch>, StoreError> {
        during("list orders to ask the shop for", || {
            let mut statement = self.conn.prepare_cached(
                "SELECT shop, order_id, refetch_ms FROM orders WHERE refetch_ms <= ?1 AND shop = ?3
                 ORDER BY refetch_ms, order_id LIMIT ?2",
            )?;
            let mut rows =
                statement.query(params![time_in(until), limit_in(limit), shop.as_str()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(Refetch {
                    key: key_out(row, 0)?,
                    since: time_out(row.get(2)?),
                });
            }
            Ok(found)
        })
    }

    /// Ends a wish, or puts it off until `again`; one that was renewed since it was read stays as it is.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn refetched(&self, wish: &Refetch, again: Option<Elapsed>) -> Result<(), StoreError> {
        during("note that the shop was asked for an order", || {
            self.conn
                .prepare_cached(
                    "UPDATE orders SET refetch_ms = ?4 WHERE shop = ?1 AND order_id = ?2 AND refetch_ms = ?3",
                )?
                .execute(params![
                    wish.key.shop.as_str(),
                    id_in(wish.key.order.0),
                    time_in(wish.since),
                    again.map(time_in),
                ])?;
            Ok(())
        })
    }

    /// The shop has to be asked for this order. A newer wish replaces an older one, so that an answer to the older one,
    /// which may be older than the newer one, does not end it.
    pub(super) fn want_refetch(
        &self,
        shop: &ShopDomain,
        order: OrderId,
        since_ms: i64,
    ) -> Result<(), rusqlite::Error> {
        self.conn
            .prepare_cached("UPDATE orders SET refetch_ms = ?3 WHERE shop = ?1 AND order_id = ?2")?
            .execute(params![shop.as_str(), id_in(order.0), since_ms])?;
        Ok(())
    }
}
