//! What no program can prove and this one relies on (README, "What it needs"), with the values that hold here.

use std::time::Duration;

use kernel::rules::SETTLE_DEFAULT;

use super::{Subject, disk::Disk, portal::Answers, report::Assumption};
use crate::lang::Lang;

const SETTLE: &str = "ONEDEAL_SETTLE_MS";

/// All of them, in the order of the README.
pub(super) fn all(
    subject: &Subject,
    disk: Option<&Disk>,
    portal: Option<&Answers>,
) -> Vec<Assumption> {
    let lang = subject.lang;
    let settle = subject.settings.rules.settle;
    let (landing, lag) = subject.settings.rules.landing_and_lag();
    let set = source(subject, SETTLE, settle == SETTLE_DEFAULT);
    vec![
        of(
            "A-D",
            seconds(landing, lang),
            lang.say(
                "a request that we gave up on is executed within this time, or never",
                "запрос, ответа на который мы не дождались, выполнится за это время или никогда",
            ),
            match lang {
                Lang::En => format!("{SETTLE} less R; {set}"),
                Lang::Ru => format!("{SETTLE} минус R; {set}"),
            },
        ),
        of(
            "A-R",
            seconds(lag, lang),
            lang.say(
                "a list shows a deal at most so long after it was created",
                "список показывает сделку не позже чем через это время",
            ),
            lang.say(
                "part of the settle time; `check --canary` measures it",
                "часть времени выдержки; измеряет `check --canary`",
            )
            .to_owned(),
        ),
        of(
            "A-J",
            disk.map_or_else(|| "?".to_owned(), |it| it.name().to_owned()),
            lang.say(
                "what the disk reports as written survives a crash",
                "записанное на диск переживёт сбой",
            ),
            lang.say(
                "the file system below the ledger; SQLite waits for the disk at each commit (synchronous=FULL)",
                "файловая система журнала; SQLite ждёт диск при каждой записи (synchronous=FULL)",
            )
            .to_owned(),
        ),
        of(
            "A-P",
            "–".to_owned(),
            lang.say(
                "how long a process may pause before it sends: not needed, one process works on a ledger",
                "сколько процесс может медлить перед отправкой: не нужно, с журналом работает один процесс",
            ),
            lang.say("the lock beside the ledger", "блокировка рядом с журналом")
                .to_owned(),
        ),
        of(
            "A-V",
            sight(portal, lang),
            lang.say(
                "the portal's user is shown all deals in all funnels",
                "пользователю портала видны все сделки во всех воронках",
            ),
            lang.say("the check `deals seen`", "проверка «видны сделки»")
                .to_owned(),
        ),
        of(
            "A-U",
            portal.map_or_else(|| "?".to_owned(), |it| it.account.profile.id.to_string()),
            lang.say(
                "nobody but onedeal works as this user of the portal: edits made as them look like ours",
                "под этим пользователем портала работает только onedeal: его правки выглядят как наши",
            ),
            lang.say("cannot be seen from outside", "снаружи не увидеть")
                .to_owned(),
        ),
        of(
            "A-I",
            "–".to_owned(),
            lang.say(
                "the portal does not use a deal's id again",
                "портал не использует номер сделки повторно",
            ),
            lang.say(
                "watched: a deal that answers with another key stops all sending",
                "под наблюдением: сделка с чужим ключом останавливает отправку",
            )
            .to_owned(),
        ),
        of(
            "A-L",
            "–".to_owned(),
            lang.say(
                "one ledger keeps this shop's deals on this portal",
                "сделки этого магазина на этом портале ведёт один журнал",
            ),
            lang.say(
                "watched: deals with another ledger's mark park their order",
                "под наблюдением: метка другого журнала останавливает заказ",
            )
            .to_owned(),
        ),
        of(
            "A-C",
            "CLOCK_BOOTTIME".to_owned(),
            lang.say(
                "the machine's boot clock runs no faster than real time",
                "часы с запуска машины не спешат",
            ),
            lang.say("the kernel of this machine", "ядро этой машины")
                .to_owned(),
        ),
    ]
}

fn of(id: &'static str, value: String, says: &str, from: String) -> Assumption {
    Assumption {
        id,
        value,
        says: says.to_owned(),
        from,
    }
}

fn source(subject: &Subject, name: &str, is_default: bool) -> String {
    let lang = subject.lang;
    let variable = subject.variables.get(name).is_some_and(|it| !it.is_empty());
    if variable {
        lang.say("set by its variable", "задано переменной")
            .to_owned()
    } else if is_default {
        lang.say("the default", "по умолчанию").to_owned()
    } else {
        lang.say("set in the settings file", "задано в файле настроек")
            .to_owned()
    }
}

fn sight(portal: Option<&Answers>, lang: Lang) -> String {
    let Some(answers) = portal else {
        return "?".to_owned();
    };
    let hidden = answers
        .sight
        .as_ref()
        .is_some_and(|it| !it.hidden.is_empty());
    let text = match (hidden, answers.account.profile.admin) {
        (true, _) => lang.say("does not hold", "не выполнено"),
        (false, true) => lang.say("holds", "выполнено"),
        (false, false) => lang.say("not proved", "не доказано"),
    };
    text.to_owned()
}

fn seconds(of: Duration, lang: Lang) -> String {
    let seconds = (of.as_secs_f64() * 10.0).round() / 10.0;
    match lang {
        Lang::En => format!("{seconds} s"),
        Lang::Ru => format!("{seconds} с"),
    }
}
