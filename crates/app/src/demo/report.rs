//! The verdict as people read it, in English or Russian.

use std::collections::BTreeMap;

use comfy_table::{Cell, CellAlignment, Table};

use super::{
    figures::Figures,
    verdict::{Failure, Reason, Verdict},
};
use crate::{lang::Lang, terminal};

/// Findings that are listed one by one; the table counts them all.
const LISTED_MAX: usize = 20;

/// Columns of the tables where no terminal says how wide it is.
const WIDTH: u16 = 110;

/// Both tables, the findings, and the last line.
pub fn report(lang: Lang, figures: &Figures, verdict: &Verdict, problems: &[String]) -> String {
    let mut text = format!(
        "\n{}\n\n{}\n",
        happened(lang, figures),
        found(lang, figures, verdict)
    );
    for failure in verdict.failures.iter().take(LISTED_MAX) {
        text.push_str(&format!("  ✗ {}\n", line(lang, failure)));
    }
    let more = verdict.failures.len().saturating_sub(LISTED_MAX);
    if 0 < more {
        let words = lang.say("more findings of this kind", "ещё таких находок");
        text.push_str(&format!("  … {more} {words}\n"));
    }
    for problem in problems {
        text.push_str(&format!("  ✗ {problem}\n"));
    }
    text.push_str(&format!("\n{}\n", last_line(lang, verdict, problems)));
    text
}

/// Faults by kind, the most frequent first.
pub fn faults(kinds: &BTreeMap<String, u64>) -> String {
    let mut kinds: Vec<_> = kinds.iter().filter(|(_, count)| 0 < **count).collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let words: Vec<String> = kinds
        .into_iter()
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect();
    if words.is_empty() {
        "–".to_owned()
    } else {
        words.join(", ")
    }
}

fn happened(lang: Lang, it: &Figures) -> Table {
    let mut table = terminal::table(&[lang.say("What happened", "Что произошло"), ""]);
    if table.width().is_none() {
        table.set_width(WIDTH);
    }
    let rows = [
        ("orders placed", "заказов сделано", it.placed.to_string()),
        (
            "webhook requests",
            "запросов вебхуков",
            it.attempts.to_string(),
        ),
        (
            "… sent again by the shop",
            "… повторены магазином",
            it.retried.to_string(),
        ),
        ("… came twice", "… пришли дважды", it.repeated.to_string()),
        (
            "… overtaken by later ones",
            "… обогнаны более новыми",
            it.reordered.to_string(),
        ),
        (
            "… forged (accepted)",
            "… подделаны (приняты)",
            format!("{} ({})", it.forged, it.forged_accepted),
        ),
        (
            "portal requests",
            "запросов к порталу",
            it.portal_requests.to_string(),
        ),
        (
            "… answer lost",
            "… ответ потерян",
            it.lost_answers.to_string(),
        ),
        (
            "… executed after the give-up",
            "… выполнены после отказа ждать",
            it.late_landings.to_string(),
        ),
        (
            "faults of the portal",
            "сбои портала",
            faults(&it.portal_faults),
        ),
        (
            "faults of shop and road",
            "сбои магазина и сети",
            faults(&it.shop_faults),
        ),
    ];
    for (en, ru, value) in rows {
        table.add_row([lang.say(en, ru), &value]);
    }
    table
}

fn found(lang: Lang, figures: &Figures, it: &Verdict) -> Table {
    let head = lang.say("What stands in the portal", "Что стоит в портале");
    let mut table = terminal::table(&[head, "", ""]);
    let exact = it.orders - it.exact;
    let exactly = format!("{} / {}", it.exact, it.orders);
    add(
        &mut table,
        lang.say(
            "acknowledged orders with exactly one deal",
            "принятые заказы ровно с одной сделкой",
        ),
        &exactly,
        exact == 0,
    );
    let counters = [
        ("duplicates at rest", "дубли в конце", it.duplicates_at_rest),
        (
            "duplicates at any instant",
            "дубли в любой момент",
            it.duplicates_ever,
        ),
        ("lost orders", "потерянные заказы", it.lost),
        ("wrong amounts", "неверные суммы", it.wrong_amount),
        ("stale stages", "устаревшие стадии", it.stale_stage),
        (
            "manager's edits overwritten",
            "затёртые правки менеджера",
            it.edits_overwritten,
        ),
        ("wrong contacts", "неверные контакты", it.wrong_contact),
        (
            "customers with several contacts",
            "клиенты с несколькими контактами",
            it.double_contacts,
        ),
        ("deals of no order", "сделки без заказа", it.strangers),
    ];
    for (en, ru, count) in counters {
        add(&mut table, lang.say(en, ru), &count.to_string(), count == 0);
    }
    let forged = figures.forged_accepted;
    add(
        &mut table,
        lang.say("forged deliveries accepted", "приняты подделки"),
        &forged.to_string(),
        forged == 0,
    );
    table
}

fn add(table: &mut Table, name: &str, value: &str, right: bool) {
    let mark = if right { "✓" } else { "✗" };
    table.add_row([
        Cell::new(name),
        Cell::new(value).set_alignment(CellAlignment::Right),
        Cell::new(mark),
    ]);
}

fn line(lang: Lang, failure: &Failure) -> String {
    let reason = match lang {
        Lang::En => in_english(&failure.reason),
        Lang::Ru => in_russian(&failure.reason),
    };
    if failure.order == 0 {
        reason
    } else {
        let order = lang.say("order", "заказ");
        format!("{order} {} {}: {reason}", failure.order, failure.name)
    }
}

fn in_english(reason: &Reason) -> String {
    match reason {
        Reason::NoDeal => "no live deal".to_owned(),
        Reason::SeveralDeals(ids) => format!("several live deals {ids:?}"),
        Reason::SeveralAtAnInstant(ms) => format!("several live deals for {ms} ms"),
        Reason::Amount(is, should) => format!("amount {is}, the order says {should}"),
        Reason::Currency(is, should) => format!("currency {is}, the order says {should}"),
        Reason::Rows(is, should) => format!("rows add up to {is}, the amount is {should}"),
        Reason::Stage(is, should) => format!("stage {is}, allowed {should}"),
        Reason::Title(is, should) => format!("title `{is}`, the manager wrote `{should}`"),
        Reason::ManagersStage(is, should) => format!("stage {is}, the manager chose {should}"),
        Reason::Contact(is, should) => format!("contacts {is:?}, the buyer is {should}"),
        Reason::SeveralContacts(ids) => format!("contacts {ids:?} are one customer"),
        Reason::Stranger(id) => format!("deal {id} belongs to no order"),
    }
}

fn in_russian(reason: &Reason) -> String {
    match reason {
        Reason::NoDeal => "нет живой сделки".to_owned(),
        Reason::SeveralDeals(ids) => format!("несколько живых сделок {ids:?}"),
        Reason::SeveralAtAnInstant(ms) => format!("несколько живых сделок в течение {ms} мс"),
        Reason::Amount(is, should) => format!("сумма {is}, в заказе {should}"),
        Reason::Currency(is, should) => format!("валюта {is}, в заказе {should}"),
        Reason::Rows(is, should) => format!("сумма позиций {is}, сумма сделки {should}"),
        Reason::Stage(is, should) => format!("стадия {is}, допустимо {should}"),
        Reason::Title(is, should) => format!("название «{is}», менеджер написал «{should}»"),
        Reason::ManagersStage(is, should) => format!("стадия {is}, менеджер выбрал {should}"),
        Reason::Contact(is, should) => format!("контакты {is:?}, покупатель {should}"),
        Reason::SeveralContacts(ids) => format!("контакты {ids:?} — один клиент"),
        Reason::Stranger(id) => format!("сделка {id} не относится ни к одному заказу"),
    }
}

fn last_line(lang: Lang, verdict: &Verdict, problems: &[String]) -> String {
    if !verdict.holds() || !problems.is_empty() {
        return lang
            .say(
                "VERDICT: not right, see the findings above.",
                "ВЕРДИКТ: есть ошибки, см. выше.",
            )
            .to_owned();
    }
    match lang {
        Lang::En => format!(
            "VERDICT: right. {} orders, {} deals, none doubled, none lost.",
            verdict.orders, verdict.exact
        ),
        Lang::Ru => format!(
            "ВЕРДИКТ: всё верно. Заказов {}, сделок {}, дублей нет, потерь нет.",
            verdict.orders, verdict.exact
        ),
    }
}
