//! The order that stories and properties start from.

use jiff::Timestamp;
use kernel::{
    OrderId, OrderKey, ShopDomain,
    money::Currency,
    order::{Line, Order},
};
use rust_decimal::Decimal;

/// The second of the first state of each story, as Shopify counts.
const FIRST_SECOND: i64 = 1_795_000_000;

/// Order 6120000000001 of acme.
pub(crate) fn key() -> OrderKey {
    OrderKey {
        shop: ShopDomain::parse("acme.myshopify.com").expect("it has the form of a shop"),
        order: OrderId(6_120_000_000_001),
    }
}

/// An unpaid order over one mug for that many euros, last changed in that second of the story; nobody knows the buyer.
pub(crate) fn order(second: i64, euros: i64) -> Order {
    let price = Decimal::new(euros * 100, 2);
    Order {
        name: "#1042".to_owned(),
        taxes_included: true,
        lines: vec![Line {
            name: "Mug".to_owned(),
            quantity: 1,
            current_quantity: 1,
            price,
            ..Line::default()
        }],
        ..Order::bare(
            key(),
            Timestamp::from_second(FIRST_SECOND + second).expect("it is a second of this century"),
            Currency::parse("EUR").expect("it has three letters"),
            price,
        )
    }
}
