//! Lists of orders, and searches.

use store::{Listing, OrderRecord, Store};

use super::{
    Board, BoardError, cursor,
    model::{OrderFilter, OrderPage},
    parts::{owned, part_of, phases, state_of},
    search,
    words::Said,
};
use crate::transport::Transport;

impl<S: Store, T: Transport> Board<S, T> {
    /// A page of orders, the newest first: all of them, those of a filter, or those that a query finds (an order's name, its
    /// id, its deal, the buyer's e-mail, the contact's id on the portal, `shop/id`).
    ///
    /// # Errors
    /// The cursor is none, or the ledger cannot be read.
    pub async fn orders(
        &self,
        query: &str,
        filter: &OrderFilter,
        cursor: Option<&str>,
        limit: Option<usize>,
    ) -> Result<OrderPage, BoardError> {
        let (before, limit) = (cursor::read(cursor)?, cursor::rows(limit));
        let store = &self.shared.store;
        let searches = !query.trim().is_empty();
        // One row more tells whether there is a next page.
        let mut found = if searches {
            let terms = search::terms(query, before, limit + 1);
            store.search_orders(terms).await?
        } else {
            let listing = Listing {
                phases: filter.part.map(|it| owned(phases(it))).unwrap_or_default(),
                attention: filter.attention,
                duplicates: filter.duplicates,
                before,
                limit: limit + 1,
            };
            store.list_orders(listing).await?
        };
        let next = cursor::cut(&mut found, limit, |it| it.row);
        if searches {
            // A search finds few: what the filter leaves out of a page is not missed.
            found.retain(|it| passes(it, filter));
        }
        let rows = found
            .iter()
            .map(|it| self.row(it, state_of(it).as_ref()))
            .collect::<Vec<_>>();
        let note = (searches && rows.is_empty() && before.is_none()).then(nothing_found);
        Ok(OrderPage { rows, next, note })
    }
}

fn passes(record: &OrderRecord, filter: &OrderFilter) -> bool {
    filter.part.is_none_or(|it| it == part_of(&record.phase))
        && (!filter.attention || record.attention.is_some())
        && (!filter.duplicates || 0 < record.duplicates.known)
}

fn nothing_found() -> Said {
    Said::new(
        "No order was found. The search looks for an order's whole number, its id, its deal, the buyer's whole e-mail, or the id of the contact in Bitrix24.",
        "Заказ не найден. Поиск идёт по номеру заказа целиком, его id, сделке, полному e-mail покупателя или id контакта в Битрикс24.",
    )
}
