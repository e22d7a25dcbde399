//! The program, its documentation, its dashboard and its rules speak of the same metrics.

use std::{collections::BTreeSet, path::PathBuf};

use service::counters::Counters;

fn docs(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let path = path.join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The metrics on a page as they are asked for, histograms by their family's name.
fn registered() -> BTreeSet<String> {
    let page = Counters::default().page();
    let types = page.lines().filter_map(|it| it.strip_prefix("# TYPE "));
    types
        .map(|it| match it.split_once(' ').expect("a name and a type") {
            (name, "counter") => format!("{name}_total"),
            (name, "info") => format!("{name}_info"),
            (name, _) => name.to_owned(),
        })
        .collect()
}

/// Every metric that a text names.
fn named(text: &str) -> BTreeSet<String> {
    let is_part = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_';
    let found = text.match_indices("onedeal_").map(|(at, _)| {
        let rest = &text[at..];
        let end = rest.find(|it| !is_part(it)).unwrap_or(rest.len());
        let name = &rest[..end];
        let family = ["_bucket", "_count", "_sum"]
            .iter()
            .find_map(|it| name.strip_suffix(it));
        family.unwrap_or(name).to_owned()
    });
    found.collect()
}

/// The metrics that have a row of their own.
fn explained(text: &str) -> BTreeSet<String> {
    let rows = text.lines().filter(|it| it.starts_with("| `onedeal_"));
    rows.flat_map(|it| named(it.split(" | ").next().unwrap_or_default()))
        .collect()
}

#[test]
fn the_documentation_explains_every_metric_and_no_other() {
    let text = docs("metrics.md");
    assert_eq!(explained(&text), registered());
    let unknown: Vec<_> = named(&text).difference(&registered()).cloned().collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn the_dashboard_and_the_rules_name_only_what_there_is() {
    for name in ["grafana/onedeal.json", "alerts.yml", "seed.md"] {
        let named = named(&docs(name));
        assert!(3 < named.len(), "{name} names {named:?}");
        let unknown: Vec<_> = named.difference(&registered()).cloned().collect();
        assert!(unknown.is_empty(), "{name} names {unknown:?}");
    }
}

#[test]
fn every_metric_has_a_help_text_and_follows_the_conventions() {
    let page = Counters::default().page();
    assert!(page.ends_with("# EOF\n"));
    for name in registered() {
        let family = name.trim_end_matches("_total").trim_end_matches("_info");
        assert!(name.starts_with("onedeal_"), "{name}");
        assert!(page.contains(&format!("# HELP {family} ")), "{name}");
    }
}

#[test]
fn the_columns_of_the_documentation_are_whole() {
    for line in docs("metrics.md")
        .lines()
        .filter(|it| it.starts_with("| `"))
    {
        assert_eq!(line.matches(" | ").count(), 3, "{line}");
    }
}

#[test]
fn every_label_stands_on_the_page_from_the_start() {
    let page = Counters::default().page();
    for line in [
        "onedeal_deliveries_total{kind=\"stored\"} 0",
        "onedeal_portal_commands_total{method=\"crm.item.add\",outcome=\"unknown\"} 0",
        "onedeal_queue_age_seconds{class=\"doubt\"} 0",
        "onedeal_alert_raised{condition=\"portal_closed\"} 0",
        "onedeal_subscriptions_missing -1",
    ] {
        assert!(page.lines().any(|it| it == line), "{line} in\n{page}");
    }
}
