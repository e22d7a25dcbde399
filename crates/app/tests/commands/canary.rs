//! `onedeal check --canary` against a portal on a port, in scaled time: what it proves, and that it leaves nothing behind.

use std::{
    process::{Child, Command, Output},
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use simulators::bitrix24::{ChangeKind, Deal, Faults, PortalConfig, Robot};

use crate::{
    program::Ran,
    stand::{Stand, on_time},
};

/// Between two looks at the portal.
const LOOK: Duration = Duration::from_millis(10);

/// A test that has not seen what it waits for after so many looks has failed; passing takes seconds.
const LOOKS_MAX: u32 = 12_000;

/// A portal with people's work on it, robots, lists that lag, and time scaled as in the demo.
fn stand() -> Stand {
    with(PortalConfig::default())
}

fn with(config: PortalConfig) -> Stand {
    let robot = Robot {
        user: 9,
        after_ms: (50, 150),
        stage: Some("PREPARATION".to_owned()),
        comments: Some("The robot called.".to_owned()),
    };
    let stand = Stand::with(PortalConfig {
        robot: Some(robot),
        ..on_time(config)
    })
    .set("ONEDEAL_BITRIX24_TIMEOUT_MS", "1000")
    .set("ONEDEAL_SETTLE_MS", "5000");
    stand.portal.set_faults(lagging());
    for number in 1..=3 {
        stand.deal(&json!({"title": format!("by hand {number}"), "opportunity": number, "assignedById": 5}));
    }
    let contact = json!({"name": "Erika"});
    stand
        .portal
        .create_contact(5, contact.as_object().unwrap().clone());
    stand
}

/// A portal that takes so many milliseconds for a create.
fn adding_in(millis: u64) -> Stand {
    let slow = [("crm.item.add".to_owned(), (millis, millis))];
    with(PortalConfig {
        command_ms: slow.into(),
        ..PortalConfig::default()
    })
}

/// Every version of a record shows late in lists.
fn lagging() -> Faults {
    Faults {
        list_lag: 1.0,
        lag_ms: (300, 800),
        ..Faults::default()
    }
}

/// Waits until something shows.
#[track_caller]
fn until<T>(what: &str, mut shows: impl FnMut() -> Option<T>) -> T {
    for _ in 0..LOOKS_MAX {
        if let Some(shown) = shows() {
            return shown;
        }
        thread::sleep(LOOK);
    }
    panic!("{what} never showed");
}

/// The canary's deal, once it is there.
fn canary(stand: &Stand) -> Deal {
    until("the canary's deal", || {
        let deals = stand.portal.deals();
        let ours = |it: &Deal| it.originator_id.ends_with(".canary.invalid") && !it.deleted;
        deals.into_iter().find(ours)
    })
}

fn note(stand: &Stand) -> std::path::PathBuf {
    stand.folder.path().join("onedeal.db.canary/note.jsonl")
}

/// Waits until the note tells of a step.
fn noted(stand: &Stand, step: &str) {
    until(step, || {
        let text = std::fs::read_to_string(note(stand)).ok()?;
        text.contains(step).then_some(())
    });
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

/// Deals that a canary created since the beginning.
fn created(stand: &Stand) -> usize {
    let made = |it: &&simulators::bitrix24::Change| {
        let ours = it
            .after
            .as_ref()
            .is_some_and(|it| it.originator_id.ends_with(".canary.invalid"));
        it.kind == ChangeKind::Created && ours
    };
    stand.portal.journal().iter().filter(made).count()
}

#[test]
fn one_lost_answer_among_robots_and_lag_ends_in_one_deal_and_a_portal_as_it_was() {
    let stand = stand();
    let before = stand.portal.standing();
    let child = stand.start(&["check", "--canary", "--yes", "--json"]);
    canary(&stand);
    // From now on the network loses answers by itself, too.
    stand.portal.set_faults(Faults {
        lose_answer: 0.15,
        storm_503: 0.1,
        ..lagging()
    });
    let output = child.wait_with_output().unwrap();
    let report = report(&output);
    let canary = &report["canary"];
    assert_eq!(canary["verdict"], "right", "{canary:#}");
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    assert_eq!(
        (created(&stand), canary["answers_thrown_away"].as_u64()),
        (1, Some(1))
    );
    assert_eq!(canary["by_origin"], json!([canary["deal"]]));
    assert_eq!(canary["by_field"], canary["by_origin"]);
    assert_eq!(canary["cleaned"], canary["by_origin"]);
    let moved = canary["moved_to"].as_str().unwrap();
    assert!(moved.contains("PREPARATION"), "{moved}");
    let lag = canary["lag_by_origin_s"]["at_latest"].as_f64().unwrap();
    let added = canary["add_portal_s"].as_f64().unwrap();
    assert!(0.2 < lag && 0.1 <= added, "lag {lag} s, one add {added} s");
    assert!(5.0 <= canary["settled_s"].as_f64().unwrap());

    assert_eq!(stand.portal.standing(), before);
    let left: Vec<_> = std::fs::read_dir(stand.folder.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_person_reads_the_figures_and_the_verdict() {
    let stand = stand();
    let Ran { code, out, err } = stand.run(&["check", "--canary", "--yes"]);
    assert_eq!(code, 0, "{out}\n{err}");
    let (_, page) = out.split_once("\nCanary\n").unwrap();
    for words in [
        "1.00 EUR, no customer",
        "by origin pair: #4; by order field: #4",
        "the answer to the create was thrown away; found again after",
        "by origin pair shown",
        "s of the portal's time",
        "a robot or a person moved it to `Preparation` (General, PREPARATION), which was left so",
        "deal #4 deleted by id, after its key was read again",
        "RIGHT: a lost answer, exactly one deal, everything cleaned up.",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    assert!(
        err.contains("canary: the portal created deal #4; its answer is thrown away"),
        "{err}"
    );
}

#[test]
fn an_answer_that_comes_too_late_by_itself_is_as_good_a_proof() {
    // The deal is there after 0.9 s, the answer only after 1.5 s, and one second is waited for it.
    let stand = adding_in(1_500);
    let before = stand.portal.standing();
    let child = stand.start(&["check", "--canary", "--yes", "--json"]);
    let output = child.wait_with_output().unwrap();
    let canary = &report(&output)["canary"];
    assert_eq!(canary["verdict"], "right", "{canary:#}");
    let counts = [
        &canary["creates_sent"],
        &canary["creates_answered"],
        &canary["answers_thrown_away"],
    ];
    assert_eq!(counts, [&json!(1), &json!(0), &json!(0)]);
    assert_eq!((created(&stand), stand.portal.standing()), (1, before));
}

#[test]
fn a_killed_canary_is_cleaned_up_by_the_next_one() {
    let stand = stand();
    let before = stand.portal.standing();
    let mut child = stand.start(&["check", "--canary", "--yes", "--json"]);
    let deal = canary(&stand);
    noted(&stand, "made");
    signal(&child, "-KILL");
    child.wait().unwrap();
    assert!(note(&stand).exists());
    assert_ne!(stand.portal.standing(), before);

    let output = stand
        .start(&["check", "--canary", "--yes", "--json"])
        .wait_with_output()
        .unwrap();
    let told = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(
        told.contains("was not cleaned up: looking for its deal"),
        "{told}"
    );
    assert!(
        told.contains(&format!("deal #{} of it was deleted", deal.id)),
        "{told}"
    );
    assert_eq!(report(&output)["canary"]["verdict"], "right", "{told}");
    assert_eq!(stand.portal.standing(), before);
    assert!(!note(&stand).exists());
}

#[test]
fn a_create_that_lands_after_its_canary_was_killed_is_cleaned_up_too() {
    let stand = adding_in(900);
    let before = stand.portal.standing();
    let mut child = stand.start(&["check", "--canary", "--yes"]);
    noted(&stand, "sending");
    signal(&child, "-KILL");
    child.wait().unwrap();
    assert_eq!(stand.portal.standing(), before, "it has not landed yet");
    // The next one begins at once: the deal lands while it flies, and no note names it.
    let output = stand
        .start(&["check", "--canary", "--yes", "--json"])
        .wait_with_output()
        .unwrap();
    assert_eq!(report(&output)["canary"]["verdict"], "right", "{output:?}");
    assert_eq!(created(&stand), 2);
    assert_eq!(stand.portal.standing(), before);
    assert!(!note(&stand).exists());
}

#[test]
fn ctrl_c_in_the_middle_removes_what_was_made() {
    let stand = stand();
    let before = stand.portal.standing();
    let child = stand.start(&["check", "--canary", "--yes", "--json"]);
    canary(&stand);
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    let report = report(&output);
    assert_eq!(report["canary"]["verdict"], "interrupted", "{report:#}");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stand.portal.standing(), before);
    assert!(!note(&stand).exists());
}

#[test]
fn without_consent_nothing_is_written_anywhere() {
    let stand = stand();
    let changes = stand.portal.journal().len();
    let Ran { code, out, .. } = stand.run(&["check", "--canary"]);
    assert_eq!(code, 1);
    assert!(
        out.contains("NOT RUN: nobody agreed (run it with --yes"),
        "{out}"
    );
    assert_eq!(stand.portal.journal().len(), changes);
    assert_eq!(std::fs::read_dir(stand.folder.path()).unwrap().count(), 0);
}

#[test]
fn a_deal_that_lost_its_key_is_left_alone_and_told() {
    let stand = stand();
    let child = stand.start(&["check", "--canary", "--yes", "--json"]);
    let deal = canary(&stand);
    let fields = json!({"originId": "a person's"});
    let edited = stand
        .portal
        .edit_deal(5, deal.id, fields.as_object().unwrap().clone());
    assert!(edited);
    let output = child.wait_with_output().unwrap();
    let report = report(&output);
    assert_eq!(
        (output.status.code(), &report["canary"]["verdict"]),
        (Some(1), &json!("wrong"))
    );
    let left = report["canary"]["left"][0].as_str().unwrap();
    assert!(
        left.contains(&format!("deal #{} carries another key or mark", deal.id)),
        "{left}"
    );
    assert!(!stand.portal.deal(deal.id).unwrap().deleted);
}

#[test]
fn a_second_deal_with_the_key_is_wrong_and_is_not_ours_to_delete() {
    let stand = stand();
    let child = stand.start(&["check", "--canary", "--yes", "--json"]);
    let ours = canary(&stand);
    let copy = stand.deal(&json!({
        "title": "a copy", "originatorId": ours.originator_id, "originId": ours.origin_id,
    }));
    let output = child.wait_with_output().unwrap();
    let canary = &report(&output)["canary"];
    assert_eq!(
        (output.status.code(), &canary["verdict"]),
        (Some(1), &json!("wrong"))
    );
    assert_eq!(canary["by_origin"], json!([ours.id, copy]));
    assert!(stand.portal.deal(ours.id).unwrap().deleted);
    assert!(!stand.portal.deal(copy).unwrap().deleted);
}

#[test]
fn a_mapping_that_wants_no_such_deal_is_named() {
    let stand = stand().mapping("create_when = \"order.customer.name\"\n");
    let Ran { code, out, .. } = stand.run(&["check", "--canary", "--yes"]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("NOT RUN: the mapping wants no deal"), "{out}");
    assert_eq!(created(&stand), 0);
}
