//! How often a shop misbehaves.

/// Probabilities of each fault, per delivery unless said otherwise; all of them are facts §9 fault modes.
///
/// Faults come in three kinds, so that expectations stay exact: those of *transport* change when, how often and under
/// which signature a genuine body arrives; *extra* deliveries come beside the genuine ones; those of the *order* are
/// decided when the order is placed and belong to its truth.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShopFaults {
    /// Transport: the delivery comes twice under one webhook id.
    pub duplicate_same_id: f64,
    /// Transport: the delivery comes twice under two webhook ids.
    pub duplicate_new_id: f64,
    /// Transport: the delivery is held back for a random part of `reorder_window_ms`.
    pub reorder: f64,
    /// Width of the reorder window in milliseconds.
    pub reorder_window_ms: u64,
    /// Transport: the delivery is held back for a random time within `late_ms`.
    pub late: f64,
    /// Shortest and longest lateness in milliseconds.
    pub late_ms: (u64, u64),
    /// Transport: the delivery never comes. Nothing but the Admin API recovers from it.
    pub lost: f64,
    /// Transport: an `orders/updated` comes `burst_size` times more at once, each under its own webhook id.
    pub burst: f64,
    /// Number of additional deliveries of a burst.
    pub burst_size: u32,
    /// Transport: an update is merged into one still queued for the same order, which then carries the newer content.
    pub coalesced: f64,
    /// Transport: the delivery is signed with the second secret, as in the hour after a rotation.
    pub old_secret: f64,
    /// Per action: a second, different change follows with the same `updated_at`.
    pub same_second: f64,
    /// Per action: an update without visible change follows.
    pub unchanged: f64,
    /// Extra: a forged body whose signature is wrong in one of several ways.
    pub bad_signature: f64,
    /// Extra: a signed body of `{"id":…}` alone.
    pub id_only: f64,
    /// Extra: a signed body which is no order.
    pub unreadable: f64,
    /// Order: the body exceeds one megabyte.
    pub big_body: f64,
    /// Order: `customer` is null although the buyer left an address.
    pub null_customer: f64,
    /// Order: both addresses are null.
    pub null_addresses: f64,
    /// Order: the body has fields no documentation knows.
    pub unknown_fields: f64,
    /// Order: the body lacks some optional fields.
    pub missing_optional: f64,
    /// Order: it was created months ago and shows up now.
    pub very_old: f64,
    /// Admin API, per request: status 500 without an effect (facts §5.6).
    pub api_500: f64,
    /// Admin API, per request: status 429 with `Retry-After`.
    pub api_429: f64,
    /// Admin API, per request: `INTERNAL_SERVER_ERROR` with status 200.
    pub api_internal: f64,
    /// Admin API, per request: executed, and the answer never comes.
    pub api_lost: f64,
    /// Admin API: every token is refused between these times since the shop began, in milliseconds.
    pub api_revoked_ms: Option<(u64, u64)>,
    /// Admin API: every request meets status 503 between these times since the shop began, in milliseconds.
    pub api_down_ms: Option<(u64, u64)>,
    /// Admin API: listings of orders meet an internal error between these times since the shop began, in milliseconds,
    /// while everything else is answered.
    pub api_search_down_ms: Option<(u64, u64)>,
    /// Admin API: a change shows up in searches after a random time within these bounds, in milliseconds (facts §5.5).
    pub index_lag_ms: (u64, u64),
}

impl ShopFaults {
    /// What a shop does on an ordinary day.
    pub fn normal() -> Self {
        Self {
            duplicate_same_id: 0.02,
            duplicate_new_id: 0.01,
            reorder: 0.1,
            reorder_window_ms: 5_000,
            late: 0.002,
            late_ms: (60_000, 600_000),
            burst: 0.005,
            burst_size: 3,
            coalesced: 0.02,
            same_second: 0.01,
            unchanged: 0.05,
            null_customer: 0.01,
            null_addresses: 0.02,
            unknown_fields: 0.2,
            missing_optional: 0.1,
            ..Self::default()
        }
    }

    /// Everything at once. Nothing is lost and no order is very old: a receiver without the Admin API cannot be exact
    /// about those.
    pub fn hostile() -> Self {
        Self {
            duplicate_same_id: 0.15,
            duplicate_new_id: 0.15,
            reorder: 0.4,
            reorder_window_ms: 60_000,
            late: 0.05,
            late_ms: (60_000, 4 * 3_600_000),
            lost: 0.0,
            burst: 0.05,
            burst_size: 8,
            coalesced: 0.1,
            old_secret: 0.05,
            same_second: 0.1,
            unchanged: 0.2,
            bad_signature: 0.05,
            id_only: 0.05,
            unreadable: 0.05,
            big_body: 0.005,
            null_customer: 0.1,
            null_addresses: 0.1,
            unknown_fields: 0.5,
            missing_optional: 0.4,
            very_old: 0.0,
            api_500: 0.03,
            api_429: 0.03,
            api_internal: 0.02,
            api_lost: 0.03,
            api_revoked_ms: None,
            api_down_ms: None,
            api_search_down_ms: None,
            index_lag_ms: (0, 60_000),
        }
    }
}
