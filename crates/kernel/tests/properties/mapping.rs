//! The rows of every order add up to its amount.

use kernel::{
    DealId,
    deal::{FieldValue, field},
    mapping::Mapping,
    money::{Currency, carried},
    order::{Charge, Line, Order, Tax},
};
use proptest::{collection::vec, prelude::*, sample::Index};
use rust_decimal::Decimal;

use crate::support::{Fate, Story, deal_with_pair, orders::order};

/// Amounts of a currency with that many decimals.
fn money(decimals: u32, max: i64) -> impl Strategy<Value = Decimal> {
    (0..=max).prop_map(move |it| Decimal::new(it, decimals))
}

fn taxes(decimals: u32) -> impl Strategy<Value = Vec<Tax>> {
    let rate = prop::option::of((0_i64..300).prop_map(|it| Decimal::new(it, 3)));
    vec(
        (rate, money(decimals, 9_999)).prop_map(|(rate, amount)| Tax { rate, amount }),
        0..3,
    )
}

fn line(decimals: u32) -> impl Strategy<Value = Line> {
    (
        1_u32..8,
        any::<Index>(),
        money(decimals, 999_999),
        0_i64..=100,
        taxes(decimals),
    )
        .prop_map(move |(quantity, left, price, percent, taxes)| Line {
            name: "Item".to_owned(),
            quantity,
            current_quantity: u32::try_from(left.index(quantity as usize + 1))
                .expect("it is below eight"),
            price,
            discount: (price * Decimal::from(quantity) * Decimal::new(percent, 2))
                .round_dp(decimals),
            taxes,
            ..Line::default()
        })
}

fn charge(decimals: u32) -> impl Strategy<Value = Charge> {
    (money(decimals, 9_999), any::<bool>(), taxes(decimals)).prop_map(|(amount, back, taxes)| {
        Charge {
            name: "Charge".to_owned(),
            amount: if back { -amount } else { amount },
            taxes,
            ..Charge::default()
        }
    })
}

/// Orders of yen, euros and dinars; the total is what the lines add up to.
fn mapped_order() -> impl Strategy<Value = Order> {
    let currency = prop::sample::select(vec![("JPY", 0_u32), ("EUR", 2), ("KWD", 3)]);
    currency.prop_flat_map(|(code, decimals)| {
        (
            vec(line(decimals), 0..5),
            vec(charge(decimals), 0..2),
            vec(charge(decimals), 0..3),
            any::<bool>(),
            any::<bool>(),
            ".{0,400}",
        )
            .prop_map(
                move |(lines, shipping, extras, taxes_included, test, name)| {
                    let mut order = Order {
                        currency: Currency::parse(code).expect("it has three letters"),
                        lines,
                        shipping,
                        extras,
                        taxes_included,
                        test,
                        name,
                        ..order(0, 0)
                    };
                    order.total = sum_of(&order).round_dp(decimals);
                    order
                },
            )
    })
}

fn sum_of(order: &Order) -> Decimal {
    let on_top = |taxes: &[Tax]| -> Decimal {
        if order.taxes_included {
            Decimal::ZERO
        } else {
            taxes.iter().map(|it| it.amount).sum()
        }
    };
    let lines: Decimal = order
        .lines
        .iter()
        .map(|it| {
            let pieces = Decimal::from(it.current_quantity);
            let share = pieces / Decimal::from(it.quantity);
            it.price * pieces + (on_top(&it.taxes) - it.discount) * share
        })
        .sum();
    let charges: Decimal = order
        .shipping
        .iter()
        .chain(&order.extras)
        .map(|it| it.amount + on_top(&it.taxes))
        .sum();
    lines + charges
}

#[track_caller]
fn rows_make_the_amount(order: &Order) {
    let deal = Mapping::default().desired(order);
    let sum: Decimal = deal
        .rows
        .iter()
        .map(|it| it.price * Decimal::from(it.quantity))
        .sum();
    assert_eq!(sum, carried(order.total));
    assert_eq!(deal.always[field::AMOUNT], FieldValue::Number(sum));
    let code = order.currency.to_string();
    assert_eq!(deal.always[field::CURRENCY], FieldValue::Text(code));
    for row in &deal.rows {
        assert!(row.price.scale() <= 2 && 0 < row.quantity);
    }
}

proptest! {
    #[test]
    fn rows_add_up_to_the_amount_with_a_rounding_row_at_most(order in mapped_order()) {
        rows_make_the_amount(&order);
        let deal = Mapping::default().desired(&order);
        if order.currency.as_str() != "JPY" {
            prop_assert!(deal.rows.iter().all(|it| it.name != "Adjustment"), "{:?}", deal.rows);
        }
        let live = order.lines.iter().filter(|it| 0 < it.current_quantity).count();
        prop_assert_eq!(deal.rows.iter().filter(|it| it.name == "Item").count(), live);
    }

    #[test]
    fn rows_add_up_to_the_amount_whatever_was_given_back(order in mapped_order(), back in 0_i64..1_000_000) {
        let total = order.total - Decimal::new(back, 2);
        rows_make_the_amount(&Order { total, ..order });
    }

    #[test]
    fn mapping_is_deterministic_and_its_title_fits(order in mapped_order()) {
        let deal = Mapping::default().desired(&order);
        prop_assert_eq!(&Mapping::default().desired(&order), &deal);
        let FieldValue::Text(title) = &deal.on_create[field::TITLE] else {
            return Err(TestCaseError::fail("a title is text"));
        };
        prop_assert!(title.chars().count() <= 255);
        prop_assert_eq!(title.starts_with("TEST "), order.test);
    }

    #[test]
    fn the_flag_of_a_duplicate_fits_into_a_title(title in ".{0,300}") {
        let mut story = Story::of(&order(0, 100), [Fate::Swallowed]);
        story.turn();
        story.portal.put(deal_with_pair("onedeal:ours"));
        story.portal.put(deal_with_pair("onedeal:ours").set(field::TITLE, &title));
        story.live(1_000);
        let flagged = story.deal(2).text(field::TITLE).unwrap();
        prop_assert!(flagged.chars().count() <= 255);
        prop_assert_eq!(story.portal.live(), [DealId(1)]);
    }
}
