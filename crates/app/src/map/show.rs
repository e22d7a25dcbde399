//! The preview as people read it.

use comfy_table::CellAlignment;
use serde_json::Value;
use service::preview::{Contact, Deal, Field, Origin, Preview, RowShown, Rule};

use super::{
    place::{moves, why},
    words::{label, owned},
};
use crate::{
    lang::Lang,
    terminal::{facts, plain, plain_lines, prose, table, width, wrap_only, wrap_these},
};

/// A terminal with this many columns shows the two names of each field beside each other.
const WIDE: u16 = 120;

/// A terminal with fewer columns shows where a value comes from below the value.
const ROOMY: u16 = 96;

/// Lines of one value that are shown.
const VALUE_LINES_MAX: usize = 8;

/// The whole page.
pub(super) fn text(preview: &Preview, lang: Lang) -> String {
    let deal = &preview.deal;
    let mut text = format!("{}\n\n", prose(&title(preview, lang)));
    if let Some(when) = preview.create_when.as_ref().filter(|_| !preview.wanted) {
        let when = plain(when);
        let no = match lang {
            Lang::En => format!(
                "It gets no deal: `create_when` does not hold ({when}). Without that it would be:"
            ),
            Lang::Ru => format!(
                "Сделки не будет: `create_when` не выполняется ({when}). Иначе получилось бы:"
            ),
        };
        text.push_str(&format!("{}\n\n", prose(&no)));
    }
    text.push_str(&format!("{}\n\n", fields(deal, lang)));
    text.push_str(&rows(&deal.rows, lang));
    text.push('\n');
    text.push_str(&facts(&summary(preview, lang)));
    text.push_str(&problems(deal, lang));
    text
}

/// What the page is about.
pub(super) fn title(preview: &Preview, lang: Lang) -> String {
    let order = &preview.order;
    let test = if order.test {
        lang.say(" (a test order)", " (тестовый заказ)")
    } else {
        ""
    };
    let (name, shop, at) = (plain(&order.name), &order.shop, order.updated_at);
    match lang {
        Lang::En => format!("Order {name} of {shop}, as of {at}{test}, becomes this deal:"),
        Lang::Ru => format!("Заказ {name} магазина {shop} на {at}{test} станет такой сделкой:"),
    }
}

fn fields(deal: &Deal, lang: Lang) -> String {
    let columns = width().unwrap_or(u16::MAX);
    let (wide, roomy) = (WIDE <= columns, ROOMY <= columns);
    let mut header = vec![lang.say("Field", "Поле")];
    if wide {
        header.push(lang.say("Name in Bitrix24", "Имя в Битрикс24"));
    }
    if roomy {
        header.push(lang.say("Value", "Значение"));
        header.push(lang.say("From where", "Откуда"));
    } else {
        header.push(lang.say("Value ← from where", "Значение ← откуда"));
    }
    header.push(lang.say("Written", "Пишется"));
    let mut table = table(&header);
    for it in &deal.fields {
        let what = label(it, lang);
        let mut row = if wide {
            vec![what, it.field.clone()]
        } else {
            vec![both_names(&what, &it.field)]
        };
        let (value, from) = (value(it, lang), origin(&it.from, lang));
        if roomy {
            row.extend([value, from]);
        } else {
            row.push(format!("{value}\n← {from}"));
        }
        row.push(owned(it.owner, lang).to_owned());
        table.add_row(row);
    }
    wrap_these(
        &mut table,
        match (wide, roomy) {
            (true, _) => &[2, 3],
            (false, true) => &[1, 2],
            (false, false) => &[1],
        },
    );
    table.trim_fmt()
}

/// One above the other, and once where both are the same.
pub(super) fn both_names(what: &str, field: &str) -> String {
    if what.is_empty() || what == field {
        field.to_owned()
    } else {
        format!("{what}\n{field}")
    }
}

fn value(field: &Field, lang: Lang) -> String {
    let labels = field.labels.as_ref().map(|it| plain(&it.join(", ")));
    match (&field.value, labels) {
        (Some(value), Some(labels)) if !labels.is_empty() => {
            format!("{labels} ({})", shown(value, lang))
        }
        (Some(value), _) => shown(value, lang),
        (None, Some(labels)) => labels,
        (None, None) => lang.say("fails, see below", "ошибка, см. ниже").to_owned(),
    }
}

/// A value on the lines that it has.
pub(super) fn shown(value: &Value, lang: Lang) -> String {
    match value {
        Value::Bool(true) => lang.say("yes", "да").to_owned(),
        Value::Bool(false) => lang.say("no", "нет").to_owned(),
        Value::String(text) if text.is_empty() => lang.say("(empty)", "(пусто)").to_owned(),
        Value::String(text) => plain_lines(text, VALUE_LINES_MAX),
        Value::Array(values) if values.is_empty() => lang.say("(empty)", "(пусто)").to_owned(),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(|it| shown(it, lang)).collect();
            values.join(", ")
        }
        other @ (Value::Null | Value::Number(_) | Value::Object(_)) => other.to_string(),
    }
}

fn origin(of: &Origin, lang: Lang) -> String {
    match of {
        Origin::Order(fields) => fields.join(", "),
        Origin::Template(text) | Origin::Expression(text) => {
            let text = plain_lines(text, VALUE_LINES_MAX);
            format!("{} {text}", lang.say("mapping:", "правило:"))
        }
        Origin::Fixed => "–".to_owned(),
    }
}

/// Product rows, if there are any.
pub(super) fn rows(rows: &[RowShown], lang: Lang) -> String {
    if rows.is_empty() {
        return lang
            .say("No product rows.\n", "Товарных позиций нет.\n")
            .to_owned();
    }
    let linked = rows.iter().any(|it| it.variant.is_some());
    let mut header = vec![
        lang.say("Product row", "Товарная позиция"),
        lang.say("Price", "Цена"),
        lang.say("Pieces", "Кол-во"),
        lang.say("Sum", "Сумма"),
        lang.say("Tax", "Налог"),
    ];
    if linked {
        header.push(lang.say("Variant", "Вариант"));
    }
    let mut table = table(&header);
    for row in rows {
        let mut cells = vec![
            plain(&row.name),
            row.price.to_string(),
            row.quantity.normalize().to_string(),
            row.sum.to_string(),
            tax(row, lang),
        ];
        if linked {
            cells.push(row.variant.map_or_else(String::new, |it| it.to_string()));
        }
        table.add_row(cells);
    }
    wrap_only(&mut table, 0);
    for column in 1..=3 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    format!("{}\n", table.trim_fmt())
}

/// A row's tax.
pub(super) fn tax(row: &RowShown, lang: Lang) -> String {
    match (row.tax_percent, row.tax_included) {
        (None, _) => "–".to_owned(),
        (Some(rate), true) => format!("{} % {}", rate.normalize(), lang.say("included", "в цене")),
        (Some(rate), false) => format!("{} % {}", rate.normalize(), lang.say("added", "сверху")),
    }
}

fn summary(preview: &Preview, lang: Lang) -> Vec<(&'static str, String)> {
    let deal = &preview.deal;
    let stage = &deal.stage;
    let with_id = |name: Option<&String>, id: &str| match name {
        Some(name) if name != id => format!("{} ({id})", plain(name)),
        Some(_) | None => plain(id),
    };
    let mut facts = vec![(lang.say("Amount", "Сумма"), amount(deal, lang))];
    if let Some(name) = &stage.funnel {
        let funnel = if preview.resolved {
            with_id(Some(name), &stage.funnel_id.to_string())
        } else {
            plain(name)
        };
        facts.push((lang.say("Funnel", "Воронка"), funnel));
    }
    let name = with_id(stage.name.as_ref(), &stage.stage_id);
    facts.push((
        lang.say("Stage", "Стадия"),
        format!("{name}: {}", why(stage, lang)),
    ));
    if let Some(moves) = moves(stage, lang) {
        facts.push((lang.say("Moves", "Переносит"), moves));
    }
    facts.push((lang.say("Contact", "Контакт"), contact(deal, lang)));
    if let Some(company) = &deal.company {
        facts.push((lang.say("Company", "Компания"), plain(company)));
    }
    for note in &deal.notes {
        facts.push((lang.say("Note", "Заметка"), plain(note)));
    }
    let open = names_to_resolve(preview);
    if !preview.resolved && open {
        let text = lang.say(
            "labels, stages and funnels are shown as the mapping names them; --portal asks the portal for its own",
            "метки, стадии и воронки показаны как в правилах; с --portal имена берутся с портала",
        );
        facts.push((lang.say("Names", "Имена"), text.to_owned()));
    }
    facts
}

/// Whether the page shows names that only the portal can resolve.
fn names_to_resolve(preview: &Preview) -> bool {
    let deal = &preview.deal;
    let by_name = deal.stage.funnel.is_some() || !deal.stage.from.is_empty();
    let labels = deal.fields.iter().any(|it| it.labels.is_some());
    let rule = matches!(deal.stage.rule, Rule::Mapping { .. });
    labels || (rule && by_name) || deal.stage.funnel.is_some()
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

fn contact(deal: &Deal, lang: Lang) -> String {
    let Some(contact) = &deal.contact else {
        return if deal.links_contacts {
            lang.say(
                "none: the order names nobody to find a person by",
                "нет: в заказе нет данных, по которым можно найти человека",
            )
        } else {
            lang.say(
                "none: the mapping links no contacts",
                "нет: по правилам контакты не привязываются",
            )
        }
        .to_owned();
    };
    let how = lang.say(
        "found, or created once",
        "найдётся или будет создан один раз",
    );
    format!("{} ({how})", plain(&person(contact)))
}

/// Who the contact is.
pub(super) fn person(contact: &Contact) -> String {
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
    if parts.is_empty() {
        contact.origin.clone()
    } else {
        parts.join(", ")
    }
}

fn problems(deal: &Deal, lang: Lang) -> String {
    if deal.problems.is_empty() {
        return String::new();
    }
    let title = lang.say(
        "Rules that fail for this order; the deal is made without them:",
        "Правила, которые для этого заказа не сработали; сделка создаётся без них:",
    );
    let lines: Vec<String> = deal
        .problems
        .iter()
        .map(|it| format!("  {}: {}\n", it.place, plain(&it.problem)))
        .collect();
    format!("\n{}\n{}", prose(title), lines.concat())
}
