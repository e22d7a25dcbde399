//! Families of metrics whose labels are known beforehand.

use std::fmt::Debug;

use prometheus_client::{
    encoding::EncodeMetric,
    metrics::{TypedMetric, family::Family},
    registry::Registry,
};

/// What a word that is on no list is counted under.
const OTHER: &str = "other";

/// A metric that a family can hold.
pub trait Member:
    Clone + Default + EncodeMetric + TypedMetric + Debug + Send + Sync + 'static
{
}

impl<M> Member for M where
    M: Clone + Default + EncodeMetric + TypedMetric + Debug + Send + Sync + 'static
{
}

/// One metric per word of a closed list. Each is made beforehand: using one takes neither a lock nor memory.
#[derive(Debug)]
pub struct ByWord<M> {
    members: Vec<(&'static str, M)>,
    other: M,
}

/// One metric per pair of two closed lists, made beforehand.
#[derive(Debug)]
pub struct ByPair<M> {
    rows: Vec<(&'static str, ByWord<M>)>,
    other: ByWord<M>,
}

impl<M: Member> ByWord<M> {
    pub(super) fn new(
        registry: &mut Registry,
        (name, help): (&str, &str),
        label: &'static str,
        words: &[&'static str],
    ) -> Self {
        let family = Family::<[(&'static str, &'static str); 1], M>::default();
        let all = Self::made(words, |word| family.get_or_create_owned(&[(label, word)]));
        registry.register(name, help, family);
        all
    }

    /// The metric of a word.
    pub fn of(&self, word: &str) -> &M {
        let found = self.members.iter().find(|(it, _)| *it == word);
        found.map_or(&self.other, |(_, it)| it)
    }

    /// Every word of the list with its metric.
    pub fn members(&self) -> impl Iterator<Item = (&'static str, &M)> {
        self.members.iter().map(|(word, it)| (*word, it))
    }

    fn made(words: &[&'static str], member: impl Fn(&'static str) -> M) -> Self {
        Self {
            members: words.iter().map(|it| (*it, member(it))).collect(),
            other: member(OTHER),
        }
    }
}

impl<M: Member> ByPair<M> {
    pub(super) fn new(
        registry: &mut Registry,
        (name, help): (&str, &str),
        [first, second]: [&'static str; 2],
        [rows, columns]: [&[&'static str]; 2],
    ) -> Self {
        let family = Family::<[(&'static str, &'static str); 2], M>::default();
        let row = |word: &'static str| {
            ByWord::made(columns, |column| {
                family.get_or_create_owned(&[(first, word), (second, column)])
            })
        };
        let all = Self {
            rows: rows.iter().map(|it| (*it, row(it))).collect(),
            other: row(OTHER),
        };
        registry.register(name, help, family);
        all
    }

    /// The metric of a pair.
    pub fn of(&self, row: &str, column: &str) -> &M {
        let found = self.rows.iter().find(|(it, _)| *it == row);
        found.map_or(&self.other, |(_, it)| it).of(column)
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::{encoding::text::encode, metrics::counter::Counter};

    use super::*;

    fn page(registry: &Registry) -> Vec<String> {
        let mut page = String::new();
        encode(&mut page, registry).expect("a String takes everything");
        let lines = page.lines().filter(|it| !it.starts_with('#'));
        let mut lines: Vec<_> = lines.map(str::to_owned).collect();
        lines.sort();
        lines
    }

    #[test]
    fn every_word_is_shown_from_the_start_and_strangers_share_one_place() {
        let mut registry = Registry::default();
        let all = ByWord::<Counter>::new(&mut registry, ("cats", "Cats"), "kind", &["big"]);
        all.of("big").inc();
        all.of("striped").inc();
        all.of("spotted").inc();
        let want = [
            r#"cats_total{kind="big"} 1"#,
            r#"cats_total{kind="other"} 2"#,
        ];
        assert_eq!(page(&registry), want);
    }

    #[test]
    fn pairs_are_shown_from_the_start_as_well() {
        let mut registry = Registry::default();
        let lists: [&[&str]; 2] = [&["add"], &["done"]];
        let all =
            ByPair::<Counter>::new(&mut registry, ("calls", "Calls"), ["method", "end"], lists);
        all.of("add", "done").inc();
        all.of("add", "strange").inc();
        all.of("strange", "done").inc();
        let want = [
            r#"calls_total{method="add",end="done"} 1"#,
            r#"calls_total{method="add",end="other"} 1"#,
            r#"calls_total{method="other",end="done"} 1"#,
            r#"calls_total{method="other",end="other"} 0"#,
        ];
        assert_eq!(page(&registry), want);
    }
}
