//! The test order, and the webhooks that tell of it.

use bytes::Bytes;
use http::Request;
use jiff::Timestamp;
use kernel::{OrderId, OrderKey, ShopDomain, mapping::Mapping, order::Order};
use serde_json::{Value, json};
use service::{convert, inquiry::CanaryKey};
use shopify::{order as wire, signature::sign};

use crate::{
    entropy,
    exit::{Exit, Failure},
};

/// Far above any number that Shopify has given (thirteen digits), and still one that a database holds.
const NUMBERS_FROM: u64 = 9_000_000_000_000_000_000;

/// How many numbers a canary may have.
const NUMBERS: u64 = 100_000_000_000_000_000;

/// Characters of a run's name.
const NAME_CHARS: usize = 10;

/// What the order costs.
const AMOUNT: &str = "1.00";

/// A test order of one run.
pub(super) struct TestOrder {
    /// What its deal carries.
    pub(super) key: CanaryKey,
    /// The order as it is mapped.
    pub(super) order: Order,
    /// What signs its webhooks.
    pub(super) secret: String,
    body: Vec<u8>,
}

impl TestOrder {
    /// A new order in this currency that the mapping wants a deal for; `None` if it wants none of such orders.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub(super) fn new(
        mapping: &Mapping,
        currency: &str,
        now: Timestamp,
    ) -> Result<Option<Self>, Failure> {
        let run = entropy::letters(NAME_CHARS)?;
        let number = NUMBERS_FROM + u64::from_be_bytes(entropy::bytes()?) % NUMBERS;
        let secret = entropy::letters(40)?;
        let shop = ShopDomain::canary(&run)
            .map_err(|_| Failure::saying(Exit::Bug, "a canary has no usable name"))?;
        // People see best that it is none of theirs if it says so; some mappings leave test orders out.
        for test in [true, false] {
            let body = body(number, &run, currency, test, now);
            let Some(order) = read(&shop, &body) else {
                return Err(Failure::saying(
                    Exit::Bug,
                    "the canary's order cannot be read",
                ));
            };
            if mapping.wants(&order) {
                return Ok(Some(Self {
                    key: CanaryKey {
                        order: OrderKey {
                            shop,
                            order: OrderId(number),
                        },
                        ledger: kernel::LedgerId::new(&format!("canary-{run}")),
                        order_field: mapping.order_field.clone(),
                    },
                    order,
                    secret,
                    body: body.to_string().into_bytes(),
                }));
            }
        }
        Ok(None)
    }

    /// A signed delivery of it to a service on this machine.
    pub(super) fn delivery(&self, topic: &str, host: &str) -> Option<Request<Bytes>> {
        Request::post(format!("http://{host}/webhooks/shopify"))
            .header("content-type", "application/json")
            .header("x-shopify-topic", topic)
            .header("x-shopify-shop-domain", self.key.order.shop.as_str())
            .header("x-shopify-hmac-sha256", sign(&self.secret, &self.body))
            .header(
                "x-shopify-webhook-id",
                format!("{topic}-{}", self.key.order.order),
            )
            .body(Bytes::from(self.body.clone()))
            .ok()
    }
}

fn read(shop: &ShopDomain, body: &Value) -> Option<Order> {
    let wire = wire::from_webhook(body.to_string().as_bytes()).ok()?;
    convert::order(shop, &wire).ok()
}

/// An order without a customer, an address or an e-mail: no contact comes of it. Its one line names no product.
fn body(number: u64, run: &str, currency: &str, test: bool, now: Timestamp) -> Value {
    let now = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    json!({
        "id": number,
        "name": format!("#canary-{run}"),
        "order_number": 0,
        "test": test,
        "created_at": now,
        "updated_at": now,
        "processed_at": now,
        "currency": currency,
        "presentment_currency": currency,
        "total_price": AMOUNT,
        "current_total_price": AMOUNT,
        "subtotal_price": AMOUNT,
        "current_subtotal_price": AMOUNT,
        "total_tax": "0.00",
        "current_total_tax": "0.00",
        "total_discounts": "0.00",
        "current_total_discounts": "0.00",
        "total_outstanding": AMOUNT,
        "financial_status": "pending",
        "fulfillment_status": null,
        "taxes_included": false,
        "source_name": "onedeal",
        "note": "A test by onedeal check --canary. Its deal is deleted within minutes; please leave it alone.",
        "tags": "",
        "customer": null,
        "email": "",
        "line_items": [{
            "id": 1,
            "title": "onedeal canary",
            "name": "onedeal canary",
            "quantity": 1,
            "current_quantity": 1,
            "price": AMOUNT,
            "tax_lines": [],
            "discount_allocations": [],
            "product_id": null,
            "variant_id": null,
        }],
        "shipping_lines": [],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-25T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_order_has_a_number_of_its_own_and_nobody_to_write_to() {
        let mapping = Mapping::default();
        let one = TestOrder::new(&mapping, "EUR", now()).unwrap().unwrap();
        let other = TestOrder::new(&mapping, "EUR", now()).unwrap().unwrap();
        assert_ne!(one.key, other.key);
        assert!(NUMBERS_FROM <= one.key.order.order.0);
        assert!(i64::try_from(one.key.order.order.0).is_ok());
        assert!(one.key.order.shop.is_canary() && one.order.test);
        assert_eq!(mapping.contact(&one.order), None);
        assert_eq!(mapping.company(&one.order), None);
        let desired = mapping.desired(&one.order);
        let sum: rust_decimal::Decimal = desired
            .rows
            .iter()
            .map(|it| it.price * rust_decimal::Decimal::from(it.quantity))
            .sum();
        assert_eq!(sum, one.order.total);
    }

    #[test]
    fn a_mapping_that_wants_no_test_orders_gets_one_that_is_none() {
        let mapping = |when: &str| {
            let file = toml::from_str(&format!("create_when = \"{when}\"")).unwrap();
            let zone = jiff::tz::TimeZone::UTC;
            Mapping::default().with_file(&file, zone).unwrap()
        };
        let picky = TestOrder::new(&mapping("not order.test"), "EUR", now()).unwrap();
        assert!(!picky.unwrap().order.test);
        let never = TestOrder::new(&mapping("false"), "EUR", now()).unwrap();
        assert!(never.is_none());
    }
}
