//! An order as GraphQL shows it (facts §5.5, §5.9): UTC times, upper-case states, loosely printed money.

use super::super::address::Address;
use super::super::order::{Line, Order, Side};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Everything the simulator knows of an order.
pub(super) fn order(order: &Order) -> Value {
    let mut node = identity(order);
    for part in [money(order), people(order), contents(order)] {
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
        })),
        "billingAddress": order.billing.as_ref().map(address),
        "shippingAddress": order.delivery.as_ref().map(address),
    })
}

fn contents(order: &Order) -> Value {
    let lines: Vec<Value> = order.lines.iter().map(|item| line(order, item)).collect();
    let shipping: Vec<Value> = order
        .shipping
        .iter()
        .map(|line| {
            let price = order.currency.bag(line.price - line.discount());
            json!({
                "id": format!("gid://shopify/ShippingLine/{}", line.id),
                "title": line.title,
                "originalPriceSet": order.currency.bag(line.price),
                "discountedPriceSet": price,
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
    json!({
        "discountCodes": codes,
        "lineItems": connection(lines),
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
        "discountAllocations": line.allocations.iter().map(|share| json!({"allocatedAmountSet": bag(share.amount)})).collect::<Vec<_>>(),
        "taxLines": [{"title": order.tax_title, "rate": order.tax_rate.to_string().parse::<f64>().ok(), "priceSet": bag(tax)}],
        "customAttributes": pairs(&line.properties),
        "product": line.product.map(|id| json!({"id": format!("gid://shopify/Product/{id}")})),
        "variant": line.variant.map(|id| json!({"id": format!("gid://shopify/ProductVariant/{id}")})),
    })
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
