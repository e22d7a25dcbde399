//! The ledger: deliveries, orders, intents, contacts and timeline, on SQLite.
//!
//! One SQL ([`Db`]) with two faces: [`SqliteStore`] runs it on a writer thread with group commit, [`InlineStore`] runs it in
//! place for the simulation. Invariants: what was answered is on disk; what failed left no trace; a delivery that waits to
//! be folded always has its order due.

mod backup;
mod checkpoint;
mod db;
mod epoch;
mod error;
mod face;
mod files;
mod inline;
mod lock;
mod packed;
mod records;
mod schema;
mod start;
mod store;
mod thread;

pub use backup::back_up;
pub use db::{
    COMMANDS_KEPT, COMMANDS_WAITING_MAX, Db, FOLD_BYTES_MAX, FOLD_MAX, QUEUE_LOOK_MAX, TIMELINE_MAX,
};
pub use error::StoreError;
pub use inline::{Backup, InlineStore};
pub use lock::is_in_use;
pub use records::*;
pub use schema::LAYOUT_NEWEST;
pub use start::cold_at_next_start;
pub use store::{Answer, Store};
pub use thread::{GROUP_COMMIT_MAX, QUEUE_MAX, SqliteStore};
