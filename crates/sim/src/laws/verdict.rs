//! What is said of a universe once it is judged: figures, faults, what occurred, and a fingerprint of all of it.

use std::collections::BTreeMap;

use kernel::version::Digest;

use super::{
    Breach, Verdict, View, tally,
    view::{API_USER, OrderView},
};
use crate::world::World;

/// So long is called hours.
const HOUR_MS: u64 = 3_600_000;

impl View {
    /// Figures, faults and fingerprint.
    pub(super) fn verdict(self, world: &World, breaches: Vec<Breach>) -> Verdict {
        let stats = world.portal.stats();
        let shop = world.shop.stats();
        let (crashes, with_intent) = world.crashes();
        let mut figures = BTreeMap::new();
        let mut figure = |name: &str, value: u64| figures.insert(name.to_owned(), value);
        figure("orders", self.orders.len() as u64);
        figure("deliveries", shop.deliveries.values().sum());
        figure("attempts at deliveries", shop.attempts);
        figure("portal requests", stats.requests);
        if world.script.app.is_some() {
            let (installs, removals) = world.installs();
            let renewed = stats.oauth.get("refreshed").copied().unwrap_or_default();
            figure("applications", 1);
            figure("applications installed", installs);
            figure("applications removed", removals);
            figure("pairs of tokens bought", renewed);
            figure("pairs of tokens lost", world.network.tokens_lost());
        }
        figure("crashes", crashes);
        figure("crashes with an open intent", with_intent);
        figure("deals created", self.created_by_us().count() as u64);
        figure("simulated seconds", world.clock.millis() / 1_000);
        figure("warnings", world.trace.warnings());
        figure(
            "edits of people written over between our read and write",
            super::people::in_the_gap(&self),
        );
        let mut faults: BTreeMap<String, u64> = stats
            .faults
            .iter()
            .map(|(name, count)| (format!("portal {name}"), *count))
            .collect();
        faults.extend(
            shop.faults
                .iter()
                .map(|(name, count)| (format!("shop {name}"), *count)),
        );
        faults.extend(
            world
                .network
                .struck()
                .into_iter()
                .map(|(name, count)| (format!("network {name}"), count)),
        );
        faults.extend(
            world
                .shop_network
                .struck()
                .into_iter()
                .map(|(name, count)| (format!("shop network {name}"), count)),
        );
        faults.insert("crash".to_owned(), crashes);
        let people = self.journal.iter().filter(|it| it.who != API_USER).count() as u64;
        faults.insert("people".to_owned(), people);
        faults.retain(|_, count| 0 < *count);
        let trace = world.trace.lines();
        let fingerprint = Digest::of(&(&figures, &faults, &trace, self.ledger(), self.truths()));
        Verdict {
            seed: self.script.seed,
            breaches,
            tally: tally::tally(&self, world.seeds_duplicate_answers()),
            figures,
            faults,
            seen: self.seen(world),
            fingerprint: fingerprint.as_str().to_owned(),
            trace,
        }
    }

    fn ledger(&self) -> Vec<(String, Vec<String>)> {
        let lines = |it: &OrderView| {
            it.timeline
                .iter()
                .map(|it| format!("{} {} {}", it.at, it.kind, it.text))
                .collect()
        };
        self.orders
            .iter()
            .map(|it| (it.truth.name.clone(), lines(it)))
            .collect()
    }

    fn truths(&self) -> Vec<String> {
        self.journal
            .iter()
            .map(|it| format!("{} {} {} {:?}", it.at, it.who, it.id, it.kind))
            .collect()
    }

    /// Which states, outcomes and conclusions occurred, by the timelines.
    fn seen(&self, world: &World) -> BTreeMap<String, u64> {
        let cold_starts = world.cold_starts();
        let mut seen = BTreeMap::from([("state cold ledger".to_owned(), cold_starts)]);
        if world.script.app.is_some() {
            seen.extend(app_seen(world));
        }
        for (name, count) in &self.met {
            *seen.entry(name.clone()).or_default() += count;
        }
        if self.admin_is_whole() {
            seen.insert("subscription repaired".to_owned(), self.unsubscribed);
        }
        for command in &self.commands {
            let word = command.action.split('"').nth(3).unwrap_or_default();
            let outcome = command.outcome.as_deref().unwrap_or("waits");
            *seen
                .entry(format!("operator {word} {outcome}"))
                .or_default() += 1;
        }
        for order in &self.orders {
            if order.found_by_reconciler() {
                *seen
                    .entry("reconciler found a lost order".to_owned())
                    .or_default() += 1;
            }
            if order.settled_by_refetch() {
                *seen
                    .entry("refetch settled a contested second".to_owned())
                    .or_default() += 1;
            }
            let body = &order.truth.body_json;
            if body["customer"].is_null() {
                *seen.entry("order without customer".to_owned()).or_default() += 1;
            }
            if body["billing_address"].is_null() && body["shipping_address"].is_null() {
                *seen
                    .entry("order without addresses".to_owned())
                    .or_default() += 1;
            }
            *seen
                .entry(format!("state {}", order.state.phase()))
                .or_default() += 1;
            for intent in &order.intents {
                let outcome = intent.outcome.as_deref().unwrap_or("open");
                *seen
                    .entry(format!("outcome {} {outcome}", intent.kind))
                    .or_default() += 1;
            }
            for line in order.timeline.iter().filter(|it| it.kind == "decided") {
                let words: String = line
                    .text
                    .chars()
                    .filter(|it| !it.is_ascii_digit())
                    .collect();
                let words: Vec<&str> = words.split_whitespace().take(5).collect();
                *seen
                    .entry(format!("concluded {}", words.join(" ")))
                    .or_default() += 1;
            }
        }
        seen
    }
}

/// What happened to the application.
fn app_seen(world: &World) -> Vec<(String, u64)> {
    let stats = world.portal.stats();
    let (installs, removals) = world.installs();
    let for_hours =
        |window: Option<(u64, u64)>| window.is_some_and(|(from, to)| from + HOUR_MS <= to);
    let struck = |name: &str| stats.faults.get(name).copied().unwrap_or_default();
    let revoked = for_hours(world.script.portal.revoked_ms) && 0 < struck("revoked_ms");
    let narrow = for_hours(world.script.portal.narrow_ms) && 0 < struck("narrow_ms");
    let seen = [
        ("application: installed again", installs.saturating_sub(1)),
        ("application: removed", removals),
        ("application: access revoked for hours", u64::from(revoked)),
        ("application: a right missing for hours", u64::from(narrow)),
    ];
    let mut seen: Vec<_> = seen.map(|(name, count)| (name.to_owned(), count)).into();
    let answers = stats.oauth.iter();
    seen.extend(answers.map(|(code, count)| (format!("application: tokens {code}"), *count)));
    seen
}
