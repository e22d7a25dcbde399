//! `onedeal check --canary`: one test order through the real path, on the merchant's own portal.
//!
//! A signed webhook goes to the real intake over HTTP, the real worker takes it from a ledger of its own, the deal appears on
//! the real portal, and the answer to its creation is thrown away. Then exactly one deal must be there. Invariants: what is
//! begun is in the note before it happens, so that whatever ends this run, the next one cleans up; the real ledger and a
//! running service are not touched; the key is one that no real order can have; only the run's own deals are deleted.

mod clean;
mod flight;
mod judge;
mod lag;
mod note;
mod order;
mod outcome;
mod progress;
mod show;
mod words;

use std::{
    collections::BTreeSet,
    io::{BufRead as _, IsTerminal as _, Write as _},
    time::Duration,
};

use kernel::mapping::Mapping;
use service::{
    access::Opener,
    clock::{Clock as _, SystemClock},
    inquiry::Inquiry,
    transport::HttpTransport,
};

use self::{
    flight::{End, Flight, Flown},
    judge::{figures, numbers},
    note::{NoNote, Note},
    order::TestOrder,
    progress::Progress,
};
pub(super) use self::{
    outcome::{Outcome, Verdict},
    show::text,
};
use super::{Subject, portal::Answers};
use crate::{
    exit::{Exit, Exits as _, Failure},
    lang::Lang,
    peer,
    signals::Signals,
    terminal,
};

/// The currency of the order where nobody knows a better one.
const CURRENCY: &str = "EUR";

/// Whether a person has agreed already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consent {
    /// `--yes`.
    Given,
    /// It has to be asked for.
    Asked,
}

/// Flies a canary, and cleans up what earlier ones left.
///
/// # Errors
/// The run's own ledger cannot be used, or a mistake of the program.
pub(super) async fn run(
    subject: &Subject,
    answers: &Answers,
    currency: Option<&str>,
    consent: Consent,
) -> Result<Outcome, Failure> {
    let lang = subject.lang;
    if subject.settings.portal.credential.opener() == Opener::App {
        return Ok(Outcome::not_run(words::by_webhook(lang).to_owned()));
    }
    let note = match Note::open(&subject.settings.database) {
        Ok(note) => note,
        Err(why) => return Ok(Outcome::not_run(words::no_note(&why, lang))),
    };
    let canary = Canary {
        subject,
        inquiry: peer::inquiry_by(&subject.settings.portal, subject.transport.clone())?,
        mapping: subject.mapping.clone().on_portal(answers.directory.clone()),
        progress: Progress::default(),
        lang,
    };
    let outcome = canary.run(note, answers, currency, consent).await;
    canary.progress.end();
    outcome
}

/// What all steps of a run need.
struct Canary<'a> {
    subject: &'a Subject,
    inquiry: Inquiry<HttpTransport>,
    mapping: Mapping,
    progress: Progress,
    lang: Lang,
}

impl Canary<'_> {
    async fn run(
        &self,
        note: Note,
        answers: &Answers,
        currency: Option<&str>,
        consent: Consent,
    ) -> Result<Outcome, Failure> {
        let lang = self.lang;
        let host = self.subject.settings.portal.host();
        if let Some(left) = note.left().iter().find(|it| it.portal != host) {
            return Ok(Outcome::not_run(words::of_another_portal(left, lang)));
        }
        let open = self.clean_earlier(&note).await;
        let known = &answers.directory.currencies;
        let currency = currency
            .filter(|it| known.contains(*it))
            .or_else(|| known.iter().next().map(String::as_str))
            .unwrap_or(CURRENCY);
        let now = SystemClock::new().wall();
        let Some(order) = TestOrder::new(&self.mapping, currency, now)? else {
            self.clear(note, open);
            return Ok(Outcome::not_run(words::unwanted(lang).to_owned()));
        };
        if consent == Consent::Asked && !self.agrees(&order, answers)? {
            self.clear(note, open);
            return Ok(Outcome::not_run(words::no_consent(lang).to_owned()));
        }
        let began = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        if let Err(error) = note.begin(&order.key, host, &began) {
            let why = NoNote::Disk(note.folder(), error);
            return Ok(Outcome::not_run(words::no_note(&why, lang)));
        }
        let mut signals = Signals::listen().exits(Exit::Bug)?;
        let flown = Box::pin(self.flight(&order, &note).fly(&mut signals)).await?;
        let hurried = async {
            if flown.end == End::Interrupted {
                Signals::another().await;
            } else {
                signals.next().await;
            }
        };
        let mut outcome = tokio::select! {
            biased;
            // A second signal: the note remains, and the next run cleans up.
            () = hurried => {
                let why = words::interrupted_twice(lang).to_owned();
                return Ok(Outcome { verdict: Verdict::Interrupted, ..Outcome::not_run(why) });
            }
            outcome = self.conclude(&order, &flown, answers) => outcome,
        };
        // What an earlier run may have had on its way has landed by now, or never will.
        let earlier = if flown.end == End::Settled {
            self.clean_again(&note, &mut outcome).await
        } else {
            open
        };
        let this = !outcome.left.is_empty() || !has_landed(&flown);
        self.clear(note, earlier || this);
        Ok(outcome)
    }

    fn flight<'a>(&'a self, order: &'a TestOrder, note: &'a Note) -> Flight<'a> {
        Flight {
            portal: &self.subject.settings.portal,
            mapping: &self.mapping,
            rules: self.subject.settings.rules,
            transport: &self.subject.transport,
            inquiry: &self.inquiry,
            order,
            note,
            progress: &self.progress,
            lang: self.lang,
        }
    }

    /// Cleans up what earlier runs left; true if something of it may still appear.
    async fn clean_earlier(&self, note: &Note) -> bool {
        let (settle, patience) = self.waits();
        let mut open = false;
        for left in note.left() {
            self.progress.step(&words::earlier(left, self.lang));
            let cleaned = clean::clean(&self.inquiry, &left.key, &left.made).await;
            let settled = left.is_settled(settle, patience);
            let told = words::cleaned_earlier(&cleaned, settled, self.subject, self.lang);
            self.progress.step(&told);
            open |= cleaned.trouble.is_some() || !settled;
        }
        open
    }

    /// Once more, a settle time later; true if something of it could not be cleaned up.
    async fn clean_again(&self, note: &Note, outcome: &mut Outcome) -> bool {
        let mut open = false;
        for left in note.left() {
            let cleaned = clean::clean(&self.inquiry, &left.key, &BTreeSet::new()).await;
            outcome.cleaned.extend(numbers(&cleaned.deleted));
            open |= cleaned.trouble.is_some();
        }
        open
    }

    /// The note goes away when nothing is open.
    fn clear(&self, note: Note, open: bool) {
        if open {
            return;
        }
        if let Err(error) = note.clear() {
            self.progress.step(&match self.lang {
                Lang::En => {
                    format!("the canary's folder beside the ledger could not be removed: {error}")
                }
                Lang::Ru => format!("папку пробы рядом с журналом не удалось удалить: {error}"),
            });
        }
    }

    /// Looks at what came of it, then removes it.
    async fn conclude(&self, order: &TestOrder, flown: &Flown, answers: &Answers) -> Outcome {
        let lang = self.lang;
        let mut outcome = figures(order, flown);
        let interrupted = flown.end == End::Interrupted;
        if !interrupted {
            self.progress
                .state(|| lang.say("comparing", "сравниваем").to_owned());
            outcome.why = self.judge(order, flown, answers, &mut outcome).await;
        }
        self.progress
            .state(|| lang.say("cleaning up", "убираем").to_owned());
        let made = flown.witness.made.iter().map(|it| it.deal).collect();
        let cleaned = clean::clean(&self.inquiry, &order.key, &made).await;
        outcome.cleaned = numbers(&cleaned.deleted);
        outcome.left = words::left(&cleaned, self.subject, lang);
        outcome.why.extend(outcome.left.iter().cloned());
        outcome.verdict = if interrupted {
            Verdict::Interrupted
        } else if outcome.why.is_empty() {
            Verdict::Right
        } else {
            Verdict::Wrong
        };
        if interrupted && outcome.left.is_empty() {
            let (settle, patience) = self.waits();
            let why = words::interrupted(has_landed(flown), settle + patience, lang);
            outcome.why = vec![why];
        }
        outcome
    }

    fn waits(&self) -> (Duration, Duration) {
        let settings = &self.subject.settings;
        (settings.rules.settle, settings.portal.timeout)
    }

    /// Says what will happen, and asks.
    fn agrees(&self, order: &TestOrder, answers: &Answers) -> Result<bool, Failure> {
        if !std::io::stdin().is_terminal() {
            return Ok(false);
        }
        let stage = words::stage(&self.mapping.first().stage, answers);
        let text = words::what_happens(self.subject, order, &stage, self.lang);
        let question = self.lang.say("Go on? [y/N] ", "Продолжить? [y/N] ");
        let asked = || -> std::io::Result<String> {
            let mut err = std::io::stderr().lock();
            write!(err, "\n{}\n\n{question}", terminal::prose(&text))?;
            err.flush()?;
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            Ok(line)
        };
        let line = asked().exits(Exit::Usage)?;
        Ok(["y", "yes", "д", "да"].contains(&line.trim().to_lowercase().as_str()))
    }
}

/// Whether everything that was sent was answered, or has had its time to land.
fn has_landed(flown: &Flown) -> bool {
    matches!(flown.end, End::Settled | End::NoDeal) || flown.witness.given_up.is_none()
}
