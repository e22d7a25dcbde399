//! The portal's limits: requests per second by its plan, execution time by method.

use service::inquiry::Observed;

use super::{
    Subject,
    report::{Line, Report},
    running::Figures,
};
use crate::lang::Lang;

/// What every plan but the largest allows (facts/bitrix24.md §5.1).
const USUAL: (f64, f64) = (2.0, 50.0);

/// What the largest plan allows.
const ENTERPRISE: (f64, f64) = (5.0, 250.0);

/// Of its burst so much is used: others on this address share it.
const BURST_USED: f64 = 0.8;

/// Seconds that a method may run in ten minutes (facts/bitrix24.md §5.2).
const OPERATING_S: f64 = 480.0;

/// Less is not shown.
const SHOWN_S: f64 = 0.05;

/// With less of it left, backfill waits.
const OPERATING_HIGH_S: f64 = 0.7 * OPERATING_S;

/// Requests per second and burst, beside what the plans allow and what was met.
pub(super) fn rate(
    subject: &Subject,
    observed: Option<&Observed>,
    running: Option<&Figures>,
    report: &mut Report,
) {
    const CHECK: &str = "rate";
    let (portal, lang) = (&subject.settings.portal, subject.lang);
    let (per_second, burst) = (portal.per_second, portal.burst);
    let used = burst * BURST_USED;
    let set = match lang {
        Lang::En => format!("{per_second}/s, burst {burst} ({used} of it used)"),
        Lang::Ru => format!("{per_second}/с, запас {burst} (используется {used})"),
    };
    let met = met(observed, running, lang);
    let beyond = |limit: (f64, f64)| limit.0 < per_second || limit.1 < burst;
    let default = || {
        lang.say(
            "leave ONEDEAL_BITRIX24_RATE out (2,50), or set 5,250 on Enterprise",
            "уберите ONEDEAL_BITRIX24_RATE (2,50) или задайте 5,250 на тарифе Enterprise",
        )
        .to_owned()
    };
    let line = if beyond(ENTERPRISE) {
        let what = lang.say(
            "no plan of the cloud allows as much (right only for a self-hosted portal)",
            "столько не разрешает ни один облачный тариф (верно только для коробки)",
        );
        Line::warning(CHECK, format!("{set}: {what}; {met}"), default())
    } else if beyond(USUAL) {
        let what = lang.say(
            "right on the plan Enterprise (5/s, 250); every other plan allows 2/s, 50",
            "верно на тарифе Enterprise (5/с, 250); на остальных 2/с, 50",
        );
        Line::fine(CHECK, format!("{set}: {what}; {met}"))
    } else {
        let what = lang.say(
            "every plan allows as much (2/s, 50; Enterprise 5/s, 250)",
            "разрешено на каждом тарифе (2/с, 50; Enterprise 5/с, 250)",
        );
        Line::fine(CHECK, format!("{set}: {what}; {met}"))
    };
    let refused = observed.map_or(0, |it| it.limited);
    if 0 < refused && line.remedy.is_none() {
        report.add(Line::warning(
            CHECK,
            line.says,
            lang.say(
                "other programs on this address use the portal too: find them, or lower ONEDEAL_BITRIX24_RATE",
                "порталом с этого адреса пользуются и другие программы: найдите их или уменьшите ONEDEAL_BITRIX24_RATE",
            )
            .to_owned(),
        ));
        return;
    }
    report.add(line);
}

fn met(observed: Option<&Observed>, running: Option<&Figures>, lang: Lang) -> String {
    let now = match (observed.map(|it| it.limited), lang) {
        (None, Lang::En) => "the portal could not be asked".to_owned(),
        (None, Lang::Ru) => "портал спросить не удалось".to_owned(),
        (Some(0), Lang::En) => "no 503 in this check".to_owned(),
        (Some(0), Lang::Ru) => "за эту проверку отказов 503 нет".to_owned(),
        (Some(limited), Lang::En) => format!("{limited} refused as too many in this check"),
        (Some(limited), Lang::Ru) => format!("за эту проверку отказов из-за частоты: {limited}"),
    };
    match (running, lang) {
        (None, _) => now,
        (Some(it), Lang::En) => format!(
            "{now}, {} of {} commands of the running service",
            it.limited, it.commands
        ),
        (Some(it), Lang::Ru) => {
            format!(
                "{now}, у работающей службы {} из {}",
                it.limited, it.commands
            )
        }
    }
}

/// The execution time that methods have left.
pub(super) fn operating(subject: &Subject, observed: &Observed, report: &mut Report) {
    const CHECK: &str = "operating";
    let lang = subject.lang;
    if observed.operating.is_empty() {
        let says = lang.say(
            "the portal does not tell the running time of its methods: it does not limit it",
            "портал не сообщает время работы методов: оно не ограничено",
        );
        report.add(Line::fine(CHECK, says.to_owned()));
        return;
    }
    // Calls below a tenth of a second are not billed (facts/bitrix24.md §5.2).
    let spent: Vec<String> = observed
        .operating
        .iter()
        .filter(|(_, spent)| SHOWN_S <= **spent)
        .map(|(method, spent)| format!("{method} {spent:.1}"))
        .collect();
    let spent = if spent.is_empty() {
        let methods = observed.operating.len();
        match lang {
            Lang::En => format!("none by the {methods} methods asked"),
            Lang::Ru => format!("ни одной у {methods} спрошенных методов"),
        }
    } else {
        spent.join(", ")
    };
    let says = match lang {
        Lang::En => format!(
            "seconds used of {OPERATING_S} in ten minutes: {spent}. Only reads were made; what adds and updates take shows \
             with `check --canary`"
        ),
        Lang::Ru => format!(
            "секунд из {OPERATING_S} за десять минут: {spent}. Проверка только читает; сколько стоят создание и изменение, \
             покажет `check --canary`"
        ),
    };
    let high = |(_, spent): (&&str, &f64)| OPERATING_HIGH_S < *spent;
    if observed.operating.iter().any(high) {
        let remedy = lang.say(
            "wait ten minutes; if it stays so, find out which other program uses this webhook",
            "подождите десять минут; если не помогает, узнайте, какая ещё программа использует этот вебхук",
        );
        report.add(Line::warning(CHECK, says, remedy.to_owned()));
        return;
    }
    report.add(Line::fine(CHECK, says));
}
