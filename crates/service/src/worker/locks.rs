//! Contacts and companies that a turn works on: one turn at a time per customer, e-mail, phone and company.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use kernel::mutants::{Mutant, planted};

/// The keys in use.
#[derive(Debug, Default)]
pub(crate) struct ContactLocks {
    held: Mutex<BTreeSet<String>>,
}

/// Keys held by one turn; dropping it frees them.
#[derive(Debug)]
pub(crate) struct ContactLock<'a> {
    locks: &'a ContactLocks,
    keys: Vec<String>,
}

impl ContactLocks {
    /// Takes all keys or none.
    pub(crate) fn take(&self, shop: &str, keys: &[String]) -> Option<ContactLock<'_>> {
        let keys: Vec<String> = keys.iter().map(|it| format!("{shop}/{it}")).collect();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.iter().any(|it| held.contains(it)) && !planted(Mutant::ContactNotLocked) {
            return None;
        }
        held.extend(keys.iter().cloned());
        Some(ContactLock { locks: self, keys })
    }
}

impl Drop for ContactLock<'_> {
    fn drop(&mut self) {
        let mut held = self
            .locks
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for key in &self.keys {
            held.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(of: &[&str]) -> Vec<String> {
        of.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_turn_takes_contact_and_company_together_or_neither() {
        let locks = ContactLocks::default();
        let both = keys(&["customer:7", "company:811"]);
        let held = locks.take("acme", &both);
        assert!(held.is_some());
        assert!(
            locks
                .take("acme", &keys(&["company:811", "customer:8"]))
                .is_none()
        );
        assert!(
            locks.take("acme", &keys(&["customer:8"])).is_some(),
            "what was not taken is free"
        );
        assert!(
            locks.take("other", &both).is_some(),
            "another shop's are others"
        );
        drop(held);
        assert!(locks.take("acme", &both).is_some());
    }
}
