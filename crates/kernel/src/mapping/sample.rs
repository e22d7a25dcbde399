//! An order with something in each place, for checks that need no order of the shop.

use rust_decimal::Decimal;

use crate::{
    ids::{OrderId, OrderKey, ShopDomain},
    money::Currency,
    order::{
        Address, Beside, Buyer, Charge, Fulfillment, Line, Order, Payment, PaymentTerms, Sums,
    },
};

/// The order: the one of facts/shopify.md §3.9, with a little more in it.
pub fn order() -> Order {
    let shop = ShopDomain::sample();
    let key = OrderKey {
        shop,
        order: OrderId(6_120_000_000_001),
    };
    let address = Address {
        first_name: text("Erika"),
        last_name: text("Muster"),
        company: text("Muster GmbH"),
        address1: text("Musterstr. 1"),
        zip: text("10115"),
        city: text("Berlin"),
        country: text("Germany"),
        country_code: text("DE"),
        ..Address::default()
    };
    let placed = jiff::Timestamp::constant(1_795_511_748, 0);
    let total = Decimal::new(11_272, 2);
    Order {
        name: "#1042".to_owned(),
        order_number: Some(1042),
        created_at: Some(placed),
        processed_at: Some(placed),
        payment: Payment::Paid,
        fulfillment: Fulfillment::Unfulfilled,
        sums: Sums {
            charged: Some(total),
            subtotal: Some(Decimal::new(10_782, 2)),
            tax: Some(Decimal::new(1_799, 2)),
            discounts: Some(Decimal::new(1_198, 2)),
            shipping: Some(Decimal::new(490, 2)),
            refunded: Decimal::ZERO,
            outstanding: Some(Decimal::ZERO),
        },
        taxes_included: true,
        lines: vec![Line {
            id: Some(15_120_000_000_001),
            product: Some(9_120_000_000_001),
            variant: Some(45_120_000_000_001),
            name: "Mug - blue".to_owned(),
            title: text("Mug"),
            variant_title: text("blue"),
            sku: text("MUG-B"),
            vendor: text("ACME"),
            quantity: 2,
            current_quantity: 2,
            price: Decimal::new(4_990, 2),
            discount: Decimal::new(998, 2),
            ..Line::default()
        }],
        shipping: vec![Charge {
            name: "DHL".to_owned(),
            amount: Decimal::new(490, 2),
            ..Charge::default()
        }],
        buyer: Buyer {
            customer: Some(7_120_000_000_001),
            first_name: text("Erika"),
            last_name: text("Muster"),
            email: text("buyer@example.com"),
            phone: None,
        },
        billing_address: Some(address.clone()),
        shipping_address: Some(address),
        note: text("Bitte klingeln"),
        note_attributes: vec![("gift".to_owned(), "yes".to_owned())],
        tags: ["newsletter".to_owned(), "vip".to_owned()].into(),
        discount_codes: vec!["WELCOME10".to_owned()],
        payment_gateways: vec!["shopify_payments".to_owned()],
        source: text("web"),
        beside: Beside {
            landing_site: text("/products/mug?utm_source=mail&utm_medium=crm"),
            payment_terms: Some(PaymentTerms {
                name: text("Net 30"),
                due_at: Some(placed),
            }),
            ..Beside::default()
        },
        ..Order::bare(key, placed, Currency::euro(), total)
    }
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}
