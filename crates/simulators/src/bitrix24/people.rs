//! What people and robots do in the portal, past the REST interface.

use serde_json::{Map, Value};

use super::deal::Deal;
use super::field::{Entity, Family};
use super::php::Php;
use super::state::{ChangeKind, State};
use super::write::enter_stage;

impl State {
    pub(crate) fn person_creates(&mut self, user: u64, fields: &Map<String, Value>) -> u64 {
        let change = self.read_deal(&fields_of(fields), Family::Item, true);
        match self.insert_deal(user, change, Family::Item) {
            Ok((id, rest)) => {
                if !rest.is_empty() {
                    self.finish_deal(user, id, &rest);
                }
                id
            }
            Err(_) => 0,
        }
    }

    pub(crate) fn person_edits(&mut self, user: u64, id: u64, fields: &Map<String, Value>) -> bool {
        if self.deals.get(id).is_none() {
            return false;
        }
        let change = self.read_deal(&fields_of(fields), Family::Item, true);
        match self.update_deal(user, id, change, Family::Item) {
            Ok(rest) => {
                if !rest.is_empty() {
                    self.finish_deal(user, id, &rest);
                }
                true
            }
            Err(_) => false,
        }
    }

    pub(crate) fn person_moves(&mut self, user: u64, id: u64, stage: &str) -> bool {
        let Some(mut deal) = self.deals.get(id).cloned() else {
            return false;
        };
        let found = self.config.categories.iter().find_map(|category| {
            category
                .stages
                .iter()
                .find(|known| known.id == stage)
                .map(|known| (category.id, known.clone()))
        });
        let Some((category, stage)) = found else {
            return false;
        };
        deal.category_id = category;
        enter_stage(&mut deal, &stage);
        deal.moved_by = user;
        deal.moved_ms = self.now;
        self.touch(&mut deal, user);
        self.write_deal(user, ChangeKind::Updated, deal);
        true
    }

    /// Deletes a deal, by a person or over REST.
    pub(crate) fn remove_deal(&mut self, user: u64, id: u64) -> bool {
        let Some(mut deal) = self.deals.get(id).cloned() else {
            return false;
        };
        deal.deleted = true;
        self.touch(&mut deal, user);
        self.write_deal(user, ChangeKind::Deleted, deal);
        true
    }

    /// Restores under a new id with the same fields (facts §10).
    pub(crate) fn person_restores(&mut self, user: u64, id: u64) -> Option<u64> {
        let mut deal = self.deals.truth(id).filter(|deal| deal.deleted).cloned()?;
        if !self.restored.insert(id) {
            return None;
        }
        deal.id = self.deals.take_id();
        deal.deleted = false;
        for row in &mut deal.rows {
            row.id = self.next_row_id();
        }
        for comment in self
            .comments
            .iter_mut()
            .filter(|comment| comment.entity == Entity::Deal && comment.owner == id)
        {
            comment.owner = deal.id;
        }
        let new_id = deal.id;
        self.touch(&mut deal, user);
        self.write_deal(user, ChangeKind::Restored, deal);
        Some(new_id)
    }

    /// Merges one deal into another: what the survivor lacks it takes over, rows and comments are added.
    pub(crate) fn absorb_deal(&mut self, user: u64, survivor: u64, loser: u64) -> bool {
        if survivor == loser {
            return false;
        }
        let (Some(mut kept), Some(gone)) = (
            self.deals.get(survivor).cloned(),
            self.deals.get(loser).cloned(),
        ) else {
            return false;
        };
        take_over(&mut kept, &gone);
        for mut row in gone.rows.clone() {
            row.id = self.next_row_id();
            kept.rows.push(row);
        }
        kept.had_rows |= gone.had_rows;
        kept.recompute();
        for comment in self
            .comments
            .iter_mut()
            .filter(|comment| comment.entity == Entity::Deal && comment.owner == loser)
        {
            comment.owner = survivor;
        }
        self.touch(&mut kept, user);
        self.write_deal(user, ChangeKind::Merged, kept);
        self.remove_deal(user, loser)
    }
}

fn take_over(kept: &mut Deal, gone: &Deal) {
    let texts = [
        (&mut kept.originator_id, &gone.originator_id),
        (&mut kept.origin_id, &gone.origin_id),
        (&mut kept.additional_info, &gone.additional_info),
        (&mut kept.comments, &gone.comments),
        (&mut kept.source_id, &gone.source_id),
        (&mut kept.title, &gone.title),
    ];
    for (kept, gone) in texts {
        if kept.is_empty() {
            kept.clone_from(gone);
        }
    }
    if kept.opportunity.is_zero() {
        kept.opportunity = gone.opportunity;
    }
    for contact in &gone.contact_ids {
        if !kept.contact_ids.contains(contact) {
            kept.contact_ids.push(*contact);
        }
    }
    for (name, value) in &gone.uf {
        kept.uf.entry(name.clone()).or_insert_with(|| value.clone());
    }
    for (name, value) in &gone.other {
        if !kept.other.contains_key(name) {
            kept.other.insert(name.clone(), value.clone());
        }
    }
    kept.timeline_comments
        .extend(gone.timeline_comments.iter().cloned());
}

fn fields_of(fields: &Map<String, Value>) -> Php {
    Php::map(
        fields
            .iter()
            .map(|(name, value)| (name.clone(), Php::from_value(value))),
    )
}
