//! `onedeal check`: whether onedeal can do its work with these settings, check by check. Nothing is written anywhere, except
//! by the canary that a person asks for.
//!
//! A check is a small function below [`mod@self`]'s modules that looks at one thing and adds one line to the report, or
//! one for each thing that is wrong. One that needs an answer which did not come says so.

mod alerts;
mod assumptions;
mod canary;
mod clocks;
mod currencies;
mod disk;
mod fields;
mod ledger;
mod limits;
mod portal;
mod public_url;
mod report;
mod running;
mod settings;
mod shop;
mod shop_words;
mod show;
mod stages;
mod subscriptions;

use std::{collections::BTreeMap, path::Path};

use clap::Args;
use kernel::mapping::{Directory, Finding, Mapping};
use serde::Serialize;
use service::{
    clock::{Clock as _, SystemClock},
    config::{MappingText, Settings},
    inquiry::Inquiry,
    transport::HttpTransport,
};

use crate::{
    environment::Environment,
    exit::{Exit, Failure},
    lang::Lang,
    peer, terminal,
};
use canary::{Consent, Outcome, Verdict};
use clocks::{Reading, Whose};
use ledger::Ledger;
use report::{Line, Report};

/// Flags of `check`.
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// Print JSON instead of a table
    #[arg(long)]
    pub json: bool,
    /// Prove it on the portal: one test order, one lost answer, exactly one deal, then everything is removed
    #[arg(long)]
    pub canary: bool,
    /// Let the canary fly without asking
    #[arg(long, requires = "canary")]
    pub yes: bool,
}

/// The report with what the canary showed.
#[derive(Serialize)]
struct WithCanary<'a> {
    #[serde(flatten)]
    report: &'a Report,
    canary: &'a Outcome,
}

/// What the checks leave for the canary.
struct Checked {
    subject: Subject,
    answers: Option<portal::Answers>,
    currency: Option<String>,
}

/// What every check may look at.
pub(crate) struct Subject {
    settings: Settings,
    mapping: Mapping,
    text: Option<MappingText>,
    variables: BTreeMap<String, String>,
    transport: HttpTransport,
    lang: Lang,
}

/// What the checks of the mapping may look at.
struct Looks<'a> {
    settings: &'a Settings,
    mapping: &'a Mapping,
    text: Option<&'a MappingText>,
    directory: &'a Directory,
    shop_currency: Option<String>,
    findings: Vec<Finding>,
    lang: Lang,
}

/// The checks of the mapping against the portal, in the order of their lines.
const MAPPED: [fn(&Looks<'_>, &mut Report); 6] = [
    fields::order_field,
    fields::duplicate_field,
    stages::funnels,
    stages::stages,
    fields::mapped,
    currencies::currencies,
];

/// The lines of those, and others that need an answer of the portal.
const NEED_PORTAL: [&str; 9] = [
    "portal_user",
    "deals_seen",
    "order_field",
    "duplicate_field",
    "funnels",
    "stages",
    "fields",
    "currencies",
    "portal_clock",
];

/// Further lines that need settings.
const NEED_SETTINGS: [&str; 13] = [
    "shop",
    "shop_scopes",
    "shop_version",
    "subscriptions",
    "shop_clock",
    "webhook_secret",
    "public_url",
    "deliveries",
    "disk",
    "database",
    "rate",
    "operating",
    "alerts",
];

/// Checks everything.
///
/// # Errors
/// The HTTP client cannot be set up, or nothing can be printed.
pub async fn run(args: &CheckArgs, environment: &Environment) -> Result<Exit, Failure> {
    let lang = environment.lang();
    let mut report = Report::default();
    let checked = all(environment, &mut report, lang).await?;
    if !args.canary {
        if args.json {
            terminal::print_json(&report)?;
        } else {
            terminal::print(&show::text(&report, lang))?;
        }
        return Ok(report.exit());
    }
    if !args.json {
        terminal::print(&show::text(&report, lang))?;
    }
    let outcome = fly(checked.as_ref(), args, lang).await?;
    if args.json {
        let canary = &outcome;
        let report = &report;
        terminal::print_json(&WithCanary { report, canary })?;
    } else {
        terminal::print(&format!("\n{}", canary::text(&outcome, lang)))?;
    }
    let worse = match outcome.verdict {
        Verdict::Right => Exit::Fine,
        Verdict::Wrong | Verdict::Interrupted | Verdict::NotRun => Exit::Found,
    };
    Ok(if report.exit() == Exit::Fine {
        worse
    } else {
        report.exit()
    })
}

async fn fly(checked: Option<&Checked>, args: &CheckArgs, lang: Lang) -> Result<Outcome, Failure> {
    let Some(Checked {
        subject,
        answers: Some(answers),
        currency,
    }) = checked
    else {
        let why = lang.say(
            "it needs settings that can be used and a portal that answers",
            "нужны верные настройки и отвечающий портал",
        );
        return Ok(Outcome::not_run(why.to_owned()));
    };
    let consent = if args.yes {
        Consent::Given
    } else {
        Consent::Asked
    };
    Box::pin(canary::run(subject, answers, currency.as_deref(), consent)).await
}

async fn all(
    environment: &Environment,
    report: &mut Report,
    lang: Lang,
) -> Result<Option<Checked>, Failure> {
    let Some((settings, mapping, text)) = settings::settings(environment, report, lang) else {
        let because = lang.say(
            "not checked: it needs settings that can be used",
            "не проверено: нужны настройки, которые можно использовать",
        );
        for lines in [&["portal"][..], &NEED_PORTAL, &NEED_SETTINGS] {
            report.skip(lines, because);
        }
        return Ok(None);
    };
    let subject = Subject {
        settings,
        mapping,
        text,
        variables: environment.variables.clone(),
        transport: peer::transport()?,
        lang,
    };
    let ledger = Ledger::look(&subject.settings.database);
    let inquiry = peer::inquiry_by(&subject.settings.portal, subject.transport.clone())?;
    // The shop first: its currency is asked of the portal. Its lines come after the portal's.
    let mut shop_lines = Report::default();
    let currency = of_shop(&subject, &ledger, &mut shop_lines).await;
    let answers = of_portal(&subject, &inquiry, &ledger, currency.clone(), report).await;
    report.append(shop_lines);
    let running = running::figures(&subject.settings, &subject.transport, &ledger).await;
    shop::webhook_secret(
        &subject,
        running.as_ref().map(|it| it.wrong_signature),
        report,
    );
    public_url::public_url(&subject, &ledger, report).await;
    ledger::deliveries(&subject, &ledger, SystemClock::new().wall(), report);
    let disk = disk::disk(&subject, report);
    ledger::database(&subject, &ledger, report);
    let observed = answers.as_ref().map(|_| inquiry.observed());
    limits::rate(&subject, observed.as_ref(), running.as_ref(), report);
    match &observed {
        Some(observed) => limits::operating(&subject, observed, report),
        None => report.skip(&["operating"], needs_portal(lang)),
    }
    alerts::alerts(&subject, report);
    report.assumptions = assumptions::all(&subject, disk.as_ref(), answers.as_ref());
    Ok(Some(Checked {
        subject,
        answers,
        currency,
    }))
}

/// Everything that the portal is asked.
async fn of_portal(
    subject: &Subject,
    inquiry: &Inquiry<HttpTransport>,
    ledger: &Ledger,
    shop_currency: Option<String>,
    report: &mut Report,
) -> Option<portal::Answers> {
    let clock = SystemClock::new();
    let before = clock.wall();
    let Some(answers) = portal::ask(subject, inquiry, ledger, report).await else {
        report.skip(&NEED_PORTAL, needs_portal(subject.lang));
        return None;
    };
    let looks = Looks {
        findings: subject.mapping.lint(&answers.directory),
        settings: &subject.settings,
        mapping: &subject.mapping,
        text: subject.text.as_ref(),
        directory: &answers.directory,
        shop_currency,
        lang: subject.lang,
    };
    for check in MAPPED {
        check(&looks, report);
    }
    let theirs = answers.account.answered_at.and_then(clocks::unix);
    let reading = theirs.map(|theirs| Reading {
        before,
        theirs,
        after: clock.wall(),
    });
    clocks::clock(subject, Whose::Portal, reading, report);
    Some(answers)
}

/// Everything that the shop is asked; its currency, if it tells it.
async fn of_shop(subject: &Subject, ledger: &Ledger, report: &mut Report) -> Option<String> {
    let clock = SystemClock::new();
    let before = clock.wall();
    match shop::ask(subject, report).await {
        Some(answering) => {
            subscriptions::listed(subject, &answering, ledger.in_use, report).await;
            let now = clock.wall();
            let reading = Reading {
                before,
                theirs: answering.admin.shop_now(),
                after: now,
            };
            clocks::clock(subject, Whose::Shop, Some(reading), report);
            answering.probe.currency
        }
        None => {
            if subject.settings.shopify.is_none() {
                subscriptions::by_hand(subject, report);
            }
            None
        }
    }
}

fn needs_portal(lang: Lang) -> &'static str {
    lang.say(
        "not checked: it needs an answer of the portal",
        "не проверено: нужен ответ портала",
    )
}

/// What is risky about the disk below a file, and what to do; `None` if nothing is known to be.
pub(crate) fn disk_risk(file: &Path, lang: Lang) -> Option<(String, String)> {
    disk::risk(file, lang)
}

impl Looks<'_> {
    /// Adds the findings of these places, or the line that says that all is well.
    fn found(
        &self,
        report: &mut Report,
        check: &'static str,
        is_here: impl Fn(&str) -> bool,
        fine: impl FnOnce() -> String,
    ) {
        let here: Vec<&Finding> = self
            .findings
            .iter()
            .filter(|it| is_here(&it.place))
            .collect();
        for finding in &here {
            report.add(Line::found(check, finding, self.text));
        }
        if here.is_empty() {
            report.add(Line::fine(check, fine()));
        }
    }
}
