//! What somebody is told about without asking.

use serde::{Deserialize, Serialize};

/// Something that a person should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// An order waits for longer than it should.
    QueueOld,
    /// Orders wait for a person's decision.
    NeedsAttention,
    /// Another deal of an order was found.
    DuplicatesFound,
    /// A webhook subscription was removed, or cannot be made.
    SubscriptionGone,
    /// The portal cannot be reached or does not let us in.
    PortalClosed,
    /// A deal answered with another order's key: nothing more is sent.
    PortalHalted,
    /// The shop does not let us in.
    ShopClosed,
    /// A request landed later than the settle time allows.
    LateLanding,
    /// The ledger takes no writes.
    DiskRefuses,
    /// There is little space left for the ledger.
    DiskFull,
    /// The worker does not turn.
    WorkerStill,
    /// The reconciler does not get on.
    ReconcilerStill,
}

/// How much it hurts to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Orders do not get their deals, or would be lost.
    Critical,
    /// Somebody should look today.
    Warning,
}

impl Condition {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::QueueOld,
        Self::NeedsAttention,
        Self::DuplicatesFound,
        Self::SubscriptionGone,
        Self::PortalClosed,
        Self::PortalHalted,
        Self::ShopClosed,
        Self::LateLanding,
        Self::DiskRefuses,
        Self::DiskFull,
        Self::WorkerStill,
        Self::ReconcilerStill,
    ];

    /// In one word, for programs and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::QueueOld => "queue_old",
            Self::NeedsAttention => "needs_attention",
            Self::DuplicatesFound => "duplicates_found",
            Self::SubscriptionGone => "subscription_gone",
            Self::PortalClosed => "portal_closed",
            Self::PortalHalted => "portal_halted",
            Self::ShopClosed => "shop_closed",
            Self::LateLanding => "late_landing",
            Self::DiskRefuses => "disk_refuses",
            Self::DiskFull => "disk_full",
            Self::WorkerStill => "worker_still",
            Self::ReconcilerStill => "reconciler_still",
        }
    }

    /// How much it hurts to wait.
    pub fn severity(self) -> Severity {
        match self {
            Self::QueueOld
            | Self::PortalClosed
            | Self::PortalHalted
            | Self::DiskRefuses
            | Self::DiskFull
            | Self::WorkerStill => Severity::Critical,
            Self::NeedsAttention
            | Self::DuplicatesFound
            | Self::SubscriptionGone
            | Self::ShopClosed
            | Self::LateLanding
            | Self::ReconcilerStill => Severity::Warning,
        }
    }
}

impl Severity {
    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
        }
    }
}
