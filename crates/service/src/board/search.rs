//! What a person typed into the search box.

use kernel::{OrderId, OrderKey, ShopDomain};
use store::Search;

/// Letters of a query that are looked at.
const QUERY_MAX: usize = 200;

/// What to search for. An e-mail is searched for as one; anything else may be a name, a number, or both.
pub(super) fn terms(query: &str, before: Option<u64>, limit: usize) -> Search {
    let query: String = query.trim().chars().take(QUERY_MAX).collect();
    let search = Search {
        before,
        limit,
        ..Search::default()
    };
    if query.contains('@') {
        return Search {
            email: Some(query.to_lowercase()),
            ..search
        };
    }
    if let Some(key) = key(&query) {
        return Search {
            key: Some(key),
            ..search
        };
    }
    let bare = query.trim_start_matches('#').to_owned();
    let number = if query.starts_with('#') {
        None
    } else {
        bare.parse().ok()
    };
    Search {
        number,
        names: vec![format!("#{bare}"), bare],
        ..search
    }
}

fn key(query: &str) -> Option<OrderKey> {
    let (shop, order) = query.split_once('/')?;
    Some(OrderKey {
        shop: ShopDomain::parse(shop).ok()?,
        order: OrderId(order.parse().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_read_as_people_mean_it() {
        let read = |query| terms(query, None, 9);
        assert_eq!(
            read(" Erika@Example.com ").email.as_deref(),
            Some("erika@example.com")
        );
        assert_eq!(read("1042").number, Some(1042));
        assert_eq!(read("1042").names, ["#1042", "1042"]);
        // Somebody who writes the sign means the name.
        assert_eq!(read("#1042").number, None);
        assert_eq!(read("EN-7").names, ["#EN-7", "EN-7"]);
        let key = read("acme.myshopify.com/7").key.map(|it| it.to_string());
        assert_eq!(key.as_deref(), Some("acme.myshopify.com/7"));
        assert_eq!(read(&"9".repeat(500)).names[1].len(), QUERY_MAX);
    }
}
