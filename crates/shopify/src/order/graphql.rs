//! Reading an order node of the Admin API (facts §5.5, §5.9).

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{
    Address, Company, Customer, Extras, Line, Order, PaymentTerms, ShippingLine, ShippingPrices,
    TaxLine,
};
use super::{fulfillment_status, next_due, normal, stands, sum, sum_of_known};
use crate::Unreadable;
use crate::read::{self, Fields};

pub(super) fn order(fields: &Fields<'_>) -> Result<Order, Unreadable> {
    let id = match fields.id("legacyResourceId")? {
        Some(id) => id,
        None => gid(fields, "id")?.ok_or(Unreadable::Missing { field: "id" })?,
    };
    let updated_at = fields
        .time("updatedAt")?
        .ok_or(Unreadable::Missing { field: "updatedAt" })?;
    let currency = code(fields, "currencyCode")?.ok_or(Unreadable::Missing {
        field: "currencyCode",
    })?;
    let rounding = fields.object("totalCashRoundingAdjustment")?;
    let rounded = |key| rounding.as_ref().map_or(Ok(None), |it| money(it, key));
    let visit = fields
        .object("customerJourneySummary")?
        .map_or(Ok(None), |it| it.object("firstVisit"))?;
    let visited = |key| visit.as_ref().map_or(Ok(None), |it| it.text(key));
    let customer = fields.object("customer")?;
    let company = fields.object("purchasingEntity")?;
    normal(Order {
        id,
        name: fields.text("name")?.unwrap_or_default(),
        // Only shown, so that an odd one is no reason to refuse the order.
        order_number: fields.id("number").unwrap_or_default(),
        confirmation_number: fields.text("confirmationNumber")?,
        created_at: fields.time("createdAt")?,
        updated_at,
        processed_at: fields.time("processedAt")?,
        cancelled_at: fields.time("cancelledAt")?,
        closed_at: fields.time("closedAt")?,
        cancel_reason: fields.word("cancelReason")?,
        financial_status: fields.word("displayFinancialStatus")?,
        fulfillment_status: fulfillment_status(fields.word("displayFulfillmentStatus")?),
        test: fields.flag("test")?,
        currency,
        presentment_currency: code(fields, "presentmentCurrencyCode")?,
        presentment_total: presentment_total(fields)?,
        taxes_included: fields.flag("taxesIncluded")?,
        total_price: money(fields, "totalPriceSet")?,
        current_total_price: money(fields, "currentTotalPriceSet")?,
        current_total_tax: money(fields, "currentTotalTaxSet")?,
        current_subtotal_price: money(fields, "currentSubtotalPriceSet")?,
        current_total_discounts: money(fields, "currentTotalDiscountsSet")?,
        total_shipping_price: money(fields, "totalShippingPriceSet")?,
        current_shipping_price: money(fields, "currentShippingPriceSet")?,
        total_outstanding: money(fields, "totalOutstandingSet")?,
        total_tip_received: money(fields, "totalTipReceivedSet")?,
        refunded: money(fields, "totalRefundedSet")?.unwrap_or_default(),
        current_total_duties: money(fields, "currentTotalDutiesSet")?,
        current_total_additional_fees: money(fields, "currentTotalAdditionalFeesSet")?,
        total_cash_rounding: sum_of_known([rounded("paymentSet")?, rounded("refundSet")?]),
        email: fields.text("email")?,
        phone: fields.text("phone")?,
        customer: customer
            .map(|it| self::customer(&it))
            .transpose()?
            .flatten(),
        billing_address: fields
            .object("billingAddress")?
            .map(|it| address(&it))
            .transpose()?,
        shipping_address: fields
            .object("shippingAddress")?
            .map(|it| address(&it))
            .transpose()?,
        company: company.map(|it| self::company(&it)).transpose()?.flatten(),
        lines: nodes(fields, "lineItems")?
            .iter()
            .map(line)
            .collect::<Result<_, _>>()?,
        shipping_lines: nodes(fields, "shippingLines")?
            .iter()
            .map(shipping_line)
            .collect::<Result<_, _>>()?,
        note: fields.text("note")?,
        note_attributes: fields.pairs("customAttributes", "key")?,
        tags: fields.texts("tags")?,
        discount_codes: fields.texts("discountCodes")?.into_iter().collect(),
        payment_gateways: fields.texts("paymentGatewayNames")?.into_iter().collect(),
        source_name: fields.text("sourceName")?,
        source_identifier: fields.text("sourceIdentifier")?,
        po_number: fields.text("poNumber")?,
        tracking_numbers: tracking_numbers(fields)?,
        extras: Extras {
            landing_site: visited("landingPage")?,
            referring_site: visited("referrerUrl")?,
            payment_terms: payment_terms(fields)?,
        },
    })
}

/// The shop's side of a `MoneyBag`.
fn money(fields: &Fields<'_>, key: &str) -> Result<Option<Decimal>, Unreadable> {
    let Some(bag) = fields.object(key)? else {
        return Ok(None);
    };
    bag.object("shopMoney")?
        .map_or(Ok(None), |it| it.amount("amount"))
}

/// The buyer's side of the current total, else of the total.
fn presentment_total(fields: &Fields<'_>) -> Result<Option<Decimal>, Unreadable> {
    for bag in ["currentTotalPriceSet", "totalPriceSet"] {
        if let Some(bag) = fields.object(bag)?
            && let Some(side) = bag.object("presentmentMoney")?
        {
            return side.amount("amount");
        }
    }
    Ok(None)
}

/// Terms that were asked for and are none are empty.
fn payment_terms(fields: &Fields<'_>) -> Result<Option<PaymentTerms>, Unreadable> {
    let Some(terms) = fields.object("paymentTerms")? else {
        return Ok(fields.names("paymentTerms").then(PaymentTerms::default));
    };
    let mut schedules = Vec::new();
    for it in nodes(&terms, "paymentSchedules")? {
        let made = it.value("completedAt").is_some();
        schedules.push((it.time("dueAt")?, made));
    }
    Ok(Some(PaymentTerms {
        name: terms.text("paymentTermsName")?,
        due_at: next_due(schedules),
    }))
}

fn code(fields: &Fields<'_>, key: &str) -> Result<Option<String>, Unreadable> {
    Ok(fields.text(key)?.map(|it| it.trim().to_ascii_uppercase()))
}

/// The number in a global id such as `gid://shopify/Order/6120000000001`, whose tail may be followed by a query.
fn gid(fields: &Fields<'_>, key: &str) -> Result<Option<u64>, Unreadable> {
    let Some(text) = fields.text(key)? else {
        return Ok(None);
    };
    let tail = text.rsplit('/').next().unwrap_or_default();
    let digits = tail.split('?').next().unwrap_or_default();
    read::id_in_text(digits)
        .map(Some)
        .ok_or_else(|| fields.malformed(key, "a global id"))
}

/// The id of an object that may be `null`.
fn gid_of(fields: &Fields<'_>, key: &str) -> Result<Option<u64>, Unreadable> {
    fields.object(key)?.map_or(Ok(None), |it| gid(&it, "id"))
}

/// The nodes of a connection, all of which must be on this page.
fn nodes<'a>(fields: &Fields<'a>, connection: &'static str) -> Result<Vec<Fields<'a>>, Unreadable> {
    let Some(page) = fields.object(connection)? else {
        return Ok(Vec::new());
    };
    if page
        .object("pageInfo")?
        .map_or(Ok(false), |it| it.flag("hasNextPage"))?
    {
        return Err(Unreadable::Incomplete { path: connection });
    }
    page.objects("nodes")
}

fn customer(fields: &Fields<'_>) -> Result<Option<Customer>, Unreadable> {
    let id = match fields.id("legacyResourceId")? {
        Some(id) => Some(id),
        None => gid(fields, "id")?,
    };
    let Some(id) = id else {
        return Ok(None);
    };
    let inner = |key, field| fields.object(key)?.map_or(Ok(None), |it| it.text(field));
    Ok(Some(Customer {
        id,
        first_name: fields.text("firstName")?,
        last_name: fields.text("lastName")?,
        // The plain fields are deprecated, and still what some answers carry.
        email: inner("defaultEmailAddress", "emailAddress")?.or(fields.text("email")?),
        phone: inner("defaultPhoneNumber", "phoneNumber")?.or(fields.text("phone")?),
    }))
}

/// A purchasing entity is a company or a customer; the latter has no `company` here.
fn company(fields: &Fields<'_>) -> Result<Option<Company>, Unreadable> {
    let location_id = gid_of(fields, "location")?;
    Ok(gid_of(fields, "company")?.map(|id| Company { id, location_id }))
}

fn address(fields: &Fields<'_>) -> Result<Address, Unreadable> {
    Ok(Address {
        first_name: fields.text("firstName")?,
        last_name: fields.text("lastName")?,
        company: fields.text("company")?,
        address1: fields.text("address1")?,
        address2: fields.text("address2")?,
        city: fields.text("city")?,
        zip: fields.text("zip")?,
        province: fields.text("province")?,
        province_code: fields.text("provinceCode")?,
        country: fields.text("country")?,
        country_code: fields.text("countryCodeV2")?,
        phone: fields.text("phone")?,
    })
}

fn line(fields: &Fields<'_>) -> Result<Line, Unreadable> {
    let current_quantity = fields.count("currentQuantity")?;
    let quantity = fields
        .count("quantity")?
        .or(current_quantity)
        .unwrap_or_default();
    let product_id = gid_of(fields, "product")?;
    Ok(Line {
        id: gid(fields, "id")?.ok_or_else(|| fields.malformed("id", "a global id"))?,
        product_id,
        variant_id: gid_of(fields, "variant")?.filter(|_| product_id.is_some()),
        title: fields.text("title")?,
        variant_title: fields.text("variantTitle")?,
        name: fields.text("name")?,
        sku: fields.text("sku")?,
        vendor: fields.text("vendor")?,
        quantity,
        current_quantity: current_quantity.unwrap_or(quantity),
        price: money(fields, "originalUnitPriceSet")?.unwrap_or_default(),
        discount: allocated(fields)?,
        tax_lines: tax_lines(fields)?,
        gift_card: fields.flag("isGiftCard")?,
        properties: fields.pairs("customAttributes", "key")?,
    })
}

fn shipping_line(fields: &Fields<'_>) -> Result<ShippingLine, Unreadable> {
    let removed = fields.flag("isRemoved")?;
    let prices = ShippingPrices {
        price: money(fields, "originalPriceSet")?,
        discounted: money(fields, "discountedPriceSet")?,
        current: money(fields, "currentDiscountedPriceSet")?,
        allocated: allocated(fields)?,
        removed,
    };
    let (price, discount, discounted_price, current_discounted_price) = prices.settle();
    Ok(ShippingLine {
        id: gid(fields, "id")?,
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
    for allocation in fields.objects("discountAllocations")? {
        amounts.extend(money(&allocation, "allocatedAmountSet")?);
    }
    Ok(sum(amounts))
}

fn tax_lines(fields: &Fields<'_>) -> Result<Vec<TaxLine>, Unreadable> {
    let read = |it: &Fields<'_>| {
        Ok(TaxLine {
            title: it.text("title")?,
            rate: it.rate("rate")?,
            price: money(it, "priceSet")?.unwrap_or_default(),
        })
    };
    fields.objects("taxLines")?.iter().map(read).collect()
}

fn tracking_numbers(fields: &Fields<'_>) -> Result<BTreeSet<String>, Unreadable> {
    let mut numbers = BTreeSet::new();
    for fulfillment in fields.objects("fulfillments")? {
        if stands(fulfillment.word("status")?.as_deref()) {
            for info in fulfillment.objects("trackingInfo")? {
                numbers.extend(info.text("number")?.map(|it| it.trim().to_owned()));
            }
        }
    }
    Ok(numbers)
}
