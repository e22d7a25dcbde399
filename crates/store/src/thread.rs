//! The ledger on disk: one thread that writes, one that reads for the work, one that reads for people, and one that carries
//! the log over.
//!
//! Invariants: a write is answered after the COMMIT that contains it; jobs that wait together share one commit (one fsync);
//! a job that fails is undone alone; if the commit fails, every job of the group is told so.

mod appends;

use std::{
    fmt,
    path::{Path, PathBuf},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
};

use tokio::sync::{mpsc, oneshot};

use self::appends::{Appends, Burst, Post};
use crate::{
    checkpoint::{Checkpoints, Copier, Limits},
    db::Db,
    epoch::{EpochFile, EpochPlace},
    error::StoreError,
    face::Face,
    lock::ProcessLock,
    records::Commits,
    store::Answer,
};

/// Jobs that wait for the writer, and again as many for the reader; further callers wait for a place.
pub const QUEUE_MAX: usize = 1024;
/// Jobs that share one commit: all that wait. A rest would cost an fsync of its own.
pub const GROUP_COMMIT_MAX: usize = QUEUE_MAX;

/// A ledger in a file. A clone is another handle; the last one to go ends the threads and frees the lock.
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

/// The fields are dropped in this order: the writer ends before the thread that it asks to carry the log over, whose
/// connection is the last to close and cleans up; and nobody else may open the database before that.
struct Inner {
    path: PathBuf,
    reader: Worker<Read>,
    reporter: Worker<Read>,
    writer: Worker<Job>,
    _checkpointer: Worker<()>,
    appends: Arc<Appends>,
    last_intent: AtomicU64,
    committed: Arc<Committed>,
    _lock: ProcessLock,
}

/// What the writer committed.
#[derive(Debug, Default)]
struct Committed {
    groups: AtomicU64,
    jobs: AtomicU64,
}

/// A thread and the way to it; dropping it waits for the thread to finish what was sent.
struct Worker<J> {
    jobs: Option<mpsc::Sender<J>>,
    thread: Option<JoinHandle<()>>,
}

/// Tells the caller how the job ended, given why its group was not committed, if it was not.
type Reply = Box<dyn FnOnce(Option<StoreError>) + Send>;
/// A job in a group: runs on the database, or learns that it cannot. Returns its failure, for the group to know, and the reply.
type Work = Box<dyn FnOnce(Result<&Db, StoreError>) -> (Option<StoreError>, Reply) + Send>;

/// A job that shares a transaction.
struct Grouped {
    work: Work,
    /// Whether it is undone alone if it fails.
    alone: bool,
    /// What its answer goes with, if not by itself.
    post: Option<Rc<Post>>,
}

type Alone = Box<dyn FnOnce(&Db, &dyn EpochPlace) + Send>;
type Read = Box<dyn FnOnce(&Db) + Send>;

enum Job {
    /// Shares a transaction, and is undone alone if it fails.
    Write(Work),
    /// Shares a transaction, and takes it along if it fails.
    Append(Work),
    /// Appends that came together.
    Burst(Burst),
    Alone(Alone),
}

impl SqliteStore {
    /// Opens a ledger, creating it where needed, and keeps every other process off it.
    ///
    /// # Errors
    /// Another process has it, it cannot be opened, it is damaged, or a newer version wrote it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let lock = ProcessLock::take(path)?;
        let mut db = Db::open(path)?;
        let last_intent = AtomicU64::new(db.last_intent()?);
        let read_db = Db::open(path)?;
        read_db.forbid_writes(true)?;
        let report_db = Db::open(path)?;
        report_db.forbid_writes(true)?;
        let log_db = Db::open(path)?;
        let (copier, copied) = Copier::new();
        let checkpointer = Worker::spawn("ledger-checkpoint", path, move |asked| {
            copier.run(&log_db, asked);
        })?;
        let mut log = Checkpoints::of(&mut db, Limits::USUAL, checkpointer.jobs()?, copied)?;
        let place = EpochFile::beside(path);
        let committed = Arc::new(Committed::default());
        let counted = committed.clone();
        let writer = Worker::spawn("ledger-writer", path, move |jobs| {
            write_loop(&db, (&place, &mut log), &counted, jobs);
        })?;
        let reader = Worker::spawn("ledger-reader", path, move |jobs| read_loop(&read_db, jobs))?;
        let reporter = Worker::spawn("ledger-reporter", path, move |jobs| {
            read_loop(&report_db, jobs)
        })?;
        Ok(Self {
            inner: Arc::new(Inner {
                path: path.to_owned(),
                writer,
                _checkpointer: checkpointer,
                reader,
                reporter,
                appends: Arc::default(),
                last_intent,
                committed,
                _lock: lock,
            }),
        })
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SqliteStore({})", self.inner.path.display())
    }
}

impl Face for SqliteStore {
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        let (answer, answered) = oneshot::channel();
        let job = Job::Write(grouped(work, answer));
        self.inner.writer.send(job).await?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    async fn append<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        let place = self.inner.writer.place().await?;
        let (answer, answered) = oneshot::channel();
        Appends::send(&self.inner.appends, grouped(work, answer), place);
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        ask(&self.inner.reader, work).await
    }

    async fn report<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        ask(&self.inner.reporter, work).await
    }

    async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Db, &dyn EpochPlace) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        let (answer, answered) = oneshot::channel();
        self.inner
            .writer
            .send(Job::Alone(Box::new(move |db, place| {
                tell(answer, work(db, place))
            })))
            .await?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    /// On a thread and a connection of its own: it may take minutes.
    async fn check(&self) -> Answer<()> {
        let (answer, answered) = oneshot::channel();
        let path = self.inner.path.clone();
        spawn("ledger-check", &self.inner.path, move || {
            tell(
                answer,
                Db::open_to_read(&path).and_then(|db| db.quick_check()),
            );
        })?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    fn committed(&self) -> Commits {
        let committed = &self.inner.committed;
        Commits {
            groups: committed.groups.load(Ordering::Relaxed),
            jobs: committed.jobs.load(Ordering::Relaxed),
        }
    }

    fn last_intent(&self) -> &AtomicU64 {
        &self.inner.last_intent
    }
}

async fn ask<T: Send + 'static>(
    reader: &Worker<Read>,
    work: impl FnOnce(&Db) -> Result<T, StoreError> + Send + 'static,
) -> Answer<T> {
    let (answer, answered) = oneshot::channel();
    let job: Read = Box::new(move |db| tell(answer, work(db)));
    reader.send(job).await?;
    answered.await.unwrap_or(Err(StoreError::Closed))
}

impl<J: Send + 'static> Worker<J> {
    fn spawn(
        name: &'static str,
        database: &Path,
        work: impl FnOnce(mpsc::Receiver<J>) + Send + 'static,
    ) -> Result<Self, StoreError> {
        let (jobs, received) = mpsc::channel(QUEUE_MAX);
        let thread = spawn(name, database, move || work(received))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Another way to the thread.
    fn jobs(&self) -> Result<mpsc::Sender<J>, StoreError> {
        self.jobs.clone().ok_or(StoreError::Closed)
    }

    /// A place in its queue.
    async fn place(&self) -> Result<mpsc::OwnedPermit<J>, StoreError> {
        let jobs = self.jobs()?;
        jobs.reserve_owned().await.map_err(|_| StoreError::Closed)
    }

    async fn send(&self, job: J) -> Result<(), StoreError> {
        let jobs = self.jobs.as_ref().ok_or(StoreError::Closed)?;
        jobs.send(job).await.map_err(|_| StoreError::Closed)
    }
}

impl<J> Drop for Worker<J> {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("A thread of the ledger panicked");
        }
    }
}

fn spawn(
    name: &'static str,
    database: &Path,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, StoreError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|source| StoreError::File {
            operation: "start a thread for",
            path: database.to_owned(),
            source: Arc::new(source),
        })
}

fn write_loop(
    db: &Db,
    (place, log): (&EpochFile, &mut Checkpoints),
    committed: &Committed,
    mut jobs: mpsc::Receiver<Job>,
) {
    while let Some(first) = jobs.blocking_recv() {
        let mut group = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next.take() {
            match job {
                Job::Write(work) => group.push(Grouped::new(work, true, None)),
                Job::Append(work) => group.push(Grouped::new(work, false, None)),
                Job::Burst(burst) => group.extend(Grouped::all(burst)),
                Job::Alone(job) => {
                    commit_group(db, std::mem::take(&mut group), committed);
                    job(db, place);
                }
            }
            if group.len() < GROUP_COMMIT_MAX {
                next = jobs.try_recv().ok();
            }
        }
        commit_group(db, group, committed);
        log.go_on(db);
    }
}

impl Grouped {
    fn new(work: Work, alone: bool, post: Option<Rc<Post>>) -> Self {
        Self { work, alone, post }
    }

    /// The jobs of a burst, whose answers leave together.
    fn all(burst: Burst) -> impl Iterator<Item = Self> {
        let (works, post) = burst.take();
        let post = Rc::new(post);
        works
            .into_iter()
            .map(move |work| Self::new(work, false, Some(post.clone())))
    }
}

impl Committed {
    /// One transaction with so many operations.
    fn add(&self, jobs: usize) {
        self.groups.fetch_add(1, Ordering::Relaxed);
        self.jobs.fetch_add(jobs as u64, Ordering::Relaxed);
    }
}

fn read_loop(db: &Db, mut jobs: mpsc::Receiver<Read>) {
    while let Some(job) = jobs.blocking_recv() {
        job(db);
    }
}

fn grouped<T: Send + 'static>(
    work: impl FnOnce(&Db) -> Result<T, StoreError> + Send + 'static,
    answer: oneshot::Sender<Answer<T>>,
) -> Work {
    Box::new(move |db| {
        let result = db.and_then(work);
        let failure = result.as_ref().err().cloned();
        let reply: Reply = Box::new(move |lost| {
            tell(
                answer,
                match (result, lost) {
                    (Ok(_), Some(lost)) => Err(lost),
                    (result, _) => result,
                },
            );
        });
        (failure, reply)
    })
}

/// Runs the jobs in one transaction, each that may fail by itself in its own savepoint, and answers them all after it ended.
/// Where the transaction ends early, the jobs before that point are told why, and the rest begin another one. Counts the
/// operations that the last transaction committed.
fn commit_group(db: &Db, jobs: Vec<Grouped>, committed: &Committed) {
    let mut replies = Vec::with_capacity(jobs.len());
    for job in jobs {
        let begun = if db.in_transaction() {
            Ok(())
        } else {
            db.begin()
        };
        // A savepoint keeps a copy of every page that is changed after it: a burst of deliveries goes without.
        let ready = match begun {
            Ok(()) if job.alone => db.savepoint(),
            begun => begun,
        };
        let (failure, reply) = (job.work)(ready.clone().map(|()| db));
        replies.push((reply, job.post));
        let kept = match (&ready, &failure) {
            (Err(error), _) => Err(error.clone()),
            (Ok(()), None) if job.alone => db.keep_savepoint(),
            (Ok(()), None) => Ok(()),
            (Ok(()), Some(error)) if job.alone && db.in_transaction() => {
                db.undo_savepoint().map_err(|_| error.clone())
            }
            (Ok(()), Some(error)) => Err(error.clone()),
        };
        if let Err(error) = kept {
            db.roll_back();
            answer_all(&mut replies, Some(&error));
        }
    }
    if replies.is_empty() {
        db.roll_back();
        return;
    }
    let lost = db.commit().err();
    if lost.is_some() {
        db.roll_back();
    }
    // Counted before anybody hears of it.
    if lost.is_none() {
        committed.add(replies.len());
    }
    answer_all(&mut replies, lost.as_ref());
}

fn answer_all(replies: &mut Vec<(Reply, Option<Rc<Post>>)>, lost: Option<&StoreError>) {
    for (reply, post) in replies.drain(..) {
        match post {
            Some(post) => post.add((reply, lost.cloned())),
            None => reply(lost.cloned()),
        }
    }
}

/// Gives an answer to a caller who may have gone.
fn tell<T>(answer: oneshot::Sender<Answer<T>>, result: Answer<T>) {
    if answer.send(result).is_err() {
        tracing::debug!("Nobody waited for an answer of the ledger");
    }
}

#[cfg(test)]
mod tests;
