//! One request being executed: it takes time, it may be slowed down, and it may die half-way.
//! It runs in a task of its own, so it goes on when the client is gone.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::door::Caller;
use super::error::RestError;
use super::methods::{Call, Method, Reply, Step};
use super::php::Php;
use super::portal::Inner;

/// How long a caller waits for a name that another request is creating (facts §3.3).
const NAME_LOCK_WAIT_MS: u64 = 3_000;
const NAME_LOCK_POLL_MS: u64 = 100;
/// How much of a command's time passes before it does its work, in percent.
const BEFORE_WORK_PERCENT: u64 = 60;

/// Why a command has no result.
#[derive(Debug)]
pub(crate) enum Stop {
    Error(RestError),
    /// The server process is gone; nothing more happens and nobody answers.
    Died,
}

/// How an execution goes wrong, drawn when its request arrived.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ailment {
    /// Extra time, and the pause at which it is spent.
    pub(crate) slow: Option<(u64, Duration)>,
    /// When the server process is killed.
    pub(crate) dies_at: Option<Instant>,
    /// The batch command before which the server process dies, in thousandths of the batch.
    pub(crate) cut_permille: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) inner: Arc<Inner>,
    pub(crate) caller: Caller,
    id: u64,
    arrival_ms: u64,
    /// Nothing is written after this.
    deadline: Instant,
    pub(crate) ailment: Ailment,
    pauses: u64,
}

/// When a command ran, in milliseconds since the portal was built.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    pub(crate) start: u64,
    pub(crate) finish: u64,
}

impl Execution {
    pub(crate) fn new(
        inner: Arc<Inner>,
        caller: Caller,
        (arrival, deadline): (Instant, Instant),
        ailment: Ailment,
    ) -> Self {
        inner.running.fetch_add(1, Ordering::Relaxed);
        let id = inner.lock().next_execution();
        let arrival_ms = inner.ms_at(arrival);
        Self {
            inner,
            caller,
            id,
            arrival_ms,
            deadline,
            ailment,
            pauses: 0,
        }
    }

    /// Lets a late execution start, but never after the deadline.
    pub(crate) async fn start_after(&self, delay: Duration) {
        sleep_until((Instant::now() + delay).min(self.deadline)).await;
    }

    /// Runs one command with its checks, its two phases and its server time.
    pub(crate) async fn command(
        &mut self,
        method: &'static Method,
        params: Php,
    ) -> Result<(Reply, Timing), Stop> {
        let call = Call::new(method.name, params, self.caller, self.id);
        let (start, cost) = {
            let mut state = self.inner.lock();
            state.still_in_time(self.caller).map_err(Stop::Error)?;
            state
                .admit_command(self.caller.door, method)
                .map_err(Stop::Error)?;
            let range = state
                .config
                .command_ms
                .get(method.name)
                .copied()
                .unwrap_or(state.config.command_ms_default);
            (state.now, state.between(range))
        };
        let before = cost * BEFORE_WORK_PERCENT / 100;
        self.pause(before).await?;
        let outcome = self.work(method, &call).await;
        if !matches!(outcome, Err(Stop::Died)) {
            self.pause(cost - before).await?;
        }
        let mut state = self.inner.lock();
        let finish = state.now;
        state.bill_command(self.caller.door, method.name, finish - start);
        outcome.map(|reply| (reply, Timing { start, finish }))
    }

    /// Waits; a slow execution waits longer once, a doomed one dies here.
    pub(crate) async fn pause(&mut self, ms: u64) -> Result<(), Stop> {
        let mut until = Instant::now() + Duration::from_millis(ms);
        if let Some((at, extra)) = self.ailment.slow
            && at == self.pauses
        {
            until += extra;
        }
        self.pauses += 1;
        let until = until.min(self.deadline);
        match self.ailment.dies_at.filter(|dies_at| *dies_at < until) {
            Some(dies_at) => {
                sleep_until(dies_at).await;
                Err(Stop::Died)
            }
            None => {
                sleep_until(until).await;
                Ok(())
            }
        }
    }

    /// Spends the extra time of a slow execution that ended before the pause it was meant for.
    pub(crate) async fn spend_slowness(&mut self) -> Result<(), Stop> {
        match self.ailment.slow {
            Some((at, extra)) if at >= self.pauses => {
                self.ailment.slow = Some((self.pauses, extra));
                self.pause(0).await
            }
            Some(_) | None => Ok(()),
        }
    }

    async fn work(&mut self, method: &'static Method, call: &Call) -> Result<Reply, Stop> {
        let mut waited = 0;
        let rest = loop {
            let step = {
                let mut state = self.inner.lock();
                let written = state.journal.len();
                let step = (method.run)(&mut state, call, waited >= NAME_LOCK_WAIT_MS);
                self.note_landing(&mut state, written);
                step.map_err(Stop::Error)?
            };
            match step {
                Step::Done(reply) => return Ok(reply),
                Step::Rest(rest) => break rest,
                Step::Busy => {
                    self.pause(NAME_LOCK_POLL_MS).await?;
                    waited += NAME_LOCK_POLL_MS;
                }
            }
        };
        if !rest.is_empty() {
            let gap = {
                let mut state = self.inner.lock();
                let probability = state.faults.die_between;
                if state.strikes("die_between", probability) {
                    return Err(Stop::Died);
                }
                let range = state.config.two_phase_ms;
                state.between(range)
            };
            self.pause(gap).await?;
        }
        let mut state = self.inner.lock();
        let written = state.journal.len();
        let reply = rest.finish(&mut state, call);
        self.note_landing(&mut state, written);
        Ok(reply)
    }

    fn note_landing(&self, state: &mut super::state::State, written: usize) {
        if state.journal.len() > written {
            let delay = state.now.saturating_sub(self.arrival_ms);
            state.stats.biggest_landing_ms = state.stats.biggest_landing_ms.max(delay);
            for change in &mut state.journal[written..] {
                change.asked_at = self.arrival_ms;
            }
        }
    }
}

impl Drop for Execution {
    fn drop(&mut self) {
        let id = self.id;
        self.inner
            .lock()
            .folder_locks
            .retain(|_, holder| *holder != id);
        self.inner.running.fetch_sub(1, Ordering::Relaxed);
    }
}
