//! What people read, in English and in Russian.

mod condition;
mod fields;
mod notices;
mod phases;
mod remarks;
mod sends;

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use utoipa::ToSchema;

pub use self::{
    condition::{paused, trouble},
    fields::field_label,
    notices::{attention_line, parked, reasons},
    phases::{part_label, part_means, phase_says},
    remarks::{Scene, remark},
    sends::{answered, sent},
};

/// A language of the dashboard.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    serde::Deserialize,
    ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Russian.
    Ru,
}

impl Lang {
    /// The one of two texts that is in this language.
    pub fn say<'a>(self, en: &'a str, ru: &'a str) -> &'a str {
        match self {
            Self::En => en,
            Self::Ru => ru,
        }
    }
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Said {
    /// English.
    pub en: String,
    /// Russian.
    pub ru: String,
}

impl Said {
    /// Both texts.
    pub fn new(en: impl Into<String>, ru: impl Into<String>) -> Self {
        Self {
            en: en.into(),
            ru: ru.into(),
        }
    }

    /// A text that is the same in both: a name, a number, or what is known in one language only.
    pub fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            en: text.clone(),
            ru: text,
        }
    }

    /// The text in one language.
    pub fn text(&self, lang: Lang) -> &str {
        lang.say(&self.en, &self.ru)
    }
}

/// A moment as people read it beside others of about the same time: the day is told where it is another one.
pub fn clock(at: Timestamp, beside: Timestamp, zone: &TimeZone) -> String {
    let (at, beside) = (at.to_zoned(zone.clone()), beside.to_zoned(zone.clone()));
    if at.date() == beside.date() {
        at.strftime("%H:%M:%S").to_string()
    } else {
        at.strftime("%F %H:%M:%S").to_string()
    }
}
