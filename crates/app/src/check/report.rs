//! What the checks found.

use kernel::mapping::{Finding, Severity};
use serde::Serialize;
use service::config::MappingText;

use crate::exit::Exit;

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
    /// It could not be looked at, because something before it failed.
    NotChecked,
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
    /// How the command ends because of it.
    #[serde(skip)]
    exit: Exit,
}

/// Something that nobody can prove and that the program relies on.
#[derive(Debug, Serialize)]
pub(super) struct Assumption {
    /// Its short name, as in the README.
    pub(super) id: &'static str,
    /// What is assumed, in one value.
    pub(super) value: String,
    /// The same in words.
    pub(super) says: String,
    /// Where the value comes from.
    pub(super) from: String,
}

/// All lines, in order.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    pub(super) warnings: usize,
    pub(super) problems: usize,
    pub(super) not_checked: usize,
    pub(super) checks: Vec<Line>,
    pub(super) assumptions: Vec<Assumption>,
    /// What has to be pasted where, if that is left to a person.
    pub(super) paste: Option<String>,
}

/// The ends of the command that a line may bring about, the one that counts most first.
const EXITS: [Exit; 4] = [Exit::Usage, Exit::Refused, Exit::Storage, Exit::Found];

impl Report {
    pub(super) fn add(&mut self, line: Line) {
        match line.status {
            Status::Ok => {}
            Status::Warning => self.warnings += 1,
            Status::Problem => self.problems += 1,
            Status::NotChecked => self.not_checked += 1,
        }
        self.checks.push(line);
    }

    /// The lines of another report, below these.
    pub(super) fn append(&mut self, other: Self) {
        other.checks.into_iter().for_each(|it| self.add(it));
        self.paste = self.paste.take().or(other.paste);
    }

    /// Says of checks that they could not be made, and why.
    pub(super) fn skip(&mut self, checks: &[&'static str], because: &str) {
        for check in checks {
            self.add(Line::skipped(check, because.to_owned()));
        }
    }

    /// How the command ends.
    pub(super) fn exit(&self) -> Exit {
        let brings = |exit: &Exit| self.checks.iter().any(|it| it.exit == *exit);
        EXITS.into_iter().find(brings).unwrap_or(Exit::Fine)
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
            exit: Exit::Fine,
        }
    }

    pub(super) fn warning(check: &'static str, says: String, remedy: String) -> Self {
        Self {
            status: Status::Warning,
            remedy: Some(remedy),
            ..Self::fine(check, says)
        }
    }

    fn skipped(check: &'static str, says: String) -> Self {
        Self {
            status: Status::NotChecked,
            ..Self::fine(check, says)
        }
    }

    pub(super) fn problem(check: &'static str, says: String, remedy: Option<String>) -> Self {
        Self {
            status: Status::Problem,
            remedy,
            exit: Exit::Found,
            ..Self::fine(check, says)
        }
    }

    /// The same line, which ends the command with this code.
    pub(super) fn ending(self, exit: Exit) -> Self {
        Self { exit, ..self }
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
            exit: match finding.severity {
                Severity::Warning => Exit::Fine,
                Severity::Problem => Exit::Found,
            },
        }
    }
}
