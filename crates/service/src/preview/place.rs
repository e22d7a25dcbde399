//! Where a deal stands: funnel and stage, which rule says so, and from where it may move a deal.

use kernel::{
    deal::{StageFrom, StageWish},
    mapping::{Directory, IdOrName, Mapping, Target},
    order::Order,
};
use serde::Serialize;
use utoipa::ToSchema;

/// Where the rules want a deal.
#[derive(Debug, Serialize, ToSchema)]
pub struct StageShown {
    /// What the rules wish.
    #[serde(skip)]
    pub wish: StageWish,
    /// The stage's id.
    pub stage_id: String,
    /// What people call it, where the portal was asked.
    pub name: Option<String>,
    /// The funnel's id.
    pub funnel_id: u64,
    /// Its name: the portal's where it was asked, else as the mapping says it.
    pub funnel: Option<String>,
    /// Which rule says so.
    pub rule: Rule,
    /// From which stages a deal is moved; empty where only a fresh deal is put there.
    pub from: Vec<String>,
}

/// Which rule speaks.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// No rule: the stage of a fresh deal.
    First,
    /// The default rule for orders that are paid and fulfilled.
    DefaultWon,
    /// The default rule for orders that came to nothing.
    DefaultLost,
    /// A rule of the mapping.
    Mapping {
        /// Its number, from 1.
        number: usize,
        /// When it speaks.
        when: String,
    },
}

impl StageShown {
    /// Of a fresh deal.
    pub fn of(
        order: &Order,
        mapping: &Mapping,
        wish: &StageWish,
        directory: Option<&Directory>,
    ) -> Self {
        let first = mapping.first();
        let (target, named) = match wish {
            StageWish::Open => (first, mapping.funnel().cloned()),
            StageWish::Won | StageWish::Lost => (
                mapping.target(wish, first.category),
                mapping.funnel().cloned(),
            ),
            StageWish::Rule(to) => {
                let own = to.funnel.as_deref().map(IdOrName::read);
                (
                    mapping.target(wish, first.category),
                    own.or_else(|| mapping.funnel().cloned()),
                )
            }
        };
        let rule = match (mapping.stage_speaker(order), wish) {
            (Some(it), _) => Rule::Mapping {
                number: it.at,
                when: it.when.trim().to_owned(),
            },
            (None, StageWish::Open | StageWish::Rule(_)) => Rule::First,
            (None, StageWish::Won) => Rule::DefaultWon,
            (None, StageWish::Lost) => Rule::DefaultLost,
        };
        let names = Names(directory);
        Self {
            wish: wish.clone(),
            name: names.stage(&target),
            funnel: names
                .funnel(target.category)
                .or_else(|| named.map(|it| it.to_string())),
            funnel_id: target.category,
            stage_id: target.stage,
            rule,
            from: wish.from().iter().map(word).collect(),
        }
    }
}

/// Names that only the portal knows.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a>(pub Option<&'a Directory>);

impl Names<'_> {
    /// Of a funnel.
    pub fn funnel(&self, id: u64) -> Option<String> {
        let funnel = self.0?.funnel(&IdOrName::Id(id))?;
        Some(funnel.name.clone())
    }

    /// Of a stage.
    pub fn stage(&self, at: &Target) -> Option<String> {
        let funnel = self.0?.funnel(&IdOrName::Id(at.category))?;
        Some(funnel.stage(&at.stage)?.name.clone())
    }
}

/// As the mapping spells it.
fn word(from: &StageFrom) -> String {
    match from {
        StageFrom::Open => "open".to_owned(),
        StageFrom::Won => "won".to_owned(),
        StageFrom::Lost => "lost".to_owned(),
        StageFrom::Ours => "ours".to_owned(),
        StageFrom::Stage(name) => name.clone(),
    }
}
