//! `onedeal check`: whether onedeal can do its work with these settings, check by check. Nothing is written anywhere.
//!
//! A check is a small function below [`mod@self`]'s modules that looks at one thing and adds one line to the report, or
//! one for each thing that is wrong.

mod currencies;
mod fields;
mod portal;
mod report;
mod settings;
mod show;
mod stages;

use clap::Args;
use kernel::mapping::{Directory, Finding, Mapping};
use service::config::{MappingText, Settings};

use crate::{
    environment::Environment,
    exit::{Exit, Failure},
    lang::Lang,
    terminal,
};
use report::{Line, Report, Status};

/// Flags of `check`.
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// Print JSON instead of a table
    #[arg(long)]
    pub json: bool,
}

/// What the checks of a portal may look at.
struct Looks {
    settings: Settings,
    mapping: Mapping,
    text: Option<MappingText>,
    directory: Directory,
    findings: Vec<Finding>,
    lang: Lang,
}

/// The checks of a portal, in the order of their lines.
const CHECKS: [fn(&Looks, &mut Report); 6] = [
    fields::order_field,
    fields::duplicate_field,
    stages::funnels,
    stages::stages,
    fields::mapped,
    currencies::currencies,
];

/// Checks everything.
///
/// # Errors
/// The HTTP client cannot be set up, or nothing can be printed.
pub async fn run(args: &CheckArgs, environment: &Environment) -> Result<Exit, Failure> {
    let lang = environment.lang();
    let mut report = Report::default();
    let exit = all(environment, &mut report, lang).await?;
    if args.json {
        terminal::print_json(&report)?;
    } else {
        terminal::print(&show::text(&report, lang))?;
    }
    Ok(exit)
}

async fn all(environment: &Environment, report: &mut Report, lang: Lang) -> Result<Exit, Failure> {
    let Some((settings, mapping, text)) = settings::settings(environment, report, lang) else {
        return Ok(Exit::Usage);
    };
    let Some(directory) = portal::directory(&settings, report, lang).await? else {
        return Ok(Exit::Refused);
    };
    let looks = Looks {
        findings: mapping.lint(&directory),
        settings,
        mapping,
        text,
        directory,
        lang,
    };
    for check in CHECKS {
        check(&looks, report);
    }
    Ok(if report.has(Status::Problem) {
        Exit::Found
    } else {
        Exit::Fine
    })
}

impl Looks {
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
            report.add(Line::found(check, finding, self.text.as_ref()));
        }
        if here.is_empty() {
            report.add(Line::fine(check, fine()));
        }
    }
}
