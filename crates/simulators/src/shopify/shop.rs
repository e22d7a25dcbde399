//! The handle to a shop.

use super::config::{OrderShape, ShopConfig, Subscriptions};
use super::delivery::Delivery;
use super::faults::ShopFaults;
use super::hints;
use super::state::State;
use super::truth::{Acknowledged, OrderStamp, OrderTruth, ShopStats};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// A simulated shop; clones share it.
#[derive(Clone)]
pub struct Shop {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    began: Instant,
    changed: Notify,
}

impl std::fmt::Debug for Shop {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shop").finish_non_exhaustive()
    }
}

impl Shop {
    /// Opens a shop without orders; its wall clock starts at `config.epoch` now.
    pub fn new(config: ShopConfig) -> Self {
        let state = Mutex::new(State::new(config));
        Self {
            inner: Arc::new(Inner {
                state,
                began: Instant::now(),
                changed: Notify::new(),
            }),
        }
    }

    /// The token endpoint and the fake Admin GraphQL API (facts §5, §9).
    pub fn router(&self) -> axum::Router {
        super::admin::router(self.clone())
    }

    /// Places a random order and returns its id.
    pub fn place_order(&self) -> u64 {
        self.change(|state, now| state.place_any(now))
    }

    /// Places an order to some wishes and returns its id.
    pub fn place_order_like(&self, shape: OrderShape) -> u64 {
        self.change(|state, now| state.place(now, &shape))
    }

    /// Pays what is outstanding. Like all actions: false, and nothing happens, where it makes no sense.
    pub fn pay(&self, id: u64) -> bool {
        self.change(|state, now| state.pay(now, id))
    }

    /// Adds an item or removes one unit.
    pub fn edit(&self, id: u64) -> bool {
        self.change(|state, now| state.edit(now, id))
    }

    /// Edits twice under one `updated_at` (facts §3.7).
    pub fn edit_same_second(&self, id: u64) -> bool {
        self.change(|state, now| state.edit_same_second(now, id))
    }

    /// Refunds some units of one line of an order that has money to give back.
    pub fn refund_line(&self, id: u64) -> bool {
        self.change(|state, now| state.refund_line(now, id))
    }

    /// Refunds everything, shipping and tip included.
    pub fn refund_all(&self, id: u64) -> bool {
        self.change(|state, now| state.refund_all(now, id))
    }

    /// Cancels an order nothing of which has shipped; money received goes back.
    pub fn cancel(&self, id: u64) -> bool {
        self.change(|state, now| state.cancel(now, id))
    }

    /// Ships everything, or one unit in three cases of ten.
    pub fn fulfil(&self, id: u64) -> bool {
        self.change(|state, now| state.fulfil(now, id))
    }

    /// An update without visible change (facts §4).
    pub fn touch(&self, id: u64) -> bool {
        self.change(|state, now| state.touch(now, id))
    }

    /// Deletes the order; only the id is announced.
    pub fn delete(&self, id: u64) -> bool {
        self.change(|state, now| state.delete(now, id))
    }

    /// Does something sensible to a random order, and says what; `None` without orders.
    pub fn act(&self) -> Option<(u64, &'static str)> {
        self.change(State::act)
    }

    /// Removes the app: announces it where subscribed, then drops subscriptions made by API and all tokens (facts §2).
    pub fn uninstall(&self) {
        self.change(|state, now| {
            let body = hints::uninstalled(&state.config.domain);
            state.announce(now, None, "app/uninstalled", &body);
            state
                .subscriptions
                .retain(|entry| entry.kind == Subscriptions::App);
            state.admin.forget_tokens();
        });
    }

    /// All tokens asked for so far stop working, as when an app's secret is rotated; new ones can be had.
    pub fn revoke_tokens(&self) {
        self.change(|state, _| state.admin.forget_tokens());
    }

    /// Somebody removes the subscriptions of a topic that were made by API; says how many.
    pub fn unsubscribe(&self, topic: &str) -> usize {
        self.change(|state, _| {
            let before = state.subscriptions.len();
            state
                .subscriptions
                .retain(|entry| entry.kind == Subscriptions::App || entry.topic != topic);
            before - state.subscriptions.len()
        })
    }

    /// Topics of all subscriptions, in the order in which they were made.
    pub fn subscribed(&self) -> Vec<String> {
        let state = self.lock();
        state
            .subscriptions
            .iter()
            .map(|entry| entry.topic.clone())
            .collect()
    }

    /// Adds a subscription as the app's TOML would have it; twice the same address delivers twice.
    pub fn subscribe(&self, topic: &str, uri: &str) {
        self.change(|state, now| {
            let name = state.config.name.clone();
            state.subscribe(
                now,
                topic.to_owned(),
                uri.to_owned(),
                name,
                Subscriptions::App,
            );
        });
    }

    /// Adds a subscription as an app makes it by API, under a name of its own or none.
    pub fn subscribe_by_api(&self, topic: &str, uri: &str, name: Option<&str>) {
        self.change(|state, now| {
            let name = name.map(str::to_owned);
            let kind = Subscriptions::Shop;
            state.subscribe(now, topic.to_owned(), uri.to_owned(), name, kind);
        });
    }

    /// Every order ever placed, by id.
    pub fn orders(&self) -> Vec<OrderTruth> {
        self.lock().truths()
    }

    /// Which version of every order ever placed is the newest, by id.
    pub fn stamps(&self) -> Vec<OrderStamp> {
        self.lock().stamps()
    }

    /// One order.
    pub fn order(&self, id: u64) -> Option<OrderTruth> {
        self.lock().truth_of(id)
    }

    /// Takes the deliveries whose time has come, in order of time. Each wants one [`Shop::report`].
    pub fn due(&self) -> Vec<Delivery> {
        self.due_up_to(usize::MAX)
    }

    /// The same, at most so many.
    pub fn due_up_to(&self, limit: usize) -> Vec<Delivery> {
        let now = self.now();
        self.lock().due(now, limit)
    }

    /// Time until the next delivery is due, zero if one is; `None` if nothing is scheduled.
    pub fn next_due(&self) -> Option<Duration> {
        let now = self.now();
        self.lock().queue.next(now)
    }

    /// The outcome of an attempt: a status, or `None` for a timeout or refusal. Anything but 2xx schedules the retry
    /// of a genuine delivery, or gives it up after the eighth. A second report of one attempt changes nothing.
    pub fn report(&self, delivery: &Delivery, status: Option<u16>) {
        self.change(|state, now| state.report(now, delivery.id, delivery.attempt, status));
    }

    /// Deliveries waiting, or handed out and not reported.
    pub fn pending(&self) -> usize {
        self.lock().queue.len()
    }

    /// Counters since the beginning.
    pub fn stats(&self) -> ShopStats {
        self.lock().stats.clone()
    }

    /// Every genuine delivery answered 2xx, in order of report.
    pub fn acknowledged(&self) -> Vec<Acknowledged> {
        self.lock().acknowledged.clone()
    }

    /// Replaces the faults from now on; queued deliveries keep theirs.
    pub fn set_faults(&self, faults: ShopFaults) {
        self.lock().faults = faults;
    }

    /// The shop's wall clock.
    pub fn wall(&self) -> jiff::Timestamp {
        let now = self.now();
        self.lock().wall(now)
    }

    /// Waits until something was queued or reported since the last such wait.
    pub(super) async fn changed(&self) {
        self.inner.changed.notified().await;
    }

    /// Runs a change under the lock.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State, Duration) -> T) -> T {
        let now = self.now();
        let result = change(&mut self.lock(), now);
        self.inner.changed.notify_one();
        result
    }

    fn now(&self) -> Duration {
        self.inner.began.elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic within a change is a bug of the simulator; the state stays readable for the report about it.
        self.inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
