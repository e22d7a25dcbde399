//! What answers say about the portal itself: its limits, and whether it can be used at all.

use std::time::Duration;

use bitrix24::{Answer, CallTime, Outcome as Wire};
use kernel::pacer::{CommandTime, Trip};
use serde_json::Value;

use super::{
    Portal,
    outcome::{self, News},
};
use crate::{access::Condition, inquiry::InquiryError, transport::Transport};

/// The longest that a part of a method's budget is away (facts §5.2): a portal whose clock is off says nonsense beyond.
const RESET_MAX: Duration = Duration::from_secs(600);

impl<T: Transport> Portal<T> {
    /// Follows the portal's own words about its limits; `left_behind` says that more was waiting to be sent.
    pub(super) fn learn(&self, methods: &[&str], answers: &[Wire<Answer>], left_behind: bool) {
        let now = self.clock.now();
        let fixed = self.keys.is_fixed();
        let news = answers.iter().map(|it| outcome::news(it, fixed));
        let all: Vec<News> = news.collect();
        {
            let mut pacer = self.pacer();
            for ((method, answer), news) in methods.iter().zip(answers).zip(&all) {
                self.counters.request(news.as_str());
                let commands = &self.counters.portal.commands;
                commands.of(method, outcome::word(answer)).inc();
                pacer.command_answered(method, time_of(answer), now);
                if *news == News::MethodBlocked {
                    pacer.method_blocked(method, now);
                }
            }
            // What never left for want of a token says nothing about the portal.
            let trip = match self.keys.at_hand() {
                Some(_) => trip(&all, answers),
                None => Trip::Unknown,
            };
            pacer.arrived(trip, left_behind, now);
        }
        self.learn_condition(&all, answers);
    }

    /// The same from a question that was asked beside the queue.
    pub(super) fn learn_asked<R>(&self, told: &Result<R, InquiryError>) {
        let answer = match told {
            Ok(_) => Wire::Done(Answer::from(Value::Null)),
            Err(InquiryError::Refused { refusal, .. }) => Wire::Refused(refusal.clone()),
            Err(InquiryError::Unknown { unknown, .. }) => Wire::Unknown(unknown.clone()),
            Err(InquiryError::Unreadable { .. } | InquiryError::NoKey) => return,
        };
        self.learn(&[], &[answer], false);
    }

    /// Why nothing can be sent at present, if that is so.
    pub fn condition(&self) -> Option<Condition> {
        self.known_condition().clone()
    }

    /// Says once that the portal cannot be used, and once that it can be used again.
    pub(crate) fn tell(&self, condition: Option<Condition>) {
        let mut known = self.known_condition();
        if *known == condition {
            return;
        }
        let host = self.settings.host();
        match &condition {
            Some(condition) => tracing::warn!(
                portal.host = host,
                portal.condition = condition.word(),
                portal.code = condition.code(),
                "{}: {}; nothing is lost, orders wait",
                condition.problem(host),
                condition.remedy(self.settings.credential.opener()),
            ),
            None => tracing::info!(portal.host = host, "The portal {host} answers again"),
        }
        *known = condition;
    }

    /// There is a new token, by an installation or not: what the authorization server had to say is over, and so is a
    /// pause. Whoever installs says so; otherwise it is said here.
    pub(crate) fn has_token(&self, installed: bool) {
        self.desk.bell.notify_one();
        let mut known = self.known_condition();
        let over = matches!(
            *known,
            Some(Condition::NotInstalled { .. } | Condition::NoToken(_))
        );
        if over || installed {
            // An ordinary renewal says nothing of what the portal had to say about its limits.
            self.pacer().reopened(self.clock.now());
        }
        if over {
            *known = None;
            if !installed {
                let host = self.settings.host();
                tracing::info!(
                    portal.host = host,
                    "Bitrix24's authorization server gives access tokens for {host} again"
                );
            }
        }
    }

    fn learn_condition(&self, all: &[News], answers: &[Wire<Answer>]) {
        if self.is_halted() || self.keys.at_hand().is_none() {
            return;
        }
        let fixed = self.keys.is_fixed();
        let refusal = answers.iter().find_map(|it| outcome::refusal(it, fixed));
        if let Some(refusal) = refusal {
            let (class, code) = (refusal.class, refusal.code.clone());
            self.tell(Some(Condition::Refused { class, code }));
        } else if all.contains(&News::Unreachable) {
            self.tell(Some(Condition::Unreachable));
        } else if all.contains(&News::Fine) {
            self.tell(None);
        }
    }

    fn known_condition(&self) -> std::sync::MutexGuard<'_, Option<Condition>> {
        self.condition
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn trip(all: &[News], answers: &[Wire<Answer>]) -> Trip {
    let limited = |it: &News| matches!(it, News::Limited | News::Unreachable);
    if all.contains(&News::NoAccess) {
        Trip::Closed
    } else if all.iter().any(limited) {
        Trip::Limited
    } else if answers.iter().zip(all).all(says_nothing) {
        Trip::Unknown
    } else {
        Trip::Answered
    }
}

fn says_nothing((answer, news): (&Wire<Answer>, &News)) -> bool {
    matches!(answer, Wire::Unknown(_)) || *news == News::NoToken
}

pub(super) fn time_of(answer: &Wire<Answer>) -> Option<CommandTime> {
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
