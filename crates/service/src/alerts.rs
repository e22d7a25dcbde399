//! Tells people what they should know, once when it begins and once when it is over.
//!
//! [`watch`] decides what is new, [`office`] keeps what is still to be told, [`channel`] tells one place. Both are kept in
//! the ledger, so that a restart neither repeats nor forgets. Invariants: whatever a place does or does not do holds up
//! nothing but itself; a message holds no secret and nothing of an order; the portal is never told twice.

mod channel;
mod condition;
mod letter;
mod office;
mod settings;
mod text;
mod watch;

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::join_all;
use store::Store;
use tokio::sync::watch as latest;

use self::office::{Next, Office};
pub use self::{
    channel::{Address, NotAnAddress, NotTold},
    condition::{Condition, Severity},
    settings::{
        AlertSettings, Channel, EmailPart, EmailSettings, QUEUE_MINUTES_DEFAULT, TELEGRAM_URL,
    },
    text::{Language, Text, text},
    watch::{CALM_FOR, Change, Detail, Facts, HOLDS_FOR, Known, News, watch},
};
use crate::{Chain, counters::Counters, transport::Transport, worker::Shared};

/// Where the ledger keeps what is known and still to be told.
const MEMORY: &str = "alerts";

/// What alerts are made of.
pub struct AlertParts<T> {
    /// Who is told, and from when on.
    pub settings: AlertSettings,
    /// The way to them.
    pub transport: T,
}

/// Alerts of one service.
pub(crate) struct Alerts<T> {
    parts: AlertParts<T>,
    office: Mutex<Office>,
    /// Counts changes of the office; the loops of the places wait for them.
    changed: latest::Sender<u64>,
    /// One writes to the ledger at a time, so that nothing older overwrites something newer.
    saving: tokio::sync::Mutex<()>,
}

impl<T: Transport> Alerts<T> {
    /// Alerts that know nothing yet.
    pub(crate) fn new(parts: AlertParts<T>) -> Self {
        Self {
            parts,
            office: Mutex::default(),
            changed: latest::channel(0).0,
            saving: tokio::sync::Mutex::default(),
        }
    }

    /// Reads what an earlier process knew. What cannot be read is begun anew.
    pub(crate) async fn recall<S: Store>(&self, shared: &Shared<S, T>) {
        let places: Vec<_> = self
            .channels()
            .map(|it| (it.word(), it.tells_once()))
            .collect();
        match shared.store.meta(MEMORY).await {
            Ok(text) => *self.office() = Office::recall(text.as_deref(), &places),
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "Failed to read which alerts were told; they are told anew");
            }
        }
    }

    /// What is waited for before an order counts as late.
    pub(crate) fn settings(&self) -> &AlertSettings {
        &self.parts.settings
    }

    /// Takes note of what is seen; what is new waits to be told.
    pub(crate) async fn see<S: Store>(&self, shared: &Shared<S, T>, facts: &Facts) {
        let (now, wall) = (shared.clock.now(), shared.clock.wall());
        let places: Vec<_> = self.channels().map(Channel::word).collect();
        let (news, moved) = {
            let mut office = self.office();
            let before = office.known.clone();
            let (known, news) = watch(before.clone(), facts, now);
            let moved = known.is_worth_keeping_over(&before);
            office.known = known;
            for news in &news {
                office.post(news, &places, wall);
            }
            (news, moved)
        };
        self.show(&shared.counters);
        for news in &news {
            say(news);
        }
        if moved || !news.is_empty() {
            self.save(shared).await;
        }
        if !news.is_empty() {
            self.changed.send_modify(|it| *it += 1);
        }
    }

    /// Tells every place what waits for it, for ever.
    pub(crate) async fn keep<S: Store>(&self, shared: &Shared<S, T>) {
        join_all(self.channels().map(|it| self.serve(shared, it))).await;
        // Without any place there is nothing to do.
        std::future::pending().await
    }

    /// Tells one place what waits for it, for ever.
    async fn serve<S: Store>(&self, shared: &Shared<S, T>, channel: &Channel) {
        let place = channel.word();
        let mut changed = self.changed.subscribe();
        loop {
            let next = self.office().next(place, shared.clock.now());
            let until = match next {
                Next::Tell(letter) => {
                    if channel.tells_once() {
                        // It counts as told from here on, whatever happens to this process. Where that cannot be noted it is
                        // told all the same: that the disk takes no writes is what people must hear.
                        self.save(shared).await;
                    }
                    let ways = (&self.parts.transport, &shared.portal);
                    let told = channel::tell(channel, &letter, self.settings(), ways).await;
                    let again = !(channel.tells_once() && told == Err(NotTold::Unknown));
                    let now = shared.clock.now();
                    let result = self.office().told(place, &told, again, now);
                    shared.counters.alerts.letters.of(place, result).inc();
                    complain(place, &letter, &told, result);
                    self.save(shared).await;
                    continue;
                }
                Next::At(at) => Some(at),
                Next::Nothing => None,
            };
            let due = async {
                match until {
                    Some(at) => shared.clock.sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                _ = changed.changed() => {}
                () = due => {}
            }
        }
    }

    async fn save<S: Store>(&self, shared: &Shared<S, T>) {
        let _one = self.saving.lock().await;
        let text = self.office().text();
        if let Err(error) = shared.store.set_meta(MEMORY, &text).await {
            tracing::warn!(error = %Chain(&error), "Failed to write down which alerts were told; a restart may repeat them");
        }
    }

    fn show(&self, counters: &Counters) {
        let raised: Vec<_> = self.office().known.raised().map(Condition::word).collect();
        for (word, gauge) in counters.alerts.raised.members() {
            gauge.set(i64::from(raised.contains(&word)));
        }
    }

    fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.parts.settings.channels.iter()
    }

    fn office(&self) -> MutexGuard<'_, Office> {
        // A panic elsewhere leaves whole letters behind.
        self.office.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says in the log what is new, whether anybody else is told or not.
fn say(news: &News) {
    let said = text(news, Language::English);
    let (condition, number) = (news.condition.word(), news.detail.number);
    match news.change {
        Change::Raised => tracing::warn!(
            alert.condition = condition,
            alert.number = number,
            "Alert: {}. {}",
            said.title,
            said.advice
        ),
        Change::Cleared => {
            tracing::info!(alert.condition = condition, "Alert: {}", said.title);
        }
    }
}

/// Says once per letter that a place could not be told, and once that it never will be.
fn complain(place: &str, letter: &letter::Letter, told: &Result<(), NotTold>, result: &str) {
    let Err(error) = told else { return };
    let condition = letter.news.condition.word();
    if result == office::GIVEN_UP {
        tracing::warn!(alert.channel = place, alert.condition = condition, error = %error,
            "An alert could not be sent by {place} and is given up: {error}");
    } else if letter.attempts == 0 {
        tracing::warn!(alert.channel = place, alert.condition = condition, error = %error,
            "An alert could not be sent by {place}; it is tried again: {error}");
    }
}
