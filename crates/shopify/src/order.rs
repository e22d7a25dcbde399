//! One normal form of an order, whichever way it came.
//!
//! A webhook and the Admin API write the same order differently. Here both become the same value, so that "equal"
//! means "nothing to do". The rules of the normal form:
//!
//! * amounts are in the shop's currency and have no trailing zeros; times are instants; an empty text is `None`;
//! * states are lower case in the webhook's vocabulary: an unfulfilled order has no fulfilment status;
//! * sets (tags, codes, gateways, tracking numbers) are sorted without repeats, lines are sorted by id;
//! * tips, duties, fees and rounding of zero are `None`, since one side writes nothing where the other writes zero;
//! * an address in which nothing is filled in is `None`, as is a customer without an id;
//! * the total in the presentment currency is `None` where that is the shop's;
//! * a line whose product does not exist has neither product nor variant;
//! * what the Admin API cannot tell equally is in [`Extras`], which takes no part in equality.

mod graphql;
mod types;
mod webhook;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

pub use types::{
    Address, Company, Customer, Extras, Line, Order, PaymentTerms, ShippingLine, TaxLine,
};

use crate::Unreadable;
use crate::read::Fields;

/// Reads the body of a topic that [carries an order](crate::Carries::Order).
///
/// Every field except `id`, `updated_at`, `currency` and one of the two totals may be missing.
pub fn from_webhook(body: &[u8]) -> Result<Order, Unreadable> {
    let value: Value = serde_json::from_slice(body)?;
    webhook::order(&Fields::top(&value)?)
}

/// Reads an order node as [`ORDER_CORE`](crate::graphql::ORDER_CORE) asks for it.
///
/// A node whose lines have a further page is [`Unreadable::Incomplete`]; see
/// [`next_lines`](crate::graphql::next_lines).
pub fn from_graphql(node: &Value) -> Result<Order, Unreadable> {
    graphql::order(&Fields::top(node)?)
}

impl Order {
    /// The part that takes part in equality. Serialise or hash this, not the order.
    #[must_use]
    pub fn comparable(&self) -> Self {
        Self {
            extras: Extras::default(),
            ..self.clone()
        }
    }

    /// Fills in from another version of the same order what this one may leave untold: the visit, and the company,
    /// which current webhooks may not name at all (facts §10). Neither changes once an order exists, so any version may
    /// be the source. To be called before two versions are compared. Terms of payment may change and stay untold.
    pub fn fill_from(&mut self, other: &Self) {
        fill(&mut self.company, &other.company);
        fill(&mut self.extras.landing_site, &other.extras.landing_site);
        fill(
            &mut self.extras.referring_site,
            &other.extras.referring_site,
        );
    }
}

fn fill<T: Clone>(mine: &mut Option<T>, theirs: &Option<T>) {
    if mine.is_none() {
        mine.clone_from(theirs);
    }
}

/// An amount that one side leaves out where the other writes zero.
fn charged(amount: Option<Decimal>) -> Option<Decimal> {
    amount.filter(|it| !it.is_zero())
}

/// The sum, in normal form. Amounts are bounded when they are read, so a sum of as many as fit into a body is exact.
fn sum(amounts: impl IntoIterator<Item = Decimal>) -> Decimal {
    amounts
        .into_iter()
        .fold(Decimal::ZERO, |sum, it| sum.saturating_add(it))
        .normalize()
}

/// The sum of amounts of which each may be absent; `None` if all are.
fn sum_of_known<const N: usize>(amounts: [Option<Decimal>; N]) -> Option<Decimal> {
    amounts
        .iter()
        .any(Option::is_some)
        .then(|| sum(amounts.into_iter().flatten()))
}

/// When the next payment is due, from when each is due and whether it was made.
fn next_due(schedules: impl IntoIterator<Item = (Option<Timestamp>, bool)>) -> Option<Timestamp> {
    let open = schedules.into_iter().filter(|(_, made)| !made);
    open.filter_map(|(due_at, _)| due_at).min()
}

/// What a shipping line's prices say, before they are brought into the normal form.
struct ShippingPrices {
    price: Option<Decimal>,
    discounted: Option<Decimal>,
    current: Option<Decimal>,
    allocated: Decimal,
    removed: bool,
}

impl ShippingPrices {
    /// Price, discount, discounted price, current price.
    ///
    /// The allocations decide, because the discounted price leaves out cart discounts in older versions.
    fn settle(self) -> (Decimal, Decimal, Decimal, Decimal) {
        let price = self.price.or(self.discounted).unwrap_or_default();
        let told = self
            .discounted
            .map(|it| price - it)
            .filter(|it| it.is_sign_positive())
            .unwrap_or_default();
        let discount = if self.allocated.is_zero() {
            told.normalize()
        } else {
            self.allocated
        };
        let discounted = (price - discount).normalize();
        let current = self.current.unwrap_or(if self.removed {
            Decimal::ZERO
        } else {
            discounted
        });
        (price, discount, discounted, current)
    }
}

/// Sorts what has no order of its own, and drops what says nothing.
fn normal(mut order: Order) -> Result<Order, Unreadable> {
    if order.total_price.is_none() && order.current_total_price.is_none() {
        return Err(Unreadable::Missing {
            field: "total_price",
        });
    }
    if order.name.is_empty() {
        order.name = order.id.to_string();
    }
    order.current_shipping_price = order.current_shipping_price.or(order.total_shipping_price);
    let foreign = order
        .presentment_currency
        .as_ref()
        .is_some_and(|it| *it != order.currency);
    order.presentment_total = order.presentment_total.filter(|_| foreign);
    order.total_tip_received = charged(order.total_tip_received);
    order.current_total_duties = charged(order.current_total_duties);
    order.current_total_additional_fees = charged(order.current_total_additional_fees);
    order.total_cash_rounding = charged(order.total_cash_rounding);
    order.billing_address = order.billing_address.filter(|it| *it != Address::default());
    order.shipping_address = order
        .shipping_address
        .filter(|it| *it != Address::default());
    for line in &mut order.lines {
        line.tax_lines.sort();
    }
    for line in &mut order.shipping_lines {
        line.tax_lines.sort();
    }
    order.lines.sort_by_key(|it| it.id);
    order
        .shipping_lines
        .sort_by(|a, b| (a.id, &a.title).cmp(&(b.id, &b.title)));
    Ok(order)
}

/// The fulfilment status in the webhook's vocabulary (facts §5.9): everything before the first parcel is `None`.
fn fulfillment_status(word: Option<String>) -> Option<String> {
    match word.as_deref()? {
        "unfulfilled"
        | "in_progress"
        | "on_hold"
        | "scheduled"
        | "open"
        | "pending_fulfillment"
        | "request_declined"
        | "fulfillment_not_required" => None,
        "partially_fulfilled" => Some("partial".to_owned()),
        _ => word,
    }
}

/// Whether a fulfilment with this status, in lower case, stands. The tracking numbers of the others lead nowhere.
fn stands(status: Option<&str>) -> bool {
    !matches!(status, Some("cancelled" | "error" | "failure"))
}
