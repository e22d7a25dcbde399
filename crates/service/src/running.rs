//! A service: its parts put together, its start, its run, its stop.

use std::{collections::BTreeMap, future::Future, path::PathBuf, sync::Arc, time::Duration};

use axum::Router;
use jiff::{Timestamp, tz::TimeZone};
use kernel::{Elapsed, LedgerId, ShopDomain, mapping::Mapping, rules::Rules};
use shopify::signature::Secrets;
use store::{Started, Store, StoreError};
use tokio::sync::watch;

use crate::{
    Chain, access,
    alerts::{AlertParts, Alerts},
    api::{self, Api},
    board::{Board, Facts, model::SettingsView},
    clock::{Clock, LedgerClock},
    counters::Counters,
    door::Door,
    http::{self, AdminAccess},
    intake::Intake,
    names,
    operator::Operators,
    outlook,
    pages::{self, Pages},
    portal::{Credential, Portal, PortalSettings},
    reconcile::{self, AdminParts, Reconciler},
    subscriptions::PublicUrl,
    transport::Transport,
    watchman,
    worker::{self, Shared},
};

/// The position of the ledger's clock is written down this often: what a reboot may add to a wait.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(15);

/// The pause between two questions to a portal that does not say whether it holds deals of ours.
const PORTAL_CHECK_PAUSE: Duration = Duration::from_secs(2);

/// Turns get this long to finish their step once a stop was asked for.
const STOP_GRACE: Duration = Duration::from_secs(20);

/// Creation rests until the portal was looked at.
const UNCHECKED: Elapsed = Elapsed::from_millis(u64::MAX);

/// Where it is remembered that the portal was looked at before the first deal, and until when the ledger was cold then.
const PORTAL_CHECKED: &str = "portal_checked";

/// Where it keeps when it first waited for the portal, in seconds of Unix time.
const BEGAN: &str = "began";

/// What a service is made of.
pub struct Parts<S, T> {
    /// The ledger.
    pub store: S,
    /// The way to the portal.
    pub transport: T,
    /// The machine's clocks.
    pub clock: Arc<dyn Clock>,
    /// The name of the ledger if it has none yet.
    pub fresh_ledger: LedgerId,
    /// The portal.
    pub portal: PortalSettings,
    /// The shops and what signs their deliveries.
    pub shops: BTreeMap<ShopDomain, Secrets>,
    /// The waits.
    pub rules: Rules,
    /// From order to deal.
    pub mapping: Mapping,
    /// Who may see metrics.
    pub admin: AdminAccess,
    /// The shop's Admin API. Without it the service knows of an order what webhooks bring, and nothing more.
    pub shopify: Option<AdminParts<T>>,
}

/// A started service.
pub struct Service<S, T> {
    shared: Arc<Shared<S, T>>,
    shops: Arc<BTreeMap<ShopDomain, Secrets>>,
    admin: AdminAccess,
    reconciler: Option<Reconciler<T>>,
    cold_until: watch::Sender<Option<Elapsed>>,
    named: watch::Sender<bool>,
    healthy: watch::Sender<bool>,
    board: Board<S, T>,
    post: watchman::Post<T>,
    /// How the ledger started.
    pub started: Started,
}

impl<S: Store, T: Transport> Service<S, T> {
    /// Opens the ledger and records what an earlier process left open. Nothing is sent yet.
    ///
    /// # Errors
    /// The store failed.
    pub async fn start(parts: Parts<S, T>) -> Result<Self, StoreError> {
        let boot = parts.clock.boot();
        let started = parts
            .store
            .start(boot.clone(), parts.fresh_ledger, parts.rules.settle)
            .await?;
        let wall = parts.clock.wall();
        let clock = LedgerClock::new(parts.clock.clone(), &started, &boot);
        // Until the portal was looked at, an empty ledger may be one that forgot everything.
        let checked = parts.store.meta(PORTAL_CHECKED).await?;
        let cold = match checked.map(|it| it.parse().unwrap_or(u64::MAX)) {
            Some(settled) => started.cold_until.max(Some(Elapsed::from_millis(settled))),
            None => Some(UNCHECKED),
        };
        if cold != Some(UNCHECKED) || started.cold_until.is_some() {
            let forgetful = started.cold_until.is_some();
            for shop in parts.shops.keys() {
                reconcile::begin(&parts.store, shop, wall, forgetful).await?;
            }
        }
        let (cold_until, cold) = watch::channel(cold);
        let counters = Arc::new(Counters::default());
        let facts = Facts {
            shops: parts.shops.keys().cloned().collect(),
            admin_api: parts.shopify.as_ref().map(|it| it.settings.shop.clone()),
            reconcile_every: parts.shopify.as_ref().and_then(|it| it.every),
            keeps_subscriptions: parts
                .shopify
                .as_ref()
                .is_some_and(|it| it.public_url.is_some()),
            settings: None,
            zone: TimeZone::system(),
        };
        let reconciler = parts.shopify.map(|it| {
            let (clock, counters) = (parts.clock.clone(), counters.clone());
            Reconciler::new(it, clock, counters)
        });
        let portal = Portal::new(
            parts.portal,
            parts.transport,
            clock.clone(),
            counters.clone(),
            &parts.mapping,
        );
        let names = (started.ledger.clone(), started.process);
        let shared = Shared::new(
            parts.store,
            portal,
            clock,
            parts.rules,
            parts.mapping,
            names,
            cold,
            counters,
        );
        let (healthy, _) = watch::channel(true);
        let (named, _) = watch::channel(false);
        let shops = Arc::new(parts.shops);
        access::recall(&shared).await?;
        shared.notes.recall(&shared.store).await?;
        let shared = Arc::new(shared);
        let service = Self {
            board: Board::new(shared.clone(), Arc::new(facts), healthy.subscribe()),
            shared,
            shops,
            admin: parts.admin,
            reconciler,
            cold_until,
            named,
            healthy,
            post: watchman::Post::default(),
            started,
        };
        service
            .named
            .send_replace(names::recall(&service.shared).await?);
        let interrupted = worker::record_interrupted(&service.shared, None).await?;
        service.announce(interrupted);
        Ok(service)
    }

    /// Has people told what they should know.
    #[must_use]
    pub async fn with_alerts(mut self, parts: AlertParts<T>) -> Self {
        let alerts = Alerts::new(parts);
        alerts.recall(&self.shared).await;
        self.post.alerts = Some(alerts);
        self
    }

    /// Watches the space that is left where the ledger lies.
    #[must_use]
    pub fn with_ledger_at(mut self, path: PathBuf) -> Self {
        self.post.ledger = Some(path);
        self
    }

    /// The routes that need no token: webhooks and health.
    pub fn router(&self) -> Router {
        let intake = Intake {
            shared: self.shared.clone(),
            shops: self.shops.clone(),
        };
        let routes = http::router(intake, self.healthy.subscribe());
        match self.shared.portal.settings().credential {
            Credential::Webhook(_) => routes,
            Credential::App(_) => routes.merge(access::router(self.shared.clone())),
        }
    }

    /// Dashboard, API and metrics, behind one door. `seed` has to be unguessable and new for each process; `public` is our own address,
    /// where that is known.
    pub fn dashboard(&self, seed: [u8; 32], public: Option<&PublicUrl>) -> Router {
        let clock = self.shared.clock.clone();
        let door = Door::new(self.admin.clone(), seed, public, clock);
        let (board, operators) = (self.board(), self.operators());
        let pages = pages::router(Pages {
            board: board.clone(),
            operators: operators.clone(),
            door: door.clone(),
        });
        let metrics = http::metrics(door.clone(), self.counters());
        pages.merge(metrics).merge(api::router(Api {
            door,
            board,
            operators,
        }))
    }

    /// The same, with its settings as people may see them.
    pub fn with_settings(self, settings: SettingsView) -> Self {
        let facts = Facts {
            settings: Some(settings),
            ..self.board.facts().clone()
        };
        Self {
            board: Board::new(
                self.shared.clone(),
                Arc::new(facts),
                self.healthy.subscribe(),
            ),
            ..self
        }
    }

    /// What people and scripts may know.
    pub fn board(&self) -> Board<S, T> {
        self.board.clone()
    }

    /// Now, on the ledger's clock.
    pub fn now(&self) -> Elapsed {
        self.shared.clock.now()
    }

    /// The counters.
    pub fn counters(&self) -> Arc<Counters> {
        self.shared.counters.clone()
    }

    /// Why nothing can be sent to the portal at present, if that is so.
    pub fn portal_condition(&self) -> Option<access::Condition> {
        self.shared.portal.condition()
    }

    /// What operators may do.
    pub fn operators(&self) -> Operators<S, T> {
        Operators::new(self.shared.clone())
    }

    /// The ledger.
    pub fn store(&self) -> &S {
        &self.shared.store
    }

    /// Works until `stop` completes, then lets the turns under way finish their step; what does not finish in time stays
    /// as an honest intent for the next start.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let (stopping, stopped) = watch::channel(false);
        let mut named = self.named.subscribe();
        let mut stopped_early = stopping.subscribe();
        let work = async {
            // No turn before the mapping knows what its names mean.
            tokio::select! {
                biased;
                _ = stopped_early.wait_for(|it| *it) => {}
                _ = named.wait_for(|it| *it) => {}
            }
            tokio::select! {
                biased;
                () = worker::run(&self.shared, stopped) => {}
                () = self.shared.portal.dispatch() => {}
            }
        };
        let work = self.with_tokens(work);
        // On the heap: the largest of all, and the whole would not fit well on a stack with it.
        let mut reconciling = Box::pin(reconcile::keep(&self.shared, self.reconciler.as_ref()));
        let mut watching = Box::pin(watchman::keep(
            &self.shared,
            self.reconciler.as_ref(),
            &self.post,
        ));
        let mut telling = Box::pin(self.tell());
        let beside = async {
            tokio::select! {
                biased;
                () = self.check_database() => {}
                () = self.keep_time() => {}
                () = outlook::watch(&self.shared) => {}
                () = self.look_at_portal() => {}
                () = names::keep(&self.shared, &self.named) => {}
                () = &mut reconciling => {}
                () = &mut watching => {}
                () = &mut telling => {}
            }
        };
        let mut work = std::pin::pin!(work);
        let mut beside = std::pin::pin!(beside);
        let mut stop = std::pin::pin!(stop);
        tokio::select! {
            biased;
            () = &mut stop => {}
            () = &mut work => {}
            _ = &mut beside => {}
        }
        self.healthy.send_replace(false);
        stopping.send_replace(true);
        let grace = if self.shared.portal.keys().is_settled() {
            STOP_GRACE
        } else {
            STOP_GRACE.max(access::TOKENS_WAIT)
        };
        if tokio::time::timeout(grace, work).await.is_err() {
            tracing::warn!(
                "Some requests were still without an answer; the next start treats them as unknown"
            );
        }
        self.stopped().await;
    }

    /// Tells people what waits to be told.
    async fn tell(&self) {
        match &self.post.alerts {
            Some(alerts) => alerts.keep(&self.shared).await,
            None => std::future::pending().await,
        }
    }

    /// Works with somebody beside who keeps the portal's tokens; a pair that is on its way when the work ends is awaited, as
    /// it would be lost for ever.
    async fn with_tokens(&self, work: impl Future<Output = ()>) {
        let mut keeping = Box::pin(access::keep(&self.shared));
        let ended = async {
            work.await;
            self.shared.portal.keys().settled().await;
        };
        tokio::select! {
            biased;
            () = &mut keeping => {}
            () = ended => {}
        }
    }

    /// Writes the position of the ledger's clock down, again and again.
    async fn keep_time(&self) {
        loop {
            tokio::time::sleep(CHECKPOINT_EVERY).await;
            self.checkpoint().await;
        }
    }

    async fn checkpoint(&self) {
        let clock = &self.shared.clock;
        if let Err(error) = self
            .shared
            .store
            .checkpoint(clock.now(), clock.boot())
            .await
        {
            tracing::error!(error = %Chain(&error), "Failed to write the ledger's clock down");
        }
    }

    /// An empty ledger on a portal that already holds deals of its shops may have forgotten sends (design §4.2, rule 11).
    async fn look_at_portal(&self) {
        if *self.cold_until.borrow() != Some(UNCHECKED) {
            return std::future::pending().await;
        }
        let began = self.began().await;
        let mut holds = false;
        for shop in self.shops.keys() {
            holds |= self.holds_deals_of(&shop.originator()).await;
        }
        let settled = self.shared.clock.now() + self.shared.rules.settle;

        if holds {
            tracing::warn!(
                "The portal already holds deals of this shop, and this ledger knows none: they are adopted, and nothing is created before {settled} of the ledger's clock"
            );
        }
        // Even a ledger that begins on an empty portal looks for late landings in its first day: it may have forgotten some.
        let until = if holds {
            settled
        } else {
            self.shared.clock.now()
        };
        while let Err(error) = self.note_portal_checked(until, holds, began).await {
            tracing::error!(error = %Chain(&error), "Failed to write down that the portal was looked at; tried again");
            tokio::time::sleep(PORTAL_CHECK_PAUSE).await;
        }
        self.cold_until
            .send_replace(self.started.cold_until.max(Some(until)));
        self.shared.bell.notify_one();
        std::future::pending().await
    }

    /// When this ledger first waited for the portal: webhooks may be lost from then on, however long the portal takes.
    async fn began(&self) -> Timestamp {
        loop {
            match self.note_began().await {
                Ok(began) => return began,
                Err(error) => {
                    tracing::error!(error = %Chain(&error), "Failed to write down when the ledger began; tried again");
                    tokio::time::sleep(PORTAL_CHECK_PAUSE).await;
                }
            }
        }
    }

    async fn note_began(&self) -> Result<Timestamp, StoreError> {
        let store = &self.shared.store;
        let noted = store.meta(BEGAN).await?;
        let noted = noted.and_then(|it| Timestamp::from_second(it.parse().ok()?).ok());
        if let Some(began) = noted {
            return Ok(began);
        }
        let now = self.shared.clock.wall();
        store.set_meta(BEGAN, &now.as_second().to_string()).await?;
        Ok(now)
    }

    /// The reconciler's mark comes first: whoever dies in between looks at the portal again.
    async fn note_portal_checked(
        &self,
        until: Elapsed,
        forgetful: bool,
        began: Timestamp,
    ) -> Result<(), StoreError> {
        let store = &self.shared.store;
        for shop in self.shops.keys() {
            reconcile::begin(store, shop, began, forgetful).await?;
        }
        let until = until.as_millis().to_string();
        store.set_meta(PORTAL_CHECKED, &until).await
    }

    async fn holds_deals_of(&self, originator: &str) -> bool {
        loop {
            if let Some(holds) = self.shared.portal.holds_deals_of(originator).await {
                return holds;
            }
            tokio::time::sleep(PORTAL_CHECK_PAUSE).await;
        }
    }

    /// After an unclean stop the database is read through once, beside the work; damage stops everything.
    async fn check_database(&self) {
        if self.started.unclean {
            match self.shared.store.quick_check().await {
                Ok(()) => {}
                Err(error @ StoreError::Corrupt { .. }) => {
                    tracing::error!(error = %Chain(&error), "The database is damaged: nothing more is sent");
                    return;
                }
                Err(error) => {
                    tracing::warn!(error = %Chain(&error), "Failed to read through the database")
                }
            }
        }
        std::future::pending().await
    }

    async fn stopped(&self) {
        self.checkpoint().await;
        // Notes for people: what is lost of them costs a line of a chart.
        let _ = self.shared.notes.remember(&self.shared.store).await;
        if let Err(error) = self.shared.store.stopped_cleanly().await {
            tracing::error!(error = %Chain(&error), "Failed to write down that the service stopped on purpose");
        }
    }

    fn announce(&self, interrupted: usize) {
        let started = &self.started;
        if let Some(reason) = &started.cold_reason {
            tracing::warn!(
                "The ledger may have forgotten sends ({reason}): deals are found and adopted, none is created before they can no longer land"
            );
        }
        if 0 < interrupted {
            tracing::warn!(
                count = interrupted,
                "{interrupted} requests were without an answer when the service stopped; they are unknown until looked up"
            );
        }
        tracing::info!(
            process.number = started.process.0,
            ledger.id = started.ledger.as_str(),
            "onedeal started"
        );
        access::announce(&self.shared);
    }
}
