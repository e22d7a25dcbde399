//! Stage rules: when a deal is moved, where to, and from where it may be.

use super::{
    Trouble,
    directory::Directory,
    file::{IdOrName, StageEntry},
    language::{Language, Scope},
};
use crate::{
    deal::{StageFrom, StageMove, StageWish},
    order::{Fulfillment, Order, Payment},
};

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StageRule {
    pub(super) when: String,
    pub(super) to: StageMove,
}

impl StageRule {
    /// Reads an entry of the file; `at` is its number, from 1.
    pub(super) fn read(
        at: usize,
        entry: &StageEntry,
        language: &Language,
    ) -> Result<Self, Trouble> {
        language
            .check_expression(&entry.when)
            .map_err(|it| Trouble::new(format!("stage[{at}].when"), it))?;
        if entry.to.trim().is_empty() {
            let why = "it names no stage: write its id, like WON, or its name";
            return Err(Trouble::new(format!("stage[{at}].to"), why.to_owned()));
        }
        let from = match &entry.from {
            None => vec![StageFrom::Ours],
            Some(names) => names.iter().map(|it| from(it)).collect(),
        };
        Ok(Self {
            when: entry.when.clone(),
            to: StageMove {
                to: entry.to.trim().to_owned(),
                funnel: entry.funnel.as_ref().map(ToString::to_string),
                from,
            },
        })
    }

    pub(super) fn holds(&self, language: &Language, scope: &Scope) -> Result<bool, String> {
        language.holds(&self.when, scope)
    }
}

fn from(word: &str) -> StageFrom {
    match word.trim() {
        "open" => StageFrom::Open,
        "won" => StageFrom::Won,
        "lost" => StageFrom::Lost,
        "ours" => StageFrom::Ours,
        stage => StageFrom::Stage(stage.to_owned()),
    }
}

/// The default stage rules (design §4.4).
pub(super) fn default_rules(order: &Order) -> StageWish {
    let lost = order.cancelled || matches!(order.payment, Payment::Voided | Payment::Refunded);
    if lost {
        StageWish::Lost
    } else if order.payment == Payment::Paid && order.fulfillment == Fulfillment::Fulfilled {
        StageWish::Won
    } else {
        StageWish::Open
    }
}

/// Where a stage stands: its funnel, and its id with the funnel's prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The funnel's id.
    pub category: u64,
    /// The stage's id.
    pub stage: String,
}

/// The stage `name` of a funnel; in the funnel that the deal is in unless another one is named.
///
/// What the portal's own list does not tell follows the portal's rule for ids: `C9:WON` is `WON` of funnel 9.
pub(super) fn target(
    name: &str,
    funnel: Option<&IdOrName>,
    category: u64,
    directory: Option<&Directory>,
) -> Target {
    let named =
        funnel.and_then(
            |wanted| match (directory.and_then(|it| it.funnel(wanted)), wanted) {
                (Some(funnel), _) => Some(funnel.id),
                (None, IdOrName::Id(id)) => Some(*id),
                (None, IdOrName::Name(_)) => None,
            },
        );
    let category = named.unwrap_or(category);
    let listed = directory
        .and_then(|it| it.funnel(&IdOrName::Id(category)))
        .and_then(|it| it.stage(name));
    let stage = match listed {
        Some(stage) => stage.id.clone(),
        None if category == 0 || name.contains(':') => name.to_owned(),
        None => format!("C{category}:{name}"),
    };
    Target { category, stage }
}
