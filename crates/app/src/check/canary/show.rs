//! A canary's outcome as people read it.

use super::outcome::{LagSeconds, Outcome, Verdict};
use crate::{lang::Lang, terminal};

/// The whole page.
pub(crate) fn text(outcome: &Outcome, lang: Lang) -> String {
    let facts = facts(outcome, lang);
    let pairs: Vec<(&str, String)> = facts.iter().map(|(name, it)| (*name, it.clone())).collect();
    let title = lang.say("Canary", "Пробный заказ");
    let body = terminal::facts(&pairs);
    format!("{title}\n{body}\n{}\n", verdict(outcome, lang))
}

fn facts(outcome: &Outcome, lang: Lang) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut add = |en, ru, text: Option<String>| {
        if let Some(text) = text {
            facts.push((lang.say(en, ru), text));
        }
    };
    add("order", "заказ", order(outcome, lang));
    add("deal", "сделка", deals(outcome, lang));
    add("lost answer", "потеря ответа", lost(outcome, lang));
    add("list lag", "задержка", lag(outcome, lang));
    add("one add", "создание", add_took(outcome, lang));
    add("stage", "стадия", stage(outcome, lang));
    add("requests", "запросы", requests(outcome, lang));
    add("cleaned up", "уборка", cleaned(outcome, lang));
    facts
}

fn order(outcome: &Outcome, lang: Lang) -> Option<String> {
    let (order, shop) = (outcome.order?, outcome.shop.as_ref()?);
    let amount = outcome.amount.as_deref().unwrap_or_default();
    Some(match lang {
        Lang::En => format!("{order} of {shop}, {amount}, no customer"),
        Lang::Ru => format!("{order} магазина {shop}, {amount}, без клиента"),
    })
}

fn deals(outcome: &Outcome, lang: Lang) -> Option<String> {
    outcome.order?;
    if outcome.verdict == Verdict::Interrupted {
        return None;
    }
    let ids = |of: &[u64]| {
        let ids: Vec<String> = of.iter().map(|it| format!("#{it}")).collect();
        if ids.is_empty() {
            lang.say("none", "ни одной").to_owned()
        } else {
            ids.join(", ")
        }
    };
    let by_origin = ids(&outcome.by_origin);
    let by_field = match &outcome.by_field {
        Some(found) => ids(found),
        None => lang
            .say("the portal has no such field", "такого поля на портале нет")
            .to_owned(),
    };
    Some(match lang {
        Lang::En => format!("by origin pair: {by_origin}; by order field: {by_field}"),
        Lang::Ru => format!("по паре ORIGIN: {by_origin}; по полю заказа: {by_field}"),
    })
}

fn lost(outcome: &Outcome, lang: Lang) -> Option<String> {
    outcome.order?;
    let by_network = outcome
        .creates_sent
        .saturating_sub(outcome.creates_answered);
    if outcome.answers_thrown_away == 0 && by_network == 0 {
        let none = lang.say(
            "none: no create was answered with a deal",
            "не было: ни одно создание не ответило сделкой",
        );
        return Some(none.to_owned());
    }
    let found = outcome.found_again_s.map(|it| match lang {
        Lang::En => format!("found again after {it:.1} s"),
        Lang::Ru => format!("найдена снова через {it:.1} с"),
    });
    let settled = outcome.settled_s.map(|it| match lang {
        Lang::En => format!("doubt over after {it:.1} s"),
        Lang::Ru => format!("сомнение решено через {it:.1} с"),
    });
    let thrown = (outcome.answers_thrown_away == 1).then(|| {
        lang.say(
            "the answer to the create was thrown away",
            "ответ на создание выброшен",
        )
        .to_owned()
    });
    let network = match (outcome.answers_thrown_away, by_network, lang) {
        (_, 0, _) => None,
        (0, _, Lang::En) => {
            Some("the network lost it by itself, so that nothing was measured".to_owned())
        }
        (0, _, Lang::Ru) => Some("сеть потеряла его сама, поэтому замеров нет".to_owned()),
        (_, _, Lang::En) => Some(format!("the network lost {by_network} more by itself")),
        (_, _, Lang::Ru) => Some(format!("ещё {by_network} потерялось в сети")),
    };
    let parts = [thrown, network, found, settled];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
}

fn lag(outcome: &Outcome, lang: Lang) -> Option<String> {
    let one = |of: Option<LagSeconds>| of.map(|it| seconds(it, lang));
    let origin = one(outcome.lag_by_origin_s);
    let field = one(outcome.lag_by_field_s);
    let parts = [
        origin.map(|it| match lang {
            Lang::En => format!("by origin pair shown {it}"),
            Lang::Ru => format!("по паре ORIGIN видна {it}"),
        }),
        field.map(|it| match lang {
            Lang::En => format!("by order field {it}"),
            Lang::Ru => format!("по полю заказа {it}"),
        }),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn seconds(of: LagSeconds, lang: Lang) -> String {
    let LagSeconds {
        not_before,
        at_latest,
    } = of;
    match (not_before == 0.0, lang) {
        (true, Lang::En) => format!("by the first look, {at_latest:.2} s after the create"),
        (true, Lang::Ru) => format!("с первого взгляда, через {at_latest:.2} с после создания"),
        (false, Lang::En) => format!("{not_before:.2} to {at_latest:.2} s after the create"),
        (false, Lang::Ru) => format!("через {not_before:.2}–{at_latest:.2} с после создания"),
    }
}

fn add_took(outcome: &Outcome, lang: Lang) -> Option<String> {
    let round_trip = outcome.add_round_trip_s?;
    let mut text = match (outcome.add_portal_s, lang) {
        (Some(portal), Lang::En) => {
            format!(
                "{portal:.2} s of the portal's time, {round_trip:.2} s with the way (one sample)"
            )
        }
        (Some(portal), Lang::Ru) => {
            format!(
                "{portal:.2} с времени портала, {round_trip:.2} с вместе с дорогой (один замер)"
            )
        }
        (None, Lang::En) => format!("{round_trip:.2} s with the way (one sample)"),
        (None, Lang::Ru) => format!("{round_trip:.2} с вместе с дорогой (один замер)"),
    };
    if let Some(rate) = outcome.orders_per_s {
        text.push_str(&match lang {
            Lang::En => format!(": at most about {rate:.1} new orders per second"),
            Lang::Ru => format!(": не больше примерно {rate:.1} новых заказов в секунду"),
        });
    }
    if let Some(spent) = outcome.add_operating_s {
        text.push_str(&match lang {
            Lang::En => format!("; {spent:.1} of 480 s in ten minutes are used"),
            Lang::Ru => format!("; за десять минут использовано {spent:.1} из 480 с"),
        });
    }
    Some(text)
}

fn stage(outcome: &Outcome, lang: Lang) -> Option<String> {
    let stage = outcome.stage.as_ref()?;
    Some(match (&outcome.moved_to, lang) {
        (None, _) => stage.clone(),
        (Some(to), Lang::En) => {
            format!("{stage}; a robot or a person moved it to {to}, which was left so")
        }
        (Some(to), Lang::Ru) => {
            format!("{stage}; робот или человек перевёл её в {to}, это не тронуто")
        }
    })
}

fn requests(outcome: &Outcome, lang: Lang) -> Option<String> {
    outcome.order?;
    let (all, sent, answered) = (
        outcome.requests,
        outcome.creates_sent,
        outcome.creates_answered,
    );
    Some(match lang {
        Lang::En => {
            format!("{all} by the worker; creates sent {sent}, answered by the portal {answered}")
        }
        Lang::Ru => format!(
            "от обработчика {all}; созданий отправлено {sent}, портал ответил на {answered}"
        ),
    })
}

fn cleaned(outcome: &Outcome, lang: Lang) -> Option<String> {
    outcome.order?;
    let ids: Vec<String> = outcome.cleaned.iter().map(|it| format!("#{it}")).collect();
    let ids = ids.join(", ");
    let mut text = match (outcome.cleaned.len(), lang) {
        (0, Lang::En) => "no deal was there to delete".to_owned(),
        (0, Lang::Ru) => "удалять было нечего".to_owned(),
        (_, Lang::En) => format!(
            "deal {ids} deleted by id, after its key was read again; it lies in the portal's recycle bin"
        ),
        (_, Lang::Ru) => {
            format!("сделка {ids} удалена по номеру, ключ прочитан ещё раз; она в корзине портала")
        }
    };
    for left in &outcome.left {
        text.push_str("; ");
        text.push_str(left);
    }
    Some(text)
}

fn verdict(outcome: &Outcome, lang: Lang) -> String {
    let why = outcome.why.join("; ");
    let text = match (outcome.verdict, lang) {
        (Verdict::Right, Lang::En) => {
            "RIGHT: a lost answer, exactly one deal, everything cleaned up.".to_owned()
        }
        (Verdict::Right, Lang::Ru) => {
            "ВЕРНО: потерянный ответ, ровно одна сделка, всё убрано.".to_owned()
        }
        (Verdict::Wrong, Lang::En) => format!("WRONG: {why}"),
        (Verdict::Wrong, Lang::Ru) => format!("НЕВЕРНО: {why}"),
        (Verdict::Interrupted, Lang::En) => format!("INTERRUPTED: {why}"),
        (Verdict::Interrupted, Lang::Ru) => format!("ПРЕРВАНО: {why}"),
        (Verdict::NotRun, Lang::En) => format!("NOT RUN: {why}"),
        (Verdict::NotRun, Lang::Ru) => format!("НЕ ЗАПУЩЕНО: {why}"),
    };
    terminal::prose(&text)
}
