//! The conversation: headings, findings, questions. It goes to stderr, so that stdout is left for the result.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use secrecy::SecretString;

use super::{secret, trouble::Trouble};
use crate::{
    environment::Environment,
    exit::{Exit, Failure},
    lang::Lang,
    terminal,
};

/// Lines are not longer than this, however wide the terminal is.
const WIDTH_MAX: u16 = 100;

/// Choices that are listed at once; further ones are reached by their name.
const CHOICES_SHOWN_MAX: usize = 15;

/// An answer is not longer than this.
const ANSWER_BYTES_MAX: usize = 8 * 1024;

const BOLD: &str = "1";
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";

/// One side of the conversation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Talk {
    pub(super) lang: Lang,
    /// There is somebody to ask.
    pub(super) asks: bool,
    colours: bool,
}

/// A choice as people see it: what it is called, and what is said beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) beside: String,
}

impl Talk {
    /// Asks where there is a terminal to ask on, unless `silent`.
    pub(super) fn new(environment: &Environment, silent: bool) -> Self {
        let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        let plain = environment
            .variables
            .get("NO_COLOR")
            .is_some_and(|it| !it.is_empty());
        Self {
            lang: environment.lang(),
            asks: terminal && !silent,
            colours: std::io::stderr().is_terminal() && !plain,
        }
    }

    /// A text in the language of the conversation.
    pub(super) fn say<'a>(self, en: &'a str, ru: &'a str) -> &'a str {
        self.lang.say(en, ru)
    }

    /// The beginning of a part.
    pub(super) fn heading(self, text: &str) {
        self.put(&format!("\n{}\n", self.styled(BOLD, text)));
    }

    /// What somebody who answers should know; nobody else is told.
    pub(super) fn explain(self, text: &str) {
        if self.asks {
            for line in text.lines() {
                self.put(&format!("  {}\n", wrapped(line, 2)));
            }
        }
    }

    /// Something that is well.
    pub(super) fn good(self, text: &str) {
        self.put(&format!(
            "  {} {}\n",
            self.styled(GREEN, "✓"),
            wrapped(&terminal::plain(text), 4)
        ));
    }

    /// Something to know that keeps nobody from going on.
    pub(super) fn warn(self, text: &str, remedy: &str) {
        self.put(&format!(
            "  {} {}\n",
            self.styled(YELLOW, "!"),
            wrapped(&terminal::plain(text), 4)
        ));
        self.remedy(remedy);
    }

    /// Something that an answer has to be given anew for.
    pub(super) fn bad(self, trouble: &Trouble) {
        self.put(&format!(
            "  {} {}\n",
            self.styled(RED, "✗"),
            wrapped(&terminal::plain(&trouble.problem), 4)
        ));
        self.remedy(&trouble.remedy);
    }

    /// Something that takes a while begins.
    pub(super) fn wait(self, text: &str) {
        if self.asks {
            self.put(&format!("  {}\n", self.styled(DIM, text)));
        }
    }

    fn remedy(self, text: &str) {
        if !text.is_empty() {
            self.put(&format!("    → {}\n", wrapped(&terminal::plain(text), 6)));
        }
    }

    /// A line of text; an empty answer takes what stands in brackets.
    pub(super) fn line(self, question: &str, default: Option<&str>) -> Result<String, Failure> {
        if !self.asks {
            return default
                .map(str::to_owned)
                .ok_or_else(|| self.unanswered(question));
        }
        loop {
            self.prompt(question, default.unwrap_or_default());
            let answer = self.read()?;
            match (answer.is_empty(), default) {
                (false, _) => return Ok(answer),
                (true, Some(default)) => return Ok(default.to_owned()),
                (true, None) => {}
            }
        }
    }

    /// A text that is not shown; an empty answer takes the one given before.
    pub(super) fn secret(
        self,
        question: &str,
        before: Option<&SecretString>,
    ) -> Result<SecretString, Failure> {
        if !self.asks {
            return Err(self.unanswered(question));
        }
        let again = self.say("the same again", "то же самое");
        loop {
            self.prompt(question, before.map_or("", |_| again));
            match secret::read() {
                Ok(Some(answer)) => {
                    self.put("\n");
                    match (answer, before) {
                        (Some(answer), _) => return Ok(answer),
                        (None, Some(before)) => return Ok(before.clone()),
                        (None, None) => {}
                    }
                }
                Ok(None) | Err(_) => {
                    self.put("\n");
                    return Err(self.stopped());
                }
            }
        }
    }

    /// Yes or no; `default` where nobody can be asked.
    pub(super) fn confirm(self, question: &str, default: bool) -> Result<bool, Failure> {
        if !self.asks {
            return Ok(default);
        }
        let (yes, no) = (self.say("y", "д"), self.say("n", "н"));
        let shown = if default {
            format!("{}/{no}", yes.to_uppercase())
        } else {
            format!("{yes}/{}", no.to_uppercase())
        };
        loop {
            self.prompt(question, &shown);
            match self.read()?.to_lowercase().as_str() {
                "" => return Ok(default),
                "y" | "yes" | "д" | "да" => return Ok(true),
                "n" | "no" | "н" | "нет" => return Ok(false),
                _ => self.bad(&Trouble::usage(
                    self.say("that is neither yes nor no", "это не да и не нет"),
                    &format!("{yes}, {no}"),
                )),
            }
        }
    }

    /// One of several, by its number or its name; an empty answer takes the one at `default`, as does silence.
    pub(super) fn choose(
        self,
        question: &str,
        choices: &[Choice],
        default: usize,
    ) -> Result<usize, Failure> {
        if !self.asks {
            return Ok(default);
        }
        self.put(&format!("\n  {}\n", self.styled(BOLD, question)));
        self.list(choices, default);
        let shown = (default + 1).to_string();
        loop {
            self.prompt(self.say("Number or name", "Номер или название"), &shown);
            let answer = self.read()?;
            if answer.is_empty() {
                return Ok(default);
            }
            match picked(choices, &answer) {
                Ok(at) => return Ok(at),
                Err(several) => self.bad(&self.not_picked(&several)),
            }
        }
    }

    fn list(self, choices: &[Choice], default: usize) {
        let shown = &choices[..choices.len().min(CHOICES_SHOWN_MAX)];
        let width = shown
            .iter()
            .map(|it| it.name.chars().count())
            .max()
            .unwrap_or(0);
        for (at, choice) in shown.iter().enumerate() {
            let mark = if at == default {
                self.styled(GREEN, "›")
            } else {
                " ".to_owned()
            };
            let name = terminal::plain(&choice.name);
            let gap = " ".repeat(width - choice.name.chars().count());
            let beside = self.styled(DIM, &terminal::plain(&choice.beside));
            let line = format!("  {mark} {:>2}  {name}{gap}  {beside}", at + 1);
            self.put(&format!("{}\n", line.trim_end()));
        }
        let left = choices.len() - shown.len();
        if 0 < left {
            let text = match self.lang {
                Lang::En => format!("and {left} more: type a part of the name"),
                Lang::Ru => format!("и ещё {left}: введите часть названия"),
            };
            self.put(&format!("        {}\n", self.styled(DIM, &text)));
        }
    }

    fn not_picked(self, several: &[&str]) -> Trouble {
        if several.is_empty() {
            Trouble::usage(
                self.say("that is none of them", "такого варианта нет"),
                self.say(
                    "type a number, or the name or a part of it",
                    "введите номер, название или его часть",
                ),
            )
        } else {
            Trouble::usage(
                self.say("that is more than one of them", "подходит несколько"),
                &several.join(", "),
            )
        }
    }

    fn prompt(self, question: &str, default: &str) {
        let shown = if default.is_empty() {
            String::new()
        } else {
            format!(" {}", self.styled(DIM, &format!("[{default}]")))
        };
        self.put(&format!("  {}{shown}: ", self.styled(BOLD, question)));
    }

    /// A line as it was typed, without the space around it.
    fn read(self) -> Result<String, Failure> {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_until(b'\n', &mut bytes);
        match read {
            Ok(0) | Err(_) => {
                self.put("\n");
                Err(self.stopped())
            }
            Ok(_) if ANSWER_BYTES_MAX < bytes.len() => Ok(String::new()),
            Ok(_) => Ok(terminal::plain(&String::from_utf8_lossy(&bytes))
                .trim()
                .to_owned()),
        }
    }

    /// The end of a conversation before its end.
    pub(super) fn stopped(self) -> Failure {
        let text = self.say(
            "stopped; nothing was written",
            "прервано; ничего не записано",
        );
        Failure::saying(Exit::Usage, text)
    }

    /// Something that must be said and was not, with nobody to ask.
    fn unanswered(self, question: &str) -> Failure {
        let text = match self.lang {
            Lang::En => {
                format!("there is no terminal to ask on: {question}; see onedeal init --help")
            }
            Lang::Ru => format!("нет терминала для вопросов: {question}; см. onedeal init --help"),
        };
        Failure::saying(Exit::Usage, text)
    }

    fn styled(self, code: &str, text: &str) -> String {
        if self.colours && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    fn put(self, text: &str) {
        let mut out = std::io::stderr().lock();
        // A closed stderr is no reason to fail.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

impl Choice {
    /// A choice with something said beside it.
    pub(super) fn new(name: impl Into<String>, beside: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            beside: beside.into(),
        }
    }
}

/// The place of the choice that an answer means: its number, its name, or a part of its name that no other has.
///
/// # Errors
/// The names that the answer may mean; none if there are none.
fn picked<'a>(choices: &'a [Choice], answer: &str) -> Result<usize, Vec<&'a str>> {
    if let Ok(number) = answer.parse::<usize>()
        && (1..=choices.len()).contains(&number)
    {
        return Ok(number - 1);
    }
    let answer = answer.to_lowercase();
    let names = || choices.iter().map(|it| it.name.to_lowercase()).enumerate();
    let exact: Vec<usize> = names().filter(|it| it.1 == answer).map(|it| it.0).collect();
    let part = || names().filter(|it| it.1.contains(&answer)).map(|it| it.0);
    let found = if exact.is_empty() {
        part().collect()
    } else {
        exact
    };
    match found.as_slice() {
        [one] => Ok(*one),
        several => Err(several
            .iter()
            .map(|it| choices[*it].name.as_str())
            .collect()),
    }
}

fn wrapped(text: &str, indent: usize) -> String {
    let width = terminal::width().map(|it| usize::from(it.min(WIDTH_MAX)));
    terminal::wrapped(text, width.map(|it| it.saturating_sub(indent)), indent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices() -> Vec<Choice> {
        ["General", "Shop", "Shop 2", "7"]
            .map(|it| Choice::new(it, ""))
            .to_vec()
    }

    #[test]
    fn a_choice_is_picked_by_number_by_name_and_by_a_part_of_its_name() {
        let choices = choices();
        assert_eq!(picked(&choices, "2"), Ok(1));
        assert_eq!(picked(&choices, "shop"), Ok(1));
        assert_eq!(picked(&choices, "gen"), Ok(0));
        assert_eq!(picked(&choices, "7"), Ok(3));
    }

    #[test]
    fn a_part_of_several_names_and_of_none_picks_nothing() {
        let choices = choices();
        assert_eq!(picked(&choices, "sho"), Err(vec!["Shop", "Shop 2"]));
        assert_eq!(picked(&choices, "x"), Err(Vec::new()));
        assert_eq!(picked(&choices, "0"), Err(Vec::new()));
    }
}
