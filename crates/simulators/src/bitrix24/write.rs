//! Writing deals and contacts in two phases: first the row, later user fields, contacts and phones (facts §2.3).

use std::collections::BTreeMap;

use serde_json::Value;

use super::config::{Category, Stage, UserField};
use super::contact::{CommChange, Contact};
use super::deal::Deal;
use super::error::RestError;
use super::field::{Entity, Family, camel_user_field};
use super::php::Php;
use super::state::{ChangeKind, State};
use super::text::Text;

/// A write as the first phase understands it.
#[derive(Debug, Default)]
pub(crate) struct DealChange {
    plain: Vec<(&'static str, Php, bool)>,
    category: Option<u64>,
    stage: Option<String>,
    rest: DealRest,
}

/// What the second phase writes.
#[derive(Debug, Clone, Default)]
pub(crate) struct DealRest {
    /// User fields; null clears.
    uf: BTreeMap<String, Value>,
    contacts: Option<Vec<u64>>,
}

#[derive(Debug, Default)]
pub(crate) struct PartyChange {
    plain: Vec<(&'static str, Php, bool)>,
    pub(crate) comms: Vec<CommChange>,
}

impl DealRest {
    pub(crate) fn is_empty(&self) -> bool {
        self.uf.is_empty() && self.contacts.is_none()
    }

    fn apply(&self, deal: &mut Deal) {
        for (name, value) in &self.uf {
            match value {
                Value::Null => {
                    deal.uf.remove(name);
                }
                Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_)
                | Value::Object(_) => {
                    deal.uf.insert(name.clone(), value.clone());
                }
            }
        }
        if let Some(contacts) = &self.contacts {
            deal.contact_ids.clone_from(contacts);
        }
    }
}

impl State {
    /// Reads the fields of a deal; what the family does not know is dropped.
    pub(crate) fn read_deal(
        &self,
        fields: &Php,
        family: Family,
        original_names: bool,
    ) -> DealChange {
        let mut change = DealChange::default();
        for (name, value) in fields.pairs() {
            if let Some(user_field) =
                find_user_field(&self.user_fields, name, family, original_names)
            {
                change.rest.uf.insert(
                    user_field.name.clone(),
                    user_value(user_field, value, family),
                );
                continue;
            }
            let field = match family {
                Family::Legacy => Entity::Deal.field(name),
                Family::Item => Entity::Deal.item_field(name),
            };
            let Some(field) = field.filter(|field| !field.read_only) else {
                continue;
            };
            match field.upper {
                "CATEGORY_ID" => change.category = Some(value.idval()),
                "STAGE_ID" => change.stage = Some(value.string()),
                "CONTACT_IDS" => change.rest.contacts = Some(self.known_contacts(value)),
                "CONTACT_ID" => {
                    change
                        .rest
                        .contacts
                        .get_or_insert(self.known_contacts(&Php::list([value.clone()])));
                }
                upper => change
                    .plain
                    .push((upper, value.clone(), truth(value, family))),
            }
        }
        change
    }

    /// The first phase of a new deal.
    pub(crate) fn insert_deal(
        &mut self,
        who: u64,
        change: DealChange,
        family: Family,
    ) -> Result<(u64, DealRest), RestError> {
        self.check_currency(&change, family)?;
        let wanted = change.category.unwrap_or_default();
        let category = match self
            .config
            .categories
            .iter()
            .find(|category| category.id == wanted)
        {
            Some(category) => category.clone(),
            None if family == Family::Item => {
                return Err(RestError::new(
                    400,
                    "CRM_FIELD_ERROR_CATEGORY_NOT_AVAILABLE",
                    Text::BadCategory,
                ));
            }
            None => default_category(&self.config.categories),
        };
        let id = self.deals.take_id();
        let mut deal = Deal::new(id, who, self.now);
        deal.category_id = category.id;
        deal.currency_id = self.config.currencies.first().cloned().unwrap_or_default();
        deal.other.insert("OPENED".to_owned(), Value::from(true));
        deal.other.insert(
            "BEGINDATE".to_owned(),
            Value::from(self.clock.date(self.now, 0)),
        );
        deal.other.insert(
            "CLOSEDATE".to_owned(),
            Value::from(self.clock.date(self.now, 7)),
        );
        let wanted_stage = change.stage.as_deref();
        let stage = category
            .stages
            .iter()
            .find(|stage| Some(stage.id.as_str()) == wanted_stage);
        if let Some(stage) = stage.or_else(|| category.stages.first()) {
            enter_stage(&mut deal, stage);
        }
        for (upper, value, yes) in &change.plain {
            deal.set(upper, value, *yes);
        }
        if deal.title.is_empty() {
            deal.title = Text::DealTitle(id).say(self.config.language);
        }
        self.write_deal(who, ChangeKind::Created, deal);
        Ok((id, change.rest))
    }

    /// The first phase of a change; a change that changes nothing is not saved.
    pub(crate) fn update_deal(
        &mut self,
        who: u64,
        id: u64,
        change: DealChange,
        family: Family,
    ) -> Result<DealRest, RestError> {
        self.check_currency(&change, family)?;
        let Some(current) = self.deals.get(id).cloned() else {
            return Ok(DealRest::default());
        };
        let mut deal = current.clone();
        if family == Family::Item
            && let Some(wanted) = change.category
        {
            self.change_category(&mut deal, wanted)?;
        }
        if let Some(stage) = change
            .stage
            .as_deref()
            .and_then(|stage| self.find_stage(deal.category_id, stage))
        {
            enter_stage(&mut deal, &stage);
        }
        for (upper, value, yes) in &change.plain {
            deal.set(upper, value, *yes);
        }
        deal.recompute();
        let mut whole = deal.clone();
        change.rest.apply(&mut whole);
        if whole == current {
            return Ok(DealRest::default());
        }
        if deal.stage_id != current.stage_id {
            deal.moved_by = who;
            deal.moved_ms = self.now;
        }
        self.touch(&mut deal, who);
        self.write_deal(who, ChangeKind::Updated, deal);
        Ok(change.rest)
    }

    /// The second phase of a write; a deal that is gone meanwhile stays as it is.
    pub(crate) fn finish_deal(&mut self, who: u64, id: u64, rest: &DealRest) {
        let Some(mut deal) = self.deals.get(id).cloned() else {
            return;
        };
        rest.apply(&mut deal);
        self.touch(&mut deal, who);
        self.write_deal(who, ChangeKind::Updated, deal);
    }

    pub(crate) fn touch(&self, deal: &mut Deal, who: u64) {
        deal.updated_by = who;
        deal.updated_ms = self.now;
    }

    /// The stage of this id in this category.
    pub(crate) fn find_stage(&self, category: u64, stage: &str) -> Option<Stage> {
        let category = self
            .config
            .categories
            .iter()
            .find(|known| known.id == category)?;
        category
            .stages
            .iter()
            .find(|known| known.id == stage)
            .cloned()
    }

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
                        change.comms.push(legacy_comm(name == "PHONE", comm));
                    }
                    continue;
                }
                (Family::Item, "fm") => {
                    for (_, comm) in value.pairs() {
                        change.comms.extend(item_comm(comm));
                    }
                    continue;
                }
                (Family::Legacy | Family::Item, _) => {}
            }
            let field = match family {
                Family::Legacy => entity.field(name),
                Family::Item => entity.item_field(name),
            };
            if let Some(field) = field.filter(|field| !field.read_only) {
                change
                    .plain
                    .push((field.upper, value.clone(), truth(value, family)));
            }
        }
        let bad = change
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

    /// The second phase of a contact or company: phones and e-mails.
    pub(crate) fn finish_party(&mut self, who: u64, entity: Entity, id: u64, comms: &[CommChange]) {
        let Some(mut party) = self.party_table(entity).get(id).cloned() else {
            return;
        };
        for comm in comms {
            let new_id = self.next_comm_id();
            party.change_comm(comm, new_id);
        }
        self.write_party(who, ChangeKind::Updated, party);
    }

    /// Ids of existing contacts, each once; others are dropped without a word.
    fn known_contacts(&self, value: &Php) -> Vec<u64> {
        let single = [(String::new(), value.clone())];
        let pairs = if value.is_array() {
            value.pairs()
        } else {
            &single
        };
        let mut ids = Vec::new();
        for id in pairs.iter().map(|(_, id)| id.idval()) {
            if self.contacts.get(id).is_some() && !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    fn check_currency(&self, change: &DealChange, family: Family) -> Result<(), RestError> {
        let wanted = change
            .plain
            .iter()
            .find(|(upper, _, _)| *upper == "CURRENCY_ID")
            .map(|(_, value, _)| value.string());
        let unknown = |code: &String| {
            !code.is_empty()
                && !self
                    .config
                    .currencies
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(code))
        };
        match (wanted.filter(unknown), family) {
            (None, _) => Ok(()),
            (Some(_), Family::Legacy) => Err(RestError::legacy(Text::BadCurrency)),
            (Some(_), Family::Item) => Err(RestError::new(
                400,
                "CRM_FIELD_ERROR_VALUE_NOT_VALID",
                Text::BadCurrency,
            )),
        }
    }

    /// Moves a deal to another category, into the first stage of the same meaning.
    fn change_category(&self, deal: &mut Deal, wanted: u64) -> Result<(), RestError> {
        if wanted == deal.category_id {
            return Ok(());
        }
        let category = self
            .config
            .categories
            .iter()
            .find(|category| category.id == wanted);
        let category = category.ok_or_else(|| {
            RestError::new(
                400,
                "CRM_FIELD_ERROR_CATEGORY_NOT_AVAILABLE",
                Text::BadCategory,
            )
        })?;
        deal.category_id = wanted;
        let same = category
            .stages
            .iter()
            .find(|stage| stage.semantic.to_string() == deal.stage_semantic);
        if let Some(stage) = same.or_else(|| category.stages.first()) {
            enter_stage(deal, stage);
        }
        Ok(())
    }
}

pub(crate) fn enter_stage(deal: &mut Deal, stage: &Stage) {
    deal.stage_id.clone_from(&stage.id);
    deal.stage_semantic = stage.semantic.to_string();
}

fn default_category(categories: &[Category]) -> Category {
    let default = categories
        .iter()
        .find(|category| category.id == 0)
        .or_else(|| categories.first());
    default
        .cloned()
        .unwrap_or_else(|| Category::standard(0, "General"))
}

fn find_user_field<'a>(
    known: &'a [UserField],
    name: &str,
    family: Family,
    original: bool,
) -> Option<&'a UserField> {
    known.iter().find(|field| match family {
        Family::Legacy => field.name == name,
        Family::Item if original => field.name == name,
        Family::Item => camel_user_field(&field.name) == name,
    })
}

/// Yes and no as the family reads them (facts §1.2): the item family knows neither 1 nor `"1"`.
fn truth(value: &Php, family: Family) -> bool {
    match (family, value) {
        (Family::Item, Php::Bool(yes)) => *yes,
        (Family::Item, Php::Str(text)) => matches!(text.as_str(), "true" | "Y" | "y"),
        (Family::Legacy, Php::Str(text)) => text == "Y",
        (
            Family::Item | Family::Legacy,
            Php::Null | Php::Bool(_) | Php::Int(_) | Php::Float(_) | Php::Array(_),
        ) => false,
    }
}

fn user_value(field: &UserField, value: &Php, family: Family) -> Value {
    let single = |value: &Php| match (field.user_type.as_str(), value) {
        (_, Php::Null) => Value::Null,
        (_, Php::Str(text)) if text.is_empty() => Value::Null,
        ("integer", value) => Value::from(value.intval()),
        ("double", value) => value
            .decimal()
            .to_string()
            .parse::<f64>()
            .map_or(Value::Null, Value::from),
        ("boolean", value) => {
            Value::from(value.intval() == 1 || *value == Php::Bool(true) || truth(value, family))
        }
        (_, value) => Value::from(value.string()),
    };
    if field.multiple {
        return Value::Array(value.pairs().iter().map(|(_, item)| single(item)).collect());
    }
    single(value)
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

fn item_comm(comm: &Php) -> Option<CommChange> {
    let text = |name: &str| comm.get(name).map(Php::string).unwrap_or_default();
    let phone = match text("typeId").as_str() {
        "PHONE" => true,
        "EMAIL" => false,
        _ => return None,
    };
    Some(CommChange {
        phone,
        id: comm.get("id").map(Php::idval).filter(|id| *id > 0),
        value: text("value"),
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
