//! Where a page begins. A cursor is opaque to whoever passes it on.

use super::BoardError;

/// Rows of one page at most.
pub const PAGE_MAX: usize = 200;

/// Rows of a page where nobody said how many.
pub(super) const PAGE_DEFAULT: usize = 50;

/// A number of rows that may be given out.
pub(super) fn rows(limit: Option<usize>) -> usize {
    limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX)
}

/// Reads a cursor.
pub(super) fn read(cursor: Option<&str>) -> Result<Option<u64>, BoardError> {
    match cursor {
        None | Some("") => Ok(None),
        Some(text) => match text.parse() {
            Ok(row) if 0 < row => Ok(Some(row)),
            Ok(_) | Err(_) => Err(BoardError::NotACursor),
        },
    }
}

/// Cuts a list that was read with one row more than is shown; the cursor of the next page.
pub(super) fn cut<R>(
    rows: &mut Vec<R>,
    limit: usize,
    number: impl Fn(&R) -> u64,
) -> Option<String> {
    let more = limit < rows.len();
    rows.truncate(limit);
    rows.last()
        .filter(|_| more)
        .map(|it| number(it).to_string())
}
