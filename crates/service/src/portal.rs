//! The one sender to a portal: gathers the commands of many orders into few requests, paces them, and reads answers into
//! outcomes.
//!
//! A turn asks for a place ([`Portal::board`]); [`Portal::dispatch`] lets requests leave as the planner says.

mod budget;
mod calls;
mod cargo;
mod catalogue;
mod chain;
mod desk;
mod fields;
mod learn;
mod looks;
mod notify;
mod outcome;
mod seat;
mod send;
mod show;
mod travel;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bitrix24::{
    Access, Answer, Call, Outcome as Wire,
    deals::{self, Select},
    item::{self, Entity},
    rows,
};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use kernel::{DealId, OrderKey, ProcessNo, mapping::Directory, pacer::Pacer};
use tracing::Instrument as _;

use self::{
    catalogue::Catalogue,
    desk::{Desk, Next},
    looks::DealPage,
    send::SENDS_MAX,
};
use crate::{
    access::{Condition, Key, Keys},
    clock::LedgerClock,
    counters::Counters,
    inquiry::{Inquiry, InquiryError},
    spans,
    transport::Transport,
};

pub use self::budget::{Pause, PauseReason, PortalBudget};
pub use crate::access::Credential;

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
    /// What opens it.
    pub credential: Credential,
    /// Requests per second that its plan drains.
    pub per_second: f64,
    /// Requests that its bucket holds.
    pub burst: f64,
    /// How long we wait for an answer before we give it up.
    pub timeout: Duration,
}

impl PortalSettings {
    /// The portal's host, with the port if one was given.
    pub fn host(&self) -> &str {
        self.credential.host()
    }

    /// The person that we act as there, where the credential names one.
    pub fn user(&self) -> Option<u64> {
        match &self.credential {
            Credential::Webhook(url) => Some(url.user()),
            Credential::App(_) => None,
        }
    }
}

/// A portal and our side of its limits. One per process and portal.
pub struct Portal<T> {
    settings: PortalSettings,
    transport: T,
    keys: Keys,
    clock: LedgerClock,
    counters: Arc<Counters>,
    pacer: Mutex<Pacer>,
    desk: Desk,
    select: Select,
    /// Fields that are written while they show what we wrote.
    kept: Vec<String>,
    catalogue: Catalogue,
    halted: AtomicBool,
    field_missed: AtomicBool,
    condition: Mutex<Option<Condition>>,
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
        let keys = match &settings.credential {
            Credential::Webhook(url) => Keys::always(Access::Webhook(url.clone())),
            Credential::App(_) => Keys::none(),
        };
        Self {
            settings,
            transport,
            keys,
            clock,
            counters,
            pacer,
            desk: Desk::default(),
            select,
            kept: mapping.if_untouched(),
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

    pub(crate) fn settings(&self) -> &PortalSettings {
        &self.settings
    }

    pub(crate) fn transport(&self) -> &T {
        &self.transport
    }

    /// What opens the portal at present.
    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    fn is_halted(&self) -> bool {
        self.halted.load(Ordering::Relaxed)
    }

    /// How many orders are being worked on: as many may ask for a place in a moment.
    pub(crate) fn set_at_work(&self, orders: usize) {
        self.desk.set_at_work(orders);
    }

    /// The order's turn is over: no request waits for it.
    pub(crate) fn is_done_with(&self, order: &OrderKey) {
        self.desk.is_done_with(order);
    }

    /// What a read of a deal is made for.
    fn asks(&self) -> fields::Asks<'_> {
        fields::Asks {
            us: self.keys.users(),
            kept: &self.kept,
        }
    }

    /// Lets requests leave, for ever.
    pub(crate) async fn dispatch(&self) {
        let mut trips = FuturesUnordered::new();
        let mut keys = self.keys.changes();
        loop {
            // Turns that are ready to ask for a place do so first.
            tokio::task::yield_now().await;
            let next = if self.keys.is_open() {
                let mut pacer = self.pacer();
                self.desk.next(&mut pacer, self.clock.now())
            } else {
                Next::Waits(None)
            };
            let until = match next {
                Next::Departs(departure) => {
                    let span = spans::request(self.settings.host(), departure.members.len());
                    trips.push(self.travel(departure).instrument(span));
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
                () = keys.next() => {}
                () = due => {}
            }
        }
    }

    /// What the portal offers a mapping to name.
    pub(crate) async fn directory(&self) -> Result<Directory, InquiryError> {
        self.keys.opened().await;
        let mut key = self.keys.at_hand();
        let mut told = self.directory_with(key.as_ref()).await;
        for _ in 1..SENDS_MAX {
            let expired =
                matches!(&told, Err(InquiryError::Refused { refusal, .. }) if refusal.is_expired());
            let Some(old) = key.filter(|_| expired) else {
                break;
            };
            key = self.keys.renewed(&old).await;
            told = self.directory_with(key.as_ref()).await;
        }
        told
    }

    async fn directory_with(&self, key: Option<&Key>) -> Result<Directory, InquiryError> {
        // It takes two requests.
        for _ in 0..2 {
            self.ready("batch").await;
        }
        let access = key.map(|it| Access::clone(&it.access));
        let told = Inquiry::new(access, self.settings.timeout, self.transport.clone())
            .directory()
            .await;
        self.learn_asked(&told);
        told
    }

    /// Whether the portal holds any deal of this shop; `None` if no answer came.
    pub async fn holds_deals_of(&self, originator: &str) -> Option<bool> {
        self.keys.opened().await;
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

    /// Reads one deal beside the queue, for a person who looks at it: nothing is decided by it.
    pub(crate) async fn peek(&self, deal: DealId, process: ProcessNo) -> ReadDeal {
        self.keys.opened().await;
        let mut answers = Vec::new();
        for call in [item::get(Entity::Deal, deal.0), rows::list(deal.0)] {
            self.ready(call.method).await;
            answers.push(self.one(call).await);
        }
        self.read_deal(deal, process, answers)
    }

    /// Waits until one more request with this method may leave, beside the queue.
    async fn ready(&self, method: &str) {
        let mut keys = self.keys.changes();
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
            // A new key may end a pause.
            tokio::select! {
                biased;
                () = keys.next() => {}
                () = self.clock.sleep_until(later.at) => {}
            }
        }
    }

    /// Sends one call on its own; its place must have been taken.
    async fn one(&self, call: Call) -> Wire<Answer> {
        self.one_of(call, false).await
    }

    async fn one_of(&self, call: Call, left_behind: bool) -> Wire<Answer> {
        let method = call.method;
        self.carries(&[method]);
        let answers = self
            .send(
                |access| access.request(&call),
                |reply| vec![bitrix24::read(&call, reply)],
            )
            .await;
        self.learn(&[method], &answers, left_behind);
        answers.into_iter().next().unwrap_or_else(lost)
    }

    fn carries(&self, methods: &[&str]) {
        let mut pacer = self.pacer();
        for method in methods {
            pacer.carries(method);
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
                portal.host = self.settings.host(),
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

fn lost() -> Wire<Answer> {
    Wire::Unknown(bitrix24::Unknown::silent(bitrix24::Doubt::Lost))
}
