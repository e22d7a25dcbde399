//! What a turn concluded and why, in plain sentences. Times that a conclusion speaks of are those of the order's own history.

use jiff::{Timestamp, tz::TimeZone};
use kernel::{
    command::LeftAlone,
    deal::StageWish,
    outcome::RefusalClass,
    party::PartyKind,
    remark::{Remark, Wrote},
    state::Loser,
};

use super::{
    Said, clock,
    notices::{parked, several_match, why_not},
};

/// What a sentence may refer to: the history before it.
#[derive(Debug, Clone)]
pub struct Scene<'a> {
    /// The line's own time.
    pub at: Timestamp,
    /// When the version that counts was applied.
    pub applied_at: Option<Timestamp>,
    /// When the last create left.
    pub create_sent_at: Option<Timestamp>,
    /// When a doubt that begins here is settled.
    pub settles_at: Option<Timestamp>,
    /// The reader's zone.
    pub zone: &'a TimeZone,
}

impl Scene<'_> {
    fn clock(&self, at: Timestamp) -> String {
        clock(at, self.at, self.zone)
    }
}

/// One conclusion.
pub fn remark(remark: &Remark, scene: &Scene<'_>) -> Said {
    Said::new(english(remark, scene), russian(remark, scene))
}

/// As the ledger has it, but where the history makes it plainer.
fn english(remark: &Remark, scene: &Scene<'_>) -> String {
    if let Remark::Accepted(at) = remark {
        let at = scene.clock(*at);
        return format!("applied: the order as of {at} is the newest state known");
    }
    if let (Remark::Outdated { arrived, known }, Some(at)) = (remark, scene.applied_at) {
        let (arrived, known, at) = (scene.clock(*arrived), scene.clock(*known), scene.clock(at));
        return format!(
            "ignored: older than the version applied at {at} (this one is of {arrived}, that one of {known})"
        );
    }
    if let (Remark::CreateUnknown { .. }, Some(at)) = (remark, scene.settles_at) {
        let at = scene.clock(at);
        return format!(
            "the answer to the create was lost: the deal may exist, or may still appear until {at}; it is looked for, and nothing is created meanwhile"
        );
    }
    if let (Remark::FoundOwn { deal, late }, Some(at)) = (remark, scene.create_sent_at) {
        let (at, late) = (scene.clock(at), if *late { LATE.0 } else { "" });
        return format!("adopted deal {deal}: the answer to our create at {at} was lost{late}");
    }
    if let Remark::Created { deal, attempt: 1 } = remark {
        return format!("created deal {deal}");
    }
    if let Remark::Refused { class, code } = remark {
        return format!("surely not done: {} (code `{code}`)", refused(*class).0);
    }
    remark.to_string()
}

const LATE: (&str, &str) = (
    "; it landed later than the settle time allows",
    "; оно сработало позже, чем допускает время ожидания",
);

fn russian(remark: &Remark, scene: &Scene<'_>) -> String {
    match remark {
        Remark::Accepted(at) => {
            let at = scene.clock(*at);
            format!("применено: заказ на {at} — новейшее известное состояние")
        }
        Remark::Repeated => "пропущено: то же состояние заказа, что уже известно".to_owned(),
        Remark::Outdated { arrived, known } => {
            let (arrived, known) = (scene.clock(*arrived), scene.clock(*known));
            match scene.applied_at.map(|it| scene.clock(it)) {
                Some(at) => format!("пропущено: старше версии, применённой в {at} (эта от {arrived}, та от {known})"),
                None => format!("пропущено: версия от {arrived} старше уже известной от {known}"),
            }
        }
        Remark::Contested => {
            "два разных состояния одной секунды: действует отправленное позже".to_owned()
        }
        Remark::DeletedInShop => "заказ удалён в Shopify; сделку не трогаем, если правило не велит иначе".to_owned(),
        Remark::Created { deal, attempt: 1 } => format!("создана сделка {deal}"),
        Remark::Created { deal, attempt } => format!("создана сделка {deal}, попытка {attempt}"),
        Remark::DuplicateSaid { attempt } => {
            format!("ответ на попытку {attempt} говорит о дубликате: сначала поиск заказа на портале")
        }
        Remark::CreateUnknown { .. } => {
            let until = scene.settles_at.map(|it| format!(" до {}", scene.clock(it)));
            let until = until.unwrap_or_default();
            format!("ответ на создание потерян: сделка может быть или ещё появиться{until}; идёт поиск, пока ничего не создаётся")
        }
        Remark::Refused { class, code } => {
            format!("точно не выполнено: {} (код {code})", refused(*class).1)
        }
        Remark::NoAnswer { code: None } => {
            "портал не дал ясного ответа на поиск; запрос повторяется, пока не ответит".to_owned()
        }
        Remark::NoAnswer { code: Some(code) } => {
            format!("портал отказывается отвечать (код {code}); запрос повторяется, пока не ответит")
        }
        Remark::WriteUnknown => {
            "ответ на запись потерян: новейшее состояние отправляется ещё раз, сейчас и когда прежняя запись уже не сможет сработать".to_owned()
        }
        Remark::Written { deal, what: Wrote::Fields } => format!("записаны поля сделки {deal}"),
        Remark::Written { deal, what: Wrote::Rows } => format!("записаны товары сделки {deal}"),
        Remark::FoundOwn { deal, late } => {
            let at = scene.create_sent_at.map(|it| format!(" в {}", scene.clock(it)));
            let (at, late) = (at.unwrap_or_default(), if *late { LATE.1 } else { "" });
            format!("принята сделка {deal}: ответ на наше создание{at} был потерян{late}")
        }
        Remark::Adopted { deal } => format!("принята сделка {deal}: она несла номер этого заказа"),
        Remark::Relinked { from, to } => {
            format!("сделка {from} теперь сделка {to} (объединена или восстановлена)")
        }
        Remark::NothingFound { proves: true } => "сделки этого заказа нет: её можно создать".to_owned(),
        Remark::NothingFound { proves: false } => {
            "сделки этого заказа пока не видно; так рано это ничего не доказывает".to_owned()
        }
        Remark::DealGone(deal) => format!("портал больше не знает сделки {deal}: ищем заказ заново"),
        Remark::Tombstone(deal) => format!("сделку {deal} удалил человек; заново она не создаётся"),
        Remark::Duplicate { survivor, other, step: Loser::ToFlag } => {
            format!("сделка {other} — дубликат сделки {survivor} и будет помечена")
        }
        Remark::Duplicate { survivor, other, step: Loser::Flagged | Loser::Settled | Loser::Listed } => {
            format!("сделка {other} несёт тот же заказ, что и {survivor}, но пометить её мы не вправе")
        }
        Remark::Flagged(deal) => format!("сделка {deal} помечена как дубликат"),
        Remark::StageSet { stage, wish } => format!("сделка в стадии {stage}: {}", wished(wish)),
        Remark::StageLeft(LeftAlone::AlreadyThere) => "стадия уже та, что нужна".to_owned(),
        Remark::StageLeft(LeftAlone::Reopened) => {
            "стадию не трогаем: сделку снова открыл человек".to_owned()
        }
        Remark::StageLeft(LeftAlone::NoRule) => {
            "стадия остаётся такой, как её задали люди".to_owned()
        }
        Remark::FieldLeft(field) => format!("поле {field} остаётся таким, как его изменил человек"),
        Remark::SeveralMatch { kind, count, used } => several_match(*kind, *count, *used),
        Remark::PartyNotShown { kind, id } => {
            format!("сделка не показывает {} {id}: проверяем, есть ли ещё такая запись", whom(*kind))
        }
        Remark::PartyGone { kind, id } => {
            format!("портал больше не знает {} {id}: ищем заново", whom(*kind))
        }
        Remark::Unmapped(it) => format!(
            "правило «{}» не выполняется для этого заказа, сделка создаётся без него: {}",
            it.place, it.problem
        ),
        Remark::Unwanted => "по правилу create_when этому заказу сделка не нужна".to_owned(),
        Remark::Recreated(deal) => format!("сделку {deal} удалил человек; она создаётся снова"),
        Remark::Remade(deal) => format!("сделку {deal} удалил человек; по просьбе оператора она создаётся снова"),
        Remark::Parked(why) => format!("отложен: {}", parked(why).ru),
        Remark::Unparked => "новая попытка после паузы".to_owned(),
        Remark::Spared(deal) => format!("сделку {deal} пометить мы не вправе: она оставлена человеку"),
        Remark::Chosen { deal, .. } => format!("оператор выбрал сделку {deal}: это сделка заказа"),
        Remark::NotChosen { deal, why, .. } => {
            format!("выбранная оператором сделка {deal} не взята: {}", why_not(why))
        }
        Remark::NotDone(why) => format!("просьба оператора не выполнена: {}", why_not(why)),
    }
}

fn refused(class: RefusalClass) -> (&'static str, &'static str) {
    match class {
        RefusalClass::Busy => (
            "the portal was busy or not reached",
            "портал занят или не достигнут",
        ),
        RefusalClass::Access => ("the portal does not let us in", "портал не даёт доступа"),
        RefusalClass::Denied => (
            "the portal does not let us touch this record",
            "портал не даёт менять эту запись",
        ),
        RefusalClass::Invalid => (
            "the portal does not accept what we wrote",
            "портал не принимает наши данные",
        ),
        RefusalClass::NotFound => ("the record does not exist", "такой записи нет"),
    }
}

fn wished(wish: &StageWish) -> String {
    match wish {
        StageWish::Open => "в ней начинаются новые сделки".to_owned(),
        StageWish::Won => "заказ оплачен и выполнен".to_owned(),
        StageWish::Lost => "заказ отменён, аннулирован или полностью возвращён".to_owned(),
        StageWish::Rule(to) => format!("сработало правило «{}»", to.to),
    }
}

fn whom(kind: PartyKind) -> &'static str {
    match kind {
        PartyKind::Contact => "контакта",
        PartyKind::Company => "компании",
    }
}

#[cfg(test)]
mod tests {
    use kernel::{
        CommandSeq, DealId, Elapsed, PartyId, deal::Unmapped, operator::WhyNot, state::ParkReason,
    };

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    static UTC: TimeZone = TimeZone::UTC;

    fn scene() -> Scene<'static> {
        Scene {
            at: at("2026-11-28T14:05:00Z"),
            applied_at: Some(at("2026-11-28T14:03:00Z")),
            create_sent_at: Some(at("2026-11-28T14:01:07Z")),
            settles_at: Some(at("2026-11-28T14:08:30Z")),
            zone: &UTC,
        }
    }

    #[test]
    fn what_is_ignored_or_adopted_says_since_when() {
        let outdated = Remark::Outdated {
            arrived: at("2026-11-27T23:59:59Z"),
            known: at("2026-11-28T14:02:58Z"),
        };
        let found = Remark::FoundOwn {
            deal: DealId(9996),
            late: false,
        };
        let (outdated, found) = (remark(&outdated, &scene()), remark(&found, &scene()));
        assert_eq!(
            outdated.en,
            "ignored: older than the version applied at 14:03:00 (this one is of 2026-11-27 23:59:59, that one of 14:02:58)"
        );
        assert_eq!(
            found.en,
            "adopted deal 9996: the answer to our create at 14:01:07 was lost"
        );
        assert!(found.ru.contains("9996") && found.ru.contains("14:01:07"));
    }

    #[test]
    fn without_a_history_a_sentence_is_plain_all_the_same() {
        let bare = Scene {
            applied_at: None,
            create_sent_at: None,
            settles_at: None,
            ..scene()
        };
        let found = Remark::FoundOwn {
            deal: DealId(7),
            late: true,
        };
        let said = remark(&found, &bare);
        assert!(said.en.contains("deal 7") && said.ru.contains("сделка 7"));
        let unknown = Remark::CreateUnknown {
            settles_at: Elapsed::ZERO,
        };
        assert!(
            remark(&unknown, &bare)
                .ru
                .contains("ответ на создание потерян")
        );
    }

    /// Russian is read by people who do not read our code: no code marks, no English words but the portal's own.
    #[test]
    fn every_conclusion_has_words_in_both_languages() {
        let (deal, id, command) = (DealId(7), PartyId(3), CommandSeq(1));
        let all = [
            Remark::Repeated,
            Remark::Contested,
            Remark::DeletedInShop,
            Remark::Created { deal, attempt: 2 },
            Remark::DuplicateSaid { attempt: 1 },
            Remark::Refused {
                class: RefusalClass::Invalid,
                code: "BAD".to_owned(),
            },
            Remark::NoAnswer { code: None },
            Remark::WriteUnknown,
            Remark::Written {
                deal,
                what: Wrote::Rows,
            },
            Remark::Adopted { deal },
            Remark::Relinked {
                from: deal,
                to: DealId(8),
            },
            Remark::NothingFound { proves: true },
            Remark::NothingFound { proves: false },
            Remark::DealGone(deal),
            Remark::Tombstone(deal),
            Remark::Duplicate {
                survivor: deal,
                other: DealId(8),
                step: Loser::ToFlag,
            },
            Remark::Flagged(deal),
            Remark::StageSet {
                stage: "WON".to_owned(),
                wish: StageWish::Won,
            },
            Remark::StageLeft(LeftAlone::Reopened),
            Remark::FieldLeft("comments".to_owned()),
            Remark::SeveralMatch {
                kind: PartyKind::Contact,
                count: 2,
                used: id,
            },
            Remark::PartyNotShown {
                kind: PartyKind::Contact,
                id,
            },
            Remark::PartyGone {
                kind: PartyKind::Company,
                id,
            },
            Remark::Unmapped(Unmapped {
                place: "fields.title".to_owned(),
                problem: "undefined value".to_owned(),
            }),
            Remark::Unwanted,
            Remark::Recreated(deal),
            Remark::Remade(deal),
            Remark::Parked(ParkReason::Poison),
            Remark::Unparked,
            Remark::Spared(deal),
            Remark::Chosen { deal, command },
            Remark::NotChosen {
                deal,
                command,
                why: WhyNot::Missing,
            },
            Remark::NotDone(WhyNot::NeverSeen),
        ];
        for it in all {
            let said = remark(&it, &scene());
            let russian = said.ru.chars().any(|it| ('а'..='я').contains(&it));
            assert!(russian && !said.ru.contains('`'), "{}", said.ru);
            assert!(!said.en.is_empty() && said.en != said.ru);
        }
    }

    #[test]
    fn what_the_ledger_keeps_of_a_conclusion_can_be_told_anew() {
        let kept = Remark::FoundOwn {
            deal: DealId(9996),
            late: true,
        };
        let text = serde_json::to_string(&kept).expect("plain values");
        let read: Remark = serde_json::from_str(&text).expect("what was written");
        assert_eq!(remark(&read, &scene()), remark(&kept, &scene()));
    }
}
