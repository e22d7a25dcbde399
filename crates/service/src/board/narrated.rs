//! An order's history as a person reads it: each line a sentence that may refer to what was before it.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use kernel::{DeliverySeq, Elapsed, remark::Remark};
use store::TimelineEntry;

use super::{
    model::{Moment, MomentKind},
    words::{self, Said, Scene},
};
use crate::{journal::Detail, operator::Action, reconcile::ANSWER_TOPIC};

/// A history that is being told.
pub(super) struct Narrator<'a> {
    zone: &'a TimeZone,
    /// When each version was applied.
    applied: BTreeMap<Timestamp, Timestamp>,
    create_sent_at: Option<Timestamp>,
}

impl<'a> Narrator<'a> {
    pub(super) fn new(zone: &'a TimeZone) -> Self {
        Self {
            zone,
            applied: BTreeMap::new(),
            create_sent_at: None,
        }
    }

    /// Tells all lines, which are in the order in which they happened.
    pub(super) fn tell(&mut self, lines: &[TimelineEntry]) -> Vec<Moment> {
        lines.iter().map(|it| self.line(it)).collect()
    }

    fn line(&mut self, line: &TimelineEntry) -> Moment {
        let at = Timestamp::from_millisecond(line.wall_ms).unwrap_or_default();
        let detail = detail(line);
        let text = match &detail {
            Some(Detail::Decided(remark)) => self.decided(remark, line, at),
            Some(Detail::Arrived { topic, version, .. }) => arrived(topic, *version, at, self.zone),
            Some(Detail::Sent { what, deal }) => {
                if what == "create" {
                    self.create_sent_at = Some(at);
                }
                let what = words::sent(what, *deal);
                Said::new(
                    format!("sending: {}", what.en),
                    format!("отправляется: {}", what.ru),
                )
            }
            Some(Detail::Answered { what, outcome }) => {
                let (what, how) = (words::sent(what, None), words::answered(Some(outcome)));
                Said::new(
                    format!("{}: {}", what.en, how.en),
                    format!("{}: {}", what.ru, how.ru),
                )
            }
            // A line of an earlier version is told as it was written.
            None => asked(line).unwrap_or_else(|| Said::same(&line.text)),
        };
        let json = line.detail.as_deref();
        Moment {
            at,
            kind: kind(&line.kind),
            text,
            detail: json.and_then(|it| serde_json::from_str(it).ok()),
        }
    }

    fn decided(&mut self, remark: &Remark, line: &TimelineEntry, at: Timestamp) -> Said {
        if let Remark::Accepted(version) = remark {
            self.applied.insert(*version, at);
        }
        let applied_at = if let Remark::Outdated { known, .. } = remark {
            self.applied.get(known).copied()
        } else {
            None
        };
        let settles_at = if let Remark::CreateUnknown { settles_at } = remark {
            shifted(at, line.at, *settles_at)
        } else {
            None
        };
        let scene = Scene {
            at,
            applied_at,
            create_sent_at: self.create_sent_at,
            settles_at,
            zone: self.zone,
        };
        words::remark(remark, &scene)
    }
}

/// What an operator asked for, with the name before it.
fn asked(line: &TimelineEntry) -> Option<Said> {
    let action: Action = serde_json::from_str(line.detail.as_deref()?).ok()?;
    let (who, _) = line.text.split_once(": ")?;
    let says = action.says();
    Some(Said::new(
        format!("{who}: {}", says.en),
        format!("{who}: {}", says.ru),
    ))
}

/// What a line is about, where it says so.
pub(super) fn detail(line: &TimelineEntry) -> Option<Detail> {
    serde_json::from_str(line.detail.as_deref()?).ok()
}

/// The deliveries that a history speaks of, with the version that each carries.
pub(super) fn deliveries(lines: &[TimelineEntry]) -> BTreeMap<DeliverySeq, Option<Timestamp>> {
    let arrived = lines.iter().filter_map(|it| match detail(it)? {
        Detail::Arrived {
            delivery, version, ..
        } => Some((delivery, version)),
        Detail::Decided(_) | Detail::Sent { .. } | Detail::Answered { .. } => None,
    });
    arrived.collect()
}

/// A point of the ledger's clock beside another one whose time of day is known.
pub(super) fn shifted(wall: Timestamp, at: Elapsed, other: Elapsed) -> Option<Timestamp> {
    if at <= other {
        wall.checked_add(other.since(at)).ok()
    } else {
        wall.checked_sub(at.since(other)).ok()
    }
}

fn arrived(topic: &str, version: Option<Timestamp>, at: Timestamp, zone: &TimeZone) -> Said {
    let version = version.map(|it| words::clock(it, at, zone));
    let (en, ru) = match version {
        Some(it) => (
            format!(" with the order as of {it}"),
            format!(" с заказом на {it}"),
        ),
        None => (String::new(), String::new()),
    };
    if topic == ANSWER_TOPIC {
        Said::new(
            format!("the Admin API told how the order is{en}"),
            format!("Admin API сообщил, каков заказ{ru}"),
        )
    } else {
        Said::new(
            format!("webhook `{topic}` arrived{en}"),
            format!("пришёл вебхук {topic}{ru}"),
        )
    }
}

fn kind(word: &str) -> MomentKind {
    match word {
        "arrived" => MomentKind::Arrived,
        "decided" => MomentKind::Decided,
        "sent" => MomentKind::Sent,
        "answered" => MomentKind::Answered,
        "operator" => MomentKind::Operator,
        _ => MomentKind::Other,
    }
}
