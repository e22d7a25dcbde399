//! All about one order.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::{DealRef, DuplicateSet, Offered, OrderRow, Reason};
use crate::board::words::Said;

/// All about one order.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OrderDetail {
    /// What a list shows of it.
    pub row: OrderRow,
    /// What a person should look at, all of it.
    pub reasons: Vec<Reason>,
    /// What the deal should be, beside what was last sent and, where asked for, what the portal shows.
    pub compared: Compared,
    /// What happened, the oldest first.
    pub timeline: Vec<Moment>,
    /// Older moments than these are not kept or not shown.
    pub timeline_cut: bool,
    /// What was sent, the newest first.
    pub sent: Vec<Sent>,
    /// What arrived, the newest first.
    pub deliveries: Vec<DeliveryLine>,
    /// Its second deals, if any are known.
    pub duplicates: Option<DuplicateSet>,
    /// What an operator may do, the most useful first.
    pub actions: Vec<Offered>,
}

/// The deal as it should be, as it was last sent, as the portal shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Compared {
    /// Field by field.
    pub fields: Vec<ComparedField>,
    /// The product rows that it should have.
    pub rows: Vec<ProductRow>,
    /// Whether exactly these rows were sent; `None` where they are not ours.
    pub rows_sent: Option<bool>,
    /// The deal on the portal, where it was asked for.
    pub portal: Option<PortalDeal>,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ComparedField {
    /// Its name on the portal.
    pub field: String,
    /// What people call it.
    pub label: Said,
    /// What it should be, if the mapping says anything about it.
    pub desired: Option<String>,
    /// What was last sent and executed.
    pub sent: Option<String>,
    /// What the portal shows, where it was asked.
    pub portal: Option<String>,
    /// Who owns it: `always`, `on_create`, `if_untouched`.
    pub owner: String,
}

/// One product row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProductRow {
    /// As shown to people.
    pub name: String,
    /// Of one piece.
    pub price: Decimal,
    /// Pieces.
    pub quantity: Decimal,
    /// Of all pieces.
    pub sum: Decimal,
}

/// A deal as the portal shows it at this moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PortalDeal {
    /// When it was asked.
    pub at: Timestamp,
    /// Which.
    pub deal: DealRef,
    /// Whether the portal knows it.
    pub found: bool,
    /// Its product rows.
    pub rows: Vec<ProductRow>,
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// What kind of thing.
    pub kind: MomentKind,
    /// What happened and why, in a plain sentence.
    pub text: Said,
    /// The same for programs.
    pub detail: Option<serde_json::Value>,
}

/// What kind of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MomentKind {
    /// A delivery arrived.
    Arrived,
    /// Something was concluded.
    Decided,
    /// A request was about to leave.
    Sent,
    /// An answer came, or surely none.
    Answered,
    /// An operator did something.
    Operator,
    /// Something else.
    Other,
}

/// Something that was sent to the portal, written down before it left.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Sent {
    /// Its number.
    pub intent: u64,
    /// What, in the service's word: `create_deal`.
    pub kind: String,
    /// What, in words.
    pub what: Said,
    /// When.
    pub at: Option<Timestamp>,
    /// How it ended.
    pub state: SentState,
    /// How it ended, in words.
    pub outcome: Said,
    /// When that was known.
    pub ended_at: Option<Timestamp>,
    /// Why it was allowed: the evidence that was written down with it.
    pub evidence: serde_json::Value,
}

/// How something that was sent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SentState {
    /// No answer yet.
    UnderWay,
    /// It was executed.
    Done,
    /// It surely was not executed.
    Refused,
    /// It may have been executed.
    Unknown,
}

/// A delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeliveryLine {
    /// Its number in the ledger.
    pub seq: u64,
    /// Shopify's topic, or `api/order` for an answer of the Admin API.
    pub topic: String,
    /// When it reached us.
    pub received_at: Timestamp,
    /// When Shopify first sent it.
    pub triggered_at: Option<Timestamp>,
    /// How long it took from there to here.
    pub delay_ms: Option<i64>,
    /// The version of the order that it carries: when Shopify last changed it.
    pub version: Option<Timestamp>,
    /// What became of it, in one word: `applied`, `stale`, `repeat`, `unreadable`, `noted`; `None` while it waits.
    pub fold: Option<String>,
    /// What became of it and why, in a plain sentence.
    pub says: Said,
}
