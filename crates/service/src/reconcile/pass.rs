//! One pass: subscriptions, then every order updated since the mark.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kernel::{
    ShopDomain,
    mutants::{Mutant, planted},
};
use serde_json::Value;
use shopify::probe::Probe;
use store::{Store, StoreError};

use super::{
    PassError, Reconciler, arrival,
    arrival::Arrival,
    mark::{self, OVERLAP, OVERLAP_WIDE},
};
use crate::{Chain, admin::SCOPES_NEEDED, subscriptions, transport::Transport, worker::Shared};

/// A pass reads up to so long before now: what is younger may still be written, or be missing in the shop's index.
const YOUNG: SignedDuration = SignedDuration::from_mins(1);

/// Orders read under one cursor: Shopify serves 25,000 objects in one listing (facts/shopify.md §5.5).
const LISTING_MAX: usize = 20_000;

/// How often it is looked whether the mark is set yet.
const MARK_POLL: Duration = Duration::from_secs(2);

/// The window of a pass, on the shop's clock.
#[derive(Debug, Clone, Copy)]
struct Window {
    since: Timestamp,
    until: Timestamp,
    wide: bool,
}

/// Makes one pass. The mark moves on at its end.
pub(super) async fn pass<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    reconciler: &Reconciler<T>,
) -> Result<(), PassError> {
    let (admin, store) = (&reconciler.admin, &shared.store);
    let shop = admin.shop();
    warn_of(&admin.probe().await?, admin.version());
    if let Some(url) = &reconciler.public_url
        && let Err(error) = subscriptions::repair(shared, admin, url).await
    {
        // Without them the orders below matter all the more.
        tracing::warn!(shop = %shop, error = %Chain(&error), "The webhook subscriptions could not be looked through");
    }
    let Some(every) = reconciler.every else {
        return Ok(());
    };
    // A portal that is not open yet may take days: the subscriptions are looked at again meanwhile.
    let Ok(mark) = tokio::time::timeout(every, marked(store, shop)).await else {
        return Ok(());
    };
    let mark = mark?;
    let now = admin.shop_now();
    let wide = mark::wants_wide(store, shop, now).await?;
    let window = window(mark, now, wide);
    if planted(Mutant::MarkBeforePass) {
        // A planted bug: a pass that breaks off is not repeated.
        mark::set(store, shop, window.until).await?;
    }
    let stored = read_orders(shared, reconciler, window).await?;
    mark::set(store, shop, window.until).await?;
    if window.wide {
        mark::set_wide(store, shop, now).await?;
    }
    shared
        .counters
        .shop
        .reconciled_until
        .set(window.until.as_second());
    if 0 < stored {
        tracing::info!(shop = %shop, count = stored,
            "The reconciler found {stored} states of orders that webhooks had not brought");
    }
    Ok(())
}

async fn marked<S: Store>(store: &S, shop: &ShopDomain) -> Result<Timestamp, StoreError> {
    loop {
        match mark::read(store, shop).await? {
            Some(mark) => return Ok(mark),
            None => tokio::time::sleep(MARK_POLL).await,
        }
    }
}

fn window(mark: Timestamp, now: Timestamp, wide: bool) -> Window {
    let second = |at: Timestamp| Timestamp::from_second(at.as_second()).unwrap_or(at);
    let until = second(back(now, YOUNG));
    let overlap = if wide { OVERLAP_WIDE } else { OVERLAP };
    Window {
        // A mark from a clock that ran ahead must not hide anything.
        since: back(mark.min(until), overlap),
        until,
        wide,
    }
}

fn back(from: Timestamp, by: SignedDuration) -> Timestamp {
    from.checked_sub(by).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Reads all orders of a window and says how many told something.
async fn read_orders<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    reconciler: &Reconciler<T>,
    window: Window,
) -> Result<u64, PassError> {
    let Window { since, until, .. } = window;
    let mut listing = Listing {
        since,
        after: None,
        read: 0,
    };
    let mut stored = 0;
    loop {
        let page = reconciler
            .admin
            .orders_page(listing.since, until, listing.after.as_deref())
            .await?;
        let oldest = page.nodes.iter().filter_map(updated_at).min();
        let count = page.nodes.len();
        for node in page.nodes {
            // An order that changed since the window's end comes with the next pass.
            let arrival = arrival::take(shared, reconciler, node, until).await?;
            stored += u64::from(arrival == Arrival::Stored);
        }
        match page.next {
            None => return Ok(stored),
            Some(cursor) => listing.go_on(cursor, count, oldest),
        }
    }
}

/// Where a listing stands.
struct Listing {
    since: Timestamp,
    after: Option<String>,
    read: usize,
}

impl Listing {
    /// To the next page; a long listing begins anew where it stands. Orders come by their last update, so nothing before
    /// the oldest of the last page is left out.
    fn go_on(&mut self, cursor: String, count: usize, oldest: Option<Timestamp>) {
        self.read += count;
        match oldest {
            Some(oldest) if LISTING_MAX <= self.read && self.since < oldest => {
                *self = Self {
                    since: oldest,
                    after: None,
                    read: 0,
                };
            }
            Some(_) | None => self.after = Some(cursor),
        }
    }
}

fn updated_at(node: &Value) -> Option<Timestamp> {
    node["updatedAt"].as_str()?.parse().ok()
}

/// Says what of the app's set-up will cost orders.
fn warn_of(probe: &Probe, version: &str) {
    let missing = probe.lacking(&SCOPES_NEEDED);
    if !missing.is_empty() && !probe.scopes.is_empty() {
        let missing = missing.join(", ");
        tracing::warn!(
            scopes = missing,
            "The app lacks the scope {missing}: give it in Shopify's Dev Dashboard, or orders cannot be read whole"
        );
    }
    let supported = probe.supported.is_empty() || probe.supported.iter().any(|it| it == version);
    if !supported {
        tracing::warn!(
            api.version = version,
            "Shopify does not support the version {version} of its API any more and answers in another one: set ONEDEAL_SHOPIFY_API_VERSION to one of {}",
            probe.supported.join(", ")
        );
    }
    tracing::debug!(
        api.version = version,
        webhook.version = probe.webhook_version,
        "The Admin API answers"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_pass_looks_behind_the_mark_and_ends_before_now() {
        let (mark, now) = (at("2026-11-23T09:00:00Z"), at("2026-11-23T09:20:00.7Z"));
        let ordinary = window(mark, now, false);
        assert_eq!(ordinary.since, at("2026-11-23T08:45:00Z"));
        assert_eq!(ordinary.until, at("2026-11-23T09:19:00Z"));
        assert_eq!(window(mark, now, true).since, at("2026-11-21T09:00:00Z"));
    }

    #[test]
    fn a_mark_of_a_clock_that_ran_ahead_hides_nothing() {
        let (mark, now) = (at("2027-01-01T00:00:00Z"), at("2026-11-23T09:20:00Z"));
        let window = window(mark, now, false);
        assert_eq!(window.since, at("2026-11-23T09:04:00Z"));
    }

    #[test]
    fn a_long_listing_begins_anew_where_it_stands() {
        let (begin, later) = (at("2026-11-23T09:00:00Z"), at("2026-11-23T10:00:00Z"));
        let mut listing = Listing {
            since: begin,
            after: None,
            read: 0,
        };
        listing.go_on("a".to_owned(), LISTING_MAX - 1, Some(later));
        assert_eq!(
            (listing.since, listing.after.as_deref()),
            (begin, Some("a"))
        );
        listing.go_on("b".to_owned(), 1, Some(begin));
        assert_eq!(listing.after.as_deref(), Some("b"));
        listing.go_on("c".to_owned(), 1, Some(later));
        assert_eq!(
            (listing.since, listing.after, listing.read),
            (later, None, 0)
        );
    }
}
