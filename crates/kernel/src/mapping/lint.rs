//! What of a mapping does not fit a portal.

use super::{
    IdOrName, Mapping,
    custom::Custom,
    directory::{Directory, FieldInfo, Funnel, bare, nearest},
    fields::{FieldRule, Tools},
    file::Kind,
};
use crate::deal::{StageFrom, StageMove};

/// What a rule's `from` may say beside stages.
const FROM_WORDS: [&str; 4] = ["open", "won", "lost", "ours"];

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
        stage(&At::named("first_stage"), name, &[funnel], &mut found);
    }
    for rule in &custom.fields {
        deal_field(rule, custom, directory, &mut found);
    }
    let rules = || custom.stages.iter().flatten();
    // Where deals are created, and where rules put them.
    let mut reached: Vec<&Funnel> = first.into_iter().collect();
    reached.extend(rules().filter_map(|it| {
        let named = it.to.funnel.as_deref()?;
        directory.funnel(&IdOrName::read(named))
    }));
    for (at, rule) in (1..).zip(rules()) {
        stage_rule(at, &rule.to, directory, &reached, &mut found);
    }
    found
}

fn stage_rule(
    at: usize,
    to: &StageMove,
    directory: &Directory,
    reached: &[&Funnel],
    found: &mut Vec<Finding>,
) {
    let all: Vec<&Funnel> = directory.funnels.iter().collect();
    let place = At::of(at, "to");
    match to.funnel.as_deref().map(IdOrName::read) {
        Some(named) => {
            let own = funnel(&format!("stage[{at}].funnel"), &named, directory, found);
            if let Some(own) = own {
                stage(&place, &to.to, &[own], found);
            }
        }
        None => {
            stage(&place, &to.to, &all, found);
            elsewhere(&place, &to.to, &all, reached, found);
        }
    }
    for from in &to.from {
        if let StageFrom::Stage(name) = from {
            let at = At {
                words: &FROM_WORDS,
                ..At::of(at, "from")
            };
            stage(&at, name, &all, found);
        }
    }
}

/// A stage that exists, only in no funnel that deals come to: the portal leaves a deal where it is then
/// (docs/facts.md §5).
fn elsewhere(
    at: &At<'_>,
    name: &str,
    all: &[&Funnel],
    reached: &[&Funnel],
    found: &mut Vec<Finding>,
) {
    let has = |it: &&&Funnel| it.stage(name).is_some();
    let (Some(first), Some(other)) = (reached.first(), all.iter().find(has)) else {
        return;
    };
    if reached.iter().any(|it| it.stage(name).is_some()) {
        return;
    }
    found.push(Finding {
        severity: Severity::Warning,
        place: at.place.clone(),
        problem: format!(
            "the stage `{name}` is one of the funnel `{}`, and deals are created in `{}`",
            other.name, first.name
        ),
        remedy: format!(
            "add `funnel = \"{}\"` to the rule, or name a stage of `{}`",
            other.name, first.name
        ),
    });
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

/// Where a stage is named, and the words beside stages that may stand there.
struct At<'a> {
    place: String,
    words: &'a [&'a str],
}

impl At<'_> {
    fn named(place: &str) -> Self {
        Self {
            place: place.to_owned(),
            words: &[],
        }
    }

    fn of(rule: usize, key: &str) -> Self {
        Self::named(&format!("stage[{rule}].{key}"))
    }
}

/// A stage must exist in one of the funnels; where it may be any, one that has it is enough.
fn stage(at: &At<'_>, name: &str, funnels: &[&Funnel], found: &mut Vec<Finding>) {
    if funnels.is_empty() || funnels.iter().any(|it| it.stage(name).is_some()) {
        return;
    }
    let stages = funnels.iter().flat_map(|it| &it.stages);
    let names = stages
        .clone()
        .flat_map(|it| [it.id.as_str(), bare(&it.id), it.name.as_str()])
        .chain(at.words.iter().copied());
    // The same stage of several funnels is one entry.
    let mut all: Vec<String> = Vec::new();
    for it in stages {
        let shown = format!("{} ({})", bare(&it.id), it.name);
        if !all.contains(&shown) {
            all.push(shown);
        }
    }
    let problem = match funnels {
        [one] => format!("funnel `{}` has no stage `{name}`", one.name),
        _ => format!("no funnel has a stage `{name}`"),
    };
    found.push(Finding {
        severity: Severity::Problem,
        place: at.place.clone(),
        problem,
        remedy: match nearest(name, names) {
            Some(near) => format!("write `{near}`"),
            None => format!("write one of these: {}", all.join(", ")),
        },
    });
}

fn deal_field(rule: &FieldRule, custom: &Custom, directory: &Directory, found: &mut Vec<Finding>) {
    let mut say = |severity, problem: String, remedy: String| {
        found.push(Finding {
            severity,
            place: format!("fields.{}", rule.name),
            problem,
            remedy,
        });
    };
    let Some(info) = directory.fields.get(&rule.name) else {
        let problem = format!(
            "the portal has no deal field `{}`; it ignores what is written there",
            rule.name
        );
        say(Severity::Problem, problem, no_field(&rule.name, directory));
        return;
    };
    if info.read_only {
        let problem = "the portal does not let this field be written";
        let remedy = "remove the rule";
        say(Severity::Problem, problem.to_owned(), remedy.to_owned());
        return;
    }
    if let Some(kind) = rule.misfits(info) {
        let problem = format!("the portal's field is of the type `{}`", info.kind);
        say(
            Severity::Warning,
            problem,
            format!("write `as = \"{kind}\"`"),
        );
    }
    let tools = Tools {
        language: &custom.language,
        zone: &custom.zone,
        directory: Some(directory),
    };
    match (info.multiple, rule.makes_several(tools)) {
        (true, Some(false)) => say(
            Severity::Problem,
            "the field holds several values and the rule makes one: the portal refuses the whole deal (code 100)"
                .to_owned(),
            "write `as = \"texts\"`: one value becomes a list of one".to_owned(),
        ),
        (false, Some(true)) => say(
            Severity::Warning,
            "the field holds one value and the rule makes several: the portal keeps the first".to_owned(),
            "write `as = \"text\"` and join the values: `{{ order.tags | join(', ') }}`".to_owned(),
        ),
        (true, Some(true) | None) | (false, Some(false) | None) => {}
    }
    if let Some(wanted) = rule.constant()
        && let Some((problem, remedy)) = no_entry(rule, info, &wanted)
    {
        say(Severity::Problem, problem, remedy);
    }
}

fn no_field(name: &str, directory: &Directory) -> String {
    let names = directory.fields.keys().map(String::as_str);
    let titled = directory
        .fields
        .iter()
        .find(|(_, it)| it.title.eq_ignore_ascii_case(name));
    let near = titled
        .map(|(name, _)| name.as_str())
        .or_else(|| nearest(name, names));
    match near {
        Some(near) => format!("write `{near}`"),
        None => "create it in CRM settings, user fields of deals".to_owned(),
    }
}

/// A complaint about a list's entry that is the same for all orders, by its label, or by its id in a directory.
fn no_entry(rule: &FieldRule, info: &FieldInfo, wanted: &str) -> Option<(String, String)> {
    let labels = || info.labels.iter().map(|(_, it)| it.as_str());
    let ids = || info.labels.iter().map(|(it, _)| it.as_str());
    if rule.kind() == Some(Kind::Label) {
        if info.label(wanted).is_some() {
            return None;
        }
        let problem = format!("the field's list has no entry `{wanted}`");
        return Some((problem, one_of(wanted, labels())));
    }
    let known = ids().any(|it| it == wanted) || wanted.trim().is_empty();
    if info.kind != "crm_status" || info.labels.is_empty() || known {
        return None;
    }
    let problem = format!("the field's list has no entry with the id `{wanted}`");
    Some(match info.label(wanted) {
        Some(id) => (problem, format!("write `{id}`, or `as = \"label\"`")),
        None => (problem, one_of(wanted, ids())),
    })
}

fn one_of<'a>(wanted: &str, valid: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(wanted, valid.clone()) {
        Some(near) => format!("write `{near}`"),
        None => format!(
            "write one of these: {}",
            valid.collect::<Vec<_>>().join(", ")
        ),
    }
}
