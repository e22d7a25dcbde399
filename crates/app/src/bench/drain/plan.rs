//! The settings of a drain.

use std::{collections::BTreeMap, time::Duration};

use simulators::bitrix24::PortalConfig;

use super::DrainArgs;
use crate::bench::order::BenchOrder;

/// What is drained, and where to.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) orders: u64,
    pub(super) per_second: f64,
    pub(super) burst: f64,
    pub(super) add_ms: u64,
    pub(super) rows_ms: u64,
    list_ms: u64,
    network_ms: u64,
    pub(super) contacts: bool,
}

impl Plan {
    /// What the flags say.
    pub(super) fn of(args: &DrainArgs) -> Self {
        Self {
            orders: args.orders,
            per_second: args.rate.0,
            burst: args.rate.1,
            add_ms: args.add_ms,
            rows_ms: args.rows_ms,
            list_ms: args.list_ms,
            network_ms: args.network_ms,
            contacts: args.contacts,
        }
    }

    pub(super) fn portal(&self) -> PortalConfig {
        let exact = |ms: u64| (ms, ms);
        let defaults = PortalConfig::default();
        PortalConfig {
            per_second: self.per_second,
            burst: self.burst,
            // A record and its rows are written at once: only the server time of a method counts.
            two_phase_ms: exact(0),
            command_ms: BTreeMap::from([
                ("crm.item.add".to_owned(), exact(self.add_ms)),
                ("crm.item.productrow.set".to_owned(), exact(self.rows_ms)),
            ]),
            command_ms_default: exact(self.list_ms),
            ..defaults
        }
    }

    pub(super) fn network(&self) -> Duration {
        Duration::from_millis(self.network_ms)
    }

    pub(super) fn order(&self, n: u64) -> BenchOrder {
        BenchOrder::new(n, self.contacts.then_some(n))
    }

    /// Adds that one order needs: its deal, and its contact where it has one.
    pub(super) fn adds(&self) -> u64 {
        1 + u64::from(self.contacts)
    }
}

/// Reads `per_second,burst`.
pub(super) fn rate(text: &str) -> Result<(f64, f64), String> {
    let wrong = || "two numbers above 0, such as 2,50: requests per second and burst".to_owned();
    let (per_second, burst) = text.split_once(',').ok_or_else(wrong)?;
    let number = |it: &str| {
        it.trim()
            .parse()
            .ok()
            .filter(|it| 0.0 < *it)
            .ok_or_else(wrong)
    };
    Ok((number(per_second)?, number(burst)?))
}

#[cfg(test)]
impl Plan {
    /// The plan of most portals, for tests.
    pub(super) fn example(orders: u64, add_ms: u64, rows_ms: u64) -> Self {
        Self {
            orders,
            per_second: 2.0,
            burst: 50.0,
            add_ms,
            rows_ms,
            list_ms: 20,
            network_ms: 40,
            contacts: false,
        }
    }
}
