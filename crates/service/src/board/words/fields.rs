//! What people call a deal's fields.

use kernel::deal::field;

use super::Said;

/// The words for the fields that every portal has; `None` for others.
pub fn field_label(name: &str) -> Option<Said> {
    let (en, ru) = match name {
        field::TITLE => ("Title", "Название"),
        field::AMOUNT => ("Amount", "Сумма"),
        field::CURRENCY => ("Currency", "Валюта"),
        field::MANUAL_AMOUNT => ("Amount is fixed", "Сумма закреплена"),
        field::COMMENTS => ("Comment", "Комментарий"),
        field::SOURCE => ("Source, in words", "Об источнике"),
        field::ORIGINATOR => ("Key: shop", "Ключ: магазин"),
        field::ORIGIN => ("Key: order", "Ключ: заказ"),
        field::STAGE => ("Stage", "Стадия"),
        field::CATEGORY => ("Funnel", "Воронка"),
        field::CONTACTS => ("Contact", "Контакт"),
        field::COMPANY => ("Company", "Компания"),
        field::ADDITIONAL_INFO => ("Mark of onedeal", "Метка onedeal"),
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
    Some(Said::new(en, ru))
}
