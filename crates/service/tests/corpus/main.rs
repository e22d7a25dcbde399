//! Orders as they happen, and the deals that they must become, calculated by hand.
//!
//! The cases are data: `cases/*.toml`. Each has a description, the arithmetic as a comment, the order in Shopify's own
//! webhook form with [defaults filled in](order::body), and the deal. An order goes the whole way: read as a webhook,
//! converted, mapped.

mod deal;
mod order;
mod same;

use kernel::ShopDomain;
use serde::Deserialize;

/// Each file with what it is about.
const FILES: [(&str, &str); 8] = [
    ("discounts", include_str!("cases/discounts.toml")),
    ("taxes", include_str!("cases/taxes.toml")),
    ("shipping", include_str!("cases/shipping.toml")),
    ("changes", include_str!("cases/changes.toml")),
    ("currencies", include_str!("cases/currencies.toml")),
    ("kinds", include_str!("cases/kinds.toml")),
    ("stages", include_str!("cases/stages.toml")),
    ("seed", include_str!("cases/seed.toml")),
];

/// Fewer cases than this mean that a file was cut short.
const CASES_MIN: usize = 70;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

/// One order and its deal.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What the order is an example of.
    says: String,
    order: toml::Table,
    expect: deal::Expected,
}

#[test]
fn every_order_of_the_corpus_becomes_the_deal_that_was_calculated_by_hand() {
    let mut wrong = Vec::new();
    let mut cases = 0;
    for (about, text) in FILES {
        let file: File = toml::from_str(text).unwrap_or_else(|it| panic!("{about}.toml: {it}"));
        for case in file.case {
            cases += 1;
            let differences = case.expect.differences(&converted(&case));
            if !differences.is_empty() {
                wrong.push(format!(
                    "{about}: {}\n{}",
                    case.says,
                    differences.join("\n")
                ));
            }
        }
    }
    assert!(CASES_MIN <= cases, "there are only {cases} cases");
    let count = wrong.len();
    assert!(
        wrong.is_empty(),
        "{count} of {cases} cases differ\n\n{}",
        wrong.join("\n\n")
    );
}

fn converted(case: &Case) -> kernel::order::Order {
    let body = order::body(&case.order).to_string();
    let wire = shopify::order::from_webhook(body.as_bytes())
        .unwrap_or_else(|it| panic!("{}: {it}", case.says));
    service::convert::order(&shop(), &wire).unwrap_or_else(|it| panic!("{}: {it}", case.says))
}

/// The shop of all cases.
fn shop() -> ShopDomain {
    ShopDomain::parse("acme.myshopify.com").expect("it names a shop")
}
