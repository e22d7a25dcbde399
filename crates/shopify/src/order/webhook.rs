//! Reading the REST shape that webhooks carry (facts §3).

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{
    Address, Company, Customer, Extras, Line, Order, PaymentTerms, ShippingLine, ShippingPrices,
    TaxLine,
};
use super::{fulfillment_status, next_due, normal, stands, sum, sum_of_known};
use crate::Unreadable;
use crate::read::Fields;

/// Decimal places a converted refund is rounded to where only the buyer's currency is told.
const CONVERTED_PLACES: u32 = 2;

pub(super) fn order(fields: &Fields<'_>) -> Result<Order, Unreadable> {
    let id = fields.own_id("id")?;
    let updated_at = fields.time("updated_at")?.ok_or(Unreadable::Missing {
        field: "updated_at",
    })?;
    let currency = code(fields, "currency")?.ok_or(Unreadable::Missing { field: "currency" })?;
    let customer = fields.object("customer")?;
    let company = fields.object("company")?;
    normal(Order {
        id,
        name: fields.text("name")?.unwrap_or_default(),
        // Only shown, so that an odd one is no reason to refuse the order.
        order_number: fields.id("order_number").unwrap_or_default(),
        confirmation_number: fields.text("confirmation_number")?,
        created_at: fields.time("created_at")?,
        updated_at,
        processed_at: fields.time("processed_at")?,
        cancelled_at: fields.time("cancelled_at")?,
        closed_at: fields.time("closed_at")?,
        cancel_reason: fields.word("cancel_reason")?,
        financial_status: fields.word("financial_status")?,
        fulfillment_status: fulfillment_status(fields.word("fulfillment_status")?),
        test: fields.flag("test")?,
        refunded: refunded(fields, &currency)?,
        currency,
        presentment_currency: code(fields, "presentment_currency")?,
        presentment_total: presentment_total(fields)?,
        taxes_included: fields.flag("taxes_included")?,
        total_price: money(fields, "total_price")?,
        current_total_price: money(fields, "current_total_price")?,
        current_total_tax: money(fields, "current_total_tax")?,
        current_subtotal_price: money(fields, "current_subtotal_price")?,
        current_total_discounts: money(fields, "current_total_discounts")?,
        total_shipping_price: money(fields, "total_shipping_price")?,
        current_shipping_price: money(fields, "current_shipping_price")?,
        total_outstanding: money(fields, "total_outstanding")?,
        total_tip_received: money(fields, "total_tip_received")?,
        current_total_duties: money(fields, "current_total_duties")?,
        current_total_additional_fees: money(fields, "current_total_additional_fees")?,
        total_cash_rounding: sum_of_known([
            money(fields, "total_cash_rounding_payment_adjustment")?,
            money(fields, "total_cash_rounding_refund_adjustment")?,
        ]),
        email: fields.text("email")?,
        phone: fields.text("phone")?,
        customer: customer
            .map(|it| self::customer(&it))
            .transpose()?
            .flatten(),
        billing_address: fields
            .object("billing_address")?
            .map(|it| address(&it))
            .transpose()?,
        shipping_address: fields
            .object("shipping_address")?
            .map(|it| address(&it))
            .transpose()?,
        company: company.map(|it| self::company(&it)).transpose()?.flatten(),
        lines: fields
            .objects("line_items")?
            .iter()
            .map(line)
            .collect::<Result<_, _>>()?,
        shipping_lines: fields
            .objects("shipping_lines")?
            .iter()
            .map(shipping_line)
            .collect::<Result<_, _>>()?,
        note: fields.text("note")?,
        note_attributes: fields.pairs("note_attributes", "name")?,
        tags: tags(fields)?,
        discount_codes: codes(fields)?,
        payment_gateways: fields.texts("payment_gateway_names")?.into_iter().collect(),
        source_name: fields.text("source_name")?,
        source_identifier: fields.text("source_identifier")?,
        po_number: fields.text("po_number")?,
        tracking_numbers: tracking_numbers(fields)?,
        extras: Extras {
            landing_site: fields.text("landing_site")?,
            referring_site: fields.text("referring_site")?,
            payment_terms: payment_terms(fields)?,
        },
    })
}

/// An amount in the shop's currency: `<key>_set.shop_money`, else the plain `<key>`, which is in it too (facts §3.2).
fn money(fields: &Fields<'_>, key: &str) -> Result<Option<Decimal>, Unreadable> {
    match shop_money(fields, &format!("{key}_set"))? {
        Some(amount) => Ok(Some(amount)),
        None => fields.amount(key),
    }
}

fn shop_money(fields: &Fields<'_>, set: &str) -> Result<Option<Decimal>, Unreadable> {
    let Some(set) = fields.object(set)? else {
        return Ok(None);
    };
    set.object("shop_money")?
        .map_or(Ok(None), |it| it.amount("amount"))
}

/// The buyer's side of the current total, else of the total.
fn presentment_total(fields: &Fields<'_>) -> Result<Option<Decimal>, Unreadable> {
    for set in ["current_total_price_set", "total_price_set"] {
        if let Some(set) = fields.object(set)?
            && let Some(side) = set.object("presentment_money")?
        {
            return side.amount("amount");
        }
    }
    Ok(None)
}

/// Terms that are told to be none are empty.
fn payment_terms(fields: &Fields<'_>) -> Result<Option<PaymentTerms>, Unreadable> {
    let Some(terms) = fields.object("payment_terms")? else {
        return Ok(fields.names("payment_terms").then(PaymentTerms::default));
    };
    let mut schedules = Vec::new();
    for it in terms.objects("payment_schedules")? {
        let made = it.value("completed_at").is_some();
        schedules.push((it.time("due_at")?, made));
    }
    Ok(Some(PaymentTerms {
        name: terms.text("payment_terms_name")?,
        due_at: next_due(schedules),
    }))
}

fn code(fields: &Fields<'_>, key: &str) -> Result<Option<String>, Unreadable> {
    Ok(fields.text(key)?.map(|it| it.trim().to_ascii_uppercase()))
}

/// The sum of the successful refund transactions in the shop's currency.
fn refunded(order: &Fields<'_>, currency: &str) -> Result<Decimal, Unreadable> {
    let mut amounts = Vec::new();
    for refund in order.objects("refunds")? {
        for transaction in refund.objects("transactions")? {
            let counts = transaction.word("kind")?.as_deref() == Some("refund")
                && transaction.word("status")?.as_deref() == Some("success");
            if counts {
                amounts.push(refund_amount(order, &transaction, currency)?);
            }
        }
    }
    Ok(sum(amounts))
}

/// A transaction's amount is in the transaction's own currency. If that is the buyer's, and the shop's amount is not
/// told, it is converted at the rate of the order's total.
fn refund_amount(
    order: &Fields<'_>,
    transaction: &Fields<'_>,
    currency: &str,
) -> Result<Decimal, Unreadable> {
    if let Some(amount) = shop_money(transaction, "amount_set")? {
        return Ok(amount);
    }
    let amount = transaction.amount("amount")?.unwrap_or_default();
    if code(transaction, "currency")?.is_none_or(|it| it == currency) {
        return Ok(amount);
    }
    let unknown = || {
        transaction.malformed(
            "currency",
            "the shop's currency, and the order has no rate to convert it",
        )
    };
    let total = order.object("total_price_set")?.ok_or_else(unknown)?;
    let side = |key| {
        total
            .object(key)?
            .map_or(Ok(None), |it| it.amount("amount"))
    };
    let (shop, presentment) = (side("shop_money")?, side("presentment_money")?);
    let share = amount
        .checked_div(presentment.ok_or_else(unknown)?)
        .ok_or_else(unknown)?;
    let converted = share
        .checked_mul(shop.ok_or_else(unknown)?)
        .ok_or_else(unknown)?;
    Ok(converted.round_dp(CONVERTED_PLACES))
}

fn customer(fields: &Fields<'_>) -> Result<Option<Customer>, Unreadable> {
    let Some(id) = fields.id("id")? else {
        return Ok(None);
    };
    Ok(Some(Customer {
        id,
        first_name: fields.text("first_name")?,
        last_name: fields.text("last_name")?,
        email: fields.text("email")?,
        phone: fields.text("phone")?,
    }))
}

fn company(fields: &Fields<'_>) -> Result<Option<Company>, Unreadable> {
    let location_id = fields.id("location_id")?;
    Ok(fields.id("id")?.map(|id| Company { id, location_id }))
}

fn address(fields: &Fields<'_>) -> Result<Address, Unreadable> {
    Ok(Address {
        first_name: fields.text("first_name")?,
        last_name: fields.text("last_name")?,
        company: fields.text("company")?,
        address1: fields.text("address1")?,
        address2: fields.text("address2")?,
        city: fields.text("city")?,
        zip: fields.text("zip")?,
        province: fields.text("province")?,
        province_code: fields.text("province_code")?,
        country: fields.text("country")?,
        country_code: fields.text("country_code")?,
        phone: fields.text("phone")?,
    })
}

fn line(fields: &Fields<'_>) -> Result<Line, Unreadable> {
    let current_quantity = fields.count("current_quantity")?;
    let quantity = fields
        .count("quantity")?
        .or(current_quantity)
        .unwrap_or_default();
    // A deleted product leaves its id behind in some bodies, and the Admin API then names no product.
    let exists = fields.value("product_exists").is_none() || fields.flag("product_exists")?;
    Ok(Line {
        id: fields.own_id("id")?,
        product_id: fields.id("product_id")?.filter(|_| exists),
        variant_id: fields.id("variant_id")?.filter(|_| exists),
        title: fields.text("title")?,
        variant_title: fields.text("variant_title")?,
        name: fields.text("name")?,
        sku: fields.text("sku")?,
        vendor: fields.text("vendor")?,
        quantity,
        current_quantity: current_quantity.unwrap_or(quantity),
        price: money(fields, "price")?.unwrap_or_default(),
        discount: allocated(fields)?,
        tax_lines: tax_lines(fields)?,
        gift_card: fields.flag("gift_card")?,
        properties: fields.pairs("properties", "name")?,
    })
}

fn shipping_line(fields: &Fields<'_>) -> Result<ShippingLine, Unreadable> {
    let removed = fields.flag("is_removed")?;
    let prices = ShippingPrices {
        price: money(fields, "price")?,
        discounted: money(fields, "discounted_price")?,
        current: money(fields, "current_discounted_price")?,
        allocated: allocated(fields)?,
        removed,
    };
    let (price, discount, discounted_price, current_discounted_price) = prices.settle();
    Ok(ShippingLine {
        id: fields.id("id")?,
        title: fields.text("title")?,
        code: fields.text("code")?,
        price,
        discounted_price,
        discount,
        current_discounted_price,
        tax_lines: tax_lines(fields)?,
        removed,
    })
}

fn allocated(fields: &Fields<'_>) -> Result<Decimal, Unreadable> {
    let mut amounts = Vec::new();
    for allocation in fields.objects("discount_allocations")? {
        amounts.extend(money(&allocation, "amount")?);
    }
    Ok(sum(amounts))
}

fn tax_lines(fields: &Fields<'_>) -> Result<Vec<TaxLine>, Unreadable> {
    let read = |it: &Fields<'_>| {
        Ok(TaxLine {
            title: it.text("title")?,
            rate: it.rate("rate")?,
            price: money(it, "price")?.unwrap_or_default(),
        })
    };
    fields.objects("tax_lines")?.iter().map(read).collect()
}

/// Tags are one text with commas; a list is read as well.
fn tags(fields: &Fields<'_>) -> Result<BTreeSet<String>, Unreadable> {
    if fields
        .value("tags")
        .is_some_and(serde_json::Value::is_array)
    {
        return fields.texts("tags");
    }
    let text = fields.text("tags")?.unwrap_or_default();
    Ok(text
        .split(',')
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect())
}

fn codes(fields: &Fields<'_>) -> Result<Vec<String>, Unreadable> {
    let mut codes = BTreeSet::new();
    for entry in fields.objects("discount_codes")? {
        codes.extend(entry.text("code")?.map(|it| it.trim().to_owned()));
    }
    Ok(codes.into_iter().collect())
}

fn tracking_numbers(fields: &Fields<'_>) -> Result<BTreeSet<String>, Unreadable> {
    let mut numbers = BTreeSet::new();
    for fulfillment in fields.objects("fulfillments")? {
        if stands(fulfillment.word("status")?.as_deref()) {
            numbers.extend(fulfillment.texts("tracking_numbers")?);
            numbers.extend(
                fulfillment
                    .text("tracking_number")?
                    .map(|it| it.trim().to_owned()),
            );
        }
    }
    Ok(numbers)
}
