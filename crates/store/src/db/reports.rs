//! What people and reports ask: single orders, searches, numbers.

use kernel::{DealId, Elapsed, OrderId, OrderKey, ShopDomain};
use rusqlite::{OptionalExtension as _, Row, params};

use super::{
    Db,
    lists::Narrow,
    values::{clean, count_out, deal_out, id_in, id_out, key_out, limit_in, time_out},
};
use crate::{
    error::{Failure, StoreError, during},
    records::{
        Counts, Duplicates, Listing, OrderRecord, PHASE_IN_DOUBT, PHASE_LINKED, PHASE_PARKED,
        PHASE_TOMBSTONE, Tally,
    },
};

/// The columns of an [`OrderRecord`], in the order in which [`order_out`] reads them.
const SELECT_ORDER: &str = "SELECT shop, order_id, name, state, phase, deal, contact_key, row_version, due_ms, \
                            claimed_by, attention, deliveries, id, duplicates, duplicates_flagged, duplicates_open \
                            FROM orders";

impl Db {
    /// One order.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn order(&self, key: &OrderKey) -> Result<Option<OrderRecord>, StoreError> {
        during("read an order", || {
            let mut found = self.orders_where(
                "WHERE shop = ?1 AND order_id = ?2",
                params![key.shop.as_str(), id_in(key.order.0)],
            )?;
            Ok(found.pop())
        })
    }

    /// Orders by order id, name, deal id or `shop/id`; the newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_orders(&self, query: &str, limit: usize) -> Result<Vec<OrderRecord>, StoreError> {
        let query = query.trim();
        if query.is_empty() {
            return during("list orders", || {
                self.orders_where("ORDER BY id DESC LIMIT ?1", params![limit_in(limit)])
            });
        }
        if let Some(key) = key_in(query) {
            return Ok(self.order(&key)?.into_iter().take(limit).collect());
        }
        during("find orders", || {
            let bare = clean(query.trim_start_matches('#'));
            let number: Option<i64> = if query.starts_with('#') {
                None
            } else {
                bare.parse().ok().map(id_in)
            };
            self.orders_where(
                "WHERE order_id = ?1 OR deal = ?1 OR name = ?2 COLLATE NOCASE OR name = ?3 COLLATE NOCASE
                 ORDER BY id DESC LIMIT ?4",
                params![number, bare, format!("#{bare}"), limit_in(limit)],
            )
        })
    }

    /// The deals of the newest orders.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn newest_deals(&self, limit: usize) -> Result<Vec<DealId>, StoreError> {
        during("list the newest deals", || {
            let mut statement = self.conn.prepare_cached(
                "SELECT deal FROM orders WHERE deal IS NOT NULL ORDER BY id DESC LIMIT ?1",
            )?;
            let rows =
                statement.query_map([limit_in(limit)], |row| Ok(DealId(id_out(row.get(0)?))))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// When the newest delivery came, in milliseconds of Unix time; `None` if none ever did.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_delivery(&self) -> Result<Option<i64>, StoreError> {
        during("read the newest delivery", || {
            Ok(self
                .conn
                .prepare_cached(
                    "SELECT received_wall_ms FROM deliveries ORDER BY seq DESC LIMIT 1",
                )?
                .query_row([], |row| row.get(0))
                .optional()?)
        })
    }

    /// Orders a person should look at, the newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn attention(&self, limit: usize) -> Result<Vec<OrderRecord>, StoreError> {
        self.list_orders(&Listing {
            attention: true,
            limit,
            ..Listing::default()
        })
    }

    /// The ledger in numbers.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        during("count the ledger", || {
            let mut counts = Counts {
                // Deliveries are never deleted, so the last number is their count.
                deliveries: self.number("SELECT COALESCE(MAX(seq), 0) FROM deliveries")?,
                unreadable: self
                    .number("SELECT COUNT(*) FROM deliveries WHERE fold = 'unreadable' OR kind = 'unreadable'")?,
                linked: self.number("SELECT COUNT(*) FROM orders WHERE deal IS NOT NULL")?,
                waiting: self.number("SELECT COUNT(*) FROM orders WHERE due_ms IS NOT NULL")?,
                attention: self.number("SELECT COUNT(*) FROM orders WHERE attention IS NOT NULL")?,
                open_intents: self.number("SELECT COUNT(*) FROM intents WHERE outcome IS NULL")?,
                ..Counts::default()
            };
            let mut statement = self
                .conn
                .prepare_cached("SELECT phase, COUNT(*) FROM orders GROUP BY phase")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                counts.by_phase.insert(row.get(0)?, count_out(row.get(1)?));
            }
            counts.orders = counts.by_phase.values().sum();
            let of = |phase: &str| counts.by_phase.get(phase).copied().unwrap_or(0);
            (counts.in_doubt, counts.tombstones, counts.parked) =
                (of(PHASE_IN_DOUBT), of(PHASE_TOMBSTONE), of(PHASE_PARKED));
            Ok(counts)
        })
    }

    /// The ledger in numbers, none of which takes longer in a larger ledger, as long as most orders have their deal.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn tally(&self, now: Elapsed) -> Result<Tally, StoreError> {
        during("count the ledger", || {
            let mut tally = Tally {
                // Deliveries and orders are never deleted, so their last number is their count.
                deliveries: self.number("SELECT COALESCE(MAX(seq), 0) FROM deliveries")?,
                orders: self.number("SELECT COALESCE(MAX(id), 0) FROM orders")?,
                unreadable: self
                    .number("SELECT COUNT(*) FROM deliveries WHERE fold = 'unreadable' OR kind = 'unreadable'")?,
                attention: self.number("SELECT COUNT(*) FROM orders WHERE attention IS NOT NULL")?,
                due: self.overdue(now)?,
                due_since: self.next_due()?.filter(|it| *it <= now),
                ..Tally::default()
            };
            let mut rest = tally.orders;
            for phase in self.phases(Narrow::None)? {
                if phase != PHASE_LINKED {
                    let count = self.of_phase(&phase)?;
                    rest = rest.saturating_sub(count);
                    tally.by_phase.insert(phase, count);
                }
            }
            if 0 < rest {
                tally.by_phase.insert(PHASE_LINKED.to_owned(), rest);
            }
            self.tally_duplicates(&mut tally)?;
            tally.last_delivery_ms = self
                .conn
                .prepare_cached(
                    "SELECT received_wall_ms FROM deliveries ORDER BY seq DESC LIMIT 1",
                )?
                .query_row([], |row| row.get(0))
                .optional()?;
            Ok(tally)
        })
    }

    fn of_phase(&self, phase: &str) -> Result<u64, Failure> {
        let mut count = self
            .conn
            .prepare_cached("SELECT COUNT(*) FROM orders WHERE phase = ?1")?;
        Ok(count_out(count.query_row([phase], |row| row.get(0))?))
    }

    fn tally_duplicates(&self, tally: &mut Tally) -> Result<(), Failure> {
        let mut sums = self.conn.prepare_cached(
            "SELECT COALESCE(SUM(duplicates), 0), COALESCE(SUM(duplicates_flagged), 0), COALESCE(SUM(duplicates_open), 0),
               COUNT(*) FILTER (WHERE 0 < duplicates_open)
             FROM orders INDEXED BY orders_duplicates WHERE duplicates IS NOT NULL",
        )?;
        (tally.duplicates, tally.duplicates_open_orders) = sums.query_row([], |row| {
            let duplicates = Duplicates {
                known: count_out(row.get(0)?),
                flagged: count_out(row.get(1)?),
                open: count_out(row.get(2)?),
            };
            Ok((duplicates, count_out(row.get(3)?)))
        })?;
        Ok(())
    }

    pub(super) fn number(&self, sql: &str) -> Result<u64, Failure> {
        Ok(count_out(
            self.conn
                .prepare_cached(sql)?
                .query_row([], |row| row.get(0))?,
        ))
    }

    pub(super) fn orders_where(
        &self,
        rest: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<OrderRecord>, Failure> {
        let mut statement = self
            .conn
            .prepare_cached(&format!("{SELECT_ORDER} {rest}"))?;
        let mut rows = statement.query(params)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(order_out(row)?);
        }
        Ok(found)
    }
}

fn key_in(query: &str) -> Option<OrderKey> {
    let (shop, order) = query.split_once('/')?;
    Some(OrderKey {
        shop: ShopDomain::parse(shop).ok()?,
        order: OrderId(order.parse().ok()?),
    })
}

fn order_out(row: &Row<'_>) -> Result<OrderRecord, Failure> {
    Ok(OrderRecord {
        key: key_out(row, 0)?,
        name: row.get(2)?,
        state: row.get(3)?,
        phase: row.get(4)?,
        deal: deal_out(row.get(5)?),
        contact_key: row.get(6)?,
        row_version: count_out(row.get(7)?),
        due: row.get::<_, Option<i64>>(8)?.map(time_out),
        claimed: row.get::<_, Option<i64>>(9)?.is_some(),
        attention: row.get(10)?,
        deliveries: count_out(row.get(11)?),
        row: id_out(row.get(12)?),
        duplicates: Duplicates {
            known: row.get::<_, Option<i64>>(13)?.map_or(0, count_out),
            flagged: count_out(row.get(14)?),
            open: count_out(row.get(15)?),
        },
    })
}
