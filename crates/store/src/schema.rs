//! The tables, and how an older database becomes a newer one.
//!
//! Invariant: a published migration never changes; a new layout is a new entry at the end.

use rusqlite::{Connection, config::DbConfig};

use crate::{
    checkpoint::BEGIN_PAGES,
    error::{Failure, StoreError},
};

/// How long a statement waits for a lock of another connection, in milliseconds.
const BUSY_TIMEOUT_MS: u32 = 5_000;
/// The size of a page of a new database, in bytes. A packed body fits; a page is written whole for each row of an index that
/// changes in it.
pub(crate) const PAGE_BYTES: u32 = 8 * 1024;
/// Pages kept in memory per connection, in KiB: the upper parts of all indexes of a ledger of a million orders.
const CACHE_KIB: u32 = 16 * 1024;
/// What is left of the write-ahead log's file after a checkpoint, in bytes; a burst must not keep the disk space for good.
const LOG_BYTES_MAX: u32 = 64 * 1024 * 1024;
/// Prepared statements kept per connection; more than there are statements in this crate.
const STATEMENTS_MAX: usize = 128;

/// One entry per layout; its number is its place, counted from 1.
const MIGRATIONS: &[&str] = &["
CREATE TABLE ledger (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  shop TEXT NOT NULL,
  order_id INTEGER NOT NULL,
  row_version INTEGER NOT NULL DEFAULT 0,
  phase TEXT NOT NULL DEFAULT 'new',
  due_ms INTEGER,
  claimed_by INTEGER,
  deal INTEGER,
  contact_key TEXT,
  name TEXT,
  attention TEXT,
  deliveries INTEGER NOT NULL DEFAULT 0,
  state TEXT,
  UNIQUE (shop, order_id)
) STRICT;
CREATE INDEX orders_due ON orders (due_ms, shop, order_id) WHERE due_ms IS NOT NULL;
CREATE INDEX orders_claimed ON orders (claimed_by) WHERE claimed_by IS NOT NULL;
CREATE INDEX orders_deal ON orders (deal) WHERE deal IS NOT NULL;
CREATE INDEX orders_by_id ON orders (order_id);
CREATE INDEX orders_name ON orders (name COLLATE NOCASE) WHERE name IS NOT NULL;
CREATE INDEX orders_phase ON orders (phase);
CREATE INDEX orders_attention ON orders (id) WHERE attention IS NOT NULL;

CREATE TABLE deliveries (
  seq INTEGER PRIMARY KEY,
  shop TEXT NOT NULL,
  order_id INTEGER,
  topic TEXT NOT NULL,
  webhook_id TEXT NOT NULL,
  event_id TEXT,
  triggered_at_ms INTEGER,
  received_ms INTEGER NOT NULL,
  received_wall_ms INTEGER NOT NULL,
  kind TEXT NOT NULL,
  fold TEXT,
  note TEXT,
  body_hash TEXT NOT NULL,
  body BLOB NOT NULL,
  FOREIGN KEY (shop, order_id) REFERENCES orders (shop, order_id)
) STRICT;
CREATE INDEX deliveries_unfolded ON deliveries (shop, order_id, seq) WHERE fold IS NULL;
CREATE INDEX deliveries_unreadable ON deliveries (seq) WHERE fold = 'unreadable' OR kind = 'unreadable';

CREATE TABLE intents (
  id INTEGER PRIMARY KEY,
  shop TEXT NOT NULL,
  order_id INTEGER NOT NULL,
  contact_key TEXT,
  kind TEXT NOT NULL,
  opened_ms INTEGER NOT NULL,
  evidence TEXT NOT NULL,
  outcome TEXT,
  closed_ms INTEGER,
  FOREIGN KEY (shop, order_id) REFERENCES orders (shop, order_id)
) STRICT;
CREATE INDEX intents_of_order ON intents (shop, order_id, id);
CREATE INDEX intents_open ON intents (id) WHERE outcome IS NULL;
CREATE UNIQUE INDEX intents_open_order ON intents (shop, order_id) WHERE outcome IS NULL;
CREATE UNIQUE INDEX intents_open_contact ON intents (shop, contact_key)
  WHERE outcome IS NULL AND contact_key IS NOT NULL;

CREATE TABLE contacts (
  shop TEXT NOT NULL,
  contact_key TEXT NOT NULL,
  row_version INTEGER NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (shop, contact_key)
) STRICT;

CREATE TABLE contact_aliases (
  shop TEXT NOT NULL,
  alias TEXT NOT NULL,
  contact_key TEXT NOT NULL,
  PRIMARY KEY (shop, alias),
  FOREIGN KEY (shop, contact_key) REFERENCES contacts (shop, contact_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE timeline (
  id INTEGER PRIMARY KEY,
  shop TEXT NOT NULL,
  order_id INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  wall_ms INTEGER NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  detail TEXT,
  FOREIGN KEY (shop, order_id) REFERENCES orders (shop, order_id)
) STRICT;
CREATE INDEX timeline_of_order ON timeline (shop, order_id, id);
", "
ALTER TABLE deliveries ADD COLUMN packed INTEGER NOT NULL DEFAULT 0;
", "
ALTER TABLE orders ADD COLUMN refetch_ms INTEGER;
CREATE INDEX orders_refetch ON orders (refetch_ms) WHERE refetch_ms IS NOT NULL;
", "
-- Without the shop, which the row is compared with: in a burst every delivery writes to another place of this index.
DROP INDEX deliveries_unfolded;
CREATE INDEX deliveries_unfolded ON deliveries (order_id) WHERE fold IS NULL;
", "
CREATE TABLE operator_log (
  seq INTEGER PRIMARY KEY,
  wall_ms INTEGER NOT NULL,
  who TEXT NOT NULL,
  shop TEXT NOT NULL,
  order_id INTEGER NOT NULL,
  action TEXT NOT NULL,
  deal INTEGER,
  due_ms INTEGER,
  outcome TEXT,
  why TEXT,
  settled_wall_ms INTEGER,
  FOREIGN KEY (shop, order_id) REFERENCES orders (shop, order_id)
) STRICT;
CREATE INDEX operator_log_waiting ON operator_log (shop, order_id, seq) WHERE due_ms IS NOT NULL;
CREATE INDEX operator_log_open ON operator_log (shop, order_id, seq) WHERE outcome IS NULL;
CREATE INDEX operator_log_of_order ON operator_log (shop, order_id, seq);
", "
ALTER TABLE orders ADD COLUMN duplicates INTEGER;
ALTER TABLE orders ADD COLUMN duplicates_flagged INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN duplicates_open INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN email TEXT;
ALTER TABLE contacts ADD COLUMN portal_id INTEGER;
UPDATE orders SET
    duplicates = (SELECT COUNT(*) FROM json_each(state, '$.losers')),
    duplicates_flagged = (SELECT COUNT(*) FROM json_each(state, '$.losers') WHERE value IN ('Flagged', 'Settled')),
    duplicates_open = (SELECT COUNT(*) FROM json_each(state, '$.losers') WHERE value <> 'Settled')
  WHERE state LIKE '%\"losers\":{\"%' AND json_valid(state);
UPDATE orders SET email = lower(trim(json_extract(state, '$.newest.order.buyer.email'))) WHERE json_valid(state);
UPDATE contacts SET portal_id = json_extract(state, '$.presence.Linked')
  WHERE contact_key NOT LIKE 'company:%' AND json_valid(state);
DROP INDEX orders_attention;
CREATE INDEX orders_attention ON orders (phase) WHERE attention IS NOT NULL;
CREATE INDEX orders_duplicates ON orders (phase) WHERE duplicates IS NOT NULL;
CREATE INDEX orders_contact ON orders (contact_key) WHERE contact_key IS NOT NULL;
CREATE INDEX orders_email ON orders (email) WHERE email IS NOT NULL;
CREATE INDEX contacts_portal ON contacts (portal_id) WHERE portal_id IS NOT NULL;
"];

/// The number of the newest layout.
pub const LAYOUT_NEWEST: usize = MIGRATIONS.len();

/// The tables in the order in which rows may be copied without breaking a reference.
pub(crate) const TABLES: &[&str] = &[
    "ledger",
    "meta",
    "orders",
    "deliveries",
    "intents",
    "contacts",
    "contact_aliases",
    "timeline",
    "operator_log",
];

/// Sets the connection up for durability. A commit is on the disk when it returns (`synchronous=FULL`; on macOS only
/// `fullfsync` means that).
pub(crate) fn tune(conn: &Connection) -> Result<(), Failure> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Otherwise a statement whose LIMIT is a parameter is compiled anew each time the parameter is bound.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.execute_batch(&format!(
        "PRAGMA busy_timeout={BUSY_TIMEOUT_MS}; PRAGMA page_size={PAGE_BYTES}; PRAGMA journal_mode=WAL;
         PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint={BEGIN_PAGES}; PRAGMA cache_size=-{CACHE_KIB};
         PRAGMA fullfsync=ON; PRAGMA foreign_keys=ON; PRAGMA journal_size_limit={LOG_BYTES_MAX};"
    ))?;
    Ok(())
}

/// Brings the database to the newest layout, all steps in one transaction.
pub(crate) fn migrate(conn: &mut Connection) -> Result<(), Failure> {
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let done = refuse_newer(&tx)?;
    for step in MIGRATIONS.iter().skip(done) {
        tx.execute_batch(step)?;
    }
    let newest = i64::try_from(MIGRATIONS.len()).expect("a handful of migrations");
    tx.pragma_update(None, "user_version", newest)?;
    tx.commit()?;
    Ok(())
}

/// The layout of the database, if this program knows it.
pub(crate) fn refuse_newer(conn: &Connection) -> Result<usize, Failure> {
    let found: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match usize::try_from(found) {
        Ok(done) if done <= MIGRATIONS.len() => Ok(done),
        Ok(_) | Err(_) => Err(StoreError::NewerLayout {
            found,
            known: MIGRATIONS.len(),
        }
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_ledger_learns_what_people_search_by() {
        let mut conn = Connection::open_in_memory().expect("memory");
        for step in &MIGRATIONS[..3] {
            conn.execute_batch(step).expect("an older layout");
        }
        conn.pragma_update(None, "user_version", 3).expect("layout");
        conn.execute_batch(
            r#"INSERT INTO orders (id, shop, order_id, attention, state) VALUES
                 (1, 's', 1, 'look', '{"newest":{"order":{"buyer":{"email":" Erika@Example.com "}}},
                   "losers":{"7":"Settled","8":"Listed","9":"Flagged"}}'),
                 (2, 's', 2, NULL, '{"newest":null,"losers":{}}'),
                 (3, 's', 3, NULL, NULL),
                 (4, 's', 4, NULL, 'not JSON');
               INSERT INTO contacts VALUES
                 ('s', 'customer:1', 1, '{"presence":{"Linked":311}}'),
                 ('s', 'customer:2', 1, '{"presence":"Absent"}'),
                 ('s', 'company:1', 1, '{"presence":{"Linked":5}}');"#,
        )
        .expect("rows of an older version");
        migrate(&mut conn).expect("migrate");

        let mut orders = conn
            .prepare("SELECT email, duplicates, duplicates_flagged, duplicates_open FROM orders ORDER BY id")
            .expect("columns");
        let orders: Vec<(Option<String>, Option<i64>, i64, i64)> = orders
            .query_map([], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .expect("rows")
            .map(|it| it.expect("a row"))
            .collect();
        let nothing = (None, None, 0, 0);
        let first = (Some("erika@example.com".to_owned()), Some(3), 2, 2);
        assert_eq!(orders, [first, nothing.clone(), nothing.clone(), nothing]);
        let mut contacts = conn
            .prepare("SELECT contact_key FROM contacts WHERE portal_id IS NOT NULL")
            .expect("columns");
        let contacts: Vec<String> = contacts
            .query_map([], |row| row.get(0))
            .expect("rows")
            .map(|it| it.expect("a row"))
            .collect();
        assert_eq!(contacts, ["customer:1"]);
    }
}
