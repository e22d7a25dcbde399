//! Lists of orders and searches, page by page, the newest first.
//!
//! Invariant: every page costs a few steps in an index per phase and per row shown, however large the ledger is and however
//! far back the page lies. No page is found by counting off the ones before it.

use rusqlite::{OptionalExtension as _, params};

use super::{
    Db,
    values::{clean, id_in, limit_in},
};
use crate::{
    error::{Failure, StoreError, during},
    records::{Listing, OrderRecord, Search},
};

/// A page of all orders.
const ALL: &str = "WHERE id < ?1 ORDER BY id DESC LIMIT ?2";

/// A page of a contact's orders. Keys are made of ids and fingerprints: two shops hardly ever share one.
const OF_CONTACT: &str = "INDEXED BY orders_contact WHERE contact_key = ?1 AND id < ?2 AND shop = ?4 \
                          ORDER BY id DESC LIMIT ?3";

/// A page of what is equal to a value: the index, and the comparison.
const BY_ID: (&str, &str) = ("orders_by_id", "order_id = ?1");
const BY_DEAL: (&str, &str) = ("orders_deal", "deal = ?1");
const BY_NAME: (&str, &str) = ("orders_name", "name = ?1 COLLATE NOCASE");
const BY_EMAIL: (&str, &str) = ("orders_email", "email = ?1");

/// Contacts by their id on the portal; there are seldom more than one.
const CONTACTS: &str = "SELECT shop, contact_key FROM contacts INDEXED BY contacts_portal \
                        WHERE portal_id = ?1 LIMIT 50";

fn equal((index, is): (&str, &str)) -> String {
    format!("INDEXED BY {index} WHERE {is} AND id < ?2 ORDER BY id DESC LIMIT ?3")
}

/// Which partial index narrows a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Narrow {
    None,
    Attention,
    Duplicates,
    Both,
}

impl Narrow {
    fn of(listing: &Listing) -> Self {
        match (listing.attention, listing.duplicates) {
            (false, false) => Self::None,
            (true, false) => Self::Attention,
            (false, true) => Self::Duplicates,
            (true, true) => Self::Both,
        }
    }

    /// The index that is walked, and what it holds. Second deals are rarer than notices.
    fn index(self) -> (&'static str, &'static str) {
        match self {
            Self::None => ("orders_phase", "1"),
            Self::Attention => ("orders_attention", "attention IS NOT NULL"),
            Self::Duplicates => ("orders_duplicates", "duplicates IS NOT NULL"),
            Self::Both => (
                "orders_duplicates",
                "duplicates IS NOT NULL AND attention IS NOT NULL",
            ),
        }
    }

    /// A page of one phase.
    fn page(self) -> String {
        let (index, holds) = self.index();
        format!(
            "INDEXED BY {index} WHERE phase = ?1 AND id < ?2 AND {holds} ORDER BY id DESC LIMIT ?3"
        )
    }

    /// The next phase that any order is in.
    fn next_phase(self) -> String {
        let (index, holds) = self.index();
        format!(
            "SELECT phase FROM orders INDEXED BY {index} WHERE ?1 < phase AND {holds} ORDER BY phase LIMIT 1"
        )
    }
}

impl Db {
    /// One page of orders, the newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn list_orders(&self, listing: &Listing) -> Result<Vec<OrderRecord>, StoreError> {
        during("list orders", || {
            let (before, limit) = (before_in(listing.before), limit_in(listing.limit));
            let narrow = Narrow::of(listing);
            if narrow == Narrow::None && listing.phases.is_empty() {
                return self.orders_where(ALL, params![before, limit]);
            }
            let phases = if listing.phases.is_empty() {
                self.phases(narrow)?
            } else {
                listing.phases.clone()
            };
            let rest = narrow.page();
            let mut found = Vec::new();
            for phase in &phases {
                found.extend(self.orders_where(&rest, params![clean(phase), before, limit])?);
            }
            Ok(newest(found, listing.limit))
        })
    }

    /// Orders by name, number or contact, the newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn search_orders(&self, search: &Search) -> Result<Vec<OrderRecord>, StoreError> {
        during("search orders", || {
            let mut found = Vec::new();
            if let Some(key) = &search.key {
                let (shop, order) = (key.shop.as_str(), id_in(key.order.0));
                found.extend(self.orders_where(
                    "WHERE shop = ?1 AND order_id = ?2 AND id < ?3",
                    params![shop, order, before_in(search.before)],
                )?);
            }
            if let Some(number) = search.number {
                let number = id_in(number);
                found.extend(self.searched(BY_ID, number, search)?);
                found.extend(self.searched(BY_DEAL, number, search)?);
                for contact in self.contacts_of_portal(number)? {
                    found.extend(self.of_contact(&contact, search)?);
                }
            }
            for name in &search.names {
                found.extend(self.searched(BY_NAME, clean(name), search)?);
            }
            if let Some(email) = &search.email {
                found.extend(self.searched(BY_EMAIL, clean(email), search)?);
            }
            Ok(newest(found, search.limit))
        })
    }

    /// The phases that any order is in, by a step in the index for each.
    pub(super) fn phases(&self, narrow: Narrow) -> Result<Vec<String>, Failure> {
        let mut next = self.conn.prepare_cached(&narrow.next_phase())?;
        let mut phases = Vec::new();
        let mut last = String::new();
        while let Some(phase) = next
            .query_row([&last], |row| row.get::<_, String>(0))
            .optional()?
        {
            last.clone_from(&phase);
            phases.push(phase);
        }
        Ok(phases)
    }

    fn searched(
        &self,
        by: (&str, &str),
        value: impl rusqlite::ToSql,
        search: &Search,
    ) -> Result<Vec<OrderRecord>, Failure> {
        self.orders_where(
            &equal(by),
            params![value, before_in(search.before), limit_in(search.limit)],
        )
    }

    fn of_contact(
        &self,
        (shop, key): &(String, String),
        search: &Search,
    ) -> Result<Vec<OrderRecord>, Failure> {
        self.orders_where(
            OF_CONTACT,
            params![
                clean(key),
                before_in(search.before),
                limit_in(search.limit),
                shop
            ],
        )
    }

    /// Shop and key of the contacts with this id on the portal.
    fn contacts_of_portal(&self, id: i64) -> Result<Vec<(String, String)>, Failure> {
        let mut statement = self.conn.prepare_cached(CONTACTS)?;
        let rows = statement.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// A cursor as SQLite compares it: an order's number is never the largest there is.
fn before_in(before: Option<u64>) -> i64 {
    before.map_or(i64::MAX, |it| i64::try_from(it).unwrap_or(i64::MAX))
}

/// The newest of what several indices found, each order once.
fn newest(mut found: Vec<OrderRecord>, limit: usize) -> Vec<OrderRecord> {
    found.sort_by_key(|it| std::cmp::Reverse(it.row));
    found.dedup_by_key(|it| it.row);
    found.truncate(limit);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Db {
        /// What SQLite is going to do for a statement.
        fn plan(&self, sql: &str) -> Vec<String> {
            let mut statement = self
                .conn
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .expect("a statement");
            let holes = vec![rusqlite::types::Value::Null; statement.parameter_count()];
            let rows = statement.query_map(rusqlite::params_from_iter(holes), |row| row.get(3));
            rows.expect("a plan")
                .map(|it| it.expect("a step"))
                .collect()
        }
    }

    #[test]
    fn no_page_and_no_search_reads_more_than_it_shows() {
        let db = Db::in_memory().expect("memory");
        let orders = |rest: &str| format!("SELECT state FROM orders {rest}");
        let narrow = [
            Narrow::None,
            Narrow::Attention,
            Narrow::Duplicates,
            Narrow::Both,
        ];
        let mut all = vec![orders(ALL), orders(OF_CONTACT), CONTACTS.to_owned()];
        all.extend([BY_ID, BY_DEAL, BY_NAME, BY_EMAIL].map(|it| orders(&equal(it))));
        all.extend(narrow.map(|it| orders(&it.page())));
        all.extend(narrow.map(Narrow::next_phase));
        for sql in all {
            let plan = db.plan(&sql);
            let bounded = |it: &String| it.starts_with("SEARCH ");
            assert!(plan.iter().all(bounded), "{sql}\n{plan:#?}");
        }
    }

    #[test]
    fn a_plan_that_scans_is_told_from_one_that_searches() {
        let db = Db::in_memory().expect("memory");
        let plan =
            db.plan("SELECT state FROM orders WHERE row_version = ?1 ORDER BY id DESC LIMIT 5");
        assert!(plan[0].starts_with("SCAN "), "{plan:#?}");
    }
}
