//! From an order to the deal it should have.
//!
//! Without a mapping of the shop's own the defaults of design §4.4 hold. A rule that fails parks nothing: the deal is
//! made without it, and what is wrong is told.

mod custom;
mod defaults;
mod directory;
mod fields;
mod file;
mod language;
mod lint;
mod rows;
mod rules;
pub mod sample;
mod stages;
mod view;

use std::sync::Arc;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use self::{
    custom::Custom,
    fields::{FieldRule, Tools},
    language::Scope,
};
pub use self::{
    directory::{Directory, FieldInfo, Funnel, Stage, nearest},
    file::{IdOrName, Kind, MappingFile, Owner, Recreate},
    language::{FILTERS, FUNCTIONS},
    lint::{Finding, Severity},
    rules::{FieldMaker, Says, StageSpeaker},
    stages::Target,
    view::paths as template_names,
};
use crate::{
    company::CompanyWish,
    contact::ContactWish,
    deal::{DesiredDeal, StageWish, Unmapped},
    money,
    order::Order,
    version::Digest,
};

/// The user field of seed.md that carries the order id.
pub const ORDER_FIELD_DEFAULT: &str = "UF_CRM_1742556489";

/// The user field that names the survivor of a duplicate set, as `init` makes it (design §3.4).
pub const DUPLICATE_FIELD_DEFAULT: &str = "UF_CRM_ONEDEAL_DUP_OF";

/// The stage of a fresh deal unless a rule or the mapping names another.
const FIRST_STAGE: &str = "NEW";

/// How orders become deals.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The user field that carries the order id, for people and for other tools.
    pub order_field: String,
    /// The user field that names the survivor of a duplicate set, where the portal has one.
    pub duplicate_field: Option<String>,
    custom: Option<Arc<Custom>>,
    directory: Option<Arc<Directory>>,
    fingerprint: Digest,
}

/// A place of a mapping that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{place}`: {problem}")]
pub struct Trouble {
    /// The key, as a path: `fields.title.text`.
    pub place: String,
    /// What is wrong.
    pub problem: String,
}

impl Trouble {
    fn new(place: String, problem: String) -> Self {
        Self { place, problem }
    }
}

impl Default for Mapping {
    fn default() -> Self {
        Self {
            order_field: ORDER_FIELD_DEFAULT.to_owned(),
            duplicate_field: None,
            custom: None,
            directory: None,
            fingerprint: Digest::of_bytes(b""),
        }
        .signed()
    }
}

impl Mapping {
    /// The default mapping with this order field.
    pub fn with_order_field(order_field: String) -> Self {
        Self {
            order_field,
            ..Self::default()
        }
        .signed()
    }

    /// The same mapping on a portal that has a field for the survivor of a duplicate set.
    pub fn with_duplicate_field(self, name: String) -> Self {
        Self {
            duplicate_field: Some(name),
            ..self
        }
    }

    /// The same mapping with the rules of a file; `zone` is the one that the file names.
    ///
    /// # Errors
    /// A rule cannot be read: the first such place.
    pub fn with_file(self, file: &MappingFile, zone: TimeZone) -> Result<Self, Trouble> {
        let custom = Custom::read(file, zone, &self.order_field)?;
        let mapping = Self {
            custom: Some(Arc::new(custom)),
            ..self
        };
        Ok(mapping.signed())
    }

    /// The same mapping on a portal that offers these names.
    pub fn on_portal(self, directory: Directory) -> Self {
        Self {
            directory: Some(Arc::new(directory)),
            ..self
        }
        .signed()
    }

    /// Tells mappings apart: an order that was parked for its content is tried again under another one (design §4.2,
    /// rule 12).
    pub fn fingerprint(&self) -> &Digest {
        &self.fingerprint
    }

    fn signed(self) -> Self {
        let file = self.custom.as_ref().map(|it| &it.file);
        let words = format!("{} {file:?} {:?}", self.order_field, self.directory);
        Self {
            fingerprint: Digest::of_bytes(words.as_bytes()),
            ..self
        }
    }

    /// Whether rules name things by names that only the portal can resolve.
    pub fn needs_directory(&self) -> bool {
        self.custom.as_ref().is_some_and(|it| it.needs_directory())
    }

    /// What a portal offers, where the names in it were looked up there.
    pub fn directory(&self) -> Option<&Directory> {
        self.directory.as_deref()
    }

    /// What does not fit the portal, and what the portal offers instead.
    pub fn lint(&self, directory: &Directory) -> Vec<Finding> {
        lint::lint(self, directory)
    }

    /// Whether an order should have a deal at all; an order about which that cannot be said has one.
    pub fn wants(&self, order: &Order) -> bool {
        let Some((custom, when)) = self
            .custom
            .as_ref()
            .and_then(|it| Some((it, it.create_when.as_deref()?)))
        else {
            return true;
        };
        custom
            .language
            .holds(when, &Scope::of(order))
            .unwrap_or(true)
    }

    /// The rules that fail for an order.
    pub fn unmapped(&self, order: &Order) -> Vec<Unmapped> {
        match &self.custom {
            Some(_) => self.desired(order).unmapped,
            None => Vec::new(),
        }
    }

    /// Whether a deal that a person deleted is made again.
    pub fn recreate(&self) -> Recreate {
        self.custom
            .as_ref()
            .map_or(Recreate::Never, |it| it.recreate)
    }

    /// Whether rows are linked to the catalogue.
    pub fn links_products(&self) -> bool {
        self.custom.as_ref().is_none_or(|it| it.products)
    }

    /// Whose contact the deal of an order shows; `None` where there is nobody to find, or contacts are not linked.
    pub fn contact(&self, order: &Order) -> Option<ContactWish> {
        let links = self.custom.as_ref().is_none_or(|it| it.contact);
        links.then(|| ContactWish::of(&order.buyer)).flatten()
    }

    /// Which company the deal of an order shows; `None` where a person buys, or companies are not linked.
    pub fn company(&self, order: &Order) -> Option<CompanyWish> {
        let links = self.custom.as_ref().is_none_or(|it| it.company);
        links.then(|| CompanyWish::of(order)).flatten()
    }

    /// Names of the fields that are written while they show what we wrote.
    pub fn if_untouched(&self) -> Vec<String> {
        let mut names = vec![crate::deal::field::COMMENTS.to_owned()];
        if let Some(custom) = &self.custom {
            let own = |it: &&FieldRule| it.owner == Owner::IfUntouched;
            names.retain(|it| custom.fields.iter().all(|rule| rule.name != *it));
            names.extend(custom.fields.iter().filter(own).map(|it| it.name.clone()));
        }
        names
    }

    /// The deal this order should have.
    pub fn desired(&self, order: &Order) -> DesiredDeal {
        let (rows, mut notes) = rows::rows(order);
        let lost = money::not_carried(order.total);
        if lost != Decimal::ZERO {
            notes.push(format!(
                "the total of {} {} has digits that the portal cannot carry ({lost})",
                order.total, order.currency
            ));
        }
        let mut desired = DesiredDeal {
            always: defaults::always(order, &self.order_field),
            on_create: defaults::on_create(order),
            if_untouched: defaults::if_untouched(order),
            rows,
            stage: stages::default_rules(order),
            contact: self.contact(order),
            company: self.company(order),
            notes,
            unmapped: Vec::new(),
        };
        if let Some(custom) = &self.custom {
            self.customise(custom, order, &mut desired);
        }
        desired
    }

    fn customise(&self, custom: &Custom, order: &Order, desired: &mut DesiredDeal) {
        let scope = Scope::of(order);
        let tools = Tools {
            language: &custom.language,
            zone: &custom.zone,
            directory: self.directory.as_deref(),
        };
        if let Some(when) = &custom.create_when
            && let Err(problem) = custom.language.holds(when, &scope)
        {
            desired.unmapped.push(Unmapped {
                place: "create_when".to_owned(),
                problem,
            });
        }
        for rule in &custom.fields {
            // A rule replaces the default of the same name, whoever owned that.
            desired.on_create.remove(&rule.name);
            desired.if_untouched.remove(&rule.name);
            match rule.value(order, &scope, tools) {
                Ok(value) => {
                    let fields = match rule.owner {
                        Owner::Always => &mut desired.always,
                        Owner::OnCreate if value.is_empty() => continue,
                        Owner::OnCreate => &mut desired.on_create,
                        Owner::IfUntouched => &mut desired.if_untouched,
                    };
                    let info = self
                        .directory
                        .as_ref()
                        .and_then(|it| it.fields.get(&rule.name));
                    let several = info.is_some_and(|it| it.multiple);
                    let value = defaults::fitting(&rule.name, value, several);
                    fields.insert(rule.name.clone(), value);
                }
                Err(problem) => desired.unmapped.push(Unmapped {
                    place: format!("fields.{}", rule.name),
                    problem,
                }),
            }
        }
        if let Some(rules) = &custom.stages {
            let (spoken, failed) = rules::speaking(rules, &custom.language, &scope);
            desired.unmapped.extend(failed);
            desired.stage = spoken.map_or(StageWish::Open, |(_, rule)| {
                StageWish::Rule(rule.to.clone())
            });
        }
    }

    /// Where a deal is created while no rule speaks.
    pub fn first(&self) -> Target {
        let custom = self.custom.as_ref();
        let funnel = custom.and_then(|it| it.funnel.as_ref());
        let stage = custom
            .and_then(|it| it.first_stage.as_deref())
            .unwrap_or(FIRST_STAGE);
        stages::target(stage, funnel, 0, self.directory.as_deref())
    }

    /// Whether a stage of this funnel is the one with this id or name.
    pub fn is_stage(&self, stage: &str, name: &str, category: u64) -> bool {
        stages::target(name, None, category, self.directory.as_deref()).stage == stage
    }

    /// Where a wish puts a deal that is in this funnel.
    pub fn target(&self, wish: &StageWish, category: u64) -> Target {
        let directory = self.directory.as_deref();
        match wish {
            StageWish::Open => stages::target(FIRST_STAGE, None, category, directory),
            StageWish::Won => stages::target("WON", None, category, directory),
            StageWish::Lost => stages::target("LOSE", None, category, directory),
            StageWish::Rule(to) => {
                let funnel = to.funnel.as_deref().map(IdOrName::read);
                stages::target(&to.to, funnel.as_ref(), category, directory)
            }
        }
    }
}

impl PartialEq for Mapping {
    fn eq(&self, other: &Self) -> bool {
        let file = |it: &Self| it.custom.as_ref().map(|it| it.file.clone());
        self.order_field == other.order_field
            && self.duplicate_field == other.duplicate_field
            && file(self) == file(other)
            && self.directory == other.directory
    }
}

impl Eq for Mapping {}
