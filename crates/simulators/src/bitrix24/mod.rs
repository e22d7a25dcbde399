//! A simulated Bitrix24 portal: its REST interface with every documented oddity, the people who work in it, and
//! the ways in which it fails.
//!
//! Deals and contacts know no uniqueness of any kind, writes have two phases, lists may lag, answers get lost while
//! the work is done, and an execution may land long after its caller is gone. Beside the inbound webhook a local
//! application opens it, with tokens of the authorization server of its region. [`Portal`] is the handle.

mod app;
mod batch;
mod category;
mod clock;
mod config;
mod contact;
mod deal;
mod directory;
mod door;
mod error;
mod execute;
mod faults;
mod field;
mod filter;
mod http;
mod limits;
mod methods;
mod oauth;
mod people;
mod php;
mod portal;
mod product;
mod query;
mod render;
mod request;
mod robot;
mod rows;
mod sight;
mod state;
mod table;
mod text;
mod user_field;
mod write;
mod write_party;

#[cfg(test)]
mod tests;

pub use app::AppConfig;
pub use config::{Category, Language, PortalConfig, Stage};
pub use contact::{Comm, Contact};
pub use deal::Deal;
pub use directory::{DirectoryValue, User};
pub use faults::{Faults, Revoked};
pub use field::Entity;
pub use portal::Portal;
pub use product::Product;
pub use robot::Robot;
pub use rows::ProductRow;
pub use sight::Sight;
pub use state::{Change, ChangeKind, Notification, Stats};
pub use user_field::{Choice, UserField};
