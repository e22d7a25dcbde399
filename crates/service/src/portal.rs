//! The one sender to a portal: gathers the commands of many orders into few requests, paces them, and reads answers into
//! outcomes.
//!
//! A turn asks for a place ([`Portal::board`]); [`Portal::dispatch`] lets requests leave as the planner says.

mod calls;
mod cargo;
mod catalogue;
mod chain;
mod desk;
mod fields;
mod learn;
mod looks;
mod outcome;
mod seat;
mod travel;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bitrix24::{
    Answer, Call, Outcome as Wire, Reply, WebhookUrl,
    deals::{self, Select},
};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use http::{Request, Response};
use kernel::{mapping::Directory, pacer::Pacer};

use self::{
    catalogue::Catalogue,
    desk::{Desk, Next},
    looks::DealPage,
    outcome::News,
};
use crate::{
    clock::LedgerClock,
    counters::Counters,
    inquiry::{Inquiry, InquiryError},
    transport::{SendError, Transport},
};

pub(crate) use self::{
    calls::{kind, methods},
    cargo::{FoundParties, NoAnswer},
    chain::{CHAIN_METHODS, ChainCalls, ChainOutcome},
    fields::value_from_wire,
    seat::{Aboard, Boarding, ReadDeal, ReadParty},
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

impl PortalSettings {
    /// The portal's host, for people.
    pub fn host(&self) -> &str {
        self.url.host()
    }

    /// The person that we act as there.
    pub fn user(&self) -> u64 {
        self.url.user()
    }
}

/// A portal and our side of its limits. One per process and portal.
pub struct Portal<T> {
    settings: PortalSettings,
    transport: T,
    clock: LedgerClock,
    counters: Arc<Counters>,
    pacer: Mutex<Pacer>,
    desk: Desk,
    select: Select,
    asks: fields::Asks,
    catalogue: Catalogue,
    halted: AtomicBool,
    field_missed: AtomicBool,
    condition: Mutex<Option<News>>,
}

impl<T: Transport> Portal<T> {
    /// A sender with an empty queue.
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
        let asks = fields::Asks {
            us: settings.url.user(),
            kept: mapping.if_untouched(),
        };
        Self {
            settings,
            transport,
            clock,
            counters,
            pacer,
            desk: Desk::default(),
            select,
            asks,
            catalogue: Catalogue::default(),
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

    fn is_halted(&self) -> bool {
        self.halted.load(Ordering::Relaxed)
    }

    /// How many orders are being worked on: as many may ask for a place in a moment.
    pub(crate) fn set_at_work(&self, orders: usize) {
        self.desk.set_at_work(orders);
    }

    /// Lets requests leave, for ever.
    pub(crate) async fn dispatch(&self) {
        let mut trips = FuturesUnordered::new();
        loop {
            // Turns that are ready to ask for a place do so first.
            tokio::task::yield_now().await;
            let next = {
                let mut pacer = self.pacer();
                self.desk.next(&mut pacer, self.clock.now())
            };
            let until = match next {
                Next::Departs(departure) => {
                    trips.push(self.travel(departure));
                    continue;
                }
                Next::Waits(until) => until,
            };
            let due = async {
                match until {
                    Some(at) => self.clock.sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                Some(()) = trips.next(), if !trips.is_empty() => {}
                () = self.desk.bell.notified() => {}
                () = due => {}
            }
        }
    }

    /// What the portal offers a mapping to name.
    pub(crate) async fn directory(&self) -> Result<Directory, InquiryError> {
        // It takes two requests.
        for _ in 0..2 {
            self.ready("batch").await;
        }
        Inquiry::new(&self.settings, self.transport.clone())
            .directory()
            .await
    }

    /// Whether the portal holds any deal of this shop; `None` if no answer came.
    pub async fn holds_deals_of(&self, originator: &str) -> Option<bool> {
        self.ready("crm.item.list").await;
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

    /// Waits until one more request with this method may leave, beside the queue.
    async fn ready(&self, method: &str) {
        loop {
            let now = self.clock.now();
            let later = {
                let mut pacer = self.pacer();
                match pacer
                    .open(now)
                    .and_then(|()| pacer.allowance(method, true, now))
                {
                    Ok(_) => {
                        pacer.leaves(now);
                        return;
                    }
                    Err(later) => later,
                }
            };
            self.clock.sleep_until(later.at).await;
        }
    }

    /// Sends one call on its own; its place must have been taken.
    async fn one(&self, call: Call) -> Wire<Answer> {
        self.one_of(call, false).await
    }

    async fn one_of(&self, call: Call, left_behind: bool) -> Wire<Answer> {
        let request = self.settings.url.request(&call);
        let method = call.method;
        self.carries(&[method]);
        let answer = self
            .send(request, |reply| bitrix24::read(&call, reply))
            .await;
        self.learn(&[method], std::slice::from_ref(&answer), left_behind);
        answer
    }

    fn carries(&self, methods: &[&str]) {
        let mut pacer = self.pacer();
        for method in methods {
            pacer.carries(method);
        }
    }

    async fn send<R>(&self, request: Request<Bytes>, read: impl FnOnce(Reply<'_>) -> R) -> R {
        if self.is_halted() {
            return read(Reply::NotSent);
        }
        match tokio::time::timeout(self.settings.timeout, self.transport.send(request)).await {
            Ok(Ok(answer)) => read(reply(&answer)),
            Ok(Err(SendError::NotSent)) => read(Reply::NotSent),
            Ok(Err(SendError::Lost)) | Err(_) => read(Reply::Lost),
        }
    }

    /// A portal without the order field refuses to look by it. Then no deal carries the field, and the origin pair alone
    /// is the key; a person is told once.
    fn forgive_missing_field(&self, page: &DealPage, answers: &mut [Wire<Answer>]) {
        let Some(by_field) = page.by_field else {
            return;
        };
        let origin_answered = matches!(answers[page.by_origin], Wire::Done(_));
        let Wire::Refused(refusal) = &answers[by_field] else {
            return;
        };
        if !origin_answered || refusal.class != bitrix24::RefusalClass::Invalid {
            return;
        }
        if !self.field_missed.swap(true, Ordering::Relaxed) {
            let field = &self.select.order_field;
            tracing::warn!(
                portal.host = self.settings.url.host(),
                "The portal does not know the deal field {field}: create it (CRM settings, user fields of deals, type string) or set ONEDEAL_ORDER_FIELD; until then only ORIGIN_ID carries the order's number"
            );
        }
        answers[by_field] = Wire::Done(Answer::from(serde_json::json!({"items": []})));
    }

    fn pacer(&self) -> MutexGuard<'_, Pacer> {
        // A panic elsewhere leaves the numbers usable.
        self.pacer.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
