//! What is drawn about the shop's Admin API, by a chance of its own: everything else of a seed stays as it is.

use std::time::Duration;

use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use simulators::shopify::ShopFaults;

use super::{Script, network, swarm};

/// What of the shop's Admin API the service may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminApi {
    /// Nothing: there are no credentials.
    Off,
    /// Single orders; the reconciler is off.
    Single,
    /// Everything: the reconciler makes good what webhooks lose.
    Full,
}

/// The latest that the shop's search knows of a change, in milliseconds: less than the reconciler's overlap.
pub const INDEX_LAG_MS: u64 = 300_000;

/// Separates what is drawn about the Admin API from everything else.
const ADMIN_SALT: u64 = 0x7368_6f70_0000;

impl Script {
    /// Most shops have an Admin API, and then webhooks may be lost for good.
    pub(super) fn open_shop(&mut self) {
        let rng = &mut ChaCha8Rng::seed_from_u64(self.seed ^ ADMIN_SALT);
        if self.storm || self.calm {
            return;
        }
        self.admin = match rng.next_u32() % 20 {
            0..3 => AdminApi::Off,
            3..6 => AdminApi::Single,
            _ => AdminApi::Full,
        };
        if self.admin == AdminApi::Off {
            return;
        }
        self.shop_network = network(rng);
        if rng.random_bool(0.3) {
            self.token_life = Duration::from_secs(rng.random_range(60..900));
        }
        let loud = ShopFaults::hostile();
        let mut of = |it: f64| swarm(rng, it, 1.0);
        let faults = &mut self.shop;
        faults.api_500 = of(loud.api_500);
        faults.api_429 = of(loud.api_429);
        faults.api_internal = of(loud.api_internal);
        faults.api_lost = of(loud.api_lost);
        if self.admin == AdminApi::Full {
            faults.lost = of(0.1);
            faults.very_old = of(0.1);
        }
        if rng.random_bool(0.5) {
            faults.index_lag_ms = (0, rng.random_range(1..INDEX_LAG_MS));
        }
        let busy = u64::try_from(self.busy.as_millis()).unwrap_or(u64::MAX);
        let mut window = |often: f64| {
            let from = rng.random_range(0..busy / 2);
            rng.random_bool(often)
                .then(|| (from, from + rng.random_range(busy / 4..busy)))
        };
        faults.api_revoked_ms = window(0.08);
        faults.api_down_ms = window(0.15);
        if self.admin == AdminApi::Full && rng.random_bool(0.15) {
            // Longer than the reconciler's overlap: what was lost meanwhile is behind it if the mark moves on.
            let from = rng.random_range(0..busy / 2);
            let until = from + rng.random_range(1_800_000..5_400_000);
            self.shop.api_search_down_ms = Some((from, until));
        }
        if self.admin == AdminApi::Full && rng.random_bool(0.3) {
            self.unsubscribes = rng.random_range(1..=3);
        }
    }
}
