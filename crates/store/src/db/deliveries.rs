//! Deliveries: appended before they are acknowledged, folded into their order later.

use kernel::{DeliverySeq, OrderId, OrderKey, ShopDomain};
use rusqlite::{Row, params};

use super::{
    Db,
    values::{clean, clean_opt, id_in, id_out, limit_in, shop_out, time_in, time_out},
};
use crate::{
    error::{Failure, StoreError, during},
    packed::Packed,
    records::{DeliveryKind, Fold, NewDelivery, StoredDelivery, UnreadableDelivery},
};

/// Deliveries of one order given out in one claim.
pub const FOLD_MAX: usize = 64;
/// Bytes of bodies of one order given out in one claim; one delivery is given out whatever its size.
pub const FOLD_BYTES_MAX: usize = 32 * 1024 * 1024;

const SNAPSHOT: &str = "snapshot";
const HINT: &str = "hint";
const ANSWER: &str = "answer";
const NOTED: &str = "noted";
const UNREADABLE: &str = "unreadable";
const APPLIED: &str = "applied";
const STALE: &str = "stale";
const REPEAT: &str = "repeat";

impl Db {
    /// Stores a delivery and makes its order due at once.
    ///
    /// # Errors
    /// Nothing was stored.
    pub(crate) fn accept(
        &self,
        delivery: &NewDelivery,
        body: &Packed,
    ) -> Result<DeliverySeq, StoreError> {
        during("store a delivery", || {
            let (kind, note) = kind_in(&delivery.kind);
            let received = time_in(delivery.received_at);
            if let Some(order) = delivery.order
                && !self.counted(&delivery.shop, order, received)?
            {
                // A retry of an old payload must not postpone an order that is already overdue.
                self.conn
                    .prepare_cached(
                        "INSERT INTO orders (shop, order_id, due_ms, deliveries) VALUES (?1, ?2, ?3, 1)
                         ON CONFLICT (shop, order_id) DO UPDATE SET
                           due_ms = MIN(COALESCE(due_ms, excluded.due_ms), excluded.due_ms),
                           deliveries = deliveries + 1",
                    )?
                    .execute(params![delivery.shop.as_str(), id_in(order.0), received])?;
            }
            if let (Some(order), DeliveryKind::Hint) = (delivery.order, &delivery.kind) {
                self.want_refetch(&delivery.shop, order, received)?;
            }
            let fold = match (&delivery.order, &delivery.kind) {
                (Some(_), _) => None,
                (None, DeliveryKind::Unreadable(_)) => Some(UNREADABLE),
                (
                    None,
                    DeliveryKind::Snapshot
                    | DeliveryKind::Hint
                    | DeliveryKind::Answer
                    | DeliveryKind::Noted,
                ) => Some(NOTED),
            };
            self.conn
                .prepare_cached(
                    "INSERT INTO deliveries (shop, order_id, topic, webhook_id, event_id, triggered_at_ms,
                       received_ms, received_wall_ms, kind, fold, note, body_hash, body, packed)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                )?
                .execute(params![
                    delivery.shop.as_str(),
                    delivery.order.map(|it| id_in(it.0)),
                    clean(&delivery.topic),
                    clean(&delivery.webhook_id),
                    clean_opt(delivery.event_id.as_ref()),
                    delivery.triggered_at_ms,
                    received,
                    delivery.received_wall_ms,
                    kind,
                    fold,
                    note.map(clean),
                    clean(&delivery.body_hash),
                    body.bytes,
                    body.is_packed,
                ])?;
            Ok(DeliverySeq(id_out(self.conn.last_insert_rowid())))
        })
    }

    /// Counts one more delivery of an order that is due already; false if it is not. A burst leaves the order's place in
    /// the queue as it is, and the index with it.
    fn counted(
        &self,
        shop: &ShopDomain,
        order: OrderId,
        received: i64,
    ) -> Result<bool, rusqlite::Error> {
        let changed = self
            .conn
            .prepare_cached(
                "UPDATE orders SET deliveries = deliveries + 1
                 WHERE shop = ?1 AND order_id = ?2 AND due_ms <= ?3",
            )?
            .execute(params![shop.as_str(), id_in(order.0), received])?;
        Ok(0 < changed)
    }

    /// Deliveries that were not understood, the newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn unreadable(&self, limit: usize) -> Result<Vec<UnreadableDelivery>, StoreError> {
        during("list unreadable deliveries", || {
            let mut statement = self.conn.prepare_cached(
                "SELECT seq, shop, order_id, topic, received_wall_ms, COALESCE(note, '') FROM deliveries
                 WHERE fold = 'unreadable' OR kind = 'unreadable' ORDER BY seq DESC LIMIT ?1",
            )?;
            let mut rows = statement.query([limit_in(limit)])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(UnreadableDelivery {
                    seq: DeliverySeq(id_out(row.get(0)?)),
                    shop: shop_out(row.get(1)?)?,
                    order: row.get::<_, Option<i64>>(2)?.map(|it| OrderId(id_out(it))),
                    topic: row.get(3)?,
                    received_wall_ms: row.get(4)?,
                    reason: row.get(5)?,
                });
            }
            Ok(found)
        })
    }

    /// What is not folded yet, and whether there is more of it.
    pub(super) fn unfolded(&self, key: &OrderKey) -> Result<(Vec<StoredDelivery>, bool), Failure> {
        let mut statement = self.conn.prepare_cached(
            "SELECT seq, topic, webhook_id, triggered_at_ms, received_ms, received_wall_ms, kind, note, body, packed
             FROM deliveries WHERE shop = ?1 AND order_id = ?2 AND fold IS NULL ORDER BY seq",
        )?;
        let mut rows = statement.query(params![key.shop.as_str(), id_in(key.order.0)])?;
        let mut found = Vec::new();
        let mut bytes = 0_usize;
        while let Some(row) = rows.next()? {
            let delivery = delivery_out(row)?;
            bytes = bytes.saturating_add(delivery.body.len());
            if !found.is_empty() && (found.len() == FOLD_MAX || FOLD_BYTES_MAX < bytes) {
                return Ok((found, true));
            }
            found.push(delivery);
        }
        Ok((found, false))
    }

    /// Records what became of a delivery. One that is not of this order, or was folded before, is a conflict.
    pub(super) fn fold(
        &self,
        key: &OrderKey,
        seq: DeliverySeq,
        fold: &Fold,
    ) -> Result<(), Failure> {
        let (word, note) = match fold {
            Fold::Applied => (APPLIED, None),
            Fold::Stale => (STALE, None),
            Fold::Repeat => (REPEAT, None),
            Fold::Unreadable(reason) => (UNREADABLE, Some(clean(reason))),
            Fold::Noted => (NOTED, None),
        };
        let changed = self
            .conn
            .prepare_cached(
                "UPDATE deliveries SET fold = ?1, note = COALESCE(?2, note)
                 WHERE seq = ?3 AND shop = ?4 AND order_id = ?5 AND fold IS NULL",
            )?
            .execute(params![
                word,
                note,
                id_in(seq.0),
                key.shop.as_str(),
                id_in(key.order.0)
            ])?;
        if changed == 0 {
            return Err(StoreError::Conflict {
                what: format!("delivery {seq} of {key}"),
            }
            .into());
        }
        Ok(())
    }
}

fn kind_in(kind: &DeliveryKind) -> (&'static str, Option<&str>) {
    match kind {
        DeliveryKind::Snapshot => (SNAPSHOT, None),
        DeliveryKind::Hint => (HINT, None),
        DeliveryKind::Answer => (ANSWER, None),
        DeliveryKind::Noted => (NOTED, None),
        DeliveryKind::Unreadable(reason) => (UNREADABLE, Some(reason)),
    }
}

pub(super) fn kind_out(word: String, note: Option<String>) -> Result<DeliveryKind, StoreError> {
    match word.as_str() {
        SNAPSHOT => Ok(DeliveryKind::Snapshot),
        HINT => Ok(DeliveryKind::Hint),
        ANSWER => Ok(DeliveryKind::Answer),
        NOTED => Ok(DeliveryKind::Noted),
        UNREADABLE => Ok(DeliveryKind::Unreadable(note.unwrap_or_default())),
        _ => Err(StoreError::Cell {
            table: "deliveries",
            column: "kind",
            value: word,
        }),
    }
}

/// What became of a delivery; the note of an unreadable one says why.
pub(super) fn fold_out(word: String, note: Option<String>) -> Result<Fold, StoreError> {
    match word.as_str() {
        APPLIED => Ok(Fold::Applied),
        STALE => Ok(Fold::Stale),
        REPEAT => Ok(Fold::Repeat),
        NOTED => Ok(Fold::Noted),
        UNREADABLE => Ok(Fold::Unreadable(note.unwrap_or_default())),
        _ => Err(StoreError::Cell {
            table: "deliveries",
            column: "fold",
            value: word,
        }),
    }
}

fn delivery_out(row: &Row<'_>) -> Result<StoredDelivery, Failure> {
    Ok(StoredDelivery {
        seq: DeliverySeq(id_out(row.get(0)?)),
        topic: row.get(1)?,
        webhook_id: row.get(2)?,
        triggered_at_ms: row.get(3)?,
        received_at: time_out(row.get(4)?),
        received_wall_ms: row.get(5)?,
        kind: kind_out(row.get(6)?, row.get(7)?)?,
        body: Packed {
            bytes: row.get(8)?,
            is_packed: row.get(9)?,
        }
        .open()?,
    })
}
