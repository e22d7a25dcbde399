//! What of a mapping does not fit a portal.

use super::{
    IdOrName, Mapping,
    directory::{Directory, Funnel, bare, nearest},
    fields::FieldRule,
    file::Kind,
};
use crate::deal::StageFrom;

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Where, as a path in the mapping; a setting's name for what is set elsewhere.
    pub place: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Deals are made, with something missing or in another place than meant.
    Warning,
    /// A rule has no effect, or deals are refused.
    Problem,
}

/// Compares a mapping with what the portal offers.
pub(super) fn lint(mapping: &Mapping, directory: &Directory) -> Vec<Finding> {
    let mut found = Vec::new();
    order_field(mapping, directory, &mut found);
    let Some(custom) = &mapping.custom else {
        return found;
    };
    let first = match &custom.funnel {
        None => directory.funnels.iter().find(|it| it.id == 0),
        Some(wanted) => funnel("funnel", wanted, directory, &mut found),
    };
    if let (Some(funnel), Some(name)) = (first, &custom.first_stage) {
        stage("first_stage", name, &[funnel], &mut found);
    }
    for rule in &custom.fields {
        deal_field(rule, directory, &mut found);
    }
    for (at, rule) in (1..).zip(custom.stages.iter().flatten()) {
        let to = &rule.to;
        let named = to.funnel.as_deref().map(IdOrName::read);
        let own = named
            .as_ref()
            .map(|it| funnel(&format!("stage[{at}].funnel"), it, directory, &mut found));
        let all: Vec<&Funnel> = directory.funnels.iter().collect();
        match own {
            Some(Some(own)) => stage(&format!("stage[{at}].to"), &to.to, &[own], &mut found),
            Some(None) => {}
            None => stage(&format!("stage[{at}].to"), &to.to, &all, &mut found),
        }
        for from in &to.from {
            if let StageFrom::Stage(name) = from {
                stage(&format!("stage[{at}].from"), name, &all, &mut found);
            }
        }
    }
    found
}

fn order_field(mapping: &Mapping, directory: &Directory, found: &mut Vec<Finding>) {
    let name = &mapping.order_field;
    let problem = match directory.fields.get(name) {
        None => "the portal has no such deal field".to_owned(),
        Some(info) if info.kind != "string" => {
            format!("the field is of the type {}, not string", info.kind)
        }
        Some(info) if info.multiple => "the field holds several values".to_owned(),
        Some(_) => return,
    };
    found.push(Finding {
        severity: Severity::Warning,
        place: "order_field".to_owned(),
        problem: format!("{name}: {problem}; only ORIGIN_ID carries the order's number"),
        remedy: format!(
            "create a deal field {name} (CRM settings, user fields of deals; type string, one value), or set ONEDEAL_ORDER_FIELD"
        ),
    });
}

fn funnel<'a>(
    place: &str,
    wanted: &IdOrName,
    directory: &'a Directory,
    found: &mut Vec<Finding>,
) -> Option<&'a Funnel> {
    let funnel = directory.funnel(wanted);
    if funnel.is_none() {
        let names = directory.funnels.iter().map(|it| it.name.as_str());
        let all: Vec<String> = directory
            .funnels
            .iter()
            .map(|it| format!("{} ({})", it.name, it.id))
            .collect();
        found.push(Finding {
            severity: Severity::Problem,
            place: place.to_owned(),
            problem: format!("the portal has no funnel `{wanted}`"),
            remedy: match nearest(&wanted.to_string(), names) {
                Some(near) => format!("write `{near}`"),
                None => format!("write one of these: {}", all.join(", ")),
            },
        });
    }
    funnel
}

/// A stage must exist in one of the funnels; where it may be any, one that has it is enough.
fn stage(place: &str, name: &str, funnels: &[&Funnel], found: &mut Vec<Finding>) {
    if funnels.is_empty() || funnels.iter().any(|it| it.stage(name).is_some()) {
        return;
    }
    let stages = funnels.iter().flat_map(|it| &it.stages);
    let names = stages
        .clone()
        .flat_map(|it| [it.id.as_str(), bare(&it.id), it.name.as_str()]);
    let all: Vec<String> = stages
        .map(|it| format!("{} ({})", it.id, it.name))
        .collect();
    let problem = match funnels {
        [one] => format!("funnel `{}` has no stage `{name}`", one.name),
        _ => format!("no funnel has a stage `{name}`"),
    };
    found.push(Finding {
        severity: Severity::Problem,
        place: place.to_owned(),
        problem,
        remedy: match nearest(name, names) {
            Some(near) => format!("write `{near}`"),
            None => format!("write one of these: {}", all.join(", ")),
        },
    });
}

fn deal_field(rule: &FieldRule, directory: &Directory, found: &mut Vec<Finding>) {
    let place = format!("fields.{}", rule.name);
    let Some(info) = directory.fields.get(&rule.name) else {
        let names = directory.fields.keys().map(String::as_str);
        let titles = directory
            .fields
            .iter()
            .find(|(_, it)| it.title.eq_ignore_ascii_case(&rule.name));
        let near = titles
            .map(|(name, _)| name.as_str())
            .or_else(|| nearest(&rule.name, names));
        found.push(Finding {
            severity: Severity::Problem,
            place,
            problem: format!(
                "the portal has no deal field `{}`; it ignores what is written there",
                rule.name
            ),
            remedy: match near {
                Some(near) => format!("write `{near}`"),
                None => "create it in CRM settings, user fields of deals".to_owned(),
            },
        });
        return;
    };
    if info.read_only {
        found.push(Finding {
            severity: Severity::Problem,
            place,
            problem: "the portal does not let this field be written".to_owned(),
            remedy: "remove the rule".to_owned(),
        });
        return;
    }
    if let Some(kind) = rule.misfits(&info.kind) {
        found.push(Finding {
            severity: Severity::Warning,
            place: place.clone(),
            problem: format!("the portal's field is of the type `{}`", info.kind),
            remedy: format!("write `as = \"{kind}\"`"),
        });
    }
    if let (Some(Kind::Label), Some(wanted)) = (rule.kind(), rule.constant())
        && info.label(&wanted).is_none()
    {
        let labels: Vec<&str> = info.labels.iter().map(|(_, it)| it.as_str()).collect();
        found.push(Finding {
            severity: Severity::Problem,
            place,
            problem: format!("the field's list has no entry `{wanted}`"),
            remedy: match nearest(&wanted, labels.iter().copied()) {
                Some(near) => format!("write `{near}`"),
                None => format!("write one of these: {}", labels.join(", ")),
            },
        });
    }
}
