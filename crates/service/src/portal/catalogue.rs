//! Products of the portal's catalogue by Shopify variant, remembered for a while.
//!
//! The catalogue is never waited for: what it does not know, or cannot be asked, is a row with a name.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bitrix24::{
    Answer, Call, Outcome as Wire,
    products::{self, ProductRow},
};
use kernel::{Elapsed, planner::KEYS_PER_LOOKUP};

/// A product that was found is not asked for again for so long.
const FOUND_FOR: Duration = Duration::from_secs(6 * 3_600);

/// One that was not found may have been added meanwhile.
const MISSED_FOR: Duration = Duration::from_secs(600);

/// A portal that refuses to be asked is asked again after this.
const REFUSED_FOR: Duration = Duration::from_secs(3_600);

/// Variants that are remembered at most; beyond them it begins anew.
const REMEMBERED_MAX: usize = 50_000;

#[derive(Default)]
pub(super) struct Catalogue {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    known: BTreeMap<u64, (Option<u64>, Elapsed)>,
    refused_until: Option<Elapsed>,
}

/// Commands that ask for variants, and where their answers stand.
#[derive(Default)]
pub(super) struct Asked {
    pages: Vec<(usize, Vec<u64>)>,
}

impl Catalogue {
    /// Adds the commands for the variants of which nothing is known.
    pub(super) fn ask(
        &self,
        variants: impl Iterator<Item = u64>,
        now: Elapsed,
        push: &mut dyn FnMut(Call) -> usize,
    ) -> Asked {
        let mut asked = Asked::default();
        let inner = self.inner();
        if inner.refused_until.is_some_and(|it| now < it) {
            return asked;
        }
        let known = |it: &u64| inner.known.get(it).is_some_and(|(_, until)| now < *until);
        let unknown: Vec<u64> = variants
            .collect::<BTreeSet<_>>()
            .into_iter()
            .filter(|it| !known(it))
            .collect();
        for page in unknown.chunks(KEYS_PER_LOOKUP) {
            let codes: Vec<String> = page.iter().map(ToString::to_string).collect();
            let place = push(products::find_by_xml_id(&codes));
            asked.pages.push((place, page.to_vec()));
        }
        asked
    }

    /// Remembers what was answered. True if the portal newly refuses to be asked.
    pub(super) fn learn(&self, asked: &Asked, answers: &[Wire<Answer>], now: Elapsed) -> bool {
        let mut inner = self.inner();
        if REMEMBERED_MAX < inner.known.len() {
            inner.known.clear();
        }
        let mut refused = false;
        for (place, variants) in &asked.pages {
            match answers.get(*place) {
                Some(Wire::Done(answer)) => {
                    let Ok(rows) = products::read_found(answer) else {
                        continue;
                    };
                    for variant in variants {
                        let product = product_of(*variant, &rows);
                        let keep = if product.is_some() {
                            FOUND_FOR
                        } else {
                            MISSED_FOR
                        };
                        inner.known.insert(*variant, (product, now + keep));
                    }
                }
                Some(Wire::Refused(refusal)) if !refusal.class.is_portal_wide() => {
                    inner.refused_until = Some(now + REFUSED_FOR);
                    refused = true;
                }
                Some(Wire::Refused(_) | Wire::Unknown(_)) | None => {}
            }
        }
        refused
    }

    /// What is known of these variants.
    pub(super) fn of(&self, variants: &[u64]) -> BTreeMap<u64, Option<u64>> {
        let inner = self.inner();
        let product = |it: &u64| inner.known.get(it).and_then(|(product, _)| *product);
        variants.iter().map(|it| (*it, product(it))).collect()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere leaves what is known usable.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The product with exactly this code; of several the lowest, and one on offer before one that is not.
fn product_of(variant: u64, rows: &[ProductRow]) -> Option<u64> {
    let code = variant.to_string();
    rows.iter()
        .filter(|it| it.xml_id.as_deref() == Some(code.as_str()))
        .min_by_key(|it| (!it.active, it.id))
        .map(|it| it.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: u64, xml_id: &str, active: bool) -> ProductRow {
        ProductRow {
            id,
            xml_id: Some(xml_id.to_owned()),
            active,
        }
    }

    #[test]
    fn a_product_is_linked_by_its_exact_code_and_one_on_offer_first() {
        let rows = [
            row(3, "45", false),
            row(7, "45", true),
            row(8, "45", true),
            row(1, "450", true),
        ];
        assert_eq!(product_of(45, &rows), Some(7));
        assert_eq!(product_of(4, &rows), None);
    }

    #[test]
    fn what_is_known_is_not_asked_again() {
        let catalogue = Catalogue::default();
        let mut calls = Vec::new();
        let mut push = |call| {
            calls.push(call);
            calls.len() - 1
        };
        let asked = catalogue.ask([45, 45, 46].into_iter(), Elapsed::ZERO, &mut push);
        let answer = Answer::from(serde_json::json!([{"ID": "7", "XML_ID": "45", "ACTIVE": "Y"}]));
        assert!(!catalogue.learn(&asked, &[Wire::Done(answer)], Elapsed::ZERO));
        let again = catalogue.ask([45, 46].into_iter(), Elapsed::ZERO, &mut push);
        assert!(again.pages.is_empty());
        assert_eq!(catalogue.of(&[45, 46]), [(45, Some(7)), (46, None)].into());
    }
}
