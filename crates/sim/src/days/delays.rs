//! How late the news of a shop's changes was.

use kernel::{OrderId, OrderKey, ShopDomain};
use serde::Serialize;
use simulators::bitrix24::{Change, Entity};
use store::{Store as _, TimelineEntry};

use crate::{
    laws::view::{ADMIN_TOLD, API_USER},
    world::World,
};

/// What the ledger's timeline says of a state that it took; the state's time follows.
const ACCEPTED: &str = "accepted: the order as of ";

/// Lines of one order's timeline that are read: all of them.
const TIMELINE_MAX: usize = 10_000;

/// Delays in milliseconds.
#[derive(Debug, Default)]
pub(super) struct Delays {
    pub(super) by_webhook: Vec<u64>,
    pub(super) by_admin: Vec<u64>,
    pub(super) to_deal: Vec<u64>,
}

/// A distribution, in seconds.
#[derive(Debug, Serialize)]
pub struct Spread {
    /// Of how many.
    pub count: u64,
    /// Half of them were not later.
    pub p50_s: f64,
    /// Nine of ten.
    pub p90_s: f64,
    /// Ninety-nine of a hundred.
    pub p99_s: f64,
    /// The latest.
    pub longest_s: f64,
}

/// A state that the ledger took.
struct Taken {
    /// The state's `updated_at`, in seconds.
    updated_at: i64,
    wall_ms: i64,
    at_ms: u64,
    by_admin: bool,
}

impl Delays {
    /// Looks at every change of every order.
    pub(super) async fn of(world: &World) -> Self {
        let mut delays = Self::default();
        let shop = ShopDomain::parse("acme-demo.myshopify.com").expect("a well-formed shop");
        let journal = world.portal.journal();
        for order in world.shop.orders() {
            let key = OrderKey {
                shop: shop.clone(),
                order: OrderId(order.id),
            };
            let timeline = world
                .store
                .timeline(&key, TIMELINE_MAX)
                .await
                .unwrap_or_default();
            let taken = taken(&timeline);
            let origin = order.id.to_string();
            let writes: Vec<u64> = journal
                .iter()
                .filter(|it| is_ours(it, &origin))
                .map(|it| it.at)
                .collect();
            for state in &order.history {
                delays.add(
                    state.triggered_at.as_millisecond(),
                    state.updated_at.as_second(),
                    &taken,
                    &writes,
                );
            }
        }
        delays
    }

    fn add(&mut self, changed_ms: i64, updated_at: i64, taken: &[Taken], writes: &[u64]) {
        let Some(place) = taken.iter().position(|it| updated_at <= it.updated_at) else {
            return;
        };
        let news = &taken[place];
        let late = u64::try_from(news.wall_ms - changed_ms).unwrap_or_default();
        if news.by_admin {
            self.by_admin.push(late);
        } else {
            self.by_webhook.push(late);
        }
        let until = taken.get(place + 1).map_or(u64::MAX, |it| it.at_ms);
        // A state that changes nothing about the deal is not written.
        let written = writes.iter().find(|it| (news.at_ms..until).contains(*it));
        self.to_deal
            .extend(written.map(|it| late + (it - news.at_ms)));
    }
}

fn taken(timeline: &[TimelineEntry]) -> Vec<Taken> {
    let before = std::iter::once(None).chain(timeline.iter().map(Some));
    timeline
        .iter()
        .zip(before)
        .filter_map(|(entry, before)| {
            let rest = entry.text.strip_prefix(ACCEPTED)?;
            let updated_at: jiff::Timestamp = rest.split(' ').next()?.parse().ok()?;
            Some(Taken {
                updated_at: updated_at.as_second(),
                wall_ms: entry.wall_ms,
                at_ms: entry.at.as_millis(),
                by_admin: before.is_some_and(|it| it.text == ADMIN_TOLD),
            })
        })
        .collect()
}

fn is_ours(change: &Change, origin: &str) -> bool {
    change.entity == Entity::Deal
        && change.who == API_USER
        && change
            .after
            .as_ref()
            .is_some_and(|it| it.origin_id == origin)
}

impl Spread {
    pub(super) fn of(millis: &[u64]) -> Self {
        let mut sorted = millis.to_vec();
        sorted.sort_unstable();
        let at = |share: f64| {
            let place = (sorted.len() as f64 * share) as usize;
            let millis = sorted.get(place.min(sorted.len().saturating_sub(1)));
            millis.copied().unwrap_or_default() as f64 / 1_000.0
        };
        Self {
            count: sorted.len() as u64,
            p50_s: at(0.5),
            p90_s: at(0.9),
            p99_s: at(0.99),
            longest_s: at(1.0),
        }
    }

    pub(super) fn words(&self) -> String {
        format!(
            "{}: median {:.1} s, p90 {:.1} s, p99 {:.1} s, longest {:.1} s",
            self.count, self.p50_s, self.p90_s, self.p99_s, self.longest_s
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_names_its_middle_and_its_end() {
        let spread = Spread::of(&[3_000, 1_000, 2_000, 10_000]);
        assert_eq!(
            (spread.count, spread.p50_s, spread.longest_s),
            (4, 3.0, 10.0)
        );
        assert_eq!(Spread::of(&[]).longest_s, 0.0);
    }

    #[test]
    fn a_state_is_late_until_the_ledger_takes_it_or_a_newer_one() {
        let taken =
            [(10, 12_000, false), (30, 40_000, true)].map(|(updated_at, wall_ms, by_admin)| {
                Taken {
                    updated_at,
                    wall_ms,
                    at_ms: wall_ms as u64,
                    by_admin,
                }
            });
        let mut delays = Delays::default();
        delays.add(10_000, 10, &taken, &[12_500, 41_000]);
        delays.add(20_000, 20, &taken, &[12_500, 41_000]);
        assert_eq!(delays.by_webhook, [2_000]);
        assert_eq!(delays.by_admin, [20_000]);
        assert_eq!(delays.to_deal, [2_500, 21_000]);
    }
}
