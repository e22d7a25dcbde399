//! Reading the answers of the Admin GraphQL API (facts §5.6).
//!
//! An answer with any error in it is a failure, even beside data: a field that was denied comes as `null`, and an
//! order without its customer must not pass for one that has none.

use jiff::SignedDuration;
use serde_json::Value;

/// Longest wait that is read out of a throttled answer.
pub const THROTTLE_WAIT_MAX: SignedDuration = SignedDuration::from_secs(60);

/// Wait after a throttled answer that does not tell the state of the bucket.
const THROTTLE_WAIT_DEFAULT: SignedDuration = SignedDuration::from_secs(1);

/// Scopes that an answer may name as missing (facts §5.3).
pub const SCOPES: [&str; 6] = [
    "read_orders",
    "read_all_orders",
    "read_customers",
    "read_products",
    "read_fulfillments",
    "read_payment_terms",
];

/// What a query cost, and what is left (facts §5.6); in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// What had to be there for it.
    pub requested: f64,
    /// What it took in the end; absent where it was not executed.
    pub actual: Option<f64>,
    /// What is left at this moment.
    pub available: f64,
    /// What comes back per second.
    pub restore_rate: f64,
}

/// Why an answer with HTTP status 200 gives nothing. It never holds the answer's texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// The bucket is empty: ask again after `wait`, plus some chance.
    #[error("Shopify throttled the query")]
    Throttled {
        /// Until the bucket holds what the query costs; at most [`THROTTLE_WAIT_MAX`].
        wait: SignedDuration,
    },
    /// The query may cost more than 1000 points: ask for smaller pages.
    #[error("query is too costly for Shopify")]
    TooCostly,
    /// A scope or the access to protected customer data is missing. Asking again does not help.
    #[error("Shopify denied access to a part of the query")]
    AccessDenied {
        /// The scope that the answer names, where it names one of [`SCOPES`].
        scope: Option<&'static str>,
    },
    /// The shop is not active. Asking again does not help.
    #[error("shop is not active")]
    ShopInactive,
    /// A fault on Shopify's side: ask again later.
    #[error("Shopify had an internal fault")]
    ServerFault,
    /// An error of another kind, such as an invalid query.
    #[error("Shopify refused the query")]
    Refused,
    /// No errors, and no data of the expected shape either.
    #[error("answer has no `{field}`")]
    NoData {
        /// What is missing.
        field: &'static str,
    },
}

/// One page of order nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The nodes, for [`order::from_graphql`](crate::order::from_graphql). Each may be unreadable by itself.
    pub nodes: Vec<Value>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// The order node of an answer to [`ONE_ORDER`](crate::graphql::ONE_ORDER) or
/// [`MORE_LINES`](crate::graphql::MORE_LINES); `None` if the order does not exist or is not visible.
pub fn order(mut answer: Value) -> Result<Option<Value>, Failed> {
    refuse_errors(&answer)?;
    match answer.pointer_mut("/data/order").map(Value::take) {
        Some(Value::Null) => Ok(None),
        Some(node @ Value::Object(_)) => Ok(Some(node)),
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) | None => {
            Err(Failed::NoData {
                field: "data.order",
            })
        }
    }
}

/// The page of an answer to [`ORDERS_PAGE`](crate::graphql::ORDERS_PAGE).
pub fn page(mut answer: Value) -> Result<Page, Failed> {
    refuse_errors(&answer)?;
    let info = answer
        .pointer("/data/orders/pageInfo")
        .cloned()
        .unwrap_or_default();
    let next = match info["hasNextPage"].as_bool() {
        None => {
            return Err(Failed::NoData {
                field: "data.orders.pageInfo",
            });
        }
        Some(false) => None,
        Some(true) => Some(info["endCursor"].as_str().ok_or(Failed::NoData {
            field: "data.orders.pageInfo.endCursor",
        })?),
    };
    match answer.pointer_mut("/data/orders/nodes").map(Value::take) {
        Some(Value::Array(nodes)) => Ok(Page {
            nodes,
            next: next.map(str::to_owned),
        }),
        Some(
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_),
        )
        | None => Err(Failed::NoData {
            field: "data.orders.nodes",
        }),
    }
}

/// The orders of an answer to [`MANY_ORDERS`](crate::graphql::MANY_ORDERS), in the order in which they were asked for;
/// `None` for one that does not exist or is not visible.
pub fn nodes(mut answer: Value) -> Result<Vec<Option<Value>>, Failed> {
    refuse_errors(&answer)?;
    match answer.pointer_mut("/data/nodes").map(Value::take) {
        Some(Value::Array(nodes)) => Ok(nodes
            .into_iter()
            .map(|it| Some(it).filter(Value::is_object))
            .collect()),
        Some(
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_),
        )
        | None => Err(Failed::NoData {
            field: "data.nodes",
        }),
    }
}

/// What an answer says that its query cost; `None` where it does not say.
pub fn cost(answer: &Value) -> Option<Cost> {
    let cost = &answer["extensions"]["cost"];
    let status = &cost["throttleStatus"];
    Some(Cost {
        requested: cost["requestedQueryCost"].as_f64()?,
        actual: cost["actualQueryCost"].as_f64(),
        available: status["currentlyAvailable"].as_f64()?,
        restore_rate: status["restoreRate"].as_f64()?,
    })
}

/// Fails on the gravest of an answer's errors, the lasting ones before the passing ones.
pub(crate) fn refuse_errors(answer: &Value) -> Result<(), Failed> {
    let codes: Vec<&str> = match &answer["errors"] {
        Value::Null => return Ok(()),
        Value::Array(errors) if errors.is_empty() => return Ok(()),
        Value::Array(errors) => errors
            .iter()
            .filter_map(|it| it["extensions"]["code"].as_str())
            .collect(),
        // Before a query is read, errors come as a plain text.
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => Vec::new(),
    };
    Err(if codes.contains(&"SHOP_INACTIVE") {
        Failed::ShopInactive
    } else if codes.contains(&"ACCESS_DENIED") {
        Failed::AccessDenied {
            scope: missing_scope(answer),
        }
    } else if codes.contains(&"MAX_COST_EXCEEDED") {
        Failed::TooCostly
    } else if codes.contains(&"THROTTLED") {
        Failed::Throttled {
            wait: throttle_wait(answer),
        }
    } else if codes.contains(&"INTERNAL_SERVER_ERROR") {
        Failed::ServerFault
    } else {
        Failed::Refused
    })
}

/// The scope that a denial names in its text. It only makes a message better; nothing depends on it.
fn missing_scope(answer: &Value) -> Option<&'static str> {
    let errors = answer["errors"].as_array()?;
    let denied = |it: &&Value| it["extensions"]["code"] == "ACCESS_DENIED";
    let texts = errors.iter().filter(denied).flat_map(|it| {
        let texts = [&it["extensions"]["requiredAccess"], &it["message"]];
        texts.into_iter().filter_map(Value::as_str)
    });
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words: Vec<&str> = texts
        .flat_map(|it| it.split(move |letter| !is_part(letter)))
        .collect();
    SCOPES.into_iter().find(|it| words.contains(it))
}

/// `(requestedQueryCost − currentlyAvailable) / restoreRate` seconds.
fn throttle_wait(answer: &Value) -> SignedDuration {
    let Some(cost) = cost(answer) else {
        return THROTTLE_WAIT_DEFAULT;
    };
    if cost.restore_rate <= 0.0 {
        return THROTTLE_WAIT_MAX;
    }
    let seconds = (cost.requested - cost.available) / cost.restore_rate;
    let seconds = seconds.clamp(0.0, THROTTLE_WAIT_MAX.as_secs_f64());
    SignedDuration::try_from_secs_f64(seconds).unwrap_or(THROTTLE_WAIT_MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_throttled_answer_tells_how_long_to_wait() {
        let cost = json!({"requestedQueryCost": 752, "actualQueryCost": null, "throttleStatus":
            {"maximumAvailable": 2000.0, "currentlyAvailable": 666, "restoreRate": 100.0}});
        let answer = json!({"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}], "extensions": {"cost": cost}});
        assert_eq!(
            page(answer),
            Err(Failed::Throttled {
                wait: SignedDuration::from_millis(860)
            })
        );
        let answer = json!({"errors": [{"extensions": {"code": "THROTTLED"}}]});
        assert_eq!(
            page(answer),
            Err(Failed::Throttled {
                wait: THROTTLE_WAIT_DEFAULT
            })
        );
        let cost = json!({"requestedQueryCost": 1e300, "throttleStatus": {"currentlyAvailable": 0, "restoreRate": 1e-300}});
        let answer = json!({"extensions": {"cost": cost}});
        assert_eq!(throttle_wait(&answer), THROTTLE_WAIT_MAX);
    }

    #[test]
    fn a_denial_names_the_scope_that_is_missing() {
        let message =
            "Access denied for customer field. Required access: `read_customers` access scope.";
        let denied =
            json!({"errors": [{"message": message, "extensions": {"code": "ACCESS_DENIED"}}]});
        let failed = Failed::AccessDenied {
            scope: Some("read_customers"),
        };
        assert_eq!(page(denied), Err(failed));
    }

    #[test]
    fn the_cost_is_read_where_it_is_told() {
        let told = json!({"extensions": {"cost": {"requestedQueryCost": 412, "actualQueryCost": 96,
            "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": 1904, "restoreRate": 100.0}}}});
        let want = Cost {
            requested: 412.0,
            actual: Some(96.0),
            available: 1904.0,
            restore_rate: 100.0,
        };
        assert_eq!(cost(&told), Some(want));
        assert_eq!(cost(&json!({"data": {}})), None);
    }

    #[test]
    fn of_many_orders_those_that_are_not_there_keep_their_place() {
        let answer = json!({"data": {"nodes": [{"id": 1}, null]}});
        assert_eq!(nodes(answer), Ok(vec![Some(json!({"id": 1})), None]));
        assert!(nodes(json!({"data": {}})).is_err());
    }

    #[test]
    fn an_error_beside_data_is_a_failure() {
        for (code, failed) in [
            ("ACCESS_DENIED", Failed::AccessDenied { scope: None }),
            ("MAX_COST_EXCEEDED", Failed::TooCostly),
            ("SHOP_INACTIVE", Failed::ShopInactive),
            ("INTERNAL_SERVER_ERROR", Failed::ServerFault),
            ("undefinedField", Failed::Refused),
        ] {
            let answer =
                json!({"data": {"order": {"id": "x"}}, "errors": [{"extensions": {"code": code}}]});
            assert_eq!(order(answer), Err(failed), "{code}");
        }
        assert_eq!(
            order(json!({"errors": "[API] Invalid API key"})),
            Err(Failed::Refused)
        );
    }

    #[test]
    fn an_order_that_is_not_there_is_told_from_an_answer_without_data() {
        assert_eq!(order(json!({"data": {"order": null}})), Ok(None));
        assert_eq!(
            order(json!({"data": {"order": {"id": 1}}})),
            Ok(Some(json!({"id": 1})))
        );
        for answer in [
            json!({}),
            json!(null),
            json!({"data": null}),
            json!({"data": {"order": 5}}),
        ] {
            assert_eq!(
                order(answer),
                Err(Failed::NoData {
                    field: "data.order"
                })
            );
        }
    }

    #[test]
    fn a_page_has_a_cursor_exactly_when_there_is_a_next_one() {
        let answer = |info: Value| json!({"data": {"orders": {"nodes": [1], "pageInfo": info}}});
        let nodes = vec![json!(1)];
        assert_eq!(
            page(answer(json!({"hasNextPage": true, "endCursor": "c"}))),
            Ok(Page {
                nodes: nodes.clone(),
                next: Some("c".to_owned())
            })
        );
        assert_eq!(
            page(answer(json!({"hasNextPage": false, "endCursor": "c"}))),
            Ok(Page { nodes, next: None })
        );
        assert!(page(answer(json!({"hasNextPage": true}))).is_err());
        assert!(page(answer(json!({}))).is_err());
        assert!(page(json!({"data": {"orders": {"pageInfo": {"hasNextPage": false}}}})).is_err());
    }
}
