//! What of an order is compared, what is remembered, and what follows from its sums.

use kernel::{
    OrderId, OrderKey, ShopDomain,
    deal::Row,
    money::Currency,
    order::{
        Address, Beside, Charge, CompanyId, Extra, Line, Order, Payment, PaymentTerms, Sums, Tax,
    },
    version::{Digest, Source, Version},
};
use rust_decimal::Decimal;

/// Reads an amount.
fn amount(text: &str) -> Decimal {
    text.parse().expect("it is a number")
}

/// An order over a hundred euros.
fn order() -> Order {
    Order::bare(
        OrderKey {
            shop: ShopDomain::parse("acme.myshopify.com").expect("it names a shop"),
            order: OrderId(6_120_000_000_001),
        },
        "2026-11-23T09:15:48Z".parse().expect("it is a time"),
        Currency::parse("EUR").expect("it has three letters"),
        amount("100"),
    )
}

fn beside() -> Beside {
    Beside {
        landing_site: Some("/?utm_source=mail".to_owned()),
        referring_site: Some("https://search.example".to_owned()),
        company: Some(CompanyId {
            id: 811,
            location: Some(812),
        }),
        payment_terms: Some(PaymentTerms {
            name: Some("Net 30".to_owned()),
            due_at: None,
        }),
        deleted: true,
    }
}

#[test]
fn what_the_two_ways_tell_differently_is_not_compared_and_not_fingerprinted() {
    let told = Order {
        beside: beside(),
        ..order()
    };
    assert_eq!(told, order());
    assert_eq!(
        Version::of(&told, Source::Api),
        Version::of(&order(), Source::Api)
    );
}

#[test]
fn what_is_compared_is_fingerprinted() {
    let differing = [
        Order {
            po_number: Some("PO-7".to_owned()),
            ..order()
        },
        Order {
            tags: ["vip".to_owned()].into(),
            ..order()
        },
        Order {
            sums: Sums {
                refunded: amount("1"),
                ..Sums::default()
            },
            ..order()
        },
        Order {
            shipping_address: Some(Address::default()),
            ..order()
        },
        Order {
            lines: vec![Line {
                variant: Some(5),
                ..Line::default()
            }],
            ..order()
        },
    ];
    for it in differing {
        assert_ne!(it, order());
        assert_ne!(it.digest(), order().digest());
    }
}

#[test]
fn what_is_not_compared_survives_being_stored() {
    let told = Order {
        beside: beside(),
        ..order()
    };
    let json = serde_json::to_string(&told).unwrap();
    let read: Order = serde_json::from_str(&json).unwrap();
    assert_eq!(format!("{read:?}"), format!("{told:?}"));
}

#[test]
fn an_order_stored_by_the_first_version_can_be_read() {
    let stored = r##"{"key":{"shop":"acme.myshopify.com","order":6120000000001},"name":"#1042",
        "updated_at":"2026-11-23T09:15:48Z","created_at":null,"payment":"Paid","fulfillment":{"Unrecognised":"odd"},
        "cancelled":false,"test":false,"currency":"EUR","total":"11.90","taxes_included":true,
        "lines":[{"name":"Mug","quantity":1,"current_quantity":1,"price":"5","discount":"0",
            "taxes":[{"rate":"0.19","amount":"0.8"}]}],
        "shipping":[{"name":"DHL","amount":"4.9","taxes":[]}],"extras":[{"name":"Tip","amount":"2","taxes":[]}],
        "buyer":{"customer":null,"first_name":null,"last_name":null,"email":null,"phone":null},
        "note":null,"source":"web"}"##;
    let read: Order = serde_json::from_str(stored).unwrap();
    let expected = Order {
        name: "#1042".to_owned(),
        payment: Payment::Paid,
        fulfillment: kernel::order::Fulfillment::Unrecognised("odd".to_owned()),
        taxes_included: true,
        total: amount("11.9"),
        lines: vec![Line {
            name: "Mug".to_owned(),
            quantity: 1,
            current_quantity: 1,
            price: amount("5"),
            taxes: vec![Tax {
                rate: Some(amount("0.19")),
                amount: amount("0.8"),
            }],
            ..Line::default()
        }],
        shipping: vec![Charge {
            name: "DHL".to_owned(),
            amount: amount("4.9"),
            ..Charge::default()
        }],
        extras: vec![Extra::Tip.charge(amount("2"))],
        source: Some("web".to_owned()),
        ..order()
    };
    assert_eq!(read, expected);
    assert_eq!(read.extra(Extra::Tip), amount("2"));
    assert_eq!(read.extra(Extra::Fees), Decimal::ZERO);
}

#[test]
fn a_state_fills_in_what_it_leaves_untold_but_terms_only_from_an_earlier_one() {
    let told = Order {
        beside: beside(),
        ..order()
    };
    let mut untold = order();
    untold.fill_from(&told);
    assert_eq!(format!("{untold:?}"), format!("{told:?}"));
    let mut untold = order();
    untold.fill_lasting_from(&told);
    assert_eq!(untold.beside.company, told.beside.company);
    assert_eq!(untold.beside.payment_terms, None);
    let mut ended = order();
    ended.beside.payment_terms = Some(PaymentTerms::default());
    ended.fill_from(&told);
    assert_eq!(ended.payment_terms(), None);
    assert!(told.payment_terms().is_some());
}

#[test]
fn the_company_is_named_by_the_bill_before_the_parcel() {
    let of = |name: Option<&str>| {
        Some(Address {
            company: name.map(str::to_owned),
            ..Address::default()
        })
    };
    let named = |billing_address, shipping_address| {
        let order = Order {
            billing_address,
            shipping_address,
            ..order()
        };
        order.company_name().map(str::to_owned)
    };
    assert_eq!(named(of(Some("A")), of(Some("B"))).as_deref(), Some("A"));
    assert_eq!(named(of(None), of(Some("B"))).as_deref(), Some("B"));
    assert_eq!(named(None, None), None);
}

/// Status, total, charged, refunded, outstanding; kept and received.
#[test]
fn what_is_kept_and_received_follows_from_sums_and_status() {
    use Payment::{Authorized, Paid, PartiallyPaid, PartiallyRefunded, Pending, Refunded, Voided};
    let cases = [
        ("on invoice", Pending, "100", "100", "0", "100", "0", "0"),
        ("reserved", Authorized, "100", "100", "0", "0", "0", "0"),
        ("given up", Voided, "100", "100", "0", "100", "0", "0"),
        ("paid", Paid, "100", "100", "0", "0", "100", "100"),
        (
            "a deposit",
            PartiallyPaid,
            "100",
            "100",
            "0",
            "70",
            "30",
            "30",
        ),
        (
            "a line back",
            PartiallyRefunded,
            "60",
            "100",
            "40",
            "0",
            "60",
            "100",
        ),
        (
            "money back, total stays",
            PartiallyRefunded,
            "100",
            "100",
            "10",
            "0",
            "90",
            "100",
        ),
        (
            "money back, total falls",
            PartiallyRefunded,
            "90",
            "100",
            "10",
            "0",
            "90",
            "100",
        ),
        ("all back", Refunded, "0", "100", "100", "0", "0", "100"),
        (
            "a line removed, not yet given back",
            Paid,
            "60",
            "100",
            "0",
            "-40",
            "100",
            "100",
        ),
        (
            "a line removed before payment",
            PartiallyPaid,
            "60",
            "100",
            "0",
            "50",
            "10",
            "10",
        ),
        (
            "a dearer exchange",
            Paid,
            "120",
            "100",
            "0",
            "0",
            "120",
            "120",
        ),
    ];
    for (case, payment, total, charged, refunded, outstanding, kept, received) in cases {
        let order = Order {
            payment,
            total: amount(total),
            sums: Sums {
                charged: Some(amount(charged)),
                refunded: amount(refunded),
                outstanding: Some(amount(outstanding)),
                ..Sums::default()
            },
            ..order()
        };
        let (kept, received) = (Some(amount(kept)), Some(amount(received)));
        assert_eq!((order.kept(), order.received()), (kept, received), "{case}");
    }
    let untold = |payment| Order { payment, ..order() }.kept();
    assert_eq!(untold(Paid), Some(amount("100")));
    assert_eq!(untold(PartiallyPaid), None);
    assert_eq!(untold(Payment::Unrecognised("new".to_owned())), None);
}

#[test]
fn a_rows_variant_does_not_make_rows_be_said_again() {
    let row = |variant| Row {
        name: "Mug".to_owned(),
        price: amount("9.90"),
        quantity: 1,
        tax_rate: None,
        tax_included: true,
        variant,
        product: None,
    };
    assert_eq!(
        serde_json::to_string(&row(Some(5))).unwrap(),
        r#"{"name":"Mug","price":"9.90","quantity":1,"tax_rate":null,"tax_included":true}"#
    );
    assert_eq!(Digest::of(&[row(Some(5))]), Digest::of(&[row(None)]));
}
