//! The mark: up to which time of the shop's clock every order was seen. One per shop, in the ledger.

use jiff::{SignedDuration, Timestamp};
use kernel::ShopDomain;
use store::{Store, StoreError};

/// How far a ledger that may have forgotten everything looks back: as far as the scope `read_orders` reaches
/// (facts/shopify.md §5.3). It is better to make deals of some orders from before the installation than to lose one that
/// was acknowledged.
pub const LOOK_BACK: SignedDuration = SignedDuration::from_hours(60 * 24);

/// Each pass looks behind the mark by this much: the shop's search index may be late (facts/shopify.md §5.5).
pub(super) const OVERLAP: SignedDuration = SignedDuration::from_mins(15);

/// Once a day it looks behind it by this much.
pub(super) const OVERLAP_WIDE: SignedDuration = SignedDuration::from_hours(48);

/// How often the wide pass comes.
const WIDE_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// Where the ledger keeps the mark of a shop, in seconds of Unix time.
pub fn key(shop: &ShopDomain) -> String {
    format!("reconciled_until/{shop}")
}

fn wide_key(shop: &ShopDomain) -> String {
    format!("reconciled_wide/{shop}")
}

/// Sets the mark of a shop that has none: where the first pass begins. A ledger that may have forgotten what it
/// acknowledged looks back; a new one begins now, since history is the backfill's business.
pub(crate) async fn begin<S: Store>(
    store: &S,
    shop: &ShopDomain,
    now: Timestamp,
    forgetful: bool,
) -> Result<(), StoreError> {
    if read(store, shop).await?.is_some() {
        return Ok(());
    }
    let mark = if forgetful {
        tracing::warn!(shop = %shop,
            "This ledger may have forgotten what it acknowledged: where there is an Admin API, orders of the last 60 days are read again");
        now.checked_sub(LOOK_BACK).unwrap_or(Timestamp::UNIX_EPOCH)
    } else {
        now
    };
    set_wide(store, shop, now).await?;
    set(store, shop, mark).await
}

/// The mark; `None` while it is not known whether the ledger has forgotten anything.
pub(crate) async fn read<S: Store>(
    store: &S,
    shop: &ShopDomain,
) -> Result<Option<Timestamp>, StoreError> {
    let text = store.meta(&key(shop)).await?;
    Ok(text.and_then(|it| seconds(&it)))
}

pub(super) async fn set<S: Store>(
    store: &S,
    shop: &ShopDomain,
    mark: Timestamp,
) -> Result<(), StoreError> {
    store
        .set_meta(&key(shop), &mark.as_second().to_string())
        .await
}

/// Whether it is time for the wide pass.
pub(super) async fn wants_wide<S: Store>(
    store: &S,
    shop: &ShopDomain,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let last = store.meta(&wide_key(shop)).await?;
    let last = last.and_then(|it| seconds(&it));
    // A clock that was set back must not postpone it for long.
    Ok(last.is_none_or(|last| WIDE_EVERY <= now.duration_since(last).abs()))
}

pub(super) async fn set_wide<S: Store>(
    store: &S,
    shop: &ShopDomain,
    now: Timestamp,
) -> Result<(), StoreError> {
    store
        .set_meta(&wide_key(shop), &now.as_second().to_string())
        .await
}

fn seconds(text: &str) -> Option<Timestamp> {
    Timestamp::from_second(text.parse().ok()?).ok()
}
