//! The mapping's documents say all there is, and all that they say works.

use std::path::Path;

use jiff::tz::TimeZone;
use kernel::mapping::{FILTERS, FUNCTIONS, Mapping, MappingFile, template_names};
use serde_json::Value;
use simulators::shopify::{ShopConfig, composed_order, wire_bytes};

use crate::{
    program::Folder,
    stand::{Stand, furnished},
};

fn document(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    std::fs::read_to_string(root.join(name)).unwrap()
}

fn example() -> String {
    document("mapping.example.toml")
}

fn compiles(text: &str) -> Mapping {
    let file: MappingFile = toml::from_str(text).unwrap();
    Mapping::default().with_file(&file, TimeZone::UTC).unwrap()
}

/// The words that a place of the file accepts, as the reader itself lists them.
fn accepted(wrong: &str) -> Vec<String> {
    let error = toml::from_str::<MappingFile>(wrong).unwrap_err();
    let message = error.message();
    let listed = message.split_once("expected").unwrap().1;
    let words = listed.split('`').skip(1).step_by(2).map(str::to_owned);
    words.collect()
}

#[test]
fn the_example_mentions_every_key_and_every_word_of_the_file() {
    let text = example();
    let stage = "[[stage]]\nwhen = \"true\"\nto = \"WON\"\n";
    for (wrong, is_key) in [
        ("zzz = 1".to_owned(), true),
        ("[fields.title]\nzzz = 1".to_owned(), true),
        (format!("{stage}zzz = 1"), true),
        ("[contact]\nzzz = 1".to_owned(), true),
        ("recreate = \"zzz\"".to_owned(), false),
        ("[fields.title]\nas = \"zzz\"".to_owned(), false),
        ("[fields.title]\nowner = \"zzz\"".to_owned(), false),
    ] {
        let words = accepted(&wrong);
        assert!(!words.is_empty(), "{wrong}");
        for word in words {
            let told = if is_key {
                text.lines().any(|it| {
                    let begins = |form: &str| it.starts_with(form);
                    begins(&format!("{word} = "))
                        || begins(&format!("[{word}"))
                        || begins(&format!("[[{word}"))
                })
            } else {
                text.contains(&format!("\"{word}\""))
            };
            assert!(told, "the example does not show `{word}`");
        }
    }
}

#[test]
fn the_example_lists_every_name_that_templates_know_and_no_other() {
    let text = example();
    let list = text.split_once("# Names that templates").unwrap().1;
    let list = list.split_once("# Filters and functions").unwrap().0;
    let told: Vec<&str> = list
        .split(|it: char| !(it.is_ascii_alphanumeric() || "._".contains(it)))
        .collect();
    let mut known: Vec<String> = template_names()
        .iter()
        .map(|it| {
            it.replace("order.lines[].", "line.")
                .replace("order.shipping_lines[].", "charge.")
        })
        .collect();
    for name in &known {
        assert!(
            told.contains(&name.as_str()),
            "the example does not list `{name}`"
        );
    }
    known.extend(
        [
            "order.lines",
            "order.shipping_lines",
            "order.attributes.gift",
        ]
        .map(str::to_owned),
    );
    let names = told.iter().filter(|it| {
        ["order.", "shop.", "line.", "charge."]
            .iter()
            .any(|begin| it.starts_with(begin) && it.len() > begin.len())
    });
    for name in names {
        assert!(known.iter().any(|it| it == name), "no order has `{name}`");
    }
}

#[test]
fn the_example_lists_every_filter_and_function_of_our_own() {
    let text = example();
    let list = text.split_once("# Filters and functions").unwrap().1;
    for name in FILTERS {
        assert!(list.contains(&format!("| {name} }}}}")), "{name}");
    }
    for name in FUNCTIONS {
        assert!(list.contains(&format!("{{{{ {name}(")), "{name}");
    }
}

#[test]
fn the_filters_that_the_example_recommends_exist() {
    let folder = Folder::new();
    folder.put("order.json", wire_bytes(&composed_order()));
    folder.put(
        "mapping.toml",
        r#"[fields.title]
text = """{{ order.po_number | default('x', true) }} {{ order.tags | sort | unique | join(', ') | upper | lower | title }}
{{ order.name | trim | replace('#', '') | length }} {{ order.tags | first }} {{ order.tags | last }}
{{ order.total | round | int | float }} {{ order.lines | map(attribute='price') | sum }} {{ 'a b' | split(' ') | list | length }}
{{ order.lines | selectattr('gift_card') | list | length }} {{ order.lines | rejectattr('sku', 'none') | list | length }}
{{ order.tags | select | list | length }} {{ order.name[:3] }} {{ 'a' in 'abc' and 1 <= 2 or not true }} {{ 1 ~ 2 }}
{{ order.po_number is none }} {{ order.name is startingwith('#') }}"""
"#,
    );
    let settings = [("ONEDEAL_MAPPING_FILE", "mapping.toml")];
    let ran = folder.run(&["map", "order.json", "--json"], &settings);
    let page: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (ran.code, &page["deal"]["problems"]),
        (0, &Value::Array(Vec::new()))
    );
}

#[test]
fn the_example_fits_a_portal_that_offers_what_it_names() {
    let (stand, _shop) = Stand::with(furnished()).furnish(ShopConfig::default());
    let ran = stand.mapping(&example()).run(&["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    assert!(ran.out.ends_with("All is well.\n"), "{}", ran.out);
}

#[test]
fn a_real_order_becomes_a_deal_by_the_example_and_no_rule_fails() {
    let mut order = composed_order();
    for (name, value) in [
        ("financial_status", "paid".into()),
        (
            "shipping_address",
            serde_json::json!({"country_code": "FR", "city": "Lyon"}),
        ),
        (
            "note_attributes",
            serde_json::json!([{"name": "earlier_deal", "value": "77"}]),
        ),
    ] {
        order[name] = value;
    }
    for order in [order, composed_order()] {
        let stand = Stand::with(furnished()).mapping(&example());
        stand.folder.put("order.json", wire_bytes(&order));
        let ran = stand.run(&["map", "order.json", "--portal", "--json"]);
        let page: Value = serde_json::from_str(&ran.out).unwrap();
        let problems = &page["deal"]["problems"];
        assert_eq!((ran.code, problems), (0, &Value::Array(Vec::new())));
    }
}

#[test]
fn the_seed_mapping_is_the_default_and_its_rules_can_be_switched_on() {
    let seed = document("mapping.seed.toml");
    let off = compiles(&seed);
    assert_eq!(off.field_makers().count(), 0);
    assert_eq!(off.order_field, "UF_CRM_1742556489");
    let on: Vec<String> = seed
        .lines()
        .map(|it| match it.strip_prefix("# ") {
            Some(rule) if rule.starts_with('[') || rule.contains(" = ") => rule.to_owned(),
            Some(_) | None => it.to_owned(),
        })
        .collect();
    let stand = Stand::with(furnished()).mapping(&on.join("\n"));
    let ran = stand.run(&["check"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("fields 4"), "{}", ran.out);
}

#[test]
fn the_mapping_within_the_guide_can_be_used() {
    let guide = document("mapping.md");
    let block = guide.split_once("```toml\n").unwrap().1;
    let block = block.split_once("```").unwrap().0;
    let lines: Vec<&str> = block.lines().map(str::trim).collect();
    assert_eq!(compiles(&lines.join("\n")).field_makers().count(), 2);
}
