//! How the subscriptions stand, for whoever only wants to know.

use shopify::{
    Topic,
    subscriptions::{Subscription, Wish},
};

use super::{
    NAME, PublicUrl, TOPICS, list,
    plan::{self, Step},
};
use crate::{
    admin::{Admin, AdminError},
    transport::Transport,
};

/// The subscriptions of one shop, as its API lists them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// Topics whose webhooks come to us as whole orders.
    pub right: Vec<Topic>,
    /// Topics that nobody subscribes to for us.
    pub missing: Vec<Topic>,
    /// Subscriptions that are ours and go elsewhere, or bring less than whole orders.
    pub wrong: Vec<Subscription>,
    /// Those of others, which are left alone.
    pub foreign: Vec<Subscription>,
}

/// Asks a shop for its subscriptions. Without a public address only those that bear our name count as ours.
///
/// # Errors
/// No answer.
pub async fn survey<T: Transport>(
    admin: &Admin<T>,
    url: Option<&PublicUrl>,
) -> Result<Survey, AdminError> {
    let listed = list(admin).await?;
    Ok(sorted(listed, url))
}

fn sorted(listed: Vec<Subscription>, url: Option<&PublicUrl>) -> Survey {
    let wish = |uri: String| Wish {
        uri,
        name: NAME.to_owned(),
    };
    let named = |it: &Subscription| it.name.as_deref() == Some(NAME);
    let Some(url) = url else {
        let (ours, foreign) = listed.into_iter().partition(named);
        let has = |topic: &Topic| -> bool {
            let ours: &Vec<Subscription> = &ours;
            ours.iter().any(|it| it.topic == topic.graphql_name())
        };
        let (right, missing) = TOPICS.into_iter().partition(has);
        return Survey {
            right,
            missing,
            wrong: Vec::new(),
            foreign,
        };
    };
    let wish = wish(url.webhooks());
    let steps = plan::plan(&listed, &wish);
    let needs = |topic: &Topic| steps.iter().any(|it| it.topic() == topic.graphql_name());
    let missing = |topic: &Topic| {
        let made = |it: &Step| matches!(it, Step::Make(made) if made == topic);
        steps.iter().any(made)
    };
    let wrong = steps.iter().filter_map(|it| match it {
        Step::Repair(subscription) => Some(subscription.clone()),
        Step::Make(_) => None,
    });
    Survey {
        right: TOPICS.into_iter().filter(|it| !needs(it)).collect(),
        missing: TOPICS.into_iter().filter(missing).collect(),
        wrong: wrong.collect(),
        foreign: listed
            .into_iter()
            .filter(|it| !named(it) && it.uri != wish.uri)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(topic: &Topic, uri: &str, name: Option<&str>) -> Subscription {
        Subscription {
            id: format!("gid://shopify/WebhookSubscription/{}", uri.len()),
            topic: topic.graphql_name(),
            uri: uri.to_owned(),
            format: "JSON".to_owned(),
            name: name.map(str::to_owned),
            narrowed: false,
            version: None,
        }
    }

    #[test]
    fn each_topic_is_right_missing_or_wrong_and_what_others_made_is_told_apart() {
        let url = PublicUrl::parse("https://sync.example.com").expect("a URL");
        let (create, updated) = (Topic::OrdersCreate, Topic::OrdersUpdated);
        let listed = vec![
            subscription(&create, &url.webhooks(), Some(NAME)),
            subscription(&updated, "https://old.example.com/x", Some(NAME)),
            subscription(&create, "https://warehouse.example.com", Some("warehouse")),
        ];
        let survey = sorted(listed.clone(), Some(&url));
        assert_eq!(survey.right, std::slice::from_ref(&create));
        assert_eq!(survey.wrong, listed[1..2]);
        assert_eq!(survey.foreign, listed[2..]);
        assert_eq!(survey.missing.len(), TOPICS.len() - 2);
        let nameless = sorted(listed, None);
        assert_eq!(nameless.right, [create, updated]);
        assert_eq!(nameless.foreign.len(), 1);
    }
}
