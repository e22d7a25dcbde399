//! The little of a body that intake needs: which order it is about.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::{Carries, Topic, Unreadable, read};

/// The order a body of this topic is about; `None` for a topic that names no order, whose body is not looked at.
///
/// What comes before it is skipped unread and what comes after it is not looked at, so a body can have an id here and
/// still be no readable order, or no JSON to its end. Ids are exact over all of `u64`; zero, negative and fractional ones
/// are refused. Of a repeated key the first one counts: a body that names two orders is none of either.
pub fn order_id(topic: &Topic, body: &[u8]) -> Result<Option<u64>, Unreadable> {
    let path: &[&'static str] = match topic {
        Topic::OrdersEdited => &["order_edit", "order_id"],
        Topic::RefundsCreate
        | Topic::OrderTransactionsCreate
        | Topic::FulfillmentsCreate
        | Topic::FulfillmentsUpdate => &["order_id"],
        Topic::OrdersCreate
        | Topic::OrdersUpdated
        | Topic::OrdersPaid
        | Topic::OrdersCancelled
        | Topic::OrdersFulfilled
        | Topic::OrdersPartiallyFulfilled
        | Topic::OrdersDelete => &["id"],
        Topic::AppUninstalled
        | Topic::CustomersRedact
        | Topic::ShopRedact
        | Topic::CustomersDataRequest
        | Topic::Other(_) => &[],
    };
    debug_assert_eq!(path.is_empty(), topic.carries() == Carries::Nothing);
    let [first, rest @ ..] = path else {
        return Ok(None);
    };
    let top = top_level(first, body)?;
    let mut value = &top;
    let mut name = *first;
    for key in rest {
        name = key;
        value = value.get(key).unwrap_or(&Value::Null);
    }
    if value.is_null() {
        return Err(Unreadable::Missing { field: name });
    }
    let malformed = || Unreadable::Malformed {
        path: path.join("."),
        expected: read::AN_ID,
    };
    read::id_in_value(value).map(Some).ok_or_else(malformed)
}

/// The first value of one key of the top-level object, `Null` if there is none.
fn top_level(key: &'static str, body: &[u8]) -> Result<Value, Unreadable> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let mut found = None;
    let read = OneKey(key, &mut found).deserialize(&mut json);
    // Once it is found the rest is left unread, which the deserializer takes for an error.
    if let Some(value) = found {
        return Ok(value);
    }
    read.map_err(refused)?;
    json.end()?;
    Ok(Value::Null)
}

/// The visitor's only complaint about well-formed JSON is that it is no object.
fn refused(error: serde_json::Error) -> Unreadable {
    match error.classify() {
        serde_json::error::Category::Data => Unreadable::NotAnObject,
        serde_json::error::Category::Io
        | serde_json::error::Category::Syntax
        | serde_json::error::Category::Eof => error.into(),
    }
}

struct OneKey<'a>(&'static str, &'a mut Option<Value>);

impl<'de> DeserializeSeed<'de> for OneKey<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneKey<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(is_it) = map.next_key_seed(Key(self.0))? {
            if is_it {
                *self.1 = Some(map.next_value()?);
                return Ok(());
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// Reads a key without keeping it; whether it is this one.
struct Key(&'static str);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Key {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_topic_has_its_own_place_for_the_order_id() {
        for (topic, body, id) in [
            (
                "orders/create",
                r#"{"order_id":1,"id":820982911946154508}"#,
                Some(820_982_911_946_154_508),
            ),
            (
                "orders/delete",
                r#"{"id":6120000000001}"#,
                Some(6_120_000_000_001),
            ),
            (
                "refunds/create",
                r#"{"id":1,"order_id":6120000000001}"#,
                Some(6_120_000_000_001),
            ),
            (
                "order_transactions/create",
                r#"{"id":1,"order_id":"6120000000001"}"#,
                Some(6_120_000_000_001),
            ),
            ("fulfillments/update", r#"{"id":1,"order_id":7}"#, Some(7)),
            (
                "orders/edited",
                r#"{"order_edit":{"id":9,"order_id":6120000000001}}"#,
                Some(6_120_000_000_001),
            ),
            ("app/uninstalled", r#"{"id":5}"#, None),
            ("shop/redact", "not even JSON", None),
            ("products/update", r#"{"id":5}"#, None),
        ] {
            assert_eq!(
                order_id(&Topic::parse(topic), body.as_bytes()),
                Ok(id),
                "{topic}"
            );
        }
    }

    #[test]
    fn an_id_that_is_no_positive_whole_number_is_refused() {
        for id in [
            "0",
            "-1",
            "1.0",
            "1e3",
            "18446744073709551616",
            "\"\"",
            "\"-1\"",
            "\"+1\"",
            "\"01\"",
            "\" 1\"",
            "true",
            "[1]",
        ] {
            let body = format!(r#"{{"id":{id}}}"#);
            let refused = Unreadable::Malformed {
                path: "id".to_owned(),
                expected: read::AN_ID,
            };
            assert_eq!(
                order_id(&Topic::OrdersPaid, body.as_bytes()),
                Err(refused),
                "{id}"
            );
        }
    }

    #[test]
    fn a_body_without_the_id_says_which_one_it_misses() {
        let missing = |field| Err(Unreadable::Missing { field });
        assert_eq!(order_id(&Topic::OrdersPaid, b"{}"), missing("id"));
        assert_eq!(
            order_id(&Topic::RefundsCreate, br#"{"order_id":null}"#),
            missing("order_id")
        );
        assert_eq!(
            order_id(&Topic::OrdersEdited, br#"{"order_edit":5}"#),
            missing("order_id")
        );
    }

    #[test]
    fn what_is_not_a_json_object_is_refused() {
        assert_eq!(
            order_id(&Topic::OrdersPaid, b"[1]"),
            Err(Unreadable::NotAnObject)
        );
        assert_eq!(
            order_id(&Topic::OrdersPaid, b"7"),
            Err(Unreadable::NotAnObject)
        );
        for body in [&b""[..], b"{", b"{\"x\":1", b"{\"x\":1}x", b"{\"\xff\":1}"] {
            assert!(
                matches!(
                    order_id(&Topic::OrdersPaid, body),
                    Err(Unreadable::NotJson { .. })
                ),
                "{body:?}"
            );
        }
    }

    #[test]
    fn what_comes_after_the_id_is_not_looked_at() {
        for body in [&br#"{"id":1,"id":2}"#[..], br#"{"id":1"#, br#"{"id":1}x"#] {
            assert_eq!(order_id(&Topic::OrdersPaid, body), Ok(Some(1)));
        }
    }

    #[test]
    fn deep_nesting_beside_the_id_is_skipped() {
        let deep = 100_000;
        let body = format!(r#"{{"x":{}{},"id":3}}"#, "[".repeat(deep), "]".repeat(deep));
        assert_eq!(order_id(&Topic::OrdersPaid, body.as_bytes()), Ok(Some(3)));
        let body = format!(r#"{{"id":{}{}}}"#, "[".repeat(deep), "]".repeat(deep));
        assert!(order_id(&Topic::OrdersPaid, body.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn every_id_is_exact(id in 1..=u64::MAX) {
            let number = format!(r#"{{"note":"x","id":{id}}}"#);
            let text = format!(r#"{{"id":"{id}"}}"#);
            prop_assert_eq!(order_id(&Topic::OrdersCreate, number.as_bytes()), Ok(Some(id)));
            prop_assert_eq!(order_id(&Topic::OrdersCreate, text.as_bytes()), Ok(Some(id)));
        }

        #[test]
        fn arbitrary_bytes_do_not_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = order_id(&Topic::OrdersCreate, &body);
            let _ = order_id(&Topic::OrdersEdited, &body);
        }
    }
}
