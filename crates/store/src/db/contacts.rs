//! Contacts: one row per person of a shop, and one per company that buys there; their keys tell them apart.

use kernel::ShopDomain;
use rusqlite::{OptionalExtension, params};

use super::{
    Db,
    values::{clean, count_out, id_in},
};
use crate::{
    error::{Failure, StoreError, during},
    records::{ContactRecord, ContactSave},
};

impl Db {
    /// One contact, by its key or by another name of the same person.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn contact(
        &self,
        shop: &ShopDomain,
        contact_key: &str,
    ) -> Result<Option<ContactRecord>, StoreError> {
        during("read a contact", || {
            Ok(self
                .conn
                .prepare_cached(
                    "SELECT contact_key, state, row_version FROM contacts
                     WHERE shop = ?1 AND contact_key = coalesce(
                       (SELECT contact_key FROM contact_aliases WHERE shop = ?1 AND alias = ?2), ?2)",
                )?
                .query_row(params![shop.as_str(), clean(contact_key)], |row| {
                    Ok(ContactRecord {
                        contact_key: row.get(0)?,
                        state: row.get(1)?,
                        row_version: count_out(row.get(2)?),
                    })
                })
                .optional()?)
        })
    }

    pub(super) fn save_contact(
        &self,
        shop: &ShopDomain,
        contact: &ContactSave,
    ) -> Result<(), Failure> {
        let key = clean(&contact.contact_key);
        let state = clean(&contact.state);
        let portal_id = contact.portal_id.map(id_in);
        let changed = match contact.row_version {
            None => self
                .conn
                .prepare_cached(
                    "INSERT INTO contacts (shop, contact_key, row_version, state, portal_id) VALUES (?1, ?2, 1, ?3, ?4)
                     ON CONFLICT DO NOTHING",
                )?
                .execute(params![shop.as_str(), key, state, portal_id])?,
            Some(row_version) => self
                .conn
                .prepare_cached(
                    "UPDATE contacts SET state = ?3, portal_id = ?5, row_version = row_version + 1
                     WHERE shop = ?1 AND contact_key = ?2 AND row_version = ?4",
                )?
                .execute(params![
                    shop.as_str(),
                    key,
                    state,
                    id_in(row_version),
                    portal_id
                ])?,
        };
        if changed == 0 {
            return Err(StoreError::Conflict {
                what: format!("a contact of {shop}"),
            }
            .into());
        }
        for alias in &contact.aliases {
            self.conn
                .prepare_cached(
                    "INSERT INTO contact_aliases (shop, alias, contact_key) VALUES (?1, ?2, ?3)
                     ON CONFLICT DO NOTHING",
                )?
                .execute(params![shop.as_str(), clean(alias), key])?;
        }
        Ok(())
    }
}
