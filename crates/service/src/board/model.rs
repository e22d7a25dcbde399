//! The views: plain values that the JSON API serialises and the pages render. Everything a person reads comes in both
//! languages ([`Said`]); times are instants, for the reader's own zone; money is a decimal with a currency.

mod attention;
mod duplicates;
mod order;
mod orders;
mod overview;
mod portal;
mod settings;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::{
    attention::{AttentionItem, AttentionPage, Reason, UnreadableItem, UnreadablePage},
    duplicates::{DuplicateDeal, DuplicatePage, DuplicateSet, DuplicateStep},
    order::{
        Compared, ComparedField, DeliveryLine, Moment, MomentKind, OrderDetail, PortalDeal,
        ProductRow, Sent, SentState,
    },
    orders::{Amount, OrderFilter, OrderPage, OrderRow, Part},
    overview::{
        AttentionCounts, Bucket, Day, DuplicateCounts, Oldest, Overview, PartCount, Queue,
        ShopSide, Subscriptions, SubscriptionsState,
    },
    portal::{Budget, MethodBudget, Pause, PortalSide, Trouble},
    settings::{Assumption, MappingView, Setting, SettingSource, SettingsGroup, SettingsView},
};
use super::words::Said;
use crate::{api::ActionSchema, operator::Action};

/// An order in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrderRef {
    /// The shop's permanent name.
    pub shop: String,
    /// Shopify's order id.
    pub id: u64,
    /// What people call it, `#1042`; `None` until it was read.
    pub name: Option<String>,
    /// Its page in Shopify's admin.
    pub url: String,
}

/// A deal on the portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DealRef {
    /// Bitrix24's id.
    pub id: u64,
    /// Its page on the portal.
    pub url: String,
}

/// What an operator may do about an order, a delivery or a duplicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Look at it and say everything again, now.
    SyncNow,
    /// Try a parked or failing order again.
    Retry,
    /// Say which deal is the order's.
    ChooseDeal,
    /// Let it rest until a person wakes it.
    Park,
    /// It needs no deal.
    Ignore,
    /// Fold a stored delivery once more.
    Replay,
    /// Flag the other deals of a duplicate set.
    ApplyDuplicate,
    /// The other deal is no duplicate: stop speaking of it.
    DismissDuplicate,
    /// Make the deal again that a person deleted.
    Recreate,
    /// The line was seen: show it again only when it happens anew.
    DismissNotice,
}

/// An action as a page offers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Offered {
    /// Which.
    pub action: ActionKind,
    /// What its button says.
    pub label: Said,
    /// What it will do, in a sentence.
    pub does: Said,
    /// What to post as it is to have it done; `None` where a deal or a delivery has to be chosen first.
    #[schema(value_type = Option<ActionSchema>)]
    pub perform: Option<Action>,
    /// The deals to choose from, where one has to be chosen.
    pub deals: Vec<DealRef>,
}
