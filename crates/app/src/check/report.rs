//! What the checks found.

use kernel::mapping::{Finding, Severity};
use serde::Serialize;
use service::config::MappingText;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    /// All is well.
    Ok,
    /// It works, but not as it could.
    Warning,
    /// It does not work.
    Problem,
}

/// One line of the report.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    /// The check, by a word that does not change with the language.
    pub(super) check: &'static str,
    pub(super) status: Status,
    /// The place in the mapping, `fields.title`, where there is one.
    pub(super) place: Option<String>,
    /// The file of that place.
    pub(super) file: Option<String>,
    /// Its line.
    pub(super) line: Option<usize>,
    /// What was found.
    pub(super) says: String,
    /// What to do.
    pub(super) remedy: Option<String>,
}

/// All lines, in order.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    pub(super) warnings: usize,
    pub(super) problems: usize,
    pub(super) checks: Vec<Line>,
}

impl Report {
    pub(super) fn add(&mut self, line: Line) {
        match line.status {
            Status::Ok => {}
            Status::Warning => self.warnings += 1,
            Status::Problem => self.problems += 1,
        }
        self.checks.push(line);
    }

    pub(super) fn has(&self, status: Status) -> bool {
        self.checks.iter().any(|it| it.status == status)
    }
}

impl Line {
    pub(super) fn fine(check: &'static str, says: String) -> Self {
        Self {
            check,
            status: Status::Ok,
            place: None,
            file: None,
            line: None,
            says,
            remedy: None,
        }
    }

    pub(super) fn problem(check: &'static str, says: String, remedy: Option<String>) -> Self {
        Self {
            status: Status::Problem,
            remedy,
            ..Self::fine(check, says)
        }
    }

    /// What does not fit the portal; `text` is where the mapping stands.
    pub(super) fn found(
        check: &'static str,
        finding: &Finding,
        text: Option<&MappingText>,
    ) -> Self {
        let line = text.and_then(|it| it.line(&finding.place));
        Self {
            check,
            status: match finding.severity {
                Severity::Warning => Status::Warning,
                Severity::Problem => Status::Problem,
            },
            place: Some(finding.place.clone()),
            file: text
                .filter(|_| line.is_some())
                .map(|it| it.path().to_owned()),
            line,
            says: finding.problem.clone(),
            remedy: Some(finding.remedy.clone()),
        }
    }
}
