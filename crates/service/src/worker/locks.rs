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
