//! Webhook topics and what their bodies are good for.

/// A webhook topic (facts §2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// `orders/create`: an order was created.
    OrdersCreate,
    /// `orders/updated`: anything about an order changed; also fires beside the specific topics.
    OrdersUpdated,
    /// `orders/paid`: an order became paid.
    OrdersPaid,
    /// `orders/cancelled`: an order was cancelled.
    OrdersCancelled,
    /// `orders/fulfilled`: an order was completely fulfilled.
    OrdersFulfilled,
    /// `orders/partially_fulfilled`: a part of an order was fulfilled.
    OrdersPartiallyFulfilled,
    /// `orders/delete`: an order was deleted; the body is only its id.
    OrdersDelete,
    /// `orders/edited`: an order edit was committed; the body is the edit.
    OrdersEdited,
    /// `refunds/create`: a refund was recorded.
    RefundsCreate,
    /// `order_transactions/create`: a payment transaction was created or changed its status.
    OrderTransactionsCreate,
    /// `fulfillments/create`: a fulfilment was created.
    FulfillmentsCreate,
    /// `fulfillments/update`: a fulfilment changed.
    FulfillmentsUpdate,
    /// `app/uninstalled`: the app was removed from the shop.
    AppUninstalled,
    /// `customers/redact`: a customer's data is to be erased.
    CustomersRedact,
    /// `shop/redact`: a shop's data is to be erased.
    ShopRedact,
    /// `customers/data_request`: a customer asks for their data.
    CustomersDataRequest,
    /// Any other topic, in lower case.
    Other(String),
}

/// What the body of a topic tells about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carries {
    /// A full snapshot of an order (facts §0.4).
    Order,
    /// The id of an order that changed or went away: fetch it.
    OrderHint,
    /// Nothing about one order.
    Nothing,
}

impl Topic {
    /// Reads the value of `X-Shopify-Topic`, in any letter case.
    pub fn parse(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        KNOWN
            .iter()
            .find(|topic| topic.as_str() == text)
            .cloned()
            .unwrap_or(Self::Other(text))
    }

    /// The topic as it stands in `X-Shopify-Topic`, lower case with a slash.
    pub fn as_str(&self) -> &str {
        match self {
            Self::OrdersCreate => "orders/create",
            Self::OrdersUpdated => "orders/updated",
            Self::OrdersPaid => "orders/paid",
            Self::OrdersCancelled => "orders/cancelled",
            Self::OrdersFulfilled => "orders/fulfilled",
            Self::OrdersPartiallyFulfilled => "orders/partially_fulfilled",
            Self::OrdersDelete => "orders/delete",
            Self::OrdersEdited => "orders/edited",
            Self::RefundsCreate => "refunds/create",
            Self::OrderTransactionsCreate => "order_transactions/create",
            Self::FulfillmentsCreate => "fulfillments/create",
            Self::FulfillmentsUpdate => "fulfillments/update",
            Self::AppUninstalled => "app/uninstalled",
            Self::CustomersRedact => "customers/redact",
            Self::ShopRedact => "shop/redact",
            Self::CustomersDataRequest => "customers/data_request",
            Self::Other(text) => text,
        }
    }

    /// The topic as Admin GraphQL's `WebhookSubscriptionTopic` spells it, such as `ORDERS_CREATE`.
    pub fn graphql_name(&self) -> String {
        self.as_str().to_ascii_uppercase().replace(['/', '.'], "_")
    }

    /// What a body of this topic tells about an order.
    pub fn carries(&self) -> Carries {
        match self {
            Self::OrdersCreate
            | Self::OrdersUpdated
            | Self::OrdersPaid
            | Self::OrdersCancelled
            | Self::OrdersFulfilled
            | Self::OrdersPartiallyFulfilled => Carries::Order,
            Self::OrdersDelete
            | Self::OrdersEdited
            | Self::RefundsCreate
            | Self::OrderTransactionsCreate
            | Self::FulfillmentsCreate
            | Self::FulfillmentsUpdate => Carries::OrderHint,
            Self::AppUninstalled
            | Self::CustomersRedact
            | Self::ShopRedact
            | Self::CustomersDataRequest
            | Self::Other(_) => Carries::Nothing,
        }
    }
}

impl std::fmt::Display for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Every topic with a name of its own.
const KNOWN: [Topic; 16] = [
    Topic::OrdersCreate,
    Topic::OrdersUpdated,
    Topic::OrdersPaid,
    Topic::OrdersCancelled,
    Topic::OrdersFulfilled,
    Topic::OrdersPartiallyFulfilled,
    Topic::OrdersDelete,
    Topic::OrdersEdited,
    Topic::RefundsCreate,
    Topic::OrderTransactionsCreate,
    Topic::FulfillmentsCreate,
    Topic::FulfillmentsUpdate,
    Topic::AppUninstalled,
    Topic::CustomersRedact,
    Topic::ShopRedact,
    Topic::CustomersDataRequest,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_topic_reads_back_as_itself() {
        for topic in &KNOWN {
            assert_eq!(Topic::parse(topic.as_str()), *topic);
            assert_eq!(Topic::parse(&topic.as_str().to_uppercase()), *topic);
            assert!(!matches!(Topic::parse(topic.as_str()), Topic::Other(_)));
        }
    }

    #[test]
    fn an_unknown_topic_is_kept_and_carries_nothing() {
        let topic = Topic::parse("Orders/Risk_Assessment_Changed");
        assert_eq!(
            topic,
            Topic::Other("orders/risk_assessment_changed".to_owned())
        );
        assert_eq!(topic.carries(), Carries::Nothing);
        // There is no such topic; it must not be mistaken for `orders/updated`.
        assert_eq!(
            Topic::parse("orders/update"),
            Topic::Other("orders/update".to_owned())
        );
    }

    #[test]
    fn a_topic_has_its_graphql_spelling() {
        assert_eq!(
            Topic::OrderTransactionsCreate.graphql_name(),
            "ORDER_TRANSACTIONS_CREATE"
        );
    }

    #[test]
    fn six_topics_carry_the_whole_order() {
        assert_eq!(
            KNOWN
                .iter()
                .filter(|it| it.carries() == Carries::Order)
                .count(),
            6
        );
    }
}
