//! What people call a deal's fields, and who owns them.

use kernel::{deal::field, mapping::Owner};

use super::preview::Field;
use crate::{lang::Lang, terminal::plain};

/// What people call a field; empty where nobody said.
pub(super) fn label(field: &Field, lang: Lang) -> String {
    let title = field.title.as_deref().filter(|it| *it != field.field);
    match (known(&field.field, lang), title) {
        (Some(known), _) => known.to_owned(),
        (None, Some(title)) => plain(title),
        // Without the portal only the order field's sense is known, and it is the one that a default makes.
        (None, None) => {
            let by_default = matches!(field.from, super::origin::Origin::Order(_));
            if by_default && field.field.starts_with("UF_") {
                lang.say("Order id", "Id заказа").to_owned()
            } else {
                String::new()
            }
        }
    }
}

/// The words for the fields that every portal has.
fn known(name: &str, lang: Lang) -> Option<&'static str> {
    let (en, ru) = match name {
        field::TITLE => ("Title", "Название"),
        field::AMOUNT => ("Amount", "Сумма"),
        field::CURRENCY => ("Currency", "Валюта"),
        field::MANUAL_AMOUNT => ("Amount is fixed", "Сумма закреплена"),
        field::COMMENTS => ("Comment", "Комментарий"),
        field::SOURCE => ("Source, in words", "Об источнике"),
        field::ORIGINATOR => ("Key: shop", "Ключ: магазин"),
        field::ORIGIN => ("Key: order", "Ключ: заказ"),
        "assignedById" => ("Responsible", "Ответственный"),
        "sourceId" => ("Source", "Источник"),
        "typeId" => ("Type", "Тип"),
        "begindate" => ("Begins", "Начало"),
        "closedate" => ("Ends", "Завершение"),
        "opened" => ("Seen by all", "Доступна всем"),
        "utmSource" => ("UTM source", "UTM-источник"),
        "utmMedium" => ("UTM medium", "UTM-канал"),
        "utmCampaign" => ("UTM campaign", "UTM-кампания"),
        "utmContent" => ("UTM content", "UTM-объявление"),
        "utmTerm" => ("UTM term", "UTM-запрос"),
        _ => return None,
    };
    Some(lang.say(en, ru))
}

/// When a field is written.
pub(super) fn owned(owner: Owner, lang: Lang) -> &'static str {
    match owner {
        Owner::Always => lang.say("always", "всегда"),
        Owner::OnCreate => lang.say("on creation", "при создании"),
        Owner::IfUntouched => lang.say("while untouched", "пока не тронуто"),
    }
}
