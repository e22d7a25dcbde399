//! `onedeal check --canary`: one test order through the real path, on the merchant's own portal.
//!
//! A signed webhook goes to the real intake over HTTP, the real worker takes it from a ledger of its own, the deal appears on
//! the real portal, and the answer to its creation is thrown away. Then exactly one deal must be there. Invariants: what is
//! begun is in the note before it happens, so that whatever ends this run, the next one cleans up; the real ledger and a
//! running service are not touched; the key is one that no real order can have; only the run's own deals are deleted.

mod clean;
mod flight;
mod lag;
mod note;
mod order;
mod outcome;
mod progress;
mod show;

use std::{
    collections::BTreeSet,
    io::{BufRead as _, IsTerminal as _, Write as _},
    time::Duration,
};

use kernel::DealId;
use kernel::mapping::Mapping;
use rust_decimal::Decimal;
use service::{
    clock::{Clock as _, SystemClock},
    inquiry::{CanaryKey, DealShown, Found, Inquiry},
    transport::HttpTransport,
};

use self::{
    clean::Cleaned,
    flight::{End, Flight, Flown},
    note::{Left, NoNote, Note},
    order::TestOrder,
    outcome::rounded,
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
    peer::Hindrance,
    signals::Signals,
    terminal,
};

/// Of its ten minutes a method may run 480 s: new orders per second are at most this over the seconds of one add
/// (facts/bitrix24.md §5.2).
const RUNNING_SHARE: f64 = 0.8;

/// R: a list that is later than this breaks an assumption (A-R).
const LAG_MAX: Duration = Duration::from_secs(30);

/// How often the portal is asked for the final proof.
const PROOFS_MAX: u32 = 8;

/// The pause between two of them.
const PROOF_PAUSE: Duration = Duration::from_secs(1);

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
    let note = match Note::open(&subject.settings.database) {
        Ok(note) => note,
        Err(why) => return Ok(Outcome::not_run(no_note(&why, lang))),
    };
    let canary = Canary {
        subject,
        inquiry: Inquiry::new(&subject.settings.portal, subject.transport.clone()),
        mapping: subject.mapping.clone().on_portal(answers.directory.clone()),
        progress: Progress::new(),
        lang,
    };
    let outcome = canary.run(note, answers, currency, consent).await;
    canary.progress.end();
    outcome
}

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
        let elsewhere: Vec<&Left> = note.left().iter().filter(|it| it.portal != host).collect();
        if let Some(left) = elsewhere.first() {
            return Ok(Outcome::not_run(of_another_portal(left, lang)));
        }
        let open = self.clean_earlier(&note).await;
        let known = &answers.directory.currencies;
        let currency = currency
            .filter(|it| known.contains(*it))
            .or_else(|| known.iter().next().map(String::as_str))
            .unwrap_or("EUR");
        let now = SystemClock::new().wall();
        let Some(order) = TestOrder::new(&self.mapping, currency, now)? else {
            self.clear(note, open);
            let why = lang.say(
                "the mapping wants no deal for an order like the canary's (`create_when`): let it want one without a customer, \
                 or try it with the mapping taken out",
                "правила не хотят сделки для такого заказа (`create_when`): разрешите заказ без клиента или уберите правила на \
                 время пробы",
            );
            return Ok(Outcome::not_run(why.to_owned()));
        };
        if consent == Consent::Asked && !self.agrees(&order, answers)? {
            self.clear(note, open);
            let why = lang.say(
                "nobody agreed (run it with --yes where nobody can be asked)",
                "согласия нет (где спросить некого, запустите с --yes)",
            );
            return Ok(Outcome::not_run(why.to_owned()));
        }
        let began = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        if let Err(error) = note.begin(&order.key, host, &began) {
            return Ok(Outcome::not_run(no_note(
                &NoNote::Disk(note.folder(), error),
                lang,
            )));
        }
        let mut signals = Signals::listen().exits(Exit::Bug)?;
        self.progress.step(&match lang {
            Lang::En => format!("order {} goes to our own intake", order.key.order.order),
            Lang::Ru => format!(
                "заказ {} отправлен нашему приёму вебхуков",
                order.key.order.order
            ),
        });
        let flight = Flight {
            portal: &self.subject.settings.portal,
            mapping: &self.mapping,
            rules: self.subject.settings.rules,
            transport: &self.subject.transport,
            inquiry: &self.inquiry,
            order: &order,
            note: &note,
            progress: &self.progress,
            lang,
        };
        let flown = Box::pin(flight.fly(&mut signals)).await?;
        let outcome = tokio::select! {
            biased;
            // A second signal: the note remains, and the next run cleans up.
            () = signals.next() => return Ok(self.left_behind(&order)),
            outcome = self.conclude(&order, &flown, answers) => outcome,
        };
        // What an earlier run may have had on its way has landed by now, or never will.
        let settled = flown.end != End::Interrupted;
        let mut outcome = outcome;
        let earlier = if settled {
            self.clean_again(&note, &mut outcome).await
        } else {
            open
        };
        let this = !outcome.left.is_empty() || !may_be_forgotten(&flown);
        self.clear(note, earlier || this);
        Ok(outcome)
    }

    /// Cleans up what earlier runs left; true if something of it may still appear.
    async fn clean_earlier(&self, note: &Note) -> bool {
        let lang = self.lang;
        let (settle, patience) = self.waits();
        let mut open = false;
        for left in note.left() {
            let began = &left.began;
            self.progress.step(&match lang {
                Lang::En => format!("a canary of {began} was not cleaned up: looking for its deal"),
                Lang::Ru => format!("проба от {began} не убрана: ищем её сделку"),
            });
            let cleaned = clean::clean(&self.inquiry, &left.key, &left.made).await;
            let settled = left.is_settled(settle, patience);
            self.progress.step(&self.told(&cleaned, settled));
            open |= cleaned.trouble.is_some() || !settled;
        }
        open
    }

    /// Once more, a settle time later; true if something of it could not be cleaned up.
    async fn clean_again(&self, note: &Note, outcome: &mut Outcome) -> bool {
        let mut open = false;
        for left in note.left() {
            let cleaned = clean::clean(&self.inquiry, &left.key, &BTreeSet::new()).await;
            outcome
                .cleaned
                .extend(cleaned.deleted.iter().map(|it| it.0));
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
            let lang = self.lang;
            self.progress.step(&match lang {
                Lang::En => {
                    format!("the canary's folder beside the ledger could not be removed: {error}")
                }
                Lang::Ru => format!("папку пробы рядом с журналом не удалось удалить: {error}"),
            });
        }
    }

    /// Looks at what came of it, then removes it.
    async fn conclude(&self, order: &TestOrder, flown: &Flown, answers: &Answers) -> Outcome {
        let mut outcome = self.figures(order, flown);
        if flown.end == End::Interrupted {
            outcome.verdict = Verdict::Interrupted;
        } else {
            self.progress
                .state(|| self.lang.say("comparing", "сравниваем").to_owned());
            outcome.why = self.judge(order, flown, answers, &mut outcome).await;
        }
        self.progress
            .state(|| self.lang.say("cleaning up", "убираем").to_owned());
        let made = flown.witness.made.iter().map(|it| it.deal).collect();
        let cleaned = clean::clean(&self.inquiry, &order.key, &made).await;
        outcome.cleaned = numbers(&cleaned.deleted);
        outcome.left = self.left(&cleaned);
        let landed = may_be_forgotten(flown);
        match outcome.verdict {
            Verdict::Interrupted => outcome.why = vec![self.interrupted(landed, &outcome)],
            Verdict::Right | Verdict::Wrong | Verdict::NotRun => {
                outcome.why.extend(outcome.left.iter().cloned());
                outcome.verdict = if outcome.why.is_empty() {
                    Verdict::Right
                } else {
                    Verdict::Wrong
                };
            }
        }
        outcome
    }

    fn figures(&self, order: &TestOrder, flown: &Flown) -> Outcome {
        let seen = &flown.witness;
        let made = seen.made.first();
        let seconds = |it: Duration| rounded(it.as_secs_f64());
        let portal_s = made.and_then(|it| it.portal_s);
        let amount = format!("{:.2} {}", order.order.total, order.order.currency);
        Outcome {
            verdict: Verdict::Wrong,
            why: Vec::new(),
            shop: Some(order.key.order.shop.to_string()),
            order: Some(order.key.order.order.0),
            amount: Some(amount),
            deal: flown.order.as_ref().and_then(|it| it.deal).map(|it| it.0),
            creates_sent: seen.sent,
            creates_answered: seen.answered,
            answers_thrown_away: u32::from(seen.thrown_away.is_some()),
            found_again_s: flown.found_again.map(seconds),
            settled_s: flown.settled.map(seconds),
            lag_by_origin_s: flown.lag.origin.map(Into::into),
            lag_by_field_s: flown.lag.field.map(Into::into),
            add_portal_s: portal_s.map(rounded),
            add_round_trip_s: made.map(|it| seconds(it.round_trip)),
            add_operating_s: made.and_then(|it| it.operating_s).map(rounded),
            orders_per_s: portal_s
                .filter(|it| 0.0 < *it)
                .map(|it| rounded(RUNNING_SHARE / it)),
            requests: seen.requests,
            ..Outcome::not_run(String::new())
        }
    }

    /// What is wrong; nothing if all is right.
    async fn judge(
        &self,
        order: &TestOrder,
        flown: &Flown,
        answers: &Answers,
        outcome: &mut Outcome,
    ) -> Vec<String> {
        let lang = self.lang;
        let mut wrong = Vec::new();
        if let Some(text) = self.ended(flown) {
            wrong.push(text);
        }
        let proof = match self.proof(&order.key).await {
            Ok(proof) => proof,
            Err(error) => {
                let Hindrance { problem, .. } =
                    Hindrance::of(&error, &self.subject.settings.portal, lang);
                wrong.push(problem);
                return wrong;
            }
        };
        outcome.by_origin = numbers(&proof.by_origin);
        outcome.by_field = proof.by_field.as_ref().map(numbers);
        let other_field = proof
            .by_field
            .as_ref()
            .is_some_and(|it| *it != proof.by_origin);
        if proof.by_origin.len() != 1 || other_field {
            let count = proof.by_origin.len();
            wrong.push(match lang {
                Lang::En => format!("{count} deals carry the order's key instead of one, or not both keys name the same one"),
                Lang::Ru => format!("сделок с ключом заказа {count} вместо одной, или два ключа называют не одну и ту же"),
            });
        }
        let kept = flown.order.as_ref().and_then(|it| it.deal);
        if let Some(deal) = kept
            && proof.by_origin.contains(&deal)
            && let Ok(Some(shown)) = self.inquiry.deal(deal).await
        {
            wrong.extend(self.content(order, &shown));
            self.stages(&shown, answers, outcome);
        }
        let late = flown.lag.origin.filter(|it| LAG_MAX < it.at_latest);
        if let Some(late) = late {
            let seconds = late.at_latest.as_secs();
            wrong.push(match lang {
                Lang::En => format!(
                    "lists showed the deal only after {seconds} s, later than A-R allows: raise ONEDEAL_SETTLE_MS by the difference"
                ),
                Lang::Ru => format!(
                    "списки показали сделку только через {seconds} с, позже, чем допускает A-R: увеличьте ONEDEAL_SETTLE_MS"
                ),
            });
        }
        wrong
    }

    /// How the flight ended, if not as it should.
    fn ended(&self, flown: &Flown) -> Option<String> {
        let lang = self.lang;
        let history = || flown.history.join(" | ");
        let text = match (flown.end, lang) {
            (End::Settled | End::Interrupted, _) => return None,
            (End::NoDeal, Lang::En) => format!("no deal came of the order: {}", history()),
            (End::NoDeal, Lang::Ru) => format!("сделка не появилась: {}", history()),
            (End::TooLong, Lang::En) => {
                format!("the order did not come to rest in time: {}", history())
            }
            (End::TooLong, Lang::Ru) => {
                format!("заказ не пришёл в покой за отведённое время: {}", history())
            }
            (End::NotTaken(status), Lang::En) => {
                format!("our own intake did not take the webhook (status {status})")
            }
            (End::NotTaken(status), Lang::Ru) => {
                format!("наш приём вебхуков не принял доставку (код {status})")
            }
        };
        Some(text)
    }

    /// All deals with the key, once the portal answers.
    async fn proof(&self, key: &CanaryKey) -> Result<Found, service::inquiry::InquiryError> {
        let mut tried = 0;
        loop {
            tried += 1;
            match self.inquiry.canaries(key).await {
                Err(error) if error.passes() && tried < PROOFS_MAX => {
                    tokio::time::sleep(PROOF_PAUSE).await;
                }
                answered => return answered,
            }
        }
    }

    /// Whether the deal says what the order says.
    fn content(&self, order: &TestOrder, shown: &DealShown) -> Option<String> {
        use kernel::deal::{FieldValue, field};
        let total = order.order.total;
        let amount = match shown.fields.get(field::AMOUNT) {
            Some(FieldValue::Number(amount)) => Some(*amount),
            Some(
                FieldValue::Text(_)
                | FieldValue::Flag(_)
                | FieldValue::Ids(_)
                | FieldValue::Texts(_),
            )
            | None => None,
        };
        let rows: Decimal = shown.rows.iter().map(|it| it.price * it.quantity).sum();
        let right = amount.map(|it| it.normalize()) == Some(total.normalize())
            && rows.normalize() == total.normalize();
        (!right).then(|| {
            let amount = amount.map_or_else(|| "–".to_owned(), |it| it.to_string());
            match self.lang {
                Lang::En => format!("the order's total is {total}, the deal's amount {amount}, its rows add up to {rows}"),
                Lang::Ru => format!("сумма заказа {total}, сделки {amount}, её строк {rows}"),
            }
        })
    }

    /// Where it was created, and where somebody else moved it.
    fn stages(&self, shown: &DealShown, answers: &Answers, outcome: &mut Outcome) {
        use kernel::deal::{FieldValue, field};
        let first = self.mapping.first();
        outcome.stage = Some(stage_name(&first.stage, answers));
        if let Some(FieldValue::Text(now)) = shown.fields.get(field::STAGE)
            && *now != first.stage
        {
            outcome.moved_to = Some(stage_name(now, answers));
        }
    }

    fn waits(&self) -> (Duration, Duration) {
        let settings = &self.subject.settings;
        (settings.rules.settle, settings.portal.timeout)
    }

    /// What could not be cleaned up.
    fn left(&self, cleaned: &Cleaned) -> Vec<String> {
        let lang = self.lang;
        let mut left: Vec<String> = cleaned
            .not_ours
            .iter()
            .map(|it| match lang {
                Lang::En => format!(
                    "deal #{it} carries another key or mark by now and was left alone: delete it by hand if it is a test"
                ),
                Lang::Ru => format!(
                    "у сделки #{it} теперь другой ключ или метка, она не тронута: удалите её сами, если это проба"
                ),
            })
            .collect();
        if let Some(error) = &cleaned.trouble {
            let hindrance = Hindrance::of(error, &self.subject.settings.portal, lang);
            left.push(match lang {
                Lang::En => format!(
                    "not everything could be removed ({}): run check --canary again",
                    hindrance.problem
                ),
                Lang::Ru => format!(
                    "убрать всё не удалось ({}): запустите check --canary ещё раз",
                    hindrance.problem
                ),
            });
        }
        left
    }

    fn told(&self, cleaned: &Cleaned, settled: bool) -> String {
        let lang = self.lang;
        let left = self.left(cleaned);
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
            (true, false, Lang::En) => "none is there; its last request may still land, so it is looked for again at the end".to_owned(),
            (true, false, Lang::Ru) => "её нет; последний запрос ещё может выполниться, поэтому в конце поищем ещё раз".to_owned(),
        }
    }

    fn interrupted(&self, landed: bool, outcome: &Outcome) -> String {
        let lang = self.lang;
        if !outcome.left.is_empty() {
            return outcome.left.join("; ");
        }
        if landed {
            return lang
                .say(
                    "a signal ended it before the proof; what it made is removed",
                    "сигнал прервал пробу до проверки; всё созданное убрано",
                )
                .to_owned();
        }
        let (settle, patience) = self.waits();
        let wait = (settle + patience).as_secs();
        match lang {
            Lang::En => format!(
                "a signal ended it while a create had no answer: it may still land within {wait} s. Run check --canary again \
                 after that, it removes what landed"
            ),
            Lang::Ru => format!(
                "сигнал прервал пробу, когда создание было без ответа: оно ещё может выполниться за {wait} с. Запустите \
                 check --canary позже, он уберёт созданное"
            ),
        }
    }

    /// Two signals: nothing more is done.
    fn left_behind(&self, order: &TestOrder) -> Outcome {
        let why = self.lang.say(
            "a second signal ended it while it cleaned up: run check --canary again, it removes what is left",
            "второй сигнал прервал уборку: запустите check --canary ещё раз, он уберёт оставшееся",
        );
        Outcome {
            verdict: Verdict::Interrupted,
            shop: Some(order.key.order.shop.to_string()),
            order: Some(order.key.order.order.0),
            left: vec![why.to_owned()],
            ..Outcome::not_run(why.to_owned())
        }
    }

    /// Says what will happen, and asks.
    fn agrees(&self, order: &TestOrder, answers: &Answers) -> Result<bool, Failure> {
        if !std::io::stdin().is_terminal() {
            return Ok(false);
        }
        let text = self.what_happens(order, answers);
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
        let yes = ["y", "yes", "д", "да"];
        Ok(yes.contains(&line.trim().to_lowercase().as_str()))
    }

    fn what_happens(&self, order: &TestOrder, answers: &Answers) -> String {
        let host = self.subject.settings.portal.host();
        let stage = stage_name(&self.mapping.first().stage, answers);
        let amount = format!("{:.2} {}", order.order.total, order.order.currency);
        let minutes = self.subject.settings.rules.settle.as_secs().div_ceil(60) + 1;
        match self.lang {
            Lang::En => format!(
                "A canary sends one test order ({amount}, no customer) through the real path: our webhook intake, a worker with a \
                 ledger of its own, and {host}. One deal appears there in the stage {stage} for about {minutes} min. Robots, \
                 workflows and notifications of that stage run as for every deal. The answer to its creation is thrown away on \
                 purpose; then exactly one deal must be there. At the end the deal is deleted by its id, after its key is read \
                 again. It stays in the recycle bin, and so does elsewhere what robots made of it (tasks, messages). A running \
                 service and its ledger are not touched."
            ),
            Lang::Ru => format!(
                "Проба отправит один тестовый заказ ({amount}, без клиента) настоящим путём: наш приём вебхуков, обработчик со \
                 своим журналом и {host}. Там примерно на {minutes} мин появится одна сделка на стадии {stage}. Роботы, \
                 процессы и уведомления этой стадии сработают, как для любой сделки. Ответ на создание будет нарочно выброшен; \
                 после этого сделка должна быть ровно одна. В конце она удаляется по номеру, когда её ключ прочитан ещё раз. \
                 Она останется в корзине, а то, что сделали роботы (задачи, сообщения), останется на месте. Работающая служба \
                 и её журнал не затрагиваются."
            ),
        }
    }
}

/// Whether everything that was sent was answered, or has had its time to land.
fn may_be_forgotten(flown: &Flown) -> bool {
    matches!(flown.end, End::Settled | End::NoDeal) || flown.witness.given_up.is_none()
}

fn numbers(of: &BTreeSet<DealId>) -> Vec<u64> {
    of.iter().map(|it| it.0).collect()
}

/// A stage with its funnel, as people know them.
fn stage_name(id: &str, answers: &Answers) -> String {
    for funnel in &answers.directory.funnels {
        if let Some(stage) = funnel.stages.iter().find(|it| it.id == id) {
            return format!("`{}` ({}, {id})", stage.name, funnel.name);
        }
    }
    format!("`{id}`")
}

fn no_note(why: &NoNote, lang: Lang) -> String {
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

fn of_another_portal(left: &Left, lang: Lang) -> String {
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
