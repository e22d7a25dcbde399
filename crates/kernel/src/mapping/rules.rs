//! A mapping's rules as people ask about them: what makes a field, which rule speaks about an order's stage.

use super::{
    FieldRule, IdOrName, Kind, Mapping, Owner,
    fields::Source,
    language::{Language, Scope},
    stages::StageRule,
};
use crate::{
    deal::{StageMove, Unmapped},
    order::Order,
};

/// A rule of a mapping file that makes a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldMaker<'a> {
    /// The field's name in Bitrix24.
    pub name: &'a str,
    /// Who owns the field once the deal exists.
    pub owner: Owner,
    /// What the value is in Bitrix24, where the rule says so.
    pub kind: Option<Kind>,
    /// What the rule says.
    pub says: Says<'a>,
}

/// What a field rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says<'a> {
    /// A template of text.
    Template(&'a str),
    /// An expression.
    Expression(&'a str),
}

/// The stage rule that speaks about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageSpeaker<'a> {
    /// Its number in the file, from 1.
    pub at: usize,
    /// When it speaks.
    pub when: &'a str,
    /// What it does.
    pub to: &'a StageMove,
}

impl Mapping {
    /// The rule of the mapping file that makes a field; `None` for a default.
    pub fn field_maker(&self, name: &str) -> Option<FieldMaker<'_>> {
        self.field_makers().find(|it| it.name == name)
    }

    /// All rules of the mapping file that make fields.
    pub fn field_makers(&self) -> impl Iterator<Item = FieldMaker<'_>> {
        let custom = self.custom.iter();
        custom.flat_map(|it| it.fields.iter()).map(maker)
    }

    /// The labels that a rule names for an order, before the portal's ids stand in for them.
    ///
    /// # Errors
    /// The rule fails for the order, or there is none.
    pub fn labels(&self, name: &str, order: &Order) -> Result<Vec<String>, String> {
        let custom = self.custom.as_ref().ok_or("there is no rule")?;
        let rule = custom.fields.iter().find(|it| it.name == name);
        let rule = rule.ok_or("there is no rule")?;
        rule.texts(&custom.language, &Scope::of(order))
    }

    /// How many stage rules the mapping file has; `None` where the default rules hold.
    pub fn stage_rules(&self) -> Option<usize> {
        self.custom
            .as_ref()
            .and_then(|it| it.stages.as_ref().map(Vec::len))
    }

    /// The rule of the mapping file that decides an order's stage.
    pub fn stage_speaker(&self, order: &Order) -> Option<StageSpeaker<'_>> {
        let custom = self.custom.as_ref()?;
        let rules = custom.stages.as_ref()?;
        let (spoken, _) = speaking(rules, &custom.language, &Scope::of(order));
        spoken.map(|(at, rule)| StageSpeaker {
            at,
            when: &rule.when,
            to: &rule.to,
        })
    }

    /// The funnel that deals are created in, as the mapping names it.
    pub fn funnel(&self) -> Option<&IdOrName> {
        self.custom.as_ref().and_then(|it| it.funnel.as_ref())
    }

    /// The expression that decides which orders have a deal.
    pub fn create_when(&self) -> Option<&str> {
        self.custom
            .as_ref()
            .and_then(|it| it.create_when.as_deref())
    }

    /// Whether deals show the buyer's contact.
    pub fn links_contacts(&self) -> bool {
        self.custom.as_ref().is_none_or(|it| it.contact)
    }

    /// Whether deals show the company of B2B orders.
    pub fn links_companies(&self) -> bool {
        self.custom.as_ref().is_none_or(|it| it.file.company.link)
    }
}

/// The first rule that holds, with its number, and the rules before it that fail.
pub(super) fn speaking<'a>(
    rules: &'a [StageRule],
    language: &Language,
    scope: &Scope,
) -> (Option<(usize, &'a StageRule)>, Vec<Unmapped>) {
    let mut failed = Vec::new();
    for (at, rule) in (1..).zip(rules) {
        match rule.holds(language, scope) {
            Ok(true) => return (Some((at, rule)), failed),
            Ok(false) => {}
            Err(problem) => failed.push(Unmapped {
                place: format!("stage[{at}].when"),
                problem,
            }),
        }
    }
    (None, failed)
}

fn maker(rule: &FieldRule) -> FieldMaker<'_> {
    FieldMaker {
        name: &rule.name,
        owner: rule.owner,
        kind: rule.kind(),
        says: match rule.source() {
            Source::Text(text) => Says::Template(text),
            Source::Value(text) => Says::Expression(text),
        },
    }
}
