//! Where a field's value comes from: the order's fields as the body spells them, or a rule of the mapping.

use kernel::{
    deal::field,
    mapping::{Mapping, Says},
    order::Order,
};
use serde::Serialize;
use utoipa::ToSchema;

/// In which of Shopify's two forms the order came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A webhook's body.
    Webhook,
    /// A node of the Admin API.
    Graphql,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// By default, from these fields of the order.
    Order(Vec<&'static str>),
    /// A template of the mapping.
    Template(String),
    /// An expression of the mapping.
    Expression(String),
    /// From nothing: it is the same for all orders.
    Fixed,
}

impl Origin {
    /// Of a deal's field.
    pub fn of(name: &str, order: &Order, mapping: &Mapping, form: Form) -> Self {
        if let Some(rule) = mapping.field_maker(name) {
            return match rule.says {
                Says::Template(text) => Self::Template(text.to_owned()),
                Says::Expression(text) => Self::Expression(text.trim().to_owned()),
            };
        }
        let fields = form.fields(name, order, mapping);
        if fields.is_empty() {
            Self::Fixed
        } else {
            Self::Order(fields)
        }
    }
}

impl Form {
    /// The order's fields that a default is made from.
    fn fields(self, name: &str, order: &Order, mapping: &Mapping) -> Vec<&'static str> {
        match name {
            field::AMOUNT => vec![self.spelt("current_total_price", "currentTotalPriceSet")],
            field::CURRENCY => vec![self.spelt("currency", "currencyCode")],
            field::TITLE => vec!["name"],
            field::SOURCE => vec![self.spelt("source_name", "sourceName")],
            field::COMMENTS => self.gathered(order),
            field::ORIGINATOR => vec!["shop"],
            field::ORIGIN => vec![self.id()],
            utm if utm.starts_with("utm") => {
                vec![self.spelt("landing_site", "customerJourneySummary")]
            }
            other if other == mapping.order_field => vec![self.id()],
            _ => Vec::new(),
        }
    }

    /// What the default comment gathers, as far as the order has it.
    fn gathered(self, order: &Order) -> Vec<&'static str> {
        let all = [
            (order.note.is_some(), "note"),
            (
                !order.note_attributes.is_empty(),
                self.spelt("note_attributes", "customAttributes"),
            ),
            (
                !order.discount_codes.is_empty(),
                self.spelt("discount_codes", "discountCodes"),
            ),
            (
                !order.payment_gateways.is_empty(),
                self.spelt("payment_gateway_names", "paymentGatewayNames"),
            ),
            (!order.tags.is_empty(), "tags"),
            (!order.tracking_numbers.is_empty(), "fulfillments"),
            (true, self.id()),
        ];
        all.into_iter()
            .filter_map(|(there, name)| there.then_some(name))
            .collect()
    }

    fn id(self) -> &'static str {
        self.spelt("id", "legacyResourceId")
    }

    fn spelt(self, webhook: &'static str, graphql: &'static str) -> &'static str {
        match self {
            Self::Webhook => webhook,
            Self::Graphql => graphql,
        }
    }
}
