//! The tables, and how an older database becomes a newer one.
//!
//! Invariant: a published migration never changes; a new layout is a new entry at the end.

use rusqlite::{Connection, config::DbConfig};

use crate::error::{Failure, StoreError};

/// How long a statement waits for a lock of another connection, in milliseconds.
const BUSY_TIMEOUT_MS: u32 = 5_000;
/// The size of a page of a new database, in bytes. A packed body fits; a page is written whole for each row of an index that
/// changes in it.
const PAGE_BYTES: u32 = 8 * 1024;
/// The write-ahead log is carried over into the database once it has so many pages: rarely, since that takes two waits for
/// the disk; a start after a crash reads at most so much.
const CHECKPOINT_PAGES: u32 = 48 * 1024 * 1024 / PAGE_BYTES;
/// Pages kept in memory per connection, in KiB: the upper parts of all indexes of a ledger of a million orders.
const CACHE_KIB: u32 = 16 * 1024;
/// What is left of the write-ahead log's file after a checkpoint, in bytes; a burst must not keep the disk space for good.
const LOG_BYTES_MAX: u32 = 64 * 1024 * 1024;
/// Prepared statements kept per connection; more than there are statements in this crate.
const STATEMENTS_MAX: usize = 64;

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
];

/// Sets the connection up for durability. A commit is on the disk when it returns (`synchronous=FULL`; on macOS only
/// `fullfsync` means that).
pub(crate) fn tune(conn: &Connection) -> Result<(), Failure> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // Otherwise a statement whose LIMIT is a parameter is compiled anew each time the parameter is bound.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.execute_batch(&format!(
        "PRAGMA busy_timeout={BUSY_TIMEOUT_MS}; PRAGMA page_size={PAGE_BYTES}; PRAGMA journal_mode=WAL;
         PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}; PRAGMA cache_size=-{CACHE_KIB};
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
