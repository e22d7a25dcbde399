//! The REST-shaped body of an order (facts §3).

use super::address::{Address, Customer};
use super::order::{Allocation, Fulfilment, Line, Order, Refund, Shipping, Side};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::{Map, Value, json};

/// The full-order body; `offset_hours` is the shop's zone.
pub(super) fn order(order: &Order, offset_hours: i8) -> Value {
    let mut body = Map::new();
    let mut add = |part: Value| {
        if let Value::Object(fields) = part {
            body.extend(fields);
        }
    };
    add(identity(order, offset_hours));
    add(money(order));
    add(people(order, offset_hours));
    add(contents(order, offset_hours));
    if order.quirks.unknown_fields {
        add(unknown());
    }
    for field in &order.quirks.missing {
        body.remove(*field);
    }
    Value::Object(body)
}

/// A timestamp in the shop's zone, whole seconds (facts §3.1).
pub(super) fn stamp(at: Timestamp, offset_hours: i8) -> String {
    let offset = Offset::from_hours(offset_hours).unwrap_or(Offset::UTC);
    at.to_zoned(TimeZone::fixed(offset))
        .strftime("%Y-%m-%dT%H:%M:%S%:z")
        .to_string()
}

/// One shipment; also the body of `fulfillments/create`.
pub(super) fn fulfilment(
    order: &Order,
    index: usize,
    fulfilment: &Fulfilment,
    offset_hours: i8,
) -> Value {
    let lines: Vec<Value> = fulfilment
        .lines
        .iter()
        .filter_map(|(id, quantity)| {
            let line = order.lines.iter().find(|line| line.id == *id)?;
            Some(json!({"id": id, "title": line.title, "sku": line.sku, "quantity": quantity}))
        })
        .collect();
    json!({
        "id": fulfilment.id,
        "admin_graphql_api_id": format!("gid://shopify/Fulfillment/{}", fulfilment.id),
        "order_id": order.id,
        "name": format!("{}.{}", order.name(), index + 1),
        "status": "success",
        "shipment_status": null,
        "service": "manual",
        "location_id": 1,
        "tracking_company": "DHL",
        "tracking_number": fulfilment.tracking,
        "tracking_numbers": [fulfilment.tracking],
        "tracking_url": format!("https://track.example.com/?id={}&lang=de", fulfilment.tracking),
        "tracking_urls": [format!("https://track.example.com/?id={}&lang=de", fulfilment.tracking)],
        "receipt": {},
        "line_items": lines,
        "created_at": stamp(fulfilment.at, offset_hours),
        "updated_at": stamp(fulfilment.at, offset_hours),
    })
}

/// One refund; also the body of `refunds/create`.
pub(super) fn refund(order: &Order, refund: &Refund, offset_hours: i8) -> Value {
    let currency = &order.currency;
    let mut adjustments = Vec::new();
    let worth: Decimal = refund
        .lines
        .iter()
        .map(|line| {
            line.subtotal
                + if order.taxes_included {
                    Decimal::ZERO
                } else {
                    line.tax
                }
        })
        .sum();
    let discrepancy = worth - refund.amount;
    if !discrepancy.is_zero() {
        adjustments.push(json!({
            "id": refund.id + 1,
            "order_id": order.id,
            "refund_id": refund.id,
            "amount": currency.text(discrepancy),
            "amount_set": currency.set(discrepancy),
            "tax_amount": currency.text(Decimal::ZERO),
            "kind": if refund.extras { "shipping_refund" } else { "refund_discrepancy" },
            "reason": "Refund discrepancy",
        }));
    }
    let lines: Vec<Value> = refund
        .lines
        .iter()
        .map(|line| {
            json!({
                "id": line.id,
                "line_item_id": line.line,
                "quantity": line.quantity,
                "restock_type": "cancel",
                "location_id": 1,
                "subtotal": number(line.subtotal),
                "subtotal_set": currency.set(line.subtotal),
                "total_tax": number(line.tax),
                "total_tax_set": currency.set(line.tax),
            })
        })
        .collect();
    json!({
        "id": refund.id,
        "admin_graphql_api_id": format!("gid://shopify/Refund/{}", refund.id),
        "order_id": order.id,
        "created_at": stamp(refund.at, offset_hours),
        "processed_at": stamp(refund.at, offset_hours),
        "note": refund.note,
        "user_id": 1,
        "restock": true,
        "duties": [],
        "return": null,
        "order_adjustments": adjustments,
        "refund_shipping_lines": [],
        "refund_line_items": lines,
        "transactions": [transaction(order, refund.transaction, "refund", refund.amount, refund.at, offset_hours)],
    })
}

/// A movement of money, without the odd fields only `order_transactions/create` has.
pub(super) fn transaction(
    order: &Order,
    id: u64,
    kind: &str,
    amount: Decimal,
    at: Timestamp,
    offset_hours: i8,
) -> Value {
    json!({
        "id": id,
        "order_id": order.id,
        "parent_id": if kind == "refund" { json!(1) } else { Value::Null },
        "kind": kind,
        "gateway": order.gateway,
        "status": "success",
        "amount": order.currency.text(amount),
        "currency": order.currency.code,
        "payment_id": format!("{}.1", order.name()),
        "test": order.test,
        "processed_at": stamp(at, offset_hours),
    })
}

fn identity(order: &Order, zone: i8) -> Value {
    json!({
        "id": order.id,
        "admin_graphql_api_id": format!("gid://shopify/Order/{}", order.id),
        "app_id": 580_111,
        "name": order.name(),
        "number": i64::try_from(order.number).unwrap_or(i64::MAX) - 1_000,
        "order_number": order.number,
        "confirmation_number": order.confirmation,
        "token": order.token,
        "order_status_url": format!("https://acme-demo.example.com/orders/{}/authenticate?key={}&none=1", order.id, order.token),
        "test": order.test,
        "created_at": stamp(order.created, zone),
        "updated_at": stamp(order.updated, zone),
        // Two fields of one body may carry different offsets (facts §3.7).
        "processed_at": stamp(order.processed, if order.number.is_multiple_of(7) { 0 } else { zone }),
        "closed_at": null,
        "cancelled_at": order.cancelled.map(|at| stamp(at, zone)),
        "cancel_reason": order.cancel_reason,
        "financial_status": order.financial_status(),
        "fulfillment_status": order.fulfillment_status(),
        "confirmed": true,
        "source_name": order.source,
        "source_identifier": null,
        "landing_site": order.landing_site,
        "referring_site": null,
        "location_id": null,
        "user_id": null,
        "payment_gateway_names": [order.gateway],
        "payment_terms": null,
        "company": order.company.map(|id| json!({"id": id, "location_id": id + 100})),
        "po_number": null,
        "tags": order.tags.join(", "),
        "note": order.note,
        "note_attributes": pairs(&order.attributes),
        "returns": [],
        "line_item_groups": [],
    })
}

fn money(order: &Order) -> Value {
    let currency = &order.currency;
    let (ordered, current) = (order.totals(Side::Ordered), order.totals(Side::Current));
    let weight: u32 = order
        .lines
        .iter()
        .map(|line| line.grams * line.quantity)
        .sum();
    json!({
        "currency": currency.code,
        "presentment_currency": currency.presentment,
        "taxes_included": order.taxes_included,
        "duties_included": false,
        "estimated_taxes": false,
        "tax_exempt": false,
        "total_line_items_price": currency.text(ordered.items),
        "total_discounts": currency.text(ordered.discounts),
        "subtotal_price": currency.text(ordered.subtotal),
        "total_tax": currency.text(ordered.tax),
        "total_price": currency.text(ordered.total),
        "total_outstanding": currency.text(order.outstanding()),
        "total_tip_received": currency.text(order.tip),
        "total_shipping_price_set": currency.set(ordered.shipping),
        "total_price_set": currency.set(ordered.total),
        "current_subtotal_price": currency.text(current.subtotal),
        "current_total_discounts": currency.text(current.discounts),
        "current_total_tax": currency.text(current.tax),
        "current_shipping_price_set": currency.set(current.shipping),
        "current_total_price": currency.text(current.total),
        "current_total_price_set": currency.set(current.total),
        "total_weight": weight,
        "tax_lines": taxes(order, ordered.tax),
    })
}

fn people(order: &Order, zone: i8) -> Value {
    json!({
        "email": order.email,
        "contact_email": order.email,
        "phone": order.phone,
        "customer_locale": order.locale,
        "buyer_accepts_marketing": false,
        "browser_ip": null,
        "client_details": null,
        "customer": order.customer.as_ref().map(|customer| person(customer, order, zone)),
        "billing_address": order.billing.as_ref().map(address),
        "shipping_address": order.delivery.as_ref().map(address),
    })
}

fn contents(order: &Order, zone: i8) -> Value {
    let mut lines: Vec<Value> = order.lines.iter().map(|item| line(order, item)).collect();
    if 0 < order.quirks.padding {
        // Letters without meaning; a real body of this size has hundreds of line items with long properties.
        lines[0]["properties"] =
            json!([{"name": "artwork", "value": "x".repeat(order.quirks.padding)}]);
    }
    let shipping: Vec<Value> = order
        .shipping
        .iter()
        .map(|item| shipping(order, item))
        .collect();
    let refunds: Vec<Value> = order
        .refunds
        .iter()
        .map(|item| refund(order, item, zone))
        .collect();
    let fulfilments: Vec<Value> = order
        .fulfilments
        .iter()
        .enumerate()
        .map(|(index, item)| fulfilment(order, index, item, zone))
        .collect();
    let codes: Vec<Value> = order
        .discounts
        .iter()
        .enumerate()
        .filter(|(_, discount)| discount.kind == "discount_code")
        .map(|(index, discount)| {
            let kind = match (discount.shipping, discount.percentage) {
                (true, _) => "shipping",
                (false, true) => "percentage",
                (false, false) => "fixed_amount",
            };
            json!({"code": discount.label, "amount": order.currency.text(allocated(order, index)), "type": kind})
        })
        .collect();
    let applications: Vec<Value> = order
        .discounts
        .iter()
        .map(|discount| {
            let label = if discount.kind == "discount_code" {
                "code"
            } else {
                "title"
            };
            json!({
                "target_type": if discount.shipping { "shipping_line" } else { "line_item" },
                "type": discount.kind,
                "value": format!("{:.1}", discount.value),
                "value_type": if discount.percentage { "percentage" } else { "fixed_amount" },
                "allocation_method": discount.method,
                "target_selection": discount.selection,
                label: discount.label,
            })
        })
        .collect();
    json!({
        "line_items": lines,
        "shipping_lines": shipping,
        "refunds": refunds,
        "fulfillments": fulfilments,
        "discount_codes": codes,
        "discount_applications": applications,
    })
}

fn line(order: &Order, line: &Line) -> Value {
    let currency = &order.currency;
    let name = match &line.variant_title {
        Some(variant) => format!("{} - {variant}", line.title),
        None => line.title.clone(),
    };
    let status = match (line.fulfilled, line.fulfillable()) {
        (0, _) => None,
        (_, 0) => Some("fulfilled"),
        _ => Some("partial"),
    };
    json!({
        "id": line.id,
        "admin_graphql_api_id": format!("gid://shopify/LineItem/{}", line.id),
        "product_id": line.product,
        "variant_id": line.variant,
        "title": line.title,
        "variant_title": line.variant_title,
        "name": name,
        "sku": line.sku,
        "vendor": line.vendor,
        "quantity": line.quantity,
        "current_quantity": line.current,
        "fulfillable_quantity": line.fulfillable(),
        "fulfillment_status": status,
        "fulfillment_service": "manual",
        "price": currency.text(line.price),
        "price_set": currency.set(line.price),
        "total_discount": currency.text(Decimal::ZERO),
        "discount_allocations": allocations(order, &line.allocations),
        "tax_lines": if line.taxable { taxes(order, order.line_tax(line, line.quantity)) } else { json!([]) },
        "properties": pairs(&line.properties),
        "gift_card": line.gift_card,
        "taxable": line.taxable,
        "requires_shipping": !line.gift_card,
        "product_exists": line.product.is_some(),
        "grams": line.grams,
        "duties": [],
    })
}

fn shipping(order: &Order, shipping: &Shipping) -> Value {
    let currency = &order.currency;
    let discounted = shipping.price - shipping.discount();
    let current = if shipping.removed || order.extras_refunded {
        Decimal::ZERO
    } else {
        discounted
    };
    json!({
        "id": shipping.id,
        "title": shipping.title,
        "code": shipping.title,
        "source": "shopify",
        "price": currency.text(shipping.price),
        "price_set": currency.set(shipping.price),
        "discounted_price": currency.text(discounted),
        "discounted_price_set": currency.set(discounted),
        "current_discounted_price_set": currency.set(current),
        "is_removed": shipping.removed,
        "tax_lines": taxes(order, order.shipping_tax(shipping)),
        "discount_allocations": allocations(order, &shipping.allocations),
        "carrier_identifier": null,
        "phone": null,
    })
}

fn person(customer: &Customer, order: &Order, zone: i8) -> Value {
    let mut default = address(&customer.address);
    default["id"] = json!(customer.address.id);
    default["customer_id"] = json!(customer.id);
    default["country_name"] = json!(customer.address.country.0);
    default["default"] = json!(true);
    json!({
        "id": customer.id,
        "first_name": customer.first,
        "last_name": customer.last,
        "email": customer.email,
        "phone": customer.phone,
        "state": "disabled",
        "note": null,
        "verified_email": true,
        "multipass_identifier": null,
        "tax_exempt": false,
        "tax_exemptions": [],
        "currency": order.currency.code,
        "created_at": stamp(customer.since, 0),
        "updated_at": stamp(order.updated, zone),
        "admin_graphql_api_id": format!("gid://shopify/Customer/{}", customer.id),
        "default_address": default,
    })
}

fn address(address: &Address) -> Value {
    json!({
        "first_name": address.first,
        "last_name": address.last,
        "name": format!("{} {}", address.first, address.last),
        "company": address.company,
        "address1": address.street,
        "address2": address.extra,
        "zip": address.zip,
        "city": address.city,
        "province": address.province.map(|(name, _)| name),
        "province_code": address.province.map(|(_, code)| code),
        "country": address.country.0,
        "country_code": address.country.1,
        "phone": address.phone,
        "latitude": 52.53,
        "longitude": 13.38,
    })
}

fn allocated(order: &Order, discount: usize) -> Decimal {
    let lines = order.lines.iter().flat_map(|line| &line.allocations);
    let shipping = order
        .shipping
        .iter()
        .filter(|line| !line.removed)
        .flat_map(|line| &line.allocations);
    lines
        .chain(shipping)
        .filter(|share| share.discount == discount)
        .map(|share| share.amount)
        .sum()
}

fn allocations(order: &Order, shares: &[Allocation]) -> Vec<Value> {
    let currency = &order.currency;
    let shares = shares.iter().map(|share| {
        json!({
            "amount": currency.text(share.amount),
            "amount_set": currency.set(share.amount),
            "discount_application_index": share.discount,
        })
    });
    shares.collect()
}

fn taxes(order: &Order, amount: Decimal) -> Value {
    let currency = &order.currency;
    json!([{
        "title": order.tax_title,
        "price": currency.text(amount),
        "price_set": currency.set(amount),
        "rate": number(order.tax_rate),
        "channel_liable": false,
    }])
}

fn pairs(pairs: &[(String, String)]) -> Vec<Value> {
    pairs
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect()
}

/// The few amounts that are JSON numbers (facts §3.2).
fn number(amount: Decimal) -> Value {
    amount.to_f64().map_or(Value::Null, Value::from)
}

fn unknown() -> Value {
    json!({
        "attribution": {"channel": "social", "weights": [0.25, 0.75]},
        "x_preview_total": 1.5e3,
        "b2b?": null,
        "nested": {"deep": [[{"id": 820_982_911_946_154_508_u64}]]},
    })
}
