//! What must happen to an order's deal, as pure functions: no clock, no network, no storage.
//!
//! [`apply()`] records an event in an order's state; [`decide()`] chooses the next step. Time, process and ledger come in
//! with the [`Context`]. The rules they follow are numbered in ARCHITECTURE.md.

mod apply;
pub mod chain;
pub mod command;
pub mod company;
pub mod contact;
pub mod context;
pub mod crowd;
pub mod deal;
mod decide;
pub mod elapsed;
pub mod event;
pub mod forecast;
pub mod ids;
pub mod kept;
pub mod mapping;
pub mod money;
pub mod mutants;
pub mod operator;
pub mod order;
pub mod outcome;
pub mod pacer;
pub mod part;
pub mod party;
pub mod planner;
pub mod presence;
pub mod remark;
pub mod rules;
pub mod state;
pub mod version;

pub use apply::apply;
pub use context::Context;
pub use decide::{Flagging, decide, preview_flag};
pub use elapsed::Elapsed;
pub use ids::{
    CommandSeq, CompanyId, ContactId, DealId, DeliverySeq, IntentId, LedgerId, Mark, OrderId,
    OrderKey, PartyId, ProcessNo, ShopDomain,
};
