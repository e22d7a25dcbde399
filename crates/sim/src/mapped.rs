//! The mapping of universes whose shop has one of its own: a field of each owner, a list by label, stages by name.

use jiff::tz::TimeZone;
use kernel::mapping::{Mapping, Recreate};
use simulators::{
    bitrix24::{Product, UserField},
    shopify::OrderTruth,
};

/// Shopify owns it.
pub(crate) const PAYMENT: &str = "UF_CRM_PAYMENT";

/// Whoever changed it last owns it.
pub(crate) const STATE: &str = "UF_CRM_STATE";

/// A list, by label.
pub(crate) const DELIVERY: &str = "UF_CRM_DELIVERY";

/// Entries of the list.
const CHOICES: [(u64, &str); 2] = [(44, "Courier"), (45, "Post")];

/// Variants of the simulated shop, and how many of them the catalogue knows: every second one.
const FIRST_VARIANT: u64 = 45_120_000_000_000;
const VARIANTS: u64 = 200;

const FILE: &str = r#"
[fields.UF_CRM_PAYMENT]
text = "{{ order.payment }}"
owner = "always"

[fields.UF_CRM_STATE]
text = "{{ order.payment }} {{ order.fulfillment }}"
owner = "if_untouched"

[fields.UF_CRM_DELIVERY]
value = "'Drone' if order.test else 'Courier' if order.payment == 'paid' else 'Post'"
as = "label"
owner = "always"

[[stage]]
when = "order.cancelled or order.payment in ['voided', 'refunded']"
to = "LOSE"
from = ["open", "won"]

[[stage]]
when = "order.payment == 'paid' and order.fulfillment == 'fulfilled'"
to = "WON"
from = ["open"]

[[stage]]
when = "order.payment == 'paid'"
to = "EXECUTING"
"#;

/// The mapping, with its policy for deals that people delete.
pub(crate) fn mapping(base: Mapping, recreate: Recreate) -> Mapping {
    let word = match recreate {
        Recreate::Never => "never",
        Recreate::OnPayment => "on_payment",
        Recreate::Always => "always",
    };
    let file =
        toml::from_str(&format!("recreate = \"{word}\"\n{FILE}")).expect("a well-formed mapping");
    base.with_file(&file, TimeZone::UTC)
        .expect("a mapping without mistakes")
}

/// The portal's fields for it.
pub(crate) fn fields() -> Vec<UserField> {
    vec![
        UserField::string(PAYMENT, 'I'),
        UserField::string(STATE, 'I'),
        UserField::enumeration(DELIVERY, &CHOICES),
    ]
}

/// The portal's catalogue.
pub(crate) fn products() -> Vec<Product> {
    let known = (0..VARIANTS).filter(|it| it.is_multiple_of(2));
    known
        .map(|it| {
            let variant = (FIRST_VARIANT + it).to_string();
            Product::new(it + 1, &format!("Product {it}"), &variant, 10.into(), "EUR")
        })
        .collect()
}

/// What the two text fields should say of an order.
pub(crate) fn wanted(truth: &OrderTruth) -> [(&'static str, String); 2] {
    let payment = truth.financial_status.clone();
    let fulfillment = truth.fulfillment_status.as_deref();
    let state = format!("{payment} {}", fulfillment.unwrap_or("unfulfilled"));
    [(PAYMENT, payment), (STATE, state)]
}

/// The entry of the list that an order should have; `None` where the mapping names one that does not exist.
pub(crate) fn delivery(truth: &OrderTruth) -> Option<u64> {
    let label = if truth.test {
        return None;
    } else if truth.financial_status == "paid" {
        "Courier"
    } else {
        "Post"
    };
    CHOICES
        .iter()
        .find(|(_, it)| *it == label)
        .map(|(id, _)| *id)
}
