//! The portal's texts in three languages; codes stay the same, texts do not (facts §6).

use super::config::Language;

/// A text a person of the portal may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Text {
    NotFound,
    ItemNotFound,
    TypeNotFound,
    OwnerNotFound,
    AccessDenied,
    BadId,
    FieldsNotArray,
    BadCurrency,
    MissingParameter(&'static str),
    BadCategory,
    /// The name of the field.
    InvalidField(&'static str),
    DealTitle(u64),
    RateRequired,
    SumRequired,
    NameRequired,
    BadEmail,
    FolderExists,
    /// A text the portal does not translate.
    Fixed(&'static str),
    /// A text built from the request, not translated.
    Built(String),
}

impl Text {
    pub(crate) fn say(&self, language: Language) -> String {
        let three = |en: &str, de: &str, ru: &str| {
            match language {
                Language::En => en,
                Language::De => de,
                Language::Ru => ru,
            }
            .to_owned()
        };
        match self {
            Self::NotFound => three("Not found", "Nicht gefunden", "Не найдено"),
            Self::ItemNotFound => three(
                "Item not found",
                "Element wurde nicht gefunden",
                "Элемент не найден",
            ),
            Self::TypeNotFound => three(
                "Smart process not found",
                "Smart Prozess nicht gefunden",
                "Смарт-процесс не найден",
            ),
            Self::OwnerNotFound => three(
                "Owner was not found",
                "Besitzer wurde nicht gefunden",
                "Владелец не найден",
            ),
            Self::AccessDenied => {
                three("Access denied.", "Zugriff verweigert.", "Доступ запрещен.")
            }
            Self::BadId => three(
                "ID is not defined or invalid.",
                "ID ist nicht angegeben oder ungültig.",
                "ID не задан или некорректен.",
            ),
            Self::FieldsNotArray => three(
                "Parameter 'fields' must be array.",
                "Der Parameter 'fields' muss ein Array sein.",
                "Параметр 'fields' должен быть массивом.",
            ),
            Self::BadCurrency => three(
                "Invalid value for the \"Currency\" field",
                "Ungültiger Wert im Feld \"Währung\"",
                "Неверное значение поля \"Валюта\"",
            ),
            Self::MissingParameter(name) => match language {
                Language::En => format!("Could not find value for parameter {{{name}}}"),
                Language::De => format!("Wert für den Parameter {{{name}}} wurde nicht gefunden"),
                Language::Ru => format!("Не найдено значение параметра {{{name}}}"),
            },
            Self::BadCategory => three(
                "Category is not available",
                "Pipeline ist nicht verfügbar",
                "Воронка недоступна",
            ),
            Self::InvalidField(name) => match language {
                Language::En => format!("Invalid value for field \"{name}\""),
                Language::De => format!("Ungültiger Wert im Feld \"{name}\""),
                Language::Ru => format!("Неверное значение поля \"{name}\""),
            },
            Self::DealTitle(id) => match language {
                Language::En => format!("Deal #{id}"),
                Language::De => format!("Auftrag #{id}"),
                Language::Ru => format!("Сделка #{id}"),
            },
            Self::RateRequired => three(
                "Discount Rate (DISCOUNT_RATE) is required if Percentage Discount Type (DISCOUNT_TYPE_ID) is defined.",
                "Rabattsatz (DISCOUNT_RATE) ist erforderlich.",
                "Не указан процент скидки (DISCOUNT_RATE).",
            ),
            Self::SumRequired => three(
                "Discount Sum (DISCOUNT_SUM) is required if Monetary Discount Type (DISCOUNT_TYPE_ID) is defined.",
                "Rabattbetrag (DISCOUNT_SUM) ist erforderlich.",
                "Не указана сумма скидки (DISCOUNT_SUM).",
            ),
            Self::NameRequired => three(
                "Product name is required",
                "Produktname ist erforderlich",
                "Не указано название товара",
            ),
            Self::BadEmail => three(
                "The field \"E-mail\" contains an invalid address",
                "Das Feld \"E-Mail\" enthält eine ungültige Adresse",
                "Поле \"E-mail\" содержит неверный адрес",
            ),
            Self::FolderExists => three(
                "Folder with this name already exists.",
                "Ein Ordner mit diesem Namen existiert bereits.",
                "Папка с таким именем уже существует.",
            ),
            Self::Fixed(fixed) => (*fixed).to_owned(),
            Self::Built(built) => built.clone(),
        }
    }
}
