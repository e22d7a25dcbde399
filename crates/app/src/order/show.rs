//! The history as people read it.

use jiff::{Timestamp, tz::TimeZone};
use store::OrderRecord;

use super::{Amount, History};
use crate::{
    lang::Lang,
    terminal::{facts, plain, table, wrap_only},
};

/// One order's page. Times are shown in the machine's time zone.
pub(super) fn history(history: &History, lang: Lang) -> String {
    let zone = TimeZone::system();
    let name = history.name.as_deref().map(plain);
    let name = name.unwrap_or_else(|| history.id.to_string());
    let title = match lang {
        Lang::En => format!("Order {name} of {}", history.shop),
        Lang::Ru => format!("Заказ {name} магазина {}", history.shop),
    };
    let none = lang.say("none yet", "пока нет");
    let mut pairs = vec![
        (lang.say("Order id", "Id заказа"), history.id.to_string()),
        (
            lang.say("State", "Состояние"),
            format!("{}: {}", history.phase, explained(&history.phase, lang)),
        ),
        (
            lang.say("Deal", "Сделка"),
            history
                .deal
                .map_or_else(|| none.to_owned(), |it| it.to_string()),
        ),
        (
            lang.say("Last sent", "Отправлено"),
            history
                .amount_last_sent
                .as_ref()
                .map_or_else(|| none.to_owned(), amount),
        ),
        (
            lang.say("Newest", "Новейшее"),
            history.order_updated_at.map_or_else(
                || none.to_owned(),
                |it| {
                    format!(
                        "{} {}",
                        lang.say("the order as of", "заказ на"),
                        time(it, &zone)
                    )
                },
            ),
        ),
        (
            lang.say("Webhooks", "Вебхуки"),
            history.deliveries.to_string(),
        ),
    ];
    for intent in &history.open {
        pairs.push((
            lang.say("On its way", "В пути"),
            format!("`{}`", plain(&intent.kind)),
        ));
    }
    let attention = history.attention.as_deref().map(plain);
    pairs.push((
        lang.say("Attention", "Внимание"),
        attention.unwrap_or_else(|| lang.say("nothing to do", "ничего не требуется").to_owned()),
    ));
    format!(
        "{title}\n{}\n{}",
        facts(&pairs),
        timeline(history, &zone, lang)
    )
}

/// The orders to choose from.
pub(super) fn several(found: &[OrderRecord], lang: Lang) -> String {
    let title = lang.say(
        "Several orders match; name one of them by the first column:",
        "Подходит несколько заказов; укажите один из них по первому столбцу:",
    );
    let mut table = table(&[
        lang.say("Order", "Заказ"),
        lang.say("Name", "Название"),
        lang.say("State", "Состояние"),
        lang.say("Deal", "Сделка"),
    ]);
    for it in found {
        table.add_row([
            it.key.to_string(),
            it.name.as_deref().map(plain).unwrap_or_default(),
            it.phase.clone(),
            it.deal.map(|it| it.to_string()).unwrap_or_default(),
        ]);
    }
    format!("{title}\n\n{}\n", table.trim_fmt())
}

fn timeline(history: &History, zone: &TimeZone, lang: Lang) -> String {
    if history.timeline.is_empty() {
        return lang
            .say("Nothing has happened yet.\n", "Пока ничего не произошло.\n")
            .to_owned();
    }
    let mut table = table(&[
        lang.say("Time", "Время"),
        lang.say("Kind", "Вид"),
        lang.say("What happened", "Что произошло"),
    ]);
    for line in &history.timeline {
        let at = line.at.map(|it| time(it, zone)).unwrap_or_default();
        table.add_row([at, plain(&line.kind), plain(&line.text)]);
    }
    wrap_only(&mut table, 2);
    format!("{}\n", table.trim_fmt())
}

fn time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%F %T %Z").to_string()
}

fn amount(of: &Amount) -> String {
    match &of.currency {
        Some(currency) => format!("{} {currency}", of.amount),
        None => of.amount.to_string(),
    }
}

/// What a phase means. The words are the kernel's; one that this version does not know stands alone.
fn explained(phase: &str, lang: Lang) -> &'static str {
    match phase {
        "new" => lang.say("heard of, not worked on yet", "известен, ещё не обработан"),
        "waiting" => lang.say(
            "its deal is to be found or created",
            "сделку предстоит найти или создать",
        ),
        "sending" => lang.say("its deal is being created", "сделка создаётся"),
        "in_doubt" => lang.say(
            "a create had no answer; it is looked up until that is settled",
            "на создание не было ответа; идёт проверка, пока это не решится",
        ),
        "linked" => lang.say("it has its deal", "у заказа есть сделка"),
        "missing" => lang.say(
            "its deal cannot be found; it is looked up",
            "сделка не находится; идёт поиск",
        ),
        "tombstone" => lang.say(
            "a person deleted its deal; none is made again",
            "сделку удалил человек; новая не создаётся",
        ),
        "parked" => lang.say(
            "it rests until a person or a newer version wakes it",
            "отложен до действия человека или новой версии",
        ),
        "ignored" => lang.say(
            "an operator wants no deal for it",
            "оператор решил не создавать сделку",
        ),
        _ => lang.say("(unknown to this version)", "(неизвестно этой версии)"),
    }
}
