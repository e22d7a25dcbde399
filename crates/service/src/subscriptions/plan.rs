//! Which subscriptions are missing, and which of ours are wrong.

use shopify::{
    Topic,
    subscriptions::{Subscription, Wish},
};

/// The name of our subscriptions, by which they are told from those of others.
pub const NAME: &str = "onedeal";

/// The topics that we want: those with whole orders, deletion, and the hints that bring no scope of their own
/// (facts/shopify.md §2).
pub const TOPICS: [Topic; 10] = [
    Topic::OrdersCreate,
    Topic::OrdersUpdated,
    Topic::OrdersPaid,
    Topic::OrdersCancelled,
    Topic::OrdersFulfilled,
    Topic::OrdersPartiallyFulfilled,
    Topic::OrdersDelete,
    Topic::OrdersEdited,
    Topic::RefundsCreate,
    Topic::AppUninstalled,
];

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// There is none for this topic.
    Make(Topic),
    /// This one is ours, and wrong.
    Repair(Subscription),
}

impl Step {
    /// The topic as GraphQL spells it.
    pub(super) fn topic(&self) -> &str {
        match self {
            Self::Make(topic) => graphql_name(topic),
            Self::Repair(subscription) => &subscription.topic,
        }
    }
}

/// What has to be done to `listed`.
pub(super) fn plan(listed: &[Subscription], wish: &Wish) -> Vec<Step> {
    let mut steps = Vec::new();
    for topic in TOPICS {
        let name = topic.graphql_name();
        let of_topic = || listed.iter().filter(|it| it.topic == name);
        if of_topic().any(|it| it.uri == wish.uri && !is_wrong(it, wish)) {
            continue;
        }
        // One that comes to us is repaired whoever made it: two for one address cannot be.
        let here = of_topic().find(|it| it.uri == wish.uri);
        let ours = of_topic().find(|it| it.name.as_deref() == Some(NAME));
        steps.push(match here.or(ours) {
            Some(wrong) => Step::Repair(wrong.clone()),
            None => Step::Make(topic),
        });
    }
    steps
}

/// Whether a subscription would not bring us whole orders as JSON. Its name alone does not matter.
pub(super) fn is_wrong(subscription: &Subscription, wish: &Wish) -> bool {
    subscription.uri != wish.uri || subscription.format != "JSON" || subscription.narrowed
}

fn graphql_name(topic: &Topic) -> &'static str {
    match topic {
        Topic::OrdersCreate => "ORDERS_CREATE",
        Topic::OrdersUpdated => "ORDERS_UPDATED",
        Topic::OrdersPaid => "ORDERS_PAID",
        Topic::OrdersCancelled => "ORDERS_CANCELLED",
        Topic::OrdersFulfilled => "ORDERS_FULFILLED",
        Topic::OrdersPartiallyFulfilled => "ORDERS_PARTIALLY_FULFILLED",
        Topic::OrdersDelete => "ORDERS_DELETE",
        Topic::OrdersEdited => "ORDERS_EDITED",
        Topic::RefundsCreate => "REFUNDS_CREATE",
        Topic::AppUninstalled => "APP_UNINSTALLED",
        Topic::OrderTransactionsCreate
        | Topic::FulfillmentsCreate
        | Topic::FulfillmentsUpdate
        | Topic::CustomersRedact
        | Topic::ShopRedact
        | Topic::CustomersDataRequest
        | Topic::Other(_) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish() -> Wish {
        Wish {
            uri: "https://sync.example.com/webhooks/shopify".to_owned(),
            name: NAME.to_owned(),
        }
    }

    fn all() -> Vec<Subscription> {
        let of = |(number, topic): (usize, &Topic)| Subscription {
            id: format!("gid://shopify/WebhookSubscription/{number}"),
            topic: topic.graphql_name(),
            uri: wish().uri,
            format: "JSON".to_owned(),
            name: Some(NAME.to_owned()),
            narrowed: false,
            version: None,
        };
        TOPICS.iter().enumerate().map(of).collect()
    }

    #[test]
    fn a_step_names_its_topic_as_graphql_does() {
        for topic in TOPICS {
            let name = topic.graphql_name();
            assert_eq!(Step::Make(topic).topic(), name);
        }
    }

    #[test]
    fn what_is_right_is_left_alone_and_what_is_missing_is_made() {
        assert_eq!(plan(&all(), &wish()), []);
        assert_eq!(plan(&[], &wish()).len(), TOPICS.len());
        let rest = &all()[1..];
        assert_eq!(plan(rest, &wish()), [Step::Make(Topic::OrdersCreate)]);
    }

    #[test]
    fn ours_with_another_address_format_or_filter_is_repaired() {
        let changes: [fn(&mut Subscription); 3] = [
            |it| it.uri = "https://old.example.com/webhooks/shopify".to_owned(),
            |it| it.format = "XML".to_owned(),
            |it| it.narrowed = true,
        ];
        for change in changes {
            let mut listed = all();
            change(&mut listed[3]);
            assert_eq!(plan(&listed, &wish()), [Step::Repair(listed[3].clone())]);
        }
    }

    #[test]
    fn foreign_ones_are_left_alone() {
        let mut listed = all();
        listed[0].name = Some("warehouse".to_owned());
        listed[0].uri = "https://warehouse.example.com".to_owned();
        listed[1].name = None;
        assert_eq!(plan(&listed, &wish()), [Step::Make(Topic::OrdersCreate)]);
    }
}
