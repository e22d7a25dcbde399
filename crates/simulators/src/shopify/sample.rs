//! One order written by hand, with its arithmetic checked.

use serde_json::Value;

/// The composed `orders/create` body of facts §3.9: 112.72 EUR, tax included, two lines, one code, one shipping line.
pub fn composed_order() -> Value {
    serde_json::from_str(include_str!("composed_order.json"))
        .expect("the file beside this one is JSON")
}
