//! What a portal offers a mapping to name: funnels and their stages, deal fields and the labels of their lists, currencies.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::file::IdOrName;
use crate::deal::Semantic;

/// A portal's funnels, fields and currencies, read from the portal itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// Funnels of deals, in the portal's order.
    pub funnels: Vec<Funnel>,
    /// Deal fields by name, user fields by their original names.
    pub fields: BTreeMap<String, FieldInfo>,
    /// Codes of the currencies that the portal knows.
    pub currencies: BTreeSet<String>,
}

/// A funnel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funnel {
    /// Its id; 0 is the portal's first one.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Its stages, from the first to the last.
    pub stages: Vec<Stage>,
}

/// A stage of a funnel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Its id, the funnel's prefix included: `C9:NEW`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Open, won or lost.
    pub semantic: Semantic,
}

/// A deal field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldInfo {
    /// What people call it.
    pub title: String,
    /// The portal's type: `string`, `enumeration`, `money` (facts/bitrix24.md §7).
    pub kind: String,
    /// It holds several values.
    pub multiple: bool,
    /// It cannot be written.
    pub read_only: bool,
    /// Ids and labels, for a list.
    pub labels: Vec<(String, String)>,
}

impl Directory {
    /// The funnel with this id or name.
    pub fn funnel(&self, wanted: &IdOrName) -> Option<&Funnel> {
        self.funnels.iter().find(|it| match wanted {
            IdOrName::Id(id) => it.id == *id,
            IdOrName::Name(name) => same(&it.name, name),
        })
    }
}

impl Funnel {
    /// The stage with this id (with or without the funnel's prefix) or name.
    pub fn stage(&self, wanted: &str) -> Option<&Stage> {
        let by_id = self
            .stages
            .iter()
            .find(|it| it.id == wanted || bare(&it.id) == wanted);
        by_id.or_else(|| self.stages.iter().find(|it| same(&it.name, wanted)))
    }
}

impl FieldInfo {
    /// The id of a list's entry.
    pub fn label(&self, wanted: &str) -> Option<&str> {
        self.labels
            .iter()
            .find(|(_, label)| same(label, wanted))
            .map(|(id, _)| id.as_str())
    }
}

/// A stage's id without its funnel.
pub(super) fn bare(id: &str) -> &str {
    id.split_once(':').map_or(id, |(_, bare)| bare)
}

/// Names are compared as people read them.
fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// The valid name that is most like the wanted one, for a complaint: `None` where nothing is near.
pub fn nearest<'a>(wanted: &str, valid: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = wanted.to_lowercase().chars().collect();
    let of = |name: &str| {
        let name: Vec<char> = name.to_lowercase().chars().collect();
        distance(&wanted, &name)
    };
    let (distance, name) = valid.map(|it| (of(it), it)).min_by_key(|it| it.0)?;
    (distance <= wanted.len().max(3) / 2).then_some(name)
}

/// Edits that turn one text into the other.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, left) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (place, right) in other.iter().enumerate() {
            let changed = diagonal + usize::from(left != right);
            diagonal = row[place + 1];
            row[place + 1] = changed.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_the_one_with_the_fewest_edits() {
        let stages = ["NEW", "PREPARATION", "EXECUTING", "WON", "LOSE"];
        assert_eq!(nearest("EXECUTNG", stages.into_iter()), Some("EXECUTING"));
        assert_eq!(nearest("won ", stages.into_iter()), Some("WON"));
        assert_eq!(nearest("Доставка", stages.into_iter()), None);
        assert_eq!(nearest("x", std::iter::empty()), None);
    }

    #[test]
    fn a_stage_is_found_by_id_with_or_without_its_funnel_and_by_name() {
        let stage = Stage {
            id: "C9:PREPAYMENT_INVOIC".to_owned(),
            name: "Предоплата".to_owned(),
            semantic: Semantic::Process,
        };
        let funnel = Funnel {
            id: 9,
            name: "Shop".to_owned(),
            stages: vec![stage],
        };
        for wanted in ["C9:PREPAYMENT_INVOIC", "PREPAYMENT_INVOIC", "предоплата"] {
            assert!(funnel.stage(wanted).is_some(), "{wanted}");
        }
        assert!(funnel.stage("PREPAYMENT_INVOICE").is_none());
    }
}
