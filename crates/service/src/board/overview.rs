//! The whole at a glance.

use std::time::Duration;

use jiff::Timestamp;
use kernel::forecast::Outlook;
use store::{Store, Tally};

use super::{
    Board, BoardError,
    model::{
        AttentionCounts, Budget, DuplicateCounts, MethodBudget, Oldest, Overview, Part, PartCount,
        Pause, PortalSide, Queue, ShopSide, Subscriptions, SubscriptionsState,
    },
    parts::{order_ref, owned, part_of, phases},
    words::{self, Said},
};
use crate::{portal::PortalBudget, reconcile, transport::Transport};

impl<S: Store, T: Transport> Board<S, T> {
    /// The whole at a glance.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn overview(&self) -> Result<Overview, BoardError> {
        let at = self.shared.clock.wall();
        let tally = self.tally().await?;
        let (day, prevented) = self.shared.notes.day(at);
        Ok(Overview {
            at,
            received: tally.deliveries,
            orders: tally.orders,
            parts: parts(&tally),
            attention: AttentionCounts {
                orders: tally.attention,
                unreadable: tally.unreadable,
            },
            queue: self.queue(&tally, at).await?,
            day,
            portal: self.portal(),
            shops: self.shops(&tally).await?,
            duplicates: DuplicateCounts {
                prevented,
                found: tally.duplicates.known,
                flagged: tally.duplicates.flagged,
                open: tally.duplicates_open_orders,
            },
        })
    }

    async fn queue(&self, tally: &Tally, at: Timestamp) -> Result<Queue, BoardError> {
        let (store, now) = (&self.shared.store, self.shared.clock.now());
        let (due, first) = (tally.due, tally.due_since);
        let without = [phases(Part::Waiting), phases(Part::InDoubt)].concat();
        let oldest = store.oldest_in(owned(&without)).await?;
        let oldest = oldest.map(|(order, since)| {
            let since = since.and_then(|it| Timestamp::from_millisecond(it).ok());
            let since = since.unwrap_or(at);
            Oldest {
                order: order_ref(&order.key, order.name.as_ref()),
                since,
                age_seconds: seconds(at, since),
            }
        });
        let (forecast, empty_in_seconds) = self.forecast(due, at);
        Ok(Queue {
            due,
            behind_seconds: first.map_or(0, |it| now.since(it).as_secs()),
            oldest,
            forecast,
            empty_in_seconds,
        })
    }

    fn forecast(&self, due: u64, at: Timestamp) -> (Said, Option<u64>) {
        match self.shared.notes.known_outlook() {
            Outlook::Clear => (Said::new("there is no backlog", "очереди нет"), Some(0)),
            Outlook::Stands => (
                Said::new(
                    format!("a backlog of {due} orders, which does not shrink at the moment"),
                    format!("в очереди заказов: {due}; сейчас она не убывает"),
                ),
                None,
            ),
            Outlook::EmptyIn(left) => {
                let then = words::clock(at + left, at, self.zone());
                (
                    Said::new(
                        format!("a backlog of {due} orders, empty at about {then}"),
                        format!("в очереди заказов: {due}; опустеет около {then}"),
                    ),
                    Some(left.as_secs()),
                )
            }
        }
    }

    fn portal(&self) -> PortalSide {
        let portal = &self.shared.portal;
        let (settings, host) = (portal.settings(), portal.settings().host());
        let opener = settings.credential.opener();
        let trouble = portal.condition();
        PortalSide {
            host: host.to_owned(),
            url: format!("https://{host}/"),
            trouble: trouble.map(|it| words::trouble(&it, host, opener)),
            budget: budget(&portal.budget(), host),
        }
    }

    async fn shops(&self, tally: &Tally) -> Result<Vec<ShopSide>, BoardError> {
        let mut shops = Vec::new();
        for shop in &self.facts.shops {
            let mark = self.shared.store.meta(&reconcile::mark_key(shop)).await?;
            let api = self.facts.admin_api.as_ref() == Some(shop);
            shops.push(ShopSide {
                shop: shop.to_string(),
                url: format!("https://{shop}/admin"),
                last_delivery: tally
                    .last_delivery_ms
                    .and_then(|it| Timestamp::from_millisecond(it).ok()),
                admin_api: api,
                reconciled_until: mark
                    .and_then(|it| Timestamp::from_second(it.parse().ok()?).ok())
                    .filter(|_| api),
                reconcile_every_seconds: self
                    .facts
                    .reconcile_every
                    .filter(|_| api)
                    .map(|it| it.as_secs()),
                subscriptions: self.subscriptions(),
            });
        }
        Ok(shops)
    }

    fn subscriptions(&self) -> Subscriptions {
        let looked = self.shared.notes.known_subscriptions();
        let state = match (&looked, self.facts.keeps_subscriptions) {
            (Some(looked), _) => looked.state(),
            (None, true) => SubscriptionsState::Unchecked,
            (None, false) => SubscriptionsState::ByHand,
        };
        let says = match state {
            SubscriptionsState::Complete => Said::new(
                "all webhook subscriptions are there and point here",
                "все подписки на месте и ведут сюда",
            ),
            SubscriptionsState::Incomplete => Said::new(
                "some webhook subscriptions could not be made or repaired; the log says why, and it is tried again",
                "часть подписок не удалось создать или исправить; причина в журнале, попытки повторяются",
            ),
            SubscriptionsState::Unchecked => Said::new("not looked at yet", "ещё не проверялись"),
            SubscriptionsState::ByHand => Said::new(
                "the service does not look at them: set the Admin API and ONEDEAL_PUBLIC_URL to have them kept",
                "служба их не проверяет: задайте Admin API и ONEDEAL_PUBLIC_URL, чтобы она следила за ними",
            ),
        };
        Subscriptions {
            state,
            says,
            checked_at: looked.as_ref().map(|it| it.at),
            missing: looked.map(|it| it.missing).unwrap_or_default(),
        }
    }
}

/// Orders by part: every part, and together all orders.
fn parts(tally: &Tally) -> Vec<PartCount> {
    let count = |part: Part| {
        let own = tally.by_phase.iter();
        own.filter(|(phase, _)| part_of(phase) == part)
            .map(|(_, count)| count)
            .sum()
    };
    Part::ALL
        .into_iter()
        .map(|part| PartCount {
            part,
            label: words::part_label(part),
            means: words::part_means(part),
            orders: count(part),
        })
        .collect()
}

fn budget(from: &PortalBudget, host: &str) -> Budget {
    let limits = &from.limits;
    let mut methods: Vec<MethodBudget> = limits
        .methods
        .iter()
        .map(|(method, it)| MethodBudget {
            method: method.clone(),
            used_seconds: it.used_seconds,
            limit_seconds: it.limit_seconds,
            resets_in_seconds: it.resets_in.map(|it| it.as_secs_f64()),
            frozen_seconds: it.frozen_for.map(|it| it.as_secs_f64()),
            under_way: it.under_way as u64,
        })
        .collect();
    methods.sort_by(|one, other| other.used_seconds.total_cmp(&one.used_seconds));
    Budget {
        tokens: limits.bucket.tokens,
        capacity: limits.bucket.capacity,
        per_second: limits.bucket.per_second,
        per_second_planned: limits.bucket.per_second_planned,
        methods,
        requests_under_way: from.requests_under_way as u64,
        requests_at_once: limits.requests_at_once as u64,
        commands_max: limits.commands_max as u64,
        waiting: from.waiting as u64,
        pause: from.pause.as_ref().map(|it| Pause {
            word: it.reason.word().to_owned(),
            says: words::paused(&it.reason, host),
            seconds: it.left.map(|it: Duration| it.as_secs_f64()),
        }),
    }
}

fn seconds(now: Timestamp, since: Timestamp) -> u64 {
    u64::try_from(now.duration_since(since).as_secs()).unwrap_or(0)
}
