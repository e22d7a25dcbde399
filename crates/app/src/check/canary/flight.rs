//! One flight: the order goes in at our own intake, and the run is watched until its doubt is over.

use std::{future::IntoFuture as _, net::Ipv4Addr, sync::Arc, time::Duration};

use anyhow::Context as _;
use kernel::{mapping::Mapping, rules::Rules};
use service::{
    Parts, Service,
    canary::{Losing, Witness},
    clock::SystemClock,
    http::AdminAccess,
    inquiry::Inquiry,
    portal::PortalSettings,
    transport::{HttpTransport, Transport as _},
};
use shopify::signature::Secrets;
use store::{OrderRecord, SqliteStore, Store as _};
use tokio::{
    net::TcpListener,
    sync::watch,
    time::{Instant, sleep},
};

use super::{
    lag::{self, Lag},
    note::Note,
    order::TestOrder,
    progress::Progress,
};
use crate::{
    exit::{Exit, Exits as _, Failure},
    lang::Lang,
    signals::Signals,
};

/// Of the portal's rate a canary takes this share, and this share of its burst: the rest is the running service's.
const RATE_SHARE: f64 = 0.25;
const BURST_SHARE: f64 = 0.1;

/// Fewer at once would be no burst.
const BURST_MIN: f64 = 5.0;

/// How often the run's ledger is looked into.
const LOOK: Duration = Duration::from_millis(100);

/// An order whose next step is so far away rests: only the late looks are left.
const RESTS: Duration = Duration::from_secs(60);

/// A run takes so many settle times at the most, and this long beside.
const SETTLES_MAX: u32 = 4;
const BESIDE_MAX: Duration = Duration::from_secs(300);

/// What Shopify sends of a new order, within the same moment.
const TOPICS: [&str; 2] = ["orders/create", "orders/updated"];

/// What a flight needs.
pub(super) struct Flight<'a> {
    pub(super) portal: &'a PortalSettings,
    pub(super) mapping: &'a Mapping,
    pub(super) rules: Rules,
    pub(super) transport: &'a HttpTransport,
    pub(super) inquiry: &'a Inquiry<HttpTransport>,
    pub(super) order: &'a TestOrder,
    pub(super) note: &'a Note,
    pub(super) progress: &'a Progress,
    pub(super) lang: Lang,
}

/// What was seen of it.
pub(super) struct Flown {
    pub(super) end: End,
    pub(super) witness: Witness,
    /// The order in the run's ledger, at the end.
    pub(super) order: Option<OrderRecord>,
    pub(super) lag: Lag,
    /// From the loss until the deal was found again.
    pub(super) found_again: Option<Duration>,
    /// From the loss until the doubt was over.
    pub(super) settled: Option<Duration>,
    /// The last lines of the order's history, for whoever asks why.
    pub(super) history: Vec<String>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The doubt is over and the order rests.
    Settled,
    /// The order is set aside: nothing more will come of it.
    NoDeal,
    /// It did not come to rest in time.
    TooLong,
    /// Our own intake did not take the delivery.
    NotTaken(u16),
    /// A signal.
    Interrupted,
}

/// What watching the ledger showed.
#[derive(Debug, Clone, Copy, Default)]
struct Times {
    found_again: Option<Duration>,
    settled: Option<Duration>,
}

impl Flight<'_> {
    /// Flies, until its end or a signal. Nothing runs any more when it returns.
    pub(super) async fn fly(&self, signals: &mut Signals) -> Result<Flown, Failure> {
        let path = self
            .note
            .fresh_ledger()
            .context("the canary's own ledger cannot be made")
            .exits(Exit::Storage)?;
        let store = SqliteStore::open(&path)
            .context("the canary's own ledger cannot be made")
            .exits(Exit::Storage)?;
        let number = self.order.key.order.origin();
        let diary = Arc::new(self.note.pages());
        let transport = Losing::new(self.transport.clone(), diary, &number);
        let witness = transport.witness();
        let service = self.service(store.clone(), transport).await?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .exits(Exit::Bug)?;
        let host = listener.local_addr().exits(Exit::Bug)?.to_string();
        let serving = axum::serve(listener, service.router()).into_future();
        let (stop, mut stopped) = watch::channel(false);
        let mut working = Box::pin(service.run(async move {
            // The sender outlives the service.
            let _ = stopped.wait_for(|it| *it).await;
        }));
        let mut times = Times::default();
        let mut lag = Lag::default();
        let end = {
            let limit = self.rules.settle;
            let measuring = async {
                lag = lag::measure(self.inquiry, &self.order.key, witness.clone(), limit).await;
                std::future::pending::<()>().await;
            };
            let driving = self.drive(&host, &store, &service, witness.clone(), &mut times);
            tokio::select! {
                biased;
                () = signals.next() => End::Interrupted,
                end = driving => end?,
                // None of the others ends by itself while its sender lives.
                () = &mut working => End::TooLong,
                _ = serving => End::TooLong,
                () = measuring => End::TooLong,
            }
        };
        stop.send_replace(true);
        working.await;
        let order = store
            .order(&self.order.key.order)
            .await
            .exits(Exit::Storage)?;
        let history = store.timeline(&self.order.key.order, HISTORY).await;
        let history = history.unwrap_or_default().into_iter().map(|it| it.text);
        let seen = witness.borrow().clone();
        Ok(Flown {
            end,
            witness: seen,
            order,
            lag,
            found_again: times.found_again,
            settled: times.settled,
            history: history.collect(),
        })
    }

    async fn service(
        &self,
        store: SqliteStore,
        transport: Losing<HttpTransport>,
    ) -> Result<Service<SqliteStore, Losing<HttpTransport>>, Failure> {
        let secrets = Secrets::parse(&self.order.secret).exits(Exit::Bug)?;
        let shop = self.order.key.order.shop.clone();
        let parts = Parts {
            store,
            transport,
            clock: Arc::new(SystemClock::new()),
            fresh_ledger: self.order.key.ledger.clone(),
            portal: PortalSettings {
                per_second: self.portal.per_second * RATE_SHARE,
                burst: (self.portal.burst * BURST_SHARE).max(BURST_MIN),
                ..self.portal.clone()
            },
            shops: [(shop, secrets)].into(),
            rules: self.rules,
            mapping: self.mapping.clone(),
            admin: AdminAccess::Off,
            shopify: None,
        };
        Service::start(parts)
            .await
            .context("the canary's own ledger cannot be started")
            .exits(Exit::Storage)
    }

    /// Delivers the order, and watches the run's ledger until it rests.
    async fn drive(
        &self,
        host: &str,
        store: &SqliteStore,
        service: &Service<SqliteStore, Losing<HttpTransport>>,
        witness: watch::Receiver<Witness>,
        times: &mut Times,
    ) -> Result<End, Failure> {
        let number = self.order.key.order.order;
        self.progress.step(&match self.lang {
            Lang::En => format!("order {number} goes to our own intake"),
            Lang::Ru => format!("заказ {number} отправлен нашему приёму вебхуков"),
        });
        if let Some(status) = self.deliver(host).await {
            return Ok(End::NotTaken(status));
        }
        let began = Instant::now();
        let longest = self.rules.settle * SETTLES_MAX + BESIDE_MAX;
        let mut told = Told::default();
        loop {
            sleep(LOOK).await;
            let record = store
                .order(&self.order.key.order)
                .await
                .exits(Exit::Storage)?;
            let seen = witness.borrow().clone();
            self.tell(&seen, times, &mut told);
            let Some(record) = record else { continue };
            let now = service.now();
            let rests = !record.claimed && record.due.is_none_or(|it| now + RESTS < it);
            let linked = record.phase == "linked";
            let settles_at = seen.thrown_away.max(seen.given_up);
            let settled = settles_at.is_some_and(|it| self.rules.settle <= it.elapsed());
            if linked && rests && settled {
                times.settled = settles_at.map(|it| it.elapsed());
                return Ok(End::Settled);
            }
            let parked = matches!(record.phase.as_str(), "parked" | "unwanted" | "ignored");
            if parked && (settled || settles_at.is_none()) {
                return Ok(End::NoDeal);
            }
            if longest < began.elapsed() {
                return Ok(End::TooLong);
            }
        }
    }

    /// Both webhooks of a new order at once; the status of one that was not taken.
    async fn deliver(&self, host: &str) -> Option<u16> {
        let send = |topic: &'static str| async move {
            let request = self.order.delivery(topic, host)?;
            let answer = self.transport.send(request).await.ok()?;
            Some(answer.status().as_u16())
        };
        let (one, other) = tokio::join!(send(TOPICS[0]), send(TOPICS[1]));
        let [one, other] = [one, other].map(|it| it.unwrap_or_default());
        [one, other].into_iter().find(|it| *it != 200)
    }

    /// Tells each step once, and where things stand.
    fn tell(&self, seen: &Witness, times: &mut Times, told: &mut Told) {
        let lang = self.lang;
        let Some(lost) = seen.thrown_away.or(seen.given_up) else {
            self.progress.state(|| {
                lang.say(
                    "our intake has it; the worker creates the deal",
                    "заказ принят; создаётся сделка",
                )
                .to_owned()
            });
            return;
        };
        if !std::mem::replace(&mut told.lost, true) {
            self.progress.step(&match (seen.made.first(), lang) {
                (Some(made), Lang::En) => format!(
                    "the portal created deal #{}; its answer is thrown away",
                    made.deal
                ),
                (Some(made), Lang::Ru) => {
                    format!("портал создал сделку #{}; его ответ выброшен", made.deal)
                }
                (None, Lang::En) => {
                    "the network lost the answer to the create by itself".to_owned()
                }
                (None, Lang::Ru) => "ответ на создание потерялся в сети сам".to_owned(),
            });
        }
        if let Some(again) = seen.seen_again
            && times.found_again.is_none()
        {
            let after = again.saturating_duration_since(lost);
            times.found_again = Some(after);
            let after = after.as_secs_f64();
            self.progress.step(&match lang {
                Lang::En => format!("the deal was found again after {after:.1} s"),
                Lang::Ru => format!("сделка найдена снова через {after:.1} с"),
            });
        }
        let (passed, settle) = (lost.elapsed().as_secs(), self.rules.settle.as_secs());
        self.progress.state(|| match lang {
            Lang::En => format!("waiting until the doubt is over: {passed} of {settle} s"),
            Lang::Ru => format!("ждём, пока решится сомнение: {passed} из {settle} с"),
        });
    }
}

/// Lines of an order's history that are kept.
const HISTORY: usize = 6;

/// Which steps were told.
#[derive(Debug, Default)]
struct Told {
    lost: bool,
}
