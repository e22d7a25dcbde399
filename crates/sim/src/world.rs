//! One universe: a shop, a portal, a network between, a ledger that survives, and a process that does not.

mod app;
mod death;
mod shop;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body};
use bitrix24::WebhookUrl;
use http::Request;
use kernel::{CommandSeq, LedgerId, mapping::Mapping, rules::Rules};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use service::{Parts, Service, http::AdminAccess, operator::Action, portal::PortalSettings};
use shopify::signature::Secrets;
use simulators::{
    bitrix24::{Portal, PortalConfig, UserField},
    shopify::{Delivery, Shop, ShopConfig},
};
use store::{Backup, InlineStore};
use tokio::sync::watch;
use tower::ServiceExt as _;

use self::shop::{shop_config, shop_domain};
use crate::{
    clock::SimClock,
    contestants::seed::SeedSystem,
    mapped,
    network::Network,
    script::{CALM_WRITE_MS, Crash, CrashAt, SETTLE, Script},
    trace::Trace,
};

/// The order field of every universe.
pub const ORDER_FIELD: &str = "UF_CRM_1742556489";

/// The field that names the survivor of a duplicate set.
pub const DUPLICATE_FIELD: &str = "UF_CRM_ONEDEAL_DUP_OF";

/// Shopify gives up on a delivery after this.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(5);

/// Separates the chance of the way to the shop from that of the way to the portal.
const SHOP_SALT: u64 = 0x6170_6900;

/// The product under test in a universe.
pub type Product = Service<InlineStore, Network>;

/// A universe. A clone is the same universe.
#[derive(Clone)]
pub struct World {
    /// What happens.
    pub script: Arc<Script>,
    mapping: Mapping,
    /// The portal.
    pub portal: Portal,
    /// The shop.
    pub shop: Shop,
    /// The way to the portal.
    pub network: Network,
    /// The way to the shop's Admin API.
    pub shop_network: Network,
    /// The ledger.
    pub store: InlineStore,
    /// Time.
    pub clock: Arc<SimClock>,
    /// The log.
    pub trace: Trace,
    seed: Option<SeedInstances>,
    process: Arc<Mutex<Slot>>,
    calm: Arc<AtomicBool>,
}

/// Who works in a universe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// The product.
    Onedeal,
    /// The system that seed.md describes, in two instances that know nothing of each other. It is spared crashes and
    /// forged deliveries, which it does not claim to withstand.
    Seed,
}

/// Instances of seed.md's system, taken in turn.
#[derive(Clone)]
struct SeedInstances {
    instances: [SeedSystem<Network>; 2],
}

/// What runs at the moment.
#[derive(Default)]
struct Slot {
    router: Option<Router>,
    service: Option<Arc<Product>>,
    died: Option<watch::Receiver<bool>>,
    crashes: u64,
    crashes_with_open_intent: u64,
    cold_starts: u64,
    lost_unseen: bool,
    behind: Vec<u64>,
    unsubscribed: u64,
    backup: Option<Arc<Mutex<Backup>>>,
    installs: u64,
    removals: u64,
    condition: Option<String>,
    wishes: Vec<Wish>,
}

/// What an operator asked for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The order.
    pub order: u64,
    /// What.
    pub action: Action,
    /// Promised under this number; `None` where it was refused, or no answer came.
    pub command: Option<CommandSeq>,
}

impl World {
    /// Builds the universe of a script. Call it inside a paused runtime.
    pub fn new(script: Script, algorithm: Algorithm, keep_trace: bool) -> Self {
        let trace = Trace::new(keep_trace);
        let mut config = PortalConfig {
            seed: script.seed,
            ..PortalConfig::default()
        };
        config
            .user_fields
            .push(UserField::of_type(DUPLICATE_FIELD, "integer"));
        if script.no_field {
            config.user_fields.retain(|it| it.name != ORDER_FIELD);
        }
        if script.mapped.is_some() {
            config.user_fields.extend(mapped::fields());
        }
        config.products = mapped::products();
        if let Some(app) = &script.app {
            config.app = app::config(app);
        }
        if script.calm {
            let writes = ["crm.item.add", "crm.item.update", "crm.item.productrow.set"];
            let slow = writes.map(|it| (it.to_owned(), CALM_WRITE_MS));
            config.command_ms.extend(slow);
        }
        let portal = Portal::new(config);
        let shop = Shop::new(shop_config(&script));
        portal.set_faults(script.portal.clone());
        shop.set_faults(script.shop.clone());
        let network = Network::new(
            way_to(&portal),
            script.seed,
            script.network,
            script.says_duplicate,
            trace.clone(),
        );
        let shop_network = Network::new(
            shop.router(),
            script.seed ^ SHOP_SALT,
            script.shop_network,
            0.0,
            trace.clone(),
        );
        let clock = Arc::new(SimClock::new(ShopConfig::default().epoch));
        let store = InlineStore::new().expect("memory for a database");
        if script.app.is_some() {
            network.watch_tokens(store.clone());
        }
        let seed = (algorithm == Algorithm::Seed).then(|| SeedInstances {
            instances: [(); 2].map(|()| {
                SeedSystem::new(
                    portal_url(),
                    network.clone(),
                    ORDER_FIELD.to_owned(),
                    script.timeout,
                )
            }),
        });
        let mapping = Mapping::with_order_field(ORDER_FIELD.to_owned())
            .with_duplicate_field(DUPLICATE_FIELD.to_owned());
        let mapping = match script.mapped {
            Some(recreate) => mapped::mapping(mapping, recreate),
            None => mapping,
        };
        Self {
            script: Arc::new(script),
            mapping,
            portal,
            shop,
            network,
            shop_network,
            store,
            clock,
            trace,
            seed,
            process: Arc::default(),
            calm: Arc::default(),
        }
    }

    /// The process: it starts, works, dies as the script says, and starts again, until `stop` says that it shall stop.
    pub async fn process(self, mut stop: watch::Receiver<bool>) {
        let script = self.script.clone();
        let mut crashes = script.crashes.iter();
        loop {
            let crash = if self.is_calm() { None } else { crashes.next() };
            let service = match self.start(crash).await {
                Some(service) => Arc::new(service),
                None => {
                    self.dead(crash).await;
                    continue;
                }
            };
            let (dies, died) = watch::channel(false);
            self.up(service.clone(), died);
            let work = service.run(async {
                let _ = stop.wait_for(|it| *it).await;
            });
            let survived = self.until_dead(Box::pin(work), crash).await;
            dies.send_replace(true);
            drop(service);
            self.down();
            if survived {
                return;
            }
            self.dead(crash).await;
        }
    }

    /// Starts the service; `None` if it died while it started.
    async fn start(&self, crash: Option<&Crash>) -> Option<Product> {
        let work = Service::start(self.parts());
        // A quarter of the crashes by poll fall into the start.
        let left = match crash.map(|it| it.at) {
            Some(CrashAt::Poll(polls)) if polls.is_multiple_of(4) => Some(polls / 8 + 1),
            Some(CrashAt::Poll(_) | CrashAt::Write(_) | CrashAt::Tokens(_)) | None => None,
        };
        let mut started = None;
        let work =
            async { started = Some(work.await.expect("the ledger in memory does not fail")) };
        let survived = self.until_polled(Box::pin(work), left).await;
        if survived { started } else { None }
    }

    fn parts(&self) -> Parts<InlineStore, Network> {
        let shop = shop_domain();
        let secrets = Secrets::parse("hush-hush-secret,former-hush-secret").expect("two secrets");
        Parts {
            store: self.store.clone(),
            transport: self.network.clone(),
            clock: self.clock.clone(),
            fresh_ledger: LedgerId::new(&format!(
                "ledger{}-{}",
                self.script.seed,
                self.crashes().0
            )),
            portal: PortalSettings {
                credential: app::credential(&self.script),
                per_second: 2.0,
                burst: 50.0,
                timeout: self.script.timeout,
            },
            shops: BTreeMap::from([(shop, secrets)]),
            rules: Rules { settle: SETTLE },
            mapping: self.mapping.clone(),
            admin: AdminAccess::Off,
            shopify: self.admin_parts(),
        }
    }

    /// Delivers what the shop has to say, again and again.
    pub async fn deliver(self) {
        loop {
            for delivery in self.shop.due() {
                let world = self.clone();
                tokio::spawn(async move {
                    let status = world.post(&delivery).await;
                    world.trace.say(|| {
                        let (topic, order) =
                            (&delivery.topic, delivery.order_id.unwrap_or_default());
                        format!(
                            "      delivery {} {topic} {order} attempt {} -> {status:?}",
                            delivery.id, delivery.attempt
                        )
                    });
                    world.shop.report(&delivery, status);
                });
            }
            // While there are troubles, people may act at any moment.
            let idle = Duration::from_secs(if self.is_calm() { 30 } else { 1 });
            let wait = self.shop.next_due().unwrap_or(idle);
            tokio::time::sleep(wait.clamp(Duration::from_millis(1), idle)).await;
        }
    }

    /// One delivery to an instance of seed.md's system; it works on even if Shopify gave up waiting.
    async fn post_to_seed(&self, seed: &SeedInstances, delivery: &Delivery) -> Option<u16> {
        if delivery.fault == Some("bad_signature") {
            return Some(401);
        }
        let turn = usize::try_from(delivery.id).unwrap_or_default() % seed.instances.len();
        let instance = seed.instances[turn].clone();
        let (topic, body) = (delivery.topic.clone(), delivery.body.clone());
        let handling = tokio::spawn(async move { instance.handle(&topic, &body).await });
        tokio::time::timeout(DELIVERY_TIMEOUT, handling)
            .await
            .ok()?
            .ok()
    }

    /// One delivery to whatever process lives; an answer that a crash overtakes is no answer.
    async fn post(&self, delivery: &Delivery) -> Option<u16> {
        if let Some(seed) = &self.seed {
            return self.post_to_seed(seed, delivery).await;
        }
        let (router, mut died) = {
            let slot = self.slot();
            (slot.router.clone()?, slot.died.clone()?)
        };
        let request: Request<Body> = delivery.request("http://127.0.0.1:8080");
        tokio::select! {
            biased;
            _ = died.wait_for(|it| *it) => None,
            answer = tokio::time::timeout(DELIVERY_TIMEOUT, router.oneshot(request)) => {
                Some(answer.ok()?.ok()?.status().as_u16())
            }
        }
    }

    /// All troubles end; what they left behind stays.
    pub fn calm(&self) {
        self.calm.store(true, Ordering::Relaxed);
        // What people took away comes back in its own time, or when they install the application again.
        let kept = self.script.app.and(Some(&self.script.portal));
        self.portal.set_faults(simulators::bitrix24::Faults {
            max_landing_ms: self.script.portal.max_landing_ms,
            revoked_ms: kept.and_then(|it| it.revoked_ms),
            revoked_as: kept.map(|it| it.revoked_as).unwrap_or_default(),
            narrow_ms: kept.and_then(|it| it.narrow_ms),
            ..simulators::bitrix24::Faults::default()
        });
        // The shop's search comes back in its own time.
        self.shop.set_faults(simulators::shopify::ShopFaults {
            api_search_down_ms: self.script.shop.api_search_down_ms,
            ..simulators::shopify::ShopFaults::default()
        });
        self.network.calm();
        self.shop_network.calm();
    }

    /// Whether the troubles are over.
    pub fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    /// Whether seed.md's system works here.
    pub fn is_seeds(&self) -> bool {
        self.seed.is_some()
    }

    /// Answers that seed.md's instances took for a duplicate's.
    pub fn seeds_duplicate_answers(&self) -> Option<u64> {
        let seed = self.seed.as_ref()?;
        Some(
            seed.instances
                .iter()
                .map(|it| it.counters().duplicates_detected)
                .sum(),
        )
    }

    /// The living service.
    pub fn service(&self) -> Option<Arc<Product>> {
        self.slot().service.clone()
    }

    /// An operator asked for something.
    pub fn wished(&self, wish: Wish) {
        self.slot().wishes.push(wish);
    }

    /// What operators asked for.
    pub fn wishes(&self) -> Vec<Wish> {
        self.slot().wishes.clone()
    }

    /// The living service, and what tells of its death.
    pub fn alive(&self) -> Option<(Arc<Product>, watch::Receiver<bool>)> {
        let slot = self.slot();
        Some((slot.service.clone()?, slot.died.clone()?))
    }

    /// Crashes so far, and those with a request on its way.
    pub fn crashes(&self) -> (u64, u64) {
        let slot = self.slot();
        (slot.crashes, slot.crashes_with_open_intent)
    }

    /// Whether everything was lost while no deal of ours could be seen on the portal.
    pub fn lost_unseen(&self) -> bool {
        self.slot().lost_unseen
    }

    /// Starts on a ledger that may have forgotten sends.
    pub fn cold_starts(&self) -> u64 {
        self.slot().cold_starts
    }

    fn up(&self, service: Arc<Product>, died: watch::Receiver<bool>) {
        self.trace
            .say(|| format!("===== process {} is up", service.started.process));
        let mut slot = self.slot();
        slot.cold_starts += u64::from(service.started.cold_reason.is_some());
        slot.router = Some(service.router());
        slot.died = Some(died);
        slot.service = Some(service);
    }

    fn down(&self) {
        let mut slot = self.slot();
        slot.router = None;
        slot.service = None;
        slot.died = None;
    }

    /// Makes a backup that a later crash may bring back.
    pub fn back_up(&self) {
        if let Ok(backup) = self.store.backup() {
            self.slot().backup = Some(Arc::new(Mutex::new(backup)));
        }
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Slot> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A source of chance for one purpose.
    pub fn chance(&self, purpose: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.script.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ purpose)
    }

    /// A random moment of the busy time, from now.
    pub fn moment(&self, rng: &mut ChaCha8Rng, actions: usize) -> Duration {
        let share = self.script.busy.as_millis() as f64 / (actions.max(1) as f64);
        Duration::from_millis((share * rng.random_range(0.0..2.0)) as u64)
    }
}

/// The portal, and the authorization server of its region beside it.
fn way_to(portal: &Portal) -> Router {
    portal.oauth_router().fallback_service(portal.router())
}

fn portal_url() -> WebhookUrl {
    WebhookUrl::parse("https://portal.bitrix24.com/rest/1/webhookcode/").expect("a well-formed URL")
}
