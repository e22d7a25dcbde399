//! The Admin GraphQL documents that ask for orders, and the bodies of the requests (facts §5.5).
//!
//! Validated against the Admin schema of 2026-10. Needs `read_orders`, `read_customers` and `read_products`. Terms of
//! payment need `read_payment_terms` in addition; without that scope the whole answer would be refused, so they are asked
//! for only where the variable `$terms` is `true`.

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use serde_json::{Value, json};

/// Orders on one page of [`ORDERS_PAGE`] at most: Shopify's own limit for a connection.
pub const PAGE_ORDERS_MAX: u32 = 250;

macro_rules! line_core {
    () => {
        "fragment Bag on MoneyBag { shopMoney { amount } }
fragment LineCore on LineItem {
  id name title variantTitle sku vendor quantity currentQuantity isGiftCard
  originalUnitPriceSet { ...Bag }
  discountAllocations { allocatedAmountSet { ...Bag } }
  taxLines { title rate priceSet { ...Bag } }
  customAttributes { key value }
  product { id } variant { id }
}
"
    };
}

macro_rules! order_core {
    () => {
        concat!(
            "fragment OrderCore on Order {
  id legacyResourceId name number confirmationNumber poNumber test
  createdAt updatedAt processedAt cancelledAt cancelReason closedAt
  displayFinancialStatus displayFulfillmentStatus
  currencyCode presentmentCurrencyCode taxesIncluded
  totalPriceSet { ...BothSides } currentTotalPriceSet { ...BothSides }
  currentSubtotalPriceSet { ...Bag } currentTotalTaxSet { ...Bag } currentTotalDiscountsSet { ...Bag }
  totalShippingPriceSet { ...Bag } currentShippingPriceSet { ...Bag } totalOutstandingSet { ...Bag } totalRefundedSet { ...Bag }
  totalTipReceivedSet { ...Bag } currentTotalDutiesSet { ...Bag } currentTotalAdditionalFeesSet { ...Bag }
  totalCashRoundingAdjustment { paymentSet { ...Bag } refundSet { ...Bag } }
  note tags sourceName sourceIdentifier paymentGatewayNames discountCodes
  customAttributes { key value }
  email phone
  customer { id legacyResourceId firstName lastName defaultEmailAddress { emailAddress } defaultPhoneNumber { phoneNumber } }
  billingAddress { ...PlaceCore }
  shippingAddress { ...PlaceCore }
  purchasingEntity { ... on PurchasingCompany { company { id } location { id } } }
  paymentTerms @include(if: $terms) {
    paymentTermsName
    paymentSchedules(first: 20) { nodes { dueAt completedAt } pageInfo { hasNextPage } }
  }
  customerJourneySummary { firstVisit { landingPage referrerUrl } }
  lineItems(first: 50) { nodes { ...LineCore } pageInfo { hasNextPage endCursor } }
  shippingLines(first: 20, includeRemovals: true) {
    nodes {
      id title code isRemoved
      originalPriceSet { ...Bag } discountedPriceSet { ...Bag } currentDiscountedPriceSet { ...Bag }
      discountAllocations { allocatedAmountSet { ...Bag } }
      taxLines { title rate priceSet { ...Bag } }
    }
    pageInfo { hasNextPage }
  }
  fulfillments(first: 50) { status trackingInfo(first: 20) { number } }
}
fragment BothSides on MoneyBag { shopMoney { amount } presentmentMoney { amount } }
fragment PlaceCore on MailingAddress {
  firstName lastName company address1 address2 city province provinceCode zip country countryCodeV2 phone
}
",
            line_core!()
        )
    };
}

/// Everything an [`Order`](crate::order::Order) needs, as the fragment `OrderCore` with the fragments it uses. The
/// operation that spreads it declares `$terms: Boolean! = false`.
pub const ORDER_CORE: &str = order_core!();

/// One order by its global id `$id`; `data.order` is `null` if it does not exist or is not visible.
pub const ONE_ORDER: &str = concat!(
    "query OneOrder($id: ID!, $terms: Boolean! = false) { order(id: $id) { ...OrderCore } }\n",
    order_core!()
);

/// Orders by their global ids `$ids`, at most [`PAGE_ORDERS_MAX`]; `data.nodes` has a `null` for each that does not exist
/// or is not visible.
pub const MANY_ORDERS: &str = concat!(
    "query ManyOrders($ids: [ID!]!, $terms: Boolean! = false) { nodes(ids: $ids) { ...OrderCore } }\n",
    order_core!()
);

/// One page of orders by `updated_at`, oldest first. `$q` must quote its times (facts §0.8).
pub const ORDERS_PAGE: &str = concat!(
    "query OrdersPage($q: String!, $first: Int!, $after: String, $terms: Boolean! = false) {
  orders(first: $first, after: $after, query: $q, sortKey: UPDATED_AT) {
    nodes { ...OrderCore }
    pageInfo { hasNextPage endCursor }
  }
}
",
    order_core!()
);

/// The lines of one order after the first page.
pub const MORE_LINES: &str = concat!(
    "query MoreLines($id: ID!, $after: String!) {
  order(id: $id) {
    updatedAt
    lineItems(first: 50, after: $after) { nodes { ...LineCore } pageInfo { hasNextPage endCursor } }
  }
}
",
    line_core!()
);

/// The global id of an order.
pub fn order_gid(id: u64) -> String {
    format!("gid://shopify/Order/{id}")
}

/// The request body that asks for one order.
pub fn one_order_request(id: u64) -> Value {
    json!({ "query": ONE_ORDER, "variables": { "id": order_gid(id) } })
}

/// The request body that asks for several orders.
pub fn many_orders_request(ids: &[u64]) -> Value {
    let ids: Vec<String> = ids.iter().map(|it| order_gid(*it)).collect();
    json!({ "query": MANY_ORDERS, "variables": { "ids": ids } })
}

/// The request body for one page of the orders updated from `since` (inclusive) to `until` (exclusive). `first` is
/// the size of the page, at most [`PAGE_ORDERS_MAX`]; start with 10 to 25 and halve it when the query is too costly
/// (facts §5.6). `after` is the previous page's cursor, to be used with the same window.
pub fn orders_page_request(
    since: Timestamp,
    until: Option<Timestamp>,
    first: u32,
    after: Option<&str>,
) -> Value {
    let mut q = format!("updated_at:>='{}'", whole_second(since, RoundMode::Floor));
    if let Some(until) = until {
        q.push_str(&format!(
            " AND updated_at:<'{}'",
            whole_second(until, RoundMode::Ceil)
        ));
    }
    let first = first.clamp(1, PAGE_ORDERS_MAX);
    json!({ "query": ORDERS_PAGE, "variables": { "q": q, "first": first, "after": after } })
}

/// The request body for the lines of an order after `cursor`.
pub fn more_lines_request(id: u64, cursor: &str) -> Value {
    json!({ "query": MORE_LINES, "variables": { "id": order_gid(id), "after": cursor } })
}

/// The cursor after which an order node has further lines.
pub fn next_lines(node: &Value) -> Option<&str> {
    let page = &node["lineItems"]["pageInfo"];
    page["endCursor"]
        .as_str()
        .filter(|_| page["hasNextPage"] == true)
}

/// Adds a further page of lines, the `data.order` of [`MORE_LINES`], to an order node. `false` if the order changed
/// between the two pages or the page cannot be used: the order has to be asked for again.
#[must_use]
pub fn add_lines(node: &mut Value, more: &Value) -> bool {
    if node["updatedAt"] != more["updatedAt"] {
        return false;
    }
    let (Some(lines), Some(further)) = (
        node["lineItems"]["nodes"].as_array_mut(),
        more["lineItems"]["nodes"].as_array(),
    ) else {
        return false;
    };
    lines.extend(further.iter().cloned());
    node["lineItems"]["pageInfo"] = more["lineItems"]["pageInfo"].clone();
    true
}

/// Orders carry whole seconds, so the window is widened to them on both sides.
fn whole_second(time: Timestamp, mode: RoundMode) -> Timestamp {
    time.round(TimestampRound::new().smallest(Unit::Second).mode(mode))
        .unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_order_is_asked_for_by_its_global_id() {
        let request = one_order_request(6_120_000_000_001);
        assert_eq!(
            request["variables"],
            json!({ "id": "gid://shopify/Order/6120000000001" })
        );
        assert_eq!(request["query"], ONE_ORDER);
    }

    #[test]
    fn the_window_of_a_page_is_quoted_utc_in_whole_seconds() {
        let since = "2026-11-23T10:00:00.9+01:00".parse().unwrap();
        let until = "2026-11-23T10:00:00.1Z".parse().unwrap();
        let request = orders_page_request(since, Some(until), 25, Some("abc"));
        let q = "updated_at:>='2026-11-23T09:00:00Z' AND updated_at:<'2026-11-23T10:00:01Z'";
        assert_eq!(
            request["variables"],
            json!({ "q": q, "first": 25, "after": "abc" })
        );
        let request = orders_page_request(since, None, 1000, None);
        let q = "updated_at:>='2026-11-23T09:00:00Z'";
        assert_eq!(
            request["variables"],
            json!({ "q": q, "first": PAGE_ORDERS_MAX, "after": null })
        );
    }

    #[test]
    fn every_document_defines_each_fragment_it_uses_once() {
        for document in [ORDER_CORE, ONE_ORDER, MANY_ORDERS, ORDERS_PAGE, MORE_LINES] {
            for name in ["OrderCore", "LineCore", "PlaceCore", "BothSides", "Bag"] {
                let used = document.contains(&format!("...{name} "))
                    || document.contains(&format!("fragment {name} on"));
                let defined = document.matches(&format!("fragment {name} on")).count();
                assert_eq!(defined, usize::from(used), "{name} in {document}");
            }
        }
    }

    #[test]
    fn further_lines_are_added_unless_the_order_changed() {
        let first = json!({"updatedAt": "2026-11-23T09:15:48Z", "lineItems": {
            "nodes": [{"id": "gid://shopify/LineItem/1"}], "pageInfo": {"hasNextPage": true, "endCursor": "c1"}}});
        let last = json!({"updatedAt": "2026-11-23T09:15:48Z", "lineItems": {
            "nodes": [{"id": "gid://shopify/LineItem/2"}], "pageInfo": {"hasNextPage": false, "endCursor": "c2"}}});
        let mut node = first.clone();
        assert_eq!(next_lines(&node), Some("c1"));
        assert!(add_lines(&mut node, &last));
        assert_eq!(next_lines(&node), None);
        assert_eq!(node["lineItems"]["nodes"].as_array().unwrap().len(), 2);

        let mut node = first.clone();
        let mut changed = last;
        changed["updatedAt"] = json!("2026-11-23T09:15:49Z");
        assert!(!add_lines(&mut node, &changed));
        assert!(!add_lines(&mut node, &json!(null)));
        assert!(!add_lines(&mut json!(null), &json!(null)));
        assert_eq!(node, first);
    }
}
