//! Pages of records (facts §1.5).

use super::super::clock::Clock;
use super::super::field::Record;
use super::super::filter::{self, Test};
use super::super::php::Php;
use super::Reply;

/// Records per page.
const PAGE: usize = 50;

/// One page: its records, and the counts of the answer.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) rows: Vec<T>,
    pub(super) total: Option<i64>,
    pub(super) next: Option<i64>,
}

impl<T> Page<T> {
    pub(super) fn reply(self, result: Php) -> Reply {
        Reply {
            result,
            total: self.total,
            next: self.next,
        }
    }
}

/// The records that pass, in their order. Without an order they come in an odd but steady one, as nothing is promised.
pub(super) fn sorted<'a, T: Record>(
    records: impl Iterator<Item = &'a T>,
    test: &Test,
    order: &[(String, bool)],
    clock: &Clock,
    seed: u64,
) -> Vec<&'a T> {
    let mut rows: Vec<&T> = records
        .filter(|record| test.matches(*record, clock))
        .collect();
    if order.is_empty() {
        rows.sort_by_key(|record| scrambled(record.id() ^ seed));
        return rows;
    }
    rows.sort_by(|left, right| {
        order
            .iter()
            .map(|(upper, descending)| {
                let ordering = filter::order(&left.cell(upper), &right.cell(upper));
                if *descending {
                    ordering.reverse()
                } else {
                    ordering
                }
            })
            .fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
    rows
}

/// Cuts a page; `start` is floored to a whole page, and -1 asks for the first page without a count.
pub(super) fn page<T>(rows: Vec<T>, start: i64) -> Page<T> {
    let total = rows.len();
    if start < 0 {
        return Page {
            rows: rows.into_iter().take(PAGE).collect(),
            total: None,
            next: None,
        };
    }
    let first = usize::try_from(start).unwrap_or(usize::MAX) / PAGE * PAGE;
    let after = first.saturating_add(PAGE);
    let rows = rows.into_iter().skip(first).take(PAGE).collect();
    Page {
        rows,
        total: Some(total as i64),
        next: (after < total).then_some(after as i64),
    }
}

fn scrambled(id: u64) -> u64 {
    id.wrapping_add(1)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .rotate_left(23)
        .wrapping_mul(0xBF58_476D_1CE4_E5B9)
}
