//! A table of records whose lists may lag behind what was written.

use std::collections::BTreeMap;

/// Records by id. Getting one by id always shows the last write; lists show each version from its own time on.
#[derive(Debug)]
pub(crate) struct Table<T> {
    slots: BTreeMap<u64, Slot<T>>,
    last_id: u64,
}

#[derive(Debug)]
struct Slot<T> {
    current: T,
    /// Versions not yet overtaken, in the order of their writes, each with the time from which lists show it.
    versions: Vec<(u64, T)>,
    deleted: bool,
}

impl<T: Clone> Table<T> {
    pub(crate) fn new() -> Self {
        Self {
            slots: BTreeMap::new(),
            last_id: 0,
        }
    }

    /// The next id; ids only grow.
    pub(crate) fn take_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Writes a record; lists show this version from `visible_ms` on.
    pub(crate) fn write(&mut self, id: u64, record: T, visible_ms: u64, now: u64) {
        match self.slots.get_mut(&id) {
            Some(slot) => {
                slot.current = record.clone();
                if let Some(shown) = slot.versions.iter().rposition(|(from, _)| *from <= now) {
                    slot.versions.drain(..shown);
                }
                slot.versions.push((visible_ms, record));
            }
            None => {
                let versions = vec![(visible_ms, record.clone())];
                self.slots.insert(
                    id,
                    Slot {
                        current: record,
                        versions,
                        deleted: false,
                    },
                );
            }
        }
    }

    /// Takes a record out of reach at once; it stays part of the ground truth.
    pub(crate) fn delete(&mut self, id: u64, record: T) {
        if let Some(slot) = self.slots.get_mut(&id) {
            slot.current = record;
            slot.versions.clear();
            slot.deleted = true;
        }
    }

    /// The record, unless it is deleted.
    pub(crate) fn get(&self, id: u64) -> Option<&T> {
        self.slots
            .get(&id)
            .filter(|slot| !slot.deleted)
            .map(|slot| &slot.current)
    }

    /// The record, deleted or not.
    pub(crate) fn truth(&self, id: u64) -> Option<&T> {
        self.slots.get(&id).map(|slot| &slot.current)
    }

    /// All records, deleted or not, by id.
    pub(crate) fn all(&self) -> impl Iterator<Item = &T> {
        self.slots.values().map(|slot| &slot.current)
    }

    /// The records as lists see them now.
    pub(crate) fn listed(&self, now: u64) -> impl Iterator<Item = &T> {
        self.slots
            .values()
            .filter(|slot| !slot.deleted)
            .filter_map(move |slot| {
                slot.versions
                    .iter()
                    .rev()
                    .find(|(from, _)| *from <= now)
                    .map(|(_, record)| record)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_shows_in_lists_from_its_own_time_on() {
        let mut table = Table::new();
        let id = table.take_id();
        table.write(id, "first", 10, 0);
        assert_eq!(table.get(id), Some(&"first"));
        assert_eq!(table.listed(9).count(), 0);
        table.write(id, "second", 30, 5);
        assert_eq!(table.listed(10).collect::<Vec<_>>(), vec![&"first"]);
        table.write(id, "third", 20, 12);
        assert_eq!(table.listed(20).collect::<Vec<_>>(), vec![&"third"]);
        assert_eq!(table.listed(30).collect::<Vec<_>>(), vec![&"third"]);
    }
}
