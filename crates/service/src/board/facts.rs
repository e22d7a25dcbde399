//! What the service is told at its start and people may see.

use std::time::Duration;

use jiff::tz::TimeZone;
use kernel::ShopDomain;

use super::model::SettingsView;

/// What the service is told at its start and people may see.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The shops.
    pub shops: Vec<ShopDomain>,
    /// The shop whose Admin API can be asked.
    pub admin_api: Option<ShopDomain>,
    /// How often the reconciler looks.
    pub reconcile_every: Option<Duration>,
    /// Whether the service keeps the webhook subscriptions itself.
    pub keeps_subscriptions: bool,
    /// The settings as they may be shown.
    pub settings: Option<SettingsView>,
    /// The zone in which sentences tell the time.
    pub zone: TimeZone,
}
