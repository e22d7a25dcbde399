//! What people and robots do in the portal, past the REST interface.

use serde_json::{Map, Value};

use super::contact::{Comm, Contact};
use super::deal::Deal;
use super::field::{Entity, Family};
use super::php::Php;
use super::state::{ChangeKind, State};

impl State {
    pub(crate) fn person_creates(&mut self, user: u64, fields: &Map<String, Value>) -> u64 {
        let read = self.read_deal(&fields_of(fields), Family::Item, true);
        let inserted = read.and_then(|change| self.insert_deal(user, change, Family::Item));
        match inserted {
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
        let read = self.read_deal(&fields_of(fields), Family::Item, true);
        match read.and_then(|change| self.update_deal(user, id, change, Family::Item)) {
            Ok(rest) => {
                if !rest.is_empty() {
                    self.finish_deal(user, id, &rest);
                }
                true
            }
            Err(_) => false,
        }
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

impl State {
    /// A person creates a contact or a company.
    pub(crate) fn person_creates_party(
        &mut self,
        user: u64,
        entity: Entity,
        fields: &Map<String, Value>,
    ) -> u64 {
        let Ok(change) = self.read_party(entity, &fields_of(fields), Family::Item) else {
            return 0;
        };
        let id = self.insert_party(user, entity, &change);
        if !change.rest.is_empty() {
            self.finish_party(user, entity, id, &change.rest);
        }
        id
    }

    /// A person changes fields of a contact or a company.
    pub(crate) fn person_edits_party(
        &mut self,
        user: u64,
        entity: Entity,
        id: u64,
        fields: &Map<String, Value>,
    ) -> bool {
        if self.party_table(entity).get(id).is_none() {
            return false;
        }
        let Ok(change) = self.read_party(entity, &fields_of(fields), Family::Item) else {
            return false;
        };
        self.update_party(user, entity, id, &change);
        if !change.rest.is_empty() {
            self.finish_party(user, entity, id, &change.rest);
        }
        true
    }

    /// A person replaces one address by another; an empty new one takes it away, an empty old one adds it.
    pub(crate) fn person_changes_email(
        &mut self,
        user: u64,
        contact: u64,
        old: &str,
        new: &str,
    ) -> bool {
        let Some(mut party) = self.contacts.get(contact).cloned() else {
            return false;
        };
        if old.is_empty() {
            let id = self.next_comm_id();
            party.emails.push(Comm {
                id,
                value: new.to_owned(),
                value_type: "WORK".to_owned(),
            });
        } else {
            let known = party.emails.iter().position(|comm| comm.value == old);
            let Some(comm) = known.and_then(|index| party.emails.get_mut(index)) else {
                return false;
            };
            new.clone_into(&mut comm.value);
            party.emails.retain(|comm| !comm.value.is_empty());
        }
        self.save_party(user, ChangeKind::Updated, party);
        true
    }

    /// A person sets the contacts of a deal, all of them; those that do not exist are passed over.
    pub(crate) fn person_sets_contacts(&mut self, user: u64, id: u64, contacts: &[u64]) -> bool {
        let Some(mut deal) = self.deals.get(id).cloned() else {
            return false;
        };
        deal.contact_ids = contacts
            .iter()
            .copied()
            .filter(|contact| self.contacts.get(*contact).is_some())
            .collect();
        self.touch(&mut deal, user);
        self.write_deal(user, ChangeKind::Updated, deal);
        true
    }

    /// Merges one contact or company into another: phones, e-mails, links and deals go to the survivor.
    pub(crate) fn absorb_party(
        &mut self,
        user: u64,
        entity: Entity,
        survivor: u64,
        loser: u64,
    ) -> bool {
        if survivor == loser {
            return false;
        }
        let (Some(mut kept), Some(mut gone)) = (
            self.party_table(entity).get(survivor).cloned(),
            self.party_table(entity).get(loser).cloned(),
        ) else {
            return false;
        };
        kept.phones.append(&mut gone.phones);
        kept.emails.append(&mut gone.emails);
        take_over_party(&mut kept, &gone);
        let links = gone.links_mut().clone();
        self.relink_deals(user, entity, loser, Some(survivor));
        self.remove_party(user, entity, loser);
        self.save_party(user, ChangeKind::Merged, kept);
        self.add_links(entity, survivor, &links);
        true
    }

    fn save_party(&mut self, user: u64, kind: ChangeKind, mut party: Contact) {
        party.updated_by = user;
        party.updated_ms = self.now;
        self.write_party(user, kind, party);
    }
}

fn take_over_party(kept: &mut Contact, gone: &Contact) {
    let texts = [
        (&mut kept.name, &gone.name),
        (&mut kept.last_name, &gone.last_name),
        (&mut kept.title, &gone.title),
        (&mut kept.originator_id, &gone.originator_id),
        (&mut kept.origin_id, &gone.origin_id),
    ];
    for (kept, gone) in texts {
        if kept.is_empty() {
            kept.clone_from(gone);
        }
    }
    for (name, value) in &gone.other {
        if !kept.other.contains_key(name) {
            kept.other.insert(name.clone(), value.clone());
        }
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
    if kept.company_id == 0 {
        kept.company_id = gone.company_id;
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
