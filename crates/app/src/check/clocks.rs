//! The clocks of the three: ours, the portal's, the shop's.

use jiff::{SignedDuration, Timestamp};

use super::{
    Subject,
    report::{Line, Report},
};
use crate::lang::Lang;

/// More than this is no delay of the network any more.
const APART_MAX: SignedDuration = SignedDuration::from_secs(30);

/// A peer whose clock is compared with ours.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whose {
    Portal,
    Shop,
}

/// What a peer's clock said, between two looks at ours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    pub(super) before: Timestamp,
    pub(super) theirs: Timestamp,
    pub(super) after: Timestamp,
}

impl Reading {
    /// By how much theirs is ahead, at least; nothing where it falls between the two looks.
    fn ahead(self) -> SignedDuration {
        if self.theirs < self.before {
            self.theirs.duration_since(self.before)
        } else if self.after < self.theirs {
            self.theirs.duration_since(self.after)
        } else {
            SignedDuration::ZERO
        }
    }
}

/// Says how far a peer's clock is from ours; `None` if it told no time.
pub(super) fn clock(
    subject: &Subject,
    whose: Whose,
    reading: Option<Reading>,
    report: &mut Report,
) {
    report.add(line(whose, reading, subject.lang));
}

fn line(whose: Whose, reading: Option<Reading>, lang: Lang) -> Line {
    let check = match whose {
        Whose::Portal => "portal_clock",
        Whose::Shop => "shop_clock",
    };
    let Some(reading) = reading else {
        let says = lang.say("its answers tell no time of day", "в ответах нет времени");
        return Line::fine(check, says.to_owned());
    };
    let ahead = reading.ahead();
    let apart = ahead.abs().as_secs();
    // Times of day come in whole seconds.
    if apart <= 1 {
        let says = lang.say(
            "ours and theirs agree to a second",
            "наши и их часы сходятся до секунды",
        );
        return Line::fine(check, says.to_owned());
    }
    let says = match (ahead.is_negative(), lang) {
        (false, Lang::En) => format!("theirs is {apart} s ahead of ours"),
        (false, Lang::Ru) => format!("их часы на {apart} с впереди наших"),
        (true, Lang::En) => format!("theirs is {apart} s behind ours"),
        (true, Lang::Ru) => format!("их часы на {apart} с позади наших"),
    };
    let moot = lang.say(
        "no wait depends on it (those run on the machine's boot clock), but times in histories are off and certificates \
         may seem invalid",
        "ожидания от этого не зависят (их мерят часы с запуска машины), но время в историях неверно и сертификаты могут \
         казаться недействительными",
    );
    if ahead.abs() <= APART_MAX {
        return Line::fine(check, says);
    }
    let remedy = lang.say(
        "let NTP set this machine's clock",
        "включите на этой машине синхронизацию времени (NTP)",
    );
    Line::warning(check, format!("{says}: {moot}"), remedy.to_owned())
}

/// A time of Unix seconds with a fraction.
pub(super) fn unix(seconds: f64) -> Option<Timestamp> {
    let since = SignedDuration::try_from_secs_f64(seconds).ok()?;
    Timestamp::from_duration(since).ok()
}

#[cfg(test)]
mod tests {
    use super::{super::report::Status, *};

    fn status(theirs: i64) -> Status {
        let at = |second| Timestamp::from_second(second).unwrap();
        let reading = Reading {
            before: at(1_000),
            theirs: at(theirs),
            after: at(1_010),
        };
        line(Whose::Portal, Some(reading), Lang::En).status
    }

    #[test]
    fn what_the_network_explains_is_well_and_a_clock_that_is_off_is_a_warning() {
        for theirs in [999, 1_000, 1_005, 1_010, 1_030, 980] {
            assert_eq!(status(theirs), Status::Ok, "{theirs}");
        }
        for theirs in [900, 1_100] {
            assert_eq!(status(theirs), Status::Warning, "{theirs}");
        }
    }
}
