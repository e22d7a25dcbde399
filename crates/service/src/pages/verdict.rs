//! The overview in one sentence: everything is there, or what is not, and the one way to settle it.

use super::frame::{Frame, plural};
use crate::board::{
    model::{Overview, Part, SubscriptionsState},
    words::Lang,
};

/// The sentence.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// `good`, `warn` or `bad`.
    pub(super) tone: &'static str,
    pub(super) says: String,
    pub(super) more: String,
    pub(super) action: Option<Way>,
}

/// Where it is settled.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) href: String,
    pub(super) label: String,
}

/// The gravest thing first.
pub(super) fn verdict(view: &Overview, frame: &Frame) -> Verdict {
    let lang = frame.lang;
    if let Some(trouble) = &view.portal.trouble {
        return Verdict {
            tone: "bad",
            says: frame.said(&trouble.problem).to_owned(),
            more: frame.said(&trouble.remedy).to_owned(),
            action: None,
        };
    }
    // A delivery that nobody can read any more is told, and is nothing to decide.
    let needs = view.attention.orders;
    if 0 < needs {
        return needing(needs, "/attention", "warn", lang);
    }
    if 0 < view.duplicates.open {
        return needing(view.duplicates.open, "/duplicates", "warn", lang);
    }
    let gap = view
        .shops
        .iter()
        .find(|it| it.subscriptions.state == SubscriptionsState::Incomplete);
    if let Some(shop) = gap {
        return Verdict {
            tone: "warn",
            says: frame
                .t(
                    "Some webhooks are not subscribed",
                    "Не все вебхуки подписаны",
                )
                .to_owned(),
            more: frame.said(&shop.subscriptions.says).to_owned(),
            action: None,
        };
    }
    let of = |part| {
        view.parts
            .iter()
            .filter(|it| it.part == part)
            .map(|it| it.orders)
            .sum::<u64>()
    };
    let (linked, waiting, doubt) = (of(Part::Linked), of(Part::Waiting), of(Part::InDoubt));
    let (says, more) = match (view.orders, waiting + doubt, lang) {
        (0, _, Lang::En) => (
            "Ready for the first order".to_owned(),
            "No webhook has told of an order yet.".to_owned(),
        ),
        (0, _, Lang::Ru) => (
            "Готов к первому заказу".to_owned(),
            "Вебхуки пока не сообщали о заказах.".to_owned(),
        ),
        (orders, 0, Lang::En) => (
            "Everything is there".to_owned(),
            format!(
                "{orders} {}, {linked} with a deal. Nothing waits for you.",
                if orders == 1 { "order" } else { "orders" }
            ),
        ),
        (orders, 0, Lang::Ru) => (
            "Всё на месте".to_owned(),
            format!(
                "{orders} {}, из них со сделкой {linked}. От вас ничего не требуется.",
                plural(orders, "заказ", "заказа", "заказов")
            ),
        ),
        (_, moving, Lang::En) => (
            "Everything is there or on its way".to_owned(),
            format!(
                "{moving} of {} orders {} without a deal for now. Nothing waits for you.",
                view.orders,
                if moving == 1 { "is" } else { "are" }
            ),
        ),
        (orders, moving, Lang::Ru) => (
            "Всё на месте или на подходе".to_owned(),
            format!("Пока без сделки: {moving} из {orders}. От вас ничего не требуется."),
        ),
    };
    Verdict {
        tone: "good",
        says,
        more,
        action: None,
    }
}

fn needing(count: u64, href: &str, tone: &'static str, lang: Lang) -> Verdict {
    let (says, more, label) = match lang {
        Lang::En => (
            if count == 1 {
                "One thing needs your decision".to_owned()
            } else {
                format!("{count} things need your decision")
            },
            "Everything else goes on meanwhile.",
            "Settle it",
        ),
        Lang::Ru => (
            format!(
                "{count} {} вашего решения",
                plural(
                    count,
                    "вопрос требует",
                    "вопроса требуют",
                    "вопросов требуют"
                )
            ),
            "Всё остальное тем временем идёт своим чередом.",
            "Решить",
        ),
    };
    Verdict {
        tone,
        says,
        more: more.to_owned(),
        action: Some(Way {
            href: href.to_owned(),
            label: label.to_owned(),
        }),
    }
}
