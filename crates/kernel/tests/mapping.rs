//! The desired deal of typical orders, as text.

use jiff::Timestamp;
use kernel::{
    OrderId, OrderKey, ShopDomain,
    deal::{Fields, Row},
    mapping::Mapping,
    money::Currency,
    order::{Buyer, Charge, Extra, Fulfillment, Line, Order, Payment, Tax},
};
use rust_decimal::Decimal;

/// Reads an amount.
fn amount(text: &str) -> Decimal {
    text.parse().expect("it is a number")
}

fn vat(text: &str) -> Vec<Tax> {
    vec![Tax {
        rate: Some(amount("0.19")),
        amount: amount(text),
    }]
}

fn line(name: &str, quantity: u32, price: &str, discount: &str, tax: &str) -> Line {
    Line {
        name: name.to_owned(),
        quantity,
        current_quantity: quantity,
        price: amount(price),
        discount: amount(discount),
        taxes: vat(tax),
        ..Line::default()
    }
}

/// The composed order of facts/shopify.md §3.9.
fn erikas_order() -> Order {
    let at = |text: &str| -> Timestamp { text.parse().expect("it is a time") };
    Order {
        name: "#1042".to_owned(),
        created_at: Some(at("2026-11-23T10:15:47+01:00")),
        payment: Payment::Paid,
        lines: vec![
            line("Mug - blue", 2, "49.90", "9.98", "14.34"),
            line("Gift wrap (custom item)", 1, "20.00", "2.00", "2.87"),
        ],
        shipping: vec![Charge {
            name: "DHL".to_owned(),
            amount: amount("4.90"),
            taxes: vat("0.78"),
            ..Charge::default()
        }],
        buyer: Buyer {
            customer: Some(7_120_000_000_001),
            first_name: Some("Erika".to_owned()),
            last_name: Some("Muster".to_owned()),
            email: Some("buyer@example.com".to_owned()),
            phone: None,
        },
        note: Some("Bitte klingeln".to_owned()),
        source: Some("web".to_owned()),
        taxes_included: true,
        ..Order::bare(
            OrderKey {
                shop: ShopDomain::parse("acme-demo.myshopify.com").expect("it names a shop"),
                order: OrderId(6_120_000_000_001),
            },
            at("2026-11-23T10:15:48+01:00"),
            Currency::parse("EUR").expect("it has three letters"),
            amount("112.72"),
        )
    }
}

/// The desired deal as text: fields, rows, stage, contact, notes.
fn shown(order: &Order) -> String {
    let deal = Mapping::default().desired(order);
    let fields = |when: &str, fields: &Fields| -> Vec<String> {
        fields
            .iter()
            .map(|(name, value)| format!("{when} {name} = {value:?}"))
            .collect()
    };
    let mut lines = fields("always", &deal.always);
    lines.extend(fields("at first", &deal.on_create));
    lines.extend(fields("kept", &deal.if_untouched));
    lines.extend(deal.rows.iter().map(row));
    lines.push(format!("stage {:?}", deal.stage));
    if let Some(contact) = deal.contact {
        lines.push(format!(
            "contact {}: {:?} {:?} {:?} {:?}",
            contact.origin, contact.first_name, contact.last_name, contact.email, contact.phone
        ));
    }
    lines.extend(deal.notes.iter().map(|it| format!("note: {it}")));
    lines.join("\n")
}

fn row(row: &Row) -> String {
    let tax = match (row.tax_rate, row.tax_included) {
        (None, _) => "no tax".to_owned(),
        (Some(rate), true) => format!("{rate} % within"),
        (Some(rate), false) => format!("{rate} % on top"),
    };
    format!("row {} × {} {}, {tax}", row.quantity, row.price, row.name)
}

#[test]
fn a_paid_order_with_a_discount_and_shipping() {
    insta::assert_snapshot!(shown(&erikas_order()), @r#"
    always UF_CRM_1742556489 = Text("6120000000001")
    always currencyId = Text("EUR")
    always isManualOpportunity = Flag(true)
    always opportunity = Number(112.72)
    at first sourceDescription = Text("Shopify: web")
    at first title = Text("Order #1042")
    kept comments = Text("Bitte klingeln\nhttps://admin.shopify.com/store/acme-demo/orders/6120000000001")
    row 2 × 44.91 Mug - blue, 19 % within
    row 1 × 18.00 Gift wrap (custom item), 19 % within
    row 1 × 4.90 DHL, 19 % within
    stage Open
    contact 7120000000001: Some("Erika") Some("Muster") Some("buyer@example.com") None
    "#);
}

#[test]
fn one_of_two_mugs_refunded() {
    let mut order = erikas_order();
    order.payment = Payment::PartiallyRefunded;
    order.total = amount("67.81");
    order.lines[0].current_quantity = 1;
    insta::assert_snapshot!(shown(&order), @r#"
    always UF_CRM_1742556489 = Text("6120000000001")
    always currencyId = Text("EUR")
    always isManualOpportunity = Flag(true)
    always opportunity = Number(67.81)
    at first sourceDescription = Text("Shopify: web")
    at first title = Text("Order #1042")
    kept comments = Text("Bitte klingeln\nhttps://admin.shopify.com/store/acme-demo/orders/6120000000001")
    row 1 × 44.91 Mug - blue, 19 % within
    row 1 × 18.00 Gift wrap (custom item), 19 % within
    row 1 × 4.90 DHL, 19 % within
    stage Open
    contact 7120000000001: Some("Erika") Some("Muster") Some("buyer@example.com") None
    "#);
}

#[test]
fn a_cancelled_order_of_which_nothing_is_left() {
    let mut order = erikas_order();
    order.cancelled = true;
    order.payment = Payment::Refunded;
    order.total = amount("0.00");
    order.shipping.clear();
    for line in &mut order.lines {
        line.current_quantity = 0;
    }
    insta::assert_snapshot!(shown(&order), @r#"
    always UF_CRM_1742556489 = Text("6120000000001")
    always currencyId = Text("EUR")
    always isManualOpportunity = Flag(true)
    always opportunity = Number(0.00)
    at first sourceDescription = Text("Shopify: web")
    at first title = Text("Order #1042")
    kept comments = Text("Bitte klingeln\nhttps://admin.shopify.com/store/acme-demo/orders/6120000000001")
    stage Lost
    contact 7120000000001: Some("Erika") Some("Muster") Some("buyer@example.com") None
    "#);
}

#[test]
fn a_test_order_of_nobody_that_is_paid_and_sent() {
    let order = Order {
        test: true,
        fulfillment: Fulfillment::Fulfilled,
        buyer: Buyer::default(),
        note: None,
        source: None,
        ..erikas_order()
    };
    insta::assert_snapshot!(shown(&order), @r#"
    always UF_CRM_1742556489 = Text("6120000000001")
    always currencyId = Text("EUR")
    always isManualOpportunity = Flag(true)
    always opportunity = Number(112.72)
    at first title = Text("TEST Order #1042")
    kept comments = Text("https://admin.shopify.com/store/acme-demo/orders/6120000000001")
    row 2 × 44.91 Mug - blue, 19 % within
    row 1 × 18.00 Gift wrap (custom item), 19 % within
    row 1 × 4.90 DHL, 19 % within
    stage Won
    "#);
}

#[test]
fn a_kuwaiti_order_with_three_decimals() {
    let mut order = erikas_order();
    order.currency = Currency::parse("KWD").unwrap();
    order.total = amount("3.765");
    order.lines = vec![Line {
        taxes: Vec::new(),
        ..line("Dates", 3, "1.255", "0", "0")
    }];
    order.shipping.clear();
    order.buyer = Buyer::default();
    insta::assert_snapshot!(shown(&order), @r#"
    always UF_CRM_1742556489 = Text("6120000000001")
    always currencyId = Text("KWD")
    always isManualOpportunity = Flag(true)
    always opportunity = Number(3.77)
    at first sourceDescription = Text("Shopify: web")
    at first title = Text("Order #1042")
    kept comments = Text("Bitte klingeln\nhttps://admin.shopify.com/store/acme-demo/orders/6120000000001")
    row 3 × 1.25 Dates, no tax
    row 1 × 0.02 Rounding, no tax
    stage Open
    note: the row `Rounding` of 0.02 makes the rows add up to the order's total
    note: the total of 3.765 KWD has digits that the portal cannot carry (-0.005)
    "#);
}

#[test]
fn taxes_on_top_a_tip_and_money_given_back_without_goods() {
    let mut order = erikas_order();
    order.taxes_included = false;
    order.buyer = Buyer::default();
    order.note = None;
    order.source = None;
    order.payment = Payment::PartiallyRefunded;
    order.lines = vec![line("Mug - blue", 3, "10.00", "5.00", "4.75")];
    order.extras = vec![Extra::Tip.charge(amount("2.00"))];
    // 25.00 + 4.75 for the mugs, 4.90 + 0.78 for shipping, 2.00 of tip, 10.00 given back.
    order.total = amount("27.43");
    insta::assert_snapshot!(shown(&order), @r#"
    always UF_CRM_1742556489 = Text("6120000000001")
    always currencyId = Text("EUR")
    always isManualOpportunity = Flag(true)
    always opportunity = Number(27.43)
    at first title = Text("Order #1042")
    kept comments = Text("https://admin.shopify.com/store/acme-demo/orders/6120000000001")
    row 3 × 9.91 Mug - blue, 19 % on top
    row 1 × 5.68 DHL, 19 % on top
    row 1 × 2.00 Tip, no tax
    row 1 × -9.98 Adjustment, no tax
    stage Open
    note: the row `Adjustment` of -9.98 makes the rows add up to the order's total
    "#);
}
