//! Webhook subscriptions by the Admin API (facts §5.4).

use serde_json::{Value, json};

use crate::{
    Topic,
    answer::{Failed, refuse_errors},
};

/// Subscriptions on one page of [`LIST`].
const PAGE: u32 = 250;

macro_rules! shown {
    () => {
        "{ id topic uri format name filter includeFields metafieldNamespaces apiVersion { handle } }"
    };
}

/// All subscriptions that this app made by API in this shop, page by page. Those of the app's own configuration file are
/// not among them.
pub const LIST: &str = concat!(
    "query Subscriptions($first: Int!, $after: String) {
  webhookSubscriptions(first: $first, after: $after) { nodes ",
    shown!(),
    " pageInfo { hasNextPage endCursor } }
}
"
);

/// Makes one.
pub const CREATE: &str = concat!(
    "mutation Subscribe($topic: WebhookSubscriptionTopic!, $input: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $input) {
    webhookSubscription ",
    shown!(),
    " userErrors { field message }
  }
}
"
);

/// Changes one.
pub const UPDATE: &str = concat!(
    "mutation Resubscribe($id: ID!, $input: WebhookSubscriptionInput!) {
  webhookSubscriptionUpdate(id: $id, webhookSubscription: $input) {
    webhookSubscription ",
    shown!(),
    " userErrors { field message }
  }
}
"
);

/// Removes one.
pub const DELETE: &str = "mutation Unsubscribe($id: ID!) {
  webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } }
}
";

/// A subscription as the shop shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Its global id.
    pub id: String,
    /// Its topic as GraphQL spells it, such as `ORDERS_CREATE`.
    pub topic: String,
    /// Where deliveries go.
    pub uri: String,
    /// `JSON` or `XML`.
    pub format: String,
    /// Its name.
    pub name: Option<String>,
    /// It delivers only what fits a filter, or only some fields: its bodies are not whole orders.
    pub narrowed: bool,
    /// The version that its bodies are made in.
    pub version: Option<String>,
}

/// What a subscription shall be: JSON, whole, unfiltered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Where deliveries go.
    pub uri: String,
    /// Its name, sent with each delivery.
    pub name: String,
}

/// One page of subscriptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// What became of a mutation that Shopify executed or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// It was executed; the subscription as it is now, where it is told.
    Yes(Option<Subscription>),
    /// The same topic and address exist already: as good as done (facts §5.4).
    AlreadyTaken,
    /// Refused, with Shopify's own words, which name no secret and no person.
    Refused(String),
}

/// The request body for a page.
pub fn list_request(after: Option<&str>) -> Value {
    json!({ "query": LIST, "variables": { "first": PAGE, "after": after } })
}

/// The request body that makes one.
pub fn create_request(topic: &Topic, wish: &Wish) -> Value {
    let input = json!({ "uri": wish.uri, "format": "JSON", "name": wish.name });
    json!({ "query": CREATE, "variables": { "topic": topic.graphql_name(), "input": input } })
}

/// The request body that makes an existing one what it shall be.
pub fn update_request(id: &str, wish: &Wish) -> Value {
    let input = json!({
        "uri": wish.uri, "format": "JSON", "name": wish.name,
        "filter": "", "includeFields": [], "metafieldNamespaces": [],
    });
    json!({ "query": UPDATE, "variables": { "id": id, "input": input } })
}

/// The request body that removes one.
pub fn delete_request(id: &str) -> Value {
    json!({ "query": DELETE, "variables": { "id": id } })
}

/// The answer to [`LIST`].
///
/// # Errors
/// The answer has errors, or no page.
pub fn page(answer: &Value) -> Result<Page, Failed> {
    refuse_errors(answer)?;
    let page = &answer["data"]["webhookSubscriptions"];
    let nodes = page["nodes"].as_array().ok_or(Failed::NoData {
        field: "data.webhookSubscriptions.nodes",
    })?;
    let further = page["pageInfo"]["hasNextPage"] == true;
    let next = page["pageInfo"]["endCursor"].as_str();
    if further && next.is_none() {
        return Err(Failed::NoData {
            field: "data.webhookSubscriptions.pageInfo.endCursor",
        });
    }
    Ok(Page {
        subscriptions: nodes.iter().filter_map(subscription).collect(),
        next: next.filter(|_| further).map(str::to_owned),
    })
}

/// The answer to [`CREATE`].
///
/// # Errors
/// The answer has errors, or nothing of what was asked.
pub fn created(answer: &Value) -> Result<Done, Failed> {
    done(answer, "webhookSubscriptionCreate")
}

/// The answer to [`UPDATE`].
///
/// # Errors
/// The answer has errors, or nothing of what was asked.
pub fn updated(answer: &Value) -> Result<Done, Failed> {
    done(answer, "webhookSubscriptionUpdate")
}

/// The answer to [`DELETE`].
///
/// # Errors
/// The answer has errors, or nothing of what was asked.
pub fn deleted(answer: &Value) -> Result<Done, Failed> {
    done(answer, "webhookSubscriptionDelete")
}

fn done(answer: &Value, mutation: &'static str) -> Result<Done, Failed> {
    refuse_errors(answer)?;
    let result = &answer["data"][mutation];
    let errors = result["userErrors"]
        .as_array()
        .ok_or(Failed::NoData { field: mutation })?;
    // There is no code to go by, only this text (facts §5.4); whoever sees it lists again before believing it.
    let taken = |it: &&Value| {
        it["message"]
            .as_str()
            .is_some_and(|it| it.contains("already been taken"))
    };
    Ok(match errors.first() {
        None => Done::Yes(subscription(&result["webhookSubscription"])),
        Some(_) if errors.iter().any(|it| taken(&it)) => Done::AlreadyTaken,
        Some(first) => Done::Refused(first["message"].as_str().unwrap_or_default().to_owned()),
    })
}

fn subscription(node: &Value) -> Option<Subscription> {
    let text = |key: &str| node[key].as_str().map(str::to_owned);
    let holds = |key: &str| node[key].as_array().is_some_and(|it| !it.is_empty());
    let filtered = node["filter"].as_str().is_some_and(|it| !it.is_empty());
    Some(Subscription {
        id: text("id")?,
        topic: text("topic")?,
        uri: text("uri").unwrap_or_default(),
        format: text("format").unwrap_or_default(),
        name: text("name"),
        narrowed: filtered || holds("includeFields"),
        version: node["apiVersion"]["handle"].as_str().map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> Value {
        json!({"id": "gid://shopify/WebhookSubscription/1", "topic": "ORDERS_UPDATED", "uri": "https://sync.example.com/x",
            "format": "JSON", "name": "onedeal", "filter": null, "includeFields": [], "apiVersion": {"handle": "2026-10"}})
    }

    #[test]
    fn a_page_is_read_with_its_cursor() {
        let info = json!({"hasNextPage": true, "endCursor": "c"});
        let answer = json!({"data": {"webhookSubscriptions": {"nodes": [node(), {"odd": 1}], "pageInfo": info}}});
        let page = page(&answer).unwrap();
        assert_eq!(page.next.as_deref(), Some("c"));
        let [one] = page.subscriptions.as_slice() else {
            panic!("{page:?}")
        };
        assert_eq!(
            (one.topic.as_str(), one.narrowed),
            ("ORDERS_UPDATED", false)
        );
        assert!(super::page(&json!({"data": {}})).is_err());
    }

    #[test]
    fn a_filter_and_a_choice_of_fields_narrow() {
        for (key, value) in [("filter", json!("id:1")), ("includeFields", json!(["id"]))] {
            let mut narrowed = node();
            narrowed[key] = value;
            assert!(subscription(&narrowed).unwrap().narrowed, "{key}");
        }
    }

    #[test]
    fn taken_is_told_from_refused() {
        let answer = |errors: Value| json!({"data": {"webhookSubscriptionCreate": {"webhookSubscription": null, "userErrors": errors}}});
        assert_eq!(created(&answer(json!([]))), Ok(Done::Yes(None)));
        let taken = json!([{"field": ["webhookSubscription"], "message": "Address for this topic has already been taken"}]);
        assert_eq!(created(&answer(taken)), Ok(Done::AlreadyTaken));
        let invalid = json!([{"message": "Address is invalid"}]);
        assert_eq!(
            created(&answer(invalid)),
            Ok(Done::Refused("Address is invalid".to_owned()))
        );
        assert!(created(&json!({"data": {}})).is_err());
        assert!(created(&json!({"errors": [{"extensions": {"code": "THROTTLED"}}]})).is_err());
    }

    #[test]
    fn a_subscription_is_made_by_uri_and_name() {
        let wish = Wish {
            uri: "https://sync.example.com/x".to_owned(),
            name: "onedeal".to_owned(),
        };
        let request = create_request(&Topic::OrdersPartiallyFulfilled, &wish);
        let variables = json!({"topic": "ORDERS_PARTIALLY_FULFILLED", "input": {"uri": wish.uri, "format": "JSON", "name": "onedeal"}});
        assert_eq!(request["variables"], variables);
    }
}
