//! An order as GraphQL shows it (facts §5.5, §5.9): UTC times, upper-case states, loosely printed money.

use super::super::address::Address;
use super::super::order::{Allocation, Line, Order, Side};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Everything the simulator knows of an order; of its lines those after `skip`, at most `page` of them.
pub(super) fn order(order: &Order, skip: usize, page: usize) -> Value {
    let mut node = identity(order);
    for part in [money(order), people(order), contents(order, skip, page)] {
        if let (Value::Object(node), Value::Object(part)) = (&mut node, part) {
            node.extend(part);
        }
    }
    node
}

fn identity(order: &Order) -> Value {
    let fulfilment = match order.fulfillment_status() {
        None => "UNFULFILLED",
        Some("partial") => "PARTIALLY_FULFILLED",
        Some(_) => "FULFILLED",
    };
    json!({
        "__typename": "Order",
        "id": format!("gid://shopify/Order/{}", order.id),
        "legacyResourceId": order.id.to_string(),
        "name": order.name(),
        "number": order.number,
        "confirmationNumber": order.confirmation,
        "poNumber": null,
        "test": order.test,
        "confirmed": true,
        "createdAt": utc(order.created),
        "updatedAt": utc(order.updated),
        "processedAt": utc(order.processed),
        "cancelledAt": order.cancelled.map(utc),
        "cancelReason": order.cancel_reason.map(str::to_uppercase),
        "closedAt": null,
        "displayFinancialStatus": order.financial_status().to_uppercase(),
        "displayFulfillmentStatus": fulfilment,
        "returnStatus": "NO_RETURN",
        "sourceName": order.source,
        "sourceIdentifier": null,
        "paymentGatewayNames": [order.gateway],
        "tags": order.tags,
        "note": order.note,
        "customAttributes": pairs(&order.attributes),
        "customerJourneySummary": {"firstVisit": order.landing_site.as_ref().map(|page| json!({
            "landingPage": format!("https://acme-demo.example.com{page}"), "referrerUrl": null,
        }))},
        "purchasingEntity": order.company.map(|id| json!({
            "company": {"id": format!("gid://shopify/Company/{id}")},
            "location": {"id": format!("gid://shopify/CompanyLocation/{}", id + 100)},
        })),
        "paymentTerms": null,
        "statusPageUrl": format!("https://acme-demo.example.com/orders/{}", order.token),
    })
}

fn money(order: &Order) -> Value {
    let bag = |amount| order.currency.bag(amount);
    let (ordered, current) = (order.totals(Side::Ordered), order.totals(Side::Current));
    json!({
        "currencyCode": order.currency.code,
        "presentmentCurrencyCode": order.currency.presentment,
        "taxesIncluded": order.taxes_included,
        "dutiesIncluded": false,
        "totalPriceSet": bag(ordered.total),
        "originalTotalPriceSet": bag(order.history.first().map_or(ordered.total, |state| state.current_total)),
        "subtotalPriceSet": bag(ordered.subtotal),
        "totalTaxSet": bag(ordered.tax),
        "totalDiscountsSet": bag(ordered.discounts),
        "totalShippingPriceSet": bag(ordered.shipping),
        "totalTipReceivedSet": bag(order.tip),
        "currentTotalPriceSet": bag(current.total),
        "currentSubtotalPriceSet": bag(current.subtotal),
        "currentTotalTaxSet": bag(current.tax),
        "currentTotalDiscountsSet": bag(current.discounts),
        "currentShippingPriceSet": bag(current.shipping),
        "totalOutstandingSet": bag(order.outstanding()),
        "totalReceivedSet": bag(order.received),
        "totalRefundedSet": bag(order.refunded),
        "netPaymentSet": bag(order.received - order.refunded),
        "totalCashRoundingAdjustment": {"paymentSet": bag(Decimal::ZERO), "refundSet": bag(Decimal::ZERO)},
    })
}

fn people(order: &Order) -> Value {
    json!({
        "email": order.email,
        "phone": order.phone,
        "customerLocale": order.locale,
        "customer": order.customer.as_ref().map(|customer| json!({
            "id": format!("gid://shopify/Customer/{}", customer.id),
            "legacyResourceId": customer.id.to_string(),
            "firstName": customer.first,
            "lastName": customer.last,
            "displayName": format!("{} {}", customer.first, customer.last),
            "email": customer.email,
            "phone": customer.phone,
            "defaultEmailAddress": customer.email.as_ref().map(|it| json!({"emailAddress": it})),
            "defaultPhoneNumber": customer.phone.as_ref().map(|it| json!({"phoneNumber": it})),
        })),
        "billingAddress": order.billing.as_ref().map(address),
        "shippingAddress": order.delivery.as_ref().map(address),
    })
}

fn contents(order: &Order, skip: usize, page: usize) -> Value {
    let lines = order.lines.iter().skip(skip).take(page);
    let mut lines: Vec<Value> = lines.map(|item| line(order, item)).collect();
    if 0 < order.quirks.padding && skip == 0 {
        let artwork = "x".repeat(order.quirks.padding);
        lines[0]["customAttributes"] = json!([{"key": "artwork", "value": artwork}]);
    }
    let end = skip + lines.len();
    let further = end < order.lines.len();
    let shipping: Vec<Value> = order
        .shipping
        .iter()
        .map(|line| {
            let discounted = line.price - line.discount();
            let current = if line.removed || order.extras_refunded {
                Decimal::ZERO
            } else {
                discounted
            };
            json!({
                "id": format!("gid://shopify/ShippingLine/{}", line.id),
                "title": line.title,
                "code": line.title,
                "originalPriceSet": order.currency.bag(line.price),
                "discountedPriceSet": order.currency.bag(discounted),
                "currentDiscountedPriceSet": order.currency.bag(current),
                "discountAllocations": allocations(order, &line.allocations),
                "taxLines": taxes(order, order.shipping_tax(line)),
                "isRemoved": line.removed,
            })
        })
        .collect();
    let refunds: Vec<Value> = order
        .refunds
        .iter()
        .map(|refund| {
            json!({
                "id": format!("gid://shopify/Refund/{}", refund.id),
                "createdAt": utc(refund.at),
                "totalRefundedSet": order.currency.bag(refund.amount),
            })
        })
        .collect();
    let codes: Vec<&String> = order
        .discounts
        .iter()
        .filter(|entry| entry.kind == "discount_code")
        .map(|entry| &entry.label)
        .collect();
    let fulfilments: Vec<Value> = order
        .fulfilments
        .iter()
        .map(|fulfilment| {
            json!({
                "id": format!("gid://shopify/Fulfillment/{}", fulfilment.id),
                "status": "SUCCESS",
                "trackingInfo": [{"number": fulfilment.tracking, "company": "DHL"}],
            })
        })
        .collect();
    let mut lines = connection(lines);
    lines["pageInfo"] =
        json!({"hasNextPage": further, "endCursor": further.then(|| end.to_string())});
    json!({
        "discountCodes": codes,
        "fulfillments": fulfilments,
        "lineItems": lines,
        "shippingLines": connection(shipping),
        "refunds": refunds,
    })
}

fn line(order: &Order, line: &Line) -> Value {
    let bag = |amount| order.currency.bag(amount);
    let tax = order.line_tax(line, line.quantity);
    let discount: Decimal = line.allocations.iter().map(|share| share.amount).sum();
    let name = match &line.variant_title {
        Some(variant) => format!("{} - {variant}", line.title),
        None => line.title.clone(),
    };
    json!({
        "id": format!("gid://shopify/LineItem/{}", line.id),
        "name": name,
        "title": line.title,
        "variantTitle": line.variant_title,
        "sku": line.sku,
        "vendor": line.vendor,
        "quantity": line.quantity,
        "currentQuantity": line.current,
        "unfulfilledQuantity": line.fulfillable(),
        "isGiftCard": line.gift_card,
        "taxable": line.taxable,
        "originalUnitPriceSet": bag(line.price),
        "discountedTotalSet": bag(order.line_net(line, line.quantity)),
        "totalDiscountSet": bag(discount),
        "discountAllocations": allocations(order, &line.allocations),
        "taxLines": if line.taxable { taxes(order, tax) } else { json!([]) },
        "customAttributes": pairs(&line.properties),
        "product": line.product.map(|id| json!({"id": format!("gid://shopify/Product/{id}")})),
        "variant": line.variant.map(|id| json!({"id": format!("gid://shopify/ProductVariant/{id}")})),
    })
}

fn allocations(order: &Order, shares: &[Allocation]) -> Vec<Value> {
    shares
        .iter()
        .map(|share| json!({"allocatedAmountSet": order.currency.bag(share.amount)}))
        .collect()
}

fn taxes(order: &Order, amount: Decimal) -> Value {
    let rate = order.tax_rate.to_string().parse::<f64>().ok();
    json!([{"title": order.tax_title, "rate": rate, "priceSet": order.currency.bag(amount)}])
}

fn address(address: &Address) -> Value {
    json!({
        "firstName": address.first,
        "lastName": address.last,
        "name": format!("{} {}", address.first, address.last),
        "company": address.company,
        "address1": address.street,
        "address2": address.extra,
        "city": address.city,
        "province": address.province.map(|(name, _)| name),
        "provinceCode": address.province.map(|(_, code)| code),
        "zip": address.zip,
        "country": address.country.0,
        "countryCodeV2": address.country.1,
        "phone": address.phone,
    })
}

/// A connection with everything on its only page.
fn connection(nodes: Vec<Value>) -> Value {
    let edges: Vec<Value> = nodes.iter().map(|node| json!({"node": node})).collect();
    json!({"nodes": nodes, "edges": edges, "pageInfo": {"hasNextPage": false, "endCursor": null}})
}

fn pairs(pairs: &[(String, String)]) -> Vec<Value> {
    pairs
        .iter()
        .map(|(key, value)| json!({"key": key, "value": value}))
        .collect()
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
