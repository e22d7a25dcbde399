//! Where a deal stands: funnel and stage, which rule says so, and from where it may move a deal.

use kernel::{
    deal::{StageFrom, StageWish},
    mapping::{Directory, IdOrName, Mapping, Target},
    order::Order,
};
use serde::Serialize;

use crate::{lang::Lang, terminal::plain};

/// Where the rules want a deal.
#[derive(Debug, Serialize)]
pub(super) struct StageShown {
    #[serde(skip)]
    pub(super) wish: StageWish,
    pub(super) stage_id: String,
    /// What people call it, where the portal was asked.
    pub(super) name: Option<String>,
    pub(super) funnel_id: u64,
    /// Its name: the portal's where it was asked, else as the mapping says it.
    pub(super) funnel: Option<String>,
    pub(super) rule: Rule,
    /// From which stages a deal is moved; empty where only a fresh deal is put there.
    pub(super) from: Vec<String>,
}

/// Which rule speaks.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Rule {
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
    pub(super) fn of(
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

    /// Why it stands there, and when it is moved.
    pub(super) fn why(&self, lang: Lang) -> String {
        match &self.rule {
            Rule::First => lang
                .say(
                    "on creation; afterwards it belongs to the manager",
                    "при создании; дальше стадией управляет менеджер",
                )
                .to_owned(),
            Rule::DefaultWon => lang
                .say(
                    "paid and fulfilled; a closed deal stays as it is",
                    "оплачен и выполнен; закрытая сделка не меняется",
                )
                .to_owned(),
            Rule::DefaultLost => lang
                .say(
                    "cancelled, voided or fully refunded; a won deal is moved too",
                    "отменён, аннулирован или полностью возвращён; и выигранная сделка переносится",
                )
                .to_owned(),
            Rule::Mapping { number, when } => match lang {
                Lang::En => format!("rule {number}: {}", plain(when)),
                Lang::Ru => format!("правило {number}: {}", plain(when)),
            },
        }
    }

    /// From where it moves a deal.
    pub(super) fn moves(&self, lang: Lang) -> Option<String> {
        let Rule::Mapping { .. } = self.rule else {
            return None;
        };
        let from: Vec<String> = self.wish.from().iter().map(|it| told(it, lang)).collect();
        Some(if from.is_empty() {
            lang.say(
                "never a deal that exists already",
                "существующую сделку не переносит",
            )
            .to_owned()
        } else {
            let or = lang.say(", or from ", ", или из ");
            match lang {
                Lang::En => format!("an existing deal only from {}", from.join(or)),
                Lang::Ru => format!("существующую сделку только из {}", from.join(or)),
            }
        })
    }
}

/// Names that only the portal knows.
pub(super) struct Names<'a>(pub(super) Option<&'a Directory>);

impl Names<'_> {
    /// Of a funnel.
    pub(super) fn funnel(&self, id: u64) -> Option<String> {
        let funnel = self.0?.funnel(&IdOrName::Id(id))?;
        Some(funnel.name.clone())
    }

    /// Of a stage.
    pub(super) fn stage(&self, at: &Target) -> Option<String> {
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

/// In words that go on after "from".
fn told(from: &StageFrom, lang: Lang) -> String {
    match from {
        StageFrom::Open => lang.say("an open stage", "открытой стадии").to_owned(),
        StageFrom::Won => lang.say("a won stage", "выигранной стадии").to_owned(),
        StageFrom::Lost => lang.say("a lost stage", "проигранной стадии").to_owned(),
        StageFrom::Ours => lang
            .say("where onedeal put it", "стадии, куда её поставил onedeal")
            .to_owned(),
        StageFrom::Stage(name) => format!("`{}`", plain(name)),
    }
}
