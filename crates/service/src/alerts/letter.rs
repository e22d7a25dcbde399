//! One message to one place, as it waits to be told.

use jiff::Timestamp;
use kernel::Elapsed;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    settings::AlertSettings,
    text::text,
    watch::{Change, News},
};

/// Something new, for one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Letter {
    /// What is new.
    pub(super) news: News,
    /// When it was noticed (Unix milliseconds).
    pub(super) at_ms: i64,
    /// How often it was tried to tell.
    #[serde(default)]
    pub(super) attempts: u32,
    /// It is not tried before this point.
    #[serde(default)]
    pub(super) not_before: Elapsed,
    /// An attempt ended without an answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) perhaps_told: bool,
    /// It is on its way, or was when the process died.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) under_way: bool,
}

impl Letter {
    /// Something new that waits to be told.
    pub(super) fn new(news: News, at: Timestamp) -> Self {
        Self {
            news,
            at_ms: at.as_millisecond(),
            attempts: 0,
            not_before: Elapsed::ZERO,
            perhaps_told: false,
            under_way: false,
        }
    }

    /// One line for a list of e-mails.
    pub(super) fn subject(&self, settings: &AlertSettings) -> String {
        let title = text(&self.news, settings.language).title;
        format!("onedeal, {}: {title}", settings.shop)
    }

    /// The whole as plain text.
    pub(super) fn plain(&self, settings: &AlertSettings) -> String {
        let advice = text(&self.news, settings.language).advice;
        let lines = [
            Some(self.subject(settings)),
            Some(advice),
            settings.link.clone(),
        ];
        let lines: Vec<String> = lines
            .into_iter()
            .flatten()
            .filter(|it| !it.is_empty())
            .collect();
        lines.join("\n")
    }

    /// The whole for programs.
    pub(super) fn json(&self, settings: &AlertSettings) -> Value {
        let said = text(&self.news, settings.language);
        let at = Timestamp::from_millisecond(self.at_ms).unwrap_or_default();
        json!({
            "source": "onedeal",
            "shop": settings.shop,
            "condition": self.news.condition.word(),
            "state": match self.news.change {
                Change::Raised => "raised",
                Change::Cleared => "cleared",
            },
            "severity": self.news.condition.severity().word(),
            "title": said.title,
            "advice": said.advice,
            "link": settings.link,
            "at": at.to_string(),
        })
    }

    /// Under which name a later message about the same takes the place of an earlier one.
    pub(super) fn tag(&self) -> String {
        format!("onedeal|{}", self.news.condition.word())
    }
}
