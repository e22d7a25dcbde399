//! Laws over generated bodies.

use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use shopify::order;

use crate::{GRAPHQL, WEBHOOK, changed, graphql, webhook};

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = order::from_webhook(&body);
    }

    #[test]
    fn a_damaged_body_does_not_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut body = WEBHOOK.as_bytes().to_vec();
        body[at.index(WEBHOOK.len())] = byte;
        let _ = order::from_webhook(&body);
        let mut body = GRAPHQL.as_bytes().to_vec();
        body[at.index(GRAPHQL.len())] = byte;
        let _ = serde_json::from_slice::<Value>(&body).map(|node| order::from_graphql(&node));
    }

    #[test]
    fn any_json_in_any_field_does_not_panic(at in any::<prop::sample::Index>(), value in any_json()) {
        let keys: Vec<String> = webhook().as_object().unwrap().keys().cloned().collect();
        let key: &String = at.get(&keys);
        let _ = changed(key, value.clone());
        let mut node = graphql();
        let keys: Vec<String> = node.as_object().unwrap().keys().cloned().collect();
        let key: &String = at.get(&keys);
        node[key] = value;
        let _ = order::from_graphql(&node);
    }

    #[test]
    fn every_id_is_exact(id in 1..=u64::MAX) {
        prop_assert_eq!(changed("id", json!(id)).unwrap().id, id);
        prop_assert_eq!(changed("id", json!(id.to_string())).unwrap().id, id);
        let mut node = graphql();
        node["legacyResourceId"] = json!(id.to_string());
        prop_assert_eq!(order::from_graphql(&node).unwrap().id, id);
        node["legacyResourceId"] = Value::Null;
        node["id"] = json!(format!("gid://shopify/Order/{id}"));
        prop_assert_eq!(order::from_graphql(&node).unwrap().id, id);
    }

    #[test]
    fn an_amount_is_the_same_in_every_writing(cents in -1_000_000_i64..1_000_000_i64) {
        let amount = Decimal::new(cents, 2);
        let body = |value: Value| changed("total_outstanding", value).unwrap().total_outstanding.map(|it| it.to_string());
        let text = body(json!(amount.to_string()));
        prop_assert_eq!(&text, &Some(if amount.is_zero() { "0".to_owned() } else { amount.normalize().to_string() }));
        prop_assert_eq!(&body(json!(amount.normalize().to_string())), &text);
        prop_assert_eq!(&body(json!(cents as f64 / 100.0)), &text);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        "-?[0-9]{1,40}(\\.[0-9]{0,40})?(e[0-9]{1,3})?".prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("id"),
        Just("amount"),
        Just("shop_money"),
        Just("shopMoney"),
        Just("price"),
        Just("nodes"),
        Just("quantity"),
        Just("transactions"),
        Just("kind"),
        Just("name"),
        Just("value"),
        Just("x"),
    ];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(key.clone().prop_map(str::to_owned), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}
