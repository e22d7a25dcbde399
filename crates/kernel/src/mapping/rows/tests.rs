use super::*;

const EUROS: Pricing = Pricing {
    taxes_included: true,
    decimals: 2,
};

fn vat(cents: i64) -> Vec<Tax> {
    vec![Tax {
        rate: Some(Decimal::new(19, 2)),
        amount: Decimal::new(cents, 2),
    }]
}

fn line(quantity: u32, current_quantity: u32, price: i64, discount: i64) -> Line {
    Line {
        name: "Mug".into(),
        quantity,
        current_quantity,
        price: Decimal::new(price, 2),
        discount: Decimal::new(discount, 2),
        ..Line::default()
    }
}

fn rest_of(line: &Line, total: i64) -> Option<(String, Decimal)> {
    let mut tally = Tally::default();
    tally.add(priced_line(line, EUROS));
    rest(&mut tally, Decimal::new(total, 2), EUROS).map(|it| (it.name, it.price))
}

#[test]
fn ten_over_three_pieces_shows_one_rounding_row() {
    let mugs = line(3, 3, 400, 200);
    let row = priced_line(&mugs, EUROS).unwrap().row;
    assert_eq!((row.price, row.quantity), (Decimal::new(333, 2), 3));
    let cent = Decimal::new(1, 2);
    assert_eq!(rest_of(&mugs, 1000), Some((ROUNDING.to_owned(), cent)));
}

#[test]
fn a_line_discount_is_of_the_line_not_of_each_piece_and_shrinks_with_it() {
    let mug = Line {
        taxes: vat(1434),
        ..line(2, 1, 4990, 998)
    };
    let row = priced_line(&mug, EUROS).unwrap().row;
    assert_eq!(
        (row.price, row.quantity, row.tax_rate),
        (Decimal::new(4491, 2), 1, Some(Decimal::from(19)))
    );
}

#[test]
fn money_given_back_without_goods_is_an_adjustment_however_many_pieces_there_are() {
    let back = Decimal::new(-500, 2);
    assert_eq!(
        rest_of(&line(1000, 1000, 10, 0), 9_500),
        Some((ADJUSTMENT.to_owned(), back))
    );
}

#[test]
fn taxes_of_shipping_shrink_with_what_is_left_of_it() {
    let shipping = Charge {
        name: "DHL".into(),
        amount: Decimal::new(600, 2),
        taxed: Some(Decimal::new(1000, 2)),
        taxes: vat(190),
    };
    let on_top = Pricing {
        taxes_included: false,
        ..EUROS
    };
    let row = priced_charge(&shipping, on_top).unwrap().row;
    assert_eq!(
        (row.price, row.tax_rate),
        (Decimal::new(714, 2), Some(Decimal::from(19)))
    );
}

#[test]
fn a_rate_of_which_nothing_was_charged_is_not_shown() {
    let exempt = percent(&vat(0), Decimal::from(100), EUROS);
    let free = percent(&vat(0), Decimal::ZERO, EUROS);
    let none = percent(&[], Decimal::from(100), EUROS);
    assert_eq!((exempt, free, none), (None, Some(Decimal::from(19)), None));
}
