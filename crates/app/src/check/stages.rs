//! Funnels and stages: does the portal have what the mapping names?

use super::{Looks, report::Report};
use crate::lang::Lang;

/// The funnels.
pub(super) fn funnels(looks: &Looks<'_>, report: &mut Report) {
    let known: Vec<String> = looks
        .directory
        .funnels
        .iter()
        .map(|it| format!("{} ({})", it.name, it.id))
        .collect();
    looks.found(
        report,
        "funnels",
        |place| place == "funnel" || place.ends_with("].funnel"),
        || match looks.lang {
            Lang::En => format!("the portal has {}", known.join(", ")),
            Lang::Ru => format!("на портале: {}", known.join(", ")),
        },
    );
}

/// The stages.
pub(super) fn stages(looks: &Looks<'_>, report: &mut Report) {
    let rules = looks.mapping.stage_rules();
    looks.found(
        report,
        "stages",
        |place| {
            place == "first_stage" || (place.starts_with("stage[") && !place.ends_with("].funnel"))
        },
        || match (rules, looks.lang) {
            (None, Lang::En) => "the default rules need only NEW, WON and LOSE".to_owned(),
            (None, Lang::Ru) => "правилам по умолчанию нужны только NEW, WON и LOSE".to_owned(),
            (Some(rules), Lang::En) => format!("all that the {rules} rules name are there"),
            (Some(rules), Lang::Ru) => format!("есть все стадии из правил (правил: {rules})"),
        },
    );
}
