//! Writing contacts and companies in two phases: first the row, later phones, e-mails and links (facts §2.3, §9).

use super::contact::{CommChange, Contact};
use super::deal::Deal;
use super::error::RestError;
use super::field::{Entity, Family};
use super::php::Php;
use super::state::{ChangeKind, State};
use super::text::Text;
use super::user_field::truth;
use super::write::Links;

#[derive(Debug, Default)]
pub(crate) struct PartyChange {
    plain: Vec<(&'static str, Php, bool)>,
    pub(crate) rest: PartyRest,
}

/// What the second phase writes.
#[derive(Debug, Clone, Default)]
pub(crate) struct PartyRest {
    comms: Vec<CommChange>,
    /// The companies of a contact or the contacts of a company.
    links: Option<Links>,
}

impl PartyRest {
    pub(crate) fn is_empty(&self) -> bool {
        self.comms.is_empty() && self.links.is_none()
    }
}

impl State {
    /// Reads the fields of a contact or company.
    pub(crate) fn read_party(
        &self,
        entity: Entity,
        fields: &Php,
        family: Family,
    ) -> Result<PartyChange, RestError> {
        let mut change = PartyChange::default();
        for (name, value) in fields.pairs() {
            match (family, name.as_str()) {
                (Family::Legacy, "PHONE" | "EMAIL") => {
                    for (_, comm) in value.pairs() {
                        let comm = legacy_comm(name == "PHONE", comm);
                        change.rest.comms.push(comm);
                    }
                    continue;
                }
                (Family::Item, "fm") => {
                    change.rest.comms.extend(item_comms(value));
                    continue;
                }
                (Family::Legacy | Family::Item, _) => {}
            }
            let field = match (family, entity, name.as_str()) {
                (Family::Legacy, Entity::Company, "CONTACT_ID") => entity.field("CONTACT_IDS"),
                (Family::Legacy, _, _) => entity.field(name),
                (Family::Item, _, _) => entity.item_field(name),
            };
            let Some(field) = field.filter(|field| !field.read_only) else {
                continue;
            };
            match (entity, field.upper) {
                (Entity::Contact, "COMPANY_IDS") => {
                    let ids = self.known(Entity::Company, value);
                    change.rest.links = Some(Links::All(ids));
                }
                (Entity::Contact, "COMPANY_ID") => {
                    let id = self.known(Entity::Company, value).first().copied();
                    change.rest.links.get_or_insert(Links::One(id));
                }
                (Entity::Company, "CONTACT_IDS") => {
                    let ids = self.known(Entity::Contact, value);
                    change.rest.links = Some(Links::All(ids));
                }
                (_, upper) => change
                    .plain
                    .push((upper, value.clone(), truth(value, family))),
            }
        }
        let bad = change
            .rest
            .comms
            .iter()
            .any(|comm| !comm.phone && !comm.value.is_empty() && !is_email(&comm.value));
        if bad {
            Err(RestError::new(400, "ERROR_CORE", Text::BadEmail))
        } else {
            Ok(change)
        }
    }

    pub(crate) fn insert_party(&mut self, who: u64, entity: Entity, change: &PartyChange) -> u64 {
        let id = self.party_table_mut(entity).take_id();
        let mut party = Contact::new(entity, id, who, self.now);
        for (upper, value, yes) in &change.plain {
            party.set(upper, value, *yes);
        }
        self.write_party(who, ChangeKind::Created, party);
        id
    }

    pub(crate) fn update_party(&mut self, who: u64, entity: Entity, id: u64, change: &PartyChange) {
        let Some(mut party) = self.party_table(entity).get(id).cloned() else {
            return;
        };
        for (upper, value, yes) in &change.plain {
            party.set(upper, value, *yes);
        }
        party.updated_by = who;
        party.updated_ms = self.now;
        self.write_party(who, ChangeKind::Updated, party);
    }

    /// The second phase of a contact or company: phones, e-mails and links.
    pub(crate) fn finish_party(&mut self, who: u64, entity: Entity, id: u64, rest: &PartyRest) {
        let Some(mut party) = self.party_table(entity).get(id).cloned() else {
            return;
        };
        for comm in &rest.comms {
            let new_id = self.next_comm_id();
            party.change_comm(comm, new_id);
        }
        if let Some(links) = &rest.links {
            let links = links.over(party.links_mut());
            let old = std::mem::replace(party.links_mut(), links.clone());
            for other in old.iter().filter(|other| !links.contains(other)) {
                self.mirror_link(entity, *other, id, false);
            }
            for other in links.iter().filter(|other| !old.contains(other)) {
                self.mirror_link(entity, *other, id, true);
            }
        }
        self.write_party(who, ChangeKind::Updated, party);
    }

    /// Links a record to further ones of the other kind, without a word.
    pub(crate) fn add_links(&mut self, entity: Entity, id: u64, more: &[u64]) {
        let Some(mut party) = self.party_table(entity).get(id).cloned() else {
            return;
        };
        for other in more {
            if !party.links_mut().contains(other) {
                party.links_mut().push(*other);
                self.mirror_link(entity, *other, id, true);
            }
        }
        let now = self.now;
        self.party_table_mut(entity).write(id, party, now, now);
    }

    /// Deletes a contact or a company, by a person or over REST; what was linked to it forgets it.
    pub(crate) fn remove_party(&mut self, who: u64, entity: Entity, id: u64) -> bool {
        let Some(mut party) = self.party_table(entity).get(id).cloned() else {
            return false;
        };
        for other in party.links_mut().clone() {
            self.mirror_link(entity, other, id, false);
        }
        party.deleted = true;
        self.write_party(who, ChangeKind::Deleted, party);
        self.relink_deals(who, entity, id, None);
        true
    }

    /// Gives the deals of a contact or a company to another one, or to nobody.
    pub(crate) fn relink_deals(&mut self, who: u64, entity: Entity, gone: u64, heir: Option<u64>) {
        let linked = |deal: &&Deal| {
            !deal.deleted
                && match entity {
                    Entity::Contact => deal.contact_ids.contains(&gone),
                    Entity::Company => deal.company_id == gone,
                    Entity::Deal => false,
                }
        };
        let deals: Vec<Deal> = self.deals.all().filter(linked).cloned().collect();
        for mut deal in deals {
            if entity == Entity::Company {
                deal.company_id = heir.unwrap_or(0);
            } else {
                let heir = heir.filter(|heir| !deal.contact_ids.contains(heir));
                match heir {
                    Some(heir) => deal
                        .contact_ids
                        .iter_mut()
                        .filter(|id| **id == gone)
                        .for_each(|id| *id = heir),
                    None => deal.contact_ids.retain(|id| *id != gone),
                }
            }
            self.relink_deal(who, deal);
        }
    }

    /// The other side of a link between a contact and a company, which changes without a word.
    fn mirror_link(&mut self, entity: Entity, other: u64, id: u64, linked: bool) {
        let side = if entity == Entity::Contact {
            Entity::Company
        } else {
            Entity::Contact
        };
        let now = self.now;
        let Some(mut party) = self.party_table(side).get(other).cloned() else {
            return;
        };
        let links = party.links_mut();
        links.retain(|known| *known != id);
        if linked {
            links.push(id);
        }
        self.party_table_mut(side).write(other, party, now, now);
    }
}

fn legacy_comm(phone: bool, comm: &Php) -> CommChange {
    let text = |name: &str| comm.get(name).map(Php::string).unwrap_or_default();
    let removed = text("DELETE") == "Y";
    CommChange {
        phone,
        id: comm.get("ID").map(Php::idval).filter(|id| *id > 0),
        value: if removed {
            String::new()
        } else {
            text("VALUE")
        },
        value_type: Some(text("VALUE_TYPE"))
            .filter(|kind| !kind.is_empty())
            .unwrap_or_else(|| "WORK".to_owned()),
    }
}

/// The values of `fm`: the key is the id of the value to change, and every other key adds one. An id inside the value
/// means nothing (docs/facts.md §6).
fn item_comms(fm: &Php) -> Vec<CommChange> {
    if fm.get("typeId").is_some() {
        return item_comm("", fm).into_iter().collect();
    }
    fm.pairs()
        .iter()
        .filter_map(|(key, comm)| item_comm(key, comm))
        .collect()
}

fn item_comm(key: &str, comm: &Php) -> Option<CommChange> {
    let text = |name: &str| comm.get(name).map(Php::string).unwrap_or_default();
    let phone = match text("typeId").as_str() {
        "PHONE" => true,
        "EMAIL" => false,
        _ => return None,
    };
    Some(CommChange {
        phone,
        id: key.parse().ok().filter(|id| *id > 0),
        value: comm.get("value")?.string(),
        value_type: Some(text("valueType"))
            .filter(|kind| !kind.is_empty())
            .unwrap_or_else(|| "WORK".to_owned()),
    })
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !text.contains(char::is_whitespace)
    })
}
