//! How our values look in a row, and back.

use std::borrow::Cow;

use kernel::{DealId, Elapsed, OrderId, OrderKey, ShopDomain};
use rusqlite::Row;

use crate::error::{Failure, StoreError};

/// Stands for U+0000, which other databases and tools cannot keep in a text.
const NUL_STAND_IN: &str = "\u{FFFD}";

/// A text without U+0000.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', NUL_STAND_IN))
    } else {
        Cow::Borrowed(text)
    }
}

/// The same for a text that may be missing.
pub(super) fn clean_opt(text: Option<&String>) -> Option<Cow<'_, str>> {
    text.map(|it| clean(it))
}

/// An id keeps its bits: SQLite knows signed integers only.
pub(super) const fn id_in(id: u64) -> i64 {
    id.cast_signed()
}

/// The same where 0 stands for nothing: what is not there is in no partial index.
pub(super) fn some_id_in(count: u64) -> Option<i64> {
    (count != 0).then(|| id_in(count))
}

pub(super) const fn id_out(id: i64) -> u64 {
    id.cast_unsigned()
}

/// A time keeps its order: what lies beyond SQLite's integers is the far future anyway.
pub(super) fn time_in(time: Elapsed) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

pub(super) fn time_out(millis: i64) -> Elapsed {
    Elapsed::from_millis(u64::try_from(millis).unwrap_or(0))
}

pub(super) fn count_out(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

pub(super) fn limit_in(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(super) fn shop_out(text: String) -> Result<ShopDomain, StoreError> {
    ShopDomain::parse(&text).map_err(|_| StoreError::Cell {
        table: "orders",
        column: "shop",
        value: text,
    })
}

/// Reads a key from the columns `shop`, `order_id` at `first` and `first + 1`.
pub(super) fn key_out(row: &Row<'_>, first: usize) -> Result<OrderKey, Failure> {
    Ok(OrderKey {
        shop: shop_out(row.get(first)?)?,
        order: OrderId(id_out(row.get(first + 1)?)),
    })
}

pub(super) fn deal_out(deal: Option<i64>) -> Option<DealId> {
    deal.map(|it| DealId(id_out(it)))
}
