//! What answers say about the portal itself: its limits, and whether it can be used at all.

use std::time::Duration;

use bitrix24::{Answer, CallTime, Outcome as Wire};
use kernel::pacer::{CommandTime, Trip};

use super::{
    Portal,
    outcome::{self, News},
};
use crate::transport::Transport;

/// The longest that a part of a method's budget is away (facts §5.2): a portal whose clock is off says nonsense beyond.
const RESET_MAX: Duration = Duration::from_secs(600);

impl<T: Transport> Portal<T> {
    /// Follows the portal's own words about its limits; `left_behind` says that more was waiting to be sent.
    pub(super) fn learn(&self, methods: &[&str], answers: &[Wire<Answer>], left_behind: bool) {
        let now = self.clock.now();
        let all: Vec<News> = answers.iter().map(outcome::news).collect();
        {
            let mut pacer = self.pacer();
            for ((method, answer), news) in methods.iter().zip(answers).zip(&all) {
                self.counters.request(news.as_str());
                pacer.command_answered(method, time_of(answer), now);
                if *news == News::MethodBlocked {
                    pacer.method_blocked(method, now);
                }
            }
            pacer.arrived(trip(&all, answers), left_behind, now);
        }
        self.say_condition(&all, answers);
    }

    /// Says once that the portal cannot be used, and once that it can be used again.
    fn say_condition(&self, all: &[News], answers: &[Wire<Answer>]) {
        if self.is_halted() {
            return;
        }
        let trouble = all
            .iter()
            .find(|it| matches!(it, News::Unreachable | News::NoAccess));
        let condition = match trouble {
            Some(trouble) => Some(*trouble),
            None if all.contains(&News::Fine) => None,
            None => return,
        };
        let mut known = self
            .condition
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if *known == condition {
            return;
        }
        *known = condition;
        let host = self.settings.host();
        match (condition, answers.iter().find_map(outcome::refusal)) {
            (Some(News::NoAccess), Some(refusal)) => tracing::warn!(
                portal.host = host,
                portal.code = refusal.code,
                "The portal refuses access ({}): {}; nothing is lost, orders wait",
                refusal.code,
                outcome::remedy(refusal.class),
            ),
            (Some(_), _) => tracing::warn!(
                portal.host = host,
                "The portal {host} cannot be reached: check its address and the network; nothing is lost, orders wait"
            ),
            (None, _) => tracing::info!(portal.host = host, "The portal {host} answers again"),
        }
    }
}

fn trip(all: &[News], answers: &[Wire<Answer>]) -> Trip {
    let closed = |it: &News| matches!(it, News::Limited | News::Unreachable | News::NoAccess);
    if all.iter().any(closed) {
        Trip::Limited
    } else if answers.iter().all(|it| matches!(it, Wire::Unknown(_))) {
        Trip::Unknown
    } else {
        Trip::Answered
    }
}

fn time_of(answer: &Wire<Answer>) -> Option<CommandTime> {
    let Wire::Done(answer) = answer else {
        return None;
    };
    answer.time.map(|it| CommandTime {
        seconds: it.duration_s,
        operating: it.operating_s,
        resets_in: resets_in(it),
    })
}

/// By the portal's own clock on both sides, so that no difference between clocks matters.
fn resets_in(time: CallTime) -> Option<Duration> {
    let (reset, finished) = (time.operating_reset_at?, time.finished_at?);
    let left = (reset as f64 - finished).clamp(0.0, RESET_MAX.as_secs_f64());
    Duration::try_from_secs_f64(left).ok()
}
