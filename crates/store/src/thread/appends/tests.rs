//! Appends on the way to a writer that is played here.

use tokio::{
    runtime::{Builder, Runtime},
    sync::mpsc,
};

use super::*;
use crate::{
    db::Db,
    store::Answer,
    thread::{Committed, Grouped, commit_group, grouped},
};

struct Stand {
    appends: Arc<Appends>,
    jobs: mpsc::Sender<Job>,
    received: mpsc::Receiver<Job>,
}

impl Stand {
    fn new() -> Self {
        let (jobs, received) = mpsc::channel(4);
        Self {
            appends: Arc::default(),
            jobs,
            received,
        }
    }

    /// An append that answers with a number.
    fn append(&self, number: u32) -> oneshot::Receiver<Answer<u32>> {
        self.append_work(move |_| Ok(number))
    }

    fn append_work(
        &self,
        work: impl FnOnce(&Db) -> Answer<u32> + Send + 'static,
    ) -> oneshot::Receiver<Answer<u32>> {
        let (answer, answered) = oneshot::channel();
        let place = self.jobs.clone().try_reserve_owned().expect("a place");
        Appends::send(&self.appends, grouped(work, answer), place);
        answered
    }

    fn append_in(&self, runtime: &Runtime, number: u32) -> oneshot::Receiver<Answer<u32>> {
        let _entered = runtime.enter();
        self.append(number)
    }

    fn burst(&mut self) -> Burst {
        match self.received.try_recv() {
            Ok(Job::Burst(burst)) => burst,
            _ => panic!("no burst is on its way"),
        }
    }
}

/// Commits a burst as the writer does; says how many works it had.
fn commit(db: &Db, burst: Burst) -> usize {
    let jobs: Vec<_> = Grouped::all(burst).collect();
    let count = jobs.len();
    commit_group(db, jobs, &Committed::default());
    count
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime")
}

#[test]
fn a_burst_is_one_job_and_its_answers_come_through_its_runtime() {
    let (db, mut stand) = (Db::in_memory().expect("open"), Stand::new());
    runtime().block_on(async {
        let (mut first, second) = (stand.append(1), stand.append(2));
        let burst = stand.burst();
        assert!(stand.received.try_recv().is_err(), "one job for both");
        let third = stand.append(3);
        assert_eq!(commit(&db, burst), 3, "it takes all that waits");
        assert!(first.try_recv().is_err(), "nobody was woken from outside");
        for (answered, number) in [(first, 1), (second, 2), (third, 3)] {
            assert_eq!(answered.await.expect("answered").expect("stored"), number);
        }
        let later = stand.append(4);
        assert_eq!(commit(&db, stand.burst()), 1, "and the next begins");
        assert_eq!(later.await.expect("answered").expect("stored"), 4);
    });
}

#[test]
fn a_lost_commit_is_told_to_all_of_a_burst() {
    let (db, mut stand) = (Db::in_memory().expect("open"), Stand::new());
    let dangling = |db: &Db| {
        db.raw(
            "PRAGMA defer_foreign_keys=ON;
             INSERT INTO timeline (shop, order_id, at_ms, wall_ms, kind, text) VALUES ('x', 1, 0, 0, '', '')",
        );
        Ok(2)
    };
    runtime().block_on(async {
        let answers = [stand.append(1), stand.append_work(dangling)];
        commit(&db, stand.burst());
        for answered in answers {
            let answer = answered.await.expect("answered");
            assert!(answer.is_err(), "{answer:?}");
        }
    });
}

#[test]
fn an_append_that_fails_takes_along_what_came_before_it_in_its_burst() {
    let (db, mut stand) = (Db::in_memory().expect("open"), Stand::new());
    runtime().block_on(async {
        let before = stand.append_work(|db| db.set_meta("before", "here").map(|()| 1));
        let fails = stand.append_work(|_| Err(StoreError::Closed));
        let after = stand.append_work(|db| db.set_meta("after", "here").map(|()| 3));
        assert_eq!(commit(&db, stand.burst()), 3);
        assert!(before.await.expect("answered").is_err());
        assert!(fails.await.expect("answered").is_err());
        assert_eq!(after.await.expect("answered").expect("stored"), 3);
    });
    assert_eq!(db.meta("before").expect("read"), None);
    assert_eq!(db.meta("after").expect("read").as_deref(), Some("here"));
}

#[test]
fn whoever_waits_elsewhere_is_answered_without_that_runtime() {
    let (db, mut stand) = (Db::in_memory().expect("open"), Stand::new());
    let (idle, other) = (runtime(), runtime());
    let here = stand.append_in(&idle, 1);
    let mut there = stand.append_in(&other, 2);
    let mut nowhere = stand.append(3);
    let burst = stand.burst();
    for _ in 0..2 {
        let Ok(Job::Append(work)) = stand.received.try_recv() else {
            panic!("an append of another runtime goes by itself");
        };
        let (_, reply) = work(Ok(&db));
        reply(None);
    }
    assert_eq!(there.try_recv().expect("answered").expect("stored"), 2);
    assert_eq!(nowhere.try_recv().expect("answered").expect("stored"), 3);
    assert_eq!(commit(&db, burst), 1);
    let answer = idle.block_on(here).expect("answered");
    assert_eq!(answer.expect("stored"), 1);
}

#[test]
fn a_runtime_that_ended_leaves_the_answering_to_the_writer() {
    let (db, mut stand) = (Db::in_memory().expect("open"), Stand::new());
    let gone = runtime();
    let mut answered = stand.append_in(&gone, 1);
    drop(gone);
    commit(&db, stand.burst());
    assert_eq!(answered.try_recv().expect("answered").expect("stored"), 1);
}

#[test]
fn a_burst_that_no_writer_takes_is_given_up_and_its_places_are_free() {
    let mut stand = Stand::new();
    runtime().block_on(async {
        let answers = [stand.append(1), stand.append(2)];
        drop(stand.burst());
        for answered in answers {
            assert!(answered.await.is_err(), "nobody can answer any more");
        }
        assert_eq!(stand.jobs.capacity(), 4);
    });
}

#[test]
fn each_append_holds_a_place_until_the_writer_takes_it() {
    let mut stand = Stand::new();
    runtime().block_on(async {
        let _answers = [stand.append(1), stand.append(2), stand.append(3)];
        assert_eq!(stand.jobs.capacity(), 1);
        let burst = stand.burst();
        assert_eq!(stand.jobs.capacity(), 2, "the job itself gave its place up");
        let _taken = burst.take();
        assert_eq!(stand.jobs.capacity(), 4);
    });
}
