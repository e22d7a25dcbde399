//! One request to the portal: sent with the key at hand, and again with the next one where the key had expired.

use std::time::Duration;

use bitrix24::{Access, Answer, Outcome as Wire, Reply};
use bytes::Bytes;
use http::{Request, Response};
use kernel::Elapsed;
use tracing::{Instrument as _, Span};

use super::{Portal, outcome};
use crate::{
    access::Key,
    clock::Stopwatch,
    spans,
    transport::{SendError, Transport},
};

/// How often one request is sent at most, where the portal says that its token has expired.
pub(super) const SENDS_MAX: usize = 3;

/// What was decided so long ago is not sent with a new token: it is decided anew.
const RESEND_WITHIN: Duration = Duration::from_secs(10);

impl<T: Transport> Portal<T> {
    /// Sends once, and once more with a new token where nothing was executed because the old one had expired.
    pub(super) async fn send(
        &self,
        build: impl Fn(&Access) -> Request<Bytes>,
        read: impl Fn(Reply<'_>) -> Vec<Wire<Answer>>,
    ) -> Vec<Wire<Answer>> {
        let key = self.keys.at_hand();
        let Some(mut key) = key.filter(|_| !self.is_halted()) else {
            return read(Reply::NotSent);
        };
        let until = self.clock.now() + RESEND_WITHIN;
        let mut answers = self.send_with(&key, &build, &read).await;
        for _ in 1..SENDS_MAX {
            match self.next_key(key, &answers, until).await {
                Some(next) => key = next,
                None => break,
            }
            answers = self.send_with(&key, &build, &read).await;
        }
        answers
    }

    async fn send_with<R>(
        &self,
        key: &Key,
        build: impl Fn(&Access) -> Request<Bytes>,
        read: impl Fn(Reply<'_>) -> R,
    ) -> R {
        let request = build(&key.access);
        let method = method_of(&request);
        let span = spans::http(&method);
        let sending = self.transport.send(request).instrument(span.clone());
        let count = self.count(method, span);
        match tokio::time::timeout(self.settings.timeout, sending).await {
            Ok(Ok(answer)) => {
                count(answer.status().as_str());
                read(reply(&answer))
            }
            Ok(Err(SendError::NotSent)) => {
                count("not_sent");
                read(Reply::NotSent)
            }
            Ok(Err(SendError::Lost)) | Err(_) => {
                count("lost");
                read(Reply::Lost)
            }
        }
    }

    /// Counts a request once it is known what came back.
    fn count(&self, method: String, span: Span) -> impl FnOnce(&str) + use<T> {
        let counters = self.counters.clone();
        let took = Stopwatch::start();
        move |answer| {
            span.record("result", answer);
            let portal = &counters.portal;
            portal.http.of(&method, answer).inc();
            portal.http_seconds.observe(took.seconds());
        }
    }

    /// The key to send the same once more with: only if all of it was refused for its expired token, and soon enough that
    /// what was decided before still holds.
    async fn next_key(&self, key: Key, answers: &[Wire<Answer>], until: Elapsed) -> Option<Key> {
        let expired = answers.iter().filter(|it| outcome::is_expired(it)).count();
        if expired == 0 {
            return None;
        }
        if expired < answers.len() {
            // A token that ends within a batch: its first commands ran.
            self.keys.expired(&key);
            return None;
        }
        let next = self.keys.renewed(&key).await?;
        loop {
            let now = self.clock.now();
            let later = {
                let mut pacer = self.pacer();
                match pacer.open(now) {
                    // Another order's answer may have stopped everything meanwhile.
                    Ok(()) if now <= until && !self.is_halted() => {
                        pacer.leaves(now);
                        return Some(next);
                    }
                    Ok(()) => return None,
                    Err(later) => later,
                }
            };
            if until < later.at {
                return None;
            }
            self.clock.sleep_until(later.at).await;
        }
    }
}

/// The method that a request calls: the end of its path, which is no secret.
fn method_of(request: &Request<Bytes>) -> String {
    let method = request.uri().path().rsplit('/').next().unwrap_or_default();
    method.trim_end_matches(".json").to_owned()
}

fn reply(answer: &Response<Bytes>) -> Reply<'_> {
    Reply::Answer {
        status: answer.status(),
        body: answer.body(),
    }
}
