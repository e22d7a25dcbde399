//! The report as people read it.

use super::report::{Line, Report, Status};
use crate::{
    lang::Lang,
    terminal::{plain, table, wrap_only},
};

/// The whole page.
pub(super) fn text(report: &Report, lang: Lang) -> String {
    let mut table = table(&[
        lang.say("Result", "Итог"),
        lang.say("Check", "Проверка"),
        lang.say("What was found, and what to do", "Что найдено и что делать"),
    ]);
    for line in &report.checks {
        let status = match line.status {
            Status::Ok => lang.say("ok", "ок"),
            Status::Warning => lang.say("warning", "внимание"),
            Status::Problem => lang.say("PROBLEM", "ПРОБЛЕМА"),
        };
        table.add_row([
            status.to_owned(),
            name(line.check, lang).to_owned(),
            found(line, lang),
        ]);
    }
    wrap_only(&mut table, 2);
    format!("{}\n\n{}\n", table.trim_fmt(), verdict(report, lang))
}

fn found(line: &Line, lang: Lang) -> String {
    let place = match (&line.file, line.line, &line.place) {
        (Some(file), Some(number), Some(place)) => match lang {
            Lang::En => format!("{file}, line {number}, {place}: "),
            Lang::Ru => format!("{file}, строка {number}, {place}: "),
        },
        // A setting's name stands in what is said.
        (_, _, _) => String::new(),
    };
    let says = format!("{place}{}", plain(&line.says));
    match &line.remedy {
        Some(remedy) => format!("{says}\n→ {}", plain(remedy)),
        None => says,
    }
}

fn name(check: &'static str, lang: Lang) -> &'static str {
    match check {
        "settings" => lang.say("settings", "настройки"),
        "mapping" => lang.say("mapping", "правила"),
        "portal" => lang.say("portal", "портал"),
        "order_field" => lang.say("order field", "поле заказа"),
        "duplicate_field" => lang.say("duplicate field", "поле дубликата"),
        "funnels" => lang.say("funnels", "воронки"),
        "stages" => lang.say("stages", "стадии"),
        "fields" => lang.say("fields", "поля"),
        "currencies" => lang.say("currencies", "валюты"),
        other => other,
    }
}

fn verdict(report: &Report, lang: Lang) -> String {
    let (problems, warnings) = (report.problems, report.warnings);
    match (problems, warnings, lang) {
        (0, 0, Lang::En) => "All is well.".to_owned(),
        (0, 0, Lang::Ru) => "Всё в порядке.".to_owned(),
        (_, _, Lang::En) => format!(
            "{}, {}.",
            count(problems, "problem"),
            count(warnings, "warning")
        ),
        (_, _, Lang::Ru) => format!("Проблем: {problems}, предупреждений: {warnings}."),
    }
}

fn count(of: usize, what: &str) -> String {
    if of == 1 {
        format!("1 {what}")
    } else {
        format!("{of} {what}s")
    }
}
