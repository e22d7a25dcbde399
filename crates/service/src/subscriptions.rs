//! Webhook subscriptions: those that are missing are made, ours that point elsewhere are repaired, all others are left alone.
//!
//! Shopify removes a subscription after eight failed deliveries in a row, and with an uninstalled app all of them
//! (facts/shopify.md §1.4), so each pass of the reconciler looks again.

mod manual;
mod plan;
mod survey;

use std::{collections::BTreeSet, net::IpAddr};

use serde_json::Value;
use shopify::{
    Topic,
    subscriptions::{self as wire, Done, Subscription, Wish},
};
use store::Store;

pub use manual::{Manual, manual, manual_in_russian};
pub use plan::{NAME, TOPICS};
use plan::{Step, plan};
pub use survey::{Survey, survey};

use crate::{
    Chain,
    access::INSTALL_PATH,
    admin::{Admin, AdminError},
    board::Looked,
    intake::PATH,
    transport::Transport,
    worker::Shared,
};

/// Where Shopify reaches this service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

/// Why a text is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAPublicUrl {
    /// Not a URL with a host.
    #[error("it is not a URL")]
    NotAUrl,
    /// Shopify delivers to https only (facts/shopify.md §1.3).
    #[error("it does not begin with https://")]
    NotHttps,
    /// A query, a fragment, a name or a password.
    #[error("it is more than a host and a path")]
    Extra,
}

impl PublicUrl {
    /// Reads `https://sync.example.com`, with or without a path that a proxy takes away. Plain http is accepted for
    /// loopback addresses, which a test puts in the place of a public one.
    ///
    /// # Errors
    /// The text is not such a URL.
    pub fn parse(text: &str) -> Result<Self, NotAPublicUrl> {
        let text = text.trim().trim_end_matches('/');
        if text.contains(['?', '#', '@']) {
            return Err(NotAPublicUrl::Extra);
        }
        let uri: http::Uri = text.parse().map_err(|_| NotAPublicUrl::NotAUrl)?;
        match (uri.scheme_str(), uri.host()) {
            (Some("https"), Some(_)) => Ok(Self(text.to_owned())),
            (Some("http"), Some(host)) if is_loopback(host) => Ok(Self(text.to_owned())),
            (Some(_), Some(_)) => Err(NotAPublicUrl::NotHttps),
            (_, _) => Err(NotAPublicUrl::NotAUrl),
        }
    }

    /// Where webhooks go.
    pub fn webhooks(&self) -> String {
        format!("{}{PATH}", self.0)
    }

    /// Where Bitrix24 tells that the application was installed.
    pub fn installations(&self) -> String {
        format!("{}{INSTALL_PATH}", self.0)
    }

    /// Where the service says that it lives.
    pub fn health(&self) -> String {
        format!("{}/healthz", self.0)
    }

    /// The address itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse().is_ok_and(|it: IpAddr| it.is_loopback())
}

/// Looks through all subscriptions and makes them what they should be.
pub(crate) async fn repair<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    admin: &Admin<T>,
    url: &PublicUrl,
) -> Result<(), AdminError> {
    let wish = Wish {
        uri: url.webhooks(),
        name: NAME.to_owned(),
    };
    let memory = format!("subscribed/{}", admin.shop());
    // What was there before tells a removed subscription from a new one; without it, it is only called new.
    let before = shared.store.meta(&memory).await.ok().flatten();
    let before: BTreeSet<&str> = before.as_deref().unwrap_or_default().split(' ').collect();
    let mut listed = list(admin).await?;
    let mut missing = Vec::new();
    for step in plan(&listed, &wish) {
        let done = match &step {
            Step::Make(topic) => {
                admin
                    .ask(&wire::create_request(topic, &wish), by_ref(wire::created))
                    .await?
            }
            Step::Repair(subscription) => {
                admin
                    .ask(
                        &wire::update_request(&subscription.id, &wish),
                        by_ref(wire::updated),
                    )
                    .await?
            }
        };
        if done == Done::AlreadyTaken {
            listed = list(admin).await?;
        }
        let removed = before.contains(step.topic());
        if !say(shared, &step, &done, &listed, &wish, removed) {
            missing.push(step.topic().to_owned());
        }
    }
    let count = i64::try_from(missing.len()).unwrap_or(i64::MAX);
    shared.counters.shop.subscriptions_missing.set(count);
    let at = shared.clock.wall();
    shared.notes.subscriptions(Looked { at, missing });
    remember(shared, &memory, before).await;
    Ok(())
}

/// All subscriptions that this app made by API.
async fn list<T: Transport>(admin: &Admin<T>) -> Result<Vec<Subscription>, AdminError> {
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let request = wire::list_request(after.as_deref());
        let page = admin.ask(&request, by_ref(wire::page)).await?;
        all.extend(page.subscriptions);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

fn by_ref<R>(
    read: fn(&Value) -> Result<R, shopify::answer::Failed>,
) -> impl Fn(Value) -> Result<R, shopify::answer::Failed> {
    move |answer| read(&answer)
}

/// Says and counts what was done, and whether all is well with the topic now.
fn say<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    step: &Step,
    done: &Done,
    listed: &[Subscription],
    wish: &Wish,
    removed: bool,
) -> bool {
    let topic = step.topic();
    let there = || {
        let fits = |it: &&Subscription| it.topic == topic && it.uri == wish.uri;
        listed.iter().any(|it| fits(&it))
    };
    match (step, done) {
        (_, Done::Refused(why)) => {
            shared.counters.subscription("refused");
            tracing::warn!(
                topic,
                why,
                "Shopify refuses the webhook subscription {topic}"
            );
            false
        }
        (_, Done::AlreadyTaken) if !there() => {
            shared.counters.subscription("refused");
            tracing::warn!(
                topic,
                "Shopify says that the webhook subscription {topic} exists, and does not list it"
            );
            false
        }
        (_, Done::AlreadyTaken) => true,
        (Step::Make(_), Done::Yes(_)) if removed => {
            shared.counters.subscription("made_again");
            tracing::warn!(
                topic,
                "The webhook subscription {topic} was removed, as Shopify does after failed deliveries; it is made again, and the reconciler reads what was missed"
            );
            true
        }
        (Step::Make(_), Done::Yes(made)) => {
            shared.counters.subscription("made");
            let version = made.as_ref().and_then(|it| it.version.as_deref());
            tracing::info!(
                topic,
                webhook.version = version,
                "The webhook subscription {topic} is made"
            );
            true
        }
        (Step::Repair(_), Done::Yes(Some(now))) if plan::is_wrong(now, wish) => {
            shared.counters.subscription("refused");
            tracing::warn!(
                topic,
                "The webhook subscription {topic} could not be repaired; remove it by hand and it is made anew"
            );
            false
        }
        (Step::Repair(_), Done::Yes(_)) => {
            shared.counters.subscription("repaired");
            tracing::warn!(
                topic,
                "The webhook subscription {topic} pointed elsewhere or was narrowed; it is repaired"
            );
            true
        }
    }
}

/// Remembers which topics were there once. A failure only costs the word "again".
async fn remember<S: Store, T: Transport>(
    shared: &Shared<S, T>,
    memory: &str,
    before: BTreeSet<&str>,
) {
    let all: Vec<String> = TOPICS.iter().map(Topic::graphql_name).collect();
    if all.iter().all(|it| before.contains(it.as_str())) {
        return;
    }
    if let Err(error) = shared.store.set_meta(memory, &all.join(" ")).await {
        tracing::warn!(error = %Chain(&error), "Failed to remember the webhook subscriptions");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webhooks_come_to_a_public_address_over_https() {
        let url = PublicUrl::parse("https://sync.example.com/shop-a/").expect("a URL");
        assert_eq!(
            url.webhooks(),
            "https://sync.example.com/shop-a/webhooks/shopify"
        );
        assert_eq!(
            PublicUrl::parse("http://sync.example.com"),
            Err(NotAPublicUrl::NotHttps)
        );
        assert!(PublicUrl::parse("http://127.0.0.1:8080").is_ok());
        assert_eq!(
            PublicUrl::parse("sync.example.com"),
            Err(NotAPublicUrl::NotAUrl)
        );
        assert_eq!(
            PublicUrl::parse("https://a.example/?x"),
            Err(NotAPublicUrl::Extra)
        );
    }
}
