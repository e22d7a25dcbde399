//! Where deals begin, where they end, and whose they are: chosen by name, kept by id, and only where they differ from the
//! defaults (design §4.4). Names change, ids stay.

use bitrix24::account::Person;
use kernel::{
    deal::Semantic,
    mapping::{Funnel, IdOrName, Stage, nearest},
};

use super::{
    args::{self, InitArgs},
    portal::FoundPortal,
    talk::{Choice, Talk},
    trouble::Trouble,
};
use crate::{exit::Failure, lang::Lang};

/// Names that are listed where none is near.
const NAMES_MAX: usize = 15;

/// The stages of the default rules.
const NEW: &str = "NEW";
const WON: &str = "WON";
const LOSE: &str = "LOSE";

/// Something of the portal: its id, and what people call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) id: String,
    pub(super) name: String,
}

/// What differs from the defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Deals {
    pub(super) funnel: Option<Named>,
    pub(super) first_stage: Option<Named>,
    /// Where orders that are won and lost go; both, as soon as one differs.
    pub(super) ends: Option<(Named, Named)>,
    pub(super) responsible: Option<Named>,
}

impl Deals {
    /// Whether there is anything to write.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Chooses what the portal offers.
pub(super) fn choose(talk: Talk, args: &InitArgs, portal: &FoundPortal) -> Result<Deals, Failure> {
    talk.explain(talk.say(
        "Where deals begin and end. Enter takes what is marked; a mapping file can say much more later (docs/mapping.md).",
        "Где сделки начинаются и заканчиваются. Enter берёт отмеченное; файл правил умеет намного больше (docs/mapping.md).",
    ));
    let funnel = funnel(talk, args, portal)?;
    let stage = |given: &Option<String>, question, default, semantic| {
        stage(
            talk,
            funnel,
            args::text(given.as_ref()),
            Ask {
                question,
                default,
                semantic,
            },
        )
    };
    let first = stage(
        &args.new_stage,
        talk.say("Stage of a new deal", "Стадия новой сделки"),
        NEW,
        Semantic::Process,
    )?;
    let won = stage(
        &args.won_stage,
        talk.say(
            "Stage once paid and fulfilled",
            "Стадия оплаченного и отправленного заказа",
        ),
        WON,
        Semantic::Success,
    )?;
    let lost = stage(
        &args.lost_stage,
        talk.say(
            "Stage once cancelled, voided or refunded",
            "Стадия отменённого или возвращённого заказа",
        ),
        LOSE,
        Semantic::Failure,
    )?;
    let responsible = responsible(talk, args, portal)?;
    let chosen = Deals {
        funnel: (funnel.id != 0).then(|| Named {
            id: funnel.id.to_string(),
            name: funnel.name.clone(),
        }),
        ends: (won.id != WON || lost.id != LOSE).then(|| (won.clone(), lost.clone())),
        first_stage: (first.id != NEW).then(|| first.clone()),
        responsible,
    };
    talk.good(&said(
        talk.lang,
        funnel,
        &[&first, &won, &lost],
        &chosen,
        portal,
    ));
    Ok(chosen)
}

fn said(
    lang: Lang,
    funnel: &Funnel,
    stages: &[&Named; 3],
    chosen: &Deals,
    portal: &FoundPortal,
) -> String {
    let [first, won, lost] = stages.map(|it| it.name.as_str());
    let profile = &portal.account.profile;
    let whose = chosen
        .responsible
        .as_ref()
        .map_or(profile.name.as_str(), |it| it.name.as_str());
    match lang {
        Lang::En => format!(
            "deals begin in {}, {first}; won: {won}; lost: {lost}; responsible: {whose}",
            funnel.name
        ),
        Lang::Ru => format!(
            "сделки начинаются в «{}», {first}; успех: {won}; провал: {lost}; ответственный: {whose}",
            funnel.name
        ),
    }
}

fn funnel<'a>(talk: Talk, args: &InitArgs, portal: &'a FoundPortal) -> Result<&'a Funnel, Failure> {
    let funnels = &portal.directory.funnels;
    let wrong = |text: &str| {
        let names = funnels.iter().map(|it| it.name.as_str());
        unknown(
            match talk.lang {
                Lang::En => format!("the portal has no funnel `{text}`"),
                Lang::Ru => format!("на портале нет воронки `{text}`"),
            },
            text,
            names,
            talk.lang,
        )
    };
    if let Some(text) = args::text(args.funnel.as_ref()) {
        match portal.directory.funnel(&IdOrName::read(text)) {
            Some(funnel) => return Ok(funnel),
            None if talk.asks => talk.bad(&wrong(text)),
            None => return Err(wrong(text).into_failure()),
        }
    }
    let default = funnels.iter().position(|it| it.id == 0).unwrap_or(0);
    let choices: Vec<Choice> = funnels.iter().map(|it| Choice::new(&it.name, "")).collect();
    let at = match choices.len() {
        0 | 1 => 0,
        _ => talk.choose(
            talk.say("Funnel of new deals", "Воронка новых сделок"),
            &choices,
            default,
        )?,
    };
    funnels.get(at).ok_or_else(|| wrong("0").into_failure())
}

/// What is asked of a funnel's stages.
struct Ask<'a> {
    question: &'a str,
    default: &'a str,
    semantic: Semantic,
}

fn stage(talk: Talk, funnel: &Funnel, given: Option<&str>, ask: Ask<'_>) -> Result<Named, Failure> {
    let named = |it: &Stage| Named {
        id: bare(&it.id).to_owned(),
        name: it.name.clone(),
    };
    if let Some(text) = given {
        if let Some(stage) = funnel.stage(text) {
            return Ok(named(stage));
        }
        let names = funnel.stages.iter().map(|it| it.name.as_str());
        let trouble = unknown(
            match talk.lang {
                Lang::En => format!("the funnel {} has no stage `{text}`", funnel.name),
                Lang::Ru => format!("в воронке {} нет стадии `{text}`", funnel.name),
            },
            text,
            names,
            talk.lang,
        );
        if !talk.asks {
            return Err(trouble.into_failure());
        }
        talk.bad(&trouble);
    }
    let fitting: Vec<&Stage> = funnel
        .stages
        .iter()
        .filter(|it| it.semantic == ask.semantic)
        .collect();
    let default = fitting
        .iter()
        .position(|it| bare(&it.id) == ask.default)
        .unwrap_or(0);
    let choices: Vec<Choice> = fitting.iter().map(|it| Choice::new(&it.name, "")).collect();
    let at = match choices.len() {
        0 | 1 => 0,
        _ => talk.choose(ask.question, &choices, default)?,
    };
    // A funnel that lists no stage of this kind still has the system's own.
    Ok(fitting.get(at).map_or_else(
        || Named {
            id: ask.default.to_owned(),
            name: ask.default.to_owned(),
        },
        |it| named(it),
    ))
}

fn responsible(
    talk: Talk,
    args: &InitArgs,
    portal: &FoundPortal,
) -> Result<Option<Named>, Failure> {
    let us = portal.account.profile.id;
    let differing = |id: u64, name: &str| {
        (id != us).then(|| Named {
            id: id.to_string(),
            name: name.to_owned(),
        })
    };
    let question = talk.say("Responsible for new deals", "Ответственный за новые сделки");
    let mut given = args::text(args.responsible.as_ref()).map(str::to_owned);
    if given.is_none() && portal.people.is_empty() {
        // Nobody can be chosen by name: the webhook's own user stays, unless an id is given.
        let text = talk.line(
            &format!(
                "{question}{}",
                talk.say(" (a user's id)", " (id сотрудника)")
            ),
            Some(&us.to_string()),
        )?;
        given = Some(text);
    }
    while let Some(text) = given.take() {
        match person(&portal.people, &text) {
            Some((id, name)) => return Ok(differing(id, &name)),
            None => {
                let trouble = unknown(
                    match talk.lang {
                        Lang::En => format!("nobody at work in the portal is called `{text}`"),
                        Lang::Ru => format!("на портале нет действующего сотрудника `{text}`"),
                    },
                    &text,
                    portal.people.iter().map(|it| it.name.as_str()),
                    talk.lang,
                );
                if !talk.asks {
                    return Err(trouble.into_failure());
                }
                talk.bad(&trouble);
                if portal.people.is_empty() {
                    given = Some(talk.line(question, Some(&us.to_string()))?);
                }
            }
        }
    }
    let choices: Vec<Choice> = portal
        .people
        .iter()
        .map(|it| {
            let beside = if it.id == us {
                talk.say("the webhook's user", "пользователь вебхука")
            } else {
                ""
            };
            Choice::new(shown(it), beside)
        })
        .collect();
    let ours = portal.people.iter().position(|it| it.id == us);
    let at = match (choices.len(), ours) {
        (0, _) => return Ok(None),
        // The webhook's user alone: nothing to choose.
        (1, Some(_)) => return Ok(None),
        // Nobody is asked, and the webhook's user stands in no list: nobody else is made responsible unasked.
        (_, None) if !talk.asks => return Ok(None),
        (_, ours) => talk.choose(question, &choices, ours.unwrap_or(0))?,
    };
    Ok(portal
        .people
        .get(at)
        .and_then(|it| differing(it.id, &shown(it))))
}

fn person(people: &[Person], text: &str) -> Option<(u64, String)> {
    if let Ok(id) = text.parse::<u64>() {
        let known = people.iter().find(|it| it.id == id);
        let name = known.map_or_else(|| format!("#{id}"), shown);
        // Without a list of people an id is taken at its word.
        return (people.is_empty() || known.is_some()).then_some((id, name));
    }
    let wanted = text.to_lowercase();
    let found = people.iter().find(|it| it.name.to_lowercase() == wanted)?;
    Some((found.id, shown(found)))
}

fn shown(person: &Person) -> String {
    if person.name.is_empty() {
        format!("#{}", person.id)
    } else {
        person.name.clone()
    }
}

/// A stage's id without its funnel, as rules name it.
fn bare(id: &str) -> &str {
    id.split_once(':').map_or(id, |(_, bare)| bare)
}

fn unknown<'a>(
    problem: String,
    wanted: &str,
    names: impl Iterator<Item = &'a str> + Clone,
    lang: Lang,
) -> Trouble {
    let part = wanted.to_lowercase();
    let holds = |it: &&str| it.to_lowercase().contains(&part);
    let near = names
        .clone()
        .find(holds)
        .or_else(|| nearest(wanted, names.clone()));
    let listed = || names.clone().take(NAMES_MAX).collect::<Vec<_>>().join(", ");
    let remedy = match (near, lang) {
        (Some(near), Lang::En) => format!("did you mean `{near}`?"),
        (Some(near), Lang::Ru) => format!("может быть, `{near}`?"),
        (None, Lang::En) => format!("there are: {}", listed()),
        (None, Lang::Ru) => format!("есть: {}", listed()),
    };
    Trouble::usage(&problem, &remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people() -> Vec<Person> {
        [(1, "Integration User"), (7, "Erika Muster"), (9, "")]
            .map(|(id, name)| Person {
                id,
                name: name.to_owned(),
                active: true,
            })
            .to_vec()
    }

    #[test]
    fn a_person_is_found_by_name_or_id_and_taken_at_the_id_where_nobody_is_listed() {
        let of = |text| person(&people(), text).map(|it| it.0);
        assert_eq!(
            (of("erika muster"), of("7"), of("8"), of("Max")),
            (Some(7), Some(7), None, None)
        );
        assert_eq!(person(&[], "8"), Some((8, "#8".to_owned())));
        assert_eq!(person(&[], "Erika"), None);
    }

    #[test]
    fn a_stage_is_written_without_its_funnel() {
        assert_eq!((bare("C9:UC_AB12CD"), bare("WON")), ("UC_AB12CD", "WON"));
    }
}
