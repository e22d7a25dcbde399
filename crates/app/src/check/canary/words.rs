//! What a canary tells a person beside its figures.

use std::time::Duration;

use kernel::DealId;

use super::{
    clean::Cleaned,
    note::{Left, NoNote},
    order::TestOrder,
};
use crate::{
    check::{Subject, portal::Answers},
    lang::Lang,
    peer::Hindrance,
};

/// What will happen, before it is agreed to.
pub(super) fn what_happens(
    subject: &Subject,
    order: &TestOrder,
    stage: &str,
    lang: Lang,
) -> String {
    let host = subject.settings.portal.host();
    let amount = format!("{:.2} {}", order.order.total, order.order.currency);
    let minutes = subject.settings.rules.settle.as_secs().div_ceil(60) + 1;
    match lang {
        Lang::En => format!(
            "A canary sends one test order ({amount}, no customer) through the real path: our webhook intake, a worker with a \
             ledger of its own, and {host}. One deal appears there in the stage {stage} for about {minutes} min. Robots, \
             workflows and notifications of that stage run as for every deal. The answer to its creation is thrown away on \
             purpose; then exactly one deal must be there. At the end the deal is deleted by its id, after its key is read \
             again. It stays in the recycle bin, and what robots made elsewhere (tasks, messages) stays where it is. A running \
             service and its ledger are not touched."
        ),
        Lang::Ru => format!(
            "Проба отправит один тестовый заказ ({amount}, без клиента) настоящим путём: наш приём вебхуков, обработчик со \
             своим журналом и {host}. Там примерно на {minutes} мин появится одна сделка на стадии {stage}. Роботы, процессы и \
             уведомления этой стадии сработают, как для любой сделки. Ответ на создание будет нарочно выброшен; после этого \
             сделка должна быть ровно одна. В конце она удаляется по номеру, когда её ключ прочитан ещё раз. Она останется в \
             корзине, а то, что роботы сделали в других местах (задачи, сообщения), останется. Работающая служба и её журнал \
             не затрагиваются."
        ),
    }
}

/// A stage with its funnel, as people know them.
pub(super) fn stage(id: &str, answers: &Answers) -> String {
    for funnel in &answers.directory.funnels {
        if let Some(stage) = funnel.stages.iter().find(|it| it.id == id) {
            return format!("`{}` ({}, {id})", stage.name, funnel.name);
        }
    }
    format!("`{id}`")
}

/// Not one deal, or not the same one.
pub(super) fn not_one(count: usize, lang: Lang) -> String {
    match lang {
        Lang::En => format!(
            "{count} deals carry the order's key instead of one, or its two keys do not name the same one"
        ),
        Lang::Ru => format!(
            "сделок с ключом заказа {count} вместо одной, или два ключа называют не одну и ту же"
        ),
    }
}

/// The run's ledger does not name the deal that carries the key.
pub(super) fn another(kept: Option<DealId>, lang: Lang) -> String {
    match (kept, lang) {
        (None, Lang::En) => "the run's ledger names no deal for the order".to_owned(),
        (None, Lang::Ru) => "в журнале пробы у заказа нет сделки".to_owned(),
        (Some(deal), Lang::En) => {
            format!("the run's ledger names deal #{deal}, which does not carry the order's key")
        }
        (Some(deal), Lang::Ru) => {
            format!("в журнале пробы названа сделка #{deal}, у которой нет ключа заказа")
        }
    }
}

/// The deal was not there any more when its content was to be read.
pub(super) fn gone(deal: DealId, lang: Lang) -> String {
    match lang {
        Lang::En => format!("deal #{deal} was deleted before its content could be read"),
        Lang::Ru => format!("сделка #{deal} удалена раньше, чем удалось прочитать её содержимое"),
    }
}

/// Lists that are later than is assumed.
pub(super) fn late(after: Duration, lang: Lang) -> String {
    let seconds = after.as_secs();
    match lang {
        Lang::En => format!(
            "lists showed the deal only after {seconds} s, later than A-R allows: raise ONEDEAL_SETTLE_MS by the difference"
        ),
        Lang::Ru => format!(
            "списки показали сделку только через {seconds} с, позже, чем допускает A-R: увеличьте ONEDEAL_SETTLE_MS"
        ),
    }
}

/// What could not be cleaned up.
pub(super) fn left(cleaned: &Cleaned, subject: &Subject, lang: Lang) -> Vec<String> {
    let kept = cleaned.not_ours.iter().map(|it| match lang {
        Lang::En => format!(
            "deal #{it} carries another key or mark by now and was left alone: delete it by hand if it is a test"
        ),
        Lang::Ru => format!(
            "у сделки #{it} теперь другой ключ или метка, она не тронута: удалите её сами, если это проба"
        ),
    });
    let trouble = cleaned.trouble.as_ref().map(|error| {
        let problem = Hindrance::of(error, &subject.settings.portal, lang).problem;
        match lang {
            Lang::En => {
                format!("not everything could be removed ({problem}): run check --canary again")
            }
            Lang::Ru => {
                format!("убрать всё не удалось ({problem}): запустите check --canary ещё раз")
            }
        }
    });
    kept.chain(trouble).collect()
}

/// That an earlier run is looked after.
pub(super) fn earlier(left: &Left, lang: Lang) -> String {
    let began = &left.began;
    match lang {
        Lang::En => format!("a canary of {began} was not cleaned up: looking for its deal"),
        Lang::Ru => format!("проба от {began} не убрана: ищем её сделку"),
    }
}

/// What became of an earlier run.
pub(super) fn cleaned_earlier(
    cleaned: &Cleaned,
    settled: bool,
    subject: &Subject,
    lang: Lang,
) -> String {
    let left = left(cleaned, subject, lang);
    if !left.is_empty() {
        return left.join("; ");
    }
    let deleted: Vec<String> = cleaned.deleted.iter().map(|it| format!("#{it}")).collect();
    let deleted = deleted.join(", ");
    match (deleted.is_empty(), settled, lang) {
        (false, _, Lang::En) => format!("deal {deleted} of it was deleted"),
        (false, _, Lang::Ru) => format!("её сделка {deleted} удалена"),
        (true, true, Lang::En) => "none is left".to_owned(),
        (true, true, Lang::Ru) => "ничего не осталось".to_owned(),
        (true, false, Lang::En) => {
            "none is there; its last request may still land, so it is looked for again at the end"
                .to_owned()
        }
        (true, false, Lang::Ru) => {
            "её нет; последний запрос ещё может выполниться, поэтому в конце поищем ещё раз"
                .to_owned()
        }
    }
}

/// A signal ended it.
pub(super) fn interrupted(landed: bool, wait: Duration, lang: Lang) -> String {
    let wait = wait.as_secs();
    match (landed, lang) {
        (true, Lang::En) => {
            "a signal ended it before the proof; what it made is removed".to_owned()
        }
        (true, Lang::Ru) => "сигнал прервал пробу до проверки; всё созданное убрано".to_owned(),
        (false, Lang::En) => format!(
            "a signal ended it while a create had no answer: it may still land within {wait} s. Run check --canary again after \
             that, it removes what landed"
        ),
        (false, Lang::Ru) => format!(
            "сигнал прервал пробу, когда создание было без ответа: оно ещё может выполниться за {wait} с. Запустите check \
             --canary позже, он уберёт созданное"
        ),
    }
}

/// Two signals: nothing more is done.
pub(super) fn interrupted_twice(lang: Lang) -> &'static str {
    lang.say(
        "a second signal ended it while it cleaned up: run check --canary again, it removes what is left",
        "второй сигнал прервал уборку: запустите check --canary ещё раз, он уберёт оставшееся",
    )
}

/// A run has a ledger of its own, and an application's token belongs to the service's.
pub(super) fn by_webhook(lang: Lang) -> &'static str {
    lang.say(
        "the canary needs an inbound webhook, and the settings name a local application: its tokens belong to the service. \
         Make an inbound webhook for this one run (ONEDEAL_BITRIX24_WEBHOOK_URL, without ONEDEAL_BITRIX24_CLIENT_ID), and remove it afterwards",
        "канарейке нужен входящий вебхук, а в настройках локальное приложение: его токены принадлежат сервису. \
         Создайте входящий вебхук на один запуск (ONEDEAL_BITRIX24_WEBHOOK_URL, без ONEDEAL_BITRIX24_CLIENT_ID) и удалите его потом",
    )
}

/// The mapping wants no deal for the order.
pub(super) fn unwanted(lang: Lang) -> &'static str {
    lang.say(
        "the mapping wants no deal for an order like the canary's (`create_when`): let it want one without a customer, or try \
         it with the mapping taken out",
        "правила не хотят сделки для такого заказа (`create_when`): разрешите заказ без клиента или уберите правила на время \
         пробы",
    )
}

/// Nobody agreed.
pub(super) fn no_consent(lang: Lang) -> &'static str {
    lang.say(
        "nobody agreed (run it with --yes where nobody can be asked)",
        "согласия нет (где спросить некого, запустите с --yes)",
    )
}

/// There is no note to write into.
pub(super) fn no_note(why: &NoNote, lang: Lang) -> String {
    match (why, lang) {
        (NoNote::Busy, Lang::En) => "another canary is on its way with this ledger".to_owned(),
        (NoNote::Busy, Lang::Ru) => "с этим журналом уже идёт другая проба".to_owned(),
        (NoNote::Disk(folder, error), Lang::En) => format!(
            "`{}` cannot be used ({error}): what a canary begins has to be written down first",
            folder.display()
        ),
        (NoNote::Disk(folder, error), Lang::Ru) => format!(
            "`{}` нельзя использовать ({error}): начатое пробой сначала записывается",
            folder.display()
        ),
    }
}

/// An earlier run was on another portal.
pub(super) fn of_another_portal(left: &Left, lang: Lang) -> String {
    let Left { portal, began, .. } = left;
    match lang {
        Lang::En => format!(
            "a canary of {began} was not cleaned up on {portal}, and the settings name another portal: run it once with that one's"
        ),
        Lang::Ru => format!(
            "проба от {began} не убрана на {portal}, а настройки указывают другой портал: запустите её один раз с прежними"
        ),
    }
}
