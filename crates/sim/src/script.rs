//! What happens in a universe, drawn from its seed: which faults strike, how often, who does what, when things die.
//!
//! Swarm: each kind of trouble is on in some universes and off in others, so that rare combinations get their share.

mod portal;
mod shop;

use std::time::Duration;

use kernel::mapping::Recreate;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use simulators::{bitrix24::Faults, shopify::ShopFaults};

pub use portal::AppScript;
pub use shop::{AdminApi, INDEX_LAG_MS};

/// D + R of every universe, the product's default.
pub const SETTLE: Duration = kernel::rules::SETTLE_DEFAULT;

/// What a lost request may still do after its caller gave up, in milliseconds: D.
pub const LANDING_MS: u64 = 180_000;

/// How late a list may be, in milliseconds: R.
pub const LAG_MS: u64 = 25_000;

/// The cost bucket of a standard plan in older captures, so that queries are throttled (facts/shopify.md §5.6).
const COST_BUCKET: (f64, f64) = (1_000.0, 50.0);

/// Separates the chance of operators from all other.
const OPERATOR_SALT: u64 = 0x6f70_6572_6174_6f72;

/// How long a shop's token lives (facts/shopify.md §5.2).
const TOKEN_LIFE: Duration = Duration::from_secs(86_399);

/// Crashes of a storm that come so fast, a second apart in the mean, that hardly a lookup ends: almost for the settle time.
const STORM_DENSE: usize = 200;

/// Those that follow leave a process the time for a lookup and a create, so that a doubt can settle while it lasts.
const STORM_SPARSE: usize = 60;

/// The script of one universe.
#[derive(Debug, Clone)]
pub struct Script {
    /// Its seed.
    pub seed: u64,
    /// Orders placed.
    pub orders: usize,
    /// Distinct customers.
    pub customers: usize,
    /// Merchant actions after the orders.
    pub merchant_actions: usize,
    /// What people do in the CRM.
    pub people_actions: usize,
    /// How long the busy time lasts.
    pub busy: Duration,
    /// Our client's timeout.
    pub timeout: Duration,
    /// The portal's faults during the busy time.
    pub portal: Faults,
    /// The shop's faults during the busy time.
    pub shop: ShopFaults,
    /// The network's faults during the busy time.
    pub network: NetworkFaults,
    /// Crashes, one after the other.
    pub crashes: Vec<Crash>,
    /// The process dies every few seconds.
    pub storm: bool,
    /// Requests may land later than assumed.
    pub late: bool,
    /// The n-th order makes the portal fail whenever its deal is created.
    pub poison: Option<usize>,
    /// The n-th order's deal is refused by the portal.
    pub refused: Option<usize>,
    /// The portal lacks the order field.
    pub no_field: bool,
    /// A person puts another key into a linked deal.
    pub rekey: bool,
    /// Before their first webhook, orders may already have deals of another tool, or deals that only look like it.
    pub legacy: f64,
    /// The portal's create answers speak of duplicates this often.
    pub says_duplicate: f64,
    /// Many orders are placed within seconds, so that requests carry many of them.
    pub crowd: bool,
    /// A crowd without any trouble at a slow portal: what takes long then is our doing.
    pub calm: bool,
    /// The shop has a mapping of its own, with this policy for deals that people delete.
    pub mapped: Option<Recreate>,
    /// Some customers buy for companies.
    pub b2b: bool,
    /// What of the shop's Admin API the service may use.
    pub admin: AdminApi,
    /// The way to the shop's Admin API during the busy time.
    pub shop_network: NetworkFaults,
    /// How often somebody removes webhook subscriptions.
    pub unsubscribes: usize,
    /// How long the shop's tokens live.
    pub token_life: Duration,
    /// Points that the shop's cost bucket holds, and that it gets back per second.
    pub cost_bucket: (f64, f64),
    /// A local application opens the portal, in the webhook's place.
    pub app: Option<AppScript>,
    /// What an operator of the service does.
    pub operator_actions: usize,
}

/// Server time of each write in a calm universe, in milliseconds, shortest and longest.
pub const CALM_WRITE_MS: (u64, u64) = (500, 1_500);

/// Orders placed while a calm crowd waits, one after the other.
pub const CALM_FRESH: usize = 3;

/// The pause before each of them.
pub const CALM_PAUSE: Duration = Duration::from_secs(12);

/// What the way to the portal does.
#[derive(Debug, Clone, Copy, Default)]
pub struct NetworkFaults {
    /// No connection.
    pub refused: f64,
    /// The request arrives late, by up to so many milliseconds.
    pub delay_ms: u64,
    /// The connection breaks on the way there.
    pub broken: f64,
    /// The answer is lost on the way back.
    pub lost: f64,
}

/// One death of the process.
#[derive(Debug, Clone, Copy)]
pub struct Crash {
    /// When.
    pub at: CrashAt,
    /// How long it stays dead, in milliseconds.
    pub down_ms: u64,
    /// What is different when it comes back.
    pub after: After,
}

/// The moment of a crash.
#[derive(Debug, Clone, Copy)]
pub enum CrashAt {
    /// After so many polls of the process: at any await.
    Poll(u64),
    /// Right after so many writes were handed to the network.
    Write(u64),
    /// Right after so many requests for the portal's tokens were handed to the network.
    Tokens(u64),
}

/// What a crash took with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// Only the memory.
    Restart,
    /// The machine was restarted too: its boot clock begins anew.
    Reboot,
    /// The database was lost.
    Forget,
    /// An older copy of the database was put back.
    Restore,
    /// Database and epoch were lost: another ledger begins, and is restarted before its cold time ends.
    Perish,
}

impl Script {
    /// Draws a script.
    pub fn draw(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let rng = &mut rng;
        let storm = rng.random_bool(0.04);
        let late = !storm && rng.random_bool(0.06);
        let orders = rng.random_range(1..=5);
        let crashes = crashes(rng, storm);
        let forgets = crashes
            .iter()
            .any(|it| matches!(it.after, After::Forget | After::Perish));
        let timeout = if rng.random_bool(0.5) {
            Duration::from_secs(70)
        } else {
            Duration::from_secs(5)
        };
        let mut script = Self {
            seed,
            orders,
            customers: rng.random_range(1..=3),
            merchant_actions: rng.random_range(0..=10),
            people_actions: if storm { 0 } else { rng.random_range(0..=5) },
            busy: Duration::from_secs(rng.random_range(120..=1_500)),
            timeout,
            portal: portal(rng, storm, late, forgets),
            shop: shop(rng),
            network: if storm {
                NetworkFaults::default()
            } else {
                network(rng)
            },
            crashes,
            storm,
            late,
            poison: (!storm && rng.random_bool(0.06)).then(|| rng.random_range(0..orders)),
            refused: (!storm && rng.random_bool(0.05)).then(|| rng.random_range(0..orders)),
            no_field: rng.random_bool(0.03),
            rekey: !storm && rng.random_bool(0.03),
            legacy: if rng.random_bool(0.25) { 0.5 } else { 0.0 },
            says_duplicate: if rng.random_bool(0.1) { 0.1 } else { 0.0 },
            ..Self::quiet(seed)
        };
        if !script.storm && rng.random_bool(0.06) {
            script.gather(rng);
        }
        script.mapped = (!script.calm && rng.random_bool(0.4)).then(|| match rng.next_u32() % 6 {
            0 => Recreate::OnPayment,
            1 => Recreate::Always,
            _ => Recreate::Never,
        });
        // Orders of one company are worked on one after the other: a calm crowd of them says nothing about our pace.
        script.b2b = !script.calm && rng.random_bool(0.3);
        script.open_shop();
        script.install_app();
        script.operate();
        script
    }

    /// Puts an operator into every third universe, by chance of its own: what else happens there stays as it was drawn.
    fn operate(&mut self) {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed ^ OPERATOR_SALT);
        // A storm asks how long a doubt lasts, a calm crowd how long an order waits: an operator would answer for both.
        // After a deal got another key nothing more is sent, whatever anybody wants.
        let acts = rng.random_bool(1.0 / 3.0) && !self.storm && !self.calm && !self.rekey;
        self.operator_actions = if acts { rng.random_range(1..=10) } else { 0 };
    }

    /// A universe in which nothing happens yet.
    pub fn quiet(seed: u64) -> Self {
        Self {
            seed,
            orders: 0,
            customers: 1,
            merchant_actions: 0,
            people_actions: 0,
            busy: Duration::ZERO,
            timeout: Duration::from_secs(70),
            portal: Faults::default(),
            shop: ShopFaults::default(),
            network: NetworkFaults::default(),
            crashes: Vec::new(),
            storm: false,
            late: false,
            poison: None,
            refused: None,
            no_field: false,
            rekey: false,
            legacy: 0.0,
            says_duplicate: 0.0,
            crowd: false,
            calm: false,
            mapped: None,
            b2b: false,
            admin: AdminApi::Off,
            shop_network: NetworkFaults::default(),
            unsubscribes: 0,
            token_life: TOKEN_LIFE,
            cost_bucket: COST_BUCKET,
            app: None,
            operator_actions: 0,
        }
    }

    /// Makes a crowd of the orders, in one of five such universes without any trouble.
    fn gather(&mut self, rng: &mut ChaCha8Rng) {
        self.crowd = true;
        self.orders = rng.random_range(12..=32);
        self.customers = rng.random_range(self.orders / 2..=self.orders);
        if rng.random_bool(0.2) {
            // Fifty orders of ten buyers at once.
            (self.orders, self.customers) = (50, 10);
        }
        // Poison matters most to those who travel with it.
        self.poison = rng
            .random_bool(0.2)
            .then(|| rng.random_range(0..self.orders));
        if rng.random_bool(0.2) {
            *self = Self {
                calm: true,
                // As many as a slow portal does not take at once.
                orders: self.orders * 2,
                customers: self.orders * 2,
                merchant_actions: 0,
                people_actions: 0,
                timeout: Duration::from_secs(70),
                portal: Faults::default(),
                shop: ShopFaults::default(),
                network: NetworkFaults {
                    delay_ms: 30,
                    ..NetworkFaults::default()
                },
                crashes: Vec::new(),
                late: false,
                poison: None,
                refused: None,
                no_field: false,
                rekey: false,
                legacy: 0.0,
                says_duplicate: 0.0,
                ..self.clone()
            };
        }
    }

    /// Some deliveries that were answered 200 are gone with the database; the shop says everything once more.
    pub fn loses_ledger(&self) -> bool {
        self.crashes
            .iter()
            .any(|it| matches!(it.after, After::Forget | After::Restore | After::Perish))
    }
}

/// Turns each probability of a value off in about half of the universes, and scales the rest.
fn swarm(rng: &mut ChaCha8Rng, probability: f64, force: f64) -> f64 {
    if rng.random_bool(0.5) {
        0.0
    } else {
        (probability * force * rng.random_range(0.5..2.0)).min(0.5)
    }
}

fn portal(rng: &mut ChaCha8Rng, storm: bool, late: bool, forgets: bool) -> Faults {
    let loud = Faults::hostile();
    let force = if storm {
        0.0
    } else {
        rng.random_range(0.3..1.6)
    };
    let mut of = |it: f64| swarm(rng, it, force);
    let mut faults = Faults {
        drop_before: of(loud.drop_before),
        lose_answer: of(loud.lose_answer),
        hang: of(loud.hang),
        late_landing: of(loud.late_landing),
        slow: of(loud.slow),
        http_500: of(loud.http_500),
        error_core: of(loud.error_core),
        unexpected_answer: of(loud.unexpected_answer),
        html_502: of(loud.html_502),
        html_503: of(loud.html_503),
        html_200: of(loud.html_200),
        truncated: of(loud.truncated),
        storm_503: of(loud.storm_503),
        method_429: of(loud.method_429),
        empty_error_code: of(loud.empty_error_code),
        list_lag: of(0.5),
        lag_ms: (50, LAG_MS),
        max_lag_ms: LAG_MS,
        die_between: of(0.04),
        batch_cut: of(loud.batch_cut),
        wrong_scope: of(0.01),
        max_landing_ms: LANDING_MS,
        late_ms: (500, LANDING_MS),
        ..Faults::default()
    };
    if forgets {
        faults.late_landing = faults.late_landing.max(0.15);
    }
    if storm {
        faults.list_lag = 0.0;
    }
    if late {
        faults.late_landing = 0.1;
        faults.late_ms = (60_000, 3_000_000);
        faults.max_landing_ms = 3_000_000;
    }
    if !storm && rng.random_bool(0.05) {
        let from = rng.random_range(5_000..200_000);
        faults.revoked_ms = Some((from, from + rng.random_range(10_000..300_000)));
    }
    faults
}

fn shop(rng: &mut ChaCha8Rng) -> ShopFaults {
    let loud = ShopFaults::hostile();
    let mut of = |it: f64| swarm(rng, it, 1.0);
    ShopFaults {
        duplicate_same_id: of(loud.duplicate_same_id),
        duplicate_new_id: of(loud.duplicate_new_id),
        reorder: of(loud.reorder),
        reorder_window_ms: 60_000,
        late: of(loud.late),
        late_ms: (60_000, 2_400_000),
        burst: of(loud.burst),
        burst_size: 6,
        coalesced: of(loud.coalesced),
        old_secret: of(loud.old_secret),
        same_second: of(0.3),
        unchanged: of(loud.unchanged),
        bad_signature: of(loud.bad_signature),
        id_only: of(loud.id_only),
        unreadable: of(loud.unreadable),
        big_body: 0.0,
        null_customer: of(loud.null_customer),
        null_addresses: of(loud.null_addresses),
        unknown_fields: of(loud.unknown_fields),
        missing_optional: of(loud.missing_optional),
        lost: 0.0,
        very_old: 0.0,
        ..ShopFaults::default()
    }
}

fn network(rng: &mut ChaCha8Rng) -> NetworkFaults {
    NetworkFaults {
        refused: swarm(rng, 0.05, 1.0),
        delay_ms: if rng.random_bool(0.5) {
            rng.random_range(1..4_000)
        } else {
            30
        },
        broken: swarm(rng, 0.03, 1.0),
        lost: swarm(rng, 0.06, 1.0),
    }
}

fn crashes(rng: &mut ChaCha8Rng, storm: bool) -> Vec<Crash> {
    if storm {
        // The first crash follows the first write; then one every few seconds, for longer than the settle time.
        let first = Crash {
            at: CrashAt::Write(1),
            down_ms: 100,
            after: After::Restart,
        };
        let next = |rng: &mut ChaCha8Rng, polls: std::ops::Range<u64>| Crash {
            at: CrashAt::Poll(rng.random_range(polls)),
            down_ms: rng.random_range(10..1_500),
            after: After::Restart,
        };
        let mut crashes = vec![first];
        crashes.extend((0..STORM_DENSE).map(|_| next(rng, 4..24)));
        crashes.extend((0..STORM_SPARSE).map(|_| next(rng, 100..400)));
        return crashes;
    }
    let count = if rng.random_bool(0.4) {
        0
    } else {
        rng.random_range(1..=5)
    };
    (0..count).map(|_| crash(rng)).collect()
}

fn crash(rng: &mut ChaCha8Rng) -> Crash {
    let after = match rng.next_u32() % 20 {
        0 | 1 => After::Forget,
        2 => After::Restore,
        3 => After::Perish,
        4 | 5 => After::Reboot,
        _ => After::Restart,
    };
    // A loss of memory hurts most while a request is on its way.
    let forgets = matches!(after, After::Forget | After::Perish);
    let at = if !forgets && rng.random_bool(0.5) {
        CrashAt::Poll(rng.random_range(1..250))
    } else {
        CrashAt::Write(rng.random_range(1..6))
    };
    Crash {
        at,
        down_ms: rng.random_range(10..30_000),
        after,
    }
}
