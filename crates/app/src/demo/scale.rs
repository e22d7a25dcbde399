//! Scaled time: hours of trouble in a minute (design §3.1).
//!
//! The bounds that the service's waits rest on hold in every run: a request lands at most [`MAX_LANDING_MS`] after it
//! arrived, hence at most that long after it was given up, and a list lags at most [`MAX_LAG_MS`]; together they stay
//! below [`SETTLE`].

use std::time::Duration;

use simulators::{
    bitrix24::{Faults, PortalConfig},
    shopify::{ShopConfig, ShopFaults},
};

/// How long the service waits for one answer of the portal; 70 s in life.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(1);

/// How long an unknown create stays in doubt; 210 s in life.
pub const SETTLE: Duration = Duration::from_secs(5);

/// The latest write of a request, counted from its arrival; 180 s in life.
pub const MAX_LANDING_MS: u64 = 3_000;

/// The longest lag of a list; 30 s in life.
pub const MAX_LAG_MS: u64 = 1_000;

/// Requests that the portal drains per second; 2 in life.
pub const PER_SECOND: f64 = 60.0;

/// Requests that the portal's bucket holds; 50 in life.
pub const BURST: f64 = 120.0;

/// When the portal cuts a request off; 60 s in life. Below [`REQUEST_TIMEOUT`], as in life.
const REQUEST_LIMIT_MS: u64 = 900;

/// How long a hanging connection stays open: longer than anybody waits.
const HANG_MS: u64 = 5_000;

/// Factor on Shopify's retry gaps: the first retry comes after 0.56 s, the eight gaps span 144 s, much longer than any
/// pause of the service.
const RETRY_SCALE: f64 = 0.01;

/// How badly the peers and the road between them behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FaultLevel {
    /// Nothing goes wrong.
    None,
    /// An ordinary day.
    Normal,
    /// Everything that can go wrong does.
    Hostile,
}

impl FaultLevel {
    /// The level as it is written on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Normal => "normal",
            Self::Hostile => "hostile",
        }
    }
}

/// Which waits of the service are not scaled, and therefore which faults a run can afford.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamina {
    /// One process lives through the whole run: a blocked method would rest for a minute of real time, so none is blocked.
    OneLife,
    /// A process lives for a second and its pauses die with it.
    ManyLives,
}

/// The portal's set-up.
pub fn portal(seed: u64) -> PortalConfig {
    let defaults = PortalConfig::default();
    let halved = |(low, high): (u64, u64)| (low / 2, high / 2);
    PortalConfig {
        seed,
        per_second: PER_SECOND,
        burst: BURST,
        request_limit_ms: REQUEST_LIMIT_MS,
        hang_ms: HANG_MS,
        command_ms: defaults
            .command_ms
            .iter()
            .map(|(name, range)| (name.clone(), halved(*range)))
            .collect(),
        command_ms_default: halved(defaults.command_ms_default),
        ..defaults
    }
}

/// The shop's set-up.
pub fn shop(seed: u64, customers: usize) -> ShopConfig {
    ShopConfig {
        seed,
        retry_scale: RETRY_SCALE,
        delay_ms: (5, 100),
        customers,
        ..ShopConfig::default()
    }
}

/// What the portal does wrong.
pub fn portal_faults(level: FaultLevel, stamina: Stamina) -> Faults {
    let base = match level {
        FaultLevel::None => Faults::default(),
        FaultLevel::Normal => Faults::normal(),
        FaultLevel::Hostile => Faults::hostile(),
    };
    // A limit answer costs the service a second of real time or more, whatever the scale: it strikes less often here.
    let limits_share = 0.1;
    let method_429 = match stamina {
        Stamina::OneLife => 0.0,
        Stamina::ManyLives => base.method_429,
    };
    Faults {
        late_ms: (REQUEST_LIMIT_MS, MAX_LANDING_MS - 100),
        slow_ms: (REQUEST_LIMIT_MS, 2 * REQUEST_LIMIT_MS),
        freeze_ms: (30, 1_500),
        lag_ms: (20, MAX_LAG_MS),
        max_lag_ms: MAX_LAG_MS,
        max_landing_ms: MAX_LANDING_MS,
        storm_503: base.storm_503 * limits_share,
        wrong_scope: base.wrong_scope * limits_share,
        method_429,
        // The portal's ten minutes of operating time are minutes here too, longer than the whole run.
        operating: 0.0,
        ..base
    }
}

/// What the shop does wrong. Repeats are the road's part: they come within seconds there.
pub fn shop_faults(level: FaultLevel) -> ShopFaults {
    let base = match level {
        FaultLevel::None => ShopFaults::default(),
        FaultLevel::Normal => ShopFaults::normal(),
        FaultLevel::Hostile => ShopFaults::hostile(),
    };
    ShopFaults {
        duplicate_same_id: 0.0,
        duplicate_new_id: 0.0,
        reorder_window_ms: 2_000,
        late_ms: (2_000, 8_000),
        lost: 0.0,
        ..base
    }
}

/// What happens on the road between the shop and the service.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RoadFaults {
    /// The service's answer does not come back, so the shop delivers again under the same webhook id.
    pub lose_answer: f64,
    /// The delivery comes a second time under the same webhook id.
    pub repeat_same_id: f64,
    /// The delivery comes a second time under another webhook id.
    pub repeat_new_id: f64,
    /// How long after the first the second one comes at most, in milliseconds.
    pub within_ms: u64,
}

/// The road's faults.
pub fn road_faults(level: FaultLevel) -> RoadFaults {
    match level {
        FaultLevel::None => RoadFaults::default(),
        FaultLevel::Normal => RoadFaults {
            lose_answer: 0.002,
            repeat_same_id: 0.02,
            repeat_new_id: 0.01,
            within_ms: 2_500,
        },
        FaultLevel::Hostile => RoadFaults {
            lose_answer: 0.05,
            repeat_same_id: 0.15,
            repeat_new_id: 0.15,
            within_ms: 2_500,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_landings_and_lag_end_before_a_doubt_does() {
        for level in [FaultLevel::None, FaultLevel::Normal, FaultLevel::Hostile] {
            let faults = portal_faults(level, Stamina::ManyLives);
            let bound = faults.max_landing_ms + faults.max_lag_ms;
            assert!(u128::from(bound) < SETTLE.as_millis());
        }
    }

    #[test]
    fn a_request_is_cut_before_it_is_given_up() {
        assert!(u128::from(REQUEST_LIMIT_MS) < REQUEST_TIMEOUT.as_millis());
    }
}
