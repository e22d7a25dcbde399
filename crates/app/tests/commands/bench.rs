//! The benchmarks in virtual time: what they show depends on nothing but their flags.

use serde_json::Value;

use crate::program::{Folder, Ran};

fn bench(args: &[&str]) -> (Ran, Value) {
    let ran = Folder::new().run(&[&["bench"], args, &["--json"]].concat(), &[]);
    let report = serde_json::from_str(&ran.out).unwrap_or(Value::Null);
    (ran, report)
}

#[test]
fn a_backlog_drains_in_few_requests_and_the_same_way_each_time() {
    let args = ["drain", "--orders", "400", "--without-seed"];
    let (ran, report) = bench(&args);
    assert_eq!(report["time"], "virtual", "{ran:?}");
    let ours = &report["onedeal"];
    assert!(
        ours["requests_per_order"].as_f64().unwrap() < 0.15,
        "{report}"
    );
    assert_eq!(
        (&ours["refused_503"], &ours["refused_429"]),
        (&0.into(), &0.into())
    );
    assert_eq!(bench(&args).1, report);
}

#[test]
fn a_backlog_with_contacts_drains_too() {
    let (ran, report) = bench(&["drain", "--orders", "200", "--contacts", "--without-seed"]);
    let per_order = report["onedeal"]["requests_per_order"].as_f64();
    assert!(per_order.is_some_and(|it| it < 0.3), "{ran:?}");
}

#[test]
fn an_idle_portal_has_a_new_order_after_two_round_trips_and_an_update_after_one() {
    let (ran, report) = bench(&["latency", "--samples", "5"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let trips: Vec<f64> = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["p50_round_trips"].as_f64().unwrap())
        .collect();
    assert_eq!(trips, [2.0, 2.0, 1.0, 1.0, 2.0]);
}

#[test]
fn a_rate_that_is_none_is_explained() {
    let ran = Folder::new().run(&["bench", "drain", "--rate", "fast"], &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("such as 2,50"), "{}", ran.err);
}
