//! When a backlog will be empty, from how fast it shrank lately.

use std::time::Duration;

use crate::elapsed::Elapsed;

/// Fewer orders than this are no backlog.
pub const BACKLOG_MIN: u64 = 50;

/// Weight of the newest measurement of the pace.
const WEIGHT: f64 = 0.3;

/// A backlog that would take longer than this is not shrinking.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

/// Follows a backlog.
#[derive(Debug, Clone, Default)]
pub struct Forecast {
    last: Option<(Elapsed, u64)>,
    per_second: Option<f64>,
}

/// What is expected of a backlog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// There is none.
    Clear,
    /// It is there, and it does not shrink, or nothing is known of its pace yet.
    Stands,
    /// It will be empty after this time.
    EmptyIn(Duration),
}

impl Forecast {
    /// Takes note of how many orders wait, and says what to expect.
    pub fn see(&mut self, now: Elapsed, waiting: u64) -> Outlook {
        let last = self.last.replace((now, waiting));
        if waiting < BACKLOG_MIN {
            self.per_second = None;
            return Outlook::Clear;
        }
        let Some((at, before)) = last.filter(|(at, _)| *at < now) else {
            return Outlook::Stands;
        };
        let pace = (before as f64 - waiting as f64) / now.since(at).as_secs_f64();
        let smooth = self.per_second.map_or(pace, |it| it + (pace - it) * WEIGHT);
        self.per_second = Some(smooth);
        match Duration::try_from_secs_f64(waiting as f64 / smooth) {
            Ok(left) if 0.0 < smooth && left <= LONGEST => Outlook::EmptyIn(left),
            Ok(_) | Err(_) => Outlook::Stands,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Elapsed {
        Elapsed::from_millis(seconds * 1_000)
    }

    #[test]
    fn a_backlog_that_shrinks_evenly_is_empty_when_its_pace_says() {
        let mut forecast = Forecast::default();
        assert_eq!(forecast.see(at(0), 1_000), Outlook::Stands);
        assert_eq!(
            forecast.see(at(60), 880),
            Outlook::EmptyIn(Duration::from_secs(440))
        );
        assert_eq!(
            forecast.see(at(120), 760),
            Outlook::EmptyIn(Duration::from_secs(380))
        );
        assert_eq!(forecast.see(at(500), 0), Outlook::Clear);
    }

    #[test]
    fn a_backlog_that_grows_or_hardly_shrinks_stands() {
        let mut forecast = Forecast::default();
        forecast.see(at(0), 1_000);
        assert_eq!(forecast.see(at(60), 1_100), Outlook::Stands);
        let mut forecast = Forecast::default();
        forecast.see(at(0), 1_000_000);
        assert_eq!(forecast.see(at(86_400), 999_999), Outlook::Stands);
        assert_eq!(forecast.see(at(86_400), 999_999), Outlook::Stands);
    }
}
