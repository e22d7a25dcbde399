//! The report as people read it.

use super::report::{Line, Report, Status};
use crate::{
    lang::Lang,
    terminal::{plain, table, wrap_only},
};

/// The whole page.
pub(super) fn text(report: &Report, lang: Lang) -> String {
    let mut page = checks(report, lang);
    if !report.assumptions.is_empty() {
        page.push_str("\n\n");
        page.push_str(&assumptions(report, lang));
    }
    if let Some(paste) = &report.paste {
        page.push_str("\n\n");
        page.push_str(paste.trim_end());
    }
    format!("{page}\n\n{}\n", verdict(report, lang))
}

fn checks(report: &Report, lang: Lang) -> String {
    let mut table = table(&[
        lang.say("Result", "Итог"),
        lang.say("Check", "Проверка"),
        lang.say("What was found, and what to do", "Что найдено и что делать"),
    ]);
    let mut lines = report.checks.iter().peekable();
    while let Some(line) = lines.next() {
        let status = match line.status {
            Status::Ok => lang.say("ok", "ок"),
            Status::Warning => lang.say("warning", "внимание"),
            Status::Problem => lang.say("PROBLEM", "ПРОБЛЕМА"),
            Status::NotChecked => "–",
        };
        let mut what = found(line, lang);
        let mut check = name(line.check, lang).to_owned();
        if line.status == Status::NotChecked {
            // One row for all that wait for the same thing.
            let mut names = vec![name(line.check, lang)];
            while let Some(next) = lines.next_if(|it| same_reason(it, line)) {
                names.push(name(next.check, lang));
            }
            if 1 < names.len() {
                what = format!("{}\n{}", plain(&line.says), names.join(", "));
                check = match lang {
                    Lang::En => format!("{} more", names.len()),
                    Lang::Ru => format!("ещё {}", names.len()),
                };
            }
        }
        table.add_row([status.to_owned(), check, what]);
    }
    wrap_only(&mut table, 2);
    table.trim_fmt()
}

fn same_reason(one: &Line, other: &Line) -> bool {
    one.status == Status::NotChecked && one.says == other.says
}

fn assumptions(report: &Report, lang: Lang) -> String {
    let mut table = table(&[
        lang.say("Assumed", "Допущение"),
        lang.say("Value", "Значение"),
        lang.say(
            "What nobody can prove, and where the value comes from",
            "Чего никто не докажет, и откуда значение",
        ),
    ]);
    for it in &report.assumptions {
        let text = format!("{}\n({})", it.says, plain(&it.from));
        table.add_row([it.id.to_owned(), plain(&it.value), text]);
    }
    wrap_only(&mut table, 2);
    table.trim_fmt()
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
        "portal_user" => lang.say("portal user", "от чьего имени"),
        "deals_seen" => lang.say("deals seen", "видны сделки"),
        "portal_clock" => lang.say("portal clock", "часы портала"),
        "shop" => lang.say("shop", "магазин"),
        "shop_scopes" => lang.say("shop scopes", "права магазина"),
        "shop_version" => lang.say("API version", "версия API"),
        "shop_clock" => lang.say("shop clock", "часы магазина"),
        "webhook_secret" => lang.say("webhook secret", "ключ вебхуков"),
        "subscriptions" => lang.say("subscriptions", "подписки"),
        "public_url" => lang.say("public URL", "внешний адрес"),
        "deliveries" => lang.say("deliveries", "доставки"),
        "disk" => lang.say("disk", "диск"),
        "database" => lang.say("ledger", "журнал"),
        "rate" => lang.say("rate", "частота"),
        "alerts" => lang.say("alerts", "оповещения"),
        "operating" => lang.say("running time", "время методов"),
        other => other,
    }
}

fn verdict(report: &Report, lang: Lang) -> String {
    let (problems, warnings) = (report.problems, report.warnings);
    let skipped = report.not_checked;
    match (problems, warnings, lang) {
        (0, 0, Lang::En) => return "All is well.".to_owned(),
        (0, 0, Lang::Ru) => return "Всё в порядке.".to_owned(),
        (_, _, _) => {}
    }
    let said = match lang {
        Lang::En => format!(
            "{}, {}",
            count(problems, "problem"),
            count(warnings, "warning")
        ),
        Lang::Ru => format!("Проблем: {problems}, предупреждений: {warnings}"),
    };
    match (skipped, lang) {
        (0, _) => format!("{said}."),
        (_, Lang::En) => format!("{said}, {skipped} not checked."),
        (_, Lang::Ru) => format!("{said}, не проверено: {skipped}."),
    }
}

fn count(of: usize, what: &str) -> String {
    if of == 1 {
        format!("1 {what}")
    } else {
        format!("{of} {what}s")
    }
}
