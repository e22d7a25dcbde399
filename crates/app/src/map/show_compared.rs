//! The comparison as people read it.

use serde_json::Value;
use service::preview::{Preview, RowShown};

use super::{
    compare::{Compared, Comparison, Happens, Key, StageCompared},
    show::{both_names, shown, tax},
    words::label,
};
use crate::{
    lang::Lang,
    terminal::{plain, plain_lines, prose, table, width, wrap_these},
};

/// A terminal with this many columns shows the two names of each field beside each other.
const WIDE: u16 = 120;

/// Lines of one value that are shown.
const LINES_MAX: usize = 6;

/// The whole page.
pub(super) fn text(comparison: &Comparison, preview: &Preview, lang: Lang) -> String {
    let order = &preview.order;
    let (name, shop, deal) = (plain(&order.name), &order.shop, comparison.deal);
    let title = match lang {
        Lang::En => format!("Order {name} of {shop} beside deal {deal}:"),
        Lang::Ru => format!("Заказ {name} магазина {shop} и сделка {deal}:"),
    };
    let mut text = format!("{title}\n\n");
    if let Some(warning) = key(comparison.key, lang) {
        text.push_str(&format!("{}\n\n", prose(warning)));
    }
    text.push_str(&fields(comparison, preview, lang));
    text.push('\n');
    text.push_str(&rows(comparison, lang));
    text.push('\n');
    text.push_str(&format!("{}\n", prose(&verdict(comparison, lang))));
    text
}

fn key(key: Key, lang: Lang) -> Option<&'static str> {
    match key {
        Key::Ours => None,
        Key::None => Some(lang.say(
            "The deal carries no order's key. It is adopted when the order comes, if its order field names this \
                order.",
            "У сделки нет ключа заказа. Она будет принята, если поле заказа в ней указывает на этот заказ.",
        )),
        Key::Another => Some(lang.say(
            "The deal carries the key of something else: for this order onedeal never touches it.",
            "У сделки чужой ключ: для этого заказа onedeal её никогда не меняет.",
        )),
    }
}

fn fields(comparison: &Comparison, preview: &Preview, lang: Lang) -> String {
    let mut header = vec![
        lang.say("Field", "Поле"),
        lang.say("Name in Bitrix24", "Имя в Битрикс24"),
        lang.say("Would be", "Должно быть"),
        lang.say("Is", "Сейчас"),
        lang.say("What would happen", "Что произойдёт"),
    ];
    let wide = width().is_none_or(|it| WIDE <= it);
    if !wide {
        header.remove(1);
    }
    let mut table = table(&header);
    for (it, field) in comparison.fields.iter().zip(&preview.deal.fields) {
        let what = label(field, lang);
        let (would_be, is) = sides(it, lang);
        let mut row = vec![would_be, is, happens(it.happens, lang).to_owned()];
        if wide {
            row.splice(0..0, [what, it.what.clone()]);
        } else {
            row.insert(0, both_names(&what, &it.what));
        }
        table.add_row(row);
    }
    let (would_be, is) = stage(&comparison.stage, lang);
    let mut row = vec![
        lang.say("Stage", "Стадия").to_owned(),
        "stageId".to_owned(),
        would_be,
        is,
        happens(comparison.stage.happens, lang).to_owned(),
    ];
    if !wide {
        row.splice(0..2, [both_names(lang.say("Stage", "Стадия"), "stageId")]);
    }
    table.add_row(row);
    let values = if wide { [2, 3, 4] } else { [1, 2, 3] };
    wrap_these(&mut table, &values);
    format!("{}\n", table.trim_fmt())
}

fn sides(of: &Compared<Value>, lang: Lang) -> (String, String) {
    if let Some((would_be, is)) = &of.words {
        let side = |it: &str| shown(&it.into(), lang);
        return (side(would_be), side(is));
    }
    let side = |value: Option<&Value>| match value {
        Some(value) => plain_lines(&shown(value, lang), LINES_MAX),
        None => "–".to_owned(),
    };
    let is = match (&of.would_be, &of.is) {
        // The portal spells yes and no in letters.
        (Some(Value::Bool(_)), Some(Value::String(letter))) if letter == "Y" => {
            side(Some(&true.into()))
        }
        (Some(Value::Bool(_)), Some(Value::String(letter))) if letter == "N" => {
            side(Some(&false.into()))
        }
        (_, is) => side(is.as_ref()),
    };
    (side(of.would_be.as_ref()), is)
}

fn stage(of: &StageCompared, lang: Lang) -> (String, String) {
    let with_id = |name: Option<&String>, id: &str| match name {
        Some(name) if name != id => format!("{} ({id})", plain(name)),
        Some(_) | None => plain(id),
    };
    let would_be = match &of.would_be {
        Some(id) => with_id(of.would_be_name.as_ref(), id),
        None => lang.say("as it is", "как есть").to_owned(),
    };
    (would_be, with_id(of.is_name.as_ref(), &of.is))
}

fn rows(comparison: &Comparison, lang: Lang) -> String {
    if comparison.rows.is_empty() {
        return lang
            .say(
                "No product rows on either side.\n",
                "Товарных позиций нет ни там, ни там.\n",
            )
            .to_owned();
    }
    let mut table = table(&[
        lang.say("Row", "Поз."),
        lang.say("Would be", "Должно быть"),
        lang.say("Is", "Сейчас"),
        lang.say("What would happen", "Что произойдёт"),
    ]);
    for it in &comparison.rows {
        let side = |row: Option<&RowShown>| row.map_or_else(|| "–".to_owned(), |it| line(it, lang));
        table.add_row([
            it.what.clone(),
            side(it.would_be.as_ref()),
            side(it.is.as_ref()),
            happens(it.happens, lang).to_owned(),
        ]);
    }
    wrap_these(&mut table, &[1, 2, 3]);
    format!("{}\n", table.trim_fmt())
}

fn line(row: &RowShown, lang: Lang) -> String {
    format!(
        "{} × {} {}, {}",
        row.quantity.normalize(),
        row.price,
        plain(&row.name),
        tax(row, lang)
    )
}

fn happens(of: Happens, lang: Lang) -> &'static str {
    match of {
        Happens::Same => lang.say("same", "совпадает"),
        Happens::Written => lang.say("would be written", "будет записано"),
        Happens::Completed => lang.say(
            "would be written on adoption",
            "будет записано при принятии",
        ),
        Happens::PeopleOwn => lang.say("left: people own it", "останется: поле людей"),
        Happens::UnlessTouched => lang.say(
            "would be written, unless a person touched it",
            "будет записано, если человек не менял",
        ),
        Happens::IfOurs => lang.say(
            "would be moved, if it is where onedeal put it",
            "перенос, если стоит там, куда поставил onedeal",
        ),
        Happens::NoRule => lang.say(
            "left: the rule does not move it from there",
            "останется: правило не переносит отсюда",
        ),
        Happens::Managers => lang.say("left: it is the manager's", "останется: решает менеджер"),
        Happens::Adopted => lang.say(
            "left: an adopted deal keeps its rows",
            "останется: у принятой сделки свои позиции",
        ),
        Happens::NoField => lang.say(
            "nothing: the portal has no such field",
            "ничего: на портале нет такого поля",
        ),
        Happens::Fails => lang.say("nothing: the rule fails", "ничего: правило не сработало"),
        Happens::Never => lang.say("left: another order's deal", "останется: чужая сделка"),
    }
}

fn verdict(comparison: &Comparison, lang: Lang) -> String {
    let parts = comparison.fields.len() + comparison.rows.len() + 1;
    let stage = usize::from(comparison.stage.happens.differs());
    let fields = comparison
        .fields
        .iter()
        .filter(|it| it.happens.differs())
        .count();
    let rows = comparison
        .rows
        .iter()
        .filter(|it| it.happens.differs())
        .count();
    if !comparison.differs {
        return lang
            .say(
                "Nothing differs: the deal is what the order says.",
                "Различий нет: сделка соответствует заказу.",
            )
            .to_owned();
    }
    let differ = fields + rows + stage;
    match lang {
        Lang::En => format!(
            "{differ} of {parts} parts differ. Nothing was written; onedeal writes when the order changes."
        ),
        Lang::Ru => format!(
            "Различий: {differ} из {parts}. Ничего не записано; onedeal пишет, когда меняется заказ."
        ),
    }
}
