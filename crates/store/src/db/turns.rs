//! Saving one step of a turn: all of it or nothing.

use kernel::OrderKey;
use rusqlite::{OptionalExtension, params};

use super::{
    Db,
    values::{clean, clean_opt, count_out, id_in, some_id_in, time_in},
};
use crate::{
    error::{Failure, StoreError, during},
    records::{Then, Turn},
};

impl Db {
    /// Saves one step of a turn and returns the order's new version. Must run inside a transaction.
    ///
    /// # Errors
    /// The whole step must be rolled back.
    pub fn save(&self, turn: &Turn) -> Result<u64, StoreError> {
        during("save a turn", || {
            let row_version = self.save_order(turn)?;
            for (seq, fold) in &turn.folded {
                self.fold(&turn.key, *seq, fold)?;
            }
            if let Some(since) = turn.refetch {
                self.want_refetch(&turn.key.shop, turn.key.order, time_in(since))?;
            }
            for change in &turn.intents {
                self.change_intent(&turn.key, change)?;
            }
            for contact in &turn.contacts {
                self.save_contact(&turn.key.shop, contact)?;
            }
            self.append_timeline(&turn.key, &turn.timeline)?;
            for change in &turn.commands {
                self.change_command(&turn.key, change)?;
            }
            match turn.then {
                Then::Keep => {}
                Then::Release { due } => self.release(&turn.key, due.map(time_in))?,
            }
            Ok(row_version)
        })
    }

    fn save_order(&self, turn: &Turn) -> Result<u64, Failure> {
        let new_version: Option<i64> = self
            .conn
            .prepare_cached(
                "UPDATE orders SET row_version = row_version + 1, state = ?4, phase = ?5, name = ?6, deal = ?7,
                   attention = ?8, contact_key = ?9, duplicates = ?10, duplicates_flagged = ?11, duplicates_open = ?12,
                   email = ?13
                 WHERE shop = ?1 AND order_id = ?2 AND row_version = ?3 RETURNING row_version",
            )?
            .query_row(
                params![
                    turn.key.shop.as_str(),
                    id_in(turn.key.order.0),
                    id_in(turn.row_version),
                    clean(&turn.state),
                    clean(&turn.phase),
                    clean_opt(turn.name.as_ref()),
                    turn.deal.map(|it| id_in(it.0)),
                    clean_opt(turn.attention.as_ref()),
                    clean_opt(turn.contact_key.as_ref()),
                    some_id_in(turn.duplicates.known),
                    id_in(turn.duplicates.flagged),
                    id_in(turn.duplicates.open),
                    clean_opt(turn.email.as_ref()),
                ],
                |row| row.get(0),
            )
            .optional()?;
        new_version.map(count_out).ok_or_else(|| {
            StoreError::Conflict {
                what: format!("order {}", turn.key),
            }
            .into()
        })
    }

    /// Ends the claim. A delivery or a wish that arrived during the turn rang for an order that nobody could claim: it must
    /// be due.
    fn release(&self, key: &OrderKey, due: Option<i64>) -> Result<(), Failure> {
        let waiting: Option<i64> = self
            .conn
            .prepare_cached(
                "SELECT MIN(received_ms) FROM deliveries WHERE shop = ?1 AND order_id = ?2 AND fold IS NULL",
            )?
            .query_row(params![key.shop.as_str(), id_in(key.order.0)], |row| row.get(0))?;
        let wished = self.wished(key)?;
        let due = [due, waiting, wished].into_iter().flatten().min();
        self.conn
            .prepare_cached("UPDATE orders SET claimed_by = NULL, due_ms = ?3 WHERE shop = ?1 AND order_id = ?2")?
            .execute(params![key.shop.as_str(), id_in(key.order.0), due])?;
        Ok(())
    }
}
