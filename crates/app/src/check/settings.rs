//! Can the settings and the mapping be read?

use kernel::mapping::Mapping;
use service::config::{self, ConfigError, MappingText, Settings};

use super::report::{Line, Report};
use crate::{environment::Environment, exit::Exit, lang::Lang};

/// The settings and the mapping; `None` if either cannot be used.
pub(super) fn settings(
    environment: &Environment,
    report: &mut Report,
    lang: Lang,
) -> Option<(Settings, Mapping, Option<MappingText>)> {
    let mapping = config::mapping(environment.file(), &environment.variables);
    let settings = Settings::read(environment.file(), &environment.variables);
    // The mapping is one of the settings; what is wrong with it is said on its own line.
    let same = match (&mapping, &settings) {
        (Err(one), Err(other)) => one.to_string() == other.to_string(),
        (Ok(_), _) | (Err(_), Ok(_)) => false,
    };
    match &settings {
        Err(error) if !same => report.add(wrong("settings", error, lang)),
        Ok(_) | Err(_) => report.add(Line::fine("settings", sources(environment, lang))),
    }
    match &mapping {
        Ok((mapping, text)) => {
            let says = mapped(mapping, text.as_ref(), lang);
            report.add(Line::fine("mapping", says));
        }
        // A settings file that cannot be read holds no mapping to speak of.
        Err(_) if !same => {}
        Err(error) => report.add(wrong("mapping", error, lang)),
    }
    let (mapping, text) = mapping.ok()?;
    Some((settings.ok()?, mapping, text))
}

fn sources(environment: &Environment, lang: Lang) -> String {
    let variables = environment
        .variables
        .keys()
        .filter(|it| it.starts_with("ONEDEAL_"))
        .count();
    let file = environment.file().map(|(path, _)| path);
    match (file, lang) {
        (Some(path), Lang::En) => format!("from {path} and {variables} variables ONEDEAL_…"),
        (Some(path), Lang::Ru) => format!("из {path} и переменных ONEDEAL_… ({variables})"),
        (None, Lang::En) => format!("from {variables} variables ONEDEAL_…"),
        (None, Lang::Ru) => format!("из переменных ONEDEAL_… ({variables})"),
    }
}

fn mapped(mapping: &Mapping, text: Option<&MappingText>, lang: Lang) -> String {
    let Some(text) = text else {
        return lang
            .say(
                "the defaults: no mapping file is set",
                "по умолчанию: файл правил не задан",
            )
            .to_owned();
    };
    let (path, fields) = (text.path(), mapping.field_makers().count());
    match (mapping.stage_rules(), lang) {
        (None, Lang::En) => format!("{path}: fields {fields}, stages by the default rules"),
        (None, Lang::Ru) => format!("{path}: полей {fields}, стадии по умолчанию"),
        (Some(stages), Lang::En) => format!("{path}: fields {fields}, stage rules {stages}"),
        (Some(stages), Lang::Ru) => format!("{path}: полей {fields}, правил стадий {stages}"),
    }
}

fn wrong(check: &'static str, error: &ConfigError, lang: Lang) -> Line {
    match error {
        ConfigError::File { path, message } => {
            let remedy = lang.say("correct that line", "исправьте эту строку");
            let says = format!("{path}, {message}");
            Line::problem(check, says, Some(remedy.to_owned())).ending(Exit::Usage)
        }
        ConfigError::Missing { name, remedy } => {
            let says = match lang {
                Lang::En => format!("the setting {name} is missing"),
                Lang::Ru => format!("не задана настройка {name}"),
            };
            Line::problem(check, says, Some((*remedy).to_owned())).ending(Exit::Usage)
        }
        ConfigError::Wrong {
            name,
            problem,
            remedy,
        } => {
            let says = match lang {
                Lang::En => format!("the setting {name} cannot be used: {problem}"),
                Lang::Ru => format!("настройку {name} нельзя использовать: {problem}"),
            };
            Line::problem(check, says, Some((*remedy).to_owned())).ending(Exit::Usage)
        }
        ConfigError::SecretFile { name, path, source } => {
            let says = match lang {
                Lang::En => {
                    format!("{name} names the file {path}, which cannot be read ({source})")
                }
                Lang::Ru => format!("файл {path} из {name} не читается ({source})"),
            };
            let remedy = lang.say(
                "correct the path, or let this user read the file",
                "исправьте путь или дайте права на чтение",
            );
            Line::problem(check, says, Some(remedy.to_owned())).ending(Exit::Usage)
        }
    }
}
