//! From Shopify's order to ours.

use kernel::{
    OrderId, OrderKey, ShopDomain,
    money::Currency,
    order::{
        Address, Beside, Buyer, Charge, CompanyId, Extra, Fulfillment, Line, Order, Payment,
        PaymentTerms, Presentment, Sums, Tax,
    },
};
use shopify::order as wire;

/// An order that was read but cannot become a deal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// No total at all.
    #[error("order has neither `current_total_price` nor `total_price`")]
    NoTotal,
    /// Not an ISO code.
    #[error("order has a `currency` that is no three-letter code")]
    Currency,
}

/// Converts a state of an order.
///
/// # Errors
/// The order lacks what every deal needs.
pub fn order(shop: &ShopDomain, from: &wire::Order) -> Result<Order, ConvertError> {
    let currency = Currency::parse(&from.currency).ok_or(ConvertError::Currency)?;
    Ok(Order {
        key: OrderKey {
            shop: shop.clone(),
            order: OrderId(from.id),
        },
        name: from.name.clone(),
        order_number: from.order_number,
        confirmation_number: from.confirmation_number.clone(),
        po_number: from.po_number.clone(),
        updated_at: from.updated_at,
        created_at: from.created_at,
        processed_at: from.processed_at,
        cancelled_at: from.cancelled_at,
        closed_at: from.closed_at,
        cancel_reason: from.cancel_reason.clone(),
        payment: Payment::read(from.financial_status.as_deref()),
        fulfillment: Fulfillment::read(from.fulfillment_status.as_deref()),
        cancelled: from.cancelled_at.is_some(),
        test: from.test,
        presentment: presentment(from, &currency),
        currency,
        total: from
            .current_total_price
            .or(from.total_price)
            .ok_or(ConvertError::NoTotal)?
            .normalize(),
        sums: sums(from),
        taxes_included: from.taxes_included,
        lines: from.lines.iter().map(line).collect(),
        shipping: from
            .shipping_lines
            .iter()
            .filter(|it| lives(it))
            .map(shipping)
            .collect(),
        extras: extras(from),
        buyer: buyer(from),
        billing_address: from.billing_address.as_ref().map(address),
        shipping_address: from.shipping_address.as_ref().map(address),
        note: from.note.clone(),
        note_attributes: from.note_attributes.clone(),
        tags: from.tags.clone(),
        discount_codes: from.discount_codes.clone(),
        payment_gateways: from.payment_gateways.clone(),
        tracking_numbers: from.tracking_numbers.clone(),
        source: from.source_name.clone(),
        source_identifier: from.source_identifier.clone(),
        beside: beside(from),
    })
}

/// Reads an order as the Admin API answered it, in bytes as a delivery keeps it.
///
/// # Errors
/// Why it cannot be understood.
pub fn answer(shop: &ShopDomain, body: &[u8]) -> Result<Order, String> {
    let node = serde_json::from_slice(body).map_err(|_| "the answer is not JSON".to_owned())?;
    let wire = wire::from_graphql(&node).map_err(|it| it.to_string())?;
    order(shop, &wire).map_err(|it| it.to_string())
}

fn sums(from: &wire::Order) -> Sums {
    Sums {
        charged: from.total_price,
        subtotal: from.current_subtotal_price,
        tax: from.current_total_tax,
        discounts: from.current_total_discounts,
        shipping: from.current_shipping_price,
        refunded: from.refunded,
        outstanding: from.total_outstanding,
    }
}

/// The buyer's side of the total, where it is not the shop's. A code that is none is only shown, so it is left out.
fn presentment(from: &wire::Order, currency: &Currency) -> Option<Presentment> {
    let theirs = Currency::parse(from.presentment_currency.as_deref()?)?;
    (theirs != *currency).then_some(Presentment {
        currency: theirs,
        total: from.presentment_total,
    })
}

fn line(from: &wire::Line) -> Line {
    let name = from
        .name
        .clone()
        .or_else(|| from.title.clone())
        .unwrap_or_default();
    Line {
        id: Some(from.id),
        product: from.product_id,
        variant: from.variant_id,
        name,
        title: from.title.clone(),
        variant_title: from.variant_title.clone(),
        sku: from.sku.clone(),
        vendor: from.vendor.clone(),
        gift_card: from.gift_card,
        properties: from.properties.clone(),
        quantity: from.quantity,
        current_quantity: from.current_quantity,
        price: from.price,
        discount: from.discount,
        taxes: from.tax_lines.iter().map(tax).collect(),
    }
}

/// Whether a shipping line is still part of the order. A free one is; one whose price was given back is not.
fn lives(line: &wire::ShippingLine) -> bool {
    let given_back = line.current_discounted_price.is_zero() && !line.discounted_price.is_zero();
    !line.removed && !given_back
}

fn shipping(from: &wire::ShippingLine) -> Charge {
    let partly_given_back = from.current_discounted_price != from.discounted_price;
    Charge {
        name: from
            .title
            .clone()
            .or_else(|| from.code.clone())
            .unwrap_or_else(|| "Shipping".to_owned()),
        amount: from.current_discounted_price,
        taxed: partly_given_back.then_some(from.discounted_price),
        taxes: from.tax_lines.iter().map(tax).collect(),
    }
}

fn tax(from: &wire::TaxLine) -> Tax {
    Tax {
        rate: from.rate,
        amount: from.price,
    }
}

/// What an order charges beside goods and shipping.
fn extras(from: &wire::Order) -> Vec<Charge> {
    let named = [
        (Extra::Tip, from.total_tip_received),
        (Extra::Duties, from.current_total_duties),
        (Extra::Fees, from.current_total_additional_fees),
        (Extra::CashRounding, from.total_cash_rounding),
    ];
    named
        .into_iter()
        .filter_map(|(extra, amount)| Some(extra.charge(amount?)))
        .filter(|it| !it.amount.is_zero())
        .collect()
}

fn address(from: &wire::Address) -> Address {
    Address {
        first_name: from.first_name.clone(),
        last_name: from.last_name.clone(),
        company: from.company.clone(),
        address1: from.address1.clone(),
        address2: from.address2.clone(),
        city: from.city.clone(),
        zip: from.zip.clone(),
        province: from.province.clone(),
        province_code: from.province_code.clone(),
        country: from.country.clone(),
        country_code: from.country_code.clone(),
        phone: from.phone.clone(),
    }
}

fn beside(from: &wire::Order) -> Beside {
    let terms = from.extras.payment_terms.as_ref();
    Beside {
        landing_site: from.extras.landing_site.clone(),
        referring_site: from.extras.referring_site.clone(),
        company: from.company.as_ref().map(|it| CompanyId {
            id: it.id,
            location: it.location_id,
        }),
        payment_terms: terms.map(|it| PaymentTerms {
            name: it.name.clone(),
            due_at: it.due_at,
        }),
        deleted: false,
    }
}

/// The customer where there is one, else what the addresses say.
fn buyer(from: &wire::Order) -> Buyer {
    let customer = from.customer.as_ref();
    let addresses = [
        from.billing_address.as_ref(),
        from.shipping_address.as_ref(),
    ];
    let address = |field: fn(&wire::Address) -> Option<&String>| {
        addresses.into_iter().flatten().find_map(field).cloned()
    };
    Buyer {
        customer: customer.map(|it| it.id),
        first_name: customer
            .and_then(|it| it.first_name.clone())
            .or_else(|| address(|it| it.first_name.as_ref())),
        last_name: customer
            .and_then(|it| it.last_name.clone())
            .or_else(|| address(|it| it.last_name.as_ref())),
        email: customer
            .and_then(|it| it.email.clone())
            .or_else(|| from.email.clone()),
        phone: customer
            .and_then(|it| it.phone.clone())
            .or_else(|| from.phone.clone())
            .or_else(|| address(|it| it.phone.as_ref())),
    }
}
