//! Intents: what is about to be sent, written down first.

use kernel::{IntentId, OrderKey};
use rusqlite::{ffi, params};

use super::{
    Db,
    values::{clean, id_in, id_out, key_out, time_in, time_out},
};
use crate::{
    error::{Failure, StoreError, during},
    records::{IntentChange, IntentRecord, IntentSubject, OpenIntent},
};

impl Db {
    /// Intents without an outcome, by number.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn open_intents(&self) -> Result<Vec<OpenIntent>, StoreError> {
        during("list open intents", || {
            let mut statement = self.conn.prepare_cached(
                "SELECT id, shop, order_id, contact_key, kind, opened_ms FROM intents
                 WHERE outcome IS NULL ORDER BY id",
            )?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(OpenIntent {
                    intent: IntentId(id_out(row.get(0)?)),
                    key: key_out(row, 1)?,
                    contact_key: row.get(3)?,
                    kind: row.get(4)?,
                    opened_at: time_out(row.get(5)?),
                });
            }
            Ok(found)
        })
    }

    /// Every intent opened in turns of an order, by number.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn intents(&self, key: &OrderKey) -> Result<Vec<IntentRecord>, StoreError> {
        during("list the intents of an order", || {
            let mut statement = self.conn.prepare_cached(
                "SELECT id, contact_key, kind, opened_ms, evidence, outcome, closed_ms FROM intents
                 WHERE shop = ?1 AND order_id = ?2 ORDER BY id",
            )?;
            let rows =
                statement.query_map(params![key.shop.as_str(), id_in(key.order.0)], |row| {
                    Ok(IntentRecord {
                        intent: IntentId(id_out(row.get(0)?)),
                        contact_key: row.get(1)?,
                        kind: row.get(2)?,
                        opened_at: time_out(row.get(3)?),
                        evidence: row.get(4)?,
                        outcome: row.get(5)?,
                        closed_at: row.get::<_, Option<i64>>(6)?.map(time_out),
                    })
                })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The highest number an intent ever had; 0 when there was none.
    pub(crate) fn last_intent(&self) -> Result<u64, StoreError> {
        during("read the last intent", || {
            Ok(id_out(self.conn.query_row(
                "SELECT COALESCE(MAX(id), 0) FROM intents",
                [],
                |row| row.get(0),
            )?))
        })
    }

    pub(super) fn change_intent(
        &self,
        key: &OrderKey,
        change: &IntentChange,
    ) -> Result<(), Failure> {
        match change {
            IntentChange::Open {
                intent,
                kind,
                subject,
                at,
                evidence,
            } => {
                let contact_key = match subject {
                    IntentSubject::Order => None,
                    IntentSubject::Contact(contact_key) => Some(clean(contact_key)),
                };
                self.conn
                    .prepare_cached(
                        "INSERT INTO intents (id, shop, order_id, contact_key, kind, opened_ms, evidence)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    )?
                    .execute(params![
                        id_in(intent.0),
                        key.shop.as_str(),
                        id_in(key.order.0),
                        contact_key,
                        clean(kind),
                        time_in(*at),
                        clean(evidence),
                    ])
                    .map_err(|error| second_intent(key, error))?;
            }
            IntentChange::Close {
                intent,
                outcome,
                at,
            } => {
                let changed = self
                    .conn
                    .prepare_cached(
                        "UPDATE intents SET outcome = ?1, closed_ms = ?2 WHERE id = ?3 AND outcome IS NULL",
                    )?
                    .execute(params![clean(outcome), time_in(*at), id_in(intent.0)])?;
                if changed == 0 {
                    return Err(StoreError::NotOpen {
                        key: key.clone(),
                        intent: *intent,
                    }
                    .into());
                }
            }
        }
        Ok(())
    }
}

fn second_intent(key: &OrderKey, error: rusqlite::Error) -> Failure {
    let unique = error
        .sqlite_error()
        .is_some_and(|it| it.extended_code == ffi::SQLITE_CONSTRAINT_UNIQUE);
    if unique {
        StoreError::SecondIntent { key: key.clone() }.into()
    } else {
        error.into()
    }
}
