//! The one sender to a portal: turns commands into requests, paces them, and reads answers into outcomes.

mod fields;
mod outcome;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bitrix24::{
    Answer, Batch, Call, Halt, Outcome as Wire, Reply, WebhookUrl,
    contacts::{self, Comm, NewContact},
    deals::{self, DealRow, Select},
    item::{self, Entity},
    rows, timeline,
};
use bytes::Bytes;
use http::{Request, Response};
use kernel::{
    ContactId, DealId, Elapsed, OrderKey, ProcessNo,
    command::{Command, Write},
    contact::{ContactCommand, ContactGlimpse, ContactWish},
    deal::{FoundDeal, Glimpse},
    event::Effect,
    mutants::{Mutant, planted},
    outcome::Outcome,
    pacer::{METHOD_PAUSE, Pacer},
};

use self::outcome::News;
use crate::{
    clock::LedgerClock,
    counters::Counters,
    transport::{SendError, Transport},
};

/// Pages of a lookup that are followed; beyond them the lookup proves nothing.
const PAGES_MAX: usize = 20;

/// How to reach a portal.
#[derive(Debug, Clone)]
pub struct PortalSettings {
    /// Its inbound webhook, a secret.
    pub url: WebhookUrl,
    /// Requests per second that its plan drains.
    pub per_second: f64,
    /// Requests that its bucket holds.
    pub burst: f64,
    /// How long we wait for an answer before we give it up.
    pub timeout: Duration,
}

/// A portal and our side of its limits. One per process and portal.
pub struct Portal<T> {
    settings: PortalSettings,
    transport: T,
    clock: LedgerClock,
    counters: Arc<Counters>,
    pacer: Mutex<Pacer>,
    select: Select,
    halted: AtomicBool,
    field_missed: AtomicBool,
    condition: Mutex<Option<News>>,
}

/// What a lookup showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// When it started.
    pub started_at: Elapsed,
    /// Rows with the order's key; the portal's code, where it gave one, if the lookup came to nothing.
    pub deals: Result<Vec<FoundDeal>, Option<String>>,
    /// Contacts by origin and by e-mail or phone; `None` if not asked, or come to nothing.
    pub contacts: Option<(Vec<ContactId>, Vec<ContactId>)>,
}

/// What a read showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadDeal {
    /// The deal.
    Shown(Box<Glimpse>),
    /// The portal does not know it.
    NotFound,
    /// Nothing came of it; the portal's code, where it gave one.
    Failed(Option<String>),
}

impl<T: Transport> Portal<T> {
    /// A sender with an empty bucket.
    pub fn new(
        settings: PortalSettings,
        transport: T,
        clock: LedgerClock,
        counters: Arc<Counters>,
        mapping: &kernel::mapping::Mapping,
    ) -> Self {
        let pacer = Mutex::new(Pacer::new(settings.per_second, settings.burst, clock.now()));
        let select = Select {
            order_field: mapping.order_field.clone(),
            duplicate_field: mapping.duplicate_field.clone(),
        };
        Self {
            settings,
            transport,
            clock,
            counters,
            pacer,
            select,
            halted: AtomicBool::new(false),
            field_missed: AtomicBool::new(false),
            condition: Mutex::new(None),
        }
    }

    /// Nothing more is sent to this portal by this process: a deal answered with another order's key, so ids can no
    /// longer be trusted (design §4.2, rule 10). A restart is the operator's word that it was looked at.
    pub fn halt(&self) {
        self.halted.store(true, Ordering::Relaxed);
    }

    /// Takes a place for one request with these methods.
    ///
    /// # Errors
    /// When to ask again.
    pub fn take(&self, methods: &[&str]) -> Result<(), Elapsed> {
        self.pacer().take(methods.iter().copied(), self.clock.now())
    }

    /// Waits until the portal takes a request with these methods.
    async fn ready(&self, methods: &[&str]) {
        while let Err(at) = self.take(methods) {
            self.clock.sleep_until(at).await;
        }
    }

    /// Looks an order's deal up by both its keys, and a contact beside it where one is wanted.
    pub async fn look(&self, key: &OrderKey, contact: Option<&ContactWish>) -> Looked {
        let originator = key.shop.originator();
        let origins = [key.origin()];
        let mut calls = vec![deals::find_by_origin(&originator, &origins, &self.select)];
        if !planted(Mutant::SkipOrderField) {
            calls.push(deals::find_by_user_field(
                &self.select.order_field,
                &origins,
                &self.select,
            ));
        }
        let deal_calls = calls.len();
        if let Some(wish) = contact {
            calls.push(contacts::find_by_origin(
                &originator,
                std::slice::from_ref(&wish.origin),
            ));
            calls.extend(comm_call(wish));
        }
        let started_at = self.clock.now();
        let mut answers = self.exchange(calls.clone()).await;
        let contact_answers = answers.split_off(deal_calls);
        self.forgive_missing_field(&mut answers);
        let deals = self.found_deals(&calls[..deal_calls], answers).await;
        let contacts = contact.and_then(|wish| found_contacts(&originator, wish, contact_answers));
        Looked {
            started_at,
            deals,
            contacts,
        }
    }

    /// Reads one deal and counts its rows.
    pub async fn read(&self, deal: DealId, process: ProcessNo) -> ReadDeal {
        let calls = vec![item::get(Entity::Deal, deal.0), rows::list(deal.0)];
        let mut answers = self.exchange(calls).await.into_iter();
        let (Some(shown), Some(rows)) = (answers.next(), answers.next()) else {
            return ReadDeal::Failed(None);
        };
        if outcome::is_not_found(&shown) {
            return ReadDeal::NotFound;
        }
        let code = outcome::code(&shown).or(outcome::code(&rows));
        let fields = shown.read(item::read_item).done();
        let row = fields
            .as_ref()
            .and_then(|it| DealRow::read(it, &self.select).ok());
        let rows = rows.read(rows::read).done();
        match (fields, row, rows) {
            (Some(fields), Some(row), Some(rows)) if row.id == deal.0 => {
                let at = self.clock.now();
                let us = self.settings.url.user();
                let glimpse = fields::glimpse(&row, &fields, rows.len(), us, (at, process));
                ReadDeal::Shown(Box::new(glimpse))
            }
            (_, _, _) => ReadDeal::Failed(code),
        }
    }

    /// Sends one write, alone. Its intent must be on disk.
    pub async fn write(&self, write: &Write) -> Outcome<Effect> {
        let call = write_call(write);
        let answer = self.one(call).await;
        match write {
            Write::Create { .. } | Write::Update { .. } | Write::Flag { .. } => {
                let read = |it: &Answer| {
                    let fields = item::read_item(it)?;
                    DealRow::read(&fields, &self.select)
                };
                outcome::to_kernel(answer.read(read)).map(fields::effect)
            }
            Write::Rows { .. } | Write::Comment { .. } => {
                outcome::to_kernel(answer).map(|_| Effect::Plain)
            }
        }
    }

    /// Sends one contact write, alone. Its intent must be on disk.
    pub async fn write_contact(
        &self,
        originator: &str,
        command: &ContactCommand,
    ) -> Outcome<Option<ContactId>> {
        let answer = self.one(contact_call(originator, command)).await;
        outcome::to_kernel(answer.read(item::read_id)).map(|id| Some(ContactId(id)))
    }

    /// Reads whether a contact has an e-mail and a phone.
    pub async fn read_contact(
        &self,
        contact: ContactId,
        process: ProcessNo,
    ) -> Option<ContactGlimpse> {
        let answer = self.one(item::get(Entity::Contact, contact.0)).await;
        let fields = answer.read(item::read_item).done()?;
        let row = contacts::ContactRow::read(&fields).ok()?;
        Some(ContactGlimpse {
            has_email: !row.emails.is_empty(),
            has_phone: !row.phones.is_empty(),
            at: self.clock.now(),
            process,
        })
    }

    /// Whether the portal holds any deal of this shop; `None` if no answer came.
    pub async fn holds_deals_of(&self, originator: &str) -> Option<bool> {
        self.ready(&["crm.item.list"]).await;
        let answer = self.one(deals::any_of_originator(originator)).await;
        let found = answer
            .read(|it| deals::read_found(it, &self.select))
            .done()?;
        Some(
            found
                .iter()
                .any(|it| it.originator_id.as_deref() == Some(originator)),
        )
    }

    /// A portal without the order field refuses to look by it. Then no deal carries the field, and the origin pair alone
    /// is the key; a person is told once.
    fn forgive_missing_field(&self, answers: &mut [Wire<Answer>]) {
        let [Wire::Done(_), by_field] = answers else {
            return;
        };
        let Wire::Refused(refusal) = &by_field else {
            return;
        };
        if refusal.class != bitrix24::RefusalClass::Invalid {
            return;
        }
        if !self.field_missed.swap(true, Ordering::Relaxed) {
            let field = &self.select.order_field;
            tracing::warn!(
                portal.host = self.settings.url.host(),
                "The portal does not know the deal field {field}: create it (CRM settings, user fields of deals, type string) or set ONEDEAL_ORDER_FIELD; until then only ORIGIN_ID carries the order's number"
            );
        }
        *by_field = Wire::Done(Answer {
            result: serde_json::json!({"items": []}),
            next: None,
            total: None,
            time: None,
        });
    }

    /// Reads the rows of both lookups, page by page; `None` unless all of them came.
    async fn found_deals(
        &self,
        calls: &[Call],
        answers: Vec<Wire<Answer>>,
    ) -> Result<Vec<FoundDeal>, Option<String>> {
        let mut found = Vec::new();
        for (call, answer) in calls.iter().zip(answers) {
            let mut answer = outcome::usable(answer)?;
            for _ in 0..PAGES_MAX {
                let rows =
                    deals::read_found(&answer, &self.select).map_err(|it| Some(it.to_string()))?;
                found.extend(rows.iter().map(fields::found));
                let Some(next) = answer.next else { break };
                self.ready(&["crm.item.list"]).await;
                answer = outcome::usable(self.one(bitrix24::page(call, next)).await)?;
            }
            if answer.next.is_some() {
                return Err(None);
            }
        }
        Ok(found)
    }

    async fn one(&self, call: Call) -> Wire<Answer> {
        let request = self.settings.url.request(&call);
        let method = call.method;
        let answer = self
            .send(request, |reply| vec![bitrix24::read(&call, reply)])
            .await;
        let answer = answer.into_iter().next().unwrap_or(lost());
        self.learn(&[method], std::slice::from_ref(&answer));
        answer
    }

    /// Sends reads together where a batch can carry them, one by one where it cannot.
    async fn exchange(&self, calls: Vec<Call>) -> Vec<Wire<Answer>> {
        let mut batch = Batch::new(Halt::Never);
        let batchable = calls.iter().all(|it| batch.push(it.clone()).is_ok());
        if batchable && 1 < calls.len() {
            let request = self.settings.url.batch(&batch);
            let answers = self
                .send(request, |reply| bitrix24::read_batch(&batch, reply))
                .await;
            let methods: Vec<&str> = calls.iter().map(|it| it.method).collect();
            self.learn(&methods, &answers);
            return answers;
        }
        let mut answers = Vec::new();
        for (at, call) in calls.into_iter().enumerate() {
            if 0 < at {
                self.ready(&[call.method]).await;
            }
            answers.push(self.one(call).await);
        }
        answers
    }

    async fn send<R>(&self, request: Request<Bytes>, read: impl FnOnce(Reply<'_>) -> R) -> R {
        if self.halted.load(Ordering::Relaxed) {
            return read(Reply::NotSent);
        }
        match tokio::time::timeout(self.settings.timeout, self.transport.send(request)).await {
            Ok(Ok(answer)) => read(reply(&answer)),
            Ok(Err(SendError::NotSent)) => read(Reply::NotSent),
            Ok(Err(SendError::Lost)) | Err(_) => read(Reply::Lost),
        }
    }

    /// Follows the portal's own words about its limits.
    fn learn(&self, methods: &[&str], answers: &[Wire<Answer>]) {
        let now = self.clock.now();
        let all: Vec<News> = answers.iter().map(outcome::news).collect();
        {
            let mut pacer = self.pacer();
            for (method, news) in methods.iter().zip(&all) {
                self.counters.request(news.as_str());
                if *news == News::MethodBlocked {
                    pacer.method_blocked(method, now + METHOD_PAUSE);
                }
            }
            if all
                .iter()
                .any(|it| matches!(it, News::Limited | News::Unreachable | News::NoAccess))
            {
                pacer.limited(now);
            } else if all.contains(&News::Fine) {
                pacer.went_well();
            }
        }
        self.say_condition(&all, answers);
    }

    /// Says once that the portal cannot be used, and once that it can be used again.
    fn say_condition(&self, all: &[News], answers: &[Wire<Answer>]) {
        if self.halted.load(Ordering::Relaxed) {
            return;
        }
        let trouble = all
            .iter()
            .find(|it| matches!(it, News::Unreachable | News::NoAccess));
        let condition = match trouble {
            Some(trouble) => Some(*trouble),
            None if all.contains(&News::Fine) => None,
            None => return,
        };
        let mut known = self
            .condition
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *known == condition {
            return;
        }
        *known = condition;
        let host = self.settings.url.host();
        match (condition, answers.iter().find_map(outcome::refusal)) {
            (Some(News::NoAccess), Some(refusal)) => tracing::warn!(
                portal.host = host,
                portal.code = refusal.code,
                "The portal refuses access ({}): {}; nothing is lost, orders wait",
                refusal.code,
                outcome::remedy(refusal.class),
            ),
            (Some(_), _) => tracing::warn!(
                portal.host = host,
                "The portal {host} cannot be reached: check its address and the network; nothing is lost, orders wait"
            ),
            (None, _) => tracing::info!(portal.host = host, "The portal {host} answers again"),
        }
    }

    fn pacer(&self) -> std::sync::MutexGuard<'_, Pacer> {
        // A panic elsewhere leaves the numbers usable.
        self.pacer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The methods of the request that a command makes, for pacing; none where it makes no request.
pub fn methods(command: &Command) -> &'static [&'static str] {
    match command {
        Command::Look { contact: None } => &["crm.item.list"],
        Command::Look { contact: Some(_) } => &["crm.item.list", "crm.duplicate.findbycomm"],
        Command::Read { .. } => &["crm.item.get", "crm.item.productrow.list"],
        Command::Write(Write::Create { .. }) | Command::Contact(ContactCommand::Create { .. }) => {
            &["crm.item.add"]
        }
        Command::Write(Write::Update { .. } | Write::Flag { .. })
        | Command::Contact(ContactCommand::Complete { .. }) => &["crm.item.update"],
        Command::Write(Write::Rows { .. }) => &["crm.item.productrow.set"],
        Command::Write(Write::Comment { .. }) => &["crm.timeline.comment.add"],
        Command::Contact(ContactCommand::Read { .. }) => &["crm.item.get"],
        Command::LeaveStage { .. }
        | Command::LeaveContact { .. }
        | Command::Complete
        | Command::FlagSeen { .. }
        | Command::SpareLoser { .. } => &[],
    }
}

fn write_call(write: &Write) -> Call {
    match write {
        Write::Create { fields, .. } => item::add(Entity::Deal, fields::to_wire(fields)),
        Write::Update { deal, fields, .. } | Write::Flag { deal, fields, .. } => {
            item::update(Entity::Deal, deal.0, fields::to_wire(fields))
        }
        Write::Rows { deal, rows, .. } => rows::set(deal.0, &fields::rows_to_wire(rows)),
        Write::Comment { deal, text } => timeline::comment(deal.0, text),
    }
}

fn contact_call(originator: &str, command: &ContactCommand) -> Call {
    match command {
        ContactCommand::Create { wish, .. } => NewContact {
            first_name: wish.first_name.clone(),
            last_name: wish.last_name.clone(),
            email: wish.email.clone(),
            phone: wish.phone.clone(),
            originator: originator.to_owned(),
            origin: wish.origin.clone(),
        }
        .add(),
        ContactCommand::Read { id } => item::get(Entity::Contact, id.0),
        ContactCommand::Complete { id, email, phone } => item::update(
            Entity::Contact,
            id.0,
            fields::contact_addresses(email.as_deref(), phone.as_deref()),
        ),
    }
}

/// Phone only where there is no e-mail: families share a number more often than an address.
fn comm_call(wish: &ContactWish) -> Option<Call> {
    let (comm, value) = match (&wish.email, &wish.phone) {
        (Some(email), _) => (Comm::Email, email),
        (None, Some(phone)) => (Comm::Phone, phone),
        (None, None) => return None,
    };
    Some(contacts::find_by_comm(comm, std::slice::from_ref(value)))
}

fn found_contacts(
    originator: &str,
    wish: &ContactWish,
    answers: Vec<Wire<Answer>>,
) -> Option<(Vec<ContactId>, Vec<ContactId>)> {
    let mut answers = answers.into_iter();
    let by_origin = answers.next()?.done()?;
    if by_origin.next.is_some() {
        return None;
    }
    let by_origin = contacts::read_found(&by_origin).ok()?;
    let ours = |it: &&contacts::ContactRow| {
        it.originator_id.as_deref() == Some(originator)
            && it.origin_id.as_deref() == Some(wish.origin.as_str())
    };
    let by_origin = by_origin
        .iter()
        .filter(ours)
        .map(|it| ContactId(it.id))
        .collect();
    let by_comm = match answers.next() {
        Some(answer) => contacts::read_matches(&answer.done()?).ok()?,
        None => Vec::new(),
    };
    Some((by_origin, by_comm.into_iter().map(ContactId).collect()))
}

fn reply(answer: &Response<Bytes>) -> Reply<'_> {
    Reply::Answer {
        status: answer.status(),
        body: answer.body(),
    }
}

fn lost() -> Wire<Answer> {
    Wire::Unknown(bitrix24::Unknown::silent(bitrix24::Doubt::Lost))
}
