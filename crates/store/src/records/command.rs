//! What operators ask for, and what becomes of it.

use kernel::{CommandSeq, DealId, DeliverySeq, Elapsed, OrderKey};
use serde::Serialize;

/// The outcome of a wish that was fulfilled.
pub const COMMAND_DONE: &str = "done";
/// The outcome of a wish that was not.
pub const COMMAND_REFUSED: &str = "refused";

/// What an operator asks of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommand {
    /// The order.
    pub key: OrderKey,
    /// Who asks, in a word for people; no secret.
    pub who: String,
    /// What, as JSON. The same text of the same order is the same wish.
    pub action: String,
    /// When, in milliseconds of the wall clock (Unix time); for display only.
    pub wall_ms: i64,
    /// The order is due by then, on the ledger's clock; whoever does not know that clock says zero.
    pub due: Elapsed,
    /// A deal that the order shall have to itself.
    pub claims: Option<DealId>,
    /// A delivery of the order that is to be folded once more.
    pub replays: Option<DeliverySeq>,
}

/// What became of a [`NewCommand`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Commanded {
    /// It is in the ledger, and a turn will take it.
    Accepted(CommandSeq),
    /// The same was asked before and is not done yet.
    Already(CommandSeq),
    /// The ledger does not know the order.
    UnknownOrder,
    /// The order has no such delivery.
    UnknownDelivery,
    /// The deal is linked to another order, or was chosen for it.
    Claimed(OrderKey),
    /// More wishes wait for this order than are kept.
    TooMany,
}

/// A wish of an operator that waits for its order's turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCommand {
    /// Its number.
    pub seq: CommandSeq,
    /// Who asks.
    pub who: String,
    /// What, as JSON.
    pub action: String,
    /// When (Unix milliseconds).
    pub wall_ms: i64,
}

/// What a turn does with a wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandChange {
    /// It is part of the order's state now; its outcome comes later.
    Taken(CommandSeq),
    /// It is over.
    Settled {
        /// Which.
        seq: CommandSeq,
        /// How, in a word: [`COMMAND_DONE`] or [`COMMAND_REFUSED`].
        outcome: &'static str,
        /// Why it was not done, as JSON.
        why: Option<String>,
        /// When (Unix milliseconds).
        wall_ms: i64,
    },
}

/// A line of the operators' log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CommandRecord {
    /// Its number.
    pub seq: CommandSeq,
    /// When it was asked for (Unix milliseconds).
    pub wall_ms: i64,
    /// Who asked.
    pub who: String,
    /// The order.
    pub key: OrderKey,
    /// The order's name at the shop.
    pub name: Option<String>,
    /// What, as JSON.
    pub action: String,
    /// How it ended; `None` while it waits.
    pub outcome: Option<String>,
    /// Why it was not done, as JSON.
    pub why: Option<String>,
    /// When it ended (Unix milliseconds).
    pub settled_wall_ms: Option<i64>,
}
