//! From Shopify's order to ours.

use kernel::{
    OrderId, OrderKey, ShopDomain,
    money::Currency,
    order::{Buyer, Charge, Fulfillment, Line, Order, Payment, Tax},
};
use rust_decimal::Decimal;
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
    Ok(Order {
        key: OrderKey {
            shop: shop.clone(),
            order: OrderId(from.id),
        },
        name: from.name.clone(),
        updated_at: from.updated_at,
        created_at: from.created_at,
        payment: Payment::read(from.financial_status.as_deref()),
        fulfillment: Fulfillment::read(from.fulfillment_status.as_deref()),
        cancelled: from.cancelled_at.is_some(),
        test: from.test,
        currency: Currency::parse(&from.currency).ok_or(ConvertError::Currency)?,
        total: from
            .current_total_price
            .or(from.total_price)
            .ok_or(ConvertError::NoTotal)?
            .normalize(),
        taxes_included: from.taxes_included,
        lines: from.lines.iter().map(line).collect(),
        shipping: from
            .shipping_lines
            .iter()
            .filter(|it| !it.removed)
            .map(shipping)
            .collect(),
        extras: extras(from),
        buyer: buyer(from),
        note: from.note.clone(),
        source: from.source_name.clone(),
    })
}

fn line(from: &wire::Line) -> Line {
    let name = from
        .name
        .clone()
        .or_else(|| from.title.clone())
        .unwrap_or_default();
    Line {
        name,
        quantity: from.quantity,
        current_quantity: from.current_quantity,
        price: from.price,
        discount: from.discount,
        taxes: from.tax_lines.iter().map(tax).collect(),
    }
}

fn shipping(from: &wire::ShippingLine) -> Charge {
    Charge {
        name: from
            .title
            .clone()
            .or_else(|| from.code.clone())
            .unwrap_or_else(|| "Shipping".to_owned()),
        amount: from.current_discounted_price,
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
        ("Tip", from.total_tip_received),
        ("Duties", from.current_total_duties),
        ("Fees", from.current_total_additional_fees),
        ("Cash rounding", from.total_cash_rounding),
    ];
    named
        .into_iter()
        .filter_map(|(name, amount)| amount.map(|it| (name, it)))
        .filter(|(_, amount)| *amount != Decimal::ZERO)
        .map(|(name, amount)| Charge {
            name: name.to_owned(),
            amount,
            taxes: Vec::new(),
        })
        .collect()
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
