//! The portal's wall clock: texts and unix times from milliseconds since the portal was built.

use jiff::civil;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::config::PortalConfig;

#[derive(Debug, Clone)]
pub(crate) struct Clock {
    epoch: Timestamp,
    zone: TimeZone,
}

impl Clock {
    pub(crate) fn new(config: &PortalConfig) -> Self {
        let offset = Offset::from_hours(config.offset_hours).unwrap_or(Offset::UTC);
        Self {
            epoch: config.epoch,
            zone: TimeZone::fixed(offset),
        }
    }

    /// ISO 8601 with the portal's offset, whole seconds.
    pub(crate) fn iso(&self, ms: u64) -> String {
        self.at(ms)
            .to_zoned(self.zone.clone())
            .strftime("%Y-%m-%dT%H:%M:%S%:z")
            .to_string()
    }

    /// The date some days later, at midnight.
    pub(crate) fn date(&self, ms: u64, days_later: u64) -> String {
        let day_ms = 24 * 60 * 60 * 1000;
        self.at(ms + days_later * day_ms)
            .to_zoned(self.zone.clone())
            .strftime("%Y-%m-%dT00:00:00%:z")
            .to_string()
    }

    /// ISO 8601 with the portal's offset of unix seconds.
    pub(crate) fn iso_at(&self, second: i64) -> String {
        Timestamp::from_second(second)
            .unwrap_or(self.epoch)
            .to_zoned(self.zone.clone())
            .strftime("%Y-%m-%dT%H:%M:%S%:z")
            .to_string()
    }

    /// Midnight of the day that a text names in the portal's zone.
    pub(crate) fn parse_day(&self, text: &str) -> Option<String> {
        let day = Timestamp::from_second(self.parse(text)?).ok()?;
        let midnight = day.to_zoned(self.zone.clone());
        Some(midnight.strftime("%Y-%m-%dT00:00:00%:z").to_string())
    }

    pub(crate) fn unix_s(&self, ms: u64) -> i64 {
        self.at(ms).as_second()
    }

    /// Unix time with milliseconds.
    pub(crate) fn unix(&self, ms: u64) -> f64 {
        self.at(ms).as_millisecond() as f64 / 1000.0
    }

    /// Unix seconds of a text: ISO with an offset, or a date (and time) of the portal's zone.
    pub(crate) fn parse(&self, text: &str) -> Option<i64> {
        let text = text.trim();
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Some(instant.as_second());
        }
        let local = text.parse::<civil::DateTime>().ok()?;
        local
            .to_zoned(self.zone.clone())
            .ok()
            .map(|zoned| zoned.timestamp().as_second())
    }

    fn at(&self, ms: u64) -> Timestamp {
        let elapsed = SignedDuration::from_millis(i64::try_from(ms).unwrap_or(i64::MAX));
        self.epoch.saturating_add(elapsed).unwrap_or(Timestamp::MAX)
    }
}
