//! What opens the portal at present: handed out to whoever sends, exchanged by the keeper.

use std::{collections::BTreeSet, sync::Arc};

use bitrix24::Access;
use tokio::sync::watch;

/// What opens the portal, and which one of all it is.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) access: Arc<Access>,
    serial: u64,
}

/// The key at hand. Nobody has one while there is none.
#[derive(Debug)]
pub(crate) struct Keys {
    held: watch::Sender<Held>,
}

#[derive(Debug, Clone, Default)]
struct Held {
    key: Option<Key>,
    /// Keys so far.
    serial: u64,
    /// The portal said that this key has expired.
    expired: bool,
    /// Tokens are being asked for: whoever stops now loses them.
    asked_for: bool,
    /// There never is another one.
    fixed: bool,
    users: Arc<BTreeSet<u64>>,
}

impl Held {
    fn is_open(&self) -> bool {
        self.key.is_some() && !self.expired
    }

    fn is_settled(&self) -> bool {
        !self.expired && !self.asked_for
    }
}

impl Keys {
    /// Nothing opens the portal yet.
    pub(crate) fn none() -> Self {
        let (held, _) = watch::channel(Held::default());
        Self { held }
    }

    /// A key that is never exchanged.
    pub(crate) fn always(access: Access) -> Self {
        let keys = Self::none();
        let users = access.user().into_iter().collect();
        keys.replace(access, users);
        keys.held.send_modify(|held| held.fixed = true);
        keys
    }

    /// Whether it is never exchanged.
    pub(crate) fn is_fixed(&self) -> bool {
        self.held.borrow().fixed
    }

    /// The key at hand, expired or not.
    pub(crate) fn at_hand(&self) -> Option<Key> {
        self.held.borrow().key.clone()
    }

    /// Whether there is a key that nobody found expired.
    pub(crate) fn is_open(&self) -> bool {
        self.held.borrow().is_open()
    }

    /// Waits for such a key.
    pub(crate) async fn opened(&self) {
        // The sender lives as long as this borrow.
        let _ = self.held.subscribe().wait_for(Held::is_open).await;
    }

    /// Tells changes of the key.
    pub(crate) fn changes(&self) -> Changes {
        Changes(self.held.subscribe())
    }

    /// Our users of the portal: those whom its keys ever acted as.
    pub(crate) fn users(&self) -> Arc<BTreeSet<u64>> {
        self.held.borrow().users.clone()
    }

    /// Says that a key has expired.
    pub(crate) fn expired(&self, key: &Key) {
        self.held.send_if_modified(|held| {
            let news = held.serial == key.serial && held.is_open() && !held.fixed;
            held.expired |= news;
            news
        });
    }

    /// Says that a key has expired, and waits for the next one; `None` if there is none for now.
    pub(crate) async fn renewed(&self, key: &Key) -> Option<Key> {
        self.expired(key);
        let settled = |held: &Held| held.serial != key.serial || held.key.is_none() || held.fixed;
        let mut changes = self.held.subscribe();
        let held = changes.wait_for(settled).await.ok()?;
        held.key.clone().filter(|_| !held.fixed)
    }

    /// Waits until somebody found the key expired.
    pub(super) async fn wanted(&self) {
        let _ = self.held.subscribe().wait_for(|it| it.expired).await;
    }

    /// Says that tokens are being asked for, or are not any more.
    pub(super) fn asked_for(&self, now: bool) {
        self.held.send_modify(|held| held.asked_for = now);
    }

    /// Whether no tokens are on their way or due.
    pub(crate) fn is_settled(&self) -> bool {
        self.held.borrow().is_settled()
    }

    /// Waits for that.
    pub(crate) async fn settled(&self) {
        let _ = self.held.subscribe().wait_for(Held::is_settled).await;
    }

    /// Puts a new key in the place of the old one.
    pub(super) fn replace(&self, access: Access, users: BTreeSet<u64>) {
        self.held.send_modify(|held| {
            let serial = held.serial + 1;
            let access = Arc::new(access);
            *held = Held {
                key: Some(Key { access, serial }),
                serial,
                expired: false,
                asked_for: held.asked_for,
                fixed: false,
                users: Arc::new(users),
            };
        });
    }

    /// Takes the key away: it opens nothing, and there is no other for now.
    pub(super) fn close(&self) {
        self.held.send_modify(|held| {
            held.key = None;
            held.expired = false;
        });
    }
}

/// Changes of the key, one after the other.
pub(crate) struct Changes(watch::Receiver<Held>);

impl Changes {
    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending().await
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;

    use bitrix24::oauth::Endpoint;

    use super::*;

    fn access(token: &str) -> Access {
        Access::App {
            endpoint: Endpoint::parse("https://acme.bitrix24.com/rest/").unwrap(),
            token: token.into(),
            user: Some(7),
        }
    }

    fn exchanged(token: &str) -> Keys {
        let keys = Keys::none();
        keys.replace(access(token), BTreeSet::from([7]));
        keys
    }

    fn run<T>(test: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(test)
    }

    #[test]
    fn whoever_finds_a_key_expired_gets_the_next_one() {
        run(async {
            let keys = exchanged("one");
            let old = keys.at_hand().unwrap();
            let renewing = async {
                keys.wanted().await;
                assert!(!keys.is_open());
                keys.replace(access("two"), BTreeSet::from([7]));
            };
            let (one, other, ()) = tokio::join!(keys.renewed(&old), keys.renewed(&old), renewing);
            assert_eq!(one.unwrap().serial, other.unwrap().serial);
            assert!(keys.is_open());
        });
    }

    #[test]
    fn a_key_that_is_never_exchanged_has_no_next_one() {
        run(async {
            let keys = Keys::always(access("one"));
            let key = keys.at_hand().unwrap();
            assert!(keys.renewed(&key).await.is_none());
            assert!(keys.is_open() && keys.is_fixed());
        });
    }

    #[test]
    fn an_old_key_that_expires_late_asks_for_nothing() {
        run(async {
            let keys = exchanged("one");
            let old = keys.at_hand().unwrap();
            keys.replace(access("two"), BTreeSet::from([7]));
            let next = keys.renewed(&old).await.unwrap();
            assert!(keys.is_open() && next.serial != old.serial);
        });
    }

    #[test]
    fn without_a_next_key_nobody_waits() {
        run(async {
            let keys = exchanged("one");
            let old = keys.at_hand().unwrap();
            let closing = async {
                keys.wanted().await;
                keys.close();
            };
            let (next, ()) = tokio::join!(keys.renewed(&old), closing);
            assert!(next.is_none() && keys.at_hand().is_none());
            assert!(!keys.is_open());
        });
    }
}
