//! Groups of jobs on a real database.

use std::sync::Mutex;

use super::*;

#[test]
fn an_answer_comes_only_after_the_commit() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("ledger.db");
    let db = Db::open(&path).expect("open");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let job = |name: &'static str| -> Grouped {
        let (path, seen) = (path.clone(), Arc::clone(&seen));
        let work: super::Work = Box::new(move |db| {
            db.expect("begun").set_meta(name, "here").expect("write");
            let reply: Reply = Box::new(move |lost| {
                let other = Db::open_to_read(&path).expect("open beside");
                let both = (
                    other.meta("first").expect("read"),
                    other.meta("second").expect("read"),
                );
                seen.lock().expect("lock").push((
                    lost.is_none(),
                    both.0.is_some(),
                    both.1.is_some(),
                ));
            });
            (None, reply)
        });
        Grouped::new(work, true, None)
    };
    commit_group(
        &db,
        vec![job("first"), job("second")],
        &Committed::default(),
    );
    assert_eq!(
        *seen.lock().expect("lock"),
        [(true, true, true), (true, true, true)]
    );
}

#[test]
fn a_failing_job_does_not_spoil_its_neighbours() {
    let db = Db::in_memory().expect("open");
    let failing = |db: &Db| {
        db.set_meta("b", "half")?;
        Err(StoreError::Closed)
    };
    let answers = run(
        &db,
        vec![
            ("a", Box::new(set("a"))),
            ("b", Box::new(failing)),
            ("c", Box::new(set("c"))),
        ],
    );
    assert_eq!(summary(&answers), ["a ok", "b failed", "c ok"]);
    assert_eq!(stored(&db), ["a", "c"]);
}

#[test]
fn jobs_before_an_early_end_of_the_transaction_are_told_and_the_rest_goes_on() {
    let db = Db::in_memory().expect("open");
    let ending = |db: &Db| {
        db.roll_back();
        Err(StoreError::Closed)
    };
    let answers = run(
        &db,
        vec![
            ("a", Box::new(set("a"))),
            ("b", Box::new(ending)),
            ("c", Box::new(set("c"))),
        ],
    );
    assert_eq!(summary(&answers), ["a failed", "b failed", "c ok"]);
    assert_eq!(stored(&db), ["c"]);
}

#[test]
fn a_failed_commit_is_told_to_the_whole_group() {
    let db = Db::in_memory().expect("open");
    let dangling = |db: &Db| {
        db.raw(
            "PRAGMA defer_foreign_keys=ON;
             INSERT INTO timeline (shop, order_id, at_ms, wall_ms, kind, text) VALUES ('x', 1, 0, 0, '', '')",
        );
        Ok(())
    };
    let answers = run(
        &db,
        vec![("a", Box::new(set("a"))), ("b", Box::new(dangling))],
    );
    assert_eq!(summary(&answers), ["a failed", "b failed"]);
    assert_eq!(stored(&db), [""; 0]);
    assert_eq!(
        summary(&run(&db, vec![("c", Box::new(set("c")))])),
        ["c ok"],
        "the next group works again"
    );
}

#[test]
fn an_append_that_fails_takes_its_transaction_with_it_and_all_are_told() {
    let db = Db::in_memory().expect("open");
    let fails = |db: &Db| {
        db.set_meta("b", "here")?;
        Err(StoreError::Closed)
    };
    let answers = run_with(
        &db,
        vec![
            ("a", Box::new(set("a"))),
            ("b", Box::new(fails)),
            ("c", Box::new(set("c"))),
        ],
        |name| name != "b",
    );
    assert_eq!(summary(&answers), ["a failed", "b failed", "c ok"]);
    assert_eq!(stored(&db), ["c"]);
}

#[test]
fn a_full_disk_is_named_and_passes() {
    let db = Db::in_memory().expect("open");
    db.raw("PRAGMA max_page_count=60");
    let large = |db: &Db| db.set_meta("large", &"x".repeat(1_000_000));
    let answers = run(
        &db,
        vec![("large", Box::new(large)), ("c", Box::new(set("c")))],
    );
    let (_, answer) = &answers[0];
    assert!(matches!(answer, Err(StoreError::Full { .. })), "{answer:?}");
    assert_eq!(summary(&answers), ["large failed", "c ok"]);
}

type Work = Box<dyn FnOnce(&Db) -> Answer<()> + Send>;

fn set(key: &'static str) -> impl FnOnce(&Db) -> Answer<()> {
    move |db| db.set_meta(key, "here")
}

fn run(db: &Db, works: Vec<(&'static str, Work)>) -> Vec<(&'static str, Answer<()>)> {
    run_with(db, works, |_| true)
}

fn run_with(
    db: &Db,
    works: Vec<(&'static str, Work)>,
    alone: impl Fn(&str) -> bool,
) -> Vec<(&'static str, Answer<()>)> {
    let mut waiting = Vec::new();
    let jobs = works
        .into_iter()
        .map(|(name, work)| {
            let (answer, answered) = oneshot::channel();
            waiting.push((name, answered));
            Grouped::new(grouped(work, answer), alone(name), None)
        })
        .collect();
    commit_group(db, jobs, &Committed::default());
    waiting
        .into_iter()
        .map(|(name, mut answered)| (name, answered.try_recv().expect("answered")))
        .collect()
}

fn summary(answers: &[(&'static str, Answer<()>)]) -> Vec<String> {
    answers
        .iter()
        .map(|(name, it)| format!("{name} {}", if it.is_ok() { "ok" } else { "failed" }))
        .collect()
}

fn stored(db: &Db) -> Vec<&'static str> {
    ["a", "b", "c"]
        .into_iter()
        .filter(|it| db.meta(it).expect("read").is_some())
        .collect()
}
