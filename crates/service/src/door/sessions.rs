//! The sessions of the dashboard, in memory.

use std::{collections::BTreeMap, time::Duration};

use hmac::{Hmac, KeyInit as _, Mac as _};
use kernel::Elapsed;
use sha2::{Digest as _, Sha256};

use super::Role;

/// How long a session lives, whatever happens in it: a working day.
const LIFE: Duration = Duration::from_secs(12 * 60 * 60);

/// A session in which nothing happens for so long is over.
const IDLE: Duration = Duration::from_secs(2 * 60 * 60);

/// Sessions open at once; the one that rested longest makes room.
const SESSIONS_MAX: usize = 256;

/// What is kept of a session's name: who reads the memory learns no name, and a search in it tells no name by its time.
pub(super) type Key = [u8; 32];

/// All sessions of this process.
pub(super) struct Sessions {
    seed: [u8; 32],
    made: u64,
    open: BTreeMap<Key, Session>,
}

struct Session {
    role: Role,
    began: Elapsed,
    seen: Elapsed,
}

impl Sessions {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self {
            seed,
            made: 0,
            open: BTreeMap::new(),
        }
    }

    /// Opens a session and returns its name and how long it may live.
    pub(super) fn open(&mut self, role: Role, now: Elapsed) -> (String, Duration) {
        self.made += 1;
        let name = self.derived(b"session", &self.made.to_be_bytes());
        self.open.retain(|_, it| it.lives(now));
        if SESSIONS_MAX <= self.open.len() {
            let rested = self.open.iter().min_by_key(|(_, it)| it.seen);
            if let Some(key) = rested.map(|(key, _)| *key) {
                self.open.remove(&key);
            }
        }
        let session = Session {
            role,
            began: now,
            seen: now,
        };
        self.open.insert(fingerprint(&name), session);
        (name, LIFE)
    }

    /// The role of a session that lives.
    pub(super) fn find(&mut self, key: &Key, now: Elapsed) -> Option<Role> {
        let session = self.open.get_mut(key).filter(|it| it.lives(now))?;
        session.seen = now;
        Some(session.role)
    }

    pub(super) fn close(&mut self, key: &Key) {
        self.open.remove(key);
    }

    /// What the forms shown to somebody carry.
    pub(super) fn form_token(&self, of: &[u8]) -> String {
        self.derived(b"form", of)
    }

    /// Letters that nobody can guess who does not know the seed.
    fn derived(&self, what: &[u8], of: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.seed).expect("any key will do");
        mac.update(what);
        mac.update(&[0]);
        mac.update(of);
        let bytes = mac.finalize().into_bytes();
        bytes.iter().map(|it| format!("{it:02x}")).collect()
    }
}

impl Session {
    fn lives(&self, now: Elapsed) -> bool {
        now.since(self.began) < LIFE && now.since(self.seen) < IDLE
    }
}

pub(super) fn fingerprint(name: &str) -> Key {
    Sha256::digest(name.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: u64) -> Elapsed {
        Elapsed::ZERO + Duration::from_secs(3_600 * hours)
    }

    #[test]
    fn a_session_ends_when_it_rests_when_it_is_old_and_when_it_is_closed() {
        let mut sessions = Sessions::new([7; 32]);
        let (name, _) = sessions.open(Role::Reader, at(0));
        let key = fingerprint(&name);
        for hour in 1..12 {
            assert_eq!(sessions.find(&key, at(hour)), Some(Role::Reader));
        }
        assert_eq!(sessions.find(&key, at(12)), None);
        let (name, _) = sessions.open(Role::Operator, at(20));
        assert_eq!(sessions.find(&fingerprint(&name), at(22)), None);
        let (name, _) = sessions.open(Role::Operator, at(30));
        sessions.close(&fingerprint(&name));
        assert_eq!(sessions.find(&fingerprint(&name), at(30)), None);
    }

    #[test]
    fn names_differ_and_their_number_is_bounded() {
        let mut sessions = Sessions::new([7; 32]);
        let (first, _) = sessions.open(Role::Operator, at(0));
        for _ in 0..SESSIONS_MAX {
            let (name, _) = sessions.open(Role::Operator, at(1));
            assert_ne!(name, first);
        }
        assert_eq!(sessions.open.len(), SESSIONS_MAX);
        assert_eq!(sessions.find(&fingerprint(&first), at(1)), None);
        assert_ne!(Sessions::new([8; 32]).open(Role::Reader, at(0)).0, first);
    }
}
