//! The preview as people read it.

use comfy_table::CellAlignment;
use kernel::deal::{StageWish, field};
use serde_json::Value;

use super::preview::{Contact, Deal, Preview, Written};
use crate::{
    lang::Lang,
    terminal::{facts, plain, table, wrap_only},
};

/// A terminal with this many columns shows all that is known of each field.
const WIDE: u16 = 112;

/// The whole page.
pub(super) fn text(preview: &Preview, lang: Lang) -> String {
    let Preview { order, deal } = preview;
    let test = if order.test {
        lang.say(" (a test order)", " (тестовый заказ)")
    } else {
        ""
    };
    let title = match lang {
        Lang::En => format!(
            "Order {} of {}, as of {}{test}, becomes this deal:",
            plain(&order.name),
            order.shop,
            order.updated_at
        ),
        Lang::Ru => format!(
            "Заказ {} магазина {} на {}{test} станет такой сделкой:",
            plain(&order.name),
            order.shop,
            order.updated_at
        ),
    };
    let mut text = format!("{title}\n\n{}\n\n", fields(deal, lang));
    text.push_str(&rows(deal, lang));
    text.push('\n');
    text.push_str(&facts(&[
        (lang.say("Amount", "Сумма"), amount(deal, lang)),
        (lang.say("Stage", "Стадия"), stage(deal, lang)),
        (
            lang.say("Contact", "Контакт"),
            contact(deal.contact.as_ref(), lang),
        ),
    ]));
    for note in &deal.notes {
        let name = lang.say("Note", "Заметка");
        text.push_str(&facts(&[(name, plain(note))]));
    }
    text
}

fn fields(deal: &Deal, lang: Lang) -> String {
    let mut header = vec![
        lang.say("Field", "Поле"),
        lang.say("Name in Bitrix24", "Имя в Битрикс24"),
        lang.say("Value", "Значение"),
        lang.say("Written", "Пишется"),
        lang.say("From the order's", "Из поля заказа"),
    ];
    // On a narrow terminal the name in Bitrix24 says enough.
    let wide = table(&header).width().is_none_or(|it| WIDE <= it);
    if !wide {
        header.remove(0);
    }
    let mut table = table(&header);
    for it in &deal.fields {
        let written = match it.written {
            Written::Always => lang.say("always", "всегда"),
            Written::OnCreate => lang.say("on creation", "при создании"),
        };
        let value = value(&it.value, lang);
        let source = it.source.unwrap_or("–");
        let mut row = vec![label(&it.field, lang), &it.field, &value, written, source];
        if !wide {
            row.remove(0);
        }
        table.add_row(row);
    }
    let values = if wide { 2 } else { 1 };
    wrap_only(&mut table, values);
    table.trim_fmt()
}

/// What people call a field.
fn label(name: &str, lang: Lang) -> &'static str {
    match name {
        field::TITLE => lang.say("Title", "Название"),
        field::AMOUNT => lang.say("Amount", "Сумма"),
        field::CURRENCY => lang.say("Currency", "Валюта"),
        field::MANUAL_AMOUNT => lang.say("Amount is fixed", "Сумма закреплена"),
        field::COMMENTS => lang.say("Comment", "Комментарий"),
        field::SOURCE => lang.say("Source", "Источник"),
        field::ORIGINATOR => lang.say("Key: shop", "Ключ: магазин"),
        field::ORIGIN => lang.say("Key: order", "Ключ: заказ"),
        name if name.starts_with("UF_") => lang.say("Order id", "Id заказа"),
        _ => "",
    }
}

fn value(value: &Value, lang: Lang) -> String {
    match value {
        Value::Bool(true) => lang.say("yes", "да").to_owned(),
        Value::Bool(false) => lang.say("no", "нет").to_owned(),
        Value::String(text) => plain(text),
        other @ (Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            other.to_string()
        }
    }
}

fn rows(deal: &Deal, lang: Lang) -> String {
    if deal.rows.is_empty() {
        return lang
            .say("No product rows.\n", "Товарных позиций нет.\n")
            .to_owned();
    }
    let mut table = table(&[
        lang.say("Product row", "Товарная позиция"),
        lang.say("Price", "Цена"),
        lang.say("Pieces", "Кол-во"),
        lang.say("Sum", "Сумма"),
        lang.say("Tax", "Налог"),
    ]);
    for row in &deal.rows {
        let tax = match (row.tax_percent, row.tax_included) {
            (None, _) => "–".to_owned(),
            (Some(rate), true) => format!("{rate} % {}", lang.say("included", "в цене")),
            (Some(rate), false) => format!("{rate} % {}", lang.say("added", "сверху")),
        };
        table.add_row([
            plain(&row.name),
            row.price.to_string(),
            row.quantity.to_string(),
            row.sum.to_string(),
            tax,
        ]);
    }
    wrap_only(&mut table, 0);
    for column in 1..=3 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    format!("{}\n", table.trim_fmt())
}

fn amount(deal: &Deal, lang: Lang) -> String {
    let Deal {
        amount,
        currency,
        rows_total,
        ..
    } = deal;
    let rows = match (deal.adds_up, lang) {
        (true, Lang::En) => "the rows add up to it".to_owned(),
        (true, Lang::Ru) => "позиции дают ту же сумму".to_owned(),
        (false, Lang::En) => format!("but the rows add up to {rows_total}: please report this"),
        (false, Lang::Ru) => format!("но позиции дают {rows_total}: сообщите об этом"),
    };
    format!("{amount} {currency}, {rows}")
}

fn stage(deal: &Deal, lang: Lang) -> String {
    let why = match deal.stage.wish {
        StageWish::Open => lang.say(
            "on creation; afterwards it belongs to the manager",
            "при создании; дальше стадией управляет менеджер",
        ),
        StageWish::Won => lang.say(
            "paid and fulfilled; a closed deal stays as it is",
            "оплачен и выполнен; закрытая сделка не меняется",
        ),
        StageWish::Lost => lang.say(
            "cancelled, voided or fully refunded; a won deal is moved too",
            "отменён, аннулирован или полностью возвращён; и выигранная сделка переносится",
        ),
    };
    format!("{}: {why}", deal.stage.stage_id)
}

fn contact(contact: Option<&Contact>, lang: Lang) -> String {
    let Some(contact) = contact else {
        return lang
            .say(
                "none: the order names nobody to find a person by",
                "нет: в заказе нет данных, по которым можно найти человека",
            )
            .to_owned();
    };
    let Contact {
        first_name,
        last_name,
        email,
        phone,
        ..
    } = contact;
    let names: Vec<&str> = [first_name, last_name]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let name = names.join(" ");
    let parts: Vec<&str> = [Some(name.as_str()), email.as_deref(), phone.as_deref()]
        .into_iter()
        .flatten()
        .filter(|it| !it.is_empty())
        .collect();
    let how = lang.say(
        "found, or created once",
        "найдётся или будет создан один раз",
    );
    let who = if parts.is_empty() {
        contact.origin.clone()
    } else {
        parts.join(", ")
    };
    format!("{} ({how})", plain(&who))
}
