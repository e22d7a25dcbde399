//! Writing deals in two phases: first the row, later user fields and contacts (facts §2.3).

use std::collections::BTreeMap;

use serde_json::Value;

use super::category::enter_stage;
use super::deal::Deal;
use super::error::RestError;
use super::field::{Entity, Family, Kind};
use super::php::Php;
use super::state::{ChangeKind, State};
use super::text::Text;
use super::user_field::{Written, find_user_field, truth};

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
    contacts: Option<Links>,
}

/// Records that a written value links to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Links {
    /// The whole set.
    All(Vec<u64>),
    /// One record, or none: it changes nothing if it is linked already, and otherwise it stands alone.
    One(Option<u64>),
}

impl Links {
    /// The set after a write.
    pub(crate) fn over(&self, current: &[u64]) -> Vec<u64> {
        match self {
            Self::All(ids) => ids.clone(),
            Self::One(Some(id)) if current.contains(id) => current.to_vec(),
            Self::One(id) => id.iter().copied().collect(),
        }
    }
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
            deal.contact_ids = contacts.over(&deal.contact_ids);
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
    ) -> Result<DealChange, RestError> {
        let base_currency = self.config.currencies.first().map_or("", String::as_str);
        let mut change = DealChange::default();
        for (name, value) in fields.pairs() {
            if let Some(user_field) =
                find_user_field(&self.user_fields, name, family, original_names)
            {
                let written = user_field.write(value, family, &self.clock, base_currency)?;
                if let Written::Store(stored) = written {
                    change.rest.uf.insert(user_field.name.clone(), stored);
                }
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
                "CONTACT_IDS" => {
                    let ids = self.known(Entity::Contact, value);
                    change.rest.contacts = Some(Links::All(ids));
                }
                "CONTACT_ID" => {
                    let id = self.known(Entity::Contact, value).first().copied();
                    change.rest.contacts.get_or_insert(Links::One(id));
                }
                "COMPANY_ID" => {
                    let id = self.known(Entity::Company, value).first().copied();
                    let id = Php::id(id.unwrap_or(0));
                    change.plain.push(("COMPANY_ID", id, false));
                }
                upper if field.kind == Kind::Time => {
                    let day = self.clock.parse_day(&value.string());
                    match day {
                        Some(day) => change.plain.push((upper, Php::text(day), false)),
                        None if value.string().is_empty() => {
                            change.plain.push((upper, Php::Null, false))
                        }
                        // A date that does not parse is passed over.
                        None => {}
                    }
                }
                upper => change
                    .plain
                    .push((upper, value.clone(), truth(value, family))),
            }
        }
        Ok(change)
    }

    /// The first phase of a new deal.
    pub(crate) fn insert_deal(
        &mut self,
        who: u64,
        change: DealChange,
        family: Family,
    ) -> Result<(u64, DealRest), RestError> {
        self.check_currency(&change, family)?;
        self.check_mandatory(&change.rest, true, family)?;
        let category = self.category_of_new(change.category.unwrap_or_default(), family)?;
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
        let wanted = change.stage.as_deref().unwrap_or_default();
        if let Some(stage) = self.choose_stage(&category, wanted) {
            enter_stage(&mut deal, &stage);
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
        self.check_mandatory(&change.rest, false, family)?;
        let Some(current) = self.deals.get(id).cloned() else {
            return Ok(DealRest::default());
        };
        let mut deal = current.clone();
        // The legacy family cannot change the category and does not say so.
        if let Some(wanted) = change.category.filter(|_| family == Family::Item) {
            self.enter_category(&mut deal, wanted)?;
        }
        let stage = match self.category(deal.category_id) {
            Some(category) if category.id != current.category_id => {
                let wanted = change.stage.as_deref().unwrap_or(&current.stage_id);
                self.choose_stage(category, wanted)
            }
            // A stage of another category is passed over.
            Some(category) => change
                .stage
                .as_deref()
                .and_then(|stage| self.find_stage(category.id, stage)),
            None => None,
        };
        if let Some(stage) = stage {
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

    /// Ids of existing records, each once; others are dropped without a word.
    pub(crate) fn known(&self, entity: Entity, value: &Php) -> Vec<u64> {
        let single = [(String::new(), value.clone())];
        let pairs = if value.is_array() {
            value.pairs()
        } else {
            &single
        };
        let mut ids = Vec::new();
        for id in pairs.iter().map(|(_, id)| id.idval()) {
            if self.party_table(entity).get(id).is_some() && !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    /// Mandatory user fields, which the portal checks only if it is told to (facts §2.3).
    fn check_mandatory(&self, rest: &DealRest, new: bool, family: Family) -> Result<(), RestError> {
        let lacks = |name: &str| rest.uf.get(name).map_or(new, Value::is_null);
        let lacking = self
            .user_fields
            .iter()
            .filter(|_| self.config.check_mandatory)
            .find(|field| field.mandatory && lacks(&field.name));
        let Some(field) = lacking else {
            return Ok(());
        };
        let error = RestError::required_field(field.shown_name());
        Err(match family {
            Family::Item => error,
            Family::Legacy => RestError::legacy(error.text),
        })
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
}
